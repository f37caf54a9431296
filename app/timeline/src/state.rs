//! What the viewer did, as it stands in the URL: canonical and versioned. The same state gives the same bytes; what is
//! not understood is ignored.

use crate::Anchor;

/// The state of a timeline page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// Where the sources look: as given, RFC 3339 or relative.
    pub from: Option<String>,
    /// See `from`.
    pub to: Option<String>,
    /// Which of the views.
    pub view: View,
    /// What is selected.
    pub selected: Option<Anchor>,
    /// The visible window: unix start and length, both in ns.
    pub zoom: Option<(i64, i64)>,
    /// What is collapsed.
    pub fold: Fold,
    /// What kinds of rows are shown.
    pub show: Show,
    /// The text to find.
    pub find: String,
}

/// Which view of the request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum View {
    /// The waterfall.
    #[default]
    Timeline,
    /// Nested lists, which need no script.
    List,
}

/// Which kinds of rows are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Show {
    /// Spans.
    pub spans: bool,
    /// Log lines.
    pub logs: bool,
    /// Errors.
    pub errors: bool,
}

impl Default for Show {
    fn default() -> Self {
        Self { spans: true, logs: true, errors: true }
    }
}

/// Which spans are collapsed: all or none, with exceptions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fold {
    all: bool,
    /// Span IDs, ascending.
    except: Vec<u64>,
}

/// So many exceptions of the folding fit into a URL; the lowest IDs win.
pub const MOST_IN_URL: usize = 100;
/// The version of the parameters below; a state written by a later one is not read.
const VERSION: &str = "1";
/// What a find text has at most, in characters.
const MOST_FIND: usize = 200;

impl Fold {
    /// Whether the span is collapsed.
    pub fn is_folded(&self, id: u64) -> bool {
        self.all != self.except.binary_search(&id).is_ok()
    }

    /// Collapses or expands one span.
    pub fn toggle(&mut self, id: u64) {
        match self.except.binary_search(&id) {
            Ok(at) => drop(self.except.remove(at)),
            Err(at) => self.except.insert(at, id),
        }
    }

    /// Makes one span collapsed or not.
    pub fn set(&mut self, id: u64, folded: bool) {
        if self.is_folded(id) != folded {
            self.toggle(id);
        }
    }

    /// Collapses or expands all.
    pub fn set_all(&mut self, folded: bool) {
        self.all = folded;
        self.except.clear();
    }
}

impl State {
    /// Reads the query of a URL, with or without the `?`.
    pub fn parse(query: &str) -> Self {
        let pairs =
            || query.trim_start_matches('?').split('&').filter_map(|pair| pair.split_once('=')).map(|(key, value)| (key, decode(value)));
        let mut state = Self::default();
        let known = pairs().find(|(key, _)| *key == "v").is_none_or(|(_, version)| version == VERSION);
        for (key, value) in pairs() {
            match key {
                "from" => state.from = Some(value).filter(|value| !value.is_empty()),
                "to" => state.to = Some(value).filter(|value| !value.is_empty()),
                "view" if value == "list" => state.view = View::List,
                _ if !known => {}
                "span" => state.selected = span_id(&value).map(Anchor::Span).or(state.selected),
                "log" => state.selected = moment(&value).map(|(unix_ns, nth)| Anchor::Log { unix_ns, nth }).or(state.selected),
                "error" => state.selected = moment(&value).map(|(unix_ns, nth)| Anchor::Error { unix_ns, nth }).or(state.selected),
                "zoom" => {
                    state.zoom = value.split_once(',').and_then(|(start, length)| Some((start.parse().ok()?, length.parse().ok()?)));
                    state.zoom = state.zoom.filter(|zoom| zoom.1 > 0);
                }
                "fold" => state.fold = fold(&value),
                "hide" => {
                    for kind in value.split('.') {
                        match kind {
                            "spans" => state.show.spans = false,
                            "logs" => state.show.logs = false,
                            "errors" => state.show.errors = false,
                            _ => {}
                        }
                    }
                }
                "find" => state.find = value.chars().take(MOST_FIND).collect(),
                _ => {}
            }
        }
        state
    }

    /// The query of the URL, with the `?`; empty for the default state.
    pub fn query(&self) -> String {
        let mut out = String::new();
        let mut own = false;
        let mut push = |key: &str, value: &str| {
            out.push(if out.is_empty() { '?' } else { '&' });
            out.push_str(key);
            out.push('=');
            encode(value, &mut out);
        };
        if let Some(from) = &self.from {
            push("from", from);
        }
        if let Some(to) = &self.to {
            push("to", to);
        }
        if self.view == View::List {
            push("view", "list");
        }
        let mut push = |key: &str, value: &str| {
            own = true;
            push(key, value);
        };
        match self.selected {
            Some(Anchor::Span(id)) => push("span", &hex(id)),
            Some(Anchor::Log { unix_ns, nth }) => push("log", &written(unix_ns, nth)),
            Some(Anchor::Error { unix_ns, nth }) => push("error", &written(unix_ns, nth)),
            None => {}
        }
        if let Some((start, length)) = self.zoom {
            push("zoom", &[start.to_string(), length.to_string()].join(","));
        }
        if self.fold != Fold::default() {
            let ids = self.fold.except.iter().take(MOST_IN_URL).map(|&id| hex(id));
            let all = self.fold.all.then(|| "all".to_owned());
            push("fold", &all.into_iter().chain(ids).collect::<Vec<_>>().join("."));
        }
        if self.show != Show::default() {
            let kinds = [("spans", self.show.spans), ("logs", self.show.logs), ("errors", self.show.errors)];
            push("hide", &kinds.iter().filter(|kind| !kind.1).map(|kind| kind.0).collect::<Vec<_>>().join("."));
        }
        if !self.find.is_empty() {
            push("find", &self.find);
        }
        if own {
            out.push_str("&v=");
            out.push_str(VERSION);
        }
        out
    }
}

