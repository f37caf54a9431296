//! The part of `throughline.toml` about CloudWatch Logs.

use crate::aws::Account;
use serde::Deserialize;
use std::collections::BTreeMap;

/// One `[[sources.cloudwatch]]`: one account and region.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The region; from the usual chain of the AWS SDK if absent.
    pub region: Option<String>,
    /// A profile of the shared AWS configuration files.
    pub profile: Option<String>,
    /// A role to assume.
    pub role_arn: Option<String>,
    /// Another address than the vendor's own.
    pub endpoint: Option<String>,
    /// Which services log into which groups. Where this names none, the most recently written groups are searched.
    pub groups: BTreeMap<String, Vec<String>>,
    /// How long one search may take.
    pub deadline_ms: Option<u64>,
    /// The embedded services: all groups, all times.
    #[serde(skip)]
    pub local: bool,
}

impl Config {
    /// The embedded services at `endpoint`.
    pub fn local(endpoint: impl Into<String>) -> Self {
        Self { endpoint: Some(endpoint.into()), local: true, ..Self::default() }
    }

    /// How the account is reached.
    pub fn account(&self) -> Account {
        Account {
            region: self.region.clone(),
            profile: self.profile.clone(),
            role_arn: self.role_arn.clone(),
            endpoint: self.endpoint.clone(),
            local: self.local,
        }
    }

    /// The service that logs into this group, if exactly one is configured.
    pub fn service_of(&self, group: &str) -> Option<&str> {
        let mut services = self.groups.iter().filter(|(_, groups)| groups.iter().any(|name| name == group)).map(|(service, _)| service);
        let first = services.next()?;
        services.next().is_none().then_some(first)
    }
}
