use super::*;
use crate::log::Severity;
use crate::sample;
use crate::{Counts, Source, State};
use proptest::collection::vec;
use proptest::prelude::*;

#[test]
fn the_sample_comes_back_whole() {
    let columns = Columns::of(&sample::request(), 3);
    assert_eq!(Columns::decode(&columns.encode()), Ok(columns));
}

#[test]
fn rows_say_what_the_request_says() {
    let request = sample::request();
    let columns = Columns::of(&request, 1);
    assert_eq!(columns.spans.len(), request.spans.len());
    for (index, span) in request.spans.iter().enumerate() {
        assert_eq!(columns.spans.id[index], span.id.value());
        assert_eq!(columns.text(columns.spans.service[index]), span.service);
        assert_eq!(columns.text(columns.spans.name[index]), span.name);
        assert_eq!(columns.start.plus(columns.spans.start_ns[index].cast_signed()), span.start);
        assert_eq!(columns.spans.parent[index], span.parent_index.unwrap_or(NONE));
        assert_eq!(columns.spans.depth[index], span.depth);
    }
    let worker = request.spans.iter().position(|span| span.orphan).unwrap();
    assert_eq!(columns.spans.flags[worker], flag::ORPHAN | flag::IN_PROGRESS);
    assert_eq!(columns.text(columns.logs.line[5]), "render failed");
    assert_eq!(columns.logs.severity[5], Severity::Error as u8);
    assert_eq!(columns.text(columns.errors.class[0]), "KeyError");
    assert_eq!(columns.spans.http_status[0], 500);
}

#[test]
fn long_lines_are_cut_at_400_characters() {
    let mut request = sample::request();
    request.logs[0].body = format!("\n  {}\nsecond", "é".repeat(1_000));
    let columns = Columns::of(&request, 1);
    assert_eq!(columns.text(columns.logs.line[0]), "é".repeat(400));
}

#[test]
fn other_bytes_and_versions_are_refused() {
    let mut bytes = Columns::of(&sample::request(), 1).encode();
    assert_eq!(Columns::decode(b"<html>"), Err(DecodeError::Magic));
    assert_eq!(Columns::decode(&[&bytes[..], &[0]].concat()), Err(DecodeError::Trailing));
    bytes[3] = 0;
    assert_eq!(Columns::decode(&bytes), Err(DecodeError::Version));
}

#[test]
fn a_promise_of_much_allocates_nothing() {
    let empty = Columns { strings: vec![String::new()], ..empty() };
    let bytes = empty.encode();
    // The last four are the lengths of spans, logs, errors and verdicts.
    for place in 1..=4 {
        let mut hostile = bytes[..bytes.len() - place].to_vec();
        hostile.extend([0xff, 0xff, 0xff, 0xff, 0x7f]);
        assert_eq!(Columns::decode(&hostile), Err(DecodeError::Truncated));
    }
}

#[test]
fn every_cut_is_an_error() {
    let bytes = Columns::of(&sample::request(), 1).encode();
    for end in 0..bytes.len() {
        assert!(Columns::decode(&bytes[..end]).is_err(), "{end}");
    }
}

fn empty() -> Columns {
    Columns {
        revision: 1,
        id: sample::trace(),
        traces: Vec::new(),
        aliases: Vec::new(),
        start: UnixNs(0),
        duration_ns: 0,
        strings: vec![String::new()],
        spans: SpanColumns::default(),
        logs: LogColumns::default(),
        errors: ErrorColumns::default(),
        verdicts: Vec::new(),
    }
}

/// Whether every index points into its table.
fn sound(columns: &Columns) -> bool {
    let text = |index: &u32| (*index as usize) < columns.strings.len();
    let spans = columns.spans.len();
    let span = |index: &u32| *index == NONE || (*index as usize) < spans;
    let parents = columns.spans.parent.iter().enumerate().all(|(own, parent)| *parent == NONE || (*parent as usize) < own);
    parents
        && columns.spans.service.iter().chain(&columns.spans.name).all(text)
        && columns.logs.line.iter().chain(&columns.logs.service).all(text)
        && columns.errors.class.iter().chain(&columns.errors.message).chain(&columns.errors.level).all(text)
        && columns.logs.span.iter().chain(&columns.errors.span).all(span)
}

