//! The configuration of the AWS SDK, the same for every AWS service.

use aws_config::{
    BehaviorVersion, Region, SdkConfig, environment::EnvironmentVariableRegionProvider,
    meta::region::RegionProviderChain, profile::ProfileFileRegionProvider,
};
use aws_sdk_dynamodb::config::SharedHttpClient;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};

/// Settings that override the environment.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// A region.
    pub region: Option<String>,
    /// A profile of the AWS configuration files.
    pub profile: Option<String>,
}

/// Reads region, credentials and endpoints from the environment, as every AWS SDK does. The
/// overrides come first.
pub async fn load_config(overrides: Overrides) -> SdkConfig {
    let Overrides { region, profile } = overrides;
    let mut of_profile = ProfileFileRegionProvider::builder();
    let mut defaults = aws_config::defaults(BehaviorVersion::latest());
    if let Some(profile) = profile {
        of_profile = of_profile.profile_name(&profile);
        defaults = defaults.profile_name(profile);
    }
    // The SDK's default chain without the metadata service of a virtual machine: a laptop has none,
    // and the SDK would wait for it.
    let region = RegionProviderChain::first_try(region.map(Region::new))
        .or_else(EnvironmentVariableRegionProvider::new())
        .or_else(of_profile.build());
    defaults.http_client(https_client()).region(region).load().await
}

/// HTTPS by rustls with ring: the first handshake of aws-lc, the SDK's default, takes ten times as
/// long. The certificates are the system's.
fn https_client() -> SharedHttpClient {
    aws_smithy_http_client::Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .build_https()
}
