//! The bytes of one record: a header of 32 bytes, then the payload as stored.
//!
//! | bytes | what (integers little-endian) |
//! |---|---|
//! | 0..4 | marker, to find the next record behind a damaged one |
//! | 4..8 | CRC-32 of bytes 8..32 |
//! | 8..12 | CRC-32 of the payload as stored |
//! | 12 | family |
//! | 13 | 1 if the payload is an LZ4 block, else 0 |
//! | 14..16 | zero |
//! | 16..24 | time of arrival, milliseconds since 1970 |
//! | 24..28 | length of the payload as stored |
//! | 28..32 | length of the payload decompressed |

use bytes::Bytes;

use super::MAX_PAYLOAD_BYTES;

/// Length of a record's header.
pub const HEADER_BYTES: usize = 32;
/// First bytes of every record.
pub const MARKER: [u8; 4] = [0xF5, b'r', b'e', b'c'];

/// Shorter payloads are stored as they are: LZ4 would not gain.
const COMPRESS_FROM_BYTES: usize = 128;

/// The header of a record whose own checksum was right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    pub family: u8,
    pub arrival_ms: i64,
    pub stored_bytes: u32,
    raw_bytes: u32,
    compressed: bool,
    payload_crc: u32,
}

/// The frame of a new record. `payload` is not longer than [`MAX_PAYLOAD_BYTES`].
pub fn encode(family: u8, arrival_ms: i64, payload: &[u8]) -> Vec<u8> {
    let compressed = (payload.len() >= COMPRESS_FROM_BYTES).then(|| lz4_flex::block::compress(payload)).filter(|c| c.len() < payload.len());
    let stored = compressed.as_deref().unwrap_or(payload);
    let mut tail = [0; HEADER_BYTES - 8];
    let fields: [&[u8]; 7] = [
        &crc32fast::hash(stored).to_le_bytes(),
        &[family],
        &[u8::from(compressed.is_some())],
        &[0, 0],
        &arrival_ms.to_le_bytes(),
        &length(stored).to_le_bytes(),
        &length(payload).to_le_bytes(),
    ];
    for (to, from) in tail.iter_mut().zip(fields.into_iter().flatten()) {
        *to = *from;
    }
    let mut frame = Vec::with_capacity(HEADER_BYTES + stored.len());
    frame.extend_from_slice(&MARKER);
    frame.extend_from_slice(&crc32fast::hash(&tail).to_le_bytes());
    frame.extend_from_slice(&tail);
    frame.extend_from_slice(stored);
    frame
}

fn length(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX)
}

impl Header {
    /// Reads a header, or says that these bytes are none.
    pub fn decode(bytes: &[u8; HEADER_BYTES]) -> Option<Self> {
        let (marker, rest) = bytes.split_first_chunk::<4>()?;
        let (crc, tail) = rest.split_first_chunk::<4>()?;
        if *marker != MARKER || u32::from_le_bytes(*crc) != crc32fast::hash(tail) {
            return None;
        }
        let (payload_crc, rest) = tail.split_first_chunk::<4>()?;
        let ([family, compressed, _, _], rest) = rest.split_first_chunk::<4>()?;
        let (arrival, rest) = rest.split_first_chunk::<8>()?;
        let (stored, rest) = rest.split_first_chunk::<4>()?;
        let raw = rest.first_chunk::<4>()?;
        let header = Self {
            family: *family,
            arrival_ms: i64::from_le_bytes(*arrival),
            stored_bytes: u32::from_le_bytes(*stored),
            raw_bytes: u32::from_le_bytes(*raw),
            compressed: *compressed == 1,
            payload_crc: u32::from_le_bytes(*payload_crc),
        };
        (header.raw_bytes as usize <= MAX_PAYLOAD_BYTES && header.stored_bytes <= header.raw_bytes).then_some(header)
    }

    /// Length of the whole record.
    pub fn frame_bytes(&self) -> u64 {
        HEADER_BYTES as u64 + u64::from(self.stored_bytes)
    }

    /// Checks and decompresses what stood behind the header; `None` if it is damaged.
    pub fn payload(&self, stored: Vec<u8>) -> Option<Bytes> {
        if stored.len() != self.stored_bytes as usize || crc32fast::hash(&stored) != self.payload_crc {
            return None;
        }
        if !self.compressed {
            return Some(stored.into());
        }
        let raw = lz4_flex::block::decompress(&stored, self.raw_bytes as usize).ok()?;
        (raw.len() == self.raw_bytes as usize).then(|| raw.into())
    }
}
