//! The counters of the local services, moving.

use crate::functions::local::local_counters;
use api::Counter;
use leptos::prelude::*;
use std::time::Duration;

/// How often the server is asked, while the page can be seen.
const EVERY: Duration = Duration::from_secs(2);

/// The counters as they were when the page was made, then as they are. Reads the local services only: no vendor is asked.
#[island]
pub fn LocalCounters(
    /// As of when the page was made.
    initial: Vec<Counter>,
    /// Only what arrived, and a way to look at it; else all of them, by what they are about.
    brief: bool,
) -> impl IntoView {
    let before = total(&initial);
    let counters = RwSignal::new(initial);
    let silent = RwSignal::new(false);
    Effect::new(move |_| {
        let ask = move || {
            if document().hidden() {
                return;
            }
            leptos::task::spawn_local(async move {
                match local_counters().await {
                    Ok(now) => {
                        silent.set(false);
                        if counters.with_untracked(|shown| *shown != now) {
                            counters.set(now);
                        }
                    }
                    Err(_) => silent.set(true),
                }
            });
        };
        if let Ok(timer) = set_interval_with_handle(ask, EVERY) {
            on_cleanup(move || timer.clear());
        }
    });
    let shown = move || {
        counters.with(|counters| if brief { view! { <dl>{arrivals(counters)}</dl> }.into_any() } else { groups(counters).into_any() })
    };
    let arrived = move || counters.with(|counters| total(counters)).saturating_sub(before);
    view! {
        <div class="counters" aria-live="off">
            {shown}
            <p class="counters-note" role="status">
                {move || if silent.get() { "The server does not answer; still trying." } else { "" }}
                <Show when=move || brief && (arrived() > 0)>
                    <a class="button primary" href="/">"Something arrived: show it"</a>
                </Show>
            </p>
        </div>
    }
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
