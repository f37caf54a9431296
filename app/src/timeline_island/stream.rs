//! The revisions as they arrive: fetched as one stream of frames, taken apart, put in place.

use super::view::{Shared, Timeline};
use super::{dom, html, page::Page};
use crate::functions::timeline::frame;
use js_sys::{Reflect, Uint8Array};
use model::columns::Columns;
use std::cell::RefCell;
use std::rc::Rc;
use timeline::State;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{ReadableStreamDefaultReader, Response};

/// After so many failures in a row the reader has to ask.
const ATTEMPTS: u32 = 5;

/// What keeps the page and its stream together over several attempts.
struct Link {
    page: Page,
    timeline: RefCell<Option<Shared>>,
}

/// Opens the stream; the timeline wakes with its first revision.
pub fn open(page: Page) {
    run(Rc::new(Link { page, timeline: RefCell::new(None) }), 0);
}

/// Opens the stream again for a timeline whose revision the server no longer holds.
pub fn reopen(timeline: &Shared) {
    let page = timeline.borrow().page.clone();
    run(Rc::new(Link { page, timeline: RefCell::new(Some(timeline.clone())) }), 0);
}

fn run(link: Rc<Link>, attempt: u32) {
    leptos::task::spawn_local(async move {
        let ended = read(&link).await;
        // Live or not, nothing more will make it so: what the server rendered stays readable.
        crate::mark_ready();
        match ended {
            Ok(()) => dom::text(&link.page.connection, ""),
            Err(Failure::Said(message)) => dom::text(&link.page.connection, &message),
            Err(Failure::Broken) if attempt < ATTEMPTS => {
                dom::text(&link.page.connection, "The connection broke; trying again…");
                dom::later(500 << attempt, move || run(link, attempt + 1));
            }
            Err(Failure::Broken) => dom::text(&link.page.connection, "The server does not answer. Reload the page once it is back."),
        }
    });
}

/// Why a stream ended early.
enum Failure {
    /// No answer, or half of one.
    Broken,
    /// The server refused, with these words.
    Said(String),
}

impl From<JsValue> for Failure {
    fn from(_: JsValue) -> Self {
        Self::Broken
    }
}

async fn read(link: &Link) -> Result<(), Failure> {
    let window = web_sys::window().ok_or(Failure::Broken)?;
    let search = window.location().search().unwrap_or_default();
    let State { from, to, .. } = State::parse(&search);
    // Written by the same encoder as the page's own URL.
    let range = State { from, to, ..State::default() }.query().replacen('?', "&", 1);
    let url = ["/_fn/timeline?id=", &link.page.id, &range].concat();
    let response: Response = JsFuture::from(window.fetch_with_str(&url)).await?.dyn_into()?;
    if !response.ok() {
        let busy = response.status() == 503;
        return Err(if busy { Failure::Broken } else { Failure::Said("The server refused to send more of this request.".to_owned()) });
    }
    let reader = ReadableStreamDefaultReader::new(&response.body().ok_or(Failure::Broken)?)?;
    let mut pending: Vec<u8> = Vec::new();
    loop {
        let step = JsFuture::from(reader.read()).await?;
        if Reflect::get(&step, &JsValue::from_str("done"))?.is_truthy() {
            return if pending.is_empty() { Ok(()) } else { Err(Failure::Broken) };
        }
        let chunk: Uint8Array = Reflect::get(&step, &JsValue::from_str("value"))?.dyn_into()?;
        let from = pending.len();
        pending.resize(from + chunk.length() as usize, 0);
        if let Some(space) = pending.get_mut(from..) {
            chunk.copy_to(space);
        }
        let used = frames(link, &pending)?;
        pending.drain(..used);
    }
}

/// Handles every whole frame; how many bytes they were.
fn frames(link: &Link, bytes: &[u8]) -> Result<usize, Failure> {
    let mut used = 0;
    while let Some(([kind, a, b, c, d], rest)) = bytes.get(used..).and_then(|rest| rest.split_first_chunk::<{ frame::HEADER }>()) {
        let length = u32::from_le_bytes([*a, *b, *c, *d]) as usize;
        let Some(content) = rest.get(..length) else { break };
        match *kind {
            frame::HEAD => html::replace_live(&link.page.root, std::str::from_utf8(content).map_err(|_| Failure::Broken)?),
            frame::COLUMNS => show(link, Columns::decode(content).map_err(|_| Failure::Broken)?),
            _ => {}
        }
        used += frame::HEADER + length;
    }
    Ok(used)
}

fn show(link: &Link, columns: Columns) {
    let live = link.timeline.borrow().clone();
    if let Some(timeline) = live {
        super::revise::revise(&timeline, columns);
    } else {
        let timeline = Timeline::wake(link.page.clone(), columns);
        *link.timeline.borrow_mut() = Some(timeline);
        crate::mark_ready();
    }
}
