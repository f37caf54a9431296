//! How a search stands: one verdict a vendor.

use super::{Request, Search, Source, State, Verdict, verdicts};
use crate::core::Core;

impl Search {
    /// One verdict for each vendor, in order of display.
    pub(super) fn verdicts(&self, request: &Request, ended: bool, not_asked: usize) -> Vec<Verdict> {
        let arriving = (ended && self.is_young()).then(|| self.still_arriving());
        let each = Source::ALL.into_iter().map(|vendor| {
            let mut verdict = self.vendor_verdict(vendor);
            verdicts::count(&mut verdict, request);
            let whole = matches!(verdict.state, State::Found | State::Empty);
            if whole && ended && not_asked > 0 {
                verdict.state = State::Partial;
                verdict = verdicts::normal(vendor, verdict);
                let why = format!("{not_asked} more IDs were found for this request and not asked for");
                verdicts::join(&mut verdict.why, &why, "; ");
                verdicts::join(&mut verdict.next_step, "Open them one by one.", " ");
            } else if whole && let Some(arriving) = &arriving {
                verdicts::join(&mut verdict.why, arriving, "; ");
            }
            verdict
        });
        each.collect()
    }

    /// How one source stands; a failed second look takes nothing back.
    pub(super) fn entry_verdict(&self, entry: usize) -> Verdict {
        let Some(vendor) = self.core.entries.get(entry).map(|entry| entry.vendor) else { return Verdict::searching(Source::Xray) };
        let earlier = self.earlier.get(entry).and_then(Option::as_ref);
        let running = self.asks.iter().any(|ask| ask.entry == entry && ask.verdict.is_none());
        match (self.latest_verdict(entry), earlier) {
            (None, None) => Verdict::searching(vendor),
            (None, Some(earlier)) => earlier.clone(),
            (Some(_), earlier) if running => earlier.cloned().unwrap_or_else(|| Verdict::searching(vendor)),
            (Some(now), Some(earlier)) if now.state == State::Failed && matches!(earlier.state, State::Found | State::Partial) => {
                let mut kept = earlier.clone();
                verdicts::join(&mut kept.why, &format!("asked again: {}", now.why), "; ");
                kept
            }
            (Some(now), _) => now,
        }
    }

    /// Whether this run can stand for the ones before: nobody who had something had less to say this time.
    pub(super) fn found_all_again(&self) -> bool {
        self.earlier.iter().enumerate().all(|(entry, earlier)| {
            let had = earlier.as_ref().is_some_and(|earlier| matches!(earlier.state, State::Found | State::Partial));
            !had || self.latest_verdict(entry).is_some_and(|now| now.state == State::Found)
        })
    }

    /// How one source ended in this run alone; `None` while it is being asked for the first time.
    fn latest_verdict(&self, entry: usize) -> Option<Verdict> {
        let vendor = self.core.entries.get(entry)?.vendor;
        let ended: Vec<_> = self.asks.iter().filter(|ask| ask.entry == entry).filter_map(|ask| ask.verdict.as_ref()).collect();
        let named: Vec<_> = ended.into_iter().map(|verdict| ("", verdict)).collect();
        verdicts::merge(vendor, &named)
    }

    fn vendor_verdict(&self, vendor: Source) -> Verdict {
        let of_vendor: Vec<_> = self.core.entries.iter().enumerate().filter(|(_, entry)| entry.vendor == vendor).collect();
        let each: Vec<_> = of_vendor.iter().map(|(at, entry)| (entry.instance.as_str(), self.entry_verdict(*at))).collect();
        let named: Vec<_> = each.iter().map(|(instance, verdict)| (*instance, verdict)).collect();
        verdicts::merge(vendor, &named).unwrap_or_else(|| verdicts::not_configured(vendor))
    }

    fn still_arriving(&self) -> String {
        let minutes = self.core.settings.young.as_secs() / 60;
        if self.seen.is_some() {
            format!("still arriving: the request is less than {minutes} min old")
        } else {
            format!("may still be arriving: first asked for less than {minutes} min ago")
        }
    }
}

/// How a request looks before anything was asked.
pub fn before(core: &Core, id: model::TraceId) -> Request {
    let verdicts = Source::ALL.into_iter().map(|vendor| {
        let configured = core.entries.iter().any(|entry| entry.vendor == vendor);
        if configured { Verdict::searching(vendor) } else { verdicts::not_configured(vendor) }
    });
    let mut request = model::assemble::Assembly::new(id).request();
    request.verdicts = verdicts.collect();
    request
}

/// Whether two states of a request differ in nothing but the time it took to find them.
pub fn same(one: &Request, other: &Request) -> bool {
    let timeless = |verdicts: &[Verdict]| verdicts.iter().map(|verdict| Verdict { elapsed_ms: 0, ..verdict.clone() }).collect::<Vec<_>>();
    one.spans.len() == other.spans.len()
        && one.logs.len() == other.logs.len()
        && timeless(&one.verdicts) == timeless(&other.verdicts)
        && (one.start, one.duration_ns, &one.traces, &one.aliases) == (other.start, other.duration_ns, &other.traces, &other.aliases)
        && one.errors == other.errors
        && one.logs == other.logs
        && one.spans == other.spans
}
