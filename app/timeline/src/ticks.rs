//! The marks of the axis: steps of 1, 2 or 5, one unit for all.

use crate::Window;

/// One mark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tick {
    /// When.
    pub ns: i64,
    /// With its unit: `250 ms`.
    pub label: String,
}

const MINUTE: i64 = 60_000_000_000;
const UNITS: [(i64, &str); 6] =
    [(3_600_000_000_000, "h"), (MINUTE, "min"), (1_000_000_000, "s"), (1_000_000, "ms"), (1_000, "µs"), (1, "ns")];

/// About `target` ticks for `window`, never more than twice as many.
pub fn ticks(window: Window, target: u32) -> Vec<Tick> {
    let largest = window.start_ns.saturating_abs().max(window.end_ns().saturating_abs());
    let wish = (window.length_ns / i64::from(target.max(1))).max(1);
    // The largest unit of which two fit and whose step needs no more than three decimals.
    let (unit, name) = UNITS.into_iter().find(|&(unit, _)| largest >= 2 * unit && fits(wish, unit)).unwrap_or((1, "ns"));
    let step = step(wish, unit);
    let first = window.start_ns.div_euclid(step) + i64::from(window.start_ns.rem_euclid(step) > 0);
    let most = usize::try_from(target).unwrap_or(6) * 2;
    (0..)
        .map_while(|index| first.checked_add(index)?.checked_mul(step))
        .take_while(|&ns| ns <= window.end_ns())
        .take(most)
        .map(|ns| Tick { ns, label: label(ns, unit, step, name) })
        .collect()
}

/// A label on the axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Label {
    /// Where, in percent of the axis.
    pub percent: f64,
    /// SVG's `text-anchor`: at its ends a label stays inside the axis.
    pub anchor: &'static str,
    /// The words.
    pub text: String,
}

/// A character is about so wide, and labels keep such a distance, in pixels.
const CHARACTER: f64 = 6.6;
const DISTANCE: f64 = 8.0;

/// The labels of `ticks` on an axis of `width` pixels; those that would run into the one before are left out.
pub fn labels(ticks: &[Tick], window: Window, width: f64) -> Vec<Label> {
    let mut until = f64::NEG_INFINITY;
    let mut labels = Vec::with_capacity(ticks.len());
    for tick in ticks {
        let long = tick.label.chars().count() as f64 * CHARACTER;
        let x = window.x_of(tick.ns, width);
        let (anchor, from) = if x - long / 2.0 < 0.0 {
            ("start", x)
        } else if x + long / 2.0 > width {
            ("end", x - long)
        } else {
            ("middle", x - long / 2.0)
        };
        if from >= until {
            until = from + long + DISTANCE;
            labels.push(Label { percent: window.x_of(tick.ns, 100.0), anchor, text: tick.label.clone() });
        }
    }
    labels
}

/// From a minute on nothing finer than the unit itself is written.
fn fits(wish: i64, unit: i64) -> bool {
    if unit >= MINUTE { wish >= unit / 2 } else { step(wish, unit) >= unit / 1_000 }
}

/// The step nearest to `wish` among 1, 2, 5 × powers of ten; whole units from a minute on.
fn step(wish: i64, unit: i64) -> i64 {
    let base = if unit >= MINUTE { unit } else { 1 };
    let mut step = base;
    loop {
        for factor in [1, 2, 5] {
            let each = step.saturating_mul(factor);
            // Rounded to the nearest in proportion: 1.4 × is where 1 and 2 meet, 3.2 × 2 and 5, 7.1 × 5 and 10.
            let limit = match factor {
                1 => step.saturating_mul(14) / 10,
                2 => step.saturating_mul(32) / 10,
                _ => step.saturating_mul(71) / 10,
            };
            if wish <= limit.max(each) {
                return each;
            }
        }
        step = step.saturating_mul(10);
    }
}

fn label(ns: i64, unit: i64, step: i64, name: &str) -> String {
    let mut text = String::new();
    if ns < 0 {
        text.push('-');
    }
    let ns = ns.unsigned_abs();
    let unit = unit.unsigned_abs();
    text.push_str(&(ns / unit).to_string());
    let mut decimals = 0;
    let mut size = unit;
    while size > step.unsigned_abs() && size.is_multiple_of(10) {
        size /= 10;
        decimals += 1;
    }
    if decimals > 0 {
        text.push('.');
        let mut rest = ns % unit;
        let mut place = unit / 10;
        for _ in 0..decimals {
            text.push(u32::try_from(rest / place.max(1)).ok().and_then(|digit| char::from_digit(digit, 10)).unwrap_or('0'));
            rest %= place.max(1);
            place /= 10;
        }
    }
    text.push(' ');
    text.push_str(name);
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn texts(start: i64, end: i64) -> Vec<String> {
        ticks(Window::between(start, end), 6).into_iter().map(|tick| tick.label).collect()
    }

    #[test]
    fn one_unit_and_round_steps() {
        assert_eq!(texts(0, 1_320_000_000), ["0 ms", "200 ms", "400 ms", "600 ms", "800 ms", "1000 ms", "1200 ms"]);
        assert_eq!(texts(0, 52_000_000), ["0 ms", "10 ms", "20 ms", "30 ms", "40 ms", "50 ms"]);
        assert_eq!(texts(0, 12_000_000_000), ["0 s", "2 s", "4 s", "6 s", "8 s", "10 s", "12 s"]);
        assert_eq!(texts(0, 3_000_000_000), ["0.0 s", "0.5 s", "1.0 s", "1.5 s", "2.0 s", "2.5 s", "3.0 s"]);
        assert_eq!(texts(0, 600_000_000_000).last().unwrap(), "10 min");
        assert_eq!(
            texts(9_999_900_000, 10_000_000_000),
            ["9999.90 ms", "9999.92 ms", "9999.94 ms", "9999.96 ms", "9999.98 ms", "10000.00 ms"]
        );
    }

    #[test]
    fn labels_never_run_into_each_other() {
        let window = Window::between(390_000_000, 755_000_000);
        let ticks = ticks(window, 6);
        let texts: Vec<_> = labels(&ticks, window, 460.0).into_iter().map(|label| label.text).collect();
        assert_eq!(texts, ["400 ms", "500 ms", "550 ms", "600 ms", "650 ms", "700 ms"]);
        assert_eq!(labels(&ticks, window, 2_000.0).len(), ticks.len());
        assert_eq!(labels(&ticks, window, 10.0).len(), 1);
    }

    proptest! {
        #[test]
        fn ascending_inside_and_few(start in -1_000_000_000i64..1_000_000_000_000, length in 1i64..100_000_000_000_000) {
            let window = Window::between(start, start + length);
            let ticks = ticks(window, 6);
            prop_assert!(ticks.len() <= 12);
            prop_assert!(ticks.windows(2).all(|pair| pair[0].ns < pair[1].ns));
            prop_assert!(ticks.iter().all(|tick| window.start_ns <= tick.ns && tick.ns <= window.end_ns()));
            let unit = |tick: &Tick| tick.label.rsplit(' ').next().unwrap().to_owned();
            prop_assert!(ticks.windows(2).all(|pair| unit(&pair[0]) == unit(&pair[1])));
        }
    }
}
