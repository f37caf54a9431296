//! Errors: each on its place, and the same exception told by several sources as one.

use super::place::{Moment, Place, Places};
use super::tree::Recorded;
use super::{attributes, order};
use crate::request::{PlacedBy, RequestError};
use crate::time::SECOND;
use crate::{ErrorRecord, Frame, Source, SourceSet, UnixNs};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// So far apart two sources may date one exception, in ns.
const APART: i64 = 2 * SECOND;
/// No more errors are compared with one than these; no more ancestors looked at.
const COMPARED: usize = 256;

/// One exception as one source told it, and its place.
#[derive(Clone, Copy)]
struct Told<'a> {
    record: &'a ErrorRecord,
    span: Option<u32>,
    placed_by: PlacedBy,
    service: &'a str,
}

/// What is one exception. Never empty.
struct Group<'a> {
    told: Vec<Told<'a>>,
    sources: SourceSet,
    time: UnixNs,
}

/// By time.
pub fn place(records: &[ErrorRecord], recorded: &[Recorded<'_>], places: &Places<'_>) -> Vec<RequestError> {
    let mut told: Vec<Told<'_>> = recorded.iter().map(|(span, record)| tell(record, (Some(*span), PlacedBy::Span), places)).collect();
    told.extend(alone(records, recorded, places));
    told.sort_by(|left, right| {
        order::errors(left.record, right.record).then_with(|| (left.span, left.placed_by).cmp(&(right.span, right.placed_by)))
    });
    told.dedup_by(|next, kept| next.span == kept.span && next.record == kept.record);
    // What stands on one span is joined before what is only near in time.
    let groups = across_sources(across_sources(within_source(&told, places), true), false);
    let mut errors: Vec<RequestError> = groups.iter().filter_map(|group| combine(group, places)).collect();
    errors.sort_by(|left, right| {
        let key = |error: &RequestError| (error.time, error.span.is_none(), error.span);
        key(left)
            .cmp(&key(right))
            .then_with(|| (&left.class, &left.message).cmp(&(&right.class, &right.message)))
            .then_with(|| order::entirely(left, right))
    });
    errors
}

fn tell<'a>(record: &'a ErrorRecord, (span, placed_by): Place, places: &Places<'a>) -> Told<'a> {
    let of_span = span.and_then(|span| places.span(span)).map_or("", |span| span.service.as_str());
    let service = if record.service.is_empty() { of_span } else { record.service.as_str() };
    Told { record, span, placed_by, service }
}

/// Errors that are records of their own: by span ID; a fine clock by time; a coarse one on the entry span of its service; else the
/// deepest span with an exception of the same class.
fn alone<'a>(records: &'a [ErrorRecord], recorded: &[Recorded<'_>], places: &Places<'a>) -> Vec<Told<'a>> {
    let coarse = |record: &ErrorRecord| record.clock_ns >= SECOND;
    let mut deepest: HashMap<&str, (u32, Reverse<u32>)> = HashMap::new();
    for (span, record) in recorded {
        let depth = places.span(*span).map_or(0, |span| span.depth);
        let best = deepest.entry(short(&record.class)).or_insert((depth, Reverse(*span)));
        *best = (*best).max((depth, Reverse(*span)));
    }
    let moments: Vec<Moment<'_>> =
        records.iter().map(|record| (if coarse(record) { "" } else { record.service.as_str() }, record.time)).collect();
    let by_time = places.innermost(&moments);
    let told = records.iter().zip(by_time).map(|(record, by_time)| {
        let place = if let Some(span) = record.span.and_then(|id| places.by_id(id)) {
            (Some(span), PlacedBy::Span)
        } else {
            let entry = || if coarse(record) { places.entry(&record.service, record.time) } else { None };
            let by_class = || deepest.get(short(&record.class)).filter(|_| !record.class.is_empty()).map(|(_, Reverse(span))| *span);
            let span = by_time.or_else(entry).or_else(by_class);
            (span, if span.is_some() { PlacedBy::Time } else { PlacedBy::Trace })
        };
        tell(record, place, places)
    });
    told.collect()
}

