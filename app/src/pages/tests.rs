//! The pages as a browser gets them: the real router over a backend that answers what a test tells it.

mod home;
mod sources;
mod support;