prop_compose! {
    fn spans(texts: u32)(rows in vec((any::<(u64, u64, u64, u16, u8, u8)>(), 0..texts, 0..texts, 0..5_u8, any::<proptest::sample::Index>()), 0..40)) -> SpanColumns {
        let mut columns = SpanColumns::default();
        for ((id, start, duration, http, sources, flags), service, name, status, parent) in rows {
            let own = columns.len();
            let parent = Some(parent.index(own + 1)).filter(|parent| *parent < own);
            columns.depth.push(parent.map_or(0, |parent| columns.depth[parent] + 1));
            columns.parent.push(parent.map_or(NONE, |parent| u32::try_from(parent).unwrap()));
            columns.id.push(id);
            columns.start_ns.push(start);
            columns.duration_ns.push(duration);
            columns.service.push(service);
            columns.name.push(name);
            columns.status.push(status);
            columns.sources.push(sources & 15);
            columns.flags.push(flags & 15);
            columns.http_status.push(http);
        }
        columns
    }
}

prop_compose! {
    fn verdict()(source in 0..4_usize, state in 0..6_usize, counts in any::<[Option<u64>; 3]>(), elapsed_ms in any::<u64>(), texts in any::<(String, String, Vec<String>)>()) -> Verdict {
        let counts = Counts { spans: counts[0], logs: counts[1], errors: counts[2] };
        let (why, next_step, searched) = texts;
        Verdict { source: Source::ALL[source], state: State::ALL[state], counts, elapsed_ms, why, next_step, searched }
    }
}

prop_compose! {
    fn columns()(texts in vec(any::<String>(), 0..20))(
        spans in spans(u32::try_from(texts.len()).unwrap() + 1),
        verdicts in vec(verdict(), 0..5),
        numbers in any::<(u32, i64, u64)>(),
        times in vec(any::<(i64, i64)>(), 0..20),
        ids in vec(1..=u128::MAX, 1..4),
        strings in Just([vec![String::new()], texts].concat()),
    ) -> Columns {
        let last = u32::try_from(strings.len() - 1).unwrap();
        let traces: Vec<TraceId> = ids.into_iter().filter_map(TraceId::new).collect();
        let alias = Alias { from: traces[0], to: traces[traces.len() - 1], source: Source::Rollbar, because: "both".to_owned(), evidence: strings[strings.len() - 1].clone() };
        let mut columns = Columns { revision: numbers.0, id: traces[0], traces, aliases: vec![alias], start: UnixNs(numbers.1), duration_ns: numbers.2, strings, spans, verdicts, ..empty() };
        for (row, (log, error)) in times.into_iter().enumerate() {
            let span = if row < columns.spans.len() { u32::try_from(row).unwrap() } else { NONE };
            let small = u8::try_from(row).unwrap();
            columns.logs.time_ns.push(log);
            columns.logs.severity.push(small % 7);
            columns.logs.service.push(last);
            columns.logs.line.push(0);
            columns.logs.source.push(small % 4);
            columns.logs.span.push(span);
            columns.logs.placed_by.push(small % 3);
            columns.errors.time_ns.push(error);
            columns.errors.class.push(last);
            columns.errors.message.push(0);
            columns.errors.level.push(last);
            columns.errors.service.push(0);
            columns.errors.sources.push(small % 16);
            columns.errors.span.push(span);
            columns.errors.placed_by.push(small % 3);
        }
        columns
    }
}

proptest! {
    #[test]
    fn decoding_undoes_encoding(columns in columns()) {
        prop_assert_eq!(Columns::decode(&columns.encode()), Ok(columns));
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in vec(any::<u8>(), 0..400)) {
        let bytes = [b"TLC\x01".as_slice(), &bytes].concat();
        if let Ok(columns) = Columns::decode(&bytes) {
            prop_assert!(sound(&columns));
        }
    }

    #[test]
    fn damaged_columns_are_refused_or_sound(columns in columns(), damage in vec((any::<proptest::sample::Index>(), any::<u8>()), 1..8)) {
        let mut bytes = columns.encode();
        for (place, byte) in damage {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        if let Ok(columns) = Columns::decode(&bytes) {
            prop_assert!(sound(&columns));
        }
    }
}
