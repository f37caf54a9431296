//! The errors of CloudWatch Logs, sorted. Nearly all come as HTTP 400, throttling (`ThrottlingException`) and refusals too; see
//! [`crate::aws::classify`].

use crate::Failure;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

/// Why one log group was not searched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupFailure {
    /// There is no such group.
    Missing,
    /// There is more in it than one search reads.
    Budget,
    /// The call failed.
    Call(Failure),
}

/// What a failed call means.
pub fn failure<E>(error: &SdkError<E, HttpResponse>) -> Failure
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    crate::aws::classify(error)
}

/// What a failed call about one group means.
pub fn group_failure(failure: Failure) -> GroupFailure {
    match failure {
        Failure::Rejected { message, .. } if message.starts_with("ResourceNotFoundException") => GroupFailure::Missing,
        other => GroupFailure::Call(other),
    }
}
