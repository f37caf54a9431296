//! Any order, duplication or split of the fragments gives the same bytes.

use super::*;
use crate::columns::Columns;
use crate::{SpanEvent, SpanLink};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

fn sources() -> impl Strategy<Value = Source> {
    select(Source::ALL.to_vec())
}

fn short_text() -> impl Strategy<Value = String> {
    select(vec!["", "shop", "orders", "GET /orders", "x"]).prop_map(str::to_owned)
}

fn few_attributes() -> impl Strategy<Value = Attributes> {
    proptest::collection::btree_map(
        select(vec!["a".to_owned(), "b".to_owned()]),
        select(vec![Value::Int(1), Value::from("1"), Value::Float(-0.0), Value::Float(0.0), Value::Bool(true)]),
        0..2,
    )
}

prop_compose! {
    fn error_records()(
        source in sources(), identity in select(vec!["", "", "e1", "e2"]), span in 0..8_u64, time in 0..4_000_i64, coarse in any::<bool>(),
        class in select(vec!["", "KeyError", "x.KeyError", "Timeout"]), message in select(vec!["", "a", "a b"]), service in short_text(),
        frames in 0..3_usize, attributes in few_attributes(),
    ) -> ErrorRecord {
        ErrorRecord {
            id: identity.to_owned(),
            span: SpanId::new(span),
            clock_ns: if coarse { crate::time::SECOND } else { 1 },
            service,
            frames: vec![Frame { file: format!("{time}"), ..Frame::default() }; frames],
            attributes,
            ..error(source, class, message, time)
        }
    }
}

prop_compose! {
    fn span_records()(
        source in sources(), own in 1..8_u64, parent in 0..9_u64, start in 0..3_000_i64, length in select(vec![None, Some(0), Some(5), Some(900)]),
        names in (short_text(), short_text()), kind in select(vec![SpanKind::Unspecified, SpanKind::Server, SpanKind::Client]),
        status in select(vec![Status::Unset, Status::Ok, Status::Fault]), flags in any::<(bool, bool)>(), attributes in few_attributes(),
        exceptions in vec(error_records(), 0..2), extra in vec((0..3_i64, short_text()), 0..2), which in 1..3_u128,
    ) -> SpanRecord {
        let (inferred, fine) = flags;
        SpanRecord {
            source,
            trace: trace(which),
            service: names.0,
            name: names.1,
            kind,
            end: length.map(|length| UnixNs::from_ms(start + length)),
            clock_ns: if fine { 1 } else { 1_000 },
            status,
            inferred,
            http: fine.then(|| Http { method: Some("GET".to_owned()), url: Some(format!("/{start}?x")), status: Some(200) }),
            links: extra.iter().map(|(at, _)| SpanLink { trace: trace(3), span: SpanId::new(at.unsigned_abs()), attributes: attributes.clone() }).collect(),
            events: extra.into_iter().map(|(at, name)| SpanEvent { time: UnixNs::from_ms(at), name, attributes: attributes.clone() }).collect(),
            exceptions,
            raw: inferred.then(|| format!("raw {start}")),
            attributes,
            ..span(own, parent, start, 0)
        }
    }
}

prop_compose! {
    fn log_records()(source in sources(), identity in select(vec!["", "1", "2"]), span in 0..8_u64, time in 0..3_000_i64, service in short_text(), body in short_text(), attributes in few_attributes()) -> LogRecord {
        LogRecord { source, id: identity.to_owned(), span: SpanId::new(span), service, attributes, ..log(&body, time) }
    }
}

