//! The revisions of one request, one after the other, for one viewer.

use crate::core::Core;
use crate::flight::{Progress, Viewer};
use api::{ApiError, Snapshot, TimelineQuery, Wait};
use futures::stream::{self, BoxStream, StreamExt as _};
use std::sync::Arc;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};

/// The newest snapshot, after waiting as told.
pub async fn open(core: Arc<Core>, query: TimelineQuery, wait: Wait) -> Result<Arc<Snapshot>, ApiError> {
    let viewer = Viewer::join(&core, query, false)?;
    let mut progress = viewer.progress();
    {
        let ended = progress.wait_for(Progress::ended);
        // Neither the time running out nor the flight's end is an error: the newest snapshot is there in any case.
        match wait {
            Wait::Ended => drop(ended.await),
            Wait::AtMost(longest) => drop(timeout(longest, ended).await),
        }
    }
    let progress = progress.borrow().clone();
    if progress.failed {
        return Err(ApiError::Internal);
    }
    viewer.leave_for(core.settings.linger_answered);
    Ok(progress.latest)
}

enum Watching {
    NotYet(Arc<Core>, TimelineQuery),
    From { viewer: Viewer, progress: watch::Receiver<Progress>, seen: u32, not_before: Instant },
    Over,
}

/// The newest revision, then every newer one that this viewer has time for, until no more will come.
pub fn revisions(core: Arc<Core>, query: TimelineQuery) -> BoxStream<'static, Result<Arc<Snapshot>, ApiError>> {
    let pause = core.settings.publish_every;
    stream::unfold(Watching::NotYet(core, query), move |watching| async move {
        let (viewer, mut progress, seen, not_before) = match watching {
            Watching::Over => return None,
            Watching::NotYet(core, query) => match Viewer::join(&core, query, true) {
                Err(error) => return Some((Err(error), Watching::Over)),
                Ok(viewer) => {
                    let progress = viewer.progress();
                    (viewer, progress, None, Instant::now())
                }
            },
            Watching::From { viewer, progress, seen, not_before } => (viewer, progress, Some(seen), not_before),
        };
        sleep_until(not_before).await;
        loop {
            let now = progress.borrow_and_update().clone();
            if now.failed {
                return Some((Err(ApiError::Internal), Watching::Over));
            }
            if seen != Some(now.latest.revision) {
                let seen = now.latest.revision;
                return Some((Ok(now.latest), Watching::From { viewer, progress, seen, not_before: Instant::now() + pause }));
            }
            if now.settled || progress.changed().await.is_err() {
                return None;
            }
        }
    })
    .boxed()
}
