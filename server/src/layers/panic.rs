//! A panic ends one request, never the process, and tells the outside nothing.

use super::problem;
use axum::response::Response;
use std::any::Any;

/// For `tower_http::catch_panic`. The panic hook has already logged where.
pub fn respond(_panic: Box<dyn Any + Send + 'static>) -> Response {
    problem::of(&api::ApiError::Internal)
}
