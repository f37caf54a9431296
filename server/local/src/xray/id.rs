//! The two kinds of ID in a segment document.

/// `1-{8 hex}-{24 hex}` as 128 bits. The first word need not be a time: ids that began as W3C ids have a random one.
pub fn parse_trace_id(text: &str) -> Option<u128> {
    let (epoch, unique) = text.strip_prefix("1-")?.split_once('-')?;
    let well_formed = epoch.len() == 8 && unique.len() == 24 && is_hex(epoch) && is_hex(unique);
    let (high, low) = (u128::from_str_radix(epoch, 16).ok()?, u128::from_str_radix(unique, 16).ok()?);
    well_formed.then_some(high << 96 | low)
}

/// The X-Ray spelling of a trace ID, 35 characters.
pub fn format_trace_id(id: u128) -> String {
    format!("1-{:08x}-{:024x}", id >> 96, id & ((1 << 96) - 1))
}

/// 16 hex digits as 64 bits: a segment or subsegment ID.
pub fn parse_segment_id(text: &str) -> Option<u64> {
    (text.len() == 16 && is_hex(text)).then(|| u64::from_str_radix(text, 16).ok()).flatten()
}

/// Appends the 16 digits of a segment ID.
pub fn push_segment_id(id: u64, out: &mut Vec<u8>) {
    for shift in (0..16).rev() {
        let digit = (id >> (shift * 4)) & 15;
        out.push(if digit < 10 { b'0' } else { b'a' - 10 } + u8::try_from(digit).unwrap_or(0));
    }
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trace_ids_go_there_and_back() {
        let id = parse_trace_id("1-6b03c354-535b6dfea5195785698743b7").unwrap();
        assert_eq!(id, 0x6b03_c354_535b_6dfe_a519_5785_6987_43b7);
        assert_eq!(format_trace_id(id), "1-6b03c354-535b6dfea5195785698743b7");
        assert_eq!(format_trace_id(parse_trace_id("1-00000000-00000000000000000000000A").unwrap()), "1-00000000-00000000000000000000000a");
    }

    #[test]
    fn what_is_not_an_id_is_refused() {
        for bad in ["", "1-", "1-6b03c354", "6b03c354535b6dfea5195785698743b7", "2-6b03c354-535b6dfea5195785698743b7"] {
            assert_eq!(parse_trace_id(bad), None, "{bad}");
        }
        assert_eq!(parse_trace_id("1-+b03c354-535b6dfea5195785698743b7"), None);
        assert_eq!(parse_segment_id("+0de5b6f19ff9a0a"), None);
        assert_eq!(parse_segment_id("70de5b6f19ff9a0"), None);
        assert_eq!(parse_segment_id("70de5b6f19ff9a0a"), Some(0x70de_5b6f_19ff_9a0a));
        let mut digits = Vec::new();
        push_segment_id(0x00de_5b6f_19ff_9a0a, &mut digits);
        assert_eq!(digits, b"00de5b6f19ff9a0a");
    }
}
