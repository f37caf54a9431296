//! Reading requests and writing answers of awsJson1.1, and the rules for names.

use axum::response::Response;
use http::{HeaderMap, StatusCode, header};
use serde::{Deserialize, Serialize};

use super::error::{CloudWatchError, JSON_1_1};
use crate::aws;

/// The account that owns everything here.
const ACCOUNT: &str = "000000000000";
const LONGEST_NAME: usize = 512;

/// Reads a JSON request; an empty body is an empty request.
pub fn request<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, CloudWatchError> {
    let body = if body.trim_ascii().is_empty() { b"{}" } else { body };
    serde_json::from_slice(body).map_err(|error| {
        let said = error.to_string();
        match said.strip_prefix("missing field `").and_then(|rest| rest.split_once('`')) {
            Some((field, _)) if error.is_data() => invalid_value("null", field, "Member must not be null"),
            _ => CloudWatchError::Serialization(said),
        }
    })
}

/// A broken constraint in the words of the service's model.
pub fn invalid_value(value: &str, field: &str, rule: &str) -> CloudWatchError {
    CloudWatchError::invalid(format!("1 validation error detected: Value '{value}' at '{field}' failed to satisfy constraint: {rule}"))
}

/// Writes an answer.
pub fn answer<T: Serialize>(value: &T) -> Result<Response, CloudWatchError> {
    Ok(aws::json(StatusCode::OK, JSON_1_1, serde_json::to_vec(value)?))
}

/// The answer of an operation that has none.
pub fn done() -> Response {
    aws::json(StatusCode::OK, JSON_1_1, Vec::new())
}

/// Checks the name of a group that is to be used or created.
pub fn group_name(name: &str) -> Result<(), CloudWatchError> {
    let fits = (1..=LONGEST_NAME).contains(&name.len());
    if fits && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_/#".contains(&byte)) {
        return Ok(());
    }
    let rule = if fits {
        "Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+".to_owned()
    } else {
        format!("Member must have length between 1 and {LONGEST_NAME}")
    };
    Err(invalid_value(&shortened(name), "logGroupName", &rule))
}

/// Checks the name of a stream.
pub fn stream_name(name: &str) -> Result<(), CloudWatchError> {
    if (1..=LONGEST_NAME).contains(&name.chars().count()) && !name.contains([':', '*']) {
        return Ok(());
    }
    Err(invalid_value(&shortened(name), "logStreamName", "Member must satisfy regular expression pattern: [^:*]{1,512}"))
}

fn shortened(name: &str) -> String {
    name.chars().take(LONGEST_NAME).collect()
}

/// The group that a request names: by name, or by an identifier that is a name or an ARN.
pub fn chosen_group(name: Option<String>, identifier: Option<String>) -> Result<String, CloudWatchError> {
    let group = match (name, identifier) {
        (Some(name), None) => name,
        (None, Some(identifier)) => group_of_arn(&identifier).unwrap_or(&identifier).to_owned(),
        _ => return Err(CloudWatchError::invalid("Exactly one of logGroupName and logGroupIdentifier must be given.")),
    };
    group_name(&group)?;
    Ok(group)
}

/// The name in `arn:aws:logs:<region>:<account>:log-group:<name>`, with or without `:*`.
pub fn group_of_arn(arn: &str) -> Option<&str> {
    let (_, name) = arn.strip_prefix("arn:")?.split_once(":log-group:")?;
    Some(name.strip_suffix(":*").unwrap_or(name))
}

/// The ARN of a group, without `:*`.
pub fn group_arn(region: &str, group: &str) -> String {
    format!("arn:aws:logs:{region}:{ACCOUNT}:log-group:{group}")
}

/// The region that the client signed for; signatures themselves are not checked.
pub fn region(headers: &HeaderMap) -> &str {
    let signed = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let scope = signed.and_then(|signed| signed.split_once("Credential=")).map(|(_, scope)| scope);
    let region = scope.and_then(|scope| scope.split(['/', ',']).nth(2));
    region
        .filter(|region| !region.is_empty() && region.len() < 32 && region.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'))
        .unwrap_or("us-east-1")
}

/// A page size within what an operation allows.
pub fn limit(asked: Option<i64>, most: usize) -> Result<usize, CloudWatchError> {
    let Some(asked) = asked else { return Ok(most) };
    usize::try_from(asked)
        .ok()
        .filter(|limit| (1..=most).contains(limit))
        .ok_or_else(|| invalid_value(&asked.to_string(), "limit", &format!("Member must have value between 1 and {most}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_rules() {
        assert!(group_name("/aws/lambda/check-out_1.#").is_ok());
        assert!(group_name("").is_err() && group_name("a b").is_err() && group_name(&"x".repeat(513)).is_err());
        assert!(stream_name("2026/11/23/[$LATEST]abc").is_ok());
        assert!(stream_name("a:b").is_err() && stream_name("*").is_err() && stream_name("").is_err());
    }

    #[test]
    fn groups_are_chosen_by_name_or_arn() {
        let arn = group_arn("eu-west-1", "/app");
        assert_eq!(chosen_group(None, Some(arn.clone())).unwrap(), "/app");
        assert_eq!(chosen_group(None, Some("/app".into())).unwrap(), "/app");
        assert_eq!(group_of_arn(&format!("{arn}:*")), Some("/app"));
        assert!(chosen_group(Some("a".into()), Some("a".into())).is_err() && chosen_group(None, None).is_err());
    }

    #[test]
    fn the_region_is_read_from_the_signature() {
        let signed = "AWS4-HMAC-SHA256 Credential=AKID/20261123/eu-central-1/logs/aws4_request, SignedHeaders=host, Signature=x";
        let headers = HeaderMap::from_iter([(header::AUTHORIZATION, signed.parse().unwrap())]);
        assert_eq!((region(&headers), region(&HeaderMap::new())), ("eu-central-1", "us-east-1"));
    }
}
