//! What `GetTraceSummaries` says of one trace, and what filter expressions ask about.
//!
//! Fields: <https://docs.aws.amazon.com/xray/latest/api/API_TraceSummary.html>.

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::id::format_trace_id;
use super::inferred::{inferred_id, origin};
use super::outline::{Member, Node};
use super::trace::{Calls, Document, Stored, choose, open};

/// One segment, sent or inferred.
#[derive(Debug, Default, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "independent flags of the document")]
pub struct Segment {
    pub id: u64,
    pub parent: Option<u64>,
    pub service: Service,
    pub start: f64,
    pub end: Option<f64>,
    pub fault: bool,
    pub error: bool,
    pub throttle: bool,
    pub inferred: bool,
    pub http: Http,
    pub user: Option<String>,
    pub resource_arn: Option<String>,
    pub instance: Option<String>,
    pub zone: Option<String>,
}

/// `ServiceId` on the wire.
#[derive(Debug, Default, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Service {
    pub name: String,
    pub names: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub r#type: Option<String>,
}

/// `Http` on the wire.
#[derive(Debug, Default, Clone, PartialEq, Serialize)]
pub struct Http {
    #[serde(rename = "HttpURL", skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    #[serde(rename = "HttpStatus", skip_serializing_if = "Option::is_none")]
    pub status: Option<i32>,
    #[serde(rename = "HttpMethod", skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    #[serde(rename = "UserAgent", skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    #[serde(rename = "ClientIp", skip_serializing_if = "Option::is_none")]
    pub client_ip: Option<String>,
}

/// An annotation and the service that set it.
#[derive(Debug, Clone, PartialEq)]
pub struct Annotation {
    pub key: String,
    pub value: Value,
    pub service: Service,
}

/// Everything known of a trace without its subsegments' details.
#[derive(Debug, Default)]
pub struct Summary {
    pub id: u128,
    pub start: f64,
    pub end: f64,
    pub segments: Vec<Segment>,
    pub root: Option<usize>,
    pub annotations: Vec<Annotation>,
    pub partial: bool,
    pub revision: usize,
}

