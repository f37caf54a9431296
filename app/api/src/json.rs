//! The public JSON: the one owner of its shape.
