//! `/api/v1/requests/{id}.txt`: the waterfall for tickets and terminals, at most [`WIDTH`] columns wide.

use model::request::{Log, RequestError, Span};
use model::time::format_duration;
use model::{Counts, DisplayText, Request, Source, SourceSet, UnixNs, Verdict};

/// No line has more characters.
const WIDTH: usize = 120;
/// The characters of a bar.
const BAR: usize = 24;
/// Deeper spans stand no further right.
const DEEPEST: u32 = 16;
/// Where the tree begins: offset, duration, status and bar stand before it.
const TREE: usize = 9 + 1 + 12 + 1 + 8 + 2 + BAR + 2;

/// The request as plain text. Telemetry goes through [`DisplayText`], so nothing in it can break a line or move the cursor.
pub fn text(request: &Request) -> String {
    let mut page = Page(String::new());
    header(request, &mut page);
    for verdict in &request.verdicts {
        self::verdict(verdict, &mut page);
    }
    if !request.spans.is_empty() {
        page.line("");
        page.line(&format!("{:>9} {:>12} {:<8} |{:<BAR$}| service  operation", "offset", "duration", "status", ""));
    }
    let mut marks = marks(request).into_iter().peekable();
    for (index, span) in (0_u32..).zip(&request.spans) {
        row(request, span, &mut page);
        while let Some(mark) = marks.next_if(|mark| mark.span == Some(index)) {
            mark.print(request, span.depth + 1, &mut page);
        }
    }
    let mut rest = marks.peekable();
    if rest.peek().is_some() {
        page.line("");
        page.line("on the request as a whole");
        rest.for_each(|mark| mark.print(request, 0, &mut page));
    }
    page.0
}

struct Page(String);

impl Page {
    /// One line, cut to the width.
    fn line(&mut self, line: &str) {
        let line = line.trim_end();
        if line.char_indices().nth(WIDTH).is_some() {
            self.0.extend(line.chars().take(WIDTH - 1));
            self.0.push('…');
        } else {
            self.0.push_str(line);
        }
        self.0.push('\n');
    }

    /// Our own words, under a verdict, on as many lines as they take.
    fn wrapped(&mut self, label: &str, text: &str) {
        let text = DisplayText::line(text).into_string();
        let mut line = format!("{:12}{label}", "");
        let mut first = true;
        for word in text.split(' ').filter(|word| !word.is_empty()) {
            if !first && line.chars().count() + 1 + word.chars().count() > WIDTH {
                self.line(&line);
                line = format!("{:1$}", "", 12 + label.len());
                first = true;
            }
            if !first {
                line.push(' ');
            }
            line.push_str(word);
            first = false;
        }
        if !first {
            self.line(&line);
        }
    }
}

fn safe(text: &str) -> String {
    DisplayText::limited(text, WIDTH).into_string()
}

fn header(request: &Request, page: &mut Page) {
    match request.root() {
        Some(root) => {
            let status = request.spans.iter().map(|span| span.status).max().unwrap_or_default().as_str();
            page.line(&format!("{}  {}  {status}  {}", safe(&root.service), safe(&root.name), format_duration(request.duration_ns)));
        }
        None if request.is_empty() => page.line("nothing found"),
        None => page.line("no spans found"),
    }
    page.line(&format!("{}  {}", request.id, request.id.xray()));
    for alias in &request.aliases {
        let other = if alias.to == request.id { alias.from } else { alias.to };
        page.line(&format!("also {other}: {}", safe(&alias.because)));
    }
    if !request.is_empty() {
        let (spans, services) = (request.spans.len(), request.services().len());
        let (logs, errors) = (request.logs.len(), request.errors.len());
        page.line(&format!("{}  spans {spans}  services {services}  logs {logs}  errors {errors}", request.start.rfc3339()));
    }
    page.line("");
}

