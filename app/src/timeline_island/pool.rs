//! The recycled rows: as many as fit on screen, in the order of the screen, filled anew as the view moves.

use super::dom;
use crate::components::palette::service_class;
use std::collections::VecDeque;
use timeline::RowView;
use timeline::colour::NOBODY;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlTemplateElement};

/// One row and its parts, by their place in it (`pages/request/row.rs`).
struct Slot {
    row: Element,
    guides: Element,
    edge: Element,
    severity: Element,
    operation: Element,
    service: Element,
    sign: Element,
    note: Element,
    badges: Element,
    duration: Element,
    shown: Option<Shown>,
}

/// What a slot says at present.
#[derive(Clone, PartialEq)]
pub struct Shown {
    /// Which row, from 0.
    pub number: usize,
    pub view: RowView,
    pub selected: bool,
    pub matched: bool,
    /// Whether Tab leads here.
    pub reachable: bool,
}

/// All slots, the topmost first.
pub struct Pool {
    container: Element,
    slots: VecDeque<Slot>,
    first: usize,
}

impl Pool {
    /// Takes over the rows that the server rendered.
    pub fn adopt(container: &Element) -> Self {
        let slots: VecDeque<Slot> = dom::all(container, ".row").into_iter().filter_map(Slot::of).collect();
        for slot in &slots {
            if let Some(lane) = slot.duration.next_element_sibling() {
                lane.set_text_content(None);
            }
        }
        Self { container: container.clone(), slots, first: 0 }
    }

    /// Shows `count` rows from `first` on as `view` says.
    pub fn show(&mut self, first: usize, count: usize, view: impl Fn(usize) -> Option<Shown>) {
        while self.slots.len() > count {
            if let Some(slot) = self.slots.pop_back() {
                slot.row.remove();
            }
        }
        while self.slots.len() < count {
            let Some(slot) = blank().and_then(Slot::of) else { break };
            dom::best_effort(self.container.append_child(&slot.row));
            self.slots.push_back(slot);
        }
        self.rotate(first);
        for (at, slot) in self.slots.iter_mut().enumerate() {
            if let Some(shown) = view(first + at) {
                slot.fill(shown);
            }
        }
    }

    /// Slots that scroll out at one end go to the other, so that a step fills only the rows that are new.
    fn rotate(&mut self, first: usize) {
        let (down, up) = (first.saturating_sub(self.first), self.first.saturating_sub(first));
        self.first = first;
        if down >= self.slots.len() || up >= self.slots.len() {
            return;
        }
        for _ in 0..down {
            if let Some(slot) = self.slots.pop_front() {
                dom::best_effort(self.container.append_child(&slot.row));
                self.slots.push_back(slot);
            }
        }
        for _ in 0..up {
            if let Some(slot) = self.slots.pop_back() {
                let before = self.slots.front().map(|slot| slot.row.clone());
                dom::best_effort(self.container.insert_before(&slot.row, before.as_ref().map(AsRef::as_ref)));
                self.slots.push_front(slot);
            }
        }
    }

    /// The element of a row, if it is on screen.
    pub fn element(&self, number: usize) -> Option<&Element> {
        self.slots.iter().find(|slot| slot.shown.as_ref().is_some_and(|shown| shown.number == number)).map(|slot| &slot.row)
    }

    /// The height of a row as the style has it.
    pub fn row_height(&self) -> Option<f64> {
        self.slots.front().map(|slot| slot.row.get_bounding_client_rect().height()).filter(|height| *height > 0.0)
    }
}

/// Where a word of a row goes, and which it is.
type Part<'a> = (&'a Element, fn(&RowView) -> &str);

fn blank() -> Option<Element> {
    let template: HtmlTemplateElement = dom::query("template#row")?.dyn_into().ok()?;
    let row = template.content().first_element_child()?;
    row.clone_node_with_deep(true).ok()?.dyn_into().ok()
}

impl Slot {
    fn of(row: Element) -> Option<Self> {
        let name = row.first_element_child()?;
        let duration = name.next_element_sibling()?;
        let guides = name.first_element_child()?;
        let edge = guides.next_element_sibling()?.next_element_sibling()?;
        let severity = edge.next_element_sibling()?;
        let operation = severity.next_element_sibling()?;
        let service = operation.next_element_sibling()?;
        let sign = service.next_element_sibling()?;
        let note = sign.next_element_sibling()?;
        let badges = note.next_element_sibling()?;
        Some(Self { guides, edge, severity, operation, service, sign, note, badges, duration, row, shown: None })
    }

    /// Writes what differs from what is there.
    fn fill(&mut self, shown: Shown) {
        if self.shown.as_ref() == Some(&shown) {
            return;
        }
        let old = self.shown.as_ref();
        let was = old.map(|old| &old.view);
        let view = &shown.view;
        let row = &self.row;
        let differs = |part: fn(&RowView) -> &str| was.map(part) != Some(part(view));
        if old.map(|old| (old.view.class, old.matched)) != Some((view.class, shown.matched)) {
            let class = ["row ", view.class, if shown.matched { " match" } else { "" }].concat();
            row.set_class_name(&class);
        }
        if old.map(|old| old.number) != Some(shown.number) {
            dom::set(row, "aria-rowindex", &(shown.number + 1).to_string());
        }
        if was.map(|was| was.level) != Some(view.level) {
            dom::set(row, "aria-level", &view.level.to_string());
            dom::set(&self.guides, "width", &timeline::row_view::indent(view.level).to_string());
        }
        if old.is_none() || was.map(|was| was.expanded) != Some(view.expanded) {
            match view.expanded {
                Some(expanded) => dom::set(row, "aria-expanded", if expanded { "true" } else { "false" }),
                None => dom::best_effort(row.remove_attribute("aria-expanded")),
            }
        }
        if old.map(|old| (old.selected, old.reachable)) != Some((shown.selected, shown.reachable)) {
            dom::set(row, "aria-selected", if shown.selected { "true" } else { "false" });
            dom::set(row, "tabindex", if shown.reachable { "0" } else { "-1" });
        }
        if differs(|view| &view.label) {
            dom::set(row, "aria-label", &view.label);
        }
        if was.map(|was| was.slot) != Some(view.slot) {
            let class = if view.slot == NOBODY { "edge".to_owned() } else { ["edge ", &service_class(view.slot.into())].concat() };
            dom::set(&self.edge, "class", &class);
        }
        if was.map(|was| was.sources) != Some(view.sources) {
            dom::set(&self.badges, "class", &["badges known-", &view.sources.bits().to_string()].concat());
        }
        let parts: [Part<'_>; 6] = [
            (&self.severity, |view| view.tag),
            (&self.operation, |view| &view.text),
            (&self.service, |view| &view.service),
            (&self.sign, |view| &view.sign),
            (&self.note, |view| view.note),
            (&self.duration, |view| &view.time),
        ];
        for (element, part) in parts {
            if differs(part) {
                dom::text(element, part(view));
            }
        }
        self.shown = Some(shown);
    }
}
