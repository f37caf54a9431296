//! The items and occurrences in memory: small summaries, an index over values, and the place of each document.

use super::occurrence::Summary;
use super::search::{Pattern, Term};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ops::Bound;
use std::sync::Arc;

/// All items, in the two orders in which they are asked for.
#[derive(Debug)]
pub struct Items<Place> {
    groups: BTreeMap<u64, Group>,
    occurrences: BTreeMap<i64, Kept<Place>>,
    by_group: HashMap<(String, String), u64>,
    by_uuid: HashMap<String, i64>,
    index: BTreeMap<Arc<str>, BTreeMap<Box<str>, Vec<i64>>>,
    /// Accepted, not yet stored.
    arriving: HashSet<String>,
    last_counter: u64,
    last_id: i64,
}

/// An occurrence, without its document.
#[derive(Debug, Clone)]
struct Kept<Place> {
    place: Place,
    counter: u64,
    /// Whole unix seconds.
    timestamp: i64,
    sample: bool,
}

/// What all occurrences of an item share; taken from the first one.
#[derive(Debug, Clone)]
pub struct Item {
    /// The number people see, per project from 1.
    pub counter: u64,
    /// Its title.
    pub title: String,
    /// Its environment.
    pub environment: String,
    /// The level of its first occurrence.
    pub level: String,
    /// The framework, or `unknown`.
    pub framework: String,
    /// The platform, or `unknown`.
    pub platform: String,
    /// The grouping fingerprint.
    pub hash: String,
}

#[derive(Debug)]
struct Group {
    item: Item,
    occurrences: BTreeSet<i64>,
}

/// One item as an answer shows it: counted over the occurrences that match the search.
#[derive(Debug, Clone)]
pub struct Found {
    /// The item.
    pub item: Item,
    /// How many occurrences match.
    pub total: usize,
    /// ID and unix seconds of the first that matches.
    pub first: (i64, i64),
    /// ID and unix seconds of the last that matches.
    pub last: (i64, i64),
}

/// What becomes of an occurrence that arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    /// It is new, and is to be stored under these numbers.
    New(Numbers),
    /// One with this uuid is being stored at this moment; whether that succeeds is open.
    Arriving,
    /// One with this uuid is stored. This one is discarded.
    Known,
}

/// What a new occurrence is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Numbers {
    /// Its own ID.
    pub id: i64,
    /// Its item.
    pub counter: u64,
}

impl<Place> Default for Items<Place> {
    fn default() -> Self {
        Self {
            groups: BTreeMap::new(),
            occurrences: BTreeMap::new(),
            by_group: HashMap::new(),
            by_uuid: HashMap::new(),
            index: BTreeMap::new(),
            arriving: HashSet::new(),
            last_counter: 0,
            last_id: 0,
        }
    }
}

impl<Place: Copy> Items<Place> {
    /// Numbers for an occurrence that is about to be stored. Followed by [`Self::apply`], or by [`Self::give_up`] if it
    /// could not be stored.
    pub fn arrive(&mut self, uuid: &str, environment: &str, hash: &str, now_ms: i64) -> Arrival {
        if self.by_uuid.contains_key(uuid) {
            return Arrival::Known;
        }
        if !self.arriving.insert(uuid.to_owned()) {
            return Arrival::Arriving;
        }
        self.last_id = self.last_id.saturating_add(1).max(now_ms.saturating_mul(1000));
        let group = (environment.to_owned(), hash.to_owned());
        let counter = *self.by_group.entry(group).or_insert_with(|| {
            self.last_counter += 1;
            self.last_counter
        });
        Arrival::New(Numbers { id: self.last_id, counter })
    }

    /// Forgets a number that was not used.
    pub fn give_up(&mut self, uuid: &str) {
        self.arriving.remove(uuid);
    }

