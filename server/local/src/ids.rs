//! Trace and span IDs as they come over OTLP and Honeycomb.

use std::fmt::Write;

use sha1::{Digest, Sha1};

/// A trace ID on the wire: 16 bytes, 8 (older tracers), or the 24 that come from reading 32 hex digits as base64.
/// `None` for all zeros and any other length.
pub fn trace_id(bytes: &[u8]) -> Option<u128> {
    let id = match bytes.len() {
        16 => u128::from_be_bytes(*bytes.first_chunk()?),
        8 => u64::from_be_bytes(*bytes.first_chunk()?).into(),
        24 => parse_trace_id(&base64(bytes))?,
        _ => return None,
    };
    (id != 0).then_some(id)
}

/// A span ID on the wire: 8 bytes, or the 12 that come from reading 16 hex digits as base64.
pub fn span_id(bytes: &[u8]) -> Option<u64> {
    let id = match bytes.len() {
        8 => u64::from_be_bytes(*bytes.first_chunk()?),
        12 => {
            let text = base64(bytes);
            is_hex(&text).then(|| u64::from_str_radix(&text, 16).ok()).flatten()?
        }
        _ => return None,
    };
    (id != 0).then_some(id)
}

/// A trace ID as text: 32 or 16 hex digits of any case.
pub fn parse_trace_id(text: &str) -> Option<u128> {
    let is_id = matches!(text.len(), 16 | 32) && is_hex(text);
    is_id.then(|| u128::from_str_radix(text, 16).ok()).flatten().filter(|id| *id != 0)
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// A trace ID as Honeycomb shows it: 16 digits if the upper half is zero.
pub fn trace_id_text(id: u128) -> String {
    match u64::try_from(id) {
        Ok(short) => format!("{short:016x}"),
        Err(_) => format!("{id:032x}"),
    }
}

/// Bytes as lower-case hex digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Eleven characters that stand for these texts, always the same ones.
pub fn short_hash(texts: &[&str]) -> String {
    let mut sha1 = Sha1::new();
    for text in texts {
        sha1.update(text.as_bytes());
        sha1.update([0]);
    }
    hex(&sha1.finalize()).chars().take(11).collect()
}

/// Bytes as base64 with padding, RFC 4648.
pub fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group = chunk.iter().chain([&0; 2]).take(3).fold(0_usize, |group, byte| group << 8 | usize::from(*byte));
        for at in 0..4 {
            let digit = ALPHABET.get(group >> (18 - 6 * at) & 63).copied().unwrap_or(b'=');
            text.push(if at <= chunk.len() { digit.into() } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_of_a_short_id_are_one() {
        let long = "0000000000000000f798a1e7f33c8af6";
        let short = "F798A1E7F33C8AF6";
        assert_eq!(parse_trace_id(long), parse_trace_id(short));
        assert_eq!(trace_id_text(parse_trace_id(long).unwrap()), "f798a1e7f33c8af6");
        assert_eq!(trace_id(&[0xf7, 0x98, 0xa1, 0xe7, 0xf3, 0x3c, 0x8a, 0xf6]), parse_trace_id(short));
    }

    #[test]
    fn hex_read_as_base64_is_read_back() {
        let text = "88d8b9db4df0e506b08de5b07f270039";
        let bytes = [
            0xf3, 0xc7, 0x7c, 0x6f, 0xd7, 0x5b, 0xe1, 0xd7, 0xf4, 0x7b, 0x9d, 0x3a, 0x6f, 0x4f, 0x1d, 0x7b, 0x96, 0xf4, 0xed, 0xfd, 0xbb,
            0xd3, 0x4d, 0xfd,
        ];
        assert_eq!(base64(&bytes), text);
        assert_eq!(trace_id(&bytes), parse_trace_id(text));
        let span = [0xd1, 0xed, 0xbc, 0x6f, 0xbf, 0x7b, 0xdb, 0x8d, 0x9d, 0x7f, 0xbd, 0x1f];
        assert_eq!(span_id(&span), u64::from_str_radix(&base64(&span), 16).ok());
    }

    #[test]
    fn base64_is_padded() {
        assert_eq!(["", "f", "fo", "foo", "foob"].map(|text| base64(text.as_bytes())), ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg=="]);
    }

    #[test]
    fn what_is_no_id_is_none() {
        assert_eq!(trace_id(&[0; 16]), None);
        assert_eq!(trace_id(&[1; 15]), None);
        assert_eq!(span_id(&[]), None);
        for text in ["", "+8d8b9db4df0e506b08de5b07f270039", "88d8b9db4df0e506b08de5b07f27003", "zz28b797242df70f"] {
            assert_eq!(parse_trace_id(text), None, "{text}");
        }
    }
}
