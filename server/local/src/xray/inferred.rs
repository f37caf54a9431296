//! Segments the service makes up for what sends none itself: a database, a queue, a foreign API.

use serde::Deserialize;

use super::id::format_trace_id;
use super::outline::{Member, Node};
use super::text::literal;
use super::trace::Document;

/// The ID of the inferred segment of a subsegment: always the same for the same subsegment.
pub fn inferred_id(call: u64) -> u64 {
    let mut mixed = call ^ 0x7472_6163_6565_0001;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (mixed ^ (mixed >> 31)).max(1)
}

/// The document of an inferred segment. `None` when the call has no ID or name.
pub fn inferred_document(document: &Document<'_>, node: &Node) -> Option<(u64, String)> {
    let call = node.id?;
    let text = document.text.as_ref();
    let id = inferred_id(call);
    let mut out = String::with_capacity(512);
    out.extend(["{\"id\":\"", &format!("{id:016x}"), "\",\"name\":", node.member(text, Member::Name)?]);
    for (key, member) in [("start_time", Member::StartTime), ("end_time", Member::EndTime), ("http", Member::Http), ("aws", Member::Aws)] {
        push(&mut out, key, node.member(text, member));
    }
    push(&mut out, "in_progress", (!node.complete).then_some("true"));
    for (key, member) in [("error", Member::Error), ("fault", Member::Fault), ("throttle", Member::Throttle)] {
        push(&mut out, key, node.member(text, member));
    }
    let trace = format_trace_id(document.stored.header.trace);
    out.extend([",\"parent_id\":\"", &format!("{call:016x}"), "\",\"trace_id\":\"", &trace, "\",\"inferred\":true"]);
    push(&mut out, "origin", Some(&literal(&origin(text, node))));
    out.push('}');
    Some((id, out))
}

fn push(out: &mut String, key: &str, value: Option<&str>) {
    if let Some(value) = value {
        out.extend([",\"", key, "\":", value]);
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Aws {
    table_name: Option<serde::de::IgnoredAny>,
    table_names: Option<serde::de::IgnoredAny>,
    queue_url: Option<serde::de::IgnoredAny>,
    topic_arn: Option<serde::de::IgnoredAny>,
    bucket_name: Option<serde::de::IgnoredAny>,
    function_name: Option<serde::de::IgnoredAny>,
}

/// The kind of service behind a call, as the service names it in `origin` and `ServiceIds`.
pub fn origin(text: &str, node: &Node) -> String {
    if node.member(text, Member::Sql).is_some() {
        return "Database::SQL".to_owned();
    }
    if node.member(text, Member::Namespace) != Some("\"aws\"") {
        return "remote".to_owned();
    }
    let aws: Aws = node.member(text, Member::Aws).and_then(|aws| serde_json::from_str(aws).ok()).unwrap_or_default();
    let name = node.member(text, Member::Name).and_then(|name| serde_json::from_str::<String>(name).ok()).unwrap_or_default();
    let known = match name.to_ascii_lowercase().as_str() {
        _ if aws.table_name.is_some() || aws.table_names.is_some() => "AWS::DynamoDB::Table",
        _ if aws.queue_url.is_some() => "AWS::SQS::Queue",
        _ if aws.topic_arn.is_some() => "AWS::SNS",
        _ if aws.bucket_name.is_some() => "AWS::S3::Bucket",
        _ if aws.function_name.is_some() => "AWS::Lambda",
        "dynamodb" => "AWS::DynamoDB::Table",
        "sqs" => "AWS::SQS::Queue",
        "sns" => "AWS::SNS",
        "s3" => "AWS::S3::Bucket",
        "lambda" => "AWS::Lambda",
        _ => return format!("AWS::{name}"),
    };
    known.to_owned()
}
