//! What earlier searches taught: which IDs are one request, who knows an ID, where a service writes its lines.
//! Losing it costs a round, never an answer.

use model::{Alias, SourceSet, TraceId};
use serde::Serialize;
use serde::de::DeserializeOwned;
use state::{Row, Store, StoreError, Table};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

const ALIASES: Table = Table { name: "aliases", max_rows: 20_000 };
const KNOWN_BY: Table = Table { name: "known_by", max_rows: 50_000 };
const LOG_GROUPS: Table = Table { name: "log_groups", max_rows: 2_000 };

/// Of one ID or service, so many are kept.
const MAX_EACH: usize = 16;
/// Evidence is kept for display only.
const MAX_EVIDENCE: usize = 200;

/// What was learned, in a store.
#[derive(Clone)]
pub struct Learned {
    store: Arc<dyn Store>,
}

impl Learned {
    /// What that store holds.
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self { store }
    }

    /// The records that join each of these IDs with others.
    pub async fn aliases(&self, ids: impl IntoIterator<Item = TraceId>) -> HashMap<TraceId, Vec<Alias>> {
        let rows: Vec<(String, Vec<Alias>)> = self.read(ALIASES, ids.into_iter().map(|id| id.to_string()).collect()).await;
        rows.into_iter().filter_map(|(key, aliases)| Some((key.parse().ok()?, aliases))).collect()
    }

    /// Who is known to know each of these IDs.
    pub async fn known_by(&self, ids: impl IntoIterator<Item = TraceId>) -> HashMap<TraceId, SourceSet> {
        let rows: Vec<(String, SourceSet)> = self.read(KNOWN_BY, ids.into_iter().map(|id| id.to_string()).collect()).await;
        rows.into_iter().filter_map(|(key, sources)| Some((key.parse().ok()?, sources))).collect()
    }

    /// The log groups in which lines of these services were found.
    pub async fn log_groups(&self, services: impl IntoIterator<Item = String>) -> BTreeSet<String> {
        let rows: Vec<(String, Vec<String>)> = self.read(LOG_GROUPS, services.into_iter().collect()).await;
        rows.into_iter().flat_map(|(_, groups)| groups).collect()
    }

    /// Keeps what one search taught, while nobody waits for it.
    pub fn keep_aside(&self, aliases: Vec<Alias>, known_by: BTreeMap<TraceId, SourceSet>, by_service: BTreeMap<String, BTreeSet<String>>) {
        let learned = self.clone();
        let runtime = tokio::runtime::Handle::current();
        // The embedded store writes to a file.
        drop(tokio::task::spawn_blocking(move || runtime.block_on(learned.keep(aliases, known_by, by_service))));
    }

    /// Keeps what one search taught: records that join IDs, who knows an ID, the log groups of services.
    async fn keep(&self, aliases: Vec<Alias>, known_by: BTreeMap<TraceId, SourceSet>, mut by_service: BTreeMap<String, BTreeSet<String>>) {
        let mut by_id: BTreeMap<TraceId, BTreeSet<Alias>> = BTreeMap::new();
        for mut alias in aliases {
            alias.evidence = alias.evidence.chars().take(MAX_EVIDENCE).collect();
            by_id.entry(alias.from).or_default().insert(alias.clone());
            by_id.entry(alias.to).or_default().insert(alias);
        }
        for (id, earlier) in self.aliases(by_id.keys().copied()).await {
            by_id.entry(id).or_default().extend(earlier);
        }
        let rows = by_id.into_iter().map(|(id, all)| (id.to_string(), all.into_iter().take(MAX_EACH).collect::<Vec<_>>()));
        self.write(ALIASES, rows).await;

        let earlier = self.known_by(known_by.keys().copied()).await;
        let rows = known_by.into_iter().map(|(id, sources)| {
            let earlier = earlier.get(&id).copied().unwrap_or_default();
            (id.to_string(), sources.union(earlier))
        });
        self.write(KNOWN_BY, rows).await;

        let earlier: Vec<(String, Vec<String>)> = self.read(LOG_GROUPS, by_service.keys().cloned().collect()).await;
        for (service, groups) in earlier {
            let known = by_service.entry(service).or_default();
            known.extend(groups);
            while known.len() > MAX_EACH {
                known.pop_last();
            }
        }
        self.write(LOG_GROUPS, by_service.into_iter()).await;
    }

    async fn read<T: DeserializeOwned>(&self, table: Table, keys: Vec<String>) -> Vec<(String, T)> {
        if keys.is_empty() {
            return Vec::new();
        }
        match self.store.get(table, keys).await {
            Ok(rows) => rows.into_iter().filter_map(|row| Some((row.key, serde_json::from_value(row.value).ok()?))).collect(),
            Err(error) => {
                complain(table, &error);
                Vec::new()
            }
        }
    }

    async fn write<T: Serialize>(&self, table: Table, rows: impl Iterator<Item = (String, T)>) {
        let rows: Vec<Row> = rows.filter_map(|(key, value)| Some(Row { key, value: serde_json::to_value(value).ok()? })).collect();
        if rows.is_empty() {
            return;
        }
        if let Err(error) = self.store.put(table, rows).await {
            complain(table, &error);
        }
    }
}

fn complain(table: Table, error: &StoreError) {
    tracing::warn!(table = table.name, %error, "what was learned cannot be kept");
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Source;

    fn id(value: u128) -> TraceId {
        TraceId::new(value).unwrap()
    }

    fn alias(from: u128, to: u128) -> Alias {
        Alias { from: id(from), to: id(to), source: Source::Rollbar, because: "both in custom".to_owned(), evidence: "x".repeat(500) }
    }

    #[tokio::test]
    async fn is_found_again_from_either_id() {
        let learned = Learned::new(Arc::new(state::File::in_memory()));
        let known = BTreeMap::from([(id(1), SourceSet::of(Source::Xray))]);
        learned.keep(vec![alias(1, 2)], known, BTreeMap::new()).await;
        let known = BTreeMap::from([(id(1), SourceSet::of(Source::Rollbar))]);
        learned.keep(vec![alias(1, 3)], known, BTreeMap::new()).await;
        let aliases = learned.aliases([id(1), id(2), id(3), id(4)]).await;
        assert_eq!(aliases[&id(1)].len(), 2);
        assert_eq!(aliases[&id(2)].len(), 1);
        assert_eq!(aliases[&id(3)][0].evidence.len(), MAX_EVIDENCE);
        assert!(!aliases.contains_key(&id(4)));
        assert_eq!(learned.known_by([id(1)]).await[&id(1)], [Source::Xray, Source::Rollbar].into_iter().collect());
    }

    #[tokio::test]
    async fn remembers_log_groups_of_a_service() {
        let learned = Learned::new(Arc::new(state::File::in_memory()));
        let groups = |name: &str| BTreeMap::from([("backend".to_owned(), BTreeSet::from([name.to_owned()]))]);
        learned.keep(Vec::new(), BTreeMap::new(), groups("/b")).await;
        learned.keep(Vec::new(), BTreeMap::new(), groups("/a")).await;
        let found = learned.log_groups(["backend".to_owned(), "other".to_owned()]).await;
        assert_eq!(found, BTreeSet::from(["/a".to_owned(), "/b".to_owned()]));
    }
}
