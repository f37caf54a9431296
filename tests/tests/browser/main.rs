//! The pages in real Chromium.

mod first_path;
mod hostile;
mod screens;
