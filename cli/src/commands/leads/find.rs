//! Lists what was found of a person.

use crate::commands::listing::Listing;
use operator::erase::Match;
use shared::model::Account;

const COLUMNS: &str = "what id provider account received name email phone found_in";
/// The columns that a narrow terminal leaves out.
const SPARE: &str = "received account provider phone email";

pub(super) fn new_listing() -> Listing {
    Listing::new(COLUMNS).sparing(SPARE).wrapping()
}

/// Adds what was found in an account to a list.
pub(super) fn list(found: &Match, account: &Account, listing: &mut Listing) {
    listing.push([
        found.what().into(),
        found.id.clone().into(),
        account.provider.as_str().into(),
        account.id.as_str().into(),
        found.received.clone().into(),
        found.name.clone().into(),
        found.email.clone().into(),
        found.phone.clone().into(),
        found.places.join(", ").into(),
    ]);
}
