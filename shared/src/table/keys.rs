//! Where each kind of item stands.

use super::Item;
use crate::{Account, LeadId, TokenHash, claim::Claim, directory::EntryKey};
use aws_sdk_dynamodb::types::AttributeValue;

/// The partition key's name.
pub(super) const PK: &str = "pk";
/// The sort key's name.
pub(super) const SK: &str = "sk";
/// The time-to-live attribute's name; its values are Unix seconds.
pub(super) const EXPIRES_AT: &str = "expires_at";

pub(super) fn lead(account: &Account, id: LeadId) -> Item {
    key(format!("lead#{account}"), id.sort_key())
}

pub(super) fn claim(account: &Account, claim: &Claim) -> Item {
    key(claim_pk(account, claim), "claim".to_owned())
}

pub(super) fn claim_pk(account: &Account, claim: &Claim) -> String {
    format!("claim#{account}#{}#{}", claim.kind.as_str(), claim.hash)
}

pub(super) fn api_key(token: &TokenHash) -> Item {
    key(format!("key#{}", token.as_str()), "key".to_owned())
}

pub(super) fn entry(account: &Account, entry: &EntryKey) -> Item {
    key(format!("directory#{account}"), entry.sort_key())
}

pub(super) fn held(account: &Account, id: &str) -> Item {
    key(format!("held#{account}"), id.to_owned())
}

fn key(pk: String, sk: String) -> Item {
    Item::from([(PK.to_owned(), AttributeValue::S(pk)), (SK.to_owned(), AttributeValue::S(sk))])
}
