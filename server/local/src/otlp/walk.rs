//! From the bytes of an export request to its spans or log records, without building them.
//!
//! Traces and logs share one shape: request → resource groups (1) → scope groups (2) → items (2); in both kinds of group the
//! resource or scope is field 1 and the schema URL field 3.

use super::schema::{self, Kind};
use super::wire::{Fields, Malformed, Value};
use crate::ids;
use crate::store::DEMO_MARK;

/// One group: what all its items have in common, and the message they stand in.
#[derive(Debug, Clone, Copy, Default)]
pub struct Group<'a> {
    /// The resource or the scope, as protobuf.
    pub common: &'a [u8],
    /// Empty if there is none.
    pub schema_url: &'a str,
    message: &'a [u8],
}

impl<'a> Group<'a> {
    fn read(message: &'a [u8]) -> Result<Self, Malformed> {
        let mut group = Self { message, ..Self::default() };
        for field in Fields::new(message) {
            match field? {
                (1, Value::Bytes(bytes)) => group.common = bytes,
                (3, Value::Bytes(bytes)) => group.schema_url = std::str::from_utf8(bytes).map_err(|_| Malformed)?,
                (2, Value::Bytes(_)) => {}
                (1..=3, _) => return Err(Malformed),
                _ => {}
            }
        }
        Ok(group)
    }

    /// The scope groups of a resource group.
    pub fn scopes(&self) -> impl Iterator<Item = Result<Group<'a>, Malformed>> + use<'a> {
        messages(self.message, 2).map(|message| message.and_then(Group::read))
    }

    /// The spans or log records of a scope group.
    pub fn items(&self) -> impl Iterator<Item = Result<&'a [u8], Malformed>> + use<'a> {
        messages(self.message, 2)
    }

    /// Whether these bytes lie in this group; both are parts of one payload.
    pub fn holds(&self, payload: &[u8], offset: usize) -> bool {
        let start = offset_in(payload, self.message);
        (start..start + self.message.len()).contains(&offset)
    }
}

/// The resource groups of an export request.
pub fn resources(payload: &[u8]) -> impl Iterator<Item = Result<Group<'_>, Malformed>> {
    messages(payload, 1).map(|message| message.and_then(Group::read))
}

fn messages(message: &[u8], wanted: u32) -> impl Iterator<Item = Result<&[u8], Malformed>> {
    Fields::new(message).filter_map(move |field| match field {
        Ok((number, Value::Bytes(bytes))) if number == wanted => Some(Ok(bytes)),
        Ok((number, _)) if number == wanted => Some(Err(Malformed)),
        Ok(_) => None,
        Err(error) => Some(Err(error)),
    })
}

/// Where a part of a payload begins.
pub fn offset_in(payload: &[u8], part: &[u8]) -> usize {
    (part.as_ptr() as usize).saturating_sub(payload.as_ptr() as usize)
}

/// What the index needs of one span or log record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct Head {
    /// `None` if there is none or it is no trace ID.
    pub trace: Option<u128>,
    /// Whether bytes stood where the trace ID belongs.
    pub has_trace_bytes: bool,
    /// The span's own ID; for a log record the span it belongs to.
    pub span: Option<u64>,
    /// Whether the span names a parent.
    pub has_parent: bool,
    /// The span is a server's.
    pub is_server: bool,
    /// Start of a span, time of a log record (the observed time if it has none), nanoseconds since 1970.
    pub start_ns: u64,
    /// End of a span.
    pub end_ns: u64,
    /// Carries the mark of sample data.
    pub is_demo: bool,
}

/// `SPAN_KIND_SERVER`
const SERVER: u64 = 2;

/// The trace of an item that was checked; `number` is 1 for a span, 9 for a log record.
pub fn trace_of(item: &[u8], number: u32) -> Option<u128> {
    attributes(item, number).last().and_then(ids::trace_id)
}

