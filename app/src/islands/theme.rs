//! Light, dark, or as the system says.

use super::{best_effort, root};
use crate::components::icons;
use leptos::ev;
use leptos::prelude::*;

/// The key in the browser's storage; the shell's first script reads it before anything is painted.
const KEY: &str = "theme";

#[derive(Clone, Copy, PartialEq, Eq)]
enum Theme {
    Auto,
    Light,
    Dark,
}

impl Theme {
    fn named(name: Option<&str>) -> Self {
        match name {
            Some("light") => Self::Light,
            Some("dark") => Self::Dark,
            _ => Self::Auto,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    const fn next(self) -> Self {
        match self {
            Self::Auto => Self::Light,
            Self::Light => Self::Dark,
            Self::Dark => Self::Auto,
        }
    }
}

/// The button that goes through auto, light and dark, and remembers the choice.
#[island]
pub fn ThemeToggle() -> impl IntoView {
    let theme = RwSignal::new(Theme::Auto);
    Effect::new(move |_| {
        let chosen = root().and_then(|root| root.get_attribute("data-theme"));
        theme.set(Theme::named(chosen.as_deref()));
    });
    let choose = move |_: ev::MouseEvent| {
        let next = theme.get_untracked().next();
        theme.set(next);
        apply(next);
    };
    let label = move || format!("Theme: {}", theme.get().name());
    view! { <button type="button" class="bare theme" on:click=choose aria-label=label title=label>{icons::theme()}</button> }
}

fn apply(theme: Theme) {
    let storage = window().local_storage().ok().flatten();
    if let Some(root) = root() {
        match theme {
            Theme::Auto => {
                best_effort(root.remove_attribute("data-theme"));
                best_effort(storage.map_or(Ok(()), |storage| storage.remove_item(KEY)));
            }
            Theme::Light | Theme::Dark => {
                best_effort(root.set_attribute("data-theme", theme.name()));
                best_effort(storage.map_or(Ok(()), |storage| storage.set_item(KEY, theme.name())));
            }
        }
    }
}
