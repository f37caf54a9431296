use super::*;
use crate::xray::document::read;
use crate::xray::summary::{Summary, summarize};
use crate::xray::text::literal;
use crate::xray::trace::Stored;

fn captured(datagram: &[u8]) -> Summary {
    let text = std::str::from_utf8(datagram).unwrap().split_once('\n').unwrap().1.trim();
    let header = read(text).unwrap();
    summarize(header.trace, &[Stored { header, literal: &literal(text) }])
}

#[test]
fn a_table_of_expressions_against_captured_segments() {
    let good = captured(include_bytes!("../../../../../tests/fixtures/aws/xray-udp/01-segment-ok-sql-http-dynamodb.bin"));
    let broken = captured(include_bytes!("../../../../../tests/fixtures/aws/xray-udp/02-segment-500-exception-sql-error.bin"));
    let missing = captured(include_bytes!("../../../../../tests/fixtures/aws/xray-udp/03-segment-404.bin"));
    let throttled = captured(include_bytes!("../../../../../tests/fixtures/aws/xray-udp/04-segment-429-throttle.bin"));
    let user = captured(include_bytes!("../../../../../tests/fixtures/aws/xray-udp/08-segment-with-upstream-trace-header.bin"));
    let all = [("01", &good), ("02", &broken), ("03", &missing), ("04", &throttled), ("08", &user)];
    for (expression, expected) in [
        ("", "01 02 03 04 08"),
        ("ok", "01 08"),
        ("fault", "02"),
        ("error", "03 04"),
        ("throttle = true", "04"),
        ("!fault AND !error", "01 08"),
        ("fault OR throttle", "02 04"),
        ("ok !partial duration < 1", "01 08"),
        ("(fault OR error) AND http.status >= 429", "02 04"),
        ("responseTime > 0.1", "01 08"),
        ("service(\"dynamodb\")", "01 08"),
        ("service(\"dynamodb\") { fault }", "01 08"),
        ("service(\"127.0.0.1:5602\") { fault = true }", "02"),
        ("service() { inferred and fault }", "01 02 08"),
        ("service(\"nobody\")", ""),
        ("http.url CONTAINS \"/boom\"", "02"),
        ("http.url BEGINSWITH \"http://127.0.0.1:5602/\" AND http.method = \"GET\"", "01 02 03"),
        ("annotation.tenant = \"acme\"", "01 08"),
        ("annotation[order_id] > 7", "08"),
        ("annotation.order_id = \"7\"", ""),
        ("annotation.step", "01 08"),
        ("user CONTAINS \"\"", "01 08"),
        ("service(\"127.0.0.1:5602\") { fault = true } AND annotation.tenant = \"acme\"", ""),
    ] {
        let parsed = parse(expression).unwrap_or_else(|error| panic!("{expression}: {error}"));
        let got: Vec<_> = all.iter().filter(|(_, trace)| parsed.matches(trace)).map(|(name, _)| *name).collect();
        assert_eq!(got.join(" "), expected, "{expression}");
    }
}

#[test]
fn what_is_not_understood_is_said() {
    for (bad, why) in [
        ("edge(\"a\", \"b\")", "edge is not supported"),
        ("rootcause.fault.service { name = \"x\" }", "rootcause.fault.service is not supported"),
        ("service(id(name: \"x\"))", "service(id("),
        ("fault &", "unexpected character '&'"),
        ("http.url = 7", "compared with a string"),
        ("duration", "expected a comparison"),
        ("duration CONTAINS 7", "compared with a number"),
        ("service(\"x\") { annotation.a }", "inside service()"),
        ("fault )", "unexpected \")\""),
        ("name = \"x", "not closed"),
        ("AND", "AND is not supported"),
        ("duration > 1e999", "not a number"),
    ] {
        let said = parse(bad).unwrap_err().to_string();
        assert!(said.contains(why), "{bad}: {said}");
    }
    assert!(parse(&"(".repeat(1_900)).unwrap_err().to_string().contains("nested too deeply"));
    assert!(parse(&"!".repeat(1_900)).is_err());
    assert!(parse(&"x".repeat(3_000)).is_err());
}
