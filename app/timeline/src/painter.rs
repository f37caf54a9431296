//! What can be drawn. The browser implements it on a canvas; tests record it.

/// A colour by its meaning; the style sheet knows the shade.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paint {
    /// A service's colour, as [`crate::Colours`] numbers them.
    Service(u8),
    /// A fault, an exception, an error line.
    Red,
    /// A throttle, a warning.
    Amber,
    /// An ordinary log line.
    Muted,
    /// A grid line.
    Line,
    /// What acts: the cursor, the chosen window.
    Accent,
}

/// How a bar is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Filled.
    Solid,
    /// Dashed outline: a vendor made the span up.
    Inferred,
    /// Filled, its end open: nobody saw it end.
    Open,
}

/// A span's bar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bar {
    /// Its left edge.
    pub x: f64,
    /// Its top.
    pub y: f64,
    /// How wide.
    pub width: f64,
    /// How high.
    pub height: f64,
    /// Its colour.
    pub paint: Paint,
    /// How it is drawn.
    pub style: Style,
    /// What goes around it.
    pub outline: Option<Paint>,
}

/// Draws in CSS pixels, the origin at the top left of the lanes.
pub trait Painter {
    /// A span.
    fn bar(&mut self, bar: Bar);
    /// A log line: a ring.
    fn ring(&mut self, x: f64, y: f64, radius: f64, paint: Paint);
    /// An error: a diamond.
    fn diamond(&mut self, x: f64, y: f64, radius: f64, paint: Paint);
    /// An upright line over the whole height.
    fn line(&mut self, x: f64, paint: Paint);
}

/// Writes down what was drawn, rounded to tenths of a pixel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recording(pub Vec<String>);

impl Painter for Recording {
    fn bar(&mut self, Bar { x, y, width, height, paint, style, outline }: Bar) {
        self.0.push(format!("bar {x:.1} {y:.1} {width:.1}×{height:.1} {paint:?} {style:?} {outline:?}"));
    }

    fn ring(&mut self, x: f64, y: f64, radius: f64, paint: Paint) {
        self.0.push(format!("ring {x:.1} {y:.1} {radius:.1} {paint:?}"));
    }

    fn diamond(&mut self, x: f64, y: f64, radius: f64, paint: Paint) {
        self.0.push(format!("diamond {x:.1} {y:.1} {radius:.1} {paint:?}"));
    }

    fn line(&mut self, x: f64, paint: Paint) {
        self.0.push(format!("line {x:.1} {paint:?}"));
    }
}