/// One source's own repetitions: the same identity, or the same exception recorded again by the spans it passed on its way up.
/// Groups in the order of `told`.
fn within_source<'a>(told: &[Told<'a>], places: &Places<'_>) -> Vec<Group<'a>> {
    let mut owner: Vec<usize> = (0..told.len()).collect();
    for (index, above) in passed(told, places) {
        if let Some(slot) = owner.get_mut(above) {
            *slot = index;
        }
    }
    let mut groups: BTreeMap<usize, Vec<Told<'a>>> = BTreeMap::new();
    let mut by_id: HashMap<(Source, &str), usize> = HashMap::new();
    for (index, error) in told.iter().enumerate() {
        // A chain ends at the span where the exception began: every step goes down the tree.
        let mut root = index;
        while let Some(&below) = owner.get(root)
            && below != root
        {
            root = below;
        }
        if !error.record.id.is_empty() {
            root = *by_id.entry((error.record.source, &error.record.id)).or_insert(root);
        }
        groups.entry(root).or_default().push(*error);
    }
    groups.into_values().map(Group::of).collect()
}

/// Pairs of an error and the same error on the nearest span above it. Of several below the latest is the one that went up.
fn passed(told: &[Told<'_>], places: &Places<'_>) -> Vec<(usize, usize)> {
    fn key<'a>(error: &Told<'a>, span: u32) -> (Source, u32, &'a str, &'a str) {
        (error.record.source, span, &error.record.class, &error.record.message)
    }
    let mut by_place: HashMap<(Source, u32, &str, &str), usize> = HashMap::new();
    let on_span = |error: &Told<'_>| error.span.filter(|_| error.placed_by == PlacedBy::Span);
    for (index, error) in told.iter().enumerate() {
        if let Some(span) = on_span(error) {
            by_place.entry(key(error, span)).or_insert(index);
        }
    }
    let mut went_up: BTreeMap<usize, (UnixNs, usize)> = BTreeMap::new();
    for (index, error) in told.iter().enumerate() {
        let Some(own) = on_span(error).and_then(|span| places.span(span)) else { continue };
        let mut above = own.parent_index;
        for _ in 0..COMPARED {
            let Some((at, span)) = above.and_then(|at| Some((at, places.span(at)?))) else { break };
            if span.service != own.service {
                break;
            }
            let found = by_place.get(&key(error, at)).and_then(|other| Some((*other, told.get(*other)?)));
            if let Some((other, there)) = found {
                if there.record.time.since(error.record.time).abs() <= APART {
                    let latest = went_up.entry(other).or_insert((error.record.time, index));
                    *latest = (*latest).max((error.record.time, index));
                }
                break;
            }
            above = span.parent_index;
        }
    }
    went_up.into_iter().map(|(above, (_, index))| (index, above)).collect()
}

