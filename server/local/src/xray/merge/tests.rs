use serde_json::Value;

use super::*;
use crate::xray::document::read;
use crate::xray::text::literal;

const TRACE: &str = "1-6b03c354-535b6dfea5195785698743b7";

fn segment(id: u64, more: &str) -> String {
    format!(r#"{{"id":"{id:016x}","name":"n{id}","start_time":1.0,"trace_id":"{TRACE}","end_time":2.0{more}}}"#)
}

fn sub(id: u64, parent: u64, more: &str) -> String {
    segment(id, &format!(r#","type":"subsegment","parent_id":"{parent:016x}"{more}"#))
}

/// The documents of the answer, parsed, by ID.
fn merged(texts: &[String]) -> Vec<(String, Value)> {
    let literals: Vec<String> = texts.iter().map(|text| literal(text)).collect();
    let stored: Vec<Stored<'_>> =
        texts.iter().zip(&literals).map(|(text, literal)| Stored { header: read(text).unwrap(), literal }).collect();
    let mut out = b"[".to_vec();
    write_segments(&stored, &mut out);
    out.push(b']');
    let segments: Vec<Value> = serde_json::from_slice(&out).unwrap();
    segments
        .into_iter()
        .map(|segment| {
            let document = serde_json::from_str(segment["Document"].as_str().unwrap()).unwrap();
            (segment["Id"].as_str().unwrap().trim_start_matches('0').to_owned(), document)
        })
        .collect()
}

fn ids(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|child| child["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn streamed_children_that_come_first_go_into_their_parent() {
    let got = merged(&[
        sub(2, 1, ""),
        sub(3, 2, ""),
        segment(1, r#","subsegments":[{"id":"0000000000000004","name":"n4","start_time":1,"end_time":2}]"#),
        sub(5, 4, ""),
    ]);
    assert_eq!(got.len(), 1);
    let root = &got[0].1;
    assert_eq!(ids(&root["subsegments"]), ["n4", "n2"]);
    assert_eq!(ids(&root["subsegments"][0]["subsegments"]), ["n5"]);
    assert_eq!(ids(&root["subsegments"][1]["subsegments"]), ["n3"]);
}

#[test]
fn a_parent_with_an_empty_or_odd_array_takes_children_too() {
    for odd in ["", r#","subsegments":[]"#, r#","subsegments":null"#, r#","subsegments" : [ ] "#] {
        let got = merged(&[segment(1, odd), sub(2, 1, ""), sub(3, 1, "")]);
        assert_eq!(ids(&got[0].1["subsegments"]), ["n2", "n3"], "{odd}");
    }
}

#[test]
fn a_complete_document_beats_one_in_progress_whatever_the_order() {
    let early = segment(1, r#","in_progress":true"#).replace(r#","end_time":2.0"#, "");
    for texts in [[early.clone(), segment(1, "")], [segment(1, ""), early]] {
        let got = merged(&texts);
        assert_eq!((got.len(), &got[0].1["end_time"]), (1, &Value::from(2.0)));
    }
}

#[test]
fn a_subsegment_sent_twice_counts_once() {
    let embedded = r#","subsegments":[{"id":"0000000000000002","name":"old","start_time":1,"in_progress":true}]"#;
    let got = merged(&[segment(1, embedded), sub(2, 1, ""), sub(3, 2, "")]);
    assert_eq!(got.len(), 1);
    assert_eq!(ids(&got[0].1["subsegments"]), ["n2"]);
    assert_eq!(ids(&got[0].1["subsegments"][0]["subsegments"]), ["n3"]);

    let complete = embedded.replace("\"in_progress\":true", "\"end_time\":3");
    let got = merged(&[segment(1, &complete), sub(2, 1, ""), sub(3, 2, "")]);
    assert_eq!(got.len(), 1);
    assert_eq!(ids(&got[0].1["subsegments"]), ["old"]);
    assert_eq!(ids(&got[0].1["subsegments"][0]["subsegments"]), ["n3"]);
}

#[test]
fn orphans_and_circles_are_kept() {
    let got = merged(&[sub(2, 9, ""), sub(3, 4, ""), sub(4, 3, ""), sub(5, 5, "")]);
    assert_eq!(got.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>(), ["2", "5", "3"]);
    assert_eq!(ids(&got[2].1["subsegments"]), ["n4"]);
    let a = sub(1, 9, r#","subsegments":[{"id":"0000000000000002","start_time":1,"in_progress":true}]"#);
    let b = sub(2, 9, r#","subsegments":[{"id":"0000000000000001","start_time":1,"in_progress":true}]"#);
    let got = merged(&[a, b]);
    assert_eq!(got.len(), 1);
    assert_eq!(got[0].1["subsegments"][0]["name"], "n2");
}

#[test]
fn a_chain_of_streamed_subsegments_never_nests_deeper_than_readers_can_take() {
    let mut texts = vec![segment(1, "")];
    texts.extend((2..=5_000).map(|id| sub(id, id - 1, "")));
    let got = merged(&texts); // serde_json gives up at 128 levels
    let mut seen = 0;
    for (_, document) in &got {
        let mut at = document;
        while at["id"].is_string() {
            seen += 1;
            at = &at["subsegments"][0];
        }
    }
    assert_eq!(seen, 5_000);
    assert!(got.len() > 50);
}

#[test]
fn calls_without_an_answer_get_an_inferred_segment() {
    let call = |id: u64, more: &str| format!(r#"{{"id":"{id:016x}","name":"c{id}","start_time":1,"end_time":2{more}}}"#);
    let calls = [
        call(0x12, r#","namespace":"aws","aws":{"table_name":"t"}"#),
        call(0x13, r#","namespace":"remote","http":{"request":{"url":"u"}}"#),
        call(0x14, r#","namespace":"remote","http":{"request":{"url":"u","traced":true}}"#),
        call(0x15, r#","sql":{"database_type":"sqlite3"}"#),
        call(0x16, r#","namespace":"local""#),
        call(0x17, r#","namespace":"aws","fault":true"#),
    ];
    let texts = [segment(1, &format!(r#","subsegments":[{}]"#, calls.join(","))), segment(2, r#","parent_id":"0000000000000013""#)];
    let got = merged(&texts);
    let inferred: Vec<_> = got.iter().filter(|(_, document)| document["inferred"] == true).map(|(_, document)| document).collect();
    let seen: Vec<_> = inferred.iter().map(|d| (d["parent_id"].as_str().unwrap(), d["origin"].as_str().unwrap())).collect();
    assert_eq!(
        seen,
        [("0000000000000012", "AWS::DynamoDB::Table"), ("0000000000000015", "Database::SQL"), ("0000000000000017", "AWS::c23")]
    );
    assert_eq!((&inferred[2]["fault"], &inferred[2]["trace_id"]), (&Value::from(true), &Value::from(TRACE)));
    assert_eq!(merged(&texts), got, "ids stay the same on every reading");
}
