//! Columns to bytes.

use super::{Columns, ErrorColumns, LogColumns, MAGIC, NONE, SpanColumns, VERSION};
use crate::{Alias, Counts, Verdict};

impl Columns {
    /// The binary form, uncompressed.
    pub fn encode(&self) -> Vec<u8> {
        let texts: usize = self.strings.iter().map(|text| text.len() + 2).sum();
        let rows = self.spans.len() * 28 + self.logs.time_ns.len() * 16 + self.errors.time_ns.len() * 20;
        let mut out = Writer(Vec::with_capacity(256 + texts + rows));
        out.0.extend_from_slice(&MAGIC);
        out.byte(VERSION);
        out.number(u64::from(self.revision));
        out.trace(self.id.value());
        out.length(self.traces.len());
        for trace in &self.traces {
            out.trace(trace.value());
        }
        out.length(self.aliases.len());
        for alias in &self.aliases {
            out.alias(alias);
        }
        out.signed(self.start.0);
        out.number(self.duration_ns);
        out.strings(&self.strings);
        out.spans(&self.spans);
        out.logs(&self.logs);
        out.errors(&self.errors);
        out.length(self.verdicts.len());
        for verdict in &self.verdicts {
            out.verdict(verdict);
        }
        out.0
    }
}

struct Writer(Vec<u8>);

impl Writer {
    fn byte(&mut self, byte: u8) {
        self.0.push(byte);
    }

    #[expect(clippy::cast_possible_truncation, reason = "seven bits at a time")]
    fn number(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    fn length(&mut self, length: usize) {
        self.number(length as u64);
    }

    /// Zig-zag: small magnitudes of either sign stay short.
    fn signed(&mut self, value: i64) {
        self.number((value << 1 ^ value >> 63).cast_unsigned());
    }

    fn trace(&mut self, value: u128) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.length(text.len());
        self.0.extend_from_slice(text.as_bytes());
    }

    /// The lengths together, then the bytes together: both compress better, and the bytes are checked as UTF-8 in one go.
    fn strings(&mut self, strings: &[String]) {
        self.length(strings.len());
        for text in strings {
            self.length(text.len());
        }
        for text in strings {
            self.0.extend_from_slice(text.as_bytes());
        }
    }

    fn indices(&mut self, column: &[u32]) {
        for &index in column {
            self.number(u64::from(index));
        }
    }

    /// Indices that may be [`NONE`], which becomes 0.
    fn optional_indices(&mut self, column: &[u32]) {
        for &index in column {
            self.number(if index == NONE { 0 } else { u64::from(index) + 1 });
        }
    }

    fn differences(&mut self, column: impl Iterator<Item = i64>) {
        let mut before = 0_i64;
        for value in column {
            self.signed(value.wrapping_sub(before));
            before = value;
        }
    }

    fn spans(&mut self, spans: &SpanColumns) {
        self.length(spans.len());
        for id in &spans.id {
            self.0.extend_from_slice(&id.to_le_bytes());
        }
        for (index, &parent) in (0_u32..).zip(&spans.parent) {
            self.number(if parent == NONE { 0 } else { u64::from(index.saturating_sub(parent)) });
        }
        self.differences(spans.start_ns.iter().map(|time| time.cast_signed()));
        for &duration in &spans.duration_ns {
            self.number(duration);
        }
        self.indices(&spans.service);
        self.indices(&spans.name);
        self.0.extend_from_slice(&spans.status);
        self.0.extend_from_slice(&spans.sources);
        self.0.extend_from_slice(&spans.flags);
        for &status in &spans.http_status {
            self.number(u64::from(status));
        }
    }

    fn logs(&mut self, logs: &LogColumns) {
        self.length(logs.time_ns.len());
        self.differences(logs.time_ns.iter().copied());
        self.0.extend_from_slice(&logs.severity);
        self.indices(&logs.service);
        self.indices(&logs.line);
        self.0.extend_from_slice(&logs.source);
        self.optional_indices(&logs.span);
        self.0.extend_from_slice(&logs.placed_by);
    }

    fn errors(&mut self, errors: &ErrorColumns) {
        self.length(errors.time_ns.len());
        self.differences(errors.time_ns.iter().copied());
        for column in [&errors.class, &errors.message, &errors.level, &errors.service] {
            self.indices(column);
        }
        self.0.extend_from_slice(&errors.sources);
        self.optional_indices(&errors.span);
        self.0.extend_from_slice(&errors.placed_by);
    }

    fn alias(&mut self, alias: &Alias) {
        self.trace(alias.from.value());
        self.trace(alias.to.value());
        self.byte(alias.source as u8);
        self.text(&alias.because);
        self.text(&alias.evidence);
    }

    fn verdict(&mut self, verdict: &Verdict) {
        self.byte(verdict.source as u8);
        self.byte(verdict.state as u8);
        let Counts { spans, logs, errors } = verdict.counts;
        for count in [spans, logs, errors] {
            self.byte(u8::from(count.is_some()));
            self.number(count.unwrap_or(0));
        }
        self.number(verdict.elapsed_ms);
        self.text(&verdict.why);
        self.text(&verdict.next_step);
        self.length(verdict.searched.len());
        for line in &verdict.searched {
            self.text(line);
        }
    }
}
