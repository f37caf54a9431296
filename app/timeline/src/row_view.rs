//! What a row says: the same on the server's first screen and in the browser's recycled rows.

use crate::{Colours, Item, Rows};
use model::columns::{Columns, flag};
use model::time::format_duration;
use model::{DisplayText, Source, SourceSet};

/// Every word of a row, safe to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowView {
    /// What it stands for.
    pub item: Item,
    /// From 1, as in `aria-level`.
    pub level: u32,
    /// `None` if nothing stands under it.
    pub expanded: Option<bool>,
    /// The colour of the service; [`crate::colour::NOBODY`] for none.
    pub slot: u8,
    /// The class of the whole row: `span fault`, `log warn`, `err`.
    pub class: &'static str,
    /// The word in front: a log's severity; empty for others.
    pub tag: &'static str,
    /// The operation, the line, the exception.
    pub text: String,
    /// The service; of an error, empty.
    pub service: String,
    /// The sign of the status and of errors hidden under a closed span: `✕`, `429`, `◆ 2`; empty if fine.
    pub sign: String,
    /// A word behind: `orphan`, `still running`, `inferred`, `placed by time`; empty if none.
    pub note: &'static str,
    /// Who knows it.
    pub sources: SourceSet,
    /// The duration of a span, the moment of the others: `+1.18 s`.
    pub time: String,
    /// The row in words, for assistive technology.
    pub label: String,
}

/// How much of a text a row shows at most, in characters.
const ROW_TEXT: usize = 240;

/// Deeper than this the tree no longer moves to the right.
const DEEPEST_INDENT: u32 = 24;
/// One level, in pixels.
const INDENT: u32 = 16;

/// How far a level stands to the right, in pixels.
pub fn indent(level: u32) -> u32 {
    level.saturating_sub(1).min(DEEPEST_INDENT) * INDENT
}

impl RowView {
    /// The row `row`; `None` beyond the last.
    pub fn of(columns: &Columns, rows: &Rows, colours: &Colours, row: usize) -> Option<Self> {
        match rows.item(row)? {
            Item::Span(index) => Some(span(columns, rows, colours, index)),
            Item::Log(index) => Some(log(columns, colours, index)),
            Item::Error(index) => Some(error(columns, colours, index)),
        }
    }
}

fn text(columns: &Columns, column: &[u32], index: u32) -> String {
    let text = column.get(index as usize).map_or("", |&text| columns.text(text));
    DisplayText::limited(text, ROW_TEXT).into_string()
}

fn span(columns: &Columns, rows: &Rows, colours: &Colours, index: u32) -> RowView {
    let at = index as usize;
    let spans = &columns.spans;
    let item = Item::Span(index);
    let has_children = rows.has_children(index);
    let folded = rows.is_folded(index);
    let status = spans.status.get(at).copied().unwrap_or(0);
    let flags = spans.flags.get(at).copied().unwrap_or(0);
    let http = spans.http_status.get(at).copied().unwrap_or(0);
    let class = match status {
        4 => "span fault",
        3 => "span throttle",
        2 => "span error",
        _ => "span",
    };
    let word = match status {
        4 => "fault",
        3 => "throttled",
        2 => "error",
        1 => "ok",
        _ => "",
    };
    let mut sign = match status {
        4 => "✕".to_owned(),
        3 => "429".to_owned(),
        2 if http > 0 => http.to_string(),
        2 => "4xx".to_owned(),
        _ => String::new(),
    };
    let hidden = if folded { rows.errors_below(index) } else { 0 };
    if hidden > 0 {
        if !sign.is_empty() {
            sign.push(' ');
        }
        sign.push_str("◆ ");
        sign.push_str(&hidden.to_string());
    }
    let note = match flags {
        flags if flags & flag::IN_PROGRESS != 0 => "still running",
        flags if flags & flag::ORPHAN != 0 => "parent not received",
        flags if flags & flag::INFERRED != 0 => "inferred",
        _ => "",
    };
    let service = text(columns, &spans.service, index);
    let operation = text(columns, &spans.name, index);
    let time = format_duration(spans.duration_ns.get(at).map_or(0, |&ns| i64::try_from(ns).unwrap_or(i64::MAX)));
    let mut label = [service.as_str(), operation.as_str(), time.as_str(), word, note]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(", ");
    for (count, one, more) in counts(rows, index) {
        if count > 0 {
            label.push_str(", ");
            label.push_str(&count.to_string());
            label.push_str(if count == 1 { one } else { more });
        }
    }
    RowView {
        item,
        level: spans.depth.get(at).copied().unwrap_or(0) + 1,
        expanded: has_children.then_some(!folded),
        slot: spans.service.get(at).map_or(crate::colour::NOBODY, |&service| colours.slot(service)),
        class,
        tag: "",
        text: operation,
        service,
        sign,
        note,
        sources: SourceSet::from_bits(spans.sources.get(at).copied().unwrap_or(0)),
        time,
        label,
    }
}

