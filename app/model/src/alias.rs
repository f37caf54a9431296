//! Two trace IDs that name one request.

use crate::{Source, TraceId};
use serde::{Deserialize, Serialize};

/// One record that carries two IDs, and so joins them. Never made from time alone.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Alias {
    /// The ID under which the record was found.
    pub from: TraceId,
    /// The other ID it carries.
    pub to: TraceId,
    /// Which source the record is from.
    pub source: Source,
    /// What kind of record it is: "a Rollbar occurrence carries both in `custom.trace_id` and `custom.xray_trace_id`".
    pub because: String,
    /// The place in the record, shortened: the line, the header value, the key and value.
    pub evidence: String,
}
