//! What every leadhook function shares: the lead and its id, the claims that keep it
//! single, the DynamoDB table, API keys, and the reading of requests.
//!
//! The crate knows no provider's wire format. Those live under `functions/`, one package
//! per provider, and meet this crate in [`NewLead`], [`Outcome`] and [`Rejection`].

mod account;
mod answer;
mod api_key;
mod claim;
mod context;
pub mod dynamodb;
mod fields;
mod lead;
mod lead_id;
mod rejection;
mod request;
pub mod rules;
mod sources;
mod table;
pub mod telemetry;

pub use account::{Account, Provider};
pub use answer::json_answer;
pub use api_key::{ApiKey, ApiKeys, TokenHash};
pub use claim::{Claim, ClaimKind};
pub use context::{Context, StartUpError};
pub use fields::{Check, Fields, JsonType, RawJson, Rule, Violation};
pub use lead::{Lead, NewLead, Outcome};
pub use lead_id::LeadId;
pub use rejection::{Rejection, Unauthorized};
pub use request::{MAX_BODY_BYTES, bearer_token, read_body};
pub use sources::Sources;
pub use table::{LeadTable, StoreError};
