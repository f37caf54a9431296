//! What each key does: one table for the timeline and for the sheet that explains it.

/// What a key can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Select the next row.
    Down,
    /// Select the row before.
    Up,
    /// Open the span, or go to its first child.
    Open,
    /// Close the span, or go to its parent.
    Close,
    /// A screen further.
    PageDown,
    /// A screen back.
    PageUp,
    /// The first row.
    First,
    /// The last row.
    Last,
    /// Show or hide the details of the selected row.
    Details,
    /// One step back: help, find, details, zoom.
    Back,
    /// Fit the selected span into the window.
    Fit,
    /// Show the whole request.
    FitAll,
    /// Zoom in.
    ZoomIn,
    /// Zoom out.
    ZoomOut,
    /// Move the window to the left.
    PanLeft,
    /// Move the window to the right.
    PanRight,
    /// Into the find field.
    Find,
    /// The next match.
    NextMatch,
    /// The match before.
    PreviousMatch,
    /// The next error.
    NextError,
    /// The error before.
    PreviousError,
    /// Close all spans.
    CollapseAll,
    /// Open all spans.
    ExpandAll,
    /// Log lines on or off.
    Logs,
    /// This sheet.
    Help,
}

/// One line of the sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Binding {
    /// `KeyboardEvent.key` of each, letters in the case that must be typed; those after a `Code:` by `KeyboardEvent.code`.
    pub keys: &'static [&'static str],
    /// What they do.
    pub action: Action,
    /// In words.
    pub help: &'static str,
}

const fn binding(keys: &'static [&'static str], action: Action, help: &'static str) -> Binding {
    Binding { keys, action, help }
}

/// Every binding.
pub const BINDINGS: &[Binding] = &[
    binding(&["ArrowDown", "j"], Action::Down, "next row"),
    binding(&["ArrowUp", "k"], Action::Up, "row before"),
    binding(&["ArrowRight"], Action::Open, "expand, or first child"),
    binding(&["ArrowLeft"], Action::Close, "collapse, or parent"),
    binding(&["PageDown"], Action::PageDown, "a screen further"),
    binding(&["PageUp"], Action::PageUp, "a screen back"),
    binding(&["Home"], Action::First, "first row"),
    binding(&["End"], Action::Last, "last row"),
    binding(&["Enter"], Action::Details, "details of the row"),
    binding(&["Escape"], Action::Back, "one step back: find, details, zoom"),
    binding(&["e"], Action::NextError, "next error"),
    binding(&["E"], Action::PreviousError, "error before"),
    binding(&["/"], Action::Find, "find"),
    binding(&["n"], Action::NextMatch, "next match"),
    binding(&["N"], Action::PreviousMatch, "match before"),
    binding(&["f"], Action::Fit, "fit the row into the window"),
    binding(&["0"], Action::FitAll, "the whole request"),
    binding(&["Code:KeyW"], Action::ZoomIn, "zoom in"),
    binding(&["Code:KeyS"], Action::ZoomOut, "zoom out"),
    binding(&["Code:KeyA"], Action::PanLeft, "move left"),
    binding(&["Code:KeyD"], Action::PanRight, "move right"),
    binding(&["["], Action::CollapseAll, "collapse all"),
    binding(&["]"], Action::ExpandAll, "expand all"),
    binding(&["l"], Action::Logs, "log lines on or off"),
    binding(&["?"], Action::Help, "this sheet"),
];

/// What a key does, by its meaning (`key`) or its place on the keyboard (`code`).
pub fn action(key: &str, code: &str) -> Option<Action> {
    let fits = |each: &&str| each.strip_prefix("Code:").map_or(*each == key, |place| place == code);
    BINDINGS.iter().find(|binding| binding.keys.iter().any(fits)).map(|binding| binding.action)
}

/// How a key is written on the sheet.
pub fn label(key: &str) -> &str {
    match key {
        "ArrowDown" => "↓",
        "ArrowUp" => "↑",
        "ArrowRight" => "→",
        "ArrowLeft" => "←",
        "Escape" => "Esc",
        _ => key.strip_prefix("Code:Key").unwrap_or(key),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_does_one_thing() {
        let mut keys: Vec<_> = BINDINGS.iter().flat_map(|binding| binding.keys).collect();
        let all = keys.len();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), all);
        for binding in BINDINGS {
            for key in binding.keys {
                let found = key.strip_prefix("Code:").map_or_else(|| action(key, ""), |code| action("", code));
                assert_eq!(found, Some(binding.action), "{key}");
            }
        }
        assert_eq!(action("x", "KeyX"), None);
    }
}
