//! One search as a stream of fragments that always ends in a verdict.

use crate::Failure;
use crate::failure::Subject;
use futures::channel::mpsc::{UnboundedSender, unbounded};
use futures::stream::{self, BoxStream};
use futures::{FutureExt, StreamExt};
use model::{Fragment, State, Verdict};
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Which kinds of pieces a vendor can hold, and so counts.
#[derive(Clone, Copy, Debug, Default)]
pub struct Kinds {
    pub spans: bool,
    pub logs: bool,
    pub errors: bool,
}

/// Where a search reports to.
#[derive(Clone)]
pub struct Progress {
    sender: UnboundedSender<Fragment>,
    notes: Arc<Mutex<Notes>>,
    /// When the search has to be over.
    pub deadline: Instant,
}

#[derive(Default)]
struct Notes {
    spans: u64,
    logs: u64,
    errors: u64,
    searched: Vec<String>,
    gaps: Vec<(String, String)>,
    remarks: Vec<String>,
}

impl Progress {
    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands on what was found.
    pub fn emit(&self, fragment: Fragment) {
        {
            let mut notes = self.notes();
            notes.spans += fragment.spans.len() as u64;
            notes.logs += fragment.logs.len() as u64;
            let on_spans: usize = fragment.spans.iter().map(|span| span.exceptions.len()).sum();
            notes.errors += (fragment.errors.len() + on_spans) as u64;
        }
        // The reader may be gone: then this search is about to be dropped too.
        let _ = self.sender.unbounded_send(fragment);
    }

    /// How many pieces were found so far.
    pub fn found(&self) -> u64 {
        let notes = self.notes();
        notes.spans + notes.logs + notes.errors
    }

    /// What was searched, one line.
    pub fn searched(&self, line: impl Into<String>) {
        let line = line.into();
        let mut notes = self.notes();
        if notes.searched.len() < 200 && !notes.searched.contains(&line) {
            notes.searched.push(line);
        }
    }

    /// Something that could not be searched: the verdict becomes partial.
    pub fn gap(&self, why: impl Into<String>, next_step: impl Into<String>) {
        self.notes().gaps.push((why.into(), next_step.into()));
    }

    /// Something worth saying that leaves the answer whole.
    pub fn remark(&self, text: impl Into<String>) {
        self.notes().remarks.push(text.into());
    }

    /// What is left until the deadline.
    pub fn remaining(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    fn verdict(&self, result: &Result<(), Failure>, kinds: Kinds, subject: &Subject) -> Verdict {
        let found = self.found();
        let mut notes = self.notes();
        let mut verdict = Verdict::new(subject.vendor, State::Empty);
        match result {
            Ok(()) if !notes.gaps.is_empty() => verdict.state = State::Partial,
            Ok(()) if found > 0 => verdict.state = State::Found,
            Ok(()) => {}
            Err(_) if found > 0 => verdict.state = State::Partial,
            Err(Failure::NotEntitled { .. }) => verdict.state = State::NotSearched,
            Err(_) => verdict.state = State::Failed,
        }
        let mut why = Vec::new();
        let mut next = Vec::new();
        if let Err(failure) = result {
            let words = failure.explain(subject);
            why.push(words.why);
            next.push(words.next_step);
        }
        for (gap, step) in notes.gaps.drain(..) {
            why.push(gap);
            if !step.is_empty() && !next.contains(&step) {
                next.push(step);
            }
        }
        why.append(&mut notes.remarks);
        why.retain(|sentence| !sentence.is_empty());
        verdict.why = why.join(" ");
        verdict.next_step = next.join(" ");
        let complete = result.is_ok();
        let count = |wanted: bool, value: u64| (wanted && (complete && verdict.state != State::Partial || value > 0)).then_some(value);
        verdict.counts.spans = count(kinds.spans, notes.spans);
        verdict.counts.logs = count(kinds.logs, notes.logs);
        verdict.counts.errors = count(kinds.errors, notes.errors);
        verdict.searched = std::mem::take(&mut notes.searched);
        verdict
    }
}

/// Runs `search` as the stream is read; dropping the stream stops it. The last fragment carries the verdict, also when the deadline
/// cuts the search short.
pub fn run<F, Fut>(subject: Subject, kinds: Kinds, limit: Duration, search: F) -> BoxStream<'static, Fragment>
where
    F: FnOnce(Progress) -> Fut + Send + 'static,
    Fut: Future<Output = Result<(), Failure>> + Send + 'static,
{
    let work = async move {
        let begun = Instant::now();
        let (sender, receiver) = unbounded();
        let progress = Progress { sender, notes: Arc::default(), deadline: begun + limit };
        let search = search(progress.clone());
        let end = async move {
            let result = tokio::time::timeout_at(progress.deadline, search).await.unwrap_or(Err(Failure::TimedOut));
            let mut verdict = progress.verdict(&result, kinds, &subject);
            verdict.elapsed_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
            // Through the same channel, and so after everything that was emitted.
            progress.emit(Fragment { verdict: Some(verdict), ..Fragment::default() });
        };
        stream::select(receiver, end.into_stream().filter_map(|()| std::future::ready(None)))
    };
    work.into_stream().flatten().boxed()
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::log::Severity;
    use model::{LogRecord, Source, UnixNs};

    fn subject() -> Subject {
        Subject { vendor: Source::Cloudwatch, endpoint: "http://127.0.0.1:1".to_owned(), credential: String::new() }
    }

    fn line() -> Fragment {
        let log = LogRecord {
            source: Source::Cloudwatch,
            id: String::new(),
            trace: None,
            span: None,
            time: UnixNs(0),
            severity: Severity::Unset,
            service: String::new(),
            body: "x".to_owned(),
            log_group: String::new(),
            log_stream: String::new(),
            attributes: model::Attributes::new(),
        };
        Fragment { logs: vec![log], ..Fragment::default() }
    }

    const LOGS: Kinds = Kinds { spans: false, logs: true, errors: false };

    #[tokio::test(start_paused = true)]
    async fn a_search_that_hangs_ends_partial_with_what_it_had() {
        let stream = run(subject(), LOGS, Duration::from_secs(1), |progress| async move {
            progress.emit(line());
            progress.searched("/app");
            std::future::pending().await
        });
        let fragments: Vec<_> = stream.collect().await;
        assert_eq!(fragments.len(), 2);
        let verdict = fragments[1].verdict.clone().unwrap();
        assert_eq!((verdict.state, verdict.counts.logs, verdict.elapsed_ms), (State::Partial, Some(1), 1_000));
        assert_eq!(verdict.searched, ["/app"]);
    }

    #[tokio::test]
    async fn nothing_is_rendered_as_zero_unless_the_search_ran_to_its_end() {
        let verdict = |result: Result<(), Failure>| async move {
            let stream = run(subject(), LOGS, Duration::from_secs(1), |_| async move { result });
            stream.collect::<Vec<_>>().await.pop().and_then(|fragment| fragment.verdict).unwrap()
        };
        let empty = verdict(Ok(())).await;
        assert_eq!((empty.state, empty.counts.logs, empty.counts.spans), (State::Empty, Some(0), None));
        let failed = verdict(Err(Failure::TimedOut)).await;
        assert_eq!((failed.state, failed.counts.logs), (State::Failed, None));
        assert!(!failed.why.is_empty() && !failed.next_step.is_empty());
    }
}
