//! What both sources of AWS share: credentials, endpoint, transport, and their errors sorted.

use crate::http::{BODY_LIMIT, endpoint_url};
use crate::meter::Meter;
use crate::{ConfigError, Failure};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;
use http_body_util::Limited;
use std::sync::Arc;
use std::time::Duration;

/// How one account and region is reached.
#[derive(Clone, Debug, Default)]
pub struct Account {
    /// The region; from the usual chain of the SDK if absent.
    pub region: Option<String>,
    /// A profile of the shared configuration files.
    pub profile: Option<String>,
    /// A role to assume with those credentials.
    pub role_arn: Option<String>,
    /// Another address than the vendor's own.
    pub endpoint: Option<String>,
    /// The embedded services: no credentials, and never a look at the instance metadata service.
    pub local: bool,
}

/// Builds the configuration of a service. The endpoint of [`Account::endpoint`] still has to be set on the service's own configuration,
/// where it replaces whatever the environment or a profile says.
pub async fn load(account: &Account, meter: &Arc<Meter>, source_name: &'static str) -> Result<SdkConfig, ConfigError> {
    if let Some(endpoint) = &account.endpoint {
        endpoint_url(endpoint, source_name)?;
    }
    let timeouts = TimeoutConfig::builder().connect_timeout(Duration::from_secs(3)).read_timeout(Duration::from_secs(30)).build();
    let retries = RetryConfig::standard().with_max_attempts(2).with_initial_backoff(Duration::from_millis(200));
    let transport = transport(Arc::clone(meter));
    if account.local {
        let credentials = Credentials::new("throughline", "throughline", None, None, "local services");
        let region = account.region.clone().unwrap_or_else(|| "us-east-1".to_owned());
        return Ok(SdkConfig::builder()
            .behavior_version(aws_config::BehaviorVersion::latest())
            .region(Region::new(region))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .http_client(transport)
            .retry_config(retries)
            .timeout_config(timeouts)
            .build());
    }
    let mut loader =
        aws_config::defaults(aws_config::BehaviorVersion::latest()).http_client(transport).retry_config(retries).timeout_config(timeouts);
    if let Some(region) = &account.region {
        loader = loader.region(Region::new(region.clone()));
    }
    if let Some(profile) = &account.profile {
        loader = loader.profile_name(profile);
    }
    let config = loader.load().await;
    let Some(role) = &account.role_arn else { return Ok(config) };
    let provider = aws_config::sts::AssumeRoleProvider::builder(role).session_name("throughline").configure(&config).build().await;
    Ok(config.into_builder().credentials_provider(SharedCredentialsProvider::new(provider)).build())
}

/// What the credentials are called in words; empty for the local services.
pub fn credential_name(account: &Account) -> String {
    match (&account.role_arn, &account.profile) {
        _ if account.local => String::new(),
        (Some(role), _) => format!("the role {role}"),
        (None, Some(profile)) => format!("the AWS profile {profile}"),
        (None, None) => "the AWS credentials of this process".to_owned(),
    }
}

/// Which of several: profile or role, and region.
pub fn instance(account: &Account) -> String {
    let parts = [account.profile.as_deref(), account.role_arn.as_deref(), account.region.as_deref().filter(|_| !account.local)];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// Unlike the SDK's own default this one takes no proxy from the environment, and reads no more than [`BODY_LIMIT`] of an answer.
fn transport(meter: Arc<Meter>) -> SharedHttpClient {
    let inner = aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::AwsLc)).build_https();
    SharedHttpClient::new(Capped { inner, meter })
}

#[derive(Debug)]
struct Capped<T> {
    inner: T,
    meter: Arc<Meter>,
}

impl HttpClient for Capped<SharedHttpClient> {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(Capped { inner, meter: Arc::clone(&self.meter) })
    }
}

impl HttpConnector for Capped<SharedHttpConnector> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        self.meter.call();
        let (answer, meter) = (self.inner.call(request), Arc::clone(&self.meter));
        HttpConnectorFuture::new(async move {
            let mut response = answer.await?;
            let length = response.headers().get("content-length").and_then(|length| length.parse().ok());
            meter.bytes(length.unwrap_or_default());
            let body = response.take_body();
            *response.body_mut() = SdkBody::from_body_1_x(Limited::new(body, BODY_LIMIT));
            Ok(response)
        })
    }
}

/// Any error of a call to AWS. The codes are compared, never the variants, which leave out most of what services really answer.
pub fn classify<E>(error: &SdkError<E, HttpResponse>) -> Failure
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let innermost = innermost(error);
    match error {
        SdkError::TimeoutError(_) => Failure::TimedOut,
        SdkError::DispatchFailure(failure) if failure.is_timeout() => Failure::TimedOut,
        SdkError::DispatchFailure(_) => Failure::Unreachable { detail: innermost },
        // Nothing was sent: there are no credentials, or they could not be fetched.
        SdkError::ConstructionFailure(_) => Failure::Refused { message: innermost },
        SdkError::ResponseError(_) if innermost.contains("length limit exceeded") => Failure::TooLarge { limit: BODY_LIMIT },
        SdkError::ServiceError(service) => {
            let status = service.raw().status().as_u16();
            let retry_after = service.raw().headers().get("retry-after").and_then(|wait| wait.parse::<u32>().ok());
            let message = service.err().message().map(str::to_owned);
            sort(service.err().code(), status, message, retry_after, innermost)
        }
        // What came is not an answer of this service.
        _ => Failure::Malformed { detail: innermost },
    }
}

fn sort(code: Option<&str>, status: u16, message: Option<String>, retry_after: Option<u32>, innermost: String) -> Failure {
    let code = code.unwrap_or_default();
    let message = match (message, code) {
        (Some(message), "") => message,
        (Some(message), code) => format!("{code}: {message}"),
        (None, code) => code.to_owned(),
    };
    let refusal = ["AccessDenied", "Unauthorized", "ExpiredToken", "UnrecognizedClient", "InvalidSignature", "SignatureDoesNotMatch"];
    let others =
        ["MissingAuthenticationToken", "RequestExpired", "RequestTimeTooSkewed", "InvalidClientTokenId", "OptInRequired", "NotAuthorized"];
    let refused = refusal.iter().chain(&others).any(|known| code.starts_with(known));
    let throttled =
        code.contains("Throttl") || code.starts_with("TooManyRequests") || matches!(code, "LimitExceededException" | "SlowDown");
    match status {
        _ if throttled => Failure::Throttled { retry_after: retry_after.map(|wait| Duration::from_secs(wait.into())), message },
        _ if refused => Failure::Refused { message },
        200..=299 => Failure::Malformed { detail: innermost },
        300..=399 => Failure::Malformed { detail: format!("HTTP {status}, a redirect") },
        401 | 403 => Failure::Refused { message },
        429 => Failure::Throttled { retry_after: retry_after.map(|wait| Duration::from_secs(wait.into())), message },
        500.. => Failure::ServerError { status, message },
        _ => Failure::Rejected { status, message },
    }
}

/// The innermost cause, which is the one that says something.
fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}