prop_compose! {
    fn fragments()(
        spans in vec(span_records(), 0..14), logs in vec(log_records(), 0..8), errors in vec(error_records(), 0..6),
        joins in vec((1..4_u128, 1..4_u128, short_text()), 0..3), states in vec((sources(), select(State::ALL.to_vec()), short_text()), 0..6),
    ) -> Vec<Fragment> {
        // One record a fragment: every grouping of them is a split of every other.
        let one = Fragment::default;
        let spans = spans.into_iter().map(|span| Fragment { spans: vec![span], ..one() });
        let logs = logs.into_iter().map(|log| Fragment { logs: vec![log], ..one() });
        let errors = errors.into_iter().map(|error| Fragment { errors: vec![error], ..one() });
        let aliases = joins.into_iter().map(|(from, to, evidence)| Alias { from: trace(from), to: trace(to), source: Source::Rollbar, because: String::new(), evidence });
        let aliases = aliases.map(|alias| Fragment { aliases: vec![alias], ..one() });
        let verdicts = states.into_iter().map(|(source, state, why)| Verdict { why, ..Verdict::new(source, state) });
        let verdicts = verdicts.map(|verdict| Fragment { verdict: Some(verdict), ..one() });
        spans.chain(logs).chain(errors).chain(aliases).chain(verdicts).collect()
    }
}

/// Puts neighbours into one fragment, as far as a fragment can hold them.
fn join(fragments: Vec<Fragment>, every: usize) -> Vec<Fragment> {
    let mut joined: Vec<Fragment> = Vec::new();
    for (index, fragment) in fragments.into_iter().enumerate() {
        match joined.last_mut() {
            Some(last) if index % every != 0 && (last.verdict.is_none() || fragment.verdict.is_none()) => {
                last.spans.extend(fragment.spans);
                last.logs.extend(fragment.logs);
                last.errors.extend(fragment.errors);
                last.aliases.extend(fragment.aliases);
                last.verdict = last.verdict.take().or(fragment.verdict);
            }
            _ => joined.push(fragment),
        }
    }
    joined
}

fn bytes(request: &Request) -> (String, Vec<u8>) {
    (serde_json::to_string(request).unwrap(), Columns::of(request, 1).encode())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn the_order_of_arrival_never_matters(fragments in fragments(), moves in vec(any::<(Index, Index)>(), 0..40), again in vec(any::<Index>(), 0..10), every in 1..6_usize) {
        let expected = assemble(trace(1), fragments.clone());
        let mut other = fragments;
        if !other.is_empty() {
            let doubled: Vec<Fragment> = again.iter().map(|index| index.get(&other).clone()).collect();
            other.extend(doubled);
            for (left, right) in moves {
                let (left, right) = (left.index(other.len()), right.index(other.len()));
                other.swap(left, right);
            }
        }
        let request = assemble(trace(1), join(other, every));
        prop_assert_eq!(bytes(&request), bytes(&expected));
    }

    #[test]
    fn every_request_is_a_sound_tree(fragments in fragments()) {
        let given: Vec<SpanId> = fragments.iter().flat_map(|fragment| fragment.spans.iter().filter(|span| !span.inferred).map(|span| span.id)).collect();
        let request = assemble(trace(1), fragments);
        prop_assert!(given.iter().all(|id| request.spans.iter().any(|span| span.id == *id)));
        for (index, span) in request.spans.iter().enumerate() {
            let parent = span.parent_index.map(|parent| parent as usize);
            prop_assert!(parent.is_none_or(|parent| parent < index));
            prop_assert_eq!(span.depth, parent.map_or(0, |parent| request.spans[parent].depth + 1));
            prop_assert_eq!(parent.map(|parent| request.spans[parent].id), span.parent.filter(|_| !span.orphan));
            prop_assert!(span.duration_ns >= 0 && span.start >= request.start);
            // Pre-order: the row before is an ancestor's subtree.
            prop_assert!(index == 0 || span.depth <= request.spans[index - 1].depth + 1);
        }
        let last = request.spans.len();
        prop_assert!(request.logs.iter().filter_map(|log| log.span).all(|span| (span as usize) < last));
        prop_assert!(request.errors.iter().filter_map(|error| error.span).all(|span| (span as usize) < last));
        prop_assert!(request.logs.is_sorted_by_key(|log| log.time) && request.errors.is_sorted_by_key(|error| error.time));
        let columns = Columns::of(&request, 1);
        prop_assert_eq!(Columns::decode(&columns.encode()), Ok(columns));
    }
}
