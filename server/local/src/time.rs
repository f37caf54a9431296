//! Times as Honeycomb reads and writes them.

const DAY_NS: i64 = 86_400 * 1_000_000_000;

/// Nanoseconds since 1970 as RFC 3339 in UTC, with nine digits of a second if it is not a whole one.
pub fn rfc3339(ns: i64) -> String {
    let (year, month, day) = date(ns.div_euclid(DAY_NS));
    let of_day = ns.rem_euclid(DAY_NS);
    let (seconds, fraction) = (of_day / 1_000_000_000, of_day % 1_000_000_000);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let fraction = if fraction == 0 { String::new() } else { format!(".{fraction:09}") };
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}Z")
}

/// Days since 1970 to year, month, day, by the calendar of <https://howardhinnant.github.io/date_algorithms.html#civil_from_days>.
fn date(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// Days since 1970 of a date.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let shifted = if month > 2 { month - 3 } else { month + 9 };
    let of_year = (153 * shifted + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year - 719_468
}

/// The times that Honeycomb takes for an event: RFC 3339, or unix time in seconds, milliseconds or microseconds by the number of digits,
/// with or without a fraction of a second. `None` for anything else.
pub fn parse(text: &str) -> Option<i64> {
    let text = text.trim();
    if text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') { unix(text) } else { parse_rfc3339(text) }
}

fn unix(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    // More than ten digits: the decimal point belongs behind the tenth.
    let (seconds, below) = whole.split_at_checked(10).unwrap_or((whole, ""));
    if whole.len() > 19 || fraction.contains('.') {
        return None;
    }
    nanoseconds(seconds.parse().ok()?, &[below, fraction].concat())
}

fn nanoseconds(seconds: i64, fraction: &str) -> Option<i64> {
    let digits: String = fraction.chars().chain(std::iter::repeat('0')).take(9).collect();
    seconds.checked_mul(1_000_000_000)?.checked_add(digits.parse().ok()?)
}

fn parse_rfc3339(text: &str) -> Option<i64> {
    let (date, time) = text.split_once(['T', 't', ' '])?;
    let [year, month, day] = numbers(date, '-')?;
    let zone = time.find(['Z', 'z', '+', '-'])?;
    let (clock, zone) = time.split_at_checked(zone)?;
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, ""));
    let [hour, minute, second] = numbers(clock, ':')?;
    let offset_s = match zone {
        "Z" | "z" => 0,
        zone => {
            let (sign, rest) = zone.split_at_checked(1)?;
            let (hours, minutes) = rest.split_once(':')?;
            let seconds = hours.parse::<i64>().ok()? * 3600 + minutes.parse::<i64>().ok()? * 60;
            if sign == "-" { -seconds } else { seconds }
        }
    };
    let is_date = (1..=12).contains(&month) && (1..=31).contains(&day) && (0..=9999).contains(&year);
    let is_time = (0..24).contains(&hour) && (0..60).contains(&minute) && (0..=60).contains(&second);
    if !is_date || !is_time || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    nanoseconds(days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset_s, fraction)
}

fn numbers(text: &str, separator: char) -> Option<[i64; 3]> {
    let mut parts = text.split(separator).map(|part| part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse().ok()).flatten());
    let numbers = [parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_what_they_write() {
        for ns in [0, 1, 951_782_400_000_000_000, 1_795_408_775_254_338_048, -1, 4_102_444_799_999_999_999] {
            assert_eq!(parse(&rfc3339(ns)), Some(ns), "{}", rfc3339(ns));
        }
        assert_eq!(rfc3339(951_782_400_000_000_000), "2000-02-29T00:00:00Z");
    }

    #[test]
    fn every_form_that_honeycomb_takes_is_read() {
        for (text, ns) in [
            ("1535589382", 1_535_589_382_000_000_000),
            ("1535589382641", 1_535_589_382_641_000_000),
            ("1535589382641123", 1_535_589_382_641_123_000),
            ("1535589382.641", 1_535_589_382_641_000_000),
            ("2018-08-30T00:36:22.641Z", 1_535_589_382_641_000_000),
            ("2018-08-30T02:36:22.641+02:00", 1_535_589_382_641_000_000),
        ] {
            assert_eq!(parse(text), Some(ns), "{text}");
        }
    }

    #[test]
    fn anything_else_is_none() {
        for text in [
            "",
            "now",
            "1.2.3",
            "2018-13-30T00:00:00Z",
            "2018-08-30",
            "2018-08-30T00:36:22",
            "99999999999999999999",
            "2018-08-30T00:36:22+x:00",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
