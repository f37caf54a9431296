//! What a row stands for, within one revision and across them.

use model::columns::Columns;

/// One thing that can be a row, by its index in the columns of one revision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item {
    /// Index into `Columns::spans`.
    Span(u32),
    /// Index into `Columns::logs`.
    Log(u32),
    /// Index into `Columns::errors`.
    Error(u32),
}

/// The same thing in a form that survives a new revision and a shared link: spans by ID, the others by absolute time and
/// their number among those of the same nanosecond.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// The span's ID.
    Span(u64),
    /// A log line.
    Log {
        /// Unix time in ns.
        unix_ns: i64,
        /// From 0.
        nth: u32,
    },
    /// An error.
    Error {
        /// Unix time in ns.
        unix_ns: i64,
        /// From 0.
        nth: u32,
    },
}

impl Item {
    /// The lasting form; `None` if the index points nowhere.
    pub fn anchor(self, columns: &Columns) -> Option<Anchor> {
        match self {
            Self::Span(index) => columns.spans.id.get(index as usize).copied().map(Anchor::Span),
            Self::Log(index) => {
                let (time, nth) = nth(&columns.logs.time_ns, index)?;
                Some(Anchor::Log { unix_ns: columns.start.plus(time).0, nth })
            }
            Self::Error(index) => {
                let (time, nth) = nth(&columns.errors.time_ns, index)?;
                Some(Anchor::Error { unix_ns: columns.start.plus(time).0, nth })
            }
        }
    }

    /// The span it is or sits on.
    pub fn span(self, columns: &Columns) -> Option<u32> {
        let span = match self {
            Self::Span(index) => index,
            Self::Log(index) => *columns.logs.span.get(index as usize)?,
            Self::Error(index) => *columns.errors.span.get(index as usize)?,
        };
        ((span as usize) < columns.spans.len()).then_some(span)
    }

    /// When it begins.
    pub fn start_ns(self, columns: &Columns) -> Option<i64> {
        match self {
            Self::Span(index) => columns.spans.start_ns.get(index as usize).map(|&ns| i64::try_from(ns).unwrap_or(i64::MAX)),
            Self::Log(index) => columns.logs.time_ns.get(index as usize).copied(),
            Self::Error(index) => columns.errors.time_ns.get(index as usize).copied(),
        }
    }

    /// The word for it in URLs and `data-` attributes.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Span(_) => "span",
            Self::Log(_) => "log",
            Self::Error(_) => "error",
        }
    }

    /// The index, whatever the kind.
    pub const fn index(self) -> u32 {
        match self {
            Self::Span(index) | Self::Log(index) | Self::Error(index) => index,
        }
    }

    /// The reverse of [`Item::kind`] and [`Item::index`].
    pub fn of(kind: &str, index: u32) -> Option<Self> {
        match kind {
            "span" => Some(Self::Span(index)),
            "log" => Some(Self::Log(index)),
            "error" => Some(Self::Error(index)),
            _ => None,
        }
    }
}

impl Anchor {
    /// Where it is in this revision.
    pub fn resolve(self, columns: &Columns) -> Option<Item> {
        let index = |at: usize| u32::try_from(at).ok();
        match self {
            Self::Span(id) => columns.spans.id.iter().position(|&each| each == id).and_then(index).map(Item::Span),
            Self::Log { unix_ns, nth } => {
                find(&columns.logs.time_ns, unix_ns.checked_sub(columns.start.0)?, nth).and_then(index).map(Item::Log)
            }
            Self::Error { unix_ns, nth } => {
                find(&columns.errors.time_ns, unix_ns.checked_sub(columns.start.0)?, nth).and_then(index).map(Item::Error)
            }
        }
    }
}

fn nth(times: &[i64], index: u32) -> Option<(i64, u32)> {
    let time = *times.get(index as usize)?;
    let first = times.partition_point(|&each| each < time);
    Some((time, index.saturating_sub(u32::try_from(first).ok()?)))
}

fn find(times: &[i64], time: i64, nth: u32) -> Option<usize> {
    let at = times.partition_point(|&each| each < time).checked_add(nth as usize)?;
    (*times.get(at)? == time).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn anchors_find_their_item_again(columns in samples::columns(40)) {
            let spans = (0..columns.spans.len()).map(|i| Item::Span(u32::try_from(i).unwrap()));
            let logs = (0..columns.logs.time_ns.len()).map(|i| Item::Log(u32::try_from(i).unwrap()));
            let errors = (0..columns.errors.time_ns.len()).map(|i| Item::Error(u32::try_from(i).unwrap()));
            for item in spans.chain(logs).chain(errors) {
                prop_assert_eq!(item.anchor(&columns).unwrap().resolve(&columns), Some(item));
            }
        }
    }
}
