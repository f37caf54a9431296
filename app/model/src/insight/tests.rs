use super::*;
use crate::request::Attribute;
use crate::{SourceSet, Status, UnixNs, Verdict, sample};

fn words(sentences: &[Sentence]) -> Vec<String> {
    let part = |part: &Part| match part {
        Part::Text(text) => text.clone(),
        Part::Evidence { text, .. } => format!("[{text}]"),
    };
    sentences.iter().map(|sentence| sentence.parts.iter().map(part).collect()).collect()
}

/// The sample with nothing wrong in it.
fn healthy() -> Request {
    let mut request = sample::request();
    request.spans.iter_mut().for_each(|span| span.status = Status::Ok);
    request.errors.clear();
    request.verdicts.iter_mut().for_each(|verdict| verdict.state = State::Found);
    request
}

#[test]
fn tells_the_failure_the_throttled_call_and_the_loop() {
    let request = sample::request();
    let sentences = what_happened(&request);
    assert_eq!(
        words(&sentences),
        [
            "The failure began in [backend-flask render messages], fault after 330 ms: [KeyError: 'display_name'].",
            "1 call was throttled: [dynamodb Query]; 310 ms, 26 % of the request.",
            "[backend-flask load activities] made the same call 5 times: [postgresql SELECT users]; 180 ms in all, 15 % of the request.",
        ]
    );
    assert!(matches!(sentences[0].parts[3], Part::Evidence { row: Evidence::Error(0), .. }));
    let cause = first_cause(&request).unwrap();
    assert_eq!(request.spans[cause as usize].name, "render messages");
}

#[test]
fn follows_the_failed_child_that_ended_last() {
    let mut request = healthy();
    for name in ["GET /home", "GET /api/activities/home", "load activities", "list messages", "verify token"] {
        request.spans.iter_mut().find(|span| span.name == name).unwrap().status = Status::Fault;
    }
    let cause = first_cause(&request).unwrap();
    assert_eq!(request.spans[cause as usize].name, "list messages");
    assert_eq!(
        words(&what_happened(&request))[0],
        "The failure began in [backend-flask list messages], fault after 702 ms. No exception was found for it."
    );
    request.verdicts[3] = Verdict::failed(request.verdicts[3].source, "refused", "");
    let says = words(&what_happened(&request));
    assert!(says[0].ends_with("; whether there is one cannot be told without Rollbar."), "{says:?}");
}

#[test]
fn a_failure_that_was_handled_is_found_too() {
    let mut request = healthy();
    request.spans[3].status = Status::Error;
    assert_eq!(first_cause(&request), Some(3));
    request.spans[3].status = Status::Ok;
    assert_eq!(first_cause(&request), None);
}

#[test]
fn an_error_without_a_failed_span_is_told() {
    let mut request = healthy();
    request.errors = sample::request().errors;
    assert_eq!(words(&what_happened(&request))[0], "An error was reported, but no span failed: [KeyError: 'display_name'].");
}

#[test]
fn where_the_time_went_when_nothing_failed() {
    let mut request = healthy();
    let says = words(&what_happened(&request));
    assert_eq!(
        says.last().unwrap(),
        "Nothing failed. Most time was spent in [backend-flask render messages]: 330 ms of its own, 27 % of the request."
    );
    request.verdicts[1].state = State::Searching;
    let says = words(&what_happened(&request));
    assert!(says.last().unwrap().starts_with("Nothing that was found failed; whether anything did cannot be told without CloudWatch. "));
    request.duration_ns = SLOW_ENOUGH - 1;
    assert_eq!(what_happened(&request).len(), 1);
}

const SLOW_ENOUGH: i64 = 500_000_000;

#[test]
fn queries_are_compared_without_their_values() {
    let mut request = healthy();
    let loads = (0_u32..).zip(&request.spans).filter(|(_, span)| span.name == "SELECT users").map(|(index, _)| index).collect::<Vec<_>>();
    for &index in &loads {
        let query = format!("SELECT * FROM users WHERE id = {index} AND handle = 'user {index}'");
        let span = &mut request.spans[index as usize];
        span.name = format!("query {}", char::from(b'a' + u8::try_from(index).unwrap()));
        span.attributes = vec![Attribute { key: "db.statement".to_owned(), value: query.into(), sources: SourceSet::EMPTY }];
    }
    assert!(words(&what_happened(&request))[0].contains("made the same call 5 times"));
    request.spans[loads[0] as usize].attributes.clear();
    assert!(!words(&what_happened(&request))[0].contains("made the same call"));
}

#[test]
fn throttled_calls_at_the_same_time_count_once() {
    let mut request = healthy();
    for index in [2, 3, 4] {
        request.spans[index].status = Status::Throttle;
        request.spans[index].start = request.start;
        request.spans[index].duration_ns = 118_400_000;
    }
    let says = words(&what_happened(&request));
    // Span 2 only passes on what span 3 was told.
    assert_eq!(says[1], "2 calls were throttled, the first of them [cognito GetUser]; 118 ms, 10 % of the request.");
}

#[test]
fn nothing_is_said_of_nothing_and_hostile_times_are_survived() {
    assert_eq!(what_happened(&crate::assemble(sample::trace(), [])), []);
    let mut request = sample::request();
    for (index, span) in request.spans.iter_mut().enumerate() {
        span.start = UnixNs(if index % 2 == 0 { i64::MAX } else { i64::MIN });
        span.duration_ns = i64::MAX;
        span.name = "\u{202e}".repeat(1_000);
    }
    request.duration_ns = 0;
    let said = format!("{:?}", what_happened(&request));
    assert!(!said.contains('\u{202e}') && said.len() < 10_000);
    request.spans.iter_mut().for_each(|span| span.status = Status::Ok);
    request.errors.clear();
    request.duration_ns = i64::MAX;
    assert!(!what_happened(&request).is_empty());
}
