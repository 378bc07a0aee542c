//! Random values for property tests.

use super::{Account, LeadId, Provider, TokenHash};
use jiff::Timestamp;
use proptest::{prelude::*, sample::select};

pub(crate) fn account() -> impl Strategy<Value = Account> {
    let id = "[^#\\p{Cc}]{1,40}";
    (select(&Provider::ALL[..]), id)
        .prop_map(|(provider, id)| Account { provider, id: id.parse().unwrap() })
}

pub(crate) fn token_hash() -> impl Strategy<Value = TokenHash> {
    any::<u64>().prop_map(|token| TokenHash::of(&token.to_string()))
}

/// A time without a fraction of a second.
pub(crate) fn second() -> impl Strategy<Value = Timestamp> {
    (0..4_000_000_000_i64).prop_map(|second| Timestamp::from_second(second).unwrap())
}

pub(crate) fn lead_id() -> impl Strategy<Value = LeadId> {
    (0..1_000_000_000_000_i64, any::<u128>()).prop_map(|(millis, random)| {
        LeadId::new(LeadId::beginning() + jiff::SignedDuration::from_millis(millis), random)
    })
}
