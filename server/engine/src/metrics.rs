//! What the engine counts, as Prometheus reads it.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Calls of one kind to one source.
#[derive(Debug, Default)]
pub struct Usage {
    calls: AtomicU64,
    failures: AtomicU64,
    refused: AtomicU64,
    ms: AtomicU64,
}

impl Usage {
    /// A call ended.
    pub fn called(&self, took: Duration, failed: bool) {
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.failures.fetch_add(u64::from(failed), Ordering::Relaxed);
        self.ms.fetch_add(u64::try_from(took.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// A call was not made because the source had failed too often.
    pub fn refused(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }

    /// How many calls ended.
    pub fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    /// How many of them failed.
    pub fn failures(&self) -> u64 {
        self.failures.load(Ordering::Relaxed)
    }
}

/// The text of `/metrics`, metric by metric.
#[derive(Debug, Default)]
pub struct Text(String);

impl Text {
    /// Starts a metric.
    pub fn metric(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    /// One value of it.
    pub fn value(&mut self, name: &str, labels: &[(&str, &str)], value: u64) {
        self.0.push_str(name);
        for (at, (label, text)) in labels.iter().enumerate() {
            let text = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            let _ = write!(self.0, "{}{label}=\"{text}\"", if at == 0 { '{' } else { ',' });
        }
        let _ = writeln!(self.0, "{} {value}", if labels.is_empty() { "" } else { "}" });
    }

    /// The whole text.
    pub fn finish(self) -> String {
        self.0
    }
}

/// One counter of [`Usage`]: name, help, and how to read it.
type Column = (&'static str, &'static str, fn(&Usage) -> u64);

/// Every counter, for each `(source, instance, call)`.
pub fn write_usage(text: &mut Text, rows: &[(&str, &str, &str, &Usage)]) {
    let columns: [Column; 4] = [
        ("throughline_source_calls_total", "Calls to a source that ended.", |usage| usage.calls.load(Ordering::Relaxed)),
        ("throughline_source_failures_total", "Calls to a source that failed as a whole.", |usage| usage.failures.load(Ordering::Relaxed)),
        ("throughline_source_refused_total", "Calls not made because the source had failed too often.", |usage| {
            usage.refused.load(Ordering::Relaxed)
        }),
        ("throughline_source_milliseconds_total", "Time spent in calls to a source.", |usage| usage.ms.load(Ordering::Relaxed)),
    ];
    for (name, help, read) in columns {
        text.metric(name, "counter", help);
        for (source, instance, call, usage) in rows {
            text.value(name, &[("source", source), ("instance", instance), ("call", call)], read(usage));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_cannot_break_out() {
        let mut text = Text::default();
        text.value("calls", &[("instance", "a\"b\\c\nd"), ("call", "fetch")], 3);
        text.value("up", &[], 1);
        assert_eq!(text.finish(), "calls{instance=\"a\\\"b\\\\c\\nd\",call=\"fetch\"} 3\nup 1\n");
    }

    #[test]
    fn counts_calls() {
        let usage = Usage::default();
        usage.called(Duration::from_millis(20), false);
        usage.called(Duration::from_millis(30), true);
        let mut text = Text::default();
        write_usage(&mut text, &[("xray", "eu", "fetch", &usage)]);
        let text = text.finish();
        assert!(text.contains("throughline_source_calls_total{source=\"xray\",instance=\"eu\",call=\"fetch\"} 2\n"), "{text}");
        assert!(text.contains("throughline_source_failures_total{source=\"xray\",instance=\"eu\",call=\"fetch\"} 1\n"), "{text}");
        assert!(text.contains("throughline_source_milliseconds_total{source=\"xray\",instance=\"eu\",call=\"fetch\"} 50\n"), "{text}");
    }
}
