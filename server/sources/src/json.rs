//! Vendors' JSON as attributes and plain values. Total on whatever arrives.

use model::{Attributes, Value};
use serde_json::Value as Json;

/// The most attributes that one piece keeps.
const ATTRIBUTE_LIMIT: usize = 2_000;

/// Adds `json` under `key`, objects flattened with dots; arrays and empty objects as JSON text; nulls and empty keys dropped.
/// An empty `key` adds the members themselves.
pub fn flatten(key: &str, json: &Json, attributes: &mut Attributes) {
    let mut open = vec![(key.to_owned(), json)];
    while let Some((key, json)) = open.pop() {
        if attributes.len() >= ATTRIBUTE_LIMIT {
            return;
        }
        match json {
            Json::Object(members) if !members.is_empty() => {
                for (name, member) in members.iter().rev() {
                    open.push((if key.is_empty() { name.clone() } else { format!("{key}.{name}") }, member));
                }
            }
            _ => {
                if let (false, Some(value)) = (key.is_empty(), value(json)) {
                    attributes.insert(key, value);
                }
            }
        }
    }
}

/// One value; `None` for null.
pub fn value(json: &Json) -> Option<Value> {
    Some(match json {
        Json::Null => return None,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(value), _) => Value::Int(value),
            (None, Some(value)) => Value::from(value),
            (None, None) => Value::Text(number.to_string()),
        },
        Json::String(text) => Value::Text(text.clone()),
        Json::Array(_) | Json::Object(_) => Value::Text(json.to_string()),
    })
}

/// The first of `keys` that holds text that is not empty.
pub fn text<'a>(json: &'a Json, keys: &[&str]) -> Option<&'a str> {
    keys.iter().filter_map(|key| json.get(*key)?.as_str()).find(|text| !text.is_empty())
}

/// A number, also one written as text.
pub fn number(json: &Json) -> Option<f64> {
    match json {
        Json::String(text) => text.trim().parse().ok(),
        _ => json.as_f64(),
    }
}

/// An HTTP status, also one written as text or as a float; `None` outside 100 to 599.
pub fn http_status(json: &Json) -> Option<u16> {
    let status = number(json)?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked")]
    (100.0..600.0).contains(&status).then_some(status as u16)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn nested_values_become_dotted_keys() {
        let mut attributes = Attributes::new();
        flatten("m", &json!({"a": {"b": 1, "n": null}, "list": [1, {"x": 2}], "f": 1.5, "big": u64::MAX, "empty": {}}), &mut attributes);
        assert_eq!(attributes.get("m.a.b"), Some(&Value::Int(1)));
        assert_eq!(attributes.get("m.list"), Some(&Value::from("[1,{\"x\":2}]")));
        assert_eq!(attributes.get("m.empty"), Some(&Value::from("{}")));
        assert_eq!(attributes.len(), 5);
    }

    #[test]
    fn hostile_values_are_bounded() {
        let wide: serde_json::Map<String, Json> = (0..10_000).map(|n| (n.to_string(), json!(n))).collect();
        let mut attributes = Attributes::new();
        flatten("", &Json::Object(wide), &mut attributes);
        assert_eq!(attributes.len(), ATTRIBUTE_LIMIT);
        assert_eq!(http_status(&json!(-5)), None);
        assert_eq!(http_status(&json!(1e300)), None);
        assert_eq!(http_status(&json!("404")), Some(404));
    }
}
