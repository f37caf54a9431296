//! Documents travel as JSON inside a JSON string; these write one level of quoting, quickly.

/// Appends the inside of a JSON string literal.
pub fn push_escaped(text: &str, out: &mut Vec<u8>) {
    let bytes = text.as_bytes();
    let mut done = 0;
    for (at, &byte) in bytes.iter().enumerate() {
        let short = match byte {
            b'"' => b'"',
            b'\\' => b'\\',
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            0..0x20 => 0,
            _ => continue,
        };
        out.extend_from_slice(bytes.get(done..at).unwrap_or_default());
        if short == 0 {
            out.extend_from_slice(format!("\\u{byte:04x}").as_bytes());
        } else {
            out.extend_from_slice(&[b'\\', short]);
        }
        done = at + 1;
    }
    out.extend_from_slice(bytes.get(done..).unwrap_or_default());
}

/// A whole JSON string literal, quotes included.
pub fn literal(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len() + text.len() / 4 + 2);
    out.push(b'"');
    push_escaped(text, &mut out);
    out.push(b'"');
    String::from_utf8(out).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_text_reads_back(text in any::<String>()) {
            prop_assert_eq!(serde_json::from_str::<String>(&super::literal(&text)).unwrap(), text);
        }
    }
}
