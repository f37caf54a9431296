//! Parameters of a query or a form, which may be given more than once.

use super::answer::Failure;
use axum::extract::FromRequestParts;
use http::StatusCode;
use http::request::Parts;
use percent_encoding::percent_decode;
use std::convert::Infallible;

/// All pairs, in the order in which they were given.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Reads `application/x-www-form-urlencoded`.
    pub fn read(text: &[u8]) -> Self {
        let pairs = text.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty());
        Self(
            pairs
                .map(|pair| {
                    let (name, value) = pair.iter().position(|byte| *byte == b'=').map_or((pair, &[][..]), |at| {
                        let (name, value) = pair.split_at(at);
                        (name, value.get(1..).unwrap_or_default())
                    });
                    (decoded(name), decoded(value))
                })
                .collect(),
        )
    }

    /// The first value of this name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// All values of this name; `name[]` means the same.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(key, _)| key.strip_suffix("[]").unwrap_or(key) == name).map(|(_, value)| value.as_str())
    }

    /// Whether `value` is among those asked for; if none are, it is.
    pub fn admit(&self, name: &str, value: &str) -> bool {
        let mut wanted = self.all(name).flat_map(|values| values.split(',')).filter(|wanted| !wanted.is_empty()).peekable();
        wanted.peek().is_none() || wanted.any(|wanted| wanted.eq_ignore_ascii_case(value))
    }

    /// A number from 1 to `most`, or `default`; larger ones are lowered.
    pub fn number(&self, name: &'static str, default: usize, most: usize) -> Result<usize, Failure> {
        match self.get(name).filter(|text| !text.is_empty()) {
            None => Ok(default),
            Some(text) => match text.parse::<usize>() {
                Ok(number) if number > 0 => Ok(number.min(most)),
                _ => Err(Failure::new(StatusCode::UNPROCESSABLE_ENTITY, format!("Invalid {name}"))),
            },
        }
    }
}

fn decoded(text: &[u8]) -> String {
    let spaced: Vec<u8> = text.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    percent_decode(&spaced).decode_utf8_lossy().into_owned()
}

impl<S: Sync> FromRequestParts<S> for Parameters {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(Self::read(parts.uri.query().unwrap_or_default().as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_forms_write() {
        let parameters =
            Parameters::read(b"query=custom%5Btrace_id%5D%3A%224bf9%22+x&level=error&level[]=warning&empty&&page=0&limit=9999");
        assert_eq!(parameters.get("query"), Some(r#"custom[trace_id]:"4bf9" x"#));
        assert_eq!(parameters.all("level").collect::<Vec<_>>(), ["error", "warning"]);
        assert_eq!(parameters.get("empty"), Some(""));
        assert!(parameters.admit("level", "Warning") && !parameters.admit("level", "debug") && parameters.admit("status", "active"));
        assert!(parameters.number("page", 1, 10).is_err());
        assert_eq!(parameters.number("limit", 20, 5_000).unwrap(), 5_000);
        assert_eq!(parameters.number("other", 20, 5_000).unwrap(), 20);
    }
}
