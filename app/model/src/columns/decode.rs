//! Bytes to columns. Total: any bytes give columns or an error, never a panic, and memory only in proportion to the input.

use super::{Columns, ErrorColumns, LogColumns, MAGIC, MAX_TEXT, NONE, SpanColumns, VERSION};
use crate::{Alias, Counts, Source, State, TraceId, UnixNs, Verdict};

/// Why bytes are not columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Something else altogether.
    #[error("these bytes are not the columns of a request")]
    Magic,
    /// From a server of another version: reload the page.
    #[error("the server speaks another version of the columns; reload the page")]
    Version,
    /// The bytes end too early, or a length promises more than there is.
    #[error("the columns are cut short")]
    Truncated,
    /// An index points outside its table.
    #[error("an index in the columns points nowhere")]
    Index,
    /// A value outside its range.
    #[error("a value in the columns is out of range")]
    Value,
    /// A text is not UTF-8, or all together are too long.
    #[error("a text in the columns is not valid")]
    Text,
    /// Bytes are left over at the end.
    #[error("the columns have bytes left over")]
    Trailing,
}

/// The least bytes that one of each takes: what bounds a promised length by the bytes that are there.
const SPAN_BYTES: usize = 17;
const LOG_BYTES: usize = 7;
const ERROR_BYTES: usize = 8;
const ALIAS_BYTES: usize = 35;
const VERDICT_BYTES: usize = 12;

impl Columns {
    /// Reads the binary form and checks every index and every value in it.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader(bytes);
        if reader.take(MAGIC.len()) != Ok(&MAGIC[..]) {
            return Err(DecodeError::Magic);
        }
        if reader.byte()? != VERSION {
            return Err(DecodeError::Version);
        }
        let revision = u32::try_from(reader.number()?).map_err(|_| DecodeError::Value)?;
        let id = reader.trace()?;
        let traces = reader.list(16, Reader::trace)?;
        let aliases = reader.list(ALIAS_BYTES, Reader::alias)?;
        let start = UnixNs(reader.signed()?);
        let duration_ns = reader.number()?;
        let strings = reader.strings()?;
        let spans = reader.spans(strings.len())?;
        let logs = reader.logs(strings.len(), spans.len())?;
        let errors = reader.errors(strings.len(), spans.len())?;
        let verdicts = reader.list(VERDICT_BYTES, Reader::verdict)?;
        if !reader.0.is_empty() {
            return Err(DecodeError::Trailing);
        }
        Ok(Self { revision, id, traces, aliases, start, duration_ns, strings, spans, logs, errors, verdicts })
    }
}