    /// A stored occurrence, new or read again after a restart.
    pub fn apply(&mut self, place: Place, occurrence: Summary) {
        let Summary { id, counter, .. } = occurrence;
        self.arriving.remove(&occurrence.uuid);
        if self.by_uuid.contains_key(&occurrence.uuid) {
            return;
        }
        self.last_id = self.last_id.max(id);
        self.last_counter = self.last_counter.max(counter);
        for (field, value) in occurrence.terms {
            let values = match self.index.get_mut(field.as_str()) {
                Some(values) => values,
                None => self.index.entry(field.into()).or_default(),
            };
            values.entry(value.into()).or_default().push(id);
        }
        self.by_uuid.insert(occurrence.uuid, id);
        self.by_group.insert((occurrence.environment.clone(), occurrence.hash.clone()), counter);
        let group = self.groups.entry(counter).or_insert_with(|| Group {
            item: Item {
                counter,
                title: String::new(),
                environment: occurrence.environment,
                level: String::new(),
                framework: occurrence.framework,
                platform: occurrence.platform,
                hash: occurrence.hash,
            },
            occurrences: BTreeSet::new(),
        });
        group.occurrences.insert(id);
        if group.occurrences.first() == Some(&id) {
            group.item.title = occurrence.title;
            group.item.level = occurrence.level;
        }
        let kept = Kept { place, counter, timestamp: occurrence.timestamp, sample: occurrence.sample };
        self.occurrences.insert(id, kept);
    }

    /// Drops the occurrences that `gone` names, and the items left without any; says how many.
    pub fn forget(&mut self, gone: impl Fn(&Place, bool) -> bool) -> u64 {
        let before = self.occurrences.len();
        self.occurrences.retain(|_, kept| !gone(&kept.place, kept.sample));
        if self.occurrences.len() == before {
            return 0;
        }
        let kept = &self.occurrences;
        self.by_uuid.retain(|_, id| kept.contains_key(id));
        for values in self.index.values_mut() {
            values.retain(|_, ids| {
                ids.retain(|id| kept.contains_key(id));
                !ids.is_empty()
            });
        }
        self.index.retain(|_, values| !values.is_empty());
        self.groups.retain(|_, group| {
            group.occurrences.retain(|id| kept.contains_key(id));
            !group.occurrences.is_empty()
        });
        let groups = &self.groups;
        self.by_group.retain(|_, counter| groups.contains_key(counter));
        u64::try_from(before - self.occurrences.len()).unwrap_or(u64::MAX)
    }

    /// The items in which some occurrence matches all terms, the one that was seen last first.
    pub fn search(&self, terms: &[Term]) -> Vec<Found> {
        let matching = self.matching(terms);
        let mut found: Vec<Found> = match &matching {
            None => self.groups.values().filter_map(|group| self.found(&group.item, group.occurrences.iter())).collect(),
            Some(ids) => {
                let mut by_item: BTreeMap<u64, Vec<i64>> = BTreeMap::new();
                for (id, kept) in ids.iter().filter_map(|id| self.occurrences.get_key_value(id)) {
                    by_item.entry(kept.counter).or_default().push(*id);
                }
                by_item.iter().filter_map(|(counter, ids)| self.found(&self.groups.get(counter)?.item, ids.iter())).collect()
            }
        };
        found.retain(|found| {
            terms.iter().all(|term| match term {
                Term::Counter(counter) => found.item.counter == *counter,
                Term::Title(words) => found.item.title.to_lowercase().contains(words.as_str()),
                Term::Field(..) => true,
            })
        });
        found.sort_unstable_by_key(|found| std::cmp::Reverse(found.last.0));
        found
    }

    /// The occurrences that match all terms with a field; `None` if there is no such term.
    fn matching(&self, terms: &[Term]) -> Option<BTreeSet<i64>> {
        let mut all: Option<BTreeSet<i64>> = None;
        for term in terms {
            if let Term::Field(field, pattern) = term {
                let ids = self.with_value(field, pattern);
                all = Some(all.map_or_else(|| ids.clone(), |all| all.intersection(&ids).copied().collect()));
            }
        }
        all
    }

    fn with_value(&self, field: &str, pattern: &Pattern) -> BTreeSet<i64> {
        let Some(values) = self.index.get(field) else { return BTreeSet::new() };
        let prefix = pattern.prefix();
        if matches!(pattern, Pattern::Exact(_)) {
            return values.get(prefix.as_str()).into_iter().flatten().copied().collect();
        }
        values
            .range::<str, _>((Bound::Included(prefix.as_str()), Bound::Unbounded))
            .take_while(|(value, _)| value.starts_with(&prefix))
            .filter(|(value, _)| pattern.matches(value))
            .flat_map(|(_, ids)| ids.iter().copied())
            .collect()
    }

