//! What a tenant has, and what the ids in a delivery point to.

use jiff::Timestamp;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use shared::{Account, Directory, Entries, EntryKey, Rejection, Rule, Violation};

/// The kind of a lead status.
pub const STATUS: &str = "status";
/// The kind of a reference source.
pub const REFERENCE_SOURCE: &str = "reference_source";
/// The kind of a user.
pub const USER: &str = "user";
/// The kind of a country.
pub const COUNTRY: &str = "country";
/// The id under which a tenant's default status stands once more.
pub const DEFAULT_STATUS: &str = "default";

/// A status a lead can have.
#[derive(Serialize, Deserialize)]
#[expect(missing_docs, reason = "members of the provider's LeadResource")]
pub struct Status {
    pub id: i64,
    pub name: String,
    pub slug: String,
    pub color: String,
    pub is_terminal: bool,
}

/// Where a lead can come from.
#[derive(Serialize, Deserialize)]
#[expect(missing_docs, reason = "members of the provider's LeadResource")]
pub struct ReferenceSource {
    pub id: i64,
    pub name: String,
    pub external_id: Option<String>,
}

/// Who can work on a lead.
#[derive(Serialize, Deserialize)]
#[expect(missing_docs, reason = "members of the provider's LeadResource")]
pub struct User {
    pub id: i64,
    pub name: String,
}

/// Where a lead can be from.
#[derive(Serialize, Deserialize)]
#[expect(missing_docs, reason = "members of the provider's LeadResource")]
pub struct Country {
    pub id: i64,
    pub name: String,
}

/// The ids of a delivery.
#[derive(Clone, Copy)]
pub(crate) struct Ids {
    pub(crate) status: Option<i64>,
    pub(crate) reference_source: Option<i64>,
    pub(crate) user: Option<i64>,
    pub(crate) country: Option<i64>,
}

/// What the ids of a delivery point to. Without a status it has the tenant's default one.
pub(crate) struct Resolved {
    pub(crate) status: Option<Status>,
    pub(crate) reference_source: Option<ReferenceSource>,
    pub(crate) assigned_user: Option<User>,
    pub(crate) country: Option<Country>,
}

/// Finds what the ids of a delivery point to.
///
/// # Errors
/// The first id that the tenant does not have.
pub(crate) async fn resolve(
    directory: &Directory,
    tenant: &Account,
    ids: Ids,
    now: Timestamp,
) -> Result<Resolved, Rejection> {
    let status = ids.status.map_or_else(|| DEFAULT_STATUS.to_owned(), |id| id.to_string());
    let status = EntryKey::new(STATUS, status);
    let reference_source = ids.reference_source.map(|id| EntryKey::new(REFERENCE_SOURCE, id));
    let user = ids.user.map(|id| EntryKey::new(USER, id));
    let country = ids.country.map(|id| EntryKey::new(COUNTRY, id));
    let given = [&reference_source, &user, &country].into_iter().flatten();
    let wanted = given.chain([&status]).cloned().collect();
    let entries = directory.find(tenant, wanted, now).await?;
    let status = match ids.status {
        Some(_) => known(&entries, "lead_status_id", Some(status))?,
        None => entries.get(&status)?,
    };
    Ok(Resolved {
        status,
        reference_source: known(&entries, "lead_reference_source_id", reference_source)?,
        assigned_user: known(&entries, "assigned_user_id", user)?,
        country: known(&entries, "country_id", country)?,
    })
}

/// The entry of a key that was given, which must be there.
fn known<T: DeserializeOwned>(
    entries: &Entries,
    field: &'static str,
    key: Option<EntryKey>,
) -> Result<Option<T>, Rejection> {
    let Some(key) = key else { return Ok(None) };
    match entries.get(&key)? {
        Some(entry) => Ok(Some(entry)),
        None => Err(Violation { field, rule: Rule::Exists, sent: None }.into()),
    }
}
