//! The only way telemetry reaches a view.

use std::borrow::Cow;
use std::fmt;

/// Text from outside, made safe to look at: control, NUL, bidirectional and invisible characters become visible,
/// and its size is capped.
///
/// HTML escaping is the view's own work; this type is about what survives escaping: characters that reorder, hide or
/// (NUL, a lone line feed) break hydration.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct DisplayText(String);

/// What a single-line place (a row, a cell, a chip) shows at most, in characters.
pub const LINE_LIMIT: usize = 1_000;
/// What a block (a body, a raw document) shows at most, in characters.
pub const BLOCK_LIMIT: usize = 65_536;

impl DisplayText {
    /// For one line: line ends and tabs too become visible.
    pub fn line(text: &str) -> Self {
        Self(clean(text, LINE_LIMIT, false))
    }

    /// For a block: line feeds and tabs stay.
    pub fn block(text: &str) -> Self {
        Self(clean(text, BLOCK_LIMIT, true))
    }

    /// For one line, with the limit of the caller.
    pub fn limited(text: &str, limit: usize) -> Self {
        Self(clean(text, limit, false))
    }

    /// The safe text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The safe text, taken out.
    pub fn into_string(self) -> String {
        self.0
    }
}

impl fmt::Display for DisplayText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn clean(text: &str, limit: usize, block: bool) -> String {
    let mut out = String::with_capacity(text.len().min(limit.saturating_mul(4)));
    let mut chars = text.chars();
    for c in chars.by_ref().take(limit) {
        match c {
            '\n' | '\t' if block => out.push(c),
            '\r' if block => {}
            '\u{0}'..='\u{1f}' => out.push(char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{fffd}')),
            '\u{7f}' => out.push('\u{2421}'),
            c if invisible(c) => out.push_str(&named(c)),
            c => out.push(c),
        }
    }
    if chars.next().is_some() {
        out.push('…');
    }
    out
}

/// Characters that show as nothing, reorder their surroundings, or are not for interchange.
fn invisible(c: char) -> bool {
    matches!(c,
        '\u{80}'..='\u{9f}' | '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

fn named(c: char) -> Cow<'static, str> {
    Cow::Owned(format!("‹U+{:04X}›", u32::from(c)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn makes_the_invisible_visible() {
        assert_eq!(DisplayText::line("a\0b\nc\u{202e}d").as_str(), "a␀b␊c‹U+202E›d");
        assert_eq!(DisplayText::block("a\r\n\tb\u{1b}[31m").as_str(), "a\n\tb␛[31m");
    }

    #[test]
    fn caps_and_says_so() {
        assert_eq!(DisplayText::limited("abcdef", 3).as_str(), "abc…");
        assert_eq!(DisplayText::limited("abc", 3).as_str(), "abc");
    }
}
