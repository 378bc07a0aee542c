//! The directory of a tenant: it resolves the ids in a delivery.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::json;
use shared::{
    delivery::{Delivery, Rejection},
    lookup::Entries,
    model::{EntryId, EntryKey},
    provider::{DEFAULT, Kind, flag, number, optional, text},
    request::{Rule, Violation},
};

/// The kind of a lead status.
pub(crate) const STATUS: &str = "status";
/// The kind of a reference source.
pub(crate) const REFERENCE_SOURCE: &str = "reference_source";
/// The kind of a user.
pub(crate) const USER: &str = "user";
/// The kind of a country.
pub(crate) const COUNTRY: &str = "country";

/// The kinds of entries, with their members besides the id.
pub(crate) const KINDS: &[Kind] = &[
    Kind::numbered(
        STATUS,
        &[
            text("name"),
            text("slug"),
            text("color"),
            number("sort_order"),
            flag("is_terminal", false),
            flag(DEFAULT, false),
        ],
    ),
    Kind::numbered(REFERENCE_SOURCE, &[text("name"), optional("external_id"), optional("color")]),
    Kind::numbered(USER, &[text("name")]),
    Kind::numbered(COUNTRY, &[text("name")]),
];

/// A status of a lead. Without a directory entry it has only an id.
#[derive(Serialize, Deserialize)]
pub(crate) struct Status {
    pub(crate) id: i64,
    pub(crate) name: Option<String>,
    pub(crate) slug: Option<String>,
    pub(crate) color: Option<String>,
    pub(crate) is_terminal: Option<bool>,
}

/// A source of leads. Without a directory entry it has only an id.
#[derive(Serialize, Deserialize)]
pub(crate) struct ReferenceSource {
    pub(crate) id: i64,
    pub(crate) name: Option<String>,
    pub(crate) external_id: Option<String>,
}

/// A user who can work on a lead. Without a directory entry it has only an id.
#[derive(Serialize, Deserialize)]
pub(crate) struct User {
    pub(crate) id: i64,
    pub(crate) name: Option<String>,
}

/// A country of a lead. Without a directory entry it has only an id.
#[derive(Serialize, Deserialize)]
pub(crate) struct Country {
    pub(crate) id: i64,
    pub(crate) name: Option<String>,
}

/// The ids of a delivery.
#[derive(Clone, Copy)]
pub(crate) struct Ids {
    pub(crate) status: Option<i64>,
    pub(crate) reference_source: Option<i64>,
    pub(crate) user: Option<i64>,
    pub(crate) country: Option<i64>,
}

/// The entries that the ids of a delivery refer to. A delivery without a status gets the tenant's
/// default status.
pub(crate) struct Resolved {
    pub(crate) status: Option<Status>,
    pub(crate) reference_source: Option<ReferenceSource>,
    pub(crate) assigned_user: Option<User>,
    pub(crate) country: Option<Country>,
}

/// The directory entries that were found for a delivery.
struct Found<'a, 'd> {
    delivery: &'a mut Delivery<'d>,
    entries: Entries,
}

/// Finds the entries that the ids of a delivery refer to.
///
/// # Errors
/// A violation for the first id that the tenant does not have; an error of the table.
pub(crate) async fn resolve(delivery: &mut Delivery<'_>, ids: Ids) -> Result<Resolved, Rejection> {
    let default_status = EntryKey::new(STATUS, EntryId::from_static(DEFAULT));
    let status = ids.status.map_or_else(|| default_status.clone(), |id| EntryKey::new(STATUS, id));
    let others = [
        ids.reference_source.map(|id| EntryKey::new(REFERENCE_SOURCE, id)),
        ids.user.map(|id| EntryKey::new(USER, id)),
        ids.country.map(|id| EntryKey::new(COUNTRY, id)),
    ];
    let wanted = others.into_iter().flatten().chain([status]).collect();
    let Delivery { context, account, received_at, .. } = *delivery;
    let entries = context.directory.find(account, wanted, received_at).await?;
    let mut found = Found { delivery, entries };
    let status = match ids.status {
        Some(_) => found.describe("lead_status_id", STATUS, ids.status).await?,
        None => found.entries.get(&default_status)?,
    };
    Ok(Resolved {
        status,
        reference_source: found
            .describe("lead_reference_source_id", REFERENCE_SOURCE, ids.reference_source)
            .await?,
        assigned_user: found.describe("assigned_user_id", USER, ids.user).await?,
        country: found.describe("country_id", COUNTRY, ids.country).await?,
    })
}

impl Found<'_, '_> {
    /// The entry that an id refers to. If the tenant has no entries of this kind, any id is
    /// accepted.
    async fn describe<T: DeserializeOwned>(
        &mut self,
        field: &'static str,
        kind: &'static str,
        id: Option<i64>,
    ) -> Result<Option<T>, Rejection> {
        let Some(id) = id else { return Ok(None) };
        if let Some(entry) = self.entries.get(&EntryKey::new(kind, id))? {
            return Ok(Some(entry));
        }
        let Delivery { context, account, received_at, .. } = *self.delivery;
        if context.directory.has_any(account, kind, received_at).await? {
            self.delivery.break_rule(Violation { field, rule: Rule::Exists, sent: None })?;
        }
        Ok(serde_json::from_value(json!({ "id": id })).ok())
    }
}
