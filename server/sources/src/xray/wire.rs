//! Segment documents: <https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html>.
//!
//! They are read as loose JSON, because SDKs put other types into many fields than documented; this names the fields.

use serde_json::Value as Json;

/// One document, as text and parsed.
pub struct Document {
    /// As X-Ray returned it.
    pub text: String,
    /// Parsed.
    pub json: Json,
}

impl Document {
    /// `None` if it is not a JSON object (or one nested deeper than 128 levels).
    pub fn parse(text: &str) -> Option<Self> {
        let json: Json = serde_json::from_str(text).ok()?;
        json.is_object().then(|| Self { text: text.to_owned(), json })
    }
}

/// A member by path; null if there is none.
pub fn at<'a>(json: &'a Json, path: &[&str]) -> &'a Json {
    path.iter().try_fold(json, |json, key| json.get(key)).unwrap_or(&Json::Null)
}

/// The members of an array; nothing if it is none.
pub fn each<'a>(json: &'a Json, key: &str) -> impl Iterator<Item = &'a Json> {
    json.get(key).and_then(Json::as_array).into_iter().flatten()
}
