//! `/api/v1/openapi.json`: the description of the public API, as `OpenAPI` 3.1.

use serde_json::{Map, Value, json};

/// The whole document.
pub fn openapi() -> Value {
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Throughline",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "One request on one timeline, joined by trace ID from AWS X-Ray, CloudWatch Logs, Honeycomb and Rollbar.",
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" }
        },
        "paths": paths(),
        "components": { "schemas": schemas(), "responses": { "Problem": problem() } }
    })
}

fn problem() -> Value {
    json!({
        "description": "What went wrong, as RFC 9457 has it. 503 comes with Retry-After.",
        "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } }
    })
}

fn paths() -> Value {
    json!({
        "/api/v1/requests": { "get": list() },
        "/api/v1/requests/{id}": { "get": timeline() },
        "/api/v1/requests/{id}.txt": { "get": waterfall() },
        "/api/v1/sources": { "get": plain("sources", "What is configured, reachable, allowed and counted", "Sources") },
        "/api/v1/openapi.json": { "get": {
            "operationId": "openapi", "summary": "This document",
            "responses": { "200": { "description": "OpenAPI 3.1", "content": { "application/json": { "schema": { "type": "object" } } } } }
        } },
        "/healthz": { "get": words("healthz", "Whether the process is alive") },
        "/readyz": { "get": words("readyz", "Whether it can serve: 503 until it can") },
        "/metrics": { "get": words("metrics", "Counters in Prometheus' text format") }
    })
}

fn list() -> Value {
    let parameter =
        |name: &str, description: &str, schema: Value| json!({ "name": name, "in": "query", "description": description, "schema": schema });
    let mut operation = plain("listRequests", "Requests of a time range, newest first", "RequestList");
    let parameters = json!([
        parameter("from", "RFC 3339, or relative as -1h (s, m, h, d). One hour before `to` unless given.", json!({ "type": "string" })),
        parameter("to", "The same; now unless given.", json!({ "type": "string" })),
        parameter("q", "Text in name or service, in any letter case.", json!({ "type": "string" })),
        parameter("service", "Exactly this service.", json!({ "type": "string" })),
        parameter("status", "Exactly this status.", json!({ "$ref": "#/components/schemas/Status" })),
        parameter("min_duration_ms", "At least so long.", json!({ "type": "integer", "minimum": 0 })),
        parameter("limit", "How many at most.", json!({ "type": "integer", "minimum": 1, "maximum": 500, "default": 50 })),
        parameter("cursor", "`next_cursor` of the page before.", json!({ "type": "string" }))
    ]);
    insert(&mut operation, "parameters", parameters);
    operation
}

fn id_parameter() -> Value {
    json!({
        "name": "id", "in": "path", "required": true, "schema": { "type": "string" },
        "description": "A trace ID in any spelling: 32 hex digits, 1-8hex-24hex, a traceparent, an X-Amzn-Trace-Id header, a UUID."
    })
}

fn timeline() -> Value {
    let mut operation = plain("getRequest", "One request: its spans, log lines and errors, and each source's verdict", "Timeline");
    let wait = json!({
        "name": "wait", "in": "query", "schema": { "type": "integer", "minimum": 0 },
        "description": "Answer after so many ms at the latest; sources that have not ended are `searching`. Without it the answer waits for every source."
    });
    insert(&mut operation, "parameters", json!([id_parameter(), wait]));
    operation
}

fn waterfall() -> Value {
    let mut operation = words("getRequestText", "One request as a plain text waterfall of at most 120 columns");
    insert(&mut operation, "parameters", json!([id_parameter()]));
    operation
}

fn plain(id: &str, summary: &str, schema: &str) -> Value {
    let content = json!({ "application/json": { "schema": { "$ref": format!("#/components/schemas/{schema}") } } });
    operation(id, summary, &content)
}