/// How many log lines and errors stand on the span itself.
fn counts(rows: &Rows, span: u32) -> [(usize, &'static str, &'static str); 2] {
    let own = rows.own_marks(span);
    let errors = rows.error_positions(&own).len();
    [(own.len() - errors, " log", " logs"), (errors, " exception", " exceptions")]
}

fn log(columns: &Columns, colours: &Colours, index: u32) -> RowView {
    let at = index as usize;
    let logs = &columns.logs;
    let (class, tag) = match logs.severity.get(at) {
        Some(1) => ("log", "TRACE"),
        Some(2) => ("log", "DEBUG"),
        Some(3) => ("log", "INFO"),
        Some(4) => ("log warn", "WARN"),
        Some(5) => ("log bad", "ERROR"),
        Some(6) => ("log bad", "FATAL"),
        _ => ("log", "LOG"),
    };
    let line = text(columns, &logs.line, index);
    let time = moment(logs.time_ns.get(at).copied().unwrap_or(0));
    let source = logs.source.get(at).and_then(|&source| Source::ALL.get(source as usize)).copied();
    RowView {
        item: Item::Log(index),
        level: level(columns, logs.span.get(at)),
        expanded: None,
        slot: logs.service.get(at).map_or(crate::colour::NOBODY, |&service| colours.slot(service)),
        class,
        tag,
        label: ["log", &tag.to_ascii_lowercase(), &line, &time].join(", "),
        text: line,
        service: String::new(),
        sign: String::new(),
        note: placed(logs.placed_by.get(at)),
        sources: source.map_or(SourceSet::EMPTY, SourceSet::of),
        time,
    }
}

fn error(columns: &Columns, colours: &Colours, index: u32) -> RowView {
    let at = index as usize;
    let errors = &columns.errors;
    let class = text(columns, &errors.class, index);
    let message = text(columns, &errors.message, index);
    let said = match (class.is_empty(), message.is_empty()) {
        (false, false) => [class, message].join(": "),
        (true, true) => "error without a message".to_owned(),
        _ => class + &message,
    };
    let time = moment(errors.time_ns.get(at).copied().unwrap_or(0));
    RowView {
        item: Item::Error(index),
        level: level(columns, errors.span.get(at)),
        expanded: None,
        slot: errors.service.get(at).map_or(crate::colour::NOBODY, |&service| colours.slot(service)),
        class: "err",
        tag: "",
        label: ["exception", &said, &time].join(", "),
        text: said,
        service: String::new(),
        sign: String::new(),
        note: placed(errors.placed_by.get(at)),
        sources: SourceSet::from_bits(errors.sources.get(at).copied().unwrap_or(0)),
        time,
    }
}

/// A moment relative to the start of the request: `+164 ms`.
pub fn moment(ns: i64) -> String {
    let text = format_duration(ns);
    if ns < 0 { text } else { ["+", &text].concat() }
}

fn placed(by: Option<&u8>) -> &'static str {
    match by {
        Some(1) => "placed by time",
        _ => "",
    }
}

fn level(columns: &Columns, span: Option<&u32>) -> u32 {
    span.and_then(|&span| columns.spans.depth.get(span as usize)).map_or(1, |depth| depth + 2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Fold, Show, samples};

    fn view(columns: &Columns, fold: &Fold, row: usize) -> RowView {
        RowView::of(columns, &Rows::new(columns, fold, Show::default()), &samples::colours(columns), row).unwrap()
    }

    #[test]
    fn says_what_a_row_is() {
        let columns = samples::small();
        let handle = view(&columns, &Fold::default(), 1);
        assert_eq!(handle.label, "api, handle, 50 ms, fault, 2 logs, 1 exception");
        assert_eq!((handle.level, handle.expanded, handle.sign.as_str()), (2, Some(true), "✕"));
        let error = view(&columns, &Fold::default(), 3);
        assert_eq!((error.text.as_str(), error.time.as_str(), error.level), ("KeyError: 'handle'", "+40 ms", 3));
        let elsewhere = view(&columns, &Fold::default(), 7);
        assert_eq!((elsewhere.level, elsewhere.tag), (1, "LOG"));
    }

    #[test]
    fn a_closed_span_counts_the_errors_it_hides() {
        let columns = samples::small();
        let mut fold = Fold::default();
        fold.set_all(true);
        let root = view(&columns, &fold, 0);
        assert_eq!((root.expanded, root.sign.as_str()), (Some(false), "✕ ◆ 1"));
    }

    #[test]
    fn hostile_text_is_made_harmless() {
        let mut columns = samples::small();
        for text in &mut columns.strings {
            text.push_str("\0\u{202e}<script>");
        }
        let row = view(&columns, &Fold::default(), 1);
        assert!(row.text.contains('␀') && !row.text.contains('\0') && !row.text.contains('\u{202e}'), "{row:?}");
        assert!(!row.label.contains('\0'));
    }
}
