//! How often CloudWatch Logs is asked again: its rates are low (five `FilterLogEvents` a second), so being throttled is ordinary.

use crate::retry::Policy;
use std::time::Duration;

/// On top of the SDK's own two attempts.
pub const READ: Policy = Policy { attempts: 3, pause: Duration::from_millis(400) };