fn words(id: &str, summary: &str) -> Value {
    operation(id, summary, &json!({ "text/plain": { "schema": { "type": "string" } } }))
}

fn operation(id: &str, summary: &str, content: &Value) -> Value {
    json!({
        "operationId": id, "summary": summary,
        "responses": { "200": { "description": summary, "content": content }, "default": { "$ref": "#/components/responses/Problem" } }
    })
}

fn insert(operation: &mut Value, key: &str, value: Value) {
    if let Some(operation) = operation.as_object_mut() {
        operation.insert(key.to_owned(), value);
    }
}

fn schemas() -> Value {
    let mut schemas = Map::new();
    let mut add = |name: &str, schema: Value| schemas.insert(name.to_owned(), schema);
    add("TraceId", json!({ "type": "string", "pattern": "^[0-9a-f]{32}$" }));
    add("SpanId", json!({ "type": "string", "pattern": "^[0-9a-f]{16}$" }));
    add(
        "UnixNs",
        json!({ "type": "string", "pattern": "^-?[0-9]+$", "description": "Nanoseconds since 1970-01-01T00:00:00Z, in decimal." }),
    );
    add("Source", json!({ "type": "string", "enum": ["xray", "cloudwatch", "honeycomb", "rollbar"] }));
    add("Status", json!({ "type": "string", "enum": ["ok", "error", "throttle", "fault", "unset"] }));
    add("PlacedBy", json!({ "type": "string", "enum": ["span", "time", "trace"] }));
    let attributes = "By key. Where sources disagree, `key` has the first source's value and `key@source` each other one.";
    add(
        "Attributes",
        json!({ "type": "object", "description": attributes, "additionalProperties": { "type": ["string", "number", "boolean"] } }),
    );
    let count = json!({ "type": ["integer", "null"], "description": "null: nobody counted." });
    add("Counts", object(&[("spans", count.clone()), ("logs", count.clone()), ("errors", count)]));
    add("Verdict", verdict());
    add("Alias", object(&[("id", reference("TraceId")), ("because", text()), ("evidence", text())]));
    add("Span", span());
    add("Event", object(&[("time_unix_ns", reference("UnixNs")), ("name", text()), ("attributes", reference("Attributes"))]));
    add("Link", object(&[("trace", reference("TraceId")), ("span", or_null("SpanId")), ("attributes", reference("Attributes"))]));
    add("Log", log());
    add("Frame", frame());
    add("Error", error());
    add("Timeline", whole());
    add("RequestSummary", summary());
    add(
        "RequestList",
        object(&[
            ("requests", array("RequestSummary")),
            ("next_cursor", json!({ "type": ["string", "null"] })),
            ("verdicts", array("Verdict")),
        ]),
    );
    add("Sources", sources());
    add("Problem", problem_schema());
    Value::Object(schemas)
}

fn verdict() -> Value {
    object(&[
        ("source", reference("Source")),
        ("state", json!({ "type": "string", "enum": ["searching", "found", "empty", "partial", "failed", "not_searched"] })),
        ("counts", reference("Counts")),
        ("elapsed_ms", integer()),
        ("why", text()),
        ("next_step", text()),
        ("searched", texts()),
    ])
}

fn span() -> Value {
    object(&[
        ("id", reference("SpanId")),
        ("parent", or_null("SpanId")),
        ("trace", reference("TraceId")),
        ("service", text()),
        ("name", text()),
        ("kind", json!({ "type": "string", "enum": ["unspecified", "internal", "server", "client", "producer", "consumer"] })),
        ("start_unix_ns", reference("UnixNs")),
        ("duration_ns", integer()),
        ("status", reference("Status")),
        ("sources", array("Source")),
        ("in_progress", boolean()),
        ("inferred", boolean()),
        ("orphan", boolean()),
        ("attributes", reference("Attributes")),
        ("events", array("Event")),
        ("links", array("Link")),
    ])
}

