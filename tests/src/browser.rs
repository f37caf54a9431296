//! Real Chromium, by `WebDriver`, each time with a fresh profile.

use serde_json::{Value, json};
use std::net::TcpListener;
use std::process::Stdio;
use std::time::{Duration, Instant};
use thirtyfour::ChromeCapabilities;
use thirtyfour::prelude::*;
use tokio::process::{Child, Command};

/// How a browser is to be.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// In CSS pixels.
    pub width: u32,
    /// In CSS pixels.
    pub height: u32,
    /// The colour scheme it asks for.
    pub dark: bool,
    /// Whether scripts run.
    pub javascript: bool,
}

impl Default for Look {
    fn default() -> Self {
        Self { width: 1366, height: 768, dark: false, javascript: true }
    }
}

/// One browser with its driver and profile; all three end when it is dropped.
pub struct Browser {
    /// For everything that has no method of its own here.
    pub driver: WebDriver,
    process: Child,
    profile: tempfile::TempDir,
}

impl Browser {
    /// Starts one.
    pub async fn start(look: Look) -> Self {
        let profile = tempfile::tempdir().expect("a temporary profile");
        let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").port();
        let mut command = Command::new("chromedriver");
        command.arg(format!("--port={port}")).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
        let process = command.spawn().expect("chromedriver starts: run `make test`, which installs it");
        let capabilities = capabilities(look, profile.path());
        let begun = Instant::now();
        let driver = loop {
            match WebDriver::new(format!("http://127.0.0.1:{port}"), capabilities.clone()).await {
                Ok(driver) => break driver,
                Err(error) => assert!(begun.elapsed() < Duration::from_secs(30), "no browser session: {error}"),
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        };
        let browser = Self { driver, process, profile };
        browser.resize(look.width, look.height).await;
        browser.colour_scheme(if look.dark { "dark" } else { "light" }).await;
        if !look.javascript {
            browser.devtools("Emulation.setScriptExecutionDisabled", json!({"value": true})).await;
        }
        browser
    }

    /// Goes to a page.
    pub async fn goto(&self, url: &str) {
        self.driver.goto(url).await.unwrap_or_else(|error| panic!("{url}: {error}"));
    }

    /// Waits until the islands of the page are live.
    pub async fn hydrated(&self) {
        self.wait("the islands are live", "return document.documentElement.dataset.ready === 'hydrated'").await;
    }

    /// Runs a script in the page; what it returns.
    pub async fn run(&self, script: &str) -> Value {
        let result = self.driver.execute(script, Vec::new()).await.unwrap_or_else(|error| panic!("{script}: {error}"));
        result.json().clone()
    }

    /// Waits until a script returns true, for at most fifteen seconds.
    pub async fn wait(&self, what: &str, script: &str) {
        let begun = Instant::now();
        while self.run(script).await != Value::Bool(true) {
            if begun.elapsed() > Duration::from_secs(15) {
                let text = self.run("return document.body.innerText.slice(0, 3000)").await;
                panic!("waited in vain until {what}; the page says:\n{}", text.as_str().unwrap_or_default());
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
    }

    /// The text of the first element that `selector` finds; panics if there is none.
    pub async fn text(&self, selector: &str) -> String {
        let element = self.driver.find(By::Css(selector)).await.unwrap_or_else(|_| panic!("no {selector}"));
        element.text().await.expect("its text")
    }

    /// How many elements `selector` finds.
    pub async fn count(&self, selector: &str) -> usize {
        self.driver.find_all(By::Css(selector)).await.map_or(0, |found| found.len())
    }

    /// Clicks the first element that `selector` finds.
    pub async fn click(&self, selector: &str) {
        let element = self.driver.find(By::Css(selector)).await.unwrap_or_else(|_| panic!("no {selector}"));
        element.click().await.unwrap_or_else(|error| panic!("{selector}: {error}"));
    }

    /// Types into the first element that `selector` finds.
    pub async fn type_into(&self, selector: &str, text: &str) {
        let element = self.driver.find(By::Css(selector)).await.unwrap_or_else(|_| panic!("no {selector}"));
        element.send_keys(text).await.unwrap_or_else(|error| panic!("{selector}: {error}"));
    }

    /// Clicks the button or link of this name.
    pub async fn click_named(&self, name: &str) {
        let path = format!("//*[self::button or self::a or self::summary][normalize-space()='{name}']");
        let element = self.driver.find(By::XPath(path)).await.unwrap_or_else(|_| panic!("nothing is called {name:?}"));
        element.click().await.unwrap_or_else(|error| panic!("{name}: {error}"));
    }

    /// Presses a key, wherever the focus is.
    pub async fn press(&self, key: Key) {
        let keys = self.driver.action_chain().send_keys(key.clone() + "");
        keys.perform().await.unwrap_or_else(|error| panic!("{key:?}: {error}"));
    }

    /// Types a text, wherever the focus is.
    pub async fn type_keys(&self, text: &str) {
        let keys = self.driver.action_chain().send_keys(text);
        keys.perform().await.unwrap_or_else(|error| panic!("{text}: {error}"));
    }

    /// Presses the mouse at one place of an element, moves it to another, and lets it go; places from 0 to 1 of its width.
    pub async fn drag(&self, selector: &str, from: f64, to: f64) {
        let (left, top, width, height) = self.bounds(selector).await;
        let y = top + height / 2.0;
        let steps = [
            ("mouseMoved", from),
            ("mousePressed", from),
            ("mouseMoved", f64::midpoint(from, to)),
            ("mouseMoved", to),
            ("mouseReleased", to),
        ];
        for (kind, share) in steps {
            let buttons = u8::from(kind != "mouseReleased");
            let event = json!({"type": kind, "x": left + width * share, "y": y, "button": "left", "buttons": buttons, "clickCount": 1});
            self.devtools("Input.dispatchMouseEvent", event).await;
        }
    }

    /// Turns the wheel by `notches` over the middle of an element, with the control key held.
    pub async fn control_wheel(&self, selector: &str, notches: i32) {
        let (left, top, width, height) = self.bounds(selector).await;
        let event = json!({"type": "mouseWheel", "x": left + width / 2.0, "y": top + height / 2.0, "deltaX": 0, "deltaY": notches * 120, "modifiers": 2});
        self.devtools("Input.dispatchMouseEvent", event).await;
    }

    /// Left, top, width and height of the first element that `selector` finds, in CSS pixels of the window.
    pub async fn bounds(&self, selector: &str) -> (f64, f64, f64, f64) {
        let script =
            format!("const b = document.querySelector({selector:?}).getBoundingClientRect(); return [b.left, b.top, b.width, b.height]");
        serde_json::from_value(self.run(&script).await).unwrap_or_else(|error| panic!("{selector}: {error}"))
    }

    /// Another size of the window, in CSS pixels.
    pub async fn resize(&self, width: u32, height: u32) {
        let metrics = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600});
        self.devtools("Emulation.setDeviceMetricsOverride", metrics).await;
    }

    /// Another colour scheme: `light` or `dark`.
    pub async fn colour_scheme(&self, scheme: &str) {
        let features = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.devtools("Emulation.setEmulatedMedia", features).await;
    }

    /// What the page has asked other hosts for.
    pub async fn foreign(&self) -> Vec<String> {
        let script = "return performance.getEntriesByType('resource').map(e => e.name).filter(n => !n.startsWith(location.origin + '/') && !n.startsWith('data:'))";
        serde_json::from_value(self.run(script).await).expect("a list of URLs")
    }

    /// The URL in the address bar.
    pub async fn url(&self) -> String {
        self.driver.current_url().await.expect("a URL").to_string()
    }

    /// What went wrong in the page so far: uncaught errors, violations of the content security policy, failed loads.
    pub async fn complaints(&self) -> Vec<String> {
        let log = self.driver.execute("return (window.__complaints || [])", Vec::new()).await;
        let own: Vec<String> = log.ok().and_then(|log| log.convert().ok()).unwrap_or_default();
        own
    }

    /// Collects complaints from the next page on.
    pub async fn watch(&self) {
        let source = "window.__complaints = [];\
            addEventListener('error', e => __complaints.push('error: ' + (e.message || (e.target && (e.target.src || e.target.href)))), true);\
            addEventListener('unhandledrejection', e => __complaints.push('rejection: ' + e.reason));\
            document.addEventListener('securitypolicyviolation', e => __complaints.push('policy: ' + e.violatedDirective + ' ' + e.blockedURI + ' ' + e.sample));";
        self.devtools("Page.addScriptToEvaluateOnNewDocument", json!({"source": source})).await;
    }

    /// Saves what is to be seen.
    pub async fn screenshot(&self, path: &std::path::Path) {
        self.driver.screenshot(path).await.expect("a screenshot");
    }

    /// One command of the `DevTools` protocol.
    pub async fn devtools(&self, command: &str, parameters: Value) -> Value {
        self.driver.cdp().send_raw(command, parameters).await.unwrap_or_else(|error| panic!("{command}: {error}"))
    }

    /// Ends it; without this the processes are killed.
    pub async fn quit(mut self) {
        let _ = self.driver.clone().quit().await;
        let _ = self.process.kill().await;
        drop(self.profile);
    }
}

fn capabilities(look: Look, profile: &std::path::Path) -> ChromeCapabilities {
    let mut capabilities = DesiredCapabilities::chrome();
    let size = format!("--window-size={},{}", look.width, look.height);
    let profile = format!("--user-data-dir={}", profile.display());
    let flags = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-dev-shm-usage",
        "--force-color-profile=srgb",
        size.as_str(),
        profile.as_str(),
    ];
    for flag in flags {
        capabilities.add_arg(flag).expect("a flag");
    }
    capabilities
}
