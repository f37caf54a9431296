//! Log groups, their streams, and where their events lie.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use serde::{Deserialize, Serialize};

use super::block::{Block, Digest, Sample, digest};
use crate::store::{Place, View, family};

/// What both views know together.
#[derive(Debug, Default)]
pub struct State(RwLock<Groups>);

/// Groups by name.
pub type Groups = BTreeMap<String, Group>;

/// A log group. Times are milliseconds since 1970.
#[derive(Debug, Default)]
pub struct Group {
    pub created_ms: i64,
    pub retention_days: Option<i32>,
    pub class: Option<String>,
    pub tags: BTreeMap<String, String>,
    pub streams: BTreeMap<Arc<str>, Stream>,
    created_in: Option<Place>,
}

/// A log stream.
#[derive(Debug, Default)]
pub struct Stream {
    pub created_ms: i64,
    pub last_ingestion_ms: Option<i64>,
    pub blocks: Vec<Held>,
    created_in: Option<Place>,
}

/// One block of events.
#[derive(Debug)]
pub struct Held {
    pub place: Place,
    pub ingestion_ms: i64,
    pub digest: Digest,
    /// Its sample events were removed; the others stay.
    pub without_samples: bool,
}

impl Group {
    /// Bytes of all messages.
    pub fn stored_bytes(&self) -> u64 {
        self.streams.values().flat_map(|stream| &stream.blocks).map(|held| held.digest.bytes).sum()
    }
}

impl Stream {
    /// The first and last event.
    pub fn times(&self) -> Option<(i64, i64)> {
        let first = self.blocks.iter().map(|held| held.digest.first_ms).min()?;
        Some((first, self.blocks.iter().map(|held| held.digest.last_ms).max()?))
    }
}

/// A change of groups and streams, as it is stored.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum Change {
    CreateGroup { group: String, class: Option<String>, tags: BTreeMap<String, String> },
    DeleteGroup { group: String },
    CreateStream { group: String, stream: String },
    DeleteStream { group: String, stream: String },
    Retention { group: String, days: Option<i32> },
    Tag { group: String, tags: BTreeMap<String, String> },
    Untag { group: String, keys: Vec<String> },
}

impl State {
    pub fn read(&self) -> RwLockReadGuard<'_, Groups> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Groups> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was in this file is gone; a group or stream that nothing else tells of goes with it, as it would after a restart.
    fn forget_file(&self, file: u32) {
        let mut groups = self.write();
        for group in groups.values_mut() {
            forget_origin(&mut group.created_in, file);
            for stream in group.streams.values_mut() {
                forget_origin(&mut stream.created_in, file);
                stream.blocks.retain(|held| held.place.file != file);
            }
            group.streams.retain(|_, stream| stream.created_in.is_some() || !stream.blocks.is_empty());
        }
        groups.retain(|_, group| group.created_in.is_some() || !group.streams.is_empty());
    }
}

fn forget_origin(origin: &mut Option<Place>, file: u32) {
    if origin.is_some_and(|place| place.file == file) {
        *origin = None;
    }
}

/// The view of log events.
#[derive(Debug)]
pub struct Events(pub Arc<State>);

/// A block on its way into the state.
#[derive(Debug)]
pub struct NewBlock {
    pub group: String,
    pub stream: String,
    pub digest: Digest,
}

impl View for Events {
    const FAMILY: u8 = family::CLOUDWATCH_EVENTS;
    type Entries = Option<NewBlock>;

    fn entries(payload: &[u8]) -> Option<NewBlock> {
        let block = Block::open(payload)?;
        Some(NewBlock { group: block.group().to_owned(), stream: block.stream().to_owned(), digest: digest(&block)? })
    }

    fn apply(&self, place: Place, arrival_ms: i64, entries: Option<NewBlock>) {
        let Some(block) = entries else { return };
        let mut groups = self.0.write();
        // Both exist, unless retention has dropped the record that created them.
        let group = groups.entry(block.group).or_insert_with(|| Group { created_ms: arrival_ms, ..Group::default() });
        let stream = group.streams.entry(block.stream.into()).or_insert_with(|| Stream { created_ms: arrival_ms, ..Stream::default() });
        stream.last_ingestion_ms = Some(arrival_ms);
        stream.blocks.push(Held { place, ingestion_ms: arrival_ms, digest: block.digest, without_samples: false });
    }

    fn forget_file(&self, file: u32) {
        self.0.forget_file(file);
    }

    /// Lines are not traces: the number is 0.
    fn forget_demo(&self) -> u64 {
        let mut groups = self.0.write();
        for stream in groups.values_mut().flat_map(|group| group.streams.values_mut()) {
            stream.blocks.retain(|held| held.digest.sample != Sample::All);
            for held in &mut stream.blocks {
                held.without_samples |= held.digest.sample == Sample::Some;
            }
        }
        0
    }
}

/// The view of groups and streams.
#[derive(Debug)]
pub struct Control(pub Arc<State>);

impl View for Control {
    const FAMILY: u8 = family::CLOUDWATCH_CONTROL;
    type Entries = Option<Change>;

    fn entries(payload: &[u8]) -> Option<Change> {
        serde_json::from_slice(payload).ok()
    }

    fn apply(&self, place: Place, arrival_ms: i64, entries: Option<Change>) {
        let Some(change) = entries else { return };
        let mut groups = self.0.write();
        match change {
            Change::CreateGroup { group, class, tags } => {
                let made = Group { created_ms: arrival_ms, class, tags, created_in: Some(place), ..Group::default() };
                groups.entry(group).or_insert(made);
            }
            Change::DeleteGroup { group } => {
                groups.remove(&group);
            }
            Change::CreateStream { group, stream } => {
                let made = Stream { created_ms: arrival_ms, created_in: Some(place), ..Stream::default() };
                let group = groups.entry(group).or_insert_with(|| Group { created_ms: arrival_ms, ..Group::default() });
                group.streams.entry(stream.into()).or_insert(made);
            }
            Change::DeleteStream { group, stream } => {
                if let Some(group) = groups.get_mut(&group) {
                    group.streams.remove(stream.as_str());
                }
            }
            Change::Retention { group, days } => {
                if let Some(group) = groups.get_mut(&group) {
                    group.retention_days = days;
                }
            }
            Change::Tag { group, tags } => {
                if let Some(group) = groups.get_mut(&group) {
                    group.tags.extend(tags);
                }
            }
            Change::Untag { group, keys } => {
                if let Some(group) = groups.get_mut(&group) {
                    group.tags.retain(|key, _| !keys.contains(key));
                }
            }
        }
    }

    fn forget_file(&self, file: u32) {
        self.0.forget_file(file);
    }

    fn forget_demo(&self) -> u64 {
        0
    }
}
