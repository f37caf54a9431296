//! Moments and ranges in whole nanoseconds of UTC. No floats before the painter.

use serde::{Deserialize, Serialize};

/// Nanoseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnixNs(pub i64);

/// From `from` (inclusive) to `to` (exclusive).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TimeRange {
    /// Inclusive.
    pub from: UnixNs,
    /// Exclusive.
    pub to: UnixNs,
}

/// One second in ns.
pub const SECOND: i64 = 1_000_000_000;

impl UnixNs {
    /// From milliseconds; saturates.
    pub const fn from_ms(ms: i64) -> Self {
        Self(ms.saturating_mul(1_000_000))
    }

    /// From whole seconds; saturates.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(SECOND))
    }

    /// From float seconds as X-Ray and Honeycomb write them, rounded to the microsecond, which is all that an `f64`
    /// of this size resolves. `None` unless finite and within ±292 years of 1970.
    #[expect(clippy::cast_possible_truncation, reason = "the range is checked first")]
    pub fn from_float_seconds(seconds: f64) -> Option<Self> {
        if !seconds.is_finite() || seconds.abs() > 9.2e9 {
            return None;
        }
        Some(Self((seconds * 1e6).round() as i64 * 1_000))
    }

    /// Whole milliseconds, rounded down.
    pub const fn as_ms(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// Whole seconds, rounded down.
    pub const fn as_seconds(self) -> i64 {
        self.0.div_euclid(SECOND)
    }

    /// Later by `ns`; saturates.
    #[must_use]
    pub const fn plus(self, ns: i64) -> Self {
        Self(self.0.saturating_add(ns))
    }

    /// From `earlier` to this moment, in ns; saturates.
    pub const fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// RFC 3339 in UTC with milliseconds: `2026-11-23T14:03:22.118Z`.
    pub fn rfc3339(self) -> String {
        let (year, month, day) = civil(self.0.div_euclid(86_400 * SECOND));
        let (hour, minute, second, ms) = clock(self.0);
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{ms:03}Z")
    }

    /// The time of day in UTC with milliseconds: `14:03:22.118`.
    pub fn time_of_day(self) -> String {
        let (hour, minute, second, ms) = clock(self.0);
        format!("{hour:02}:{minute:02}:{second:02}.{ms:03}")
    }

    /// Reads RFC 3339 (`2026-11-23T14:03:22.118Z`, `…+02:00`), also with a space for the `T`, without seconds, or
    /// without a zone (then UTC).
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        let text = text.trim();
        let (date, rest) = text.split_at_checked(10)?;
        let mut parts = date.split('-');
        let (year, month, day) = (number(parts.next()?, 4)?, number(parts.next()?, 2)?, number(parts.next()?, 2)?);
        if parts.next().is_some() || !(1..=12).contains(&month) || !(1..=days_in(year, month)).contains(&day) {
            return None;
        }
        let mut seconds = days(year, month, day) * 86_400;
        let mut fraction = 0;
        if !rest.is_empty() {
            let rest = rest.strip_prefix(['T', 't', ' '])?;
            let (clock, zone) = match rest.find(['Z', 'z', '+', '-']) {
                Some(at) => rest.split_at_checked(at)?,
                None => (rest, "Z"),
            };
            let (whole, decimals) = clock.split_once('.').unwrap_or((clock, "0"));
            let mut parts = whole.split(':');
            let (hour, minute) = (number(parts.next()?, 2)?, number(parts.next()?, 2)?);
            let second = parts.next().map_or(Some(0), |part| number(part, 2))?;
            if parts.next().is_some() || hour > 23 || minute > 59 || second > 60 {
                return None;
            }
            if decimals.is_empty() || decimals.len() > 12 || !decimals.bytes().all(|byte| byte.is_ascii_digit()) {
                return None;
            }
            fraction = format!("{decimals:0<9}").get(..9)?.parse().ok()?;
            seconds += hour * 3600 + minute * 60 + second - offset(zone)?;
        }
        seconds.checked_mul(SECOND)?.checked_add(fraction).map(Self)
    }
}

impl TimeRange {
    /// How long, in ns; never negative.
    pub const fn duration_ns(self) -> i64 {
        let ns = self.to.since(self.from);
        if ns < 0 { 0 } else { ns }
    }

    /// Whether `time` lies in it.
    pub fn contains(self, time: UnixNs) -> bool {
        self.from <= time && time < self.to
    }
}

