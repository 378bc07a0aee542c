use super::{
    super::{
        Failure,
        listing::{Format, Listing, Output},
        moment::write_moment,
    },
    networks,
};
use operator::keys::Drawn;
use shared::model::ApiKey;

/// Shows the credentials once, with what the key opens.
pub(super) fn show(drawn: Drawn, key: &ApiKey, output: &Output) -> Result<(), Failure> {
    let id = drawn.hash().key_id().to_owned();
    let has_secret = drawn.secret.is_some();
    // For people, the columns have the names of the headers.
    let columns = match (has_secret, output.output) {
        (true, Format::Table) => &[
            "id",
            "provider",
            "account",
            "label",
            "expires_at",
            "tenants",
            "networks",
            "X-API-Key",
            "X-API-Secret",
        ],
        _ => &[
            "id",
            "provider",
            "account",
            "label",
            "expires_at",
            "tenants",
            "networks",
            "token",
            "secret",
        ],
    };
    let mut listing = Listing::new(columns);
    listing.push([
        id.into(),
        key.account.provider.as_str().into(),
        key.account.id.as_str().into(),
        key.label.clone().into(),
        key.expires_at.map(write_moment).into(),
        key.tenants.clone().into(),
        networks(key),
        drawn.token.into(),
        drawn.secret.into(),
    ]);
    listing.print_one(output.output)?;
    let (what, is) = if has_secret { ("both", "they are") } else { ("the token", "it is") };
    eprintln!("note {what} down: {is} stored as a hash, and not shown again");
    Ok(())
}
