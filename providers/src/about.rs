use shared::{
    model::Provider,
    provider::{About, Kind},
};

/// Every provider, in the order of [`Provider::ALL`].
static ABOUTS: [&About; Provider::ALL.len()] =
    [&integrabot::ABOUT, &rdstation::ABOUT, &pollybot::ABOUT, &keyspot::ABOUT, &flextell::ABOUT];

/// What other code must know about a provider.
pub fn about(provider: Provider) -> &'static About {
    ABOUTS[provider as usize]
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_provider_is_at_its_place() {
        for provider in Provider::ALL {
            assert_eq!(about(provider).provider, provider);
        }
    }
}