fn verdict(verdict: &Verdict, page: &mut Page) {
    let Counts { spans, logs, errors } = verdict.counts;
    let counts: Vec<String> = [("spans", spans), ("logs", logs), ("errors", errors)]
        .into_iter()
        .filter_map(|(name, count)| Some(format!("{name} {}", count?)))
        .collect();
    page.line(&format!(
        "{:<10}  {:<12}  {:<22}  {} ms",
        verdict.source.label(),
        verdict.state.as_str(),
        counts.join("  "),
        verdict.elapsed_ms
    ));
    page.wrapped("why: ", &verdict.why);
    page.wrapped("next: ", &verdict.next_step);
}

fn row(request: &Request, span: &Span, page: &mut Page) {
    let duration = if span.in_progress { format!("> {}", format_duration(span.duration_ns)) } else { format_duration(span.duration_ns) };
    let http = span.http.as_ref().and_then(|http| http.status).map_or(String::new(), |status| format!("  {status}"));
    let marks = [(span.orphan, "  (parent not received)"), (span.inferred, "  (inferred)"), (span.in_progress, "  (in progress)")];
    let marks: String = marks.into_iter().filter_map(|(on, mark)| on.then_some(mark)).collect();
    page.line(&format!(
        "{:>9} {duration:>12} {:<8} |{}| {}{}  {}{http}{marks}  {}",
        format_duration(span.start.since(request.start)),
        span.status.as_str(),
        bar(request, span),
        indent(span.depth),
        safe(&span.service),
        safe(&span.name),
        badges(span.sources),
    ));
}

fn bar(request: &Request, span: &Span) -> String {
    let whole = i128::from(request.duration_ns.max(1));
    let place = |ns: i64| usize::try_from(i128::from(ns.max(0)) * BAR as i128 / whole).unwrap_or(0).min(BAR);
    let start = span.start.since(request.start);
    let from = place(start).min(BAR - 1);
    let to = place(start.saturating_add(span.duration_ns)).max(from + 1);
    format!("{}{}{}", " ".repeat(from), "=".repeat(to - from), " ".repeat(BAR - to))
}

fn indent(depth: u32) -> String {
    "  ".repeat(depth.min(DEEPEST) as usize)
}

fn badges(sources: SourceSet) -> String {
    sources.iter().map(Source::badge).collect::<Vec<_>>().join(" ")
}

/// A log line or an error.
struct Mark<'a> {
    span: Option<u32>,
    time: UnixNs,
    what: What<'a>,
}

enum What<'a> {
    Log(&'a Log),
    Error(&'a RequestError),
}

/// By span, those of no span last; then by time.
fn marks(request: &Request) -> Vec<Mark<'_>> {
    let logs = request.logs.iter().map(|log| Mark { span: log.span, time: log.time, what: What::Log(log) });
    let errors = request.errors.iter().map(|error| Mark { span: error.span, time: error.time, what: What::Error(error) });
    let mut marks: Vec<Mark<'_>> = logs.chain(errors).collect();
    marks.sort_by_key(|mark| (mark.span.unwrap_or(u32::MAX), mark.time));
    marks
}

impl Mark<'_> {
    fn print(&self, request: &Request, depth: u32, page: &mut Page) {
        let offset = format_duration(self.time.since(request.start));
        let before = format!("{offset:>9}{:<rest$}{}", "", indent(depth), rest = TREE - 9);
        match self.what {
            What::Log(log) => {
                let line = log.body.trim_start().lines().next().unwrap_or("");
                page.line(&format!("{before}- {} {}  {}", log.severity.as_str(), safe(line), log.source.badge()));
            }
            What::Error(error) => {
                page.line(&format!("{before}! {}: {}  {}", safe(&error.class), safe(&error.message), badges(error.sources)));
                if let Some(frame) = error.frames.first() {
                    let number = frame.line.map_or(String::new(), |line| format!(":{line}"));
                    page.line(&format!(
                        "{:<9}{:<rest$}{}  at {}{number} {}",
                        "",
                        "",
                        indent(depth),
                        safe(&frame.file),
                        safe(&frame.function),
                        rest = TREE - 9
                    ));
                }
            }
        }
    }
}
