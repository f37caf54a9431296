//! The browser's half: inside the binary when it was built with feature `embed`, else from the folder in `THROUGHLINE_ASSETS`.

use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use std::borrow::Cow;
use std::path::PathBuf;

/// What the build put in: `(path, bytes)`, with `.br` and `.gz` beside each file.
static EMBEDDED: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// The name of the file of `kind` (`js`, `wasm`, `css`), as the manifest has it.
pub fn name(kind: &str) -> Option<String> {
    let manifest = read("manifest.txt")?;
    let text = std::str::from_utf8(&manifest).ok()?;
    text.lines().find_map(|line| line.strip_prefix(kind)?.strip_prefix(' ').map(str::to_owned))
}

/// `GET /pkg/{*path}`: precompressed, immutable (the name carries a hash of the content), 304 where the browser has it.
pub async fn serve(Path(path): Path<String>, headers: HeaderMap) -> Response {
    let Some(kind) = content_type(&path) else { return StatusCode::NOT_FOUND.into_response() };
    let accepts = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let candidates = [("br", ".br"), ("gzip", ".gz"), ("", "")];
    let found =
        candidates.iter().filter(|(encoding, _)| encoding.is_empty() || accepted(accepts, encoding)).find_map(|(encoding, suffix)| {
            let bytes = read(&format!("{path}{suffix}"))?;
            Some((*encoding, bytes))
        });
    let Some((encoding, bytes)) = found else { return (StatusCode::NOT_FOUND, "no such file").into_response() };
    let tag = format!("\"{path}{encoding}\"");
    let Ok(etag) = HeaderValue::from_str(&tag) else { return (StatusCode::NOT_FOUND, "no such file").into_response() };
    let mut out = HeaderMap::new();
    out.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    out.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    out.insert(header::ETAG, etag);
    if headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok()).is_some_and(|known| known.contains(&tag)) {
        return (StatusCode::NOT_MODIFIED, out).into_response();
    }
    out.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    if !encoding.is_empty() {
        out.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    (out, bytes.into_owned()).into_response()
}

fn accepted(header: &str, encoding: &str) -> bool {
    header.split(',').any(|part| {
        let mut words = part.split(';').map(str::trim);
        words.next() == Some(encoding) && !words.any(|word| word == "q=0")
    })
}

fn content_type(path: &str) -> Option<&'static str> {
    match path.rsplit_once('.')?.1 {
        "js" => Some("text/javascript; charset=utf-8"),
        "wasm" => Some("application/wasm"),
        "css" => Some("text/css; charset=utf-8"),
        _ => None,
    }
}

fn read(path: &str) -> Option<Cow<'static, [u8]>> {
    if let Some((_, bytes)) = EMBEDDED.iter().find(|(name, _)| *name == path) {
        return Some(Cow::Borrowed(bytes));
    }
    if !EMBEDDED.is_empty() || path.split('/').any(|part| part.is_empty() || part == "." || part == "..") {
        return None;
    }
    let directory = PathBuf::from(std::env::var_os("THROUGHLINE_ASSETS")?);
    std::fs::read(directory.join(path)).ok().map(Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_read_as_words() {
        assert!(accepted("gzip, deflate, br;q=0.9", "br"));
        assert!(!accepted("gzip, br;q=0", "br"));
        assert!(!accepted("brotli", "br"));
    }

    #[test]
    fn nothing_outside_the_folder_is_served() {
        for path in ["../Cargo.toml", "snippets/../../x.js", "/etc/passwd", ""] {
            assert!(read(path).is_none(), "{path}");
        }
    }
}
