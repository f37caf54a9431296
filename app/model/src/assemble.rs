//! Turns what the sources sent into one [`crate::Request`].
