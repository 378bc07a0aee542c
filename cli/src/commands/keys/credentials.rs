use crate::commands::{
    failure::Failure,
    listing::{Format, Listing, Output},
};
use operator::{keys::NewCredentials, times::write_time};
use serde_json::Value;
use shared::model::ApiKey;

const COLUMNS: &str =
    "id provider account scopes limit lenient label expires_at tenants networks token secret";
/// For people, the columns of Keyspot's credentials have the names of the headers.
const HEADERS: &str = "id provider account scopes limit lenient label expires_at tenants networks \
                       X-API-Key X-API-Secret";

/// Shows the credentials once, with what the key opens.
pub(super) fn show(
    credentials: NewCredentials,
    key: &ApiKey,
    output: &Output,
) -> Result<(), Failure> {
    let id = credentials.hash().key_id().to_string();
    let has_secret = credentials.secret.is_some();
    let is_for_people = output.output == Format::Table;
    let mut listing = Listing::new(if has_secret && is_for_people { HEADERS } else { COLUMNS });
    listing.push([
        id.into(),
        key.account.provider.as_str().into(),
        key.account.id.as_str().into(),
        scopes_of(key),
        limit_of(key),
        key.is_lenient.into(),
        key.label.clone().into(),
        key.expires_at.map(write_time).into(),
        key.tenants.clone().into(),
        networks_of(key),
        credentials.token.into(),
        credentials.secret.into(),
    ]);
    listing.print_one(output.output)?;
    let (what, is) = if has_secret { ("both", "they are") } else { ("the token", "it is") };
    eprintln!("note {what} down: {is} stored as a hash, and not shown again");
    Ok(())
}

pub(super) fn scopes_of(key: &ApiKey) -> Value {
    key.scopes.iter().map(|scope| scope.as_str()).collect()
}

pub(super) fn limit_of(key: &ApiKey) -> Value {
    key.limit.map(|limit| limit.to_string()).into()
}

pub(super) fn networks_of(key: &ApiKey) -> Value {
    key.networks.iter().map(ToString::to_string).collect()
}
