//! The keys of each kind of item.

use super::lead_table::Item;
use crate::model::{Account, Claim, Contact, EntryKey, LeadId, TokenHash};
use aws_sdk_dynamodb::types::AttributeValue;

/// The partition key's name.
pub(crate) const PK: &str = "pk";
/// The sort key's name.
pub(crate) const SK: &str = "sk";
/// The time-to-live attribute's name; its values are Unix seconds.
pub(crate) const EXPIRES_AT: &str = "expires_at";

pub(crate) fn lead(account: &Account, id: LeadId) -> Item {
    key(format!("lead#{account}"), id.sort_key())
}

pub(crate) fn claim(account: &Account, claim: &Claim) -> Item {
    claim_at(&claim_pk(account, claim))
}

/// The claim with this partition key.
pub(crate) fn claim_at(pk: &str) -> Item {
    key(pk.to_owned(), "claim".to_owned())
}

pub(crate) fn claim_pk(account: &Account, claim: &Claim) -> String {
    format!("claim#{account}#{}#{}", claim.kind.as_str(), claim.hash)
}

pub(crate) fn api_key(token: &TokenHash) -> Item {
    key(format!("key#{}", token.as_str()), "key".to_owned())
}

/// The partition that lists all API keys of all accounts.
pub(crate) const LISTED_KEYS: &str = "keys";

pub(crate) fn listed_key(account: &Account, token: &TokenHash) -> Item {
    key(LISTED_KEYS.to_owned(), format!("{account}#{}", token.as_str()))
}

/// Reads the account and the token's hash from the sort key of a listed key.
pub(crate) fn read_listed_key(sk: &str) -> Option<(Account, TokenHash)> {
    let (account, hash) = sk.rsplit_once('#')?;
    let (provider, id) = account.split_once('#')?;
    let account = Account { provider: provider.parse().ok()?, id: id.parse().ok()? };
    Some((account, TokenHash::from_hex(hash.to_owned())))
}

pub(crate) fn entry(account: &Account, entry: &EntryKey) -> Item {
    key(format!("directory#{account}"), entry.sort_key())
}

/// The beginning of the keys of all entries of a kind.
pub(crate) fn entries(account: &Account, kind: &str) -> Item {
    key(format!("directory#{account}"), format!("{kind}#"))
}

pub(crate) fn held(account: &Account, id: &str) -> Item {
    key(format!("held#{account}"), id.to_owned())
}

pub(crate) fn block(account: &Account, contact: &Contact) -> Item {
    key(format!("block#{account}"), format!("{}#{}", contact.kind.as_str(), contact.hash))
}

/// An item that exists if the account blocks anybody, or did before.
pub(crate) fn any_block(account: &Account) -> Item {
    key(format!("block#{account}"), "any".to_owned())
}

/// An item that is written to test whether that works.
pub(crate) fn probe(mark: &str) -> Item {
    key(format!("probe#{mark}"), "probe".to_owned())
}

fn key(pk: String, sk: String) -> Item {
    Item::from([(PK.to_owned(), AttributeValue::S(pk)), (SK.to_owned(), AttributeValue::S(sk))])
}
