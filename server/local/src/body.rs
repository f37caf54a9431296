//! The one way a request body is read: decompressed, capped after decompression, never awaited forever.
//!
//! Vendor modules turn [`BodyError`] into the vendor's own shape of error.

use std::io::Read;
use std::time::Duration;

use axum::body::Body;
use flate2::read::MultiGzDecoder;
use http::header::CONTENT_ENCODING;
use http::{HeaderMap, StatusCode};
use http_body_util::BodyExt;

/// Most bytes of a body after decompression; the limit that Honeycomb documents for OTLP.
pub const MAX_BODY_BYTES: usize = 20 * 1024 * 1024;

/// A sender that needs longer for one body is cut off.
const TIMEOUT: Duration = Duration::from_mins(1);

/// Compressed bodies from this size on are decompressed away from the async runtime's threads.
const DECOMPRESS_ELSEWHERE_BYTES: usize = 64 * 1024;

/// Why a body was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// Longer than [`MAX_BODY_BYTES`] after decompression.
    #[error("the request body is too large")]
    TooLarge,
    /// A `Content-Encoding` other than `gzip` and `identity`.
    #[error("the content encoding of the request body is not supported; use gzip or none")]
    UnsupportedEncoding,
    /// Says gzip and is not.
    #[error("the request body is not valid gzip")]
    Malformed,
    /// The connection ended first.
    #[error("the request body ended early")]
    Incomplete,
    /// The body did not arrive in time.
    #[error("the request body did not arrive in time")]
    TooSlow,
}

impl BodyError {
    /// The status that says the same.
    pub fn status(self) -> StatusCode {
        match self {
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedEncoding => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Malformed | Self::Incomplete => StatusCode::BAD_REQUEST,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
        }
    }
}

/// Reads a body to its end and decompresses it as its headers say.
pub async fn read(headers: &HeaderMap, body: Body) -> Result<Vec<u8>, BodyError> {
    let is_gzip = is_gzip(headers)?;
    let bytes = tokio::time::timeout(TIMEOUT, collect(body)).await.map_err(|_| BodyError::TooSlow)??;
    if !is_gzip {
        return Ok(bytes);
    }
    if bytes.len() < DECOMPRESS_ELSEWHERE_BYTES {
        return gunzip(&bytes);
    }
    tokio::task::spawn_blocking(move || gunzip(&bytes)).await.map_err(|_| BodyError::Incomplete)?
}

fn is_gzip(headers: &HeaderMap) -> Result<bool, BodyError> {
    let mut encodings = headers.get_all(CONTENT_ENCODING).iter();
    let (first, second) = (encodings.next(), encodings.next());
    match first.map(|value| value.as_bytes().trim_ascii()) {
        _ if second.is_some() => Err(BodyError::UnsupportedEncoding),
        None | Some(b"") => Ok(false),
        Some(name) if name.eq_ignore_ascii_case(b"identity") => Ok(false),
        Some(name) if name.eq_ignore_ascii_case(b"gzip") || name.eq_ignore_ascii_case(b"x-gzip") => Ok(true),
        Some(_) => Err(BodyError::UnsupportedEncoding),
    }
}

async fn collect(mut body: Body) -> Result<Vec<u8>, BodyError> {
    let announced = http_body::Body::size_hint(&body);
    if announced.lower() > MAX_BODY_BYTES as u64 {
        return Err(BodyError::TooLarge);
    }
    // What is announced is believed only up to a size that costs nothing.
    let mut bytes = Vec::with_capacity(usize::try_from(announced.lower()).unwrap_or(0).min(1024 * 1024));
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| BodyError::Incomplete)?;
        if let Some(data) = frame.data_ref() {
            if bytes.len() + data.len() > MAX_BODY_BYTES {
                return Err(BodyError::TooLarge);
            }
            bytes.extend_from_slice(data);
        }
    }
    Ok(bytes)
}

fn gunzip(bytes: &[u8]) -> Result<Vec<u8>, BodyError> {
    let mut plain = Vec::with_capacity((bytes.len() * 4).min(1024 * 1024));
    MultiGzDecoder::new(bytes).take(MAX_BODY_BYTES as u64 + 1).read_to_end(&mut plain).map_err(|_| BodyError::Malformed)?;
    if plain.len() > MAX_BODY_BYTES { Err(BodyError::TooLarge) } else { Ok(plain) }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use http::HeaderValue;

    use super::*;

    fn gzip(plain: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(plain).unwrap();
        encoder.finish().unwrap()
    }

    fn encoded(encoding: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(CONTENT_ENCODING, HeaderValue::from_static(encoding))])
    }

    #[tokio::test]
    async fn plain_and_compressed_bodies_read_the_same() {
        let plain = b"some text ".repeat(50_000);
        assert_eq!(read(&HeaderMap::new(), plain.clone().into()).await.unwrap(), plain);
        assert_eq!(read(&encoded("identity"), plain.clone().into()).await.unwrap(), plain);
        for body in [gzip(&plain), [gzip(&plain[..1000]), gzip(&plain[1000..])].concat()] {
            assert_eq!(read(&encoded("gzip"), body.into()).await.unwrap(), plain);
        }
    }

    #[tokio::test]
    async fn a_chunked_body_is_read_to_its_end() {
        let chunks = ["a", "bc", "", "d"].map(Ok::<_, std::io::Error>);
        let body = Body::from_stream(futures::stream::iter(chunks));
        assert_eq!(read(&HeaderMap::new(), body).await.unwrap(), b"abcd");
    }

    #[tokio::test]
    async fn the_cap_holds_after_decompression() {
        let bomb = gzip(&vec![0; MAX_BODY_BYTES + 1]);
        assert!(bomb.len() < 200_000);
        assert_eq!(read(&encoded("gzip"), bomb.into()).await, Err(BodyError::TooLarge));
        assert_eq!(read(&HeaderMap::new(), vec![0; MAX_BODY_BYTES + 1].into()).await, Err(BodyError::TooLarge));
        assert!(read(&HeaderMap::new(), vec![0; MAX_BODY_BYTES].into()).await.is_ok());
    }

    #[tokio::test]
    async fn what_is_not_what_it_says_is_refused() {
        assert_eq!(read(&encoded("gzip"), "no gzip".into()).await, Err(BodyError::Malformed));
        let whole = gzip(b"some text");
        assert_eq!(read(&encoded("gzip"), whole[..whole.len() - 3].to_vec().into()).await, Err(BodyError::Malformed));
        assert_eq!(read(&encoded("br"), "x".into()).await, Err(BodyError::UnsupportedEncoding));
        let broken = Body::from_stream(futures::stream::iter([Ok("a"), Err(std::io::Error::other("gone"))]));
        assert_eq!(read(&HeaderMap::new(), broken).await, Err(BodyError::Incomplete));
    }
}
