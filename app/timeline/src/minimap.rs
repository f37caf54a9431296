//! The whole request in a few pixels: binned, so that its cost is the number of pixels and never a rectangle a span.

use crate::Colours;
use crate::colour::NOBODY;
use model::columns::Columns;

/// A stretch of one lane in one colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// Which lane, from the top.
    pub lane: u32,
    /// The first bin.
    pub from: u32,
    /// How many bins.
    pub length: u32,
    /// The colour; [`crate::colour::NOBODY`] for none.
    pub slot: u8,
}

/// The binned request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Minimap {
    /// By lane, then by bin.
    pub runs: Vec<Run>,
    /// The bins in which an error lies, ascending.
    pub errors: Vec<u32>,
}

/// "Nothing here yet" in a cell.
const FREE: u8 = u8::MAX;

impl Minimap {
    /// Bins all spans into `lanes` × `bins` cells. Later spans of a lane lie over earlier ones; an error is never lost.
    pub fn of(columns: &Columns, colours: &Colours, bins: u32, lanes: u32) -> Self {
        let spans = &columns.spans;
        let (bins, lanes) = (bins.max(1), lanes.max(1));
        let mut cells = vec![FREE; bins as usize * lanes as usize];
        // For each cell of a lane the next one that is free: a cell is filled once, whoever comes again skips over it.
        let mut next: Vec<u32> = (0..lanes).flat_map(|_| 0..=bins).collect();
        let count = spans.len() as u64;
        let rows = count.max(u64::from(lanes));
        for index in (0..spans.len()).rev() {
            let (Some(&start), Some(&duration)) = (spans.start_ns.get(index), spans.duration_ns.get(index)) else { continue };
            let lane = usize::try_from(index as u64 * u64::from(lanes) / rows).unwrap_or(0);
            let from = bin(columns, start, bins);
            let to = bin(columns, start.saturating_add(duration), bins).max(from) + 1;
            let slot = spans.service.get(index).map_or(NOBODY, |&service| colours.slot(service));
            let Some(next) = next.get_mut(lane * (bins as usize + 1)..(lane + 1) * (bins as usize + 1)) else { continue };
            let Some(cells) = cells.get_mut(lane * bins as usize..(lane + 1) * bins as usize) else { continue };
            let mut at = free(next, from);
            while at < to.min(bins) {
                if let (Some(cell), Some(skip)) = (cells.get_mut(at as usize), next.get_mut(at as usize)) {
                    *cell = slot;
                    *skip = at + 1;
                }
                at = free(next, at + 1);
            }
        }
        let mut errors: Vec<u32> =
            columns.errors.time_ns.iter().map(|&time| bin(columns, u64::try_from(time).unwrap_or(0), bins)).collect();
        errors.sort_unstable();
        errors.dedup();
        Self { runs: runs(&cells, bins), errors }
    }
}

/// The first free cell from `at` on; shortens the way for the next who asks.
fn free(next: &mut [u32], at: u32) -> u32 {
    let mut end = at;
    while let Some(&skip) = next.get(end as usize)
        && skip != end
    {
        end = skip;
    }
    let mut walk = at;
    while walk != end
        && let Some(skip) = next.get_mut(walk as usize)
    {
        walk = std::mem::replace(skip, end);
    }
    end
}

fn bin(columns: &Columns, ns: u64, bins: u32) -> u32 {
    let share = u128::from(ns) * u128::from(bins) / u128::from(columns.duration_ns.max(1));
    u32::try_from(share).unwrap_or(u32::MAX).min(bins - 1)
}

fn runs(cells: &[u8], bins: u32) -> Vec<Run> {
    let mut runs = Vec::new();
    for (lane, cells) in (0u32..).zip(cells.chunks(bins as usize)) {
        let mut from = 0u32;
        for run in cells.chunk_by(|a, b| a == b) {
            let length = u32::try_from(run.len()).unwrap_or(0);
            if let Some(&slot) = run.first()
                && slot != FREE
            {
                runs.push(Run { lane, from, length, slot });
            }
            from += length;
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;
    use proptest::prelude::*;

    #[test]
    fn a_small_request_has_a_lane_a_span() {
        let columns = samples::small();
        let colours = samples::colours(&columns);
        let minimap = Minimap::of(&columns, &colours, 100, 17);
        let places: Vec<_> = minimap.runs.iter().map(|run| (run.lane, run.from, run.length)).collect();
        assert_eq!(places, [(0, 0, 100), (1, 10, 51), (2, 20, 11), (3, 70, 21)]);
        assert_eq!(minimap.errors, [40]);
    }

    proptest! {
        #[test]
        fn equals_painting_every_span_in_order(columns in samples::columns(80), lanes in 1u32..20) {
            let bins = 50u32;
            let colours = samples::colours(&columns);
            let minimap = Minimap::of(&columns, &colours, bins, lanes);
            let mut naive = vec![FREE; (bins * lanes) as usize];
            for index in 0..columns.spans.len() {
                let lane = index * lanes as usize / columns.spans.len().max(lanes as usize);
                let from = bin(&columns, columns.spans.start_ns[index], bins);
                let to = bin(&columns, columns.spans.start_ns[index] + columns.spans.duration_ns[index], bins).max(from);
                for at in from..=to {
                    naive[lane * bins as usize + at as usize] = colours.slot(columns.spans.service[index]);
                }
            }
            prop_assert_eq!(minimap.runs, runs(&naive, bins));
        }

        #[test]
        fn keeps_every_error(columns in samples::columns(30), bins in 1u32..300) {
            let minimap = Minimap::of(&columns, &samples::colours(&columns), bins, 10);
            for &time in &columns.errors.time_ns {
                prop_assert!(minimap.errors.contains(&bin(&columns, u64::try_from(time).unwrap(), bins)));
            }
        }
    }
}
