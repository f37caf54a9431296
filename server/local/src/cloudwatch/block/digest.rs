//! What memory keeps of a block.

use memchr::memmem;

use super::super::identifier::fingerprints;
use super::Block;
use crate::store::DEMO_MARK;

/// More fingerprints than this are not worth their memory: such a block is opened by every search.
const MOST_FINGERPRINTS: usize = 200_000;

/// What memory keeps of a block.
#[derive(Debug, Clone, PartialEq)]
pub struct Digest {
    pub first_ms: i64,
    pub last_ms: i64,
    pub bytes: u64,
    pub count: u32,
    /// Sorted; `None`: too many, look inside.
    pub identifiers: Option<Box<[u32]>>,
    pub sample: Sample,
}

/// Which of a block's events are sample data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sample {
    None,
    Some,
    All,
}

/// Reads through a block once. `None` when it has no event.
pub fn digest<B: AsRef<[u8]>>(block: &Block<B>) -> Option<Digest> {
    let times = (0..block.len()).filter_map(|at| block.time(at));
    let (first_ms, last_ms) = times.fold(None, |known: Option<(i64, i64)>, time| {
        let (first, last) = known.unwrap_or((time, time));
        Some((first.min(time), last.max(time)))
    })?;
    let identifiers = fingerprints((0..block.len()).map(|at| block.message(at)));
    Some(Digest {
        first_ms,
        last_ms,
        bytes: block.text().len() as u64,
        count: u32::try_from(block.len()).unwrap_or(u32::MAX),
        identifiers: (identifiers.len() <= MOST_FINGERPRINTS).then(|| identifiers.into_boxed_slice()),
        sample: sample(block),
    })
}

fn sample<B: AsRef<[u8]>>(block: &Block<B>) -> Sample {
    if memmem::find(block.text(), DEMO_MARK.as_bytes()).is_none() {
        return Sample::None;
    }
    match (0..block.len()).filter(|at| is_sample(block.message(*at))).count() {
        0 => Sample::None,
        marked if marked == block.len() => Sample::All,
        _ => Sample::Some,
    }
}

/// True for a message with the member `"throughline.demo": true`.
pub fn is_sample(message: &[u8]) -> bool {
    memmem::find_iter(message, DEMO_MARK.as_bytes()).any(|at| {
        let quoted = at.checked_sub(1).and_then(|before| message.get(before)) == Some(&b'"');
        let rest = message.get(at + DEMO_MARK.len()..).and_then(|rest| rest.strip_prefix(b"\"")).map(<[u8]>::trim_ascii_start);
        quoted && rest.and_then(|rest| rest.strip_prefix(b":")).is_some_and(|value| value.trim_ascii_start().starts_with(b"true"))
    })
}

#[cfg(test)]
mod tests {
    use super::super::encode;
    use super::*;

    #[test]
    fn the_mark_is_a_true_member() {
        assert!(is_sample(br#"{"a":1,"throughline.demo": true}"#));
        assert!(!is_sample(br#"{"throughline.demo":false}"#));
        assert!(!is_sample(b"see throughline.demo: true"));
        let mixed = encode("g", "s", &[(1, r#"{"throughline.demo":true}"#), (2, "x")]);
        assert_eq!(digest(&Block::open(&mixed).unwrap()).unwrap().sample, Sample::Some);
    }
}
