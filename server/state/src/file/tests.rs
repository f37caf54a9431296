use super::*;
use futures::FutureExt;
use proptest::prelude::*;
use std::collections::HashMap;

const TABLE: Table = Table { name: "aliases", max_rows: 5_000 };

/// The answer of a future that is ready at once.
fn block_on<T>(future: BoxFuture<'static, T>) -> T {
    future.now_or_never().unwrap()
}

fn row(key: &str, value: impl Into<Value>) -> Row {
    Row { key: key.to_owned(), value: value.into() }
}

fn value(store: &File, key: &str) -> Option<Value> {
    block_on(store.get(TABLE, vec![key.to_owned()])).unwrap().pop().map(|row| row.value)
}

#[test]
fn keeps_rows_over_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("state.jsonl");
    let store = File::open(&path).unwrap().store;
    block_on(store.put(TABLE, vec![row("a", 1), row("b", "two"), row("a", 3)])).unwrap();
    drop(store);
    let opened = File::open(&path).unwrap();
    assert_eq!(opened.set_aside, None);
    assert_eq!(value(&opened.store, "a"), Some(Value::from(3)));
    assert_eq!(value(&opened.store, "b"), Some(Value::from("two")));
    assert_eq!(value(&opened.store, "c"), None);
}

#[test]
fn sets_a_corrupt_file_aside_and_keeps_what_can_be_read() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("state.jsonl");
    fs::write(&path, "{\"t\":\"aliases\",\"k\":\"a\",\"v\":1}\nnot json\n\u{0}\u{0}\n{\"t\":\"aliases\",\"k\":\"b\",\"v\":2}\n").unwrap();
    let opened = File::open(&path).unwrap();
    let (aside, lines) = opened.set_aside.unwrap();
    assert_eq!(lines, 2);
    assert!(fs::read_to_string(aside).unwrap().contains("not json"));
    assert_eq!(value(&opened.store, "b"), Some(Value::from(2)));
    assert_eq!(File::open(&path).unwrap().set_aside, None, "the file written in its place is whole");
}

#[test]
fn drops_a_torn_last_line_quietly() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("state.jsonl");
    fs::write(&path, "{\"t\":\"aliases\",\"k\":\"a\",\"v\":1}\n{\"t\":\"aliases\",\"k\":\"b").unwrap();
    let opened = File::open(&path).unwrap();
    assert_eq!(opened.set_aside, None);
    block_on(opened.store.put(TABLE, vec![row("c", 3)])).unwrap();
    let again = File::open(&path).unwrap();
    assert_eq!(again.set_aside, None, "the next line does not continue the torn one");
    assert_eq!((value(&again.store, "a"), value(&again.store, "c")), (Some(Value::from(1)), Some(Value::from(3))));
}

#[test]
fn drops_the_rows_written_longest_ago() {
    let store = File::in_memory();
    let small = Table { name: "aliases", max_rows: 2 };
    for (key, at) in [("a", 1), ("b", 2), ("a", 3), ("c", 4)] {
        block_on(store.put(small, vec![row(key, at)])).unwrap();
    }
    assert_eq!((value(&store, "a"), value(&store, "b"), value(&store, "c")), (Some(Value::from(3)), None, Some(Value::from(4))));
}

#[test]
fn refuses_a_row_that_is_too_large() {
    let store = File::in_memory();
    let result = block_on(store.put(TABLE, vec![row("a", "x".repeat(Row::MAX_BYTES))]));
    assert!(matches!(result, Err(StoreError::TooLarge { .. })));
    assert!(store.is_empty());
}

#[test]
fn the_file_stays_in_proportion_to_what_it_holds() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("state.jsonl");
    let store = File::open(&path).unwrap().store;
    for at in 0..5_000 {
        block_on(store.put(TABLE, vec![row("a", at)])).unwrap();
    }
    let lines = fs::read_to_string(&path).unwrap().lines().count();
    assert!(lines <= COMPACT_FROM + 1, "{lines} lines for one row");
    assert_eq!(value(&File::open(&path).unwrap().store, "a"), Some(Value::from(4_999)));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn reads_back_what_was_written_last(writes in prop::collection::vec((0_u8..20, any::<i64>()), 0..200), reopen in 0_usize..200) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("state.jsonl");
        let mut store = File::open(&path).unwrap().store;
        let mut expected = HashMap::new();
        for (at, (key, number)) in writes.into_iter().enumerate() {
            if at == reopen {
                store = File::open(&path).unwrap().store;
            }
            block_on(store.put(TABLE, vec![row(&key.to_string(), number)])).unwrap();
            expected.insert(key.to_string(), number);
        }
        for (key, number) in expected {
            prop_assert_eq!(value(&store, &key), Some(Value::from(number)));
        }
    }
}
