//! DynamoDB: the client, and the one table. Each kind of item has one file: its key, its shape, and
//! the requests that read and write it.
//!
//! | item | `pk` | `sk` |
//! |---|---|---|
//! | lead | `lead#<provider>#<account>` | the id, zero-padded |
//! | claim | `claim#<provider>#<account>#<kind>#<sha-256>` | `claim` |
//! | API key | `key#<sha-256 of the token>` | `key` |
//! | count of a key's requests | `key#<sha-256 of the token>` | `requests` |
//! | list of API keys | `keys` | `<provider>#<account>#<sha-256 of the token>` |
//! | directory entry | `directory#<provider>#<account>` | `<kind>#<id>` |
//! | blocked contact | `block#<provider>#<account>` | `<kind>#<sha-256>`; also `any` |
//! | held delivery | `held#<provider>#<account>` | `<reason>#<sha-256>` |
//! | destination | `destination#<provider>#<account>` | its id |
//! | list of destinations | `destinations` | `<provider>#<account>#<id>` |
//! | event set aside | `set-aside#<provider>#<account>` | `<lead id>#<destination id>`; `#updated` after it for an update |

mod api_keys;
mod batch;
mod blocks;
mod claims;
mod client;
mod clock;
mod create_lead;
mod destination_updates;
mod destinations;
mod directory;
mod erase;
mod held;
mod item;
mod lead_table;
mod leads;
mod listed;
mod messages;
mod request_counts;
mod retry;
mod schema;
mod set_aside;
mod skipped;
mod store_error;
mod update_lead;
mod write;

pub use claims::LeadClaim;
pub use client::{ENDPOINT_VARIABLE, Timeouts, connect, connect_as, connect_from_env};
pub use create_lead::CreateLeadError;
pub use destination_updates::{DestinationChange, Lease};
pub use erase::Erased;
pub use held::{HeldPage, WhichHeld};
pub use lead_table::LeadTable;
pub use leads::{LeadPage, Order, read_lead_key};
pub use messages::MAX_DESTINATIONS;
pub use schema::Shape;
pub use skipped::SkippedItem;
pub use store_error::{CredentialsError, StoreError};
pub use update_lead::{LeadUpdate, Updated};
