//! What must be true after every history, whatever failed. `docs/reliability.md` promises it.
//!
//! | function | rule |
//! |---|---|
//! | `check_attempt` | a first delivery makes a new lead, a short fault gives no 503, an answer shows a stored lead of the same person, as it was sent |
//! | `check_answered` | each lead is in an answer, and no two deliveries made it |
//! | `check_replays` | no body twice in the replay window, no `Idempotency-Key` twice in a day |
//! | `check_claims` | each claim has its lead, and each lead its claims, also of an e-mail that an update set |
//! | `check_received` | each stored lead was received as it is now, or is set aside after its last refusal |
//! | `check_rest` | nothing waits, and no pass runs |
//! | `check_messages` | a message has always the same id and body |
//! | `check_repeats` | a message that was received comes again only for a reason |
//! | `check_order` | leads first arrive in the order of their ids |
//! | `check_erasures` | no erased lead is posted, and its receivers get a message of the erasure |
//!
//! Others must be true at each moment, and are checked then:
//!
//! | function | rule |
//! |---|---|
//! | `Observed::check_post` | a post is signed, and does not begin after a pause |
//! | `check_unique` | no two leads have the same contact where a person is accepted once |
//! | `check_update` | each version of a lead follows from the one before by one update that was sent |
//! | `check_edit` | an answered update or delete did what it says |
//! | `Stage::list` | a list without a write meanwhile has each lead once, and its total |
//! | `check_held` | an invalid delivery is held |
//! | `check_redelivered` | a held delivery that became a lead is not held any more |
//! | `check_erased` | after an erasure the person is in no item |

mod deliveries;
mod forwarding;
mod leads;

use crate::stage::Stage;

/// A rule that is broken.
pub(crate) type Broken = String;

impl Stage {
    /// Checks a history that was played to its end.
    pub(crate) async fn check(&self) -> Result<(), Broken> {
        if let Some(broken) = self.world.log().broken.clone() {
            return Err(broken);
        }
        self.check_deliveries()?;
        self.check_destinations().await
    }
}
