//! Folds what arrives into one assembly, off the async threads where that takes long.

use model::assemble::Assembly;
use model::{Fragment, Request, TraceId};

/// What has arrived so far.
pub struct Collector {
    /// `None` after an assembly was lost to a panic or a cancelled call.
    assembly: Option<Assembly>,
    /// Arrived, not folded in yet.
    fresh: Vec<Fragment>,
    pieces: usize,
}

/// The assembly was lost; the request has to be asked for anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lost;

/// Fewer pieces than this are put together in well under a millisecond.
const INLINE_PIECES: usize = 1_000;

impl Collector {
    /// Nothing yet.
    pub fn new(id: TraceId) -> Self {
        Self { assembly: Some(Assembly::new(id)), fresh: Vec::new(), pieces: 0 }
    }

    /// Takes in a piece of an answer.
    pub fn add(&mut self, fragment: Fragment) {
        self.pieces += fragment.spans.len() + fragment.logs.len() + fragment.errors.len();
        self.fresh.push(fragment);
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
