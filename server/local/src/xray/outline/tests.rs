use proptest::prelude::*;

use super::*;

const NESTED: &str = r#"{"id":"000000000000000a","name":"root","x":{"subsegments":[{"id":"no"}]},
    "subsegments": [ {"id":"000000000000000b","name":"in\"ner","end_time":2.5,"subsegments":[{"id":"000000000000000c"}]} , {"id":"000000000000000d","subsegments":[]}],
    "http":{"request":{"url":"u]}"}}, "fault" : true}"#;

#[test]
fn finds_every_subsegment_and_only_those() {
    let nodes = outline(NESTED);
    let seen: Vec<_> = nodes.iter().map(|node| (node.id.unwrap(), node.level, node.enclosing)).collect();
    assert_eq!(seen, [(10, 0, None), (11, 1, Some(0)), (12, 2, Some(1)), (13, 1, Some(0))]);
    assert_eq!(nodes[0].member(NESTED, Member::Http), Some(r#"{"request":{"url":"u]}"}}"#));
    assert_eq!(nodes[1].member(NESTED, Member::Name), Some(r#""in\"ner""#));
    assert!(nodes[0].is_true(NESTED, Member::Fault) && !nodes[1].is_true(NESTED, Member::Fault));
    assert!(nodes[1].complete && !nodes[2].complete);
    assert_eq!(&NESTED[nodes[2].span.clone()], r#"{"id":"000000000000000c"}"#);
}

#[test]
fn knows_where_a_child_can_be_put() {
    let nodes = outline(NESTED);
    let Subsegments::Array(at, true) = nodes[0].subsegments else { panic!() };
    assert!(NESTED[at..].starts_with("],"));
    let Subsegments::Array(at, false) = nodes[3].subsegments else { panic!() };
    assert!(NESTED[at..].starts_with("]}"));
    assert_eq!(nodes[2].subsegments, Subsegments::Missing);
    assert!(matches!(outline(r#"{"subsegments":null}"#)[0].subsegments, Subsegments::Unusable(_)));
}

#[test]
fn depth_costs_no_stack() {
    let depth = 100_000;
    let text = format!("{}{}", r#"{"subsegments":["#.repeat(depth), "]}".repeat(depth));
    assert_eq!(outline(&text).len(), depth);
}

proptest! {
    #[test]
    fn any_text_is_survived(text in "[\\[\\]{}\":,a \\\\subegmnts0-9]{0,60}") {
        for node in outline(&text) {
            prop_assert!(node.span.start <= text.len() && node.span.end <= text.len());
        }
    }

    #[test]
    fn any_cut_is_survived(cut in 0..NESTED.len()) {
        prop_assert!(outline(&NESTED[..cut]).len() <= 4);
    }
}