/// Reads all documents of a trace.
pub fn summarize(id: u128, stored: &[Stored<'_>]) -> Summary {
    let chosen = choose(stored);
    let mut calls = Calls::new(&chosen);
    let documents: Vec<Document<'_>> = chosen.into_iter().map(|stored| open(stored, true)).collect();
    let mut summary = Summary { id, start: f64::INFINITY, end: f64::NEG_INFINITY, revision: stored.len(), ..Summary::default() };
    for document in &documents {
        let header = &document.stored.header;
        summary.start = summary.start.min(header.start);
        summary.end = summary.end.max(header.end.unwrap_or(header.start));
        summary.partial |= header.in_progress();
        let Some(top) = document.nodes.first() else { continue };
        let segment = segment(document, top);
        for node in &document.nodes {
            annotations(&document.text, node, &segment.service, &mut summary.annotations);
        }
        if !document.stored.is_subsegment() {
            summary.segments.push(segment);
        }
    }
    let known: HashSet<u64> = documents.iter().flat_map(|document| &document.nodes).filter_map(|node| node.id).collect();
    summary.root = root(&summary.segments, &known);
    for document in &documents {
        for node in calls.unanswered(document) {
            let mut inferred = segment(document, node);
            inferred.service.r#type = Some(origin(&document.text, node));
            inferred.inferred = true;
            inferred.parent = node.id;
            inferred.id = node.id.map_or(0, inferred_id);
            summary.segments.push(inferred);
        }
    }
    summary
}

/// The first segment that nobody in the trace called; a segment without a parent before one whose parent is missing.
fn root(segments: &[Segment], known: &HashSet<u64>) -> Option<usize> {
    let by_start = |left: &&(usize, &Segment), right: &&(usize, &Segment)| left.1.start.total_cmp(&right.1.start);
    let tops: Vec<(usize, &Segment)> =
        segments.iter().enumerate().filter(|(_, segment)| segment.parent.is_none_or(|parent| !known.contains(&parent))).collect();
    let first = tops.iter().filter(|(_, segment)| segment.parent.is_none()).min_by(by_start);
    first.or_else(|| tops.iter().min_by(by_start)).map(|(index, _)| *index)
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct WireHttp {
    request: Request,
    response: Response,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Request {
    url: Value,
    method: Value,
    user_agent: Value,
    client_ip: Value,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Response {
    status: Value,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Aws {
    account_id: Value,
    ec2: Ec2,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Ec2 {
    instance_id: Value,
    availability_zone: Value,
}

fn segment(document: &Document<'_>, node: &Node) -> Segment {
    let text = document.text.as_ref();
    let read = |member| node.member(text, member).and_then(|value| serde_json::from_str::<Value>(value).ok()).and_then(string);
    let http: WireHttp = node.member(text, Member::Http).and_then(|http| serde_json::from_str(http).ok()).unwrap_or_default();
    let aws: Aws = node.member(text, Member::Aws).and_then(|aws| serde_json::from_str(aws).ok()).unwrap_or_default();
    let status = http.response.status.as_i64().and_then(|status| i32::try_from(status).ok());
    let number = |member| node.member(text, member).and_then(|value| value.parse::<f64>().ok());
    let name = read(Member::Name).unwrap_or_default();
    Segment {
        id: node.id.unwrap_or(0),
        parent: document.stored.header.parent,
        service: Service { names: vec![name.clone()], name, account_id: string(aws.account_id), r#type: read(Member::Origin) },
        start: number(Member::StartTime).unwrap_or(document.stored.header.start),
        end: number(Member::EndTime),
        fault: node.is_true(text, Member::Fault) || status.is_some_and(|status| status >= 500),
        error: node.is_true(text, Member::Error) || status.is_some_and(|status| (400..500).contains(&status)),
        throttle: node.is_true(text, Member::Throttle) || status == Some(429),
        inferred: node.is_true(text, Member::Inferred),
        http: Http {
            url: string(http.request.url),
            status,
            method: string(http.request.method),
            user_agent: string(http.request.user_agent),
            client_ip: string(http.request.client_ip),
        },
        user: read(Member::User),
        resource_arn: read(Member::ResourceArn),
        instance: string(aws.ec2.instance_id),
        zone: string(aws.ec2.availability_zone),
    }
}

fn string(value: Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text),
        _ => None,
    }
}

fn annotations(text: &str, node: &Node, service: &Service, found: &mut Vec<Annotation>) {
    let Some(map) = node.member(text, Member::Annotations).and_then(|map| serde_json::from_str::<serde_json::Map<String, Value>>(map).ok())
    else {
        return;
    };
    for (key, value) in map {
        if value.is_string() || value.is_number() || value.is_boolean() {
            let annotation = Annotation { key, value, service: service.clone() };
            if !found.contains(&annotation) && found.len() < MOST_ANNOTATIONS {
                found.push(annotation);
            }
        }
    }
}

/// The service indexes 50 annotations of a trace; different services setting the same ones are why this is more.
const MOST_ANNOTATIONS: usize = 500;

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
#[expect(clippy::struct_excessive_bools, reason = "independent flags of the wire")]
struct Wire {
    id: String,
    start_time: f64,
    duration: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_time: Option<f64>,
    has_fault: bool,
    has_error: bool,
    has_throttle: bool,
    is_partial: bool,
    http: Http,
    annotations: BTreeMap<String, Vec<WireAnnotation>>,
    users: Vec<WireUser>,
    service_ids: Vec<Service>,
    #[serde(rename = "ResourceARNs")]
    resource_arns: Vec<WireArn>,
    instance_ids: Vec<WireId>,
    availability_zones: Vec<WireName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    entry_point: Option<Service>,
    revision: usize,
    matched_event_time: f64,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct WireAnnotation {
    annotation_value: AnnotationValue,
    service_ids: Vec<Service>,
}

#[derive(Serialize)]
enum AnnotationValue {
    #[serde(rename = "NumberValue")]
    Number(f64),
    #[serde(rename = "BooleanValue")]
    Boolean(bool),
    #[serde(rename = "StringValue")]
    String(String),
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct WireUser {
    user_name: String,
    service_ids: Vec<Service>,
}

#[derive(Serialize)]
struct WireArn {
    #[serde(rename = "ARN")]
    arn: String,
}

#[derive(Serialize)]
struct WireId {
    #[serde(rename = "Id")]
    id: String,
}

#[derive(Serialize)]
struct WireName {
    #[serde(rename = "Name")]
    name: String,
}

impl Summary {
    pub fn root(&self) -> Option<&Segment> {
        self.segments.get(self.root?)
    }

    /// Seconds from the first start to the last end.
    pub fn duration(&self) -> f64 {
        (self.end - self.start).max(0.0)
    }

    /// Seconds the root segment took; unknown while it runs.
    pub fn response_time(&self) -> Option<f64> {
        self.root().and_then(|root| Some((root.end? - root.start).max(0.0)))
    }

    pub fn has_fault(&self) -> bool {
        self.root().is_some_and(|root| root.fault)
    }

    pub fn has_error(&self) -> bool {
        self.root().is_some_and(|root| root.error)
    }

    pub fn has_throttle(&self) -> bool {
        self.segments.iter().any(|segment| segment.throttle)
    }

    /// The element of `TraceSummaries`.
    pub fn to_json(&self) -> Result<Value, serde_json::Error> {
        let mut annotations: BTreeMap<String, Vec<WireAnnotation>> = BTreeMap::new();
        for annotation in &self.annotations {
            let Some(annotation_value) = annotation_value(&annotation.value) else { continue };
            let wire = WireAnnotation { annotation_value, service_ids: vec![annotation.service.clone()] };
            annotations.entry(annotation.key.clone()).or_default().push(wire);
        }
        let users = self
            .segments
            .iter()
            .filter(|segment| !segment.inferred)
            .filter_map(|segment| Some(WireUser { user_name: segment.user.clone()?, service_ids: vec![segment.service.clone()] }));
        serde_json::to_value(Wire {
            id: format_trace_id(self.id),
            start_time: self.start,
            duration: self.duration(),
            response_time: self.response_time(),
            has_fault: self.has_fault(),
            has_error: self.has_error(),
            has_throttle: self.has_throttle(),
            is_partial: self.partial,
            http: self.root().map(|root| root.http.clone()).unwrap_or_default(),
            annotations,
            users: users.collect(),
            service_ids: unique(self.segments.iter().map(|segment| &segment.service)),
            resource_arns: unique(self.segments.iter().filter_map(|segment| segment.resource_arn.as_ref()))
                .into_iter()
                .map(|arn| WireArn { arn })
                .collect(),
            instance_ids: unique(self.segments.iter().filter_map(|segment| segment.instance.as_ref()))
                .into_iter()
                .map(|id| WireId { id })
                .collect(),
            availability_zones: unique(self.segments.iter().filter_map(|segment| segment.zone.as_ref()))
                .into_iter()
                .map(|name| WireName { name })
                .collect(),
            entry_point: self.root().map(|root| root.service.clone()),
            revision: self.revision,
            matched_event_time: self.start,
        })
    }
}

fn annotation_value(value: &Value) -> Option<AnnotationValue> {
    match value {
        Value::String(text) => Some(AnnotationValue::String(text.clone())),
        Value::Bool(value) => Some(AnnotationValue::Boolean(*value)),
        Value::Number(number) => number.as_f64().map(AnnotationValue::Number),
        _ => None,
    }
}

fn unique<'a, T: Clone + Eq + std::hash::Hash + 'a>(values: impl Iterator<Item = &'a T>) -> Vec<T> {
    let mut seen = HashSet::new();
    values.filter(|value| seen.insert(*value)).cloned().collect()
}
