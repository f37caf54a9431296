//! Trace and span identifiers, one value however a vendor spells them.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// A trace ID: 128 bits, never zero.
///
/// X-Ray writes it `1-8hex-24hex`, W3C and Honeycomb as 32 hex digits; the conversion is purely positional.
/// Nothing about time is derived from it: the first 8 digits are an epoch only by habit.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TraceId(u128);

/// A span, segment or subsegment ID: 64 bits, never zero.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SpanId(u64);

/// Why a text is not an ID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParseIdError {
    /// Neither 32 hex digits, nor 16 (a trimmed ID), nor `1-8-24`, nor a UUID; or 16 for a span.
    #[error("not an ID: expected 32 hex digits, or 1-8hex-24hex for a trace, 16 hex digits for a span")]
    Shape,
    /// All digits are zero, which every specification forbids.
    #[error("an ID of zeros only is not valid")]
    Zero,
}

impl TraceId {
    /// The greatest.
    pub const MAX: Self = Self(u128::MAX);

    /// From the raw value; `None` for zero.
    pub const fn new(value: u128) -> Option<Self> {
        if value == 0 { None } else { Some(Self(value)) }
    }

    /// From 16 big-endian bytes, as OTLP carries it; `None` for zero.
    pub const fn from_bytes(bytes: [u8; 16]) -> Option<Self> {
        Self::new(u128::from_be_bytes(bytes))
    }

    /// The raw value.
    pub const fn value(self) -> u128 {
        self.0
    }

    /// The spelling of X-Ray: `1-` + 8 hex digits + `-` + 24 hex digits.
    pub fn xray(self) -> String {
        let first = self.0 >> 96;
        let rest = self.0 & ((1 << 96) - 1);
        format!("1-{first:08x}-{rest:024x}")
    }

    /// Every spelling under which a vendor may hold this ID: 32 hex, X-Ray's, and the 16 hex digits to which
    /// Honeycomb trims an ID whose high half is zero.
    pub fn spellings(self) -> Vec<String> {
        let mut spellings = vec![self.to_string(), self.xray()];
        if let Ok(low) = u64::try_from(self.0) {
            spellings.push(format!("{low:016x}"));
        }
        spellings
    }
}

impl SpanId {
    /// The greatest.
    pub const MAX: Self = Self(u64::MAX);

    /// From the raw value; `None` for zero.
    pub const fn new(value: u64) -> Option<Self> {
        if value == 0 { None } else { Some(Self(value)) }
    }

    /// From 8 big-endian bytes, as OTLP carries it; `None` for zero.
    pub const fn from_bytes(bytes: [u8; 8]) -> Option<Self> {
        Self::new(u64::from_be_bytes(bytes))
    }

    /// The raw value.
    pub const fn value(self) -> u64 {
        self.0
    }
}

impl FromStr for TraceId {
    type Err = ParseIdError;

    /// Reads exactly one ID and nothing around it: 32 hex digits, 16 hex digits (high half trimmed), `1-8-24` or a
    /// UUID, in any letter case. To find an ID inside other text, use [`crate::recognise`].
    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        let digits = match text.len() {
            32 | 16 => hex(text)?,
            35 => {
                let rest = text.strip_prefix("1-").ok_or(ParseIdError::Shape)?;
                dashed(rest, &[8, 24])?
            }
            36 => dashed(text, &[8, 4, 4, 4, 12])?,
            _ => return Err(ParseIdError::Shape),
        };
        Self::new(digits).ok_or(ParseIdError::Zero)
    }
}

impl FromStr for SpanId {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        if text.len() != 16 {
            return Err(ParseIdError::Shape);
        }
        let value = u64::try_from(hex(text)?).map_err(|_| ParseIdError::Shape)?;
        Self::new(value).ok_or(ParseIdError::Zero)
    }
}

fn hex(text: &str) -> Result<u128, ParseIdError> {
    if text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        u128::from_str_radix(text, 16).map_err(|_| ParseIdError::Shape)
    } else {
        Err(ParseIdError::Shape)
    }
}

/// Hex groups of exactly these lengths, joined by dashes.
fn dashed(text: &str, lengths: &[usize]) -> Result<u128, ParseIdError> {
    let mut parts = text.split('-');
    let mut value: u128 = 0;
    for &length in lengths {
        let part = parts.next().ok_or(ParseIdError::Shape)?;
        if part.len() != length {
            return Err(ParseIdError::Shape);
        }
        value = (value << (4 * length)) | hex(part)?;
    }
    if parts.next().is_some() { Err(ParseIdError::Shape) } else { Ok(value) }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl fmt::Debug for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TraceId({self})")
    }
}

impl fmt::Debug for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SpanId({self})")
    }
}

impl Serialize for TraceId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Serialize for SpanId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TraceId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl<'de> Deserialize<'de> for SpanId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_value_however_spelled() {
        let w3c: TraceId = "67A1f2c49d04c1f5a7b33e60d2c81b5e".parse().unwrap();
        assert_eq!(w3c, "1-67a1f2c4-9d04c1f5a7b33e60d2c81b5e".parse().unwrap());
        assert_eq!(w3c, "67a1f2c4-9d04-c1f5-a7b3-3e60d2c81b5e".parse().unwrap());
        assert_eq!(w3c.xray(), "1-67a1f2c4-9d04c1f5a7b33e60d2c81b5e");
        assert_eq!(w3c.to_string(), "67a1f2c49d04c1f5a7b33e60d2c81b5e");
    }

    #[test]
    fn trimmed_ids_come_back_whole() {
        let trimmed: TraceId = "00f067aa0ba902b7".parse().unwrap();
        assert_eq!(trimmed.to_string(), "000000000000000000f067aa0ba902b7");
        assert!(trimmed.spellings().contains(&"00f067aa0ba902b7".to_owned()));
    }

    #[test]
    fn refuses_what_is_not_an_id() {
        for text in ["", "0", "g7a1f2c49d04c1f5a7b33e60d2c81b5e", "1-67a1f2c4+9d04c1f5a7b33e60d2c81b5e", "+7a1f2c49d04c1f5a7b33e60d2c81b5e"]
        {
            assert_eq!(text.parse::<TraceId>(), Err(ParseIdError::Shape), "{text}");
        }
        assert_eq!("0".repeat(32).parse::<TraceId>(), Err(ParseIdError::Zero));
        assert_eq!("é".repeat(16).parse::<TraceId>(), Err(ParseIdError::Shape));
    }
}
