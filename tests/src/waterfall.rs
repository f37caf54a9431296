//! The timeline as one sees it in the browser, by its stable hooks.

use crate::Browser;
use serde::Deserialize;
use std::time::{Duration, Instant};

/// A row on screen.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Row {
    /// From 1, over all rows.
    pub index: u32,
    /// From 1: how deep in the tree.
    pub level: u32,
    /// `true`, `false`, or nothing where nothing stands below.
    pub expanded: Option<String>,
    /// Whether it is the one.
    pub selected: bool,
    /// Its classes: `span`, `log`, `err` and how it ended.
    pub kind: String,
    /// What it says.
    pub text: String,
    /// The badges that are to be seen.
    pub badges: Vec<String>,
}

const ROWS: &str = "return [...document.querySelectorAll('[role=treegrid] [role=row]')].map(row => ({\
    index: Number(row.getAttribute('aria-rowindex')), level: Number(row.getAttribute('aria-level')), expanded: row.getAttribute('aria-expanded'),\
    selected: row.getAttribute('aria-selected') === 'true', kind: row.className, text: row.querySelector('.name').innerText,\
    badges: [...row.querySelectorAll('.badge')].filter(each => getComputedStyle(each).display !== 'none').map(each => each.textContent)}))";

/// The rows on screen.
pub async fn rows(browser: &Browser) -> Vec<Row> {
    serde_json::from_value(browser.run(ROWS).await).expect("rows")
}

/// Waits until the rows on screen are as they should be, for at most fifteen seconds.
pub async fn rows_until(browser: &Browser, what: &str, enough: impl Fn(&[Row]) -> bool) -> Vec<Row> {
    let begun = Instant::now();
    loop {
        let rows = rows(browser).await;
        if enough(&rows) {
            return rows;
        }
        assert!(begun.elapsed() < Duration::from_secs(15), "waited in vain until {what}: {rows:#?}");
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
}

/// Waits until the row of this number, from 1, is the selected one.
pub async fn selected_until(browser: &Browser, what: &str, index: u32) {
    rows_until(browser, what, |rows| rows.iter().any(|row| row.selected && row.index == index)).await;
}

/// How many rows there are, on screen or not.
pub async fn row_count(browser: &Browser) -> u64 {
    let count = browser.run("return Number(document.querySelector('[role=treegrid]').getAttribute('aria-rowcount'))").await;
    count.as_u64().expect("a number of rows")
}

/// What the axis says: the visible stretch of time.
pub async fn ticks(browser: &Browser) -> Vec<String> {
    let said = browser.run("return [...document.querySelectorAll('.ticks text')].map(t => t.textContent).filter(t => t)").await;
    serde_json::from_value(said).expect("labels")
}

/// Waits until every source says that it found something.
pub async fn four_found(browser: &Browser) {
    let script = "return ['xray', 'cloudwatch', 'honeycomb', 'rollbar'].every(source => \
        document.querySelector(`[data-verdict=\"${source}\"][data-state=\"found\"]`) !== null)";
    browser.wait("all four sources found something", script).await;
}
