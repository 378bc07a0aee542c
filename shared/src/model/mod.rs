//! The values that all other code uses. This room does no input or output.

mod account;
mod api_key;
mod claim;
mod clock_and_random;
mod condition;
mod contact;
mod destination;
mod destination_id;
mod destination_progress;
mod digest;
mod entry;
mod held;
mod json;
mod lead;
mod lead_id;
mod members;
mod merge;
mod outcome_name;
mod own_request;
mod rate_limit;
mod raw_json;
mod request_count;
mod sealed_text;
mod set_aside;
mod steady_clock;

pub use account::{Account, AccountId, NotAProvider, NotAnAccountId, Provider};
pub use api_key::{ApiKey, KeyId, ListedKey, NotAScope, Scope, TokenHash};
pub(crate) use claim::{Claim, IDEMPOTENCY_KEY, MAX_IDEMPOTENCY_KEY};
pub use claim::{ClaimKind, Claims, IdempotencyKeyTooLong};
pub use clock_and_random::ClockAndRandom;
pub use condition::{Condition, NotACondition};
pub use contact::{Contact, ContactKind, Email, Phone};
pub(crate) use contact::{digit, fold_text};
pub use destination::{Destination, DestinationFormat, DestinationState, LastAttempt, Stuck};
pub use destination_id::{DestinationId, NotADestinationId};
pub use entry::{Entry, EntryId, EntryKey, NotAnEntryId};
pub(crate) use held::HELD_FOR;
pub use held::{
    BrokenRule, HeldAnswer, HeldDelivery, HeldId, HeldKind, HeldReason, NotAHeldId, reasons,
};
pub use json::{pretty, read_string, text_of, well_formed};
pub use lead::{Lead, NewLead, Outcome, Standing, StoredDetails, StoredLead, Update};
pub use lead_id::{LeadId, LeadIdForm, LeadSpan, NotALeadId};
pub use members::{Member, Members};
pub use outcome_name::OutcomeName;
pub use own_request::{OwnRequest, RequestMethod};
pub use rate_limit::{NotARateLimit, RateLimit, RateWindow, Usage};
pub use raw_json::RawJson;
pub(crate) use request_count::{Counting, RequestCount, Span};
pub use sealed_text::SealedText;
pub use set_aside::{SetAside, SetAsideEvent};

#[cfg(test)]
pub(crate) mod tests;
