//! One row of the waterfall. The island recycles the very same elements, so their order here is its contract
//! ([`crate::timeline_island`] finds each part by its place).

use crate::components::palette::service_class;
use leptos::prelude::*;
use model::Source;
use timeline::colour::NOBODY;
use timeline::row_view::indent;
use timeline::{RowView, Window};

/// The row `number`, from 1. `bar` is its place on the axis as percentages, or its mark.
pub fn row(row: &RowView, number: usize, selected: bool, lane: Option<AnyView>) -> impl IntoView + use<> {
    let edge = if row.slot == NOBODY { "edge".to_owned() } else { format!("edge {}", service_class(row.slot.into())) };
    let expanded = row.expanded.map(|expanded| if expanded { "true" } else { "false" });
    view! {
        <div
            class=format!("row {}", row.class)
            role="row"
            tabindex=if selected { "0" } else { "-1" }
            attr:aria-rowindex=number.to_string()
            attr:aria-level=row.level.to_string()
            aria-expanded=expanded
            aria-selected=if selected { "true" } else { "false" }
            aria-label=row.label.clone()
        >
            <div class="name" role="gridcell">
                <svg class="guides" width=indent(row.level).to_string() height="100%" aria-hidden="true"></svg>
                <span class="caret"></span>
                <span class=edge></span>
                <span class="severity">{filled(row.tag.to_owned())}</span>
                <span class="operation">{filled(row.text.clone())}</span>
                <span class="of-service">{filled(row.service.clone())}</span>
                <span class="sign">{filled(row.sign.clone())}</span>
                <span class="note">{filled(row.note.to_owned())}</span>
                <span class=format!("badges known-{}", row.sources.bits())>
                    {Source::ALL.map(|source| view! { <abbr class="badge" title=source.label()>{source.badge()}</abbr> }).collect_view()}
                </span>
            </div>
            <div class="duration" role="gridcell">{filled(row.time.clone())}</div>
            <div class="lane" role="gridcell">{lane}</div>
        </div>
    }
}

/// An element without text stays truly empty, so that the style can leave it out.
fn filled(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

/// The bar of a span as SVG: percentages of the lane, at least two pixels wide.
pub fn bar(window: Window, start_ns: i64, duration_ns: i64, slot: u8, class: &str) -> Option<AnyView> {
    let (left, width) = window.bar(start_ns, duration_ns, 1_000.0)?;
    let class = if slot == NOBODY { format!("span-bar {class}") } else { format!("span-bar {class} {}", service_class(slot.into())) };
    let (x, y, width) = (percent(left), "0", percent(width));
    Some(view! { <svg class=class aria-hidden="true"><rect x=x y=y width=width height="100%" rx="2" /></svg> }.into_any())
}

/// The mark of a log line or an error.
pub fn mark(window: Window, time_ns: i64, error: bool) -> Option<AnyView> {
    let x = window.x_of(time_ns, 1_000.0);
    (0.0..=1_000.0).contains(&x).then(|| {
        let shape = if error {
            view! { <rect x="-4.5" y="-4.5" width="9" height="9" transform="rotate(45)" /> }.into_any()
        } else {
            view! { <circle r="3.5" /> }.into_any()
        };
        view! { <svg class="mark-at" aria-hidden="true"><svg x=percent(x) y="50%">{shape}</svg></svg> }.into_any()
    })
}

/// Thousandths of the axis as a percentage.
fn percent(thousandths: f64) -> String {
    format!("{:.2}%", thousandths / 10.0)
}
