//! The first screen of the timeline: everything in the HTML, ready for the island to take over without a jump.

use super::{detail, head, minimap, row};
use crate::components::copy::Copy;
use crate::components::palette::service_colours;
use api::Snapshot;
use leptos::prelude::*;
use model::UnixNs;
use model::columns::Columns;
use timeline::cause::first_cause;
use timeline::keys::{BINDINGS, label};
use timeline::ticks::{Label, labels, ticks};
use timeline::{Colours, Item, RowView, Rows, Show, State, Viewport, Window};

/// So many rows are in the HTML at most.
const FIRST_ROWS: usize = 60;
/// The height of a row as the style has it, in pixels; it only shapes the scroll bar until the island measures.
const ROW_HEIGHT: usize = 24;
/// The axis is about so wide on a desk, in pixels; the island measures.
const AXIS_WIDTH: f64 = 460.0;
/// So many ticks the axis can show; the island recycles them.
const MOST_TICKS: usize = 13;

/// The whole of the page below the header bar.
pub fn waterfall(snapshot: &Snapshot, state: &State, now: UnixNs) -> impl IntoView + use<> {
    let request = &snapshot.request;
    let columns = Columns::of(request, snapshot.revision);
    let colours = Colours::of(&columns, service_colours);
    let rows = Rows::new(&columns, &state.fold, state.show);
    let mut viewport = Viewport::new(columns.duration_ns);
    if let Some((start, length)) = state.zoom {
        let start_ns = start.saturating_sub(columns.start.0);
        viewport.glide(Window { start_ns, length_ns: length });
    }
    let window = viewport.window();
    let selected = state.selected.and_then(|anchor| anchor.resolve(&columns)).or_else(|| first_cause(&columns));
    let first = (0..rows.len().min(FIRST_ROWS)).filter_map(|number| {
        let view = RowView::of(&columns, &rows, &colours, number)?;
        Some(row::row(&view, number + 1, Some(view.item) == selected, lane(&columns, &colours, window, view.item)))
    });
    let panel = selected.and_then(|item| detail::detail(request, item));
    let absent = state.selected.is_some_and(|anchor| anchor.resolve(&columns).is_none()) && request.ended();
    view! {
        <div id="request" data-id=request.id.to_string() data-revision=snapshot.revision.to_string()>
            <section class="head">
                {head::head(request, now)}
                <div class="share">
                    <code class="id">{request.id.to_string()}</code>
                    <Copy text=request.id.to_string() label="Copy the ID".to_owned() />
                    <button type="button" class="primary" data-action="share">"Share"</button>
                    <span class="shared" role="status"></span>
                    <input class="share-url" readonly hidden aria-label="The link to this view" />
                </div>
            </section>
            {absent.then(|| view! { <p class="absent" role="status">"The row that this link points at is not in what the sources found."</p> })}
            <div class="split">
                <section class="timeline" aria-label="Timeline">
                    {tools(&columns, state)}
                    <div class="minimap" tabindex="-1">
                        {minimap::minimap(&columns, &colours, viewport.is_zoomed().then_some(window))}
                        <canvas aria-hidden="true" hidden></canvas>
                    </div>
                    {axis(window)}
                    <div class="scroller" data-scroller>
                        <svg class="spacer" width="1" height=(rows.len() * ROW_HEIGHT).to_string() aria-hidden="true"></svg>
                        <div class="stage">
                            {gridlines(window)}
                            <div class="rows" role="treegrid" aria-label="Spans, log lines and errors of this request" aria-rowcount=rows.len().to_string() tabindex="-1">
                                {first.collect_view()}
                            </div>
                            {(rows.is_empty() && !request.ended()).then(skeleton)}
                            <canvas class="lanes" aria-hidden="true" hidden></canvas>
                        </div>
                    </div>
                    <p class="connection" role="status"></p>
                </section>
                <aside class="detail" aria-label="Details of the selected row">{panel}</aside>
            </div>
            <template id="row">{row::row(&blank(), 0, false, None)}</template>
            {help()}
        </div>
    }
}

fn lane(columns: &Columns, colours: &Colours, window: Window, item: Item) -> Option<AnyView> {
    let start = item.start_ns(columns)?;
    match item {
        Item::Span(index) => {
            let at = index as usize;
            let duration = i64::try_from(*columns.spans.duration_ns.get(at)?).unwrap_or(i64::MAX);
            let class = match columns.spans.status.get(at) {
                Some(4) => "span-bar-fault",
                Some(3) => "span-bar-throttle",
                _ => "",
            };
            row::bar(window, start, duration, colours.slot(*columns.spans.service.get(at)?), class)
        }
        Item::Log(_) => row::mark(window, start, false),
        Item::Error(_) => row::mark(window, start, true),
    }
}