    fn found<'a>(&self, item: &Item, ids: impl DoubleEndedIterator<Item = &'a i64> + Clone) -> Option<Found> {
        let with_time = |id: &i64| self.occurrences.get(id).map(|kept| (*id, kept.timestamp));
        let first = ids.clone().next().and_then(with_time)?;
        let last = ids.clone().next_back().and_then(with_time)?;
        Some(Found { item: item.clone(), total: ids.count(), first, last })
    }

    /// One item, over all its occurrences.
    pub fn item(&self, counter: u64) -> Option<Found> {
        let group = self.groups.get(&counter)?;
        self.found(&group.item, group.occurrences.iter())
    }

    /// The item to which the occurrence of this uuid belongs.
    pub fn item_of_uuid(&self, uuid: &str) -> Option<Found> {
        let id = self.by_uuid.get(uuid)?;
        self.item(self.occurrences.get(id)?.counter)
    }

    /// Where the document of an occurrence is.
    pub fn place(&self, id: i64) -> Option<Place> {
        self.occurrences.get(&id).map(|kept| kept.place)
    }

    /// Occurrences, newest first: of one item or of all, older than `before`, after `skip`, at most `limit`.
    pub fn newest(&self, counter: Option<u64>, before: Option<i64>, skip: usize, limit: usize) -> Vec<(i64, Place)> {
        let before = before.unwrap_or(i64::MAX);
        let place = |id: &i64| self.occurrences.get(id).map(|kept| (*id, kept.place));
        match counter {
            Some(counter) => {
                let ids = self.groups.get(&counter).map(|group| &group.occurrences);
                ids.into_iter().flat_map(|ids| ids.range(..before).rev()).skip(skip).take(limit).filter_map(place).collect()
            }
            None => self.occurrences.range(..before).rev().skip(skip).take(limit).map(|(id, kept)| (*id, kept.place)).collect(),
        }
    }

    /// How many occurrences of the items that `of` names lie in each of `buckets` buckets of `seconds`, of which the last
    /// one contains `now`; oldest first.
    pub fn counts(&self, now: i64, seconds: i64, buckets: usize, of: impl Fn(&Item) -> bool) -> Vec<(i64, u64)> {
        let last = now - now.rem_euclid(seconds);
        let starts = (0..buckets).rev().map(|back| last - seconds * i64::try_from(back).unwrap_or_default());
        let mut counts: BTreeMap<i64, u64> = starts.map(|start| (start, 0)).collect();
        let asked: HashSet<u64> = self.groups.values().filter(|group| of(&group.item)).map(|group| group.item.counter).collect();
        for kept in self.occurrences.values().filter(|kept| asked.contains(&kept.counter)) {
            if let Some(count) = counts.get_mut(&(kept.timestamp - kept.timestamp.rem_euclid(seconds))) {
                *count += 1;
            }
        }
        counts.into_iter().collect()
    }

    /// How many occurrences and items there are.
    pub fn len(&self) -> (usize, usize) {
        (self.occurrences.len(), self.groups.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rollbar::search::parse;

    fn add(items: &mut Items<u32>, file: u32, uuid: &str, hash: &str, trace: &str) -> Option<Numbers> {
        let Arrival::New(numbers) = items.arrive(uuid, "test", hash, 5) else { return None };
        let occurrence = Summary {
            id: numbers.id,
            counter: numbers.counter,
            hash: hash.to_owned(),
            uuid: uuid.to_owned(),
            timestamp: 100 + numbers.id % 10,
            environment: "test".to_owned(),
            level: "error".to_owned(),
            title: format!("Title of {uuid}"),
            framework: "flask".to_owned(),
            platform: "unknown".to_owned(),
            sample: uuid.starts_with("sample"),
            terms: vec![("custom[trace_id]".to_owned(), trace.to_owned())],
        };
        items.apply(file, occurrence);
        Some(numbers)
    }

    #[test]
    fn groups_counts_and_discards_duplicates() {
        let mut items = Items::default();
        let first = add(&mut items, 1, "a", "x", "t1").unwrap();
        let second = add(&mut items, 1, "b", "x", "t2").unwrap();
        let other = add(&mut items, 1, "c", "y", "t2").unwrap();
        assert_eq!((first.counter, second.counter, other.counter), (1, 1, 2));
        assert!(first.id < second.id && second.id < other.id);
        assert_eq!(add(&mut items, 1, "a", "z", "t9"), None);
        assert_eq!(items.len(), (3, 2));
        let found = items.item(1).unwrap();
        assert_eq!((found.total, found.first.0, found.last.0, found.item.title.as_str()), (2, first.id, second.id, "Title of a"));
        assert_eq!(items.item_of_uuid("c").unwrap().item.counter, 2);
    }

    #[test]
    fn a_uuid_on_its_way_is_neither_new_nor_known_until_it_is_given_up() {
        let mut items = Items::<u32>::default();
        assert!(matches!(items.arrive("a", "test", "x", 5), Arrival::New(_)));
        assert_eq!(items.arrive("a", "test", "x", 5), Arrival::Arriving);
        items.give_up("a");
        assert!(matches!(items.arrive("a", "test", "x", 5), Arrival::New(_)));
    }

    #[test]
    fn a_search_counts_over_the_occurrences_that_match() {
        let mut items = Items::default();
        add(&mut items, 1, "a", "x", "aa11").unwrap();
        let second = add(&mut items, 1, "b", "x", "aa22").unwrap();
        add(&mut items, 1, "c", "y", "bb33").unwrap();
        let search = |query: &str| items.search(&parse(query)).iter().map(|f| (f.item.counter, f.total, f.last.0)).collect::<Vec<_>>();
        assert_eq!(search(r#"custom[trace_id]:"aa22""#), [(1, 1, second.id)]);
        assert_eq!(search("custom[trace_id]:aa"), [(1, 2, second.id)]);
        assert_eq!(search(r#"custom[trace_id]:"aa""#), []);
        assert_eq!(search("custom[other]:aa"), []);
        assert_eq!(search("custom[trace_id]:aa custom[trace_id]:b"), []);
        assert_eq!(search("#2").len(), 1);
        assert_eq!(search("title OF").len(), 2);
        assert_eq!(search("").iter().map(|found| found.0).collect::<Vec<_>>(), [2, 1], "last seen first");
    }

    #[test]
    fn forgets_a_file_and_sample_data() {
        let mut items = Items::default();
        add(&mut items, 1, "a", "x", "t1").unwrap();
        add(&mut items, 2, "b", "x", "t2").unwrap();
        add(&mut items, 2, "sample", "y", "t3").unwrap();
        assert_eq!(items.forget(|file, _| *file == 1), 1);
        assert_eq!(items.item(1).unwrap().total, 1);
        assert!(items.search(&parse("custom[trace_id]:t1")).is_empty());
        assert_eq!(items.forget(|_, sample| sample), 1);
        assert_eq!(items.len(), (1, 1));
        assert_eq!(items.forget(|_, sample| sample), 0);
        assert!(matches!(items.arrive("a", "test", "x", 5), Arrival::New(_)), "what was forgotten may come again");
    }

    #[test]
    fn pages_newest_first() {
        let mut items = Items::default();
        let ids: Vec<i64> = ["a", "b", "c", "d"].iter().map(|uuid| add(&mut items, 1, uuid, "x", "t").unwrap().id).collect();
        let page = |before, skip, limit| items.newest(Some(1), before, skip, limit).iter().map(|(id, _)| *id).collect::<Vec<_>>();
        assert_eq!(page(None, 0, 2), [ids[3], ids[2]]);
        assert_eq!(page(None, 2, 9), [ids[1], ids[0]]);
        assert_eq!(page(Some(ids[2]), 0, 9), [ids[1], ids[0]]);
        assert_eq!(items.newest(None, None, 0, 9).len(), 4);
        assert_eq!(items.newest(Some(9), None, 0, 9), []);
        assert_eq!(items.counts(105, 60, 2, |_| true).iter().map(|(_, count)| count).sum::<u64>(), 4);
    }
}
