//! X-Ray's errors, sorted. Throttling comes as HTTP 429 `ThrottledException`, refusals as 403; see [`crate::aws::classify`].

use crate::Failure;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

/// What a failed call means.
pub fn failure<E>(error: &SdkError<E, HttpResponse>) -> Failure
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    crate::aws::classify(error)
}
