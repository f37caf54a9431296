//! How segment documents lie in the store: a table of headers, then the documents as JSON string literals, ready to be sent out again.
//!
//! `1u8`, count `u32`, then per document: trace `u128`, id `u64`, parent `u64` (0: none), start `f64`, end `f64` (NaN: none), depth `u8`,
//! traits `u8`, length `u32`; then the literals back to back. Little endian.

use super::document::{Header, Traits};

const VERSION: u8 = 1;
const ROW: usize = 16 + 8 + 8 + 8 + 8 + 1 + 1 + 4;
const FRONT: usize = 1 + 4;

/// Where one document lies in its packet.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Entry {
    pub header: Header,
    pub offset: u32,
    pub length: u32,
}

/// Documents gathered for one write.
#[derive(Debug, Default)]
pub struct Packet {
    rows: Vec<(Header, u32)>,
    literals: Vec<u8>,
}

impl Packet {
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Adds a document as a JSON string literal, quotes included.
    pub fn push(&mut self, header: Header, literal: &str) {
        self.rows.push((header, u32::try_from(literal.len()).unwrap_or(u32::MAX)));
        self.literals.extend_from_slice(literal.as_bytes());
    }

    /// The bytes to store, and what the index is to know of them.
    pub fn finish(self) -> (Vec<u8>, Vec<Entry>) {
        let mut bytes = Vec::with_capacity(FRONT + self.rows.len() * ROW + self.literals.len());
        bytes.push(VERSION);
        bytes.extend_from_slice(&u32::try_from(self.rows.len()).unwrap_or(u32::MAX).to_le_bytes());
        for (header, length) in &self.rows {
            bytes.extend_from_slice(&header.trace.to_le_bytes());
            bytes.extend_from_slice(&header.id.to_le_bytes());
            bytes.extend_from_slice(&header.parent.unwrap_or(0).to_le_bytes());
            bytes.extend_from_slice(&header.start.to_le_bytes());
            bytes.extend_from_slice(&header.end.unwrap_or(f64::NAN).to_le_bytes());
            bytes.extend_from_slice(&[header.depth, header.traits.bits()]);
            bytes.extend_from_slice(&length.to_le_bytes());
        }
        bytes.extend_from_slice(&self.literals);
        let entries = entries(&bytes);
        (bytes, entries)
    }
}

/// The table of a stored packet. Anything that is not one gives nothing, or what of it is whole.
pub fn entries(packet: &[u8]) -> Vec<Entry> {
    let Some((&[VERSION], rest)) = packet.split_first_chunk::<1>() else { return Vec::new() };
    let Some((count, rest)) = rest.split_first_chunk::<4>() else { return Vec::new() };
    let count = usize::try_from(u32::from_le_bytes(*count)).unwrap_or(usize::MAX);
    let Some(table) = count.checked_mul(ROW).and_then(|size| rest.get(..size)) else { return Vec::new() };
    let mut offset = FRONT + table.len();
    let mut entries = Vec::with_capacity(count);
    for row in table.chunks_exact(ROW) {
        let Some((header, length)) = read_row(row) else { break };
        let end = offset.saturating_add(usize::try_from(length).unwrap_or(usize::MAX));
        let Ok(place) = u32::try_from(offset) else { break };
        if end > packet.len() {
            break;
        }
        entries.push(Entry { header, offset: place, length });
        offset = end;
    }
    entries
}

fn read_row(row: &[u8]) -> Option<(Header, u32)> {
    let (trace, row) = row.split_first_chunk::<16>()?;
    let (id, row) = row.split_first_chunk::<8>()?;
    let (parent, row) = row.split_first_chunk::<8>()?;
    let (start, row) = row.split_first_chunk::<8>()?;
    let (end, row) = row.split_first_chunk::<8>()?;
    let (&[depth, traits], row) = row.split_first_chunk::<2>()?;
    let (length, _) = row.split_first_chunk::<4>()?;
    let header = Header {
        trace: u128::from_le_bytes(*trace),
        id: u64::from_le_bytes(*id),
        parent: Some(u64::from_le_bytes(*parent)).filter(|parent| *parent != 0),
        start: Some(f64::from_le_bytes(*start)).filter(|start| start.is_finite())?,
        end: Some(f64::from_le_bytes(*end)).filter(|end| end.is_finite()),
        depth,
        traits: Traits::from_bits(traits),
    };
    Some((header, u32::from_le_bytes(*length)))
}

/// The literal that an entry names.
pub fn literal<'a>(packet: &'a [u8], entry: &Entry) -> Option<&'a str> {
    let start = usize::try_from(entry.offset).ok()?;
    let length = usize::try_from(entry.length).ok()?;
    let bytes = packet.get(start..start.checked_add(length)?)?;
    std::str::from_utf8(bytes).ok().filter(|literal| literal.len() >= 2)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn header(id: u64) -> Header {
        Header { trace: 7 << 90, id, parent: None, start: 1.5, end: None, depth: 3, traits: Traits::SAMPLE }
    }

    #[test]
    fn a_packet_reads_back() {
        let mut packet = Packet::default();
        packet.push(header(1), "\"one\"");
        packet.push(Header { parent: Some(1), end: Some(2.0), ..header(2) }, "\"two!\"");
        let (bytes, known) = packet.finish();
        assert_eq!(known.len(), 2);
        assert_eq!(known[1].header, Header { parent: Some(1), end: Some(2.0), ..header(2) });
        assert_eq!(literal(&bytes, &known[0]), Some("\"one\""));
        assert_eq!(literal(&bytes, &known[1]), Some("\"two!\""));
        assert_eq!(entries(&bytes[..bytes.len() - 1]).len(), 1);
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(mut bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            if let Some(first) = bytes.first_mut() { *first = VERSION; }
            for entry in entries(&bytes) {
                let _ = literal(&bytes, &entry);
            }
        }
    }
}