fn tools(columns: &Columns, state: &State) -> impl IntoView + use<> {
    let Show { spans, logs, errors } = state.show;
    let toggle = |action: &'static str, word: &'static str, on: bool, count: usize| {
        view! {
            <button type="button" data-action=action aria-pressed=if on { "true" } else { "false" } class={if count > 0 && action == "errors" { "bad" } else { "" }}>
                {word}" "<span class="count">{count.to_string()}</span>
            </button>
        }
    };
    view! {
        <div class="tools" role="toolbar" aria-label="Timeline">
            <label class="find">
                <span class="for-readers">"Find in this request"</span>
                <input name="find" type="search" placeholder="Find" autocomplete="off" spellcheck="false" maxlength="200" value=state.find.clone() />
                <span class="found" role="status"></span>
                <button type="button" class="bare" data-action="previous-match" aria-label="Match before">"↑"</button>
                <button type="button" class="bare" data-action="next-match" aria-label="Next match">"↓"</button>
                <kbd>"/"</kbd>
            </label>
            <span class="toggles" role="group" aria-label="Shown">
                {toggle("spans", "Spans", spans, columns.spans.len())}
                {toggle("logs", "Logs", logs, columns.logs.time_ns.len())}
                {toggle("errors", "Errors", errors, columns.errors.time_ns.len())}
            </span>
            <span class="space"></span>
            <button type="button" class="bare zoomed" data-action="whole" hidden>"Whole request"</button>
            <button type="button" class="bare" data-action="collapse-all">"Collapse all"</button>
            <button type="button" class="bare" data-action="expand-all">"Expand all"</button>
            <button type="button" class="bare" data-action="help" aria-label="Keyboard help">"?"</button>
        </div>
    }
}

fn axis(window: Window) -> impl IntoView {
    let mut marks = labels(&ticks(window, 6), window, AXIS_WIDTH);
    marks.resize(MOST_TICKS, Label { percent: 0.0, anchor: "start", text: String::new() });
    let marks = marks
        .into_iter()
        .map(|Label { percent, anchor, text }| {
            view! { <text x=format!("{percent:.2}%") y="17" text-anchor=anchor>{(!text.is_empty()).then_some(text)}</text> }
        })
        .collect_view();
    view! {
        <div class="axis">
            <div class="name">"Service and operation"</div>
            <div class="duration">"Duration"</div>
            <div class="lane"><svg class="ticks" width="100%" height="26" aria-hidden="true">{marks}</svg></div>
        </div>
    }
}

fn gridlines(window: Window) -> impl IntoView {
    let lines = ticks(window, 6)
        .into_iter()
        .map(|tick| {
            let x = format!("{:.2}%", window.x_of(tick.ns, 100.0));
            view! { <line x1=x.clone() x2=x y1="0" y2="100%" /> }
        })
        .collect_view();
    view! { <svg class="gridlines" aria-hidden="true">{lines}</svg> }
}

/// Rows of nothing, where nothing is known yet: a shape, never an example.
fn skeleton() -> impl IntoView {
    let rows = (0..8).map(|_| view! { <div class="skeleton"><span></span></div> }).collect_view();
    view! { <div class="skeletons" aria-hidden="true">{rows}</div> }
}

fn blank() -> RowView {
    RowView {
        item: Item::Span(0),
        level: 1,
        expanded: None,
        slot: timeline::colour::NOBODY,
        class: "span",
        tag: "",
        text: String::new(),
        service: String::new(),
        sign: String::new(),
        note: "",
        sources: model::SourceSet::EMPTY,
        time: String::new(),
        label: String::new(),
    }
}

fn help() -> impl IntoView {
    let bindings = BINDINGS
        .iter()
        .map(|binding| {
            let keys = binding.keys.iter().map(|key| view! { <kbd>{label(key)}</kbd> }).collect_view();
            view! { <div><dt>{keys}</dt><dd>{binding.help}</dd></div> }
        })
        .collect_view();
    view! {
        <dialog id="keys" aria-label="Keyboard help">
            <h2>"Keys"</h2>
            <dl>{bindings}</dl>
            <h2>"Pointer"</h2>
            <p>"Drag on the strip or the axis to zoom, double-click it for the whole. Ctrl and wheel zoom at the cursor, Shift and wheel move. Double-click a bar to fit it."</p>
            <form method="dialog"><button>"Close"</button></form>
        </dialog>
    }
}
