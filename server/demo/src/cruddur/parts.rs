//! The operations from which Cruddur's requests are made, each with what the SDKs record about it.

use crate::story::{Kind, Process, Story, number, text};
use serde_json::{Map, Value, json};
use std::ops::Range;

/// The host under which the backend is reached.
const HOST: &str = "api.cruddur.example";
const CLIENT_IP: &str = "203.0.113.24";
const USER_AGENT: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0";
const REGION: &str = "eu-central-1";

/// What a handler of the backend answers.
pub struct Route {
    /// The method.
    pub method: &'static str,
    /// The path as it was asked for, with the query.
    pub target: &'static str,
    /// The route as Flask has it.
    pub rule: &'static str,
    /// The status.
    pub status: u16,
}

/// The page that asks, in the browser.
pub fn page(story: &mut Story, name: &str, route: &Route, time: Range<i64>) -> usize {
    let step = story.step(None, Process::Frontend, Kind::Client, name, time);
    let (method, target, status) = (route.method, route.target, route.status);
    story.change(step, |step| {
        step.attributes = vec![
            text("http.request.method", method),
            text("url.full", format!("https://{HOST}{target}")),
            text("server.address", HOST),
            number("http.response.status_code", i64::from(status)),
            text("page.path", name.rsplit(' ').next().unwrap_or_default()),
        ];
        step.failed = status >= 400;
    });
    step
}

/// The backend's answer: the server span of `FlaskInstrumentor`, the segment of `XRayMiddleware`.
pub fn handler(story: &mut Story, parent: Option<usize>, route: &Route, time: Range<i64>) -> usize {
    let Route { method, target, rule, status } = *route;
    let step = story.step(parent, Process::Backend, Kind::Server, &format!("{method} {rule}"), time);
    story.change(step, |step| {
        step.attributes = vec![
            text("http.method", method),
            text("http.server_name", "0.0.0.0"),
            text("http.scheme", "https"),
            text("net.host.name", HOST),
            text("http.host", HOST),
            number("net.host.port", 443),
            text("http.target", target),
            text("net.peer.ip", CLIENT_IP),
            text("http.user_agent", USER_AGENT),
            text("http.flavor", "1.1"),
            text("http.route", rule),
            number("http.status_code", i64::from(status)),
        ];
        step.failed = status >= 500;
        let mut segment = object(json!({
            "name": "backend-flask",
            "http": {
                "request": {"url": format!("https://{HOST}{target}"), "method": method, "user_agent": USER_AGENT,
                    "client_ip": CLIENT_IP, "x_forwarded_for": true},
                "response": {"status": status, "content_length": if status >= 400 { 265 } else { 4_812 }},
            },
        }));
        mark(&mut segment, status);
        step.xray = Some(segment);
    });
    step
}

/// Something inside the app that only OpenTelemetry sees.
pub fn inside(story: &mut Story, parent: usize, process: Process, name: &str, time: Range<i64>) -> usize {
    let step = story.step(Some(parent), process, Kind::Internal, name, time);
    story.change(step, |step| step.attributes = vec![text("code.function", name.replace([' ', '-'], "_"))]);
    step
}

/// `verify_jwt`, which looks at a token with Cognito's public keys, and fetches those if `fetch` says when.
pub fn verify_token(story: &mut Story, parent: usize, time: Range<i64>, fetch: Option<Range<i64>>) -> usize {
    let (start, end) = (time.start, time.end);
    let verify = inside(story, parent, Process::Backend, "verify_jwt", time);
    story.change(verify, |step| step.attributes.push(text("enduser.id", "user-1")));
    if let Some(fetch) = fetch {
        story.log(verify, Process::Backend, "DEBUG", fetch.start - 1_000, "signing keys are older than 1 h, fetching them again");
        let step = story.step(Some(verify), Process::Backend, Kind::Client, "GET /.well-known/jwks.json", fetch);
        story.change(step, |step| {
            step.otel = false;
            step.xray = Some(object(json!({
                "name": "cognito", "namespace": "remote",
                "http": {"request": {"method": "GET", "url": format!("https://cognito-idp.{REGION}.amazonaws.com/{REGION}_Cruddur/.well-known/jwks.json")},
                    "response": {"status": 200, "content_length": 916}},
            })));
        });
    }
    story.log(verify, Process::Backend, "INFO", end.max(start), "token verified sub=user-1");
    verify
}