/// Joins each group with the nearest one of other sources that tells the same: class, message, and either the span or the service
/// within two seconds. A group never holds two different exceptions of one source.
fn across_sources(groups: Vec<Group<'_>>, on_one_span: bool) -> Vec<Group<'_>> {
    let mut joined: Vec<Group<'_>> = Vec::with_capacity(groups.len());
    let mut by_time: BTreeSet<(String, i64, usize)> = BTreeSet::new();
    let mut by_span: HashMap<(String, u32), Vec<usize>> = HashMap::new();
    for group in groups {
        let class = group.class();
        let time = group.time.0;
        let window = (class.clone(), time.saturating_sub(APART), 0)..=(class.clone(), time.saturating_add(APART), usize::MAX);
        let near = by_time.range(window).take(COMPARED).map(|(_, _, index)| *index).filter(|_| !on_one_span);
        let here = group.spans().filter_map(|span| by_span.get(&(class.clone(), span))).flatten().take(COMPARED).copied();
        let best = near
            .chain(here)
            .filter_map(|index| Some((index, joined.get(index)?)))
            .filter(|(_, other)| (!on_one_span || group.shares_span(other)) && group.same(other))
            .min_by_key(|(index, other)| (!group.shares_span(other), other.time.since(group.time).saturating_abs(), *index))
            .map(|(index, _)| index);
        let index = best.unwrap_or(joined.len());
        by_time.insert((class.clone(), time, index));
        for span in group.spans() {
            by_span.entry((class.clone(), span)).or_default().push(index);
        }
        match joined.get_mut(index) {
            Some(other) => other.join(group),
            None => joined.push(group),
        }
    }
    joined
}

impl<'a> Group<'a> {
    fn of(told: Vec<Told<'a>>) -> Self {
        let time = told.iter().map(|error| (error.record.clock_ns.max(1), error.record.time)).min().map_or(UnixNs(0), |(_, time)| time);
        Self { sources: told.iter().map(|error| error.record.source).collect(), told, time }
    }

    fn join(&mut self, other: Self) {
        let mut told = std::mem::take(&mut self.told);
        told.extend(other.told);
        *self = Self::of(told);
    }

    fn class(&self) -> String {
        self.told.first().map_or("", |error| short(&error.record.class)).to_owned()
    }

    fn spans(&self) -> impl Iterator<Item = u32> {
        self.told.iter().filter_map(|error| error.span)
    }

    fn shares_span(&self, other: &Self) -> bool {
        self.spans().any(|span| other.spans().any(|there| there == span))
    }

    fn same(&self, other: &Self) -> bool {
        let near = |left: &Told<'_>, right: &Told<'_>| {
            left.span.is_some() && left.span == right.span
                || !left.service.is_empty()
                    && left.service == right.service
                    && left.record.time.since(right.record.time).saturating_abs() <= APART
        };
        let alone = self.sources.iter().all(|source| !other.sources.contains(source));
        let pairs = || self.told.iter().flat_map(|left| other.told.iter().map(move |right| (left, right)));
        alone && pairs().take(COMPARED).any(|(left, right)| near(left, right) && alike(left.record, right.record))
    }
}

fn alike(left: &ErrorRecord, right: &ErrorRecord) -> bool {
    let contained = left.message.contains(&right.message) || right.message.contains(&left.message);
    short(&left.class) == short(&right.class) && (left.message == right.message || (contained && !left.class.is_empty()))
}

/// The class without its module or package.
fn short(class: &str) -> &str {
    class.rsplit(['.', ':', '/', '\\']).next().unwrap_or(class)
}

fn combine(group: &Group<'_>, places: &Places<'_>) -> Option<RequestError> {
    let records = || group.told.iter().map(|error| error.record);
    let first = records().next()?;
    let longest = |pick: fn(&ErrorRecord) -> &String| {
        records().map(pick).min_by_key(|text| (Reverse(text.len()), *text)).cloned().unwrap_or_default()
    };
    let depth = |span: Option<u32>| span.and_then(|span| places.span(span)).map_or(0, |span| span.depth);
    let (span, placed_by) =
        group.told.iter().map(|error| (error.placed_by, Reverse(depth(error.span)), error.span)).min().map(|(by, _, span)| (span, by))?;
    let service = span.and_then(|span| places.span(span)).map(|span| &span.service);
    let service = service.into_iter().chain(records().map(|record| &record.service)).find(|service| !service.is_empty());
    let url = records().map(|record| (record.url.is_empty(), record.source != Source::Rollbar, &record.url)).min();
    let mut raw: Vec<(Source, String)> = records().filter_map(|record| Some((record.source, record.raw.clone()?))).collect();
    raw.sort();
    raw.dedup();
    Some(RequestError {
        time: group.time,
        level: records().map(|record| record.level.as_str()).min_by_key(|level| (harmless(level), *level)).unwrap_or_default().to_owned(),
        class: longest(|record| &record.class),
        message: longest(|record| &record.message),
        frames: records().min_by_key(|record| Reverse(richness(&record.frames))).unwrap_or(first).frames.clone(),
        causes: records().min_by_key(|record| Reverse(record.causes.len())).unwrap_or(first).causes.clone(),
        service: service.cloned().unwrap_or_default(),
        sources: group.sources,
        url: url.map(|(_, _, url)| url.clone()).unwrap_or_default(),
        span,
        placed_by,
        attributes: attributes::merge(records().map(|record| (record.source, &record.attributes))),
        raw,
    })
}

fn harmless(level: &str) -> u8 {
    match level {
        "critical" => 0,
        "error" => 1,
        "warning" => 2,
        "info" => 3,
        "debug" => 4,
        _ => 5,
    }
}

/// How much a stack tells: its frames, and the source lines in them.
fn richness(frames: &[Frame]) -> usize {
    frames
        .iter()
        .map(|frame| 1 + usize::from(!frame.code.is_empty()) + usize::from(!frame.before.is_empty() || !frame.after.is_empty()))
        .sum()
}
