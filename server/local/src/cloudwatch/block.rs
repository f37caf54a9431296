//! How the events of one `PutLogEvents` lie in the store: the times and ends of all messages, then the text of all, back to back, so that
//! a search runs over one piece of memory.
//!
//! `1u8`, group and stream as `u16` length and text, count `u32`, times `i64` each, ends `u32` each, text. Little endian.

mod digest;

use bytes::Bytes;

pub use digest::{Digest, Sample, digest, is_sample};

const VERSION: u8 = 1;

/// Writes a block. Times are milliseconds since 1970.
pub fn encode(group: &str, stream: &str, events: &[(i64, &str)]) -> Vec<u8> {
    let text: usize = events.iter().map(|(_, message)| message.len()).sum();
    let mut out = Vec::with_capacity(16 + group.len() + stream.len() + events.len() * 12 + text);
    out.push(VERSION);
    for name in [group, stream] {
        out.extend_from_slice(&u16::try_from(name.len()).unwrap_or(0).to_le_bytes());
        out.extend_from_slice(name.as_bytes());
    }
    out.extend_from_slice(&u32::try_from(events.len()).unwrap_or(0).to_le_bytes());
    for (time, _) in events {
        out.extend_from_slice(&time.to_le_bytes());
    }
    let mut end = 0_u32;
    for (_, message) in events {
        end = end.saturating_add(u32::try_from(message.len()).unwrap_or(u32::MAX));
        out.extend_from_slice(&end.to_le_bytes());
    }
    for (_, message) in events {
        out.extend_from_slice(message.as_bytes());
    }
    out
}

/// A block that was read back.
#[derive(Debug, Clone)]
pub struct Block<B> {
    payload: B,
    group: (usize, usize),
    stream: (usize, usize),
    count: usize,
    times: usize,
    ends: usize,
    text: usize,
}

impl<B: AsRef<[u8]>> Block<B> {
    /// `None` for anything that is not a whole block.
    pub fn open(payload: B) -> Option<Self> {
        let bytes = payload.as_ref();
        if bytes.first() != Some(&VERSION) {
            return None;
        }
        let mut at = 1;
        let mut name = || {
            let length = usize::from(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?));
            let start = at + 2;
            at = start.checked_add(length)?;
            std::str::from_utf8(bytes.get(start..at)?).ok()?;
            Some((start, length))
        };
        let (group, stream) = (name()?, name()?);
        let count = usize::try_from(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?)).ok()?;
        let times = at + 4;
        let ends = times.checked_add(count.checked_mul(8)?)?;
        let text = ends.checked_add(count.checked_mul(4)?)?;
        let length = bytes.len().checked_sub(text)?;
        let block = Self { payload, group, stream, count, times, ends, text };
        let mut last = 0;
        for at in 0..count {
            let end = block.end(at)?;
            if end < last || end > length {
                return None;
            }
            last = end;
        }
        (last == length).then_some(block)
    }

    pub fn group(&self) -> &str {
        self.name(self.group)
    }

    pub fn stream(&self) -> &str {
        self.name(self.stream)
    }

    pub fn len(&self) -> usize {
        self.count
    }

    /// The time of an event.
    pub fn time(&self, at: usize) -> Option<i64> {
        if at >= self.count {
            return None;
        }
        self.bytes().get(self.times + at * 8..)?.first_chunk().map(|bytes| i64::from_le_bytes(*bytes))
    }

    /// The message of an event, as a range of [`Self::text`].
    pub fn range(&self, at: usize) -> Option<std::ops::Range<usize>> {
        let start = if at == 0 { 0 } else { self.end(at - 1)? };
        Some(start..self.end(at)?)
    }

    /// All messages.
    pub fn text(&self) -> &[u8] {
        self.bytes().get(self.text..).unwrap_or_default()
    }

    pub fn message(&self, at: usize) -> &[u8] {
        self.range(at).and_then(|range| self.text().get(range)).unwrap_or_default()
    }

    /// The event that holds this byte of the text.
    pub fn event_at(&self, byte: usize) -> usize {
        let (mut low, mut high) = (0, self.count);
        while low < high {
            let middle = usize::midpoint(low, high);
            if self.end(middle).is_some_and(|end| end <= byte) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    fn end(&self, at: usize) -> Option<usize> {
        if at >= self.count {
            return None;
        }
        let bytes = self.bytes().get(self.ends + at * 4..)?.first_chunk()?;
        usize::try_from(u32::from_le_bytes(*bytes)).ok()
    }

    fn bytes(&self) -> &[u8] {
        self.payload.as_ref()
    }

    fn name(&self, (start, length): (usize, usize)) -> &str {
        self.bytes().get(start..start + length).and_then(|name| std::str::from_utf8(name).ok()).unwrap_or_default()
    }
}

impl Block<Bytes> {
    /// A message that shares the memory of its block.
    pub fn shared(&self, at: usize) -> Bytes {
        let range = self.range(at).unwrap_or_default();
        self.payload.slice(self.text + range.start..self.text + range.end)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_block_reads_back() {
        let bytes = encode("/app", "s", &[(5, "one"), (6, ""), (7, "three\n")]);
        let block = Block::open(Bytes::from(bytes.clone())).unwrap();
        assert_eq!((block.group(), block.stream(), block.len()), ("/app", "s", 3));
        assert_eq!((block.time(2), block.time(3), block.message(2)), (Some(7), None, &b"three\n"[..]));
        assert_eq!((block.event_at(0), block.event_at(2), block.event_at(3)), (0, 0, 2));
        assert_eq!(&block.shared(0)[..], b"one");
        let digest = digest(&block).unwrap();
        assert_eq!((digest.first_ms, digest.last_ms, digest.count, digest.sample), (5, 7, 3, Sample::None));
        assert!(Block::open(&bytes[..bytes.len() - 1]).is_none());
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(mut bytes in proptest::collection::vec(any::<u8>(), 0..80), small in any::<bool>()) {
            if let Some(first) = bytes.first_mut() { *first = VERSION; }
            if small { for byte in bytes.iter_mut().skip(1).take(20) { *byte %= 3; } }
            if let Some(block) = Block::open(&bytes[..]) {
                let _ = digest(&block);
            }
        }
    }
}