fn written(unix_ns: i64, nth: u32) -> String {
    let mut text = unix_ns.to_string();
    if nth > 0 {
        text.push('.');
        text.push_str(&nth.to_string());
    }
    text
}

fn moment(value: &str) -> Option<(i64, u32)> {
    let (time, nth) = value.split_once('.').unwrap_or((value, "0"));
    Some((time.parse().ok()?, nth.parse().ok()?))
}

fn fold(value: &str) -> Fold {
    let all = value == "all" || value.starts_with("all.");
    let mut except: Vec<u64> = value.split('.').filter_map(span_id).take(MOST_IN_URL).collect();
    except.sort_unstable();
    except.dedup();
    Fold { all, except }
}

fn span_id(text: &str) -> Option<u64> {
    (text.len() == 16).then(|| u64::from_str_radix(text, 16).ok()).flatten().filter(|&id| id != 0)
}

/// Sixteen hex digits.
pub fn hex(id: u64) -> String {
    (0..16).rev().filter_map(|digit| char::from_digit(u32::try_from(id >> (4 * digit) & 15).unwrap_or(0), 16)).collect()
}

/// Percent-encodes what is neither unreserved nor harmless in a query.
fn encode(text: &str, out: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~,:".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            for half in [byte >> 4, byte & 15] {
                out.push(char::from_digit(u32::from(half), 16).unwrap_or('0').to_ascii_uppercase());
            }
        }
    }
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let digit = |at: usize| after.get(at).and_then(|&digit| char::from(digit).to_digit(16)).and_then(|digit| u8::try_from(digit).ok());
        rest = after;
        match (byte, digit(0), digit(1)) {
            (b'%', Some(high), Some(low)) => {
                bytes.push(high << 4 | low);
                rest = after.get(2..).unwrap_or_default();
            }
            (b'+', _, _) => bytes.push(b' '),
            _ => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn anchors() -> impl Strategy<Value = Option<Anchor>> {
        prop_oneof![
            Just(None),
            (1u64..).prop_map(|id| Some(Anchor::Span(id))),
            (any::<i64>(), any::<u32>()).prop_map(|(unix_ns, nth)| Some(Anchor::Log { unix_ns, nth })),
            (any::<i64>(), any::<u32>()).prop_map(|(unix_ns, nth)| Some(Anchor::Error { unix_ns, nth })),
        ]
    }

    fn states() -> impl Strategy<Value = State> {
        let text = proptest::option::of(".{1,20}");
        let zoom = proptest::option::of((any::<i64>(), 1i64..));
        let fold = (any::<bool>(), proptest::collection::btree_set(1u64.., 0..20));
        let show = (any::<bool>(), any::<bool>(), any::<bool>());
        (text.clone(), text, any::<bool>(), anchors(), zoom, fold, show, ".{0,30}").prop_map(
            |(from, to, list, selected, zoom, (all, except), (spans, logs, errors), find)| State {
                from,
                to,
                view: if list { View::List } else { View::Timeline },
                selected,
                zoom,
                fold: Fold { all, except: except.into_iter().collect() },
                show: Show { spans, logs, errors },
                find,
            },
        )
    }

    proptest! {
        #[test]
        fn a_state_comes_back_from_its_url(state in states()) {
            let query = state.query();
            prop_assert_eq!(&State::parse(&query), &state);
            prop_assert_eq!(State::parse(&query).query(), query);
        }

        #[test]
        fn any_query_is_read_without_fear(query in ".{0,200}") {
            let state = State::parse(&query);
            prop_assert_eq!(State::parse(&state.query()), state);
        }
    }

    #[test]
    fn reads_what_a_person_writes_and_ignores_the_rest() {
        let state = State::parse("?span=00f067aa0ba902b7&utm=x&zoom=1,0&fold=zz&find=a+b%2");
        assert_eq!(state.selected, Some(Anchor::Span(0x00f0_67aa_0ba9_02b7)));
        assert_eq!((state.zoom, state.find.as_str()), (None, "a b%2"));
        assert_eq!(State::default().query(), "");
        assert_eq!(State::parse("?from=-1h&span=00f067aa0ba902b7&v=99"), State { from: Some("-1h".to_owned()), ..State::default() });
    }

    #[test]
    fn writes_in_one_order() {
        let state = State {
            find: "a&b".to_owned(),
            selected: Some(Anchor::Span(1)),
            show: Show { logs: false, ..Show::default() },
            ..State::default()
        };
        assert_eq!(state.query(), "?span=0000000000000001&hide=logs&find=a%26b&v=1");
    }
}
