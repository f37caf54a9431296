//! Light, dark, or as the system says: the button goes through the three and remembers the choice.

use super::root;
use crate::dom;
use leptos::prelude::window;
use web_sys::Element;

/// The key in the browser's storage; the shell's first script reads it before anything is painted.
const KEY: &str = "theme";
const NAMES: [&str; 3] = ["auto", "light", "dark"];

/// Wakes the button.
pub fn wake() {
    let Some(button) = dom::query("[data-theme-toggle]") else { return };
    say(&button, chosen());
    dom::listen(&button.clone(), "click", true, move |_| {
        let next = NAMES.iter().position(|name| *name == chosen()).map_or(0, |at| (at + 1) % NAMES.len());
        let next = NAMES.get(next).copied().unwrap_or("auto");
        apply(next);
        say(&button, next);
    });
}

fn chosen() -> &'static str {
    let chosen = root().and_then(|root| root.get_attribute("data-theme"));
    NAMES.into_iter().find(|name| chosen.as_deref() == Some(name)).unwrap_or("auto")
}

fn say(button: &Element, theme: &str) {
    let label = ["Theme: ", theme].concat();
    dom::set(button, "aria-label", &label);
    dom::set(button, "title", &label);
}

fn apply(theme: &str) {
    let Some(root) = root() else { return };
    let storage = window().local_storage().ok().flatten();
    if theme == "auto" {
        dom::best_effort(root.remove_attribute("data-theme"));
        dom::best_effort(storage.map_or(Ok(()), |storage| storage.remove_item(KEY)));
    } else {
        dom::set(&root, "data-theme", theme);
        dom::best_effort(storage.map_or(Ok(()), |storage| storage.set_item(KEY, theme)));
    }
}
