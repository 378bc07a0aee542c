//! The list of all providers. A new one has a line in each of the two arrays.

use crate::api::{AnyApi, Route};
use lambda_http::http::Method;
use shared::{
    model::{Entry, EntryKey, Provider},
    provider::{About, DemoEntry, Kind},
};
use std::sync::LazyLock;

/// Every provider, in the order of [`Provider::ALL`].
static ABOUTS: [&About; Provider::ALL.len()] =
    [&integrabot::ABOUT, &rdstation::ABOUT, &pollybot::ABOUT, &keyspot::ABOUT, &flextell::ABOUT];

/// The functions of every provider, in the order of [`Provider::ALL`].
static APIS: LazyLock<[AnyApi; Provider::ALL.len()]> = LazyLock::new(|| {
    [
        AnyApi::of(&integrabot::API),
        AnyApi::of(&rdstation::API),
        AnyApi::of(&pollybot::API),
        AnyApi::of(&keyspot::API),
        AnyApi::of(&flextell::API),
    ]
});

/// Every route of the API, by provider.
pub static ROUTES: LazyLock<Vec<Route>> =
    LazyLock::new(|| APIS.iter().flat_map(|api| api.routes.clone()).collect());

/// What other code must know about a provider.
pub fn about(provider: Provider) -> &'static About {
    ABOUTS[provider as usize]
}

/// What the functions of a provider serve.
pub(crate) fn api(provider: Provider) -> &'static AnyApi {
    &APIS[provider as usize]
}

/// The methods of the routes, in order.
pub fn methods() -> Vec<&'static Method> {
    let mut methods: Vec<_> = ROUTES.iter().map(|route| route.method).collect();
    methods.sort_unstable_by_key(|method| method.as_str());
    methods.dedup();
    methods
}

/// The headers that web pages may send, in lower case, in order.
pub fn sent_headers() -> Vec<&'static str> {
    let own = ABOUTS.iter().flat_map(|about| about.headers.iter().copied());
    let mut headers: Vec<_> =
        ["authorization", "content-type", "idempotency-key"].into_iter().chain(own).collect();
    headers.sort_unstable();
    headers.dedup();
    headers
}

/// The kind of this name in directories of `provider`.
///
/// # Errors
/// If there is none.
pub fn find_kind(provider: Provider, name: &str) -> Result<&'static Kind, String> {
    let kinds = about(provider).kinds;
    kinds.iter().find(|kind| kind.name == name).ok_or_else(|| {
        let names: Vec<_> = kinds.iter().map(|kind| kind.name).collect();
        let provider = provider.as_str();
        if names.is_empty() {
            format!("{provider} has no directory: its deliveries refer to no entries")
        } else {
            format!("{provider} has no `{name}`; it has {}", names.join(", "))
        }
    })
}

/// The entries of a provider's demo account. The sample of the provider names some of them.
///
/// # Errors
/// If one is not of its kind.
pub fn demo_entries(provider: Provider) -> Result<Vec<(EntryKey, Entry)>, String> {
    let mut entries = Vec::new();
    for DemoEntry { kind, id, json } in about(provider).demo.entries {
        let members = serde_json::from_str(json).map_err(|error| error.to_string())?;
        entries.extend(find_kind(provider, kind)?.read(id, members)?);
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_provider_is_at_its_place() {
        for provider in Provider::ALL {
            assert_eq!(about(provider).provider, provider);
            let routes = &api(provider).routes;
            let prefix = format!("/{}/", provider.as_str());
            assert!(!routes.is_empty() && routes.iter().all(|r| r.path.starts_with(&prefix)));
        }
    }
}
