//! How often Honeycomb is asked again.

use crate::retry::Policy;
use std::time::Duration;

/// Reading is repeatable. Creating results is limited to ten a minute, so the `Retry-After` of a 429 is waited for only if the deadline allows.
pub const READ: Policy = Policy { attempts: 2, pause: Duration::from_millis(250) };

/// The pauses between two looks at a result that is not complete.
pub fn poll_pause(local: bool, look: u32) -> Duration {
    if local { Duration::from_millis(10 << look.min(4)) } else { Duration::from_millis(250 + 50 * u64::from(look.min(5))) }
}
