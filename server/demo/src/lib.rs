//! Sample traffic: plays the bootcamp's app "Cruddur" through the real protocols.
//!
//! Nothing here knows the store. Spans go as OTLP/HTTP protobuf, segments as X-Ray datagrams over UDP, log lines by
//! `PutLogEvents`, exceptions as Rollbar items, each as the SDK of the app would send it; everything carries the mark
//! `throughline.demo`. What is played is made by pure functions ([`cruddur`]) and tested for integrity; only
//! [`run`] has a clock.

pub mod cruddur;
pub mod random;
pub mod story;
#[cfg(test)]
mod tests;
pub mod wire;

use cruddur::Scenario;
use random::Random;
use std::net::SocketAddr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use story::{Shape, Story};
use wire::Sender;

/// Where the traffic goes.
#[derive(Debug, Clone)]
pub struct Targets {
    /// The base URL of OTLP/HTTP, the AWS APIs and Rollbar: `http://127.0.0.1:4318`.
    pub http: String,
    /// The X-Ray daemon's UDP port.
    pub xray_udp: SocketAddr,
    /// Whether to play the last hour first; a restart that finds earlier sample traffic does not.
    pub back_fill: bool,
}

/// Requests of the last hour that are sent at the start.
const BACK_FILL: u32 = 40;
const HOUR_MS: i64 = 3_600_000;
/// The last request of the back-fill ended at least so long ago; every piece of it has had time to exist.
const SETTLED_MS: i64 = 8_000;

/// Plays until `shutdown` resolves: the last hour at once if asked for, then one request every few seconds. Never fails: what does
/// not arrive is logged, once, until something arrives again.
pub async fn run(targets: Targets, shutdown: impl Future<Output = ()> + Send) {
    tokio::select! {
        () = shutdown => {}
        () = play(targets) => {}
    }
}

async fn play(targets: Targets) {
    let wants_past = targets.back_fill;
    let mut sender = match Sender::new(targets).await {
        Ok(sender) => sender,
        Err(error) => {
            tracing::warn!(%error, "sample traffic cannot start");
            return;
        }
    };
    let mut random = Random::from_entropy();
    if wants_past {
        sender.deliver(back_fill(now_ms(), &mut random)).await;
    }
    for index in 0_u32.. {
        tokio::time::sleep(Duration::from_millis(2_000 + random.below(4_000))).await;
        let scenario = Scenario::of_turn(index);
        let mut story = scenario.tell(0, Shape::of_turn(index), &mut random);
        story.end_at(now_ns());
        sender.deliver(vec![story]).await;
    }
}

/// The requests of the hour before `now_ms`, oldest first, evenly spread with some irregularity.
pub fn back_fill(now_ms: i64, random: &mut Random) -> Vec<Story> {
    let step = (HOUR_MS - SETTLED_MS) / i64::from(BACK_FILL);
    (0..BACK_FILL)
        .map(|index| {
            let jitter = i64::try_from(random.below(u64::try_from(step / 2).unwrap_or(1))).unwrap_or(0);
            let end_ms = now_ms - HOUR_MS + step * (i64::from(index) + 1) - jitter;
            let mut story = Scenario::of_turn(index).tell(0, Shape::of_turn(index), random);
            story.end_at(end_ms * 1_000_000);
            story
        })
        .collect()
}

fn now_ns() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
}

fn now_ms() -> i64 {
    now_ns() / 1_000_000
}
