//! Which leads a destination gets.

use crate::sample::{PLAIN_NAME, names_of_members, sample};
use providers::LeadRecord;
use serde_json::value::RawValue;
use shared::model::{Account, Condition, StoredLead};
use std::collections::BTreeMap;

/// A condition about something that no lead has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no lead has a member {0}: there are {1}")]
pub struct UnknownMember(String, String);

/// Checks that leads have what the conditions are about. Members of members are not known.
///
/// # Errors
/// If a condition is about another member.
pub fn check_conditions(only: &[Condition], account: &Account) -> Result<(), UnknownMember> {
    let names = only.iter().filter_map(|condition| condition.path().next());
    let lead = serde_json::to_value(sample(account, PLAIN_NAME)).unwrap_or_default();
    check_names(names, &names_of_members(&lead))
}

/// Checks that names are known.
pub(crate) fn check_names<'a>(
    names: impl IntoIterator<Item = &'a str>,
    known: &[String],
) -> Result<(), UnknownMember> {
    let is_unknown = |name: &&str| !known.iter().any(|known| known == name);
    match names.into_iter().find(is_unknown) {
        Some(name) => Err(UnknownMember(name.to_owned(), known.join(", "))),
        None => Ok(()),
    }
}

/// Whether a lead of this account meets all conditions. A lead that cannot be read is not held
/// back: its owner shall hear of it.
pub fn meets(only: &[Condition], account: &Account, lead: &StoredLead) -> bool {
    if only.is_empty() {
        return true;
    }
    let Ok(record) = LeadRecord::new(account, lead.clone()) else { return true };
    // A record can always be written.
    let record = serde_json::value::to_raw_value(&record).unwrap_or_default();
    only.iter().all(|condition| is_met(condition, &record))
}

fn is_met(condition: &Condition, record: &RawValue) -> bool {
    condition.is_met(member(condition, record).as_deref())
}

/// The member of a record that a condition is about, as text. Only the values on the way to it are
/// read, because another one may be no number that fits.
fn member(condition: &Condition, record: &RawValue) -> Option<String> {
    let mut value = record.to_owned();
    for name in condition.path() {
        let mut members: BTreeMap<String, Box<RawValue>> =
            serde_json::from_str(value.get()).ok()?;
        value = members.remove(name)?;
    }
    match value.get() {
        "null" => None,
        json if json.starts_with('"') => serde_json::from_str(json).ok(),
        json => Some(json.to_owned()),
    }
}