/// Checks a span and reads its head. `on_attribute` sees each attribute (`KeyValue`), those of events and links included.
pub fn span_head<'a>(span: &'a [u8], mut on_attribute: impl FnMut(&'a [u8])) -> Result<Head, Malformed> {
    let mut head = Head::default();
    for field in Fields::new(span) {
        let (number, value) = field?;
        if let Some(kind) = schema::span(number) {
            schema::check_field(value, kind)?;
        }
        match (number, value) {
            (1, Value::Bytes(bytes)) => {
                head.trace = ids::trace_id(bytes);
                head.has_trace_bytes = !bytes.is_empty();
            }
            (2, Value::Bytes(bytes)) => head.span = ids::span_id(bytes),
            (4, Value::Bytes(bytes)) => head.has_parent = is_parent(bytes),
            (7, Value::Fixed64(ns)) => head.start_ns = ns,
            (8, Value::Fixed64(ns)) => head.end_ns = ns,
            (9, Value::Bytes(attribute)) => {
                head.is_demo |= is_demo_mark(attribute);
                on_attribute(attribute);
            }
            (6, Value::Varint(kind)) => head.is_server = kind == SERVER,
            (11, Value::Bytes(event)) => attributes(event, 3).for_each(&mut on_attribute),
            (13, Value::Bytes(link)) => attributes(link, 4).for_each(&mut on_attribute),
            _ => {}
        }
    }
    Ok(head)
}

/// A parent of all zeros is how some exporters write that there is none.
pub fn is_parent(bytes: &[u8]) -> bool {
    bytes.iter().any(|byte| *byte != 0)
}

/// Checks a log record and reads its head.
pub fn log_head<'a>(record: &'a [u8], mut on_attribute: impl FnMut(&'a [u8])) -> Result<Head, Malformed> {
    let mut head = Head::default();
    let mut observed_ns = 0;
    for field in Fields::new(record) {
        let (number, value) = field?;
        if let Some(kind) = schema::log_record(number) {
            schema::check_field(value, kind)?;
        }
        match (number, value) {
            (1, Value::Fixed64(ns)) => head.start_ns = ns,
            (11, Value::Fixed64(ns)) => observed_ns = ns,
            (6, Value::Bytes(attribute)) => {
                head.is_demo |= is_demo_mark(attribute);
                on_attribute(attribute);
            }
            (9, Value::Bytes(bytes)) => {
                head.trace = ids::trace_id(bytes);
                head.has_trace_bytes = !bytes.is_empty();
            }
            (10, Value::Bytes(bytes)) => head.span = ids::span_id(bytes),
            _ => {}
        }
    }
    if head.start_ns == 0 {
        head.start_ns = observed_ns;
    }
    head.end_ns = head.start_ns;
    Ok(head)
}

/// The attributes of a message that was checked.
pub fn attributes(message: &[u8], number: u32) -> impl Iterator<Item = &[u8]> {
    messages(message, number).filter_map(Result::ok)
}

/// Key and value of an attribute that was checked; the value's bytes are an `AnyValue`.
pub fn key_and_value(attribute: &[u8]) -> (&str, &[u8]) {
    let (mut key, mut value): (&[u8], &[u8]) = (&[], &[]);
    for field in Fields::new(attribute) {
        match field {
            Ok((1, Value::Bytes(bytes))) => key = bytes,
            Ok((2, Value::Bytes(bytes))) => value = bytes,
            _ => {}
        }
    }
    (std::str::from_utf8(key).unwrap_or_default(), value)
}

/// Whether an attribute is the mark of sample data (any value but `false`).
pub fn is_demo_mark(attribute: &[u8]) -> bool {
    // The mark's length is looked at first: this runs for every attribute of every span.
    attribute.len() > DEMO_MARK.len() && {
        let (key, value) = key_and_value(attribute);
        key == DEMO_MARK && !matches!(value, [] | [0x10, 0x00])
    }
}

/// Checks the resource of a group; says whether it carries the mark of sample data.
pub fn check_resource(resource: &[u8]) -> Result<bool, Malformed> {
    schema::check(resource, schema::resource)?;
    Ok(attributes(resource, 1).any(is_demo_mark))
}

/// Checks the scope of a group.
pub fn check_scope(scope: &[u8]) -> Result<(), Malformed> {
    schema::check_field(Value::Bytes(scope), Kind::Message(schema::scope))
}