fn log() -> Value {
    object(&[
        ("time_unix_ns", reference("UnixNs")),
        ("severity", json!({ "type": "string", "enum": ["", "trace", "debug", "info", "warn", "error", "fatal"] })),
        ("service", text()),
        ("body", text()),
        ("source", reference("Source")),
        ("log_group", text()),
        ("log_stream", text()),
        ("span", or_null("SpanId")),
        ("placed_by", reference("PlacedBy")),
    ])
}

fn frame() -> Value {
    let line = json!({ "type": ["integer", "null"] });
    object(&[("file", text()), ("line", line), ("function", text()), ("code", text()), ("before", texts()), ("after", texts())])
}

fn error() -> Value {
    object(&[
        ("time_unix_ns", reference("UnixNs")),
        ("level", text()),
        ("class", text()),
        ("message", text()),
        ("frames", array("Frame")),
        ("source", or_null("Source")),
        ("sources", array("Source")),
        ("url", text()),
        ("span", or_null("SpanId")),
        ("placed_by", reference("PlacedBy")),
    ])
}

fn whole() -> Value {
    object(&[
        ("id", reference("TraceId")),
        ("spellings", texts()),
        ("aliases", array("Alias")),
        ("start_unix_ns", reference("UnixNs")),
        ("duration_ns", integer()),
        ("spans", array("Span")),
        ("logs", array("Log")),
        ("errors", array("Error")),
        ("verdicts", array("Verdict")),
    ])
}

fn summary() -> Value {
    object(&[
        ("id", reference("TraceId")),
        ("start_unix_ns", reference("UnixNs")),
        ("duration_ns", json!({ "type": ["integer", "null"] })),
        ("service", text()),
        ("name", text()),
        ("status", reference("Status")),
        ("sources", array("Source")),
        ("counts", reference("Counts")),
        ("demo", boolean()),
    ])
}

fn sources() -> Value {
    let list = |items: Value| json!({ "type": "array", "items": items });
    let counter = || object(&[("name", text()), ("value", integer()), ("unit", text())]);
    let permission = object(&[("name", text()), ("allowed", json!({ "type": ["boolean", "null"] })), ("note", text())]);
    let source = object(&[
        ("source", reference("Source")),
        ("instance", text()),
        ("endpoint", text()),
        ("state", text()),
        ("why", text()),
        ("next_step", text()),
        ("route", text()),
        ("permissions", list(permission)),
        ("counters", list(counter())),
    ]);
    let local =
        object(&[("http", text()), ("otlp_grpc", text()), ("xray", text()), ("counters", list(counter())), ("sample_traces", integer())]);
    object(&[("sources", list(source)), ("local", json!({ "anyOf": [local, { "type": "null" }] }))])
}

fn problem_schema() -> Value {
    json!({
        "type": "object", "required": ["type", "title", "status", "detail"],
        "properties": {
            "type": { "type": "string", "format": "uri" }, "title": text(), "status": integer(), "detail": text(),
            "parameter": text(), "retry_after_s": integer()
        }
    })
}

/// An object of which every property is always there.
fn object(properties: &[(&str, Value)]) -> Value {
    let required: Vec<&str> = properties.iter().map(|(name, _)| *name).collect();
    let properties: Map<String, Value> = properties.iter().map(|(name, schema)| ((*name).to_owned(), schema.clone())).collect();
    json!({ "type": "object", "required": required, "properties": properties })
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

fn or_null(name: &str) -> Value {
    json!({ "anyOf": [reference(name), { "type": "null" }] })
}

fn array(name: &str) -> Value {
    json!({ "type": "array", "items": reference(name) })
}

fn text() -> Value {
    json!({ "type": "string" })
}

fn texts() -> Value {
    json!({ "type": "array", "items": text() })
}

fn integer() -> Value {
    json!({ "type": "integer" })
}

fn boolean() -> Value {
    json!({ "type": "boolean" })
}
