//! What the engine needs from the house around it, and must not know more about.

use api::{ApiError, LocalReport};
use futures::future::BoxFuture;
use model::UnixNs;
use std::fmt;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// The time of day.
pub trait Clock: Send + Sync + 'static {
    /// Now, UTC.
    fn now(&self) -> UnixNs;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> UnixNs {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        UnixNs(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
    }
}

type ReportLocal = Arc<dyn Fn() -> Option<LocalReport> + Send + Sync>;
type RemoveSampleData = Arc<dyn Fn() -> BoxFuture<'static, Result<u64, ApiError>> + Send + Sync>;

/// What the composition root plugs in. The default has no local services and the machine's clock.
#[derive(Clone)]
pub struct Hooks {
    /// The time of day.
    pub clock: Arc<dyn Clock>,
    /// What the embedded services have to report; `None` when they are off.
    pub local_report: ReportLocal,
    /// Removes the sample traffic from them; the number of traces removed.
    pub remove_sample_data: RemoveSampleData,
}

impl Default for Hooks {
    fn default() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            local_report: Arc::new(|| None),
            remove_sample_data: Arc::new(|| {
                let message = "the local services are off, and sample data is kept nowhere else".to_owned();
                Box::pin(std::future::ready(Err(ApiError::Unavailable { message })))
            }),
        }
    }
}

impl fmt::Debug for Hooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hooks").finish_non_exhaustive()
    }
}
