//! What the AWS SDK is given, whatever service it is to reach.

use aws_config::{
    BehaviorVersion, Region, SdkConfig, environment::EnvironmentVariableRegionProvider,
    meta::region::RegionProviderChain, profile::ProfileFileRegionProvider,
};
use aws_sdk_dynamodb::config::SharedHttpClient;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};

/// What somebody chose in place of what the environment says.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// A region.
    pub region: Option<String>,
    /// A profile of the AWS configuration files.
    pub profile: Option<String>,
}

/// What the environment says of region, credentials and endpoints, as every AWS SDK
/// reads it, but for what was chosen.
pub async fn load_config(overrides: Overrides) -> SdkConfig {
    let Overrides { region, profile } = overrides;
    let mut of_profile = ProfileFileRegionProvider::builder();
    let mut defaults = aws_config::defaults(BehaviorVersion::latest());
    if let Some(profile) = profile {
        of_profile = of_profile.profile_name(&profile);
        defaults = defaults.profile_name(profile);
    }
    // The SDK's default chain, but for the metadata service of a virtual machine, which a
    // laptop would wait for.
    let region = RegionProviderChain::first_try(region.map(Region::new))
        .or_else(EnvironmentVariableRegionProvider::new())
        .or_else(of_profile.build());
    defaults.http_client(https_client()).region(region).load().await
}

/// HTTPS by rustls with ring: the SDK's default, aws-lc, takes ten times as long over its
/// first handshake. Certificates are the system's.
fn https_client() -> SharedHttpClient {
    aws_smithy_http_client::Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .build_https()
}
