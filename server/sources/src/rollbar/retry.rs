//! How often Rollbar is asked again. Everything we ask only reads.

use crate::retry::Policy;
use std::time::Duration;

/// Two attempts; a 429 is waited for only if the deadline allows.
pub const READ: Policy = Policy { attempts: 2, pause: Duration::from_millis(300) };
