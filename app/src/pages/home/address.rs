//! The address of the list: what the page shows stands in it, and every link changes only what it is about.

use api::ListParameters;
use leptos_router::params::ParamsMap;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// The parameters that mean something here; others are dropped from links.
const KNOWN: [&str; 9] = ["from", "to", "q", "service", "status", "min_duration_ms", "limit", "cursor", "sort"];

/// What is escaped in a value: everything but the unreserved characters of RFC 3986 and the colons of times.
const ESCAPED: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b':');

/// The parameters of the page as they came.
#[derive(Clone, Debug)]
pub struct Address(Vec<(&'static str, String)>);

impl Address {
    /// From the query of the URL; blank parameters count as absent.
    pub fn new(parameters: &ParamsMap) -> Self {
        let known = KNOWN.into_iter().filter_map(|name| {
            let value = parameters.get_str(name)?.trim();
            (!value.is_empty()).then(|| (name, value.to_owned()))
        });
        Self(known.collect())
    }

    /// One parameter.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    /// For [`api::ListQuery::parse`].
    pub fn parameters(&self) -> ListParameters {
        let owned = |name| self.get(name).map(str::to_owned);
        ListParameters {
            from: owned("from"),
            to: owned("to"),
            q: owned("q"),
            service: owned("service"),
            status: owned("status"),
            min_duration_ms: owned("min_duration_ms"),
            limit: owned("limit"),
            cursor: owned("cursor"),
        }
    }

    /// The link that differs from this page in `changes`: a value to set, or `None` to leave out. A change to what is listed starts at
    /// its first page again.
    pub fn with(&self, changes: &[(&'static str, Option<&str>)]) -> String {
        let paging = changes.iter().any(|(name, _)| matches!(*name, "limit" | "cursor" | "sort"));
        let values = KNOWN.into_iter().filter_map(|name| {
            let change = changes.iter().find(|(changed, _)| *changed == name);
            let value = match change {
                Some((_, value)) => *value,
                None if !paging && matches!(name, "limit" | "cursor") => None,
                None => self.get(name),
            };
            value.map(|value| (name, value))
        });
        format!("/{}", query_string(values))
    }

    /// The same list without its range, ready for `from=…&to=…`.
    pub fn without_range(&self) -> String {
        let link = self.with(&[("from", None), ("to", None)]);
        if link.contains('?') { format!("{link}&") } else { format!("{link}?") }
    }

    /// `?from=…&to=…` as they stand in the address, for the page of a request; empty when they do not.
    pub fn kept_range(&self) -> String {
        query_string(["from", "to"].into_iter().filter_map(|name| Some((name, self.get(name)?))))
    }

    /// What a form of this page has to carry along so that it changes nothing but its own fields.
    pub fn carried(&self, except: &[&str]) -> Vec<(&'static str, String)> {
        self.0.iter().filter(|(name, _)| !except.contains(name) && !matches!(*name, "limit" | "cursor")).cloned().collect()
    }
}

/// `?name=value&…`; empty for none.
fn query_string<'a>(values: impl Iterator<Item = (&'static str, &'a str)>) -> String {
    let pairs: Vec<String> = values.map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, &ESCAPED))).collect();
    if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(parameters: &[(&'static str, &str)]) -> Address {
        Address::new(&parameters.iter().map(|(name, value)| (*name, (*value).to_owned())).collect())
    }

    #[test]
    fn a_link_changes_only_what_it_is_about() {
        let here = address(&[("service", "a&b"), ("from", "-1h"), ("cursor", "x"), ("strange", "y"), ("to", " ")]);
        assert_eq!(here.with(&[("from", Some("-6h"))]), "/?from=-6h&service=a%26b");
        assert_eq!(here.with(&[("sort", Some("duration"))]), "/?from=-1h&service=a%26b&cursor=x&sort=duration");
        assert_eq!(here.kept_range(), "?from=-1h");
        assert_eq!(here.without_range(), "/?service=a%26b&");
        assert_eq!(address(&[]).without_range(), "/?");
    }
}
