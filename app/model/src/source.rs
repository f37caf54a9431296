//! The four vendors a piece of a request can come from.

use serde::{Deserialize, Serialize};

/// One vendor. The order is the order of display everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// AWS X-Ray.
    Xray,
    /// Amazon CloudWatch Logs.
    Cloudwatch,
    /// Honeycomb.
    Honeycomb,
    /// Rollbar.
    Rollbar,
}

impl Source {
    /// All four, in order of display.
    pub const ALL: [Self; 4] = [Self::Xray, Self::Cloudwatch, Self::Honeycomb, Self::Rollbar];

    /// The name in JSON, URLs and `data-` attributes.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Xray => "xray",
            Self::Cloudwatch => "cloudwatch",
            Self::Honeycomb => "honeycomb",
            Self::Rollbar => "rollbar",
        }
    }

    /// The name a person reads.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Xray => "X-Ray",
            Self::Cloudwatch => "CloudWatch",
            Self::Honeycomb => "Honeycomb",
            Self::Rollbar => "Rollbar",
        }
    }

    /// The two letters on a row.
    pub const fn badge(self) -> &'static str {
        match self {
            Self::Xray => "XR",
            Self::Cloudwatch => "CW",
            Self::Honeycomb => "HC",
            Self::Rollbar => "RB",
        }
    }

    /// The reverse of [`Source::as_str`].
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.as_str() == name)
    }
}

/// Which sources know a piece. Serialised as an array of names, in order of display.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceSet(u8);

impl SourceSet {
    /// Nobody.
    pub const EMPTY: Self = Self(0);

    /// The set of one.
    pub const fn of(source: Source) -> Self {
        Self(1 << source as u8)
    }

    /// This set and that source.
    #[must_use]
    pub const fn with(self, source: Source) -> Self {
        self.union(Self::of(source))
    }

    /// Both sets.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether `source` is in the set.
    pub const fn contains(self, source: Source) -> bool {
        self.0 & Self::of(source).0 != 0
    }

    /// Whether nobody is in it.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The members in order of display.
    pub fn iter(self) -> impl Iterator<Item = Source> {
        Source::ALL.into_iter().filter(move |source| self.contains(*source))
    }

    /// The bits as they travel in the columns: bit n is `Source::ALL[n]`.
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// From bits; unknown bits are dropped.
    pub const fn from_bits(bits: u8) -> Self {
        Self(bits & 0b1111)
    }
}

impl FromIterator<Source> for SourceSet {
    fn from_iter<I: IntoIterator<Item = Source>>(sources: I) -> Self {
        sources.into_iter().fold(Self::EMPTY, Self::with)
    }
}

impl Serialize for SourceSet {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for SourceSet {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Vec::<Source>::deserialize(deserializer)?.into_iter().collect())
    }
}
