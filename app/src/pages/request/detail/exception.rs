//! The exception: class, message, the failing frame on top with its source lines, what caused it, where the vendor shows it.

use crate::components::badges::source_badges;
use leptos::prelude::*;
use model::request::RequestError;
use model::{DisplayText, Frame, SourceSet};

/// So many frames are open at once; the rest folds away.
const OPEN_FRAMES: usize = 4;
/// So many frames are shown at all.
const MOST_FRAMES: usize = 200;

/// The card of one exception.
pub fn exception(error: &RequestError) -> impl IntoView + use<> {
    let causes = error
        .causes
        .iter()
        .take(10)
        .map(|cause| view! { <p class="cause">"caused by "</p>{card_head(&cause.class, SourceSet::EMPTY)}{message(&cause.message)}{frames(&cause.frames)} })
        .collect_view();
    view! {
        <section class="exception">
            {card_head(&error.class, error.sources)}
            {message(&error.message)}
            {frames(&error.frames)}
            {causes}
            {vendor_link(&error.url)}
        </section>
    }
}

fn card_head(class: &str, sources: SourceSet) -> impl IntoView + use<> {
    let class = if class.is_empty() { "Error".to_owned() } else { DisplayText::limited(class, 200).into_string() };
    view! { <h3><span class="diamond"></span><b>{class}</b><span class="space"></span>{source_badges(sources)}</h3> }
}

fn message(text: &str) -> impl IntoView + use<> {
    (!text.is_empty()).then(|| view! { <p class="message">{DisplayText::block(text).into_string()}</p> })
}

fn frames(frames: &[Frame]) -> impl IntoView + use<> {
    let all = frames.len();
    let list = |from: usize, to: usize| {
        let shown = frames.get(from..to.min(all)).unwrap_or_default();
        shown.iter().enumerate().map(|(at, each)| frame(each, from + at == 0)).collect_view()
    };
    let more = (all > OPEN_FRAMES).then(|| {
        view! { <details><summary>{format!("{} more frames", all - OPEN_FRAMES)}</summary><ol>{list(OPEN_FRAMES, MOST_FRAMES)}</ol></details> }
    });
    (all > 0).then(|| view! { <ol class="frames">{list(0, OPEN_FRAMES)}</ol>{more} })
}

fn frame(frame: &Frame, failing: bool) -> impl IntoView + use<> {
    let line = |text: &str| DisplayText::limited(text, 300).into_string();
    let place = match frame.line {
        Some(number) => format!("{}:{number}", line(&frame.file)),
        None => line(&frame.file),
    };
    let source = |lines: &[String]| {
        lines.iter().filter(|_| failing).take(10).map(|code| view! { <code class="around">{line(code)}</code> }).collect_view()
    };
    view! {
        <li class=if failing { "failing" } else { "" }>
            <div><b>{line(&frame.function)}</b>" "<span>{place}</span></div>
            {source(&frame.before)}
            {(!frame.code.is_empty()).then(|| view! { <code>{line(&in_place(frame))}</code> })}
            {source(&frame.after)}
        </li>
    }
}

/// The line as far to the right as the lines around it: the SDKs send it without the space it begins with.
fn in_place(frame: &Frame) -> String {
    let space = |line: &String| line.chars().take_while(|c| c.is_whitespace()).collect::<String>();
    let around = if frame.code.starts_with(char::is_whitespace) { None } else { frame.after.first().or(frame.before.last()).map(space) };
    around.unwrap_or_default() + &frame.code
}

/// Only https and http lead anywhere.
fn vendor_link(url: &str) -> Option<impl IntoView + use<>> {
    let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?;
    let host = host.split(['/', '?', '#']).next().unwrap_or_default();
    let name = if host.ends_with("rollbar.com") { "Rollbar".to_owned() } else { DisplayText::limited(host, 80).into_string() };
    let url = DisplayText::limited(url, 2_000).into_string();
    Some(view! { <p class="vendor"><a href=url target="_blank" rel="noopener noreferrer">"Open in "{name}" ↗"</a></p> })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_failing_line_stands_among_its_neighbours() {
        let lines = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
        let frame = Frame { code: "x[1]".to_owned(), before: lines(&["def f(x):"]), after: lines(&["  return x"]), ..Frame::default() };
        assert_eq!(in_place(&frame), "  x[1]");
        assert_eq!(in_place(&Frame { after: Vec::new(), ..frame.clone() }), "x[1]");
        assert_eq!(in_place(&Frame { code: "\tx[1]".to_owned(), ..frame }), "\tx[1]");
    }

    #[test]
    fn only_web_addresses_become_links() {
        assert!(vendor_link("javascript:alert(1)").is_none());
        assert!(vendor_link("").is_none());
        assert!(vendor_link("https://rollbar.com/a/b").unwrap().to_html().contains("Open in"));
    }
}