/// What is left to read.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], DecodeError> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(DecodeError::Truncated)?;
        self.0 = rest;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8, DecodeError> {
        let (&byte, rest) = self.0.split_first().ok_or(DecodeError::Truncated)?;
        self.0 = rest;
        Ok(byte)
    }

    #[inline]
    fn number(&mut self) -> Result<u64, DecodeError> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                return Err(DecodeError::Value);
            }
            value |= bits << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(DecodeError::Value)
    }

    fn signed(&mut self) -> Result<i64, DecodeError> {
        let value = self.number()?;
        Ok((value >> 1).cast_signed() ^ -(value & 1).cast_signed())
    }

    /// A count of things of which each takes at least `least` bytes.
    fn length(&mut self, least: usize) -> Result<usize, DecodeError> {
        let length = usize::try_from(self.number()?).map_err(|_| DecodeError::Truncated)?;
        match length.checked_mul(least) {
            Some(bytes) if bytes <= self.0.len() => Ok(length),
            _ => Err(DecodeError::Truncated),
        }
    }

    fn list<T>(&mut self, least: usize, read: impl Fn(&mut Self) -> Result<T, DecodeError>) -> Result<Vec<T>, DecodeError> {
        let length = self.length(least)?;
        (0..length).map(|_| read(self)).collect()
    }

    fn trace(&mut self) -> Result<TraceId, DecodeError> {
        let bytes = self.take(16)?.try_into().map_err(|_| DecodeError::Truncated)?;
        TraceId::new(u128::from_le_bytes(bytes)).ok_or(DecodeError::Value)
    }

    fn text(&mut self) -> Result<String, DecodeError> {
        let length = self.length(1)?;
        str::from_utf8(self.take(length)?).map(str::to_owned).map_err(|_| DecodeError::Text)
    }

    fn strings(&mut self) -> Result<Vec<String>, DecodeError> {
        let lengths = self.list(1, |reader| usize::try_from(reader.number()?).map_err(|_| DecodeError::Text))?;
        let total = lengths.iter().try_fold(0_usize, |total, length| total.checked_add(*length)).ok_or(DecodeError::Text)?;
        if total > MAX_TEXT {
            return Err(DecodeError::Text);
        }
        let mut rest = str::from_utf8(self.take(total)?).map_err(|_| DecodeError::Text)?;
        let mut strings = Vec::with_capacity(lengths.len());
        for length in lengths {
            let (text, after) = rest.split_at_checked(length).ok_or(DecodeError::Text)?;
            strings.push(text.to_owned());
            rest = after;
        }
        if strings.first().is_some_and(String::is_empty) { Ok(strings) } else { Err(DecodeError::Text) }
    }

    /// `count` indices, each below `limit`.
    fn indices(&mut self, count: usize, limit: usize) -> Result<Vec<u32>, DecodeError> {
        let mut column = Vec::with_capacity(count);
        for _ in 0..count {
            let index = self.number()?;
            if index >= limit as u64 {
                return Err(DecodeError::Index);
            }
            column.push(u32::try_from(index).map_err(|_| DecodeError::Index)?);
        }
        Ok(column)
    }

    /// `count` indices below `limit`, written as one more; 0 is [`NONE`].
    fn optional_indices(&mut self, count: usize, limit: usize) -> Result<Vec<u32>, DecodeError> {
        let mut column = self.indices(count, limit + 1)?;
        for index in &mut column {
            *index = index.wrapping_sub(1);
        }
        Ok(column)
    }

    /// `count` bytes, none above `most`.
    fn bytes(&mut self, count: usize, most: u8) -> Result<Vec<u8>, DecodeError> {
        let column = self.take(count)?;
        if column.iter().all(|byte| *byte <= most) { Ok(column.to_vec()) } else { Err(DecodeError::Value) }
    }

    fn differences(&mut self, count: usize) -> Result<Vec<i64>, DecodeError> {
        let mut column = Vec::with_capacity(count);
        let mut value = 0_i64;
        for _ in 0..count {
            value = value.wrapping_add(self.signed()?);
            column.push(value);
        }
        Ok(column)
    }

    fn spans(&mut self, strings: usize) -> Result<SpanColumns, DecodeError> {
        let count = self.length(SPAN_BYTES)?;
        let (ids, _) = self.take(count * 8)?.as_chunks::<8>();
        let id = ids.iter().map(|bytes| u64::from_le_bytes(*bytes)).collect();
        let (parent, depth) = self.parents(count)?;
        let start_ns = self.differences(count)?.into_iter().map(i64::cast_unsigned).collect();
        let mut duration_ns = Vec::with_capacity(count);
        for _ in 0..count {
            duration_ns.push(self.number()?);
        }
        let service = self.indices(count, strings)?;
        let name = self.indices(count, strings)?;
        let status = self.bytes(count, 4)?;
        let sources = self.bytes(count, 0b1111)?;
        let flags = self.bytes(count, 0b1111)?;
        let mut http_status = Vec::with_capacity(count);
        for _ in 0..count {
            http_status.push(u16::try_from(self.number()?).map_err(|_| DecodeError::Value)?);
        }
        Ok(SpanColumns { id, parent, depth, start_ns, duration_ns, service, name, status, sources, flags, http_status })
    }

    /// Parents, and the depths that follow from them.
    fn parents(&mut self, count: usize) -> Result<(Vec<u32>, Vec<u32>), DecodeError> {
        let mut parents = Vec::with_capacity(count);
        let mut depths: Vec<u32> = Vec::with_capacity(count);
        for index in 0..count {
            let distance = self.number()?;
            if distance == 0 {
                parents.push(NONE);
                depths.push(0);
                continue;
            }
            let parent = usize::try_from(distance).ok().and_then(|distance| index.checked_sub(distance)).ok_or(DecodeError::Index)?;
            let above = depths.get(parent).ok_or(DecodeError::Index)?;
            depths.push(above + 1);
            parents.push(u32::try_from(parent).map_err(|_| DecodeError::Index)?);
        }
        Ok((parents, depths))
    }

    fn logs(&mut self, strings: usize, spans: usize) -> Result<LogColumns, DecodeError> {
        let count = self.length(LOG_BYTES)?;
        Ok(LogColumns {
            time_ns: self.differences(count)?,
            severity: self.bytes(count, 6)?,
            service: self.indices(count, strings)?,
            line: self.indices(count, strings)?,
            source: self.bytes(count, 3)?,
            span: self.optional_indices(count, spans)?,
            placed_by: self.bytes(count, 2)?,
        })
    }

    fn errors(&mut self, strings: usize, spans: usize) -> Result<ErrorColumns, DecodeError> {
        let count = self.length(ERROR_BYTES)?;
        Ok(ErrorColumns {
            time_ns: self.differences(count)?,
            class: self.indices(count, strings)?,
            message: self.indices(count, strings)?,
            level: self.indices(count, strings)?,
            service: self.indices(count, strings)?,
            sources: self.bytes(count, 0b1111)?,
            span: self.optional_indices(count, spans)?,
            placed_by: self.bytes(count, 2)?,
        })
    }

    fn source(&mut self) -> Result<Source, DecodeError> {
        Source::ALL.get(usize::from(self.byte()?)).copied().ok_or(DecodeError::Value)
    }

    fn alias(&mut self) -> Result<Alias, DecodeError> {
        Ok(Alias { from: self.trace()?, to: self.trace()?, source: self.source()?, because: self.text()?, evidence: self.text()? })
    }

    fn count(&mut self) -> Result<Option<u64>, DecodeError> {
        let known = self.byte()?;
        let count = self.number()?;
        match known {
            0 => Ok(None),
            1 => Ok(Some(count)),
            _ => Err(DecodeError::Value),
        }
    }

    fn verdict(&mut self) -> Result<Verdict, DecodeError> {
        let source = self.source()?;
        let state = State::ALL.get(usize::from(self.byte()?)).copied().ok_or(DecodeError::Value)?;
        let counts = Counts { spans: self.count()?, logs: self.count()?, errors: self.count()? };
        let elapsed_ms = self.number()?;
        let (why, next_step) = (self.text()?, self.text()?);
        let searched = self.list(1, Self::text)?;
        Ok(Verdict { source, state, counts, elapsed_ms, why, next_step, searched })
    }
}
