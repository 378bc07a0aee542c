//! What every leadhook function shares: the lead and its id, the claims that keep it
//! single, the DynamoDB table, API keys, the directory, and the reading of requests.
//!
//! The crate knows no provider's wire format. Those live under `functions/`, one package
//! per provider, and meet this crate in [`NewLead`], [`Outcome`] and [`Rejection`].

mod account;
mod answer;
mod api_key;
pub mod aws;
mod blocks;
mod claim;
mod contact;
mod context;
mod directory;
pub mod dynamodb;
mod endpoint;
mod environment;
mod event;
mod fields;
mod function;
mod held;
mod lead;
mod lead_id;
mod person;
mod phrase;
mod raw_json;
mod rejection;
mod request;
pub mod rules;
mod sources;
mod table;
pub mod telemetry;
mod ttl_cache;

pub use account::{Account, NotAProvider, Provider};
pub use answer::{Answer, delivery_answer, json_answer};
pub use api_key::{ApiKey, ApiKeys, ListedKey, TokenHash};
pub use blocks::Blocks;
pub use claim::Claims;
pub use contact::{Contact, Email, Phone};
pub use context::{Context, DEFAULT_REPLAY_WINDOW, read_replay_window};
pub use directory::{Directory, Entries, Entry, EntryKey};
pub use endpoint::{Delivery, LeadEndpoint, Redelivered, RefusalReason, create_lead, redeliver};
pub use environment::{Environment, StartUpError};
pub use fields::{Check, Fields, JsonType, Rule, Violation};
pub use function::{Handler, run_function};
pub use held::{HELD_FOR, HeldAnswer, HeldDelivery, HeldReason};
pub use lead::{Lead, NewLead, Outcome, Standing, StoredLead};
pub use lead_id::{LeadId, LeadIdForm, LeadSpan, NotALeadId};
pub use person::Person;
pub use raw_json::RawJson;
pub use rejection::{Rejection, Unauthorized};
pub use request::{MAX_BODY_BYTES, Request, bearer_token, read_body};
pub use sources::Sources;
pub use table::{CreateLeadError, Denial, Erased, LeadPage, LeadTable, Order, Shape, StoreError};
pub use telemetry::DeliveryLog;
