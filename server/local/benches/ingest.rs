//! OTLP/HTTP ingest over loopback: spans a second that are durable and can be queried, with and without fsync; then what the store
//! holds, how fast one trace is found in it, and how fast it opens again.
//!
//! `cargo bench -p local --bench ingest`

use std::error::Error;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use local::{Local, Options};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

const SPANS: usize = 500;
const SPANS_OF_A_TRACE: usize = 10;
const CONNECTIONS: u64 = 4;
const REQUESTS: u64 = 400;
const START_NS: u64 = 1_795_408_775_000_000_000;

const KEYS: [&str; 10] = [
    "http.request.method",
    "http.route",
    "url.path",
    "db.system.name",
    "db.query.text",
    "server.address",
    "user_agent.original",
    "network.peer.address",
    "thread.name",
    "code.function.name",
];

fn main() -> Outcome<()> {
    for fsync in [true, false] {
        let directory = tempfile::tempdir()?;
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let address = serve(&runtime, directory.path(), fsync)?;
        let started = Instant::now();
        let senders: Vec<_> = (0..CONNECTIONS).map(|sender| thread::spawn(move || send(address, sender))).collect();
        for sender in senders {
            sender.join().map_err(|_| "a sender panicked")??;
        }
        let elapsed = started.elapsed().as_secs_f64();
        let spans = (CONNECTIONS * REQUESTS) as f64 * SPANS as f64;
        println!(
            "fsync {fsync}: {:.0} spans/s ({spans} spans in {elapsed:.2} s, batches of {SPANS}, {CONNECTIONS} connections)",
            spans / elapsed
        );
        let mut connection = BufReader::new(connect(address)?);
        let query = r#"{"breakdowns":["name"],"filters":[{"column":"trace.trace_id","op":"=","value":"00000000000000000000000000000001"}],"start_time":1795408000,"end_time":1795409000}"#;
        let created = request(&mut connection, "/1/queries/__all__", "application/json", query.as_bytes())?;
        let id = created.split("\"id\":\"").nth(1).and_then(|rest| rest.get(..11)).ok_or("the query has no ID")?;
        let started = Instant::now();
        let run = format!(r#"{{"query_id":"{id}","disable_series":true}}"#);
        let result = request(&mut connection, "/1/query_results/__all__", "application/json", run.as_bytes())?;
        let id = result.split("\"id\":\"").nth(1).and_then(|rest| rest.get(..11)).ok_or("the result has no ID")?;
        write!(connection.get_mut(), "GET /1/query_results/__all__/{id} HTTP/1.1\r\nhost: localhost\r\n\r\n")?;
        let rows = answer(&mut connection)?;
        println!(
            "  one trace: {:.1} ms, {}",
            started.elapsed().as_secs_f64() * 1e3,
            rows.get(rows.len().saturating_sub(60)..).unwrap_or(&rows)
        );
        println!("  memory: {}", resident());
        runtime.shutdown_timeout(Duration::from_secs(5));
        let bytes: u64 = std::fs::read_dir(directory.path())?.filter_map(|entry| entry.ok()?.metadata().ok()).map(|file| file.len()).sum();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let started = Instant::now();
        let _local = runtime.block_on(Local::open(options(directory.path(), fsync)))?;
        println!("  opened again in {:.0} ms, {:.1} MB on disk", started.elapsed().as_secs_f64() * 1e3, bytes as f64 / 1e6);
    }
    Ok(())
}

fn options(directory: &Path, fsync: bool) -> Options {
    Options { directory: directory.to_owned(), retention_age: Duration::from_hours(24), retention_bytes: 4 << 30, fsync }
}

fn serve(runtime: &tokio::runtime::Runtime, directory: &Path, fsync: bool) -> Outcome<SocketAddr> {
    runtime.block_on(async {
        let local = Local::open(options(directory, fsync)).await?;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        tokio::spawn(async move { axum::serve(listener, local.http_router()).await });
        Ok(address)
    })
}

fn connect(address: SocketAddr) -> Outcome<TcpStream> {
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

fn send(address: SocketAddr, sender: u64) -> Outcome<()> {
    let (mut body, places) = template();
    let mut connection = BufReader::new(connect(address)?);
    for number in 0..REQUESTS {
        for (at, place) in places.iter().enumerate() {
            let trace = (sender * REQUESTS + number) * (SPANS / SPANS_OF_A_TRACE) as u64 + (at / SPANS_OF_A_TRACE) as u64 + 1;
            if let Some(id) = body.get_mut(*place..place + 16) {
                id.copy_from_slice(&u128::from(trace).to_be_bytes());
            }
        }
        request(&mut connection, "/v1/traces", "application/x-protobuf", &body)?;
    }
    Ok(())
}

fn request(connection: &mut BufReader<TcpStream>, path: &str, kind: &str, body: &[u8]) -> Outcome<String> {
    let head = format!("POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n", body.len());
    connection.get_mut().write_all(&[head.as_bytes(), body].concat())?;
    answer(connection)
}

fn answer(connection: &mut BufReader<TcpStream>) -> Outcome<String> {
    let (mut line, mut length, mut status) = (String::new(), 0, String::new());
    while connection.read_line(&mut line)? > 2 {
        if status.is_empty() {
            status.clone_from(&line);
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse()?;
        }
        line.clear();
    }
    let mut body = vec![0; length];
    connection.read_exact(&mut body)?;
    if status.contains(" 20") { Ok(String::from_utf8(body)?) } else { Err(status.into()) }
}

/// A request of [`SPANS`] spans with ten attributes each, and where the trace IDs stand in it.
fn template() -> (Vec<u8>, Vec<usize>) {
    let text = |key: &str, value: String| KeyValue {
        key: key.into(),
        value: Some(AnyValue { value: Some(Value::StringValue(value)) }),
        ..KeyValue::default()
    };
    let span = |number: u64| Span {
        trace_id: vec![0xAA; 16],
        span_id: (number + 1).to_be_bytes().into(),
        parent_span_id: if number.is_multiple_of(SPANS_OF_A_TRACE as u64) { Vec::new() } else { number.to_be_bytes().into() },
        name: format!("GET /api/activities/{}", number % 17),
        kind: 2 + i32::from(!number.is_multiple_of(SPANS_OF_A_TRACE as u64)),
        start_time_unix_nano: START_NS + number * 1_000,
        end_time_unix_nano: START_NS + number * 1_000 + 750_000,
        attributes: KEYS.iter().map(|key| text(key, format!("value {} of {key}", number * 31 % 97))).collect(),
        ..Span::default()
    };
    let scope_spans = vec![ScopeSpans { spans: (0..SPANS as u64).map(span).collect(), ..ScopeSpans::default() }];
    let resource = Resource { attributes: vec![text("service.name", "backend-flask".into())], ..Resource::default() };
    let body = ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans { resource: Some(resource), scope_spans, ..ResourceSpans::default() }],
    };
    let body = body.encode_to_vec();
    let places = body.windows(16).enumerate().filter(|(_, window)| *window == [0xAA; 16]).map(|(at, _)| at).collect();
    (body, places)
}

fn resident() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().find(|line| line.starts_with("VmRSS")).unwrap_or("not known").to_owned()
}
