//! What the AWS SDK is given, whatever service it is to reach.

use aws_config::{
    BehaviorVersion, Region, SdkConfig, environment::EnvironmentVariableRegionProvider,
    meta::region::RegionProviderChain, profile::ProfileFileRegionProvider,
};
use aws_sdk_dynamodb::config::SharedHttpClient;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};

/// Where the SDK finds no region, as with a local table: any will do there.
pub(crate) const FALLBACK_REGION: &str = "us-east-1";

/// What the environment says of region, credentials and endpoints, as every AWS SDK
/// reads it.
pub async fn load_config() -> SdkConfig {
    // The SDK's default chain, but for the metadata service of a virtual machine, which a
    // laptop would wait for.
    let region = RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new())
        .or_else(ProfileFileRegionProvider::new())
        .or_else(Region::new(FALLBACK_REGION));
    aws_config::defaults(BehaviorVersion::latest())
        .http_client(https_client())
        .region(region)
        .load()
        .await
}

/// HTTPS by rustls with ring: the SDK's default, aws-lc, takes ten times as long over its
/// first handshake. Certificates are the system's.
pub(crate) fn https_client() -> SharedHttpClient {
    aws_smithy_http_client::Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .build_https()
}
