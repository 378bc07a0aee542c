//! The keys of each kind of item.

use super::lead_table::Item;
use crate::model::{Account, Claim, Contact, DestinationId, EntryKey, LeadId, TokenHash};
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
    let (account, hash) = read_listed(sk)?;
    Some((account, TokenHash::from_hex(hash.to_owned())?))
}

/// Reads the account of a listed item, and what follows it.
fn read_listed(sk: &str) -> Option<(Account, &str)> {
    let (account, name) = sk.rsplit_once('#')?;
    let (provider, id) = account.split_once('#')?;
    Some((Account { provider: provider.parse().ok()?, id: id.parse().ok()? }, name))
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

pub(crate) fn destination(account: &Account, id: &DestinationId) -> Item {
    key(format!("destination#{account}"), id.to_string())
}

/// The partition that lists all destinations of all accounts.
pub(crate) const LISTED_DESTINATIONS: &str = "destinations";

pub(crate) fn listed_destination(account: &Account, id: &DestinationId) -> Item {
    key(LISTED_DESTINATIONS.to_owned(), format!("{account}#{id}"))
}

/// Reads the account and the id from the sort key of a listed destination.
pub(crate) fn read_listed_destination(sk: &str) -> Option<(Account, DestinationId)> {
    let (account, id) = read_listed(sk)?;
    Some((account, id.parse().ok()?))
}

pub(crate) fn set_aside(account: &Account, lead: LeadId, destination: &DestinationId) -> Item {
    key(format!("set-aside#{account}"), format!("{}#{destination}", lead.sort_key()))
}

/// The partition of what is set aside for an account's leads.
pub(crate) fn set_aside_partition(account: &Account) -> Item {
    key(format!("set-aside#{account}"), String::new())
}

/// Reads the account and the lead's id from the key of a lead, as the table's stream tells it.
pub fn read_lead_key(pk: &str, sk: &str) -> Option<(Account, LeadId)> {
    let (provider, id) = pk.strip_prefix("lead#")?.split_once('#')?;
    let account = Account { provider: provider.parse().ok()?, id: id.parse().ok()? };
    Some((account, LeadId::from_sort_key(sk)?))
}

/// An item that is written or read to test whether that works.
pub(crate) fn probe(mark: &str) -> Item {
    key(format!("probe#{mark}"), "probe".to_owned())
}

fn key(pk: String, sk: String) -> Item {
    Item::from([(PK.to_owned(), AttributeValue::S(pk)), (SK.to_owned(), AttributeValue::S(sk))])
}
