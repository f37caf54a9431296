//! What the two AWS protocols have in common.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};

/// A JSON answer with the request ID that every SDK shows.
pub fn json(status: StatusCode, content_type: &'static str, body: Vec<u8>) -> Response {
    let mut response = (status, [(header::CONTENT_TYPE, content_type)], body).into_response();
    if let Ok(id) = HeaderValue::from_str(&request_id()) {
        response.headers_mut().insert("x-amzn-requestid", id);
    }
    response
}

/// A random UUID, version 4.
fn request_id() -> String {
    let mut bytes = [0_u8; 16];
    // Without entropy the ID says so by being nil; the answer itself is still good.
    let _ = getrandom::fill(&mut bytes);
    let number = u128::from_be_bytes(bytes) & !(0xf << 76 | 0x3 << 62) | 0x4 << 76 | 0x2 << 62;
    let hex = format!("{number:032x}");
    let part = |range: std::ops::Range<usize>| hex.get(range).unwrap_or_default();
    format!("{}-{}-{}-{}-{}", part(0..8), part(8..12), part(12..16), part(16..20), part(20..32))
}

#[cfg(test)]
mod tests {
    #[test]
    fn request_ids_are_random_uuids() {
        let (one, two) = (super::request_id(), super::request_id());
        assert_ne!(one, two);
        assert_eq!((one.len(), one.as_bytes()[14], one.matches('-').count()), (36, b'4', 4));
        assert!(matches!(one.as_bytes()[19], b'8' | b'9' | b'a' | b'b'));
    }
}
