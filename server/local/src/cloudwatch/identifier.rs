//! A small index of the IDs in log text, so that looking for one ID opens only the blocks that have it.
//!
//! Runs of 16 and more hex digits (single dashes inside them do not count: `1-6b03c354-535b…` and `6b03c354535b…` share all but their
//! first digit) are sampled by minimizers: of each nine neighbouring eight-digit pieces the one with the smallest hash. Any searched
//! text with such a run has its samples among those of every text that contains it, also where it is part of a longer run.

/// Digits in a piece; a piece fills the fingerprint.
const PIECE: usize = 8;
/// Pieces a sample is chosen from.
const WINDOW: usize = 9;

/// The fingerprints of some texts, sorted, each once. Empty when there is no long run of hex digits.
pub fn fingerprints<'a>(texts: impl Iterator<Item = &'a [u8]>) -> Vec<u32> {
    let mut found = Vec::new();
    for text in texts {
        sample(text, &mut found);
    }
    found.sort_unstable();
    found.dedup();
    found
}

fn sample(text: &[u8], found: &mut Vec<u32>) {
    let mut run = Run::default();
    let mut bytes = text.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        if let Some(digit) = DIGITS.get(usize::from(byte)).copied().filter(|digit| *digit < 16) {
            run.push(digit, found);
        } else if run.digits > 0 {
            let joins = byte == b'-' && bytes.peek().is_some_and(u8::is_ascii_hexdigit);
            if !joins {
                run = Run::default();
            }
        }
    }
}

#[expect(clippy::indexing_slicing, reason = "evaluated at compile time")]
const DIGITS: [u8; 256] = {
    let mut table = [255_u8; 256];
    let mut digit = 0_u8;
    while digit < 16 {
        if digit < 10 {
            table[(b'0' + digit) as usize] = digit;
        } else {
            table[(b'a' + digit - 10) as usize] = digit;
            table[(b'A' + digit - 10) as usize] = digit;
        }
        digit += 1;
    }
    table
};

#[derive(Default)]
struct Run {
    digits: usize,
    piece: u32,
    /// The last pieces behind their hashes, the oldest first.
    window: [(u32, u32); WINDOW],
    /// Where the smallest is, counted from the oldest.
    smallest: usize,
}

impl Run {
    fn push(&mut self, digit: u8, found: &mut Vec<u32>) {
        self.piece = self.piece << 4 | u32::from(digit);
        self.digits += 1;
        if self.digits < PIECE {
            return;
        }
        self.window.rotate_left(1);
        let newest = (hash(self.piece), self.piece);
        if let Some(last) = self.window.last_mut() {
            *last = newest;
        }
        let full = PIECE + WINDOW - 1;
        if self.digits < full {
            return;
        }
        if self.digits == full || self.smallest == 0 {
            self.smallest = self.window.iter().enumerate().min_by_key(|(_, piece)| **piece).map_or(0, |(at, _)| at);
        } else {
            self.smallest -= 1;
            if self.window.get(self.smallest).is_some_and(|smallest| *smallest <= newest) {
                return;
            }
            self.smallest = WINDOW - 1;
        }
        found.extend(self.window.get(self.smallest).map(|(_, piece)| piece));
    }
}

/// Spreads pieces so that the choice does not favour leading zeros.
fn hash(piece: u32) -> u32 {
    let mixed = (piece ^ (piece >> 16)).wrapping_mul(0x7feb_352d);
    (mixed ^ (mixed >> 15)).wrapping_mul(0x846c_a68b)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(text: &str) -> Vec<u32> {
        fingerprints(std::iter::once(text.as_bytes()))
    }

    fn holds(text: &str, searched: &str) -> bool {
        let known = of(text);
        of(searched).iter().all(|piece| known.binary_search(piece).is_ok())
    }

    #[test]
    fn both_spellings_of_a_trace_are_found_by_either_tail() {
        let xray = "boom AWS-XRAY-TRACE-ID: 1-6b03c354-535b6dfea5195785698743b7@77e197aff0a9a49d";
        let w3c = "{\"trace_id\":\"6b03c354535b6dfea5195785698743b7\"}";
        for searched in ["535b6dfea5195785698743b7", "1-6b03c354-535b6dfea5195785698743b7", "77e197aff0a9a49d"] {
            assert!(!of(searched).is_empty());
            assert!(holds(xray, searched), "{searched}");
        }
        assert!(holds(w3c, "535b6dfea5195785698743b7") && holds(w3c, "6b03c354535b6dfea5195785698743b7"));
        assert!(!holds(w3c, "77e197aff0a9a49d") && !holds(xray, "0a1b2c3d4e5f60718293a4b5"));
    }

    #[test]
    fn uuids_are_runs_and_dates_are_not() {
        assert!(holds("RequestId: 8f1a5b1c-0d3e-4f5a-9b7c-1d2e3f4a5b6c Duration", "8f1a5b1c-0d3e-4f5a-9b7c-1d2e3f4a5b6c"));
        assert_eq!(of("2026-11-23 04:43:49 took 1795409003677 ms -- dead-beef --"), [0_u32; 0]);
        assert_eq!(of(&"0".repeat(1000)).len(), 1);
    }

    proptest! {
        #[test]
        fn a_part_is_always_among_the_whole(before in "[a-f0-9 -]{0,20}", id in "[a-fA-F0-9]{16,40}", after in "[a-f0-9 -]{0,20}") {
            let text = format!("{before}{id}{after}");
            prop_assert!(holds(&text, &id));
        }

        #[test]
        fn any_slice_with_dashes_is_among_the_whole(text in "[a-f0-9-]{0,90}", from in 0_usize..90, to in 0_usize..90) {
            if let Some(part) = text.get(from.min(to)..from.max(to)) {
                prop_assert!(holds(&text, part));
            }
        }
    }
}
