//! Where a page of the list ended.

use api::ApiError;
use model::{TraceId, UnixNs};
use std::fmt::Write as _;

/// Carries over to the next page what keeps rows from being skipped or shown twice. Opaque to everybody else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The next page asks for requests before this.
    pub to: UnixNs,
    /// The start of the last row shown, or how far down everything was seen.
    pub before: UnixNs,
    /// Requests already shown that could come up again: two sources rarely agree on when a request began.
    pub shown: Vec<u64>,
}

/// So many shown requests are carried, those nearest to the end of the page first.
pub const MAX_SHOWN: usize = 128;

const VERSION: char = '1';
const DIGITS: usize = 16;

impl Cursor {
    /// The first page.
    pub const fn first(to: UnixNs) -> Self {
        Self { to, before: to, shown: Vec::new() }
    }

    /// Reads what [`Cursor::text`] wrote.
    pub fn parse(text: &str) -> Result<Self, ApiError> {
        Self::read(text).ok_or_else(|| ApiError::BadParameter {
            parameter: "cursor".to_owned(),
            message: "pass on `next_cursor` of the page before as it is".to_owned(),
        })
    }

    fn read(text: &str) -> Option<Self> {
        let digits = text.strip_prefix(VERSION)?;
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) || digits.len() % DIGITS != 0 {
            return None;
        }
        let numbers = digits.as_bytes().chunks(DIGITS).map(|chunk| u64::from_str_radix(std::str::from_utf8(chunk).ok()?, 16).ok());
        let mut numbers = numbers.take(MAX_SHOWN + 3).collect::<Option<Vec<_>>>()?.into_iter();
        let (to, before) = (numbers.next()?, numbers.next()?);
        let shown: Vec<u64> = numbers.collect();
        (shown.len() <= MAX_SHOWN).then_some(Self { to: UnixNs(to.cast_signed()), before: UnixNs(before.cast_signed()), shown })
    }

    /// As it travels in URLs.
    pub fn text(&self) -> String {
        let numbers = [self.to.0.cast_unsigned(), self.before.0.cast_unsigned()];
        let mut text = VERSION.to_string();
        for number in numbers.iter().chain(self.shown.iter().take(MAX_SHOWN)) {
            let _ = write!(text, "{number:016x}");
        }
        text
    }

    /// Whether this request was shown on a page before.
    pub fn has_shown(&self, id: TraceId) -> bool {
        self.shown.contains(&short(id))
    }

    /// Whether there were more of them than could be carried.
    pub fn is_full(&self) -> bool {
        self.shown.len() >= MAX_SHOWN
    }
}

/// Half of an ID tells two neighbours in a list apart.
#[expect(clippy::cast_possible_truncation, reason = "the low half is meant")]
pub const fn short(id: TraceId) -> u64 {
    id.value() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn there_and_back(to: i64, before: i64, shown in prop::collection::vec(any::<u64>(), 0..=MAX_SHOWN)) {
            let cursor = Cursor { to: UnixNs(to), before: UnixNs(before), shown };
            prop_assert_eq!(Cursor::parse(&cursor.text()).unwrap(), cursor);
        }

        #[test]
        fn anything_else_is_refused_in_words(text in "\\PC{0,40}") {
            let fails = Cursor::parse(&text).is_err();
            prop_assert!(fails || Cursor::parse(&text).unwrap().text().eq_ignore_ascii_case(&text));
        }
    }

    #[test]
    fn is_bounded() {
        let long = format!("1{}", "0".repeat(DIGITS * (MAX_SHOWN + 3)));
        assert!(Cursor::parse(&long).is_err());
        assert!(Cursor::parse(&format!("1{}", "f".repeat(32))).is_ok());
        assert!(Cursor::parse("1é").is_err());
    }
}
