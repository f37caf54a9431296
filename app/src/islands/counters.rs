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
    /// Whether to offer a look at what arrived.
    offer_reload: bool,
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
    let arrived = move || counters.with(|counters| total(counters)).saturating_sub(before);
    let cells = move || counters.with(|counters| counters.iter().map(cell).collect_view());
    view! {
        <div class="counters" aria-live="off">
            <dl>{cells}</dl>
            <p class="counters-note" role="status">
                {move || if silent.get() { "The server does not answer; still trying." } else { "" }}
                <Show when=move || offer_reload && (arrived() > 0)>
                    <a class="button primary" href="/">"Something arrived: show it"</a>
                </Show>
            </p>
        </div>
    }
}

fn cell(counter: &Counter) -> impl IntoView + use<> {
    view! { <div><dt>{counter.name.clone()}</dt><dd>{value_text(counter)}</dd></div> }
}

fn total(counters: &[Counter]) -> u64 {
    counters.iter().filter(|counter| counter.unit != "bytes").fold(0, |sum, counter| sum.saturating_add(counter.value))
}

/// A counter as people read it: bytes in units, anything else in groups of three digits with its unit.
pub fn value_text(counter: &Counter) -> String {
    if counter.unit == "bytes" {
        return bytes_text(counter.value);
    }
    let digits = counter.value.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push('\u{202f}');
        }
        grouped.push(digit);
    }
    if counter.unit.is_empty() { grouped } else { format!("{grouped} {}", counter.unit) }
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
