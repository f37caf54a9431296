//! The index as seen by the store: one view a family.

use std::sync::Arc;

use super::entries::{self, Entries};
use super::index::{Form, Index};
use crate::store::{Place, View, family};

macro_rules! view {
    ($(#[$doc:meta])* $name:ident, $family:expr, $form:expr, $entries:expr) => {
        $(#[$doc])*
        pub struct $name(pub Arc<Index>);

        impl View for $name {
            const FAMILY: u8 = $family;
            type Entries = Entries;

            fn entries(payload: &[u8]) -> Entries {
                $entries(payload)
            }

            fn apply(&self, place: Place, arrival_ms: i64, entries: Entries) {
                self.0.add($form, place, arrival_ms, entries);
            }

            fn forget_file(&self, file: u32) {
                self.0.forget_file(file);
            }

            fn forget_demo(&self) -> u64 {
                self.0.forget_demo()
            }
        }
    };
}

view!(
    /// Payloads of `/v1/traces`.
    OtlpTraces,
    family::OTLP_TRACES,
    Form::Traces,
    |payload| entries::traces(payload).unwrap_or_default()
);
view!(
    /// Payloads of `/v1/logs`.
    OtlpLogs,
    family::OTLP_LOGS,
    Form::Logs,
    |payload| entries::logs(payload).unwrap_or_default()
);
view!(
    /// Events of `/1/events` and `/1/batch`.
    HoneycombEvents,
    family::HONEYCOMB_EVENTS,
    Form::Events,
    entries::honeycomb
);