/// A duration as people read it, three significant digits: `164 ms`, `1.32 s`, `52 µs`, `2 min 5 s`.
pub fn format_duration(ns: i64) -> String {
    let sign = if ns < 0 { "-" } else { "" };
    let ns = ns.unsigned_abs();
    let text = match ns {
        0..1_000 => format!("{ns} ns"),
        1_000..1_000_000 => scaled(ns, 1_000, "µs"),
        1_000_000..1_000_000_000 => scaled(ns, 1_000_000, "ms"),
        1_000_000_000..60_000_000_000 => scaled(ns, 1_000_000_000, "s"),
        60_000_000_000..3_600_000_000_000 => format!("{} min {} s", ns / 60_000_000_000, ns / 1_000_000_000 % 60),
        _ => format!("{} h {} min", ns / 3_600_000_000_000, ns / 60_000_000_000 % 60),
    };
    format!("{sign}{text}")
}

/// Three significant digits without floats: whole from 100 (and for ms from 10), else two decimals for seconds, one below.
fn scaled(value: u64, unit: u64, name: &str) -> String {
    let whole = value / unit;
    if whole >= 100 || (whole >= 10 && name != "s") {
        return format!("{whole} {name}");
    }
    let hundredths = value % unit * 100 / unit;
    if whole >= 10 || name != "s" { format!("{whole}.{} {name}", hundredths / 10) } else { format!("{whole}.{hundredths:02} {name}") }
}

fn number(text: &str, digits: usize) -> Option<i64> {
    if text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

/// The zone's offset in seconds.
fn offset(zone: &str) -> Option<i64> {
    let sign = match zone.as_bytes().first()? {
        b'Z' | b'z' if zone.len() == 1 => return Some(0),
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let digits: String = zone.get(1..)?.chars().filter(|c| *c != ':').collect();
    let (hour, minute) = (number(digits.get(..2)?, 2)?, number(digits.get(2..)?, 2)?);
    (hour < 24 && minute < 60).then_some(sign * (hour * 3600 + minute * 60))
}

fn clock(ns: i64) -> (i64, i64, i64, i64) {
    let of_day = ns.rem_euclid(86_400 * SECOND);
    (of_day / (3600 * SECOND), of_day / (60 * SECOND) % 60, of_day / SECOND % 60, of_day / 1_000_000 % 1_000)
}

fn days_in(year: i64, month: i64) -> i64 {
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01 of a date of the proleptic Gregorian calendar: Howard Hinnant's `days_from_civil`.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// The reverse of [`days`].
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc3339_there_and_back() {
        for text in ["2026-11-23T14:03:22.118Z", "1970-01-01T00:00:00.000Z", "2024-02-29T23:59:59.999Z", "1969-12-31T23:59:59.001Z"] {
            assert_eq!(UnixNs::parse_rfc3339(text).unwrap().rfc3339(), text);
        }
        let here = UnixNs::parse_rfc3339("2026-11-23T16:03:22+02:00").unwrap();
        assert_eq!(here, UnixNs::parse_rfc3339("2026-11-23 14:03:22").unwrap());
        assert_eq!(UnixNs::parse_rfc3339("2026-11-23T14:03").unwrap().as_seconds() % 60, 0);
        for text in ["", "2026-02-30", "2026-11-23T25:00:00Z", "2026-11-23T14:03:22.Z", "2026-13-01", "tomorrow", "2026-11-23T14:03:22+9"] {
            assert_eq!(UnixNs::parse_rfc3339(text), None, "{text}");
        }
    }

    #[test]
    fn durations_read_well() {
        for (ns, text) in [
            (0, "0 ns"),
            (52_400, "52 µs"),
            (3_440_000, "3.4 ms"),
            (164_000_000, "164 ms"),
            (1_320_000_000, "1.32 s"),
            (12_340_000_000, "12.3 s"),
            (125_000_000_000, "2 min 5 s"),
            (-5_000_000, "-5.0 ms"),
        ] {
            assert_eq!(format_duration(ns), text);
        }
    }

    #[test]
    fn float_seconds_keep_the_microsecond() {
        assert_eq!(UnixNs::from_float_seconds(1_795_408_856.123_456_7).unwrap().0, 1_795_408_856_123_457_000);
        assert_eq!(UnixNs::from_float_seconds(f64::NAN), None);
        assert_eq!(UnixNs::from_float_seconds(1e300), None);
    }
}
