//! The icons, as SVG in the page: no file, no font. All are decoration; the words beside them say the same.

use leptos::prelude::*;

/// The mark of the product.
pub fn logo() -> impl IntoView {
    view! {
        <svg class="logo-mark" width="20" height="16" viewBox="0 0 20 16" aria-hidden="true">
            <path d="M2 3h8M5 8h11M9 13h9" />
        </svg>
    }
}

/// A magnifying glass.
pub fn search() -> impl IntoView {
    view! {
        <svg class="icon" width="16" height="16" viewBox="0 0 16 16" aria-hidden="true">
            <circle cx="7" cy="7" r="4.8" />
            <path d="M10.6 10.6 14.4 14.4" />
        </svg>
    }
}

/// A half-filled circle: light and dark.
pub fn theme() -> impl IntoView {
    view! {
        <svg class="icon" width="16" height="16" viewBox="0 0 16 16" aria-hidden="true">
            <circle cx="8" cy="8" r="5.6" />
            <path class="filled" d="M8 2.4a5.6 5.6 0 0 1 0 11.2z" />
        </svg>
    }
}

/// Two sheets.
pub fn copy() -> impl IntoView {
    view! {
        <svg class="icon" width="14" height="14" viewBox="0 0 16 16" aria-hidden="true">
            <rect x="5.5" y="5.5" width="8" height="9" rx="1.6" />
            <path d="M10.5 3.2v-.3A1.4 1.4 0 0 0 9.1 1.5H3.9a1.4 1.4 0 0 0-1.4 1.4v6.6a1.4 1.4 0 0 0 1.4 1.4h.3" />
        </svg>
    }
}

/// A tick: found, allowed.
pub fn tick() -> impl IntoView {
    mark("mark mark-tick", "M3 8.6 6.4 12 13 4.6")
}

/// A cross: a fault, a failure.
pub fn cross() -> impl IntoView {
    mark("mark mark-cross", "M4 4l8 8M12 4l-8 8")
}

/// A bar: nothing there.
pub fn dash() -> impl IntoView {
    mark("mark mark-dash", "M4 8h8")
}

/// A question: nobody knows.
pub fn question() -> impl IntoView {
    mark("mark mark-question", "M5.4 5.9a2.7 2.7 0 1 1 3.7 2.5c-.8.4-1.1.8-1.1 1.7M8 12.7v.1")
}

/// Two bars: throttled.
pub fn throttled() -> impl IntoView {
    mark("mark mark-throttled", "M5.5 4v8M10.5 4v8")
}

/// Half of a circle: a part of it.
pub fn half() -> impl IntoView {
    view! {
        <svg class="mark mark-half" width="12" height="12" viewBox="0 0 16 16" aria-hidden="true">
            <circle cx="8" cy="8" r="5.6" />
            <path class="filled" d="M8 2.4a5.6 5.6 0 0 0 0 11.2z" />
        </svg>
    }
}

/// An open circle that turns: still at it.
pub fn turning() -> impl IntoView {
    mark("mark mark-turning", "M8 2.6a5.4 5.4 0 1 0 5.4 5.4")
}

/// A dashed circle: nobody looked.
pub fn dashed() -> impl IntoView {
    view! {
        <svg class="mark mark-dashed" width="12" height="12" viewBox="0 0 16 16" aria-hidden="true">
            <circle cx="8" cy="8" r="5.6" />
        </svg>
    }
}

/// The square of a service, in its colour.
pub fn square() -> impl IntoView {
    view! {
        <svg class="square" width="8" height="8" viewBox="0 0 8 8" aria-hidden="true">
            <rect width="8" height="8" rx="2" />
        </svg>
    }
}

/// Pointing down: opens.
pub fn chevron() -> impl IntoView {
    mark("mark mark-chevron", "M4 6l4 4 4-4")
}

fn mark(class: &'static str, path: &'static str) -> impl IntoView {
    view! {
        <svg class=class width="12" height="12" viewBox="0 0 16 16" aria-hidden="true">
            <path d=path />
        </svg>
    }
}