/// One statement to PostgreSQL. The worker has no X-Ray SDK.
pub fn sql(story: &mut Story, parent: usize, process: Process, statement: &str, table: &str, time: Range<i64>) -> usize {
    let operation = statement.split(' ').next().unwrap_or("SELECT");
    let name = if table.is_empty() { operation.to_owned() } else { format!("{operation} {table}") };
    let step = story.step(Some(parent), process, Kind::Client, &name, time);
    story.change(step, |step| {
        step.attributes = vec![
            text("db.system", "postgresql"),
            text("db.name", "cruddur"),
            text("db.user", "cruddur_api"),
            text("db.operation", operation),
            text("db.statement", statement),
            text("net.peer.name", "postgres"),
            number("net.peer.port", 5432),
            text("peer.service", "postgres"),
        ];
        if !table.is_empty() {
            step.attributes.push(text("db.sql.table", table));
        }
        if process == Process::Backend {
            step.xray = Some(object(json!({
                "name": "postgres", "namespace": "remote",
                "sql": {"database_type": "PostgreSQL", "url": "postgresql://cruddur_api@postgres:5432/cruddur", "user": "cruddur_api",
                    "driver_version": "Psycopg 3", "database_version": "160004", "sanitized_query": statement},
            })));
        }
    });
    step
}

/// One call to a service of AWS by boto3, as the X-Ray SDK sees it: the service, the operation, the table or pool.
pub fn aws(story: &mut Story, parent: usize, call: (&str, &str, Option<&str>), time: Range<i64>, status: u16) -> usize {
    let (service, operation, table) = call;
    let name = table.map_or_else(|| operation.to_owned(), |table| format!("{operation} {table}"));
    let request = format!("{:016X}{:016X}", story.any(u64::MAX), story.any(u64::MAX));
    let step = story.step(Some(parent), Process::Backend, Kind::Client, &name, time);
    story.change(step, |step| {
        step.otel = false;
        let mut subsegment = object(json!({
            "name": service, "namespace": "aws",
            "aws": {"operation": operation, "region": REGION, "request_id": request},
            "http": {"response": {"status": status}},
        }));
        if let (Some(table), Some(Value::Object(aws))) = (table, subsegment.get_mut("aws")) {
            aws.insert("table_name".to_owned(), json!(table));
        }
        mark(&mut subsegment, status);
        step.xray = Some(subsegment);
    });
    step
}

/// The exception that boto3 raises, as the X-Ray SDK records it.
pub fn aws_error(story: &mut Story, step: usize, class: &str, message: &str) {
    let id = format!("{:016x}", story.any(u64::MAX));
    story.change(step, |step| {
        if let Some(subsegment) = &mut step.xray {
            subsegment.insert(
                "cause".to_owned(),
                json!({"working_directory": "/backend-flask", "exceptions": [{
                    "id": id, "type": class, "message": message, "remote": true,
                    "stack": [{"path": "ddb.py", "line": 41, "label": "list_message_groups"}, {"path": "client.py", "line": 606, "label": "_api_call"},
                        {"path": "client.py", "line": 1094, "label": "_make_api_call"}]}]}),
            );
        }
    });
}

/// X-Ray's three flags: 429 sets two of them.
fn mark(document: &mut Map<String, Value>, status: u16) {
    if status == 429 {
        document.insert("throttle".to_owned(), json!(true));
    }
    if (400..500).contains(&status) {
        document.insert("error".to_owned(), json!(true));
    }
    if status >= 500 {
        document.insert("fault".to_owned(), json!(true));
    }
}

fn object(value: Value) -> Map<String, Value> {
    if let Value::Object(map) = value { map } else { Map::new() }
}
