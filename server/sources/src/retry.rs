//! Asking again, within the deadline.

use crate::Failure;
use std::future::Future;
use std::time::Duration;
use tokio::time::Instant;

/// How often, and how long to wait in between.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// Calls in all, the first included.
    pub attempts: u32,
    /// The first pause; each further one is twice as long.
    pub pause: Duration,
}

/// Calls until it succeeds, the failure is not one that passes, the attempts are used up, or the next pause would end after `deadline`.
pub async fn retrying<T, F, Fut>(policy: Policy, deadline: Instant, mut call: F) -> Result<T, Failure>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<T, Failure>>,
{
    let mut pause = policy.pause;
    for _ in 1..policy.attempts {
        let failure = match call().await {
            Err(failure) if failure.transient() => failure,
            other => return other,
        };
        let wait = match &failure {
            Failure::Throttled { retry_after: Some(wait), .. } => *wait,
            _ => pause,
        };
        if Instant::now() + wait >= deadline {
            return Err(failure);
        }
        tokio::time::sleep(wait).await;
        pause = pause.saturating_mul(2);
    }
    call().await
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    const POLICY: Policy = Policy { attempts: 3, pause: Duration::from_millis(100) };

    async fn run(failure: Failure, deadline_ms: u64) -> u32 {
        let calls = Cell::new(0);
        let deadline = Instant::now() + Duration::from_millis(deadline_ms);
        let result: Result<(), _> = retrying(POLICY, deadline, || {
            calls.set(calls.get() + 1);
            std::future::ready(Err(failure.clone()))
        })
        .await;
        assert!(result.is_err());
        calls.get()
    }

    #[tokio::test(start_paused = true)]
    async fn asks_again_only_where_it_can_help() {
        let server = Failure::ServerError { status: 503, message: String::new() };
        assert_eq!(run(server.clone(), 10_000).await, 3);
        assert_eq!(run(server, 150).await, 2);
        assert_eq!(run(Failure::Refused { message: String::new() }, 10_000).await, 1);
        let throttled = Failure::Throttled { retry_after: Some(Duration::from_secs(30)), message: String::new() };
        assert_eq!(run(throttled, 10_000).await, 1);
    }
}
