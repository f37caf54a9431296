//! Folds what arrives into one assembly, off the async threads where that takes long.

use model::assemble::Assembly;
use model::{Fragment, Request, TraceId};

/// What has arrived so far.
pub struct Collector {
    /// `None` after an assembly was lost to a panic or a cancelled call.
    assembly: Option<Assembly>,
    /// Arrived, not folded in yet.
    fresh: Vec<Fragment>,
    /// Pieces in both, duplicates counted.
    pieces: usize,
    /// Arrived since [`Collector::begin_again`].
    again: Option<Vec<Fragment>>,
    id: TraceId,
}

/// The assembly was lost; the request has to be asked for anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lost;

/// Fewer pieces than this are put together in well under a millisecond.
const INLINE_PIECES: usize = 1_000;

impl Collector {
    /// Nothing yet.
    pub fn new(id: TraceId) -> Self {
        Self { assembly: Some(Assembly::new(id)), fresh: Vec::new(), pieces: 0, again: None, id }
    }

    /// Takes in a piece of an answer.
    pub fn add(&mut self, fragment: Fragment) {
        if let Some(again) = &mut self.again {
            again.push(fragment);
        } else {
            self.pieces += size(&fragment);
            self.fresh.push(fragment);
        }
    }

    /// How many pieces are held, duplicates counted.
    pub const fn pieces(&self) -> usize {
        self.pieces
    }

    /// What arrives from here on is everything once more.
    pub fn begin_again(&mut self) {
        self.again = Some(Vec::new());
    }

    /// Everything arrived once more: it takes the place of what was there if it is `whole`, and is added to it otherwise.
    pub fn end_again(&mut self, whole: bool) {
        let Some(again) = self.again.take() else { return };
        if whole {
            *self = Self::new(self.id);
        }
        for fragment in again {
            self.add(fragment);
        }
    }

    /// The request as of now, without verdicts.
    pub async fn request(&mut self) -> Result<Request, Lost> {
        let mut assembly = self.assembly.take().ok_or(Lost)?;
        let fresh = std::mem::take(&mut self.fresh);
        let work = move || {
            for fragment in fresh {
                assembly.add(fragment);
            }
            let request = assembly.request();
            (assembly, request)
        };
        let (assembly, request) =
            if self.pieces <= INLINE_PIECES { work() } else { tokio::task::spawn_blocking(work).await.map_err(|_| Lost)? };
        self.assembly = Some(assembly);
        Ok(request)
    }
}

fn size(fragment: &Fragment) -> usize {
    fragment.spans.len() + fragment.logs.len() + fragment.errors.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{NOW, span, spans, trace};
    use model::Source;

    fn piece(ids: std::ops::Range<u64>) -> Fragment {
        spans(ids.map(|id| span(Source::Xray, trace(1), id, NOW)).collect())
    }

    #[tokio::test]
    async fn a_large_request_is_put_together_as_a_small_one() {
        let mut collector = Collector::new(trace(1));
        for at in 0..10 {
            collector.add(piece(at * 300 + 1..at * 300 + 301));
            let number = usize::try_from((at + 1) * 300).unwrap();
            assert_eq!(collector.request().await.unwrap().spans.len(), number);
        }
    }

    #[tokio::test]
    async fn what_comes_again_does_not_pile_up_and_takes_nothing_back() {
        let mut collector = Collector::new(trace(1));
        collector.add(piece(1..11));
        for whole in [true, true, false] {
            collector.begin_again();
            collector.add(piece(1..if whole { 13 } else { 4 }));
            collector.end_again(whole);
            collector.request().await.unwrap();
        }
        assert_eq!(collector.request().await.unwrap().spans.len(), 12);
        assert_eq!(collector.pieces(), 12 + 3);
    }
}
