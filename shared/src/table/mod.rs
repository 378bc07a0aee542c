//! DynamoDB: the client, the one table, and the requests that functions make.
//!
//! | item | `pk` | `sk` |
//! |---|---|---|
//! | lead | `lead#<provider>#<account>` | the id, zero-padded |
//! | claim | `claim#<provider>#<account>#<kind>#<sha-256>` | `claim` |
//! | API key | `key#<sha-256 of the token>` | `key` |
//! | list of API keys | `keys` | `<provider>#<account>#<sha-256 of the token>` |
//! | directory entry | `directory#<provider>#<account>` | `<kind>#<id>` |
//! | blocked contact | `block#<provider>#<account>` | `<kind>#<sha-256>`; also `any` |
//! | held delivery | `held#<provider>#<account>` | `<reason>#<sha-256>` |
//! | destination | `destination#<provider>#<account>` | its id |
//! | list of destinations | `destinations` | `<provider>#<account>#<id>` |
//! | event set aside | `set-aside#<provider>#<account>` | `<lead id>#<destination id>` |

pub(crate) mod api_keys;
mod batch;
mod blocks;
mod client;
mod clock;
pub(crate) mod create_lead;
pub(crate) mod destinations;
pub(crate) mod directory;
pub(crate) mod fault;
pub(crate) mod held;
pub(crate) mod keys;
pub(crate) mod lead_table;
pub(crate) mod leads;
mod listed;
mod open_connection;
pub(crate) mod put_new;
mod readable;
mod retry;
mod set_aside;
mod skipped;
mod transact;
mod write_mark;

pub use client::{ENDPOINT_VARIABLE, Timeouts, connect, connect_as, connect_from_env};
pub use create_lead::CreateLeadError;
pub use destinations::Lease;
pub use fault::{Denial, StoreError};
pub use keys::read_lead_key;
pub use lead_table::LeadTable;
pub use leads::{LeadPage, Order};
pub use skipped::SkippedItem;
