//! What was recognised, in words.

use model::recognise::{Recognised, Spelling};

/// Article and noun for what was recognised, and what it was found in: `(("an ", "X-Ray trace ID"), " in a log line")`.
pub fn described(text: &str, found: &Recognised) -> ((&'static str, &'static str), &'static str) {
    let what = match found.spelling {
        Spelling::Hex => ("a ", "trace ID"),
        Spelling::Xray => ("an ", "X-Ray trace ID"),
        Spelling::Traceparent => ("a ", "traceparent header"),
        Spelling::XrayHeader => ("an ", "X-Amzn-Trace-Id header"),
        Spelling::Uuid => ("a ", "trace ID in UUID form"),
    };
    let around = text.trim().len().saturating_sub(found.range.len());
    let context = if text.contains("://") {
        " in a URL"
    } else if around > 40 || (around > 0 && matches!(found.spelling, Spelling::Hex | Spelling::Xray | Spelling::Uuid)) {
        " in a longer text"
    } else {
        ""
    };
    (what, context)
}

/// The other spelling: X-Ray's where 32 hex digits were pasted, else 32 hex digits.
pub fn also_written(found: &Recognised) -> String {
    match found.spelling {
        Spelling::Hex | Spelling::Traceparent | Spelling::Uuid => found.trace.xray(),
        Spelling::Xray | Spelling::XrayHeader => found.trace.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::recognise::recognise;

    #[test]
    fn says_what_and_where() {
        let line = "ERROR Exception on /api [GET] trace=1-67a1f2c4-9d04c1f5a7b33e60d2c81b5e user=andrew";
        let found = recognise(line).unwrap();
        assert_eq!(described(line, &found), (("an ", "X-Ray trace ID"), " in a longer text"));
        assert_eq!(also_written(&found), "67a1f2c49d04c1f5a7b33e60d2c81b5e");
        let bare = "67a1f2c49d04c1f5a7b33e60d2c81b5e";
        let found = recognise(bare).unwrap();
        assert_eq!(described(bare, &found), (("a ", "trace ID"), ""));
        assert_eq!(also_written(&found), "1-67a1f2c4-9d04c1f5a7b33e60d2c81b5e");
    }
}
