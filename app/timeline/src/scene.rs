//! Where the visible rows' bars and marks stand, and what stands at a pixel.

use crate::painter::{Bar, Paint, Painter, Style};
use crate::{Colours, Item, Rows, Window};
use model::columns::{Columns, flag};
use std::ops::Range;

/// A bar is never narrower, or short spans would vanish.
pub const NARROWEST: f64 = 2.0;
/// An open bar narrower than this, in pixels, carries no rings.
const ROOM_FOR_RINGS: f64 = 20.0;
/// Marks nearer than this are drawn as one, the worst.
const CLUSTER: f64 = 3.0;

/// The measures of the rows, in CSS pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Geometry {
    /// The width of the time axis.
    pub width: f64,
    /// The height of a row.
    pub row: f64,
    /// From the top of a row to its bar.
    pub bar_top: f64,
    /// The height of a bar.
    pub bar: f64,
    /// How far the first row is scrolled out at the top.
    pub scrolled: f64,
}

/// Everything the picture depends on.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    /// The request.
    pub columns: &'a Columns,
    /// Its rows.
    pub rows: &'a Rows,
    /// Its colours.
    pub colours: &'a Colours,
    /// The time on screen.
    pub window: Window,
    /// The measures.
    pub geometry: Geometry,
}

impl Scene<'_> {
    /// Draws the bars and marks of `visible` rows, the first of them at the top.
    pub fn paint(&self, visible: Range<usize>, painter: &mut impl Painter) {
        let first = visible.start;
        for row in visible {
            let Some(item) = self.rows.item(row) else { break };
            let top = (row - first) as f64 * self.geometry.row - self.geometry.scrolled;
            match item {
                Item::Span(span) => {
                    self.bar(span, top, painter);
                    self.marks_of(span, top, painter);
                }
                Item::Log(_) | Item::Error(_) => self.mark(item, top, painter),
            }
        }
    }

    /// The left edge and the width of a span's bar, cut to the axis; `None` if it is off screen.
    pub fn bar_of(&self, span: u32) -> Option<(f64, f64)> {
        let start = Item::Span(span).start_ns(self.columns)?;
        let duration = i64::try_from(*self.columns.spans.duration_ns.get(span as usize)?).unwrap_or(i64::MAX);
        self.window.bar(start, duration, self.geometry.width)
    }

    /// The row at a height.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "negative heights are ruled out, the rest saturates")]
    pub fn row_at(&self, first: usize, y: f64) -> Option<usize> {
        let row = (y + self.geometry.scrolled) / self.geometry.row;
        (row >= 0.0).then(|| first.saturating_add(row as usize)).filter(|&row| row < self.rows.len())
    }

    /// What is drawn on `row` at `x`: a log line or error within a few pixels, else what the row stands for.
    pub fn item_at(&self, row: usize, x: f64) -> Option<Item> {
        let item = self.rows.item(row)?;
        let Item::Span(span) = item else { return Some(item) };
        let near = |mark: &Item| (self.x(*mark) - x).abs();
        let marks = self.marks(span).filter_map(|position| self.rows.at(position));
        let nearest = marks.filter(|mark| near(mark) <= 6.0).min_by(|a, b| near(a).total_cmp(&near(b)));
        Some(nearest.unwrap_or(item))
    }

    fn bar(&self, span: u32, top: f64, painter: &mut impl Painter) {
        let Some((x, width)) = self.bar_of(span) else { return };
        let spans = &self.columns.spans;
        let at = span as usize;
        let flags = spans.flags.get(at).copied().unwrap_or(0);
        let style = match flags {
            flags if flags & flag::INFERRED != 0 => Style::Inferred,
            flags if flags & flag::IN_PROGRESS != 0 => Style::Open,
            _ => Style::Solid,
        };
        let outline = match spans.status.get(at) {
            Some(4) => Some(Paint::Red),
            Some(3) => Some(Paint::Amber),
            _ => None,
        };
        let paint = Paint::Service(spans.service.get(at).map_or(crate::colour::NOBODY, |&service| self.colours.slot(service)));
        painter.bar(Bar { x, y: top + self.geometry.bar_top, width, height: self.geometry.bar, paint, style, outline });
    }

    /// A row's own mark, in full size.
    fn mark(&self, item: Item, top: f64, painter: &mut impl Painter) {
        let x = self.x(item);
        if (-CLUSTER..=self.geometry.width + CLUSTER).contains(&x) {
            let y = top + self.geometry.bar_top + self.geometry.bar / 2.0;
            match item {
                Item::Error(_) => painter.diamond(x, y, 5.0, Paint::Red),
                _ => painter.ring(x, y, 3.5, self.paint_of(item)),
            }
        }
    }

    /// The marks on a span's bar: its own, and while it is closed those of everything it hides.
    fn marks_of(&self, span: u32, top: f64, painter: &mut impl Painter) {
        let y = top + self.geometry.bar_top + self.geometry.bar / 2.0;
        let range = self.marks_range(span);
        // Rings would cover a short bar, and an open span has its lines as rows below.
        let rings = self.rows.is_folded(span) || self.bar_of(span).is_some_and(|(_, width)| width >= ROOM_FOR_RINGS);
        let mut last: Option<(f64, Paint)> = None;
        let mut xs: Vec<(f64, Paint)> = Vec::new();
        for position in range.clone().filter(|_| rings) {
            let Some(item @ Item::Log(_)) = self.rows.at(position) else { continue };
            let x = self.x(item);
            if (0.0..=self.geometry.width).contains(&x) {
                xs.push((x, self.paint_of(item)));
            }
        }
        xs.sort_by(|a, b| a.0.total_cmp(&b.0));
        for (x, paint) in xs {
            match &mut last {
                Some((from, worst)) if x - *from < CLUSTER => *worst = worse(*worst, paint),
                _ => {
                    if let Some((x, paint)) = last.replace((x, paint)) {
                        painter.ring(x, y, 2.5, paint);
                    }
                }
            }
        }
        if let Some((x, paint)) = last {
            painter.ring(x, y, 2.5, paint);
        }
        // Errors last, so that nothing lies over them.
        for &position in self.rows.error_positions(&range) {
            if let Some(item @ Item::Error(_)) = self.rows.at(position as usize) {
                let x = self.x(item);
                if (0.0..=self.geometry.width).contains(&x) {
                    painter.diamond(x, y, 4.0, Paint::Red);
                }
            }
        }
    }

    fn marks_range(&self, span: u32) -> Range<usize> {
        if self.rows.is_folded(span) { self.rows.below(span) } else { self.rows.own_marks(span) }
    }

    fn marks(&self, span: u32) -> impl Iterator<Item = usize> {
        self.marks_range(span).filter(|&position| !matches!(self.rows.at(position), Some(Item::Span(_)) | None))
    }

    fn x(&self, item: Item) -> f64 {
        self.window.x_of(item.start_ns(self.columns).unwrap_or(0), self.geometry.width)
    }

    fn paint_of(&self, item: Item) -> Paint {
        match item {
            Item::Log(index) => match self.columns.logs.severity.get(index as usize) {
                Some(5 | 6) => Paint::Red,
                Some(4) => Paint::Amber,
                _ => Paint::Muted,
            },
            _ => Paint::Red,
        }
    }
}

