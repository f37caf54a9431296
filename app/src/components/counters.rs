//! The counters of the local services; [`crate::islands`] keeps them moving.

use api::Counter;
use leptos::prelude::*;

/// The counters as they are now.
///
/// `brief`: only what arrived, and a way to look at it; else all of them, by what they are about.
pub fn local_counters(counters: &[Counter], brief: bool) -> impl IntoView + use<> {
    view! {
        <div class="counters" aria-live="off" data-counters=if brief { "brief" } else { "full" }>
            <div data-values>{values(counters, brief)}</div>
            <p class="counters-note" role="status"></p>
            {brief.then(|| view! { <a class="button primary arrived" href="/" hidden>"Something arrived: show it"</a> })}
        </div>
    }
}

/// What stands in the component and is fetched anew: every value, and how much arrived in all.
pub fn values(counters: &[Counter], brief: bool) -> impl IntoView + use<> {
    let values = if brief { view! { <dl>{arrivals(counters)}</dl> }.into_any() } else { groups(counters).into_any() };
    view! { <div data-arrived=total(counters).to_string()>{values}</div> }
}

/// What stands in the brief form, and how it is called there.
const ARRIVALS: [(&str, &str); 5] = [
    ("otlp.spans", "OpenTelemetry spans"),
    ("otlp.logs", "OpenTelemetry log records"),
    ("xray.received", "X-Ray segments"),
    ("cloudwatch.received", "CloudWatch log events"),
    ("rollbar.received", "Rollbar occurrences"),
];

fn arrivals(counters: &[Counter]) -> impl IntoView + use<> {
    let cell = |(name, label): (&str, &'static str)| {
        let counter = counters.iter().find(|counter| counter.name == name)?;
        Some(view! { <div><dt>{label}</dt><dd>{grouped(counter.value)}</dd></div> })
    };
    ARRIVALS.into_iter().filter_map(cell).collect_view()
}

/// A table for each thing that counts: what stands before the dot of the names.
fn groups(counters: &[Counter]) -> impl IntoView + use<> {
    let mut groups: Vec<(&str, Vec<&Counter>)> = Vec::new();
    for counter in counters {
        let group = counter.name.split_once('.').map_or("", |(group, _)| group);
        match groups.iter_mut().find(|(known, _)| *known == group) {
            Some((_, members)) => members.push(counter),
            None => groups.push((group, vec![counter])),
        }
    }
    let drawn = groups.into_iter().map(|(group, members)| {
        let rows = members.into_iter().map(row).collect_view();
        view! { <section><h3>{group_name(group)}</h3><dl>{rows}</dl></section> }
    });
    view! { <div class="counter-groups">{drawn.collect_view()}</div> }
}

fn group_name(group: &str) -> String {
    let known = match group {
        "otlp" => "OTLP",
        "xray" => "X-Ray",
        "cloudwatch" => "CloudWatch Logs",
        "honeycomb" => "Honeycomb",
        "rollbar" => "Rollbar",
        "store" => "Store on disk",
        other => other,
    };
    known.to_owned()
}

fn row(counter: &Counter) -> impl IntoView + use<> {
    let label = counter.name.split_once('.').map_or(counter.name.as_str(), |(_, name)| name).replace('_', " ");
    // "spans 492 spans" says it twice.
    let value = if counter.unit == label { grouped(counter.value) } else { value_text(counter) };
    view! { <div data-zero=(counter.value == 0).then_some("")><dt>{label}</dt><dd>{value}</dd></div> }
}

/// How much arrived, for a page that waits for the first.
fn total(counters: &[Counter]) -> u64 {
    let arrived = |counter: &&Counter| ARRIVALS.iter().any(|(name, _)| *name == counter.name);
    counters.iter().filter(arrived).fold(0, |sum, counter| sum.saturating_add(counter.value))
}

/// A counter as people read it: bytes in units, anything else in groups of three digits with its unit.
pub fn value_text(counter: &Counter) -> String {
    if counter.unit == "bytes" {
        return bytes_text(counter.value);
    }
    let number = grouped(counter.value);
    if counter.unit.is_empty() { number } else { format!("{number} {}", counter.unit) }
}

/// Digits in groups of three.
fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push('\u{202f}');
        }
        grouped.push(digit);
    }
    grouped
}

fn bytes_text(bytes: u64) -> String {
    let (unit, name) = match bytes {
        0..1_000 => return format!("{bytes} B"),
        1_000..1_000_000 => (1_000, "kB"),
        1_000_000..1_000_000_000 => (1_000_000, "MB"),
        _ => (1_000_000_000, "GB"),
    };
    format!("{}.{} {name}", bytes / unit, bytes % unit * 10 / unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        let counter = |value, unit: &str| Counter { name: String::new(), value, unit: unit.to_owned() };
        assert_eq!(value_text(&counter(0, "")), "0");
        assert_eq!(value_text(&counter(1_234_567, "")), "1\u{202f}234\u{202f}567");
        assert_eq!(value_text(&counter(12, "calls")), "12 calls");
        assert_eq!(value_text(&counter(1_540_000, "bytes")), "1.5 MB");
    }
}
