//! The painter of the browser: a canvas in CSS pixels, sharp on any screen, in the colours of the style sheet.

use super::dom;
use crate::components::palette::COLOURS;
use timeline::painter::{Bar, Paint, Painter, Style};
use wasm_bindgen::JsCast;
use web_sys::{CanvasRenderingContext2d, CssStyleDeclaration, Element, HtmlCanvasElement};

/// The shades of the style sheet, as they stand now.
#[derive(Clone, Debug, Default)]
pub struct Palette {
    services: Vec<String>,
    faint: String,
    red: String,
    amber: String,
    muted: String,
    line: String,
    accent: String,
    panel: String,
    veil: String,
}

impl Palette {
    /// Reads the custom properties that hold at `element`.
    pub fn read(element: &Element) -> Self {
        let Some(style) = computed(element) else { return Self::default() };
        let shade = |name: &str| style.get_property_value(name).unwrap_or_default();
        Self {
            services: (0..COLOURS).map(|colour| shade(&["--service-", &colour.to_string()].concat())).collect(),
            faint: shade("--faint"),
            red: shade("--red"),
            amber: shade("--amber"),
            muted: shade("--muted"),
            line: shade("--line-soft"),
            accent: shade("--accent"),
            panel: shade("--panel"),
            veil: shade("--bg"),
        }
    }

    fn shade(&self, paint: Paint) -> &str {
        match paint {
            Paint::Service(slot) => self.services.get(usize::from(slot)).unwrap_or(&self.faint),
            Paint::Red => &self.red,
            Paint::Amber => &self.amber,
            Paint::Muted => &self.muted,
            Paint::Line => &self.line,
            Paint::Accent => &self.accent,
        }
    }
}

fn computed(element: &Element) -> Option<CssStyleDeclaration> {
    web_sys::window()?.get_computed_style(element).ok().flatten()
}

/// From the top of a row to its bar, and the height of the bar, as the style has them.
pub fn bar_measures(element: &Element) -> (f64, f64) {
    let pixels = |name: &str, otherwise: f64| {
        let text = computed(element).and_then(|style| style.get_property_value(name).ok()).unwrap_or_default();
        let number = js_sys::parse_float(&text);
        if number.is_finite() { number } else { otherwise }
    };
    (pixels("--bar-top", 8.0), pixels("--bar-height", 9.0))
}

/// One drawing of a canvas.
pub struct Canvas<'a> {
    context: CanvasRenderingContext2d,
    palette: &'a Palette,
    height: f64,
}

impl<'a> Canvas<'a> {
    /// Clears `element` and gives it its size.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "sizes of a screen")]
    pub fn new(element: &HtmlCanvasElement, width: f64, height: f64, palette: &'a Palette) -> Option<Self> {
        let density = web_sys::window().map_or(1.0, |window| window.device_pixel_ratio()).clamp(1.0, 4.0);
        let (wide, high) = ((width * density).round().max(1.0) as u32, (height * density).round().max(1.0) as u32);
        if element.width() != wide || element.height() != high {
            element.set_width(wide);
            element.set_height(high);
            dom::style(element, "width", &[dom::decimal(width).as_str(), "px"].concat());
            dom::style(element, "height", &[dom::decimal(height).as_str(), "px"].concat());
        }
        dom::flag(element, "hidden", false);
        let context: CanvasRenderingContext2d = element.get_context("2d").ok()??.dyn_into().ok()?;
        dom::best_effort(context.set_transform(density, 0.0, 0.0, density, 0.0, 0.0));
        context.clear_rect(0.0, 0.0, width, height);
        Some(Self { context, palette, height })
    }

    /// Moves the origin.
    pub fn shift(&self, x: f64, y: f64) {
        dom::best_effort(self.context.translate(x, y));
    }

    /// A plain rectangle.
    pub fn fill(&self, x: f64, y: f64, width: f64, height: f64, paint: Paint, alpha: f64) {
        self.context.set_global_alpha(alpha);
        self.context.set_fill_style_str(self.palette.shade(paint));
        self.context.fill_rect(x, y, width, height);
        self.context.set_global_alpha(1.0);
    }

    /// Makes what is there step back.
    pub fn veil(&self, x: f64, width: f64) {
        self.context.set_global_alpha(0.72);
        self.context.set_fill_style_str(&self.palette.veil);
        self.context.fill_rect(x, 0.0, width, self.height);
        self.context.set_global_alpha(1.0);
    }

    fn rounded(&self, x: f64, y: f64, width: f64, height: f64) {
        self.context.begin_path();
        dom::best_effort(self.context.round_rect_with_f64(x, y, width, height, 2.0));
    }
}

impl Painter for Canvas<'_> {
    fn bar(&mut self, Bar { x, y, width, height, paint, style, outline }: Bar) {
        let context = &self.context;
        let shade = self.palette.shade(paint);
        context.set_fill_style_str(shade);
        match style {
            Style::Solid | Style::Open => {
                context.set_global_alpha(0.85);
                self.rounded(x, y, width, height);
                context.fill();
                context.set_global_alpha(1.0);
                if let Style::Open = style {
                    // Torn at its end: nobody saw it.
                    context.set_fill_style_str(&self.palette.panel);
                    for step in 0..3 {
                        context.fill_rect(x + width - 4.0 - f64::from(step) * 5.0, y, 2.0, height);
                    }
                }
            }
            Style::Inferred => {
                context.set_global_alpha(0.2);
                self.rounded(x, y, width, height);
                context.fill();
                context.set_global_alpha(1.0);
                context.set_stroke_style_str(outline.map_or(shade, |outline| self.palette.shade(outline)));
                context.set_line_width(1.0);
                let dashes = js_sys::Array::of2(&3.into(), &2.into());
                dom::best_effort(context.set_line_dash(&dashes));
                self.rounded(x + 0.5, y + 0.5, (width - 1.0).max(1.0), height - 1.0);
                context.stroke();
                dom::best_effort(context.set_line_dash(&js_sys::Array::new()));
            }
        }
        if let (Some(outline), Style::Solid | Style::Open) = (outline, style) {
            context.set_stroke_style_str(self.palette.shade(outline));
            context.set_line_width(1.0);
            self.rounded(x + 0.5, y + 0.5, (width - 1.0).max(1.0), height - 1.0);
            context.stroke();
        }
    }

    fn ring(&mut self, x: f64, y: f64, radius: f64, paint: Paint) {
        let context = &self.context;
        context.begin_path();
        dom::best_effort(context.arc(x, y, radius, 0.0, std::f64::consts::TAU));
        context.set_fill_style_str(&self.palette.panel);
        context.fill();
        context.set_stroke_style_str(self.palette.shade(paint));
        context.set_line_width(1.6);
        context.stroke();
    }

    fn diamond(&mut self, x: f64, y: f64, radius: f64, paint: Paint) {
        let context = &self.context;
        context.begin_path();
        context.move_to(x, y - radius - 1.0);
        context.line_to(x + radius + 1.0, y);
        context.line_to(x, y + radius + 1.0);
        context.line_to(x - radius - 1.0, y);
        context.close_path();
        context.set_fill_style_str(self.palette.shade(paint));
        context.fill();
        context.set_stroke_style_str(&self.palette.panel);
        context.set_line_width(1.0);
        context.stroke();
    }

    fn line(&mut self, x: f64, paint: Paint) {
        self.fill(x.round(), 0.0, 1.0, self.height, paint, 1.0);
    }
}