fn worse(a: Paint, b: Paint) -> Paint {
    match (a, b) {
        (Paint::Red, _) | (_, Paint::Red) => Paint::Red,
        (Paint::Amber, _) | (_, Paint::Amber) => Paint::Amber,
        _ => a,
    }
}

impl Window {
    /// The left edge and the width of a bar on an axis of `width` pixels, cut to it but never narrower than
    /// [`NARROWEST`]; `None` if it is off screen.
    pub fn bar(self, start_ns: i64, duration_ns: i64, width: f64) -> Option<(f64, f64)> {
        let left = self.x_of(start_ns, width);
        let right = self.x_of(start_ns.saturating_add(duration_ns), width).max(left + NARROWEST);
        if right < 0.0 || left > width {
            return None;
        }
        // A hair outside, so that a cut bar does not look like one that ends here.
        let (left, right) = (left.max(-4.0).min(width - NARROWEST), right.min(width + 4.0));
        Some((left, (right - left).max(NARROWEST)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::painter::Recording;
    use crate::{Fold, Show, Viewport, samples};
    use proptest::prelude::*;

    const GEOMETRY: Geometry = Geometry { width: 1000.0, row: 24.0, bar_top: 8.0, bar: 9.0, scrolled: 0.0 };

    fn record(columns: &Columns, fold: &Fold, window: Window) -> Vec<String> {
        let rows = Rows::new(columns, fold, Show::default());
        let colours = samples::colours(columns);
        let mut recording = Recording::default();
        Scene { columns, rows: &rows, colours: &colours, window, geometry: GEOMETRY }.paint(0..rows.len(), &mut recording);
        recording.0
    }

    #[test]
    fn draws_a_small_request() {
        let columns = samples::small();
        let colours = samples::colours(&columns);
        let slot = |span: usize| colours.slot(columns.spans.service[span]);
        let drawn = record(&columns, &Fold::default(), Viewport::new(columns.duration_ns).window());
        let expected = [
            format!("bar 0.0 8.0 1000.0×9.0 Service({}) Solid Some(Red)", slot(0)),
            format!("bar 100.0 32.0 500.0×9.0 Service({}) Solid Some(Red)", slot(1)),
            "ring 120.0 36.5 2.5 Muted".to_owned(),
            "ring 500.0 36.5 2.5 Red".to_owned(),
            "diamond 400.0 36.5 4.0 Red".to_owned(),
            "ring 120.0 60.5 3.5 Muted".to_owned(),
            "diamond 400.0 84.5 5.0 Red".to_owned(),
            "ring 500.0 108.5 3.5 Red".to_owned(),
            format!("bar 200.0 128.0 100.0×9.0 Service({}) Solid None", slot(2)),
            format!("bar 700.0 152.0 200.0×9.0 Service({}) Solid None", slot(3)),
            "ring 900.0 180.5 3.5 Muted".to_owned(),
        ];
        assert_eq!(drawn, expected);
    }

    #[test]
    fn a_closed_span_carries_the_marks_of_what_it_hides() {
        let columns = samples::small();
        let mut fold = Fold::default();
        fold.toggle(columns.spans.id[0]);
        let drawn = record(&columns, &fold, Viewport::new(columns.duration_ns).window());
        assert!(drawn.contains(&"diamond 400.0 12.5 4.0 Red".to_owned()), "{drawn:?}");
    }

    #[test]
    fn the_pixel_of_a_mark_gives_the_mark() {
        let columns = samples::small();
        let rows = Rows::new(&columns, &Fold::default(), Show::default());
        let colours = samples::colours(&columns);
        let window = Viewport::new(columns.duration_ns).window();
        let scene = Scene { columns: &columns, rows: &rows, colours: &colours, window, geometry: GEOMETRY };
        assert_eq!(scene.item_at(1, 403.0), Some(Item::Error(0)));
        assert_eq!(scene.item_at(1, 300.0), Some(Item::Span(1)));
        assert_eq!(scene.item_at(2, 300.0), Some(Item::Log(0)));
    }

    proptest! {
        #[test]
        fn hit_inverts_layout(columns in samples::columns(40), first in 0usize..30, scrolled in 0.0f64..24.0) {
            let rows = Rows::new(&columns, &Fold::default(), Show::default());
            let colours = samples::colours(&columns);
            let geometry = Geometry { scrolled, ..GEOMETRY };
            let window = Viewport::new(columns.duration_ns).window();
            let scene = Scene { columns: &columns, rows: &rows, colours: &colours, window, geometry };
            for row in first..rows.len() {
                let middle = (row - first) as f64 * geometry.row - scrolled + geometry.row / 2.0;
                if middle >= 0.0 {
                    prop_assert_eq!(scene.row_at(first, middle), Some(row));
                }
            }
        }

        #[test]
        fn no_error_is_ever_left_out(columns in samples::columns(40), all in any::<bool>()) {
            let mut fold = Fold::default();
            fold.set_all(all);
            let extent = i64::try_from(columns.duration_ns).unwrap().max(2_600_000_000);
            let drawn = record(&columns, &fold, Window::between(0, extent));
            for &time in &columns.errors.time_ns {
                let x = Window::between(0, extent).x_of(time, GEOMETRY.width);
                let wanted = format!("diamond {x:.1} ");
                prop_assert!(drawn.iter().any(|op| op.starts_with(&wanted)), "{wanted} {drawn:?}");
            }
        }

        #[test]
        fn every_bar_can_be_seen(start in -10_000i64..2_000_000, duration in 0i64..10_000) {
            let window = Window::between(0, 1_000_000);
            match window.bar(start, duration, 1000.0) {
                Some((x, width)) => prop_assert!(width >= NARROWEST && x >= -4.0 && x + width <= 1004.0 + 1e-9),
                None => prop_assert!(start + duration < 0 || start > 1_000_000 - 2_000),
            }
        }
    }
}
