//! Sample requests for tests, previews and benches. Behind the feature `sample`; nothing in the product uses it.

use crate::error::Cause;
use crate::log::Severity;
use crate::request::{Attribute, Difference, Log, PlacedBy, RequestError, Span};
use crate::span::Http;
use crate::{
    Alias, Attributes, Counts, ErrorRecord, Fragment, Frame, LogRecord, Request, Source, SourceSet, SpanEvent, SpanId, SpanKind,
    SpanRecord, State, Status, TraceId, UnixNs, Verdict,
};

const MS: i64 = 1_000_000;
/// 2026-11-23T14:03:22.000Z.
const START: UnixNs = UnixNs(1_795_442_602_000_000_000);

/// The trace of [`request`], as X-Ray and OpenTelemetry both know it.
pub fn trace() -> TraceId {
    id(0x6b03_c354_535b_6dfe_a519_5785_6987_43b7)
}

/// A request that fails: 16 spans of 5 services, seen by X-Ray and Honeycomb, six log lines, an exception told by three
/// sources, a throttled call, five calls of one query in a row, an orphan, and a source that could not search everything.
pub fn request() -> Request {
    let mut tree = Tree::default();
    let shop = [Source::Honeycomb];
    let both = [Source::Xray, Source::Honeycomb];
    let root = tree.span(None, "frontend-react-js", "GET /home", SpanKind::Client, 0, 1_184, Status::Fault, &shop);
    let entry = tree.span(Some(root), "backend-flask", "GET /api/activities/home", SpanKind::Server, 12, 1_150, Status::Fault, &both);
    let auth = tree.span(Some(entry), "backend-flask", "verify token", SpanKind::Internal, 14, 96, Status::Ok, &shop);
    tree.span(Some(auth), "cognito", "GetUser", SpanKind::Client, 16, 88, Status::Ok, &[Source::Xray]);
    let load = tree.span(Some(entry), "backend-flask", "load activities", SpanKind::Internal, 116, 310, Status::Ok, &shop);
    tree.span(Some(load), "postgresql", "SELECT activities", SpanKind::Client, 118, 92, Status::Ok, &both);
    for turn in 0..5 {
        tree.span(Some(load), "postgresql", "SELECT users", SpanKind::Client, 214 + 40 * turn, 36, Status::Ok, &both);
    }
    let messages = tree.span(Some(entry), "backend-flask", "list messages", SpanKind::Internal, 440, 702, Status::Fault, &both);
    tree.span(Some(messages), "dynamodb", "Query", SpanKind::Client, 444, 310, Status::Throttle, &[Source::Xray]);
    let retry = tree.span(Some(messages), "dynamodb", "Query", SpanKind::Client, 780, 24, Status::Ok, &[Source::Xray]);
    let render = tree.span(Some(messages), "backend-flask", "render messages", SpanKind::Internal, 810, 330, Status::Fault, &both);
    let worker = tree.span(None, "message-worker", "process message", SpanKind::Consumer, 900, 140, Status::Unset, &shop);
    for (index, method, status) in [(root, "GET", 500), (entry, "GET", 500), (retry, "POST", 200)] {
        if let Some(span) = tree.0.get_mut(index) {
            let url = Some("/api/activities/home".to_owned());
            span.http = Some(Http { method: Some(method.to_owned()), url, status: Some(status) });
        }
    }
    if let Some(span) = tree.0.get_mut(worker) {
        span.parent = SpanId::new(0x0dd0_0dd0_0dd0_0dd0);
        span.orphan = true;
        span.in_progress = true;
    }
    if let Some(span) = tree.0.get_mut(entry) {
        span.attributes = vec![
            attribute("enduser.id", "andrew", &shop),
            attribute("http.route", "/api/activities/home", &shop),
            attribute("xray.annotation.group", "activities", &[Source::Xray]),
        ];
        span.events =
            vec![SpanEvent { time: at(118), name: "cache miss".to_owned(), attributes: [("key".to_owned(), "home".into())].into() }];
        span.differences = vec![Difference { field: "duration".to_owned(), source: Source::Xray, value: "1152000000".to_owned() }];
        span.raw = vec![(Source::Xray, r#"{"name":"backend-flask","fault":true}"#.to_owned())];
    }
    let flask = |ms, severity, body, span: usize| log(ms, severity, "backend-flask", body, index(span), PlacedBy::Span);
    Request {
        id: trace(),
        traces: vec![trace(), id(0x5f4b_9fd8_89ee_5839_d8fc_66e3_3940_305f)],
        aliases: vec![Alias {
            from: trace(),
            to: id(0x5f4b_9fd8_89ee_5839_d8fc_66e3_3940_305f),
            source: Source::Rollbar,
            because: "a Rollbar occurrence carries both in custom.trace_id and custom.xray_trace_id".to_owned(),
            evidence: "custom.xray_trace_id = 1-6b03c354-535b6dfea5195785698743b7".to_owned(),
        }],
        start: START,
        duration_ns: 1_184 * MS,
        logs: vec![
            flask(13, Severity::Info, "GET /api/activities/home", entry),
            flask(110, Severity::Debug, "token is valid for andrew", auth),
            flask(428, Severity::Info, "loaded 5 activities", load),
            flask(756, Severity::Warn, "ProvisionedThroughputExceededException, trying again in 24 ms", messages),
            log(930, Severity::Info, "message-worker", "processing 1 message", index(worker), PlacedBy::Time),
            flask(
                1_138,
                Severity::Error,
                "render failed\nTraceback (most recent call last):\n  File \"messages.py\", line 41, in render",
                render,
            ),
        ],
        errors: vec![exception(index(render))],
        verdicts: verdicts(),
        spans: tree.0,
    }
}

/// A request of `count` spans in about the shape of a busy back end: 12 services, 60 operations, depth up to 24. The same for the same `count`.
pub fn large(count: usize) -> Request {
    let mut random = Random(0x5eed);
    let mut tree = Tree::default();
    let mut open: Vec<usize> = Vec::new();
    let mut now_us = 0;
    for _ in 0..count {
        let close = match random.below(8) {
            0..=3 => 1,
            4 | 5 => 0,
            6 => 2,
            _ => 5,
        };
        let keep = open.len().saturating_sub(close).clamp(usize::from(!open.is_empty()), 23);
        open.truncate(keep);
        now_us += 5 + random.below(400);
        let service = if open.len() < 3 { open.len() as u64 } else { random.below(12) };
        let status = if random.below(200) == 0 { Status::Fault } else { Status::Ok };
        let name = format!("operation {}", random.below(60));
        let sources: &[Source] = if random.below(3) == 0 { &[Source::Xray, Source::Honeycomb] } else { &[Source::Honeycomb] };
        let index = tree.span(open.last().copied(), &format!("service-{service}"), &name, SpanKind::Internal, 0, 0, status, sources);
        if let Some(span) = tree.0.get_mut(index) {
            span.start = START.plus(now_us.cast_signed() * 1_000 + random.below(1_000).cast_signed());
            span.duration_ns = 20_000 + random.below(600_000).cast_signed();
            span.id = SpanId::new(random.next() | 1).unwrap_or(span.id);
            span.parent = None;
        }
        open.push(index);
    }
    tree.enclose();
    let (start, duration_ns) = tree.0.first().map_or((START, 0), |root| (root.start, root.duration_ns));
    let mut request = Request { spans: tree.0, start, duration_ns, ..request() };
    let last = u32::try_from(count).unwrap_or(u32::MAX);
    let place = |span: Option<u32>, by| match span.filter(|span| *span < last && by == PlacedBy::Span) {
        Some(span) => (Some(span), PlacedBy::Span),
        None => (None, PlacedBy::Trace),
    };
    request.logs.iter_mut().for_each(|log| (log.span, log.placed_by) = place(log.span, log.placed_by));
    request.errors.iter_mut().for_each(|error| (error.span, error.placed_by) = place(error.span, error.placed_by));
    request
}

/// What the sources would have sent for `request`, in fragments of at most `size` spans, the last first; then everything else in one.
pub fn fragments(request: &Request, size: usize) -> Vec<Fragment> {
    let records: Vec<SpanRecord> =
        request.spans.iter().rev().flat_map(|span| span.sources.iter().map(|source| record(span, source))).collect();
    let mut fragments: Vec<Fragment> =
        records.chunks(size.max(1)).map(|spans| Fragment { spans: spans.to_vec(), ..Fragment::default() }).collect();
    let id = |index: Option<u32>| index.and_then(|index| request.spans.get(index as usize)).map(|span| span.id);
    let line = |log: &Log| LogRecord {
        source: log.source,
        id: String::new(),
        trace: Some(request.id),
        span: id(log.span).filter(|_| log.placed_by == PlacedBy::Span),
        time: log.time,
        severity: log.severity,
        service: log.service.clone(),
        body: log.body.clone(),
        log_group: log.log_group.clone(),
        log_stream: log.log_stream.clone(),
        attributes: plain(&log.attributes),
    };
    let told = |error: &RequestError, source| ErrorRecord {
        source,
        id: String::new(),
        trace: Some(request.id),
        span: id(error.span).filter(|_| error.placed_by == PlacedBy::Span),
        time: error.time,
        clock_ns: 1,
        level: error.level.clone(),
        class: error.class.clone(),
        message: error.message.clone(),
        frames: error.frames.clone(),
        causes: error.causes.clone(),
        service: error.service.clone(),
        url: error.url.clone(),
        attributes: plain(&error.attributes),
        raw: None,
    };
    fragments.push(Fragment {
        logs: request.logs.iter().map(line).collect(),
        errors: request.errors.iter().flat_map(|error| error.sources.iter().map(move |source| told(error, source))).collect(),
        aliases: request.aliases.clone(),
        ..Fragment::default()
    });
    fragments.extend(request.verdicts.iter().map(|verdict| Fragment { verdict: Some(verdict.clone()), ..Fragment::default() }));
    fragments
}

fn record(span: &Span, source: Source) -> SpanRecord {
    SpanRecord {
        source,
        trace: span.trace,
        id: span.id,
        parent: span.parent,
        service: span.service.clone(),
        name: span.name.clone(),
        kind: span.kind,
        start: span.start,
        end: (!span.in_progress).then(|| span.start.plus(span.duration_ns)),
        clock_ns: if source == Source::Xray { 1_000 } else { 1 },
        status: span.status,
        inferred: span.inferred,
        http: span.http.clone(),
        attributes: plain(&span.attributes),
        events: span.events.clone(),
        links: span.links.clone(),
        exceptions: Vec::new(),
        raw: None,
    }
}

fn plain(attributes: &[Attribute]) -> Attributes {
    attributes.iter().map(|attribute| (attribute.key.clone(), attribute.value.clone())).collect()
}

/// Spans as they are added, in order of display.
#[derive(Default)]
struct Tree(Vec<Span>);

impl Tree {
    #[expect(clippy::too_many_arguments, reason = "one row of a table")]
    fn span(
        &mut self,
        parent: Option<usize>,
        service: &str,
        name: &str,
        kind: SpanKind,
        start_ms: i64,
        duration_ms: i64,
        status: Status,
        sources: &[Source],
    ) -> usize {
        let above = parent.and_then(|parent| self.0.get(parent));
        let span = Span {
            id: SpanId::new(0x77e1_97af_f0a9_0001 + self.0.len() as u64).unwrap_or(SpanId::MAX),
            parent: above.map(|above| above.id),
            parent_index: parent.and_then(index),
            depth: above.map_or(0, |above| above.depth + 1),
            trace: trace(),
            service: service.to_owned(),
            name: name.to_owned(),
            kind,
            start: at(start_ms),
            duration_ns: duration_ms * MS,
            status,
            sources: sources.iter().copied().collect(),
            in_progress: false,
            inferred: false,
            orphan: false,
            http: None,
            attributes: Vec::new(),
            events: Vec::new(),
            links: Vec::new(),
            differences: Vec::new(),
            raw: Vec::new(),
        };
        self.0.push(span);
        self.0.len() - 1
    }

    /// Names every parent by its ID, and lets every span last as long as those below it.
    fn enclose(&mut self) {
        for child in (0..self.0.len()).rev() {
            let Some(span) = self.0.get(child) else { continue };
            let end = span.start.0 + span.duration_ns;
            let Some(parent) = span.parent_index.and_then(|parent| self.0.get_mut(parent as usize)) else { continue };
            parent.duration_ns = parent.duration_ns.max(end - parent.start.0 + 1_000);
            let id = parent.id;
            if let Some(span) = self.0.get_mut(child) {
                span.parent = Some(id);
            }
        }
    }
}

/// `SplitMix64`: small, and the same everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut value = self.0;
        value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        value ^ (value >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }
}

fn exception(span: Option<u32>) -> RequestError {
    let frame = |file: &str, line, function: &str, code: &str| Frame {
        file: file.to_owned(),
        line: Some(line),
        function: function.to_owned(),
        code: code.to_owned(),
        ..Frame::default()
    };
    RequestError {
        time: at(1_137),
        level: "error".to_owned(),
        class: "KeyError".to_owned(),
        message: "'display_name'".to_owned(),
        frames: vec![
            Frame {
                before: vec!["for message in messages:".to_owned()],
                after: vec!["    rows.append(row)".to_owned()],
                ..frame("backend/messages.py", 41, "render", "    row = message['display_name']")
            },
            frame("backend/app.py", 212, "home", "return render(messages)"),
        ],
        causes: vec![Cause { class: "LookupError".to_owned(), message: "no such column".to_owned(), frames: Vec::new() }],
        service: "backend-flask".to_owned(),
        sources: [Source::Xray, Source::Honeycomb, Source::Rollbar].into_iter().collect(),
        url: "https://rollbar.com/cruddur/backend/items/41/occurrences/7".to_owned(),
        span,
        placed_by: PlacedBy::Span,
        attributes: vec![attribute("person.username", "andrew", &[Source::Rollbar])],
        raw: Vec::new(),
    }
}

fn log(ms: i64, severity: Severity, service: &str, body: &str, span: Option<u32>, placed_by: PlacedBy) -> Log {
    Log {
        time: at(ms),
        severity,
        service: service.to_owned(),
        body: body.to_owned(),
        source: Source::Cloudwatch,
        log_group: "/cruddur/backend".to_owned(),
        log_stream: "web/host-1".to_owned(),
        span,
        placed_by,
        attributes: Vec::new(),
    }
}

fn verdicts() -> Vec<Verdict> {
    let found = |source, spans, logs, errors, elapsed_ms| Verdict {
        counts: Counts { spans, logs, errors },
        elapsed_ms,
        ..Verdict::new(source, State::Found)
    };
    vec![
        found(Source::Xray, Some(12), None, Some(1), 41),
        Verdict {
            state: State::Partial,
            why: "the log group /cruddur/worker was not searched: the credentials do not allow it".to_owned(),
            next_step: "allow logs:FilterLogEvents on /cruddur/worker".to_owned(),
            searched: vec!["/cruddur/backend".to_owned()],
            ..found(Source::Cloudwatch, None, Some(6), None, 233)
        },
        found(Source::Honeycomb, Some(13), None, Some(1), 96),
        found(Source::Rollbar, None, None, Some(1), 187),
    ]
}

fn attribute(key: &str, value: &str, sources: &[Source]) -> Attribute {
    Attribute { key: key.to_owned(), value: value.into(), sources: sources.iter().copied().collect::<SourceSet>() }
}

fn at(ms: i64) -> UnixNs {
    START.plus(ms * MS)
}

fn index(index: usize) -> Option<u32> {
    u32::try_from(index).ok()
}

fn id(value: u128) -> TraceId {
    TraceId::new(value).unwrap_or(TraceId::MAX)
}
