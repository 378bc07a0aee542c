//! The configuration of the AWS SDK, the same for every AWS service.

pub use aws_config::SdkConfig;
use aws_config::{
    BehaviorVersion, Region,
    environment::{EnvironmentVariableCredentialsProvider, EnvironmentVariableRegionProvider},
    meta::region::RegionProviderChain,
    profile::ProfileFileRegionProvider,
};
use aws_sdk_dynamodb::config::SharedHttpClient;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode};
use std::env;

/// The authorities of AWS's endpoints: <https://www.amazontrust.com/repository/>. Reading the
/// system's 145 authorities takes a third of a function's start.
pub const AMAZON_ROOTS: [&str; 5] = [
    include_str!("../roots/amazon-root-ca-1.pem"),
    include_str!("../roots/amazon-root-ca-2.pem"),
    include_str!("../roots/amazon-root-ca-3.pem"),
    include_str!("../roots/amazon-root-ca-4.pem"),
    include_str!("../roots/starfield-services-root-g2.pem"),
];

/// Variables that name other endpoints or other authorities. With one of them, the authorities are
/// the system's.
const OTHER_ENDPOINTS: [&str; 5] = [
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_DYNAMODB",
    "AWS_ENDPOINT_URL_SECRETS_MANAGER",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
];

/// Settings that override the environment.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// A region.
    pub region: Option<String>,
    /// A profile of the AWS configuration files.
    pub profile: Option<String>,
}

/// The configuration of a deployed function. Lambda sets region and credentials as variables, so
/// they are not searched for anywhere else. If they are not set, it calls [`load_config`].
pub async fn load_function_config() -> SdkConfig {
    let set = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    let (Some(region), Some(_)) = (set("AWS_REGION"), set("AWS_ACCESS_KEY_ID")) else {
        return load_config(Overrides::default()).await;
    };
    let client = match OTHER_ENDPOINTS.into_iter().find_map(set) {
        None if has_amazon_roots(&region) => amazon_client(),
        _ => https_client(),
    };
    aws_config::defaults(BehaviorVersion::latest())
        .http_client(client)
        .region(Region::new(region))
        .credentials_provider(EnvironmentVariableCredentialsProvider::new())
        .load()
        .await
}

/// The groups of regions whose endpoints have certificates of Amazon's authorities.
const WITH_AMAZON_ROOTS: [&str; 9] =
    ["af-", "ap-", "ca-", "eu-", "il-", "me-", "mx-", "sa-", "us-"];

/// Whether the endpoints of a region are known to have certificates of Amazon's authorities. Those
/// of China, of isolated and of sovereign regions may have others, and so may future ones.
fn has_amazon_roots(region: &str) -> bool {
    let in_group = WITH_AMAZON_ROOTS.iter().find_map(|group| region.strip_prefix(group));
    in_group.is_some_and(|rest| !rest.starts_with("iso"))
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

/// HTTPS to AWS's own endpoints alone.
fn amazon_client() -> SharedHttpClient {
    let roots = AMAZON_ROOTS
        .into_iter()
        .fold(TrustStore::empty(), |roots, root| roots.with_pem_certificate(root.as_bytes()));
    match TlsContext::builder().with_trust_store(roots).build() {
        Ok(context) => aws_smithy_http_client::Builder::new()
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .tls_context(context)
            .build_https(),
        Err(_) => https_client(),
    }
}

/// HTTPS by rustls with ring: the first handshake of aws-lc, the SDK's default, takes ten times as
/// long. The certificates are the system's.
fn https_client() -> SharedHttpClient {
    aws_smithy_http_client::Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .build_https()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_regions_have_amazons_authorities() {
        let cases = [
            ("us-east-1", true),
            ("sa-east-1", true),
            ("us-gov-west-1", true),
            ("cn-north-1", false),
            ("us-iso-east-1", false),
            ("us-isob-east-1", false),
            ("eu-isoe-west-1", false),
            ("mx-central-1", true),
            ("eusc-de-east-1", false),
            ("nowhere-1", false),
            ("", false),
        ];
        for (region, expected) in cases {
            assert_eq!(has_amazon_roots(region), expected, "{region}");
        }
    }

    #[test]
    fn each_of_amazons_authorities_is_one_certificate() {
        for root in AMAZON_ROOTS {
            assert_eq!(root.matches("-----BEGIN CERTIFICATE-----").count(), 1, "{root}");
        }
        // It panics if a certificate cannot be read.
        amazon_client();
    }
}
