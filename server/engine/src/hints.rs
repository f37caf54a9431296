//! What a request itself says about where its log lines are.

use model::{Attributes, Fragment};
use std::collections::{BTreeMap, BTreeSet};

/// Log groups and services, as far as they were seen; each bounded, because telemetry decides how many there are.
#[derive(Debug, Default)]
pub struct Hints {
    /// Log groups that spans name.
    pub log_groups: BTreeSet<String>,
    /// Services that sent spans.
    pub services: BTreeSet<String>,
    /// Log groups by the service whose spans name them, or whose lines were found there: worth remembering.
    pub by_service: BTreeMap<String, BTreeSet<String>>,
}

const MAX_SERVICES: usize = 200;
const MAX_GROUPS: usize = 50;
const MAX_SERVICE_BYTES: usize = 256;

impl Hints {
    /// Takes note of what a fragment names.
    pub fn note(&mut self, fragment: &Fragment) {
        for span in &fragment.spans {
            let known = !span.service.is_empty() && span.service.len() <= MAX_SERVICE_BYTES;
            if known && self.services.len() < MAX_SERVICES && !self.services.contains(&span.service) {
                self.services.insert(span.service.clone());
            }
            for group in named_groups(&span.attributes) {
                if self.log_groups.len() < MAX_GROUPS || self.log_groups.contains(&group) {
                    self.remember(&span.service, &group);
                    self.log_groups.insert(group);
                }
            }
        }
        for log in &fragment.logs {
            if is_group_name(&log.log_group) {
                self.remember(&log.service, &log.log_group);
            }
        }
    }

    fn remember(&mut self, service: &str, group: &str) {
        let room = self.by_service.len() < MAX_SERVICES || self.by_service.contains_key(service);
        if service.is_empty() || service.len() > MAX_SERVICE_BYTES || !room {
            return;
        }
        let groups = self.by_service.entry(service.to_owned()).or_default();
        if groups.len() < MAX_GROUPS && !groups.contains(group) {
            groups.insert(group.to_owned());
        }
    }
}

/// The log groups that a span's attributes name: OpenTelemetry's `aws.log.group.names` and `aws.log.group.arns`
/// (<https://opentelemetry.io/docs/specs/semconv/resource/cloud-provider/aws/logs/>), and X-Ray's `aws.cloudwatch_logs`
/// (<https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html>).
fn named_groups(attributes: &Attributes) -> Vec<String> {
    let semantic = ["aws.log.group.names", "aws.log.group.arns"].into_iter().filter_map(|key| attributes.get(key));
    let xray = attributes
        .range("aws.cloudwatch_logs".to_owned()..)
        .take_while(|(key, _)| key.starts_with("aws.cloudwatch_logs"))
        .map(|(_, value)| value);
    semantic.chain(xray).filter_map(model::Value::as_text).flat_map(names_in).take(MAX_GROUPS).collect()
}

/// A name, an ARN, several with `,`, `;` or `&` between, or JSON: an array of names, or of X-Ray's `{"log_group": …}`.
fn names_in(text: &str) -> Vec<String> {
    let candidates: Vec<String> = match serde_json::from_str(text) {
        Ok(serde_json::Value::Array(items)) => items.iter().filter_map(json_name).collect(),
        Ok(item @ serde_json::Value::Object(_)) => json_name(&item).into_iter().collect(),
        _ => text.split([',', ';', '&', ' ']).map(str::to_owned).collect(),
    };
    let names = candidates.iter().map(|name| name.split_once(":log-group:").map_or(name.as_str(), |(_, rest)| rest.trim_end_matches(":*")));
    names.filter(|name| is_group_name(name)).map(str::to_owned).collect()
}

fn json_name(item: &serde_json::Value) -> Option<String> {
    item.as_str().or_else(|| item.get("log_group")?.as_str()).map(str::to_owned)
}

/// The rule of `CreateLogGroup`: 1 to 512 of these characters.
fn is_group_name(name: &str) -> bool {
    (1..=512).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-/.#".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_way_a_span_names_its_groups() {
        for (key, text) in [
            ("aws.log.group.names", "/a/b"),
            ("aws.log.group.names", "[\"/a/b\"]"),
            ("aws.log.group.arns", "arn:aws:logs:us-west-1:123456789012:log-group:/a/b:*"),
            ("aws.cloudwatch_logs", "[{\"log_group\":\"/a/b\",\"arn\":\"arn:…\"}]"),
            ("aws.cloudwatch_logs.0.log_group", "/a/b"),
        ] {
            let attributes = Attributes::from([(key.to_owned(), text.into())]);
            assert_eq!(named_groups(&attributes), ["/a/b"], "{key} {text}");
        }
        let several = Attributes::from([("aws.log.group.names".to_owned(), "/a&/b;/c".into())]);
        assert_eq!(named_groups(&several), ["/a", "/b", "/c"]);
    }

    #[test]
    fn lets_no_other_text_through() {
        for text in ["", "a b\"c", "[1,{}]", "/a' | fields @message", "\u{0}", "{}"] {
            let attributes = Attributes::from([("aws.log.group.names".to_owned(), text.into())]);
            assert!(named_groups(&attributes).iter().all(|name| is_group_name(name)), "{text}");
        }
    }
}
