//! Moments and ranges, in UTC; the browser adds its own time zone (see [`crate::islands`]).

use leptos::prelude::*;
use model::time::SECOND;
use model::{TimeRange, UnixNs};

const DAY: i64 = 86_400 * SECOND;

/// A moment: the time of day to the second, with the date if it is another day than `today`.
pub fn moment(time: UnixNs, today: UnixNs) -> impl IntoView {
    view! { <time datetime=time.rfc3339()>{moment_text(time, today)}</time> }
}

/// The text of [`moment`].
pub fn moment_text(time: UnixNs, today: UnixNs) -> String {
    let clock = time.time_of_day();
    let clock = clock.get(..8).unwrap_or(&clock);
    if same_day(time, today) { clock.to_owned() } else { format!("{} {clock}", date(time)) }
}

/// A range to the minute, with a date at each end that is not today: `13:03 – 14:03 UTC`.
pub fn range_text(range: TimeRange, today: UnixNs) -> String {
    let end = |time: UnixNs| minute_text(time, !same_day(time, today));
    format!("{} – {} UTC", end(range.from), end(range.to))
}

/// A moment to the minute: `13:03`, or with its date `11-22 13:03`.
pub fn minute_text(time: UnixNs, dated: bool) -> String {
    let clock = time.time_of_day();
    let clock = clock.get(..5).unwrap_or(&clock);
    if dated { format!("{} {clock}", date(time)) } else { clock.to_owned() }
}

/// The value of an `<input type="datetime-local">`, which is read as UTC.
pub fn input_value(time: UnixNs) -> String {
    time.rfc3339().get(..16).unwrap_or_default().to_owned()
}

/// Month and day: `11-22`.
fn date(time: UnixNs) -> String {
    time.rfc3339().get(5..10).unwrap_or_default().to_owned()
}

fn same_day(one: UnixNs, other: UnixNs) -> bool {
    one.0.div_euclid(DAY) == other.0.div_euclid(DAY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_stand_only_where_they_are_needed() {
        let now = UnixNs::parse_rfc3339("2026-11-23T14:03:22.118Z").unwrap();
        let yesterday = now.plus(-DAY);
        assert_eq!(moment_text(now, now), "14:03:22");
        assert_eq!(moment_text(yesterday, now), "11-22 14:03:22");
        assert_eq!(range_text(TimeRange { from: now.plus(-3_600 * SECOND), to: now }, now), "13:03 – 14:03 UTC");
        assert_eq!(range_text(TimeRange { from: yesterday, to: now }, now), "11-22 14:03 – 14:03 UTC");
        assert_eq!(input_value(now), "2026-11-23T14:03");
    }
}
