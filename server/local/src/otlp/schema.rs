//! What the messages of OTLP may hold, so that what was acknowledged can be decoded later.
//!
//! <https://github.com/open-telemetry/opentelemetry-proto>

use super::wire::{Fields, Malformed, Value};

/// Attribute values may be nested this deep; prost refuses to decode beyond 100 messages.
const MAX_DEPTH: u32 = 48;

/// What a field of a known number must be.
#[derive(Clone, Copy)]
pub enum Kind {
    Varint,
    Fixed64,
    Fixed32,
    Bytes,
    Text,
    Message(Schema),
}

/// Kind of a field by its number; `None` for fields this version does not know, which are skipped.
pub type Schema = fn(u32) -> Option<Kind>;

/// Checks a message and all messages in it.
pub fn check(message: &[u8], schema: Schema) -> Result<(), Malformed> {
    check_at(message, schema, 0)
}

fn check_at(message: &[u8], schema: Schema, depth: u32) -> Result<(), Malformed> {
    if depth > MAX_DEPTH {
        return Err(Malformed);
    }
    for field in Fields::new(message) {
        let (number, value) = field?;
        let Some(kind) = schema(number) else { continue };
        check_value(value, kind, depth)?;
    }
    Ok(())
}

/// Checks one field of a message at the top.
pub fn check_field(value: Value<'_>, kind: Kind) -> Result<(), Malformed> {
    check_value(value, kind, 0)
}

#[inline]
fn check_value(value: Value<'_>, kind: Kind, depth: u32) -> Result<(), Malformed> {
    match (kind, value) {
        (Kind::Varint, Value::Varint(_))
        | (Kind::Fixed64, Value::Fixed64(_))
        | (Kind::Fixed32, Value::Fixed32(_))
        | (Kind::Bytes, Value::Bytes(_)) => Ok(()),
        (Kind::Text, Value::Bytes(text)) => std::str::from_utf8(text).map(|_| ()).map_err(|_| Malformed),
        (Kind::Message(schema), Value::Bytes(message)) => check_at(message, schema, depth + 1),
        _ => Err(Malformed),
    }
}

pub fn key_value(number: u32) -> Option<Kind> {
    match number {
        1 => Some(Kind::Text),
        2 => Some(Kind::Message(any_value)),
        3 => Some(Kind::Varint),
        _ => None,
    }
}

pub fn any_value(number: u32) -> Option<Kind> {
    match number {
        1 => Some(Kind::Text),
        2 | 3 | 8 => Some(Kind::Varint),
        4 => Some(Kind::Fixed64),
        5 => Some(Kind::Message(array_value)),
        6 => Some(Kind::Message(kvlist_value)),
        7 => Some(Kind::Bytes),
        _ => None,
    }
}

fn array_value(number: u32) -> Option<Kind> {
    (number == 1).then_some(Kind::Message(any_value))
}

fn kvlist_value(number: u32) -> Option<Kind> {
    (number == 1).then_some(Kind::Message(key_value))
}

pub fn resource(number: u32) -> Option<Kind> {
    match number {
        1 => Some(Kind::Message(key_value)),
        2 => Some(Kind::Varint),
        3 => Some(Kind::Message(entity)),
        _ => None,
    }
}

fn entity(number: u32) -> Option<Kind> {
    matches!(number, 1..=4).then_some(Kind::Text)
}

pub fn scope(number: u32) -> Option<Kind> {
    match number {
        1 | 2 => Some(Kind::Text),
        3 => Some(Kind::Message(key_value)),
        4 => Some(Kind::Varint),
        _ => None,
    }
}

pub fn span(number: u32) -> Option<Kind> {
    match number {
        1 | 2 | 4 => Some(Kind::Bytes),
        3 | 5 => Some(Kind::Text),
        6 | 10 | 12 | 14 => Some(Kind::Varint),
        7 | 8 => Some(Kind::Fixed64),
        9 => Some(Kind::Message(key_value)),
        11 => Some(Kind::Message(span_event)),
        13 => Some(Kind::Message(span_link)),
        15 => Some(Kind::Message(status)),
        16 => Some(Kind::Fixed32),
        _ => None,
    }
}

fn span_event(number: u32) -> Option<Kind> {
    match number {
        1 => Some(Kind::Fixed64),
        2 => Some(Kind::Text),
        3 => Some(Kind::Message(key_value)),
        4 => Some(Kind::Varint),
        _ => None,
    }
}

fn span_link(number: u32) -> Option<Kind> {
    match number {
        1 | 2 => Some(Kind::Bytes),
        3 => Some(Kind::Text),
        4 => Some(Kind::Message(key_value)),
        5 => Some(Kind::Varint),
        6 => Some(Kind::Fixed32),
        _ => None,
    }
}

fn status(number: u32) -> Option<Kind> {
    match number {
        2 => Some(Kind::Text),
        3 => Some(Kind::Varint),
        _ => None,
    }
}

pub fn log_record(number: u32) -> Option<Kind> {
    match number {
        1 | 11 => Some(Kind::Fixed64),
        2 | 7 => Some(Kind::Varint),
        3 | 12 => Some(Kind::Text),
        5 => Some(Kind::Message(any_value)),
        6 => Some(Kind::Message(key_value)),
        8 => Some(Kind::Fixed32),
        9 | 10 => Some(Kind::Bytes),
        _ => None,
    }
}
