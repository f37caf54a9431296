//! The panel of the selected row: asked for when a row is selected, put in place when it comes.

use super::view::{Shared, Timeline};
use super::{dom, html, stream};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::Response;

/// Moving quickly over rows asks for the last of them only.
const PAUSE_MS: u64 = 60;

impl Timeline {
    /// Asks for the panel of the selection; `quiet` leaves what is there as it is until the answer comes.
    pub fn ask_panel(&mut self, quiet: bool) {
        self.panel_wish = self.panel_wish.wrapping_add(1);
        let (Some(item), Some(shared)) = (self.selected, self.shared()) else {
            dom::text(&self.page.panel, "");
            return;
        };
        let wish = self.panel_wish;
        if !quiet {
            dom::set(&self.page.panel, "aria-busy", "true");
        }
        let revision = self.columns.revision.to_string();
        let index = item.index().to_string();
        let url = ["/_fn/detail?id=", &self.page.id, "&revision=", &revision, "&kind=", item.kind(), "&index=", &index].concat();
        dom::later(PAUSE_MS, move || {
            if shared.try_borrow().is_ok_and(|timeline| timeline.panel_wish == wish) {
                leptos::task::spawn_local(fetch(shared, url, wish));
            }
        });
    }
}

async fn fetch(shared: Shared, url: String, wish: u32) {
    let answer = ask(&url).await;
    let Ok(timeline) = shared.try_borrow() else { return };
    if timeline.panel_wish != wish {
        return;
    }
    let panel = timeline.page.panel.clone();
    drop(timeline);
    dom::best_effort(panel.remove_attribute("aria-busy"));
    match answer {
        Some((200, content)) => {
            html::replace(&panel, &content);
            panel.set_scroll_top(0);
        }
        // The server let this revision go: the stream brings the present one, and with it the panel.
        Some((410, _)) => stream::reopen(&shared),
        _ => dom::text(&panel, "The details could not be loaded. Select the row again to retry."),
    }
}

async fn ask(url: &str) -> Option<(u16, String)> {
    let response: Response = JsFuture::from(web_sys::window()?.fetch_with_str(url)).await.ok()?.dyn_into().ok()?;
    let text = JsFuture::from(response.text().ok()?).await.ok()?.as_string()?;
    Some((response.status(), text))
}
