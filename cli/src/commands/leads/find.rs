//! Lists what was found of a person.

use super::super::listing::Listing;
use operator::erase::Find;
use shared::model::Account;

/// The columns of what was found.
const COLUMNS: [&str; 9] =
    ["what", "id", "provider", "account", "received", "name", "email", "phone", "found_in"];
/// The columns that a narrow terminal leaves out.
const SPARE: [&str; 5] = ["received", "account", "provider", "phone", "email"];

/// An empty list for the results.
pub(super) fn new_listing() -> Listing {
    Listing::new(&COLUMNS).sparing(&SPARE).wrapping()
}

/// Adds what was found in an account to a list.
pub(super) fn list(find: &Find, account: &Account, listing: &mut Listing) {
    listing.push([
        find.what().into(),
        find.id.clone().into(),
        account.provider.as_str().into(),
        account.id.as_str().into(),
        find.received.clone().into(),
        find.name.clone().into(),
        find.email.clone().into(),
        find.phone.clone().into(),
        find.places.join(", ").into(),
    ]);
}
