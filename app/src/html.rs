//! HTML of our own server, put in place without being written as text into the page.

use crate::dom;
use wasm_bindgen::JsCast;
use web_sys::{DomParser, Element, HtmlElement, SupportedType};

/// The parsed content; scripts in it, should there ever be any, do not run.
fn parse(html: &str) -> Option<HtmlElement> {
    DomParser::new().ok()?.parse_from_string(html, SupportedType::TextHtml).ok()?.body()
}

/// Replaces what is in `element`.
pub fn replace(element: &Element, html: &str) {
    if let Some(content) = parse(html) {
        fill(element, &content);
    }
}

/// Replaces each part marked `data-live` by the part of the same name, if it says something else. What the reader has opened stays open.
pub fn replace_live(root: &Element, html: &str) {
    let Some(content) = parse(html) else { return };
    for part in dom::all(&content, "[data-live]") {
        let name = part.get_attribute("data-live").unwrap_or_default();
        let Some(place) = dom::within(root, &["[data-live='", &name, "']"].concat()) else { continue };
        if place.is_equal_node(Some(&part)) {
            continue;
        }
        let opened: Vec<usize> = open(&place);
        fill(&place, &part);
        let all = dom::all(&place, "details");
        for each in opened.into_iter().filter_map(|at| all.get(at)) {
            dom::flag(each, "open", true);
        }
    }
}

fn open(place: &Element) -> Vec<usize> {
    dom::all(place, "details").iter().enumerate().filter(|(_, each)| each.has_attribute("open")).map(|(at, _)| at).collect()
}

fn fill(element: &Element, content: &Element) {
    element.set_text_content(None);
    while let Some(node) = content.first_child() {
        if element.append_child(&node).is_err() {
            return;
        }
    }
}

/// The element as one with keyboard focus.
pub fn as_html(element: &Element) -> Option<&HtmlElement> {
    element.dyn_ref()
}
