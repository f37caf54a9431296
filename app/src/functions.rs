//! The server functions, and what they share. Each has an explicit endpoint under `/_fn`, so that its URL does not depend on the build.

pub mod local;
pub mod timeline;

use api::{ApiError, Backend};
use leptos::prelude::use_context;
use serde::{Deserialize, Serialize};
use server_fn::codec::JsonEncoding;
use server_fn::error::{FromServerFnError, ServerFnErrorErr};
use std::sync::Arc;

/// An [`ApiError`] on its way to the browser, as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FunctionError(pub ApiError);

impl From<ApiError> for FunctionError {
    fn from(error: ApiError) -> Self {
        Self(error)
    }
}

impl std::fmt::Display for FunctionError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl FromServerFnError for FunctionError {
    type Encoder = JsonEncoding;

    /// What the transport has to say, in our words: its own texts name types and functions.
    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        Self(match error {
            ServerFnErrorErr::Request(_) => ApiError::Unavailable { message: "The server did not answer. Is it still running?".to_owned() },
            ServerFnErrorErr::Args(_) | ServerFnErrorErr::MissingArg(_) | ServerFnErrorErr::Deserialization(_) => {
                ApiError::BadParameter { parameter: "request".to_owned(), message: "it could not be read".to_owned() }
            }
            _ => ApiError::Internal,
        })
    }
}

/// The backend of the request being answered.
pub fn backend() -> Result<Arc<dyn Backend>, ApiError> {
    use_context::<Arc<dyn Backend>>().ok_or(ApiError::Internal)
}
