//! The code that all leadhook functions share, in rooms. A room imports only rooms below it in this
//! table; `tests/integration/imports/mod.rs` names them for each room.
//!
//! | room | what it holds |
//! |---|---|
//! | [`provider`] | what a provider's package says about itself |
//! | [`function`] | the start of a Lambda function |
//! | [`account_request`] | the steps around every handler that reads, updates or deletes |
//! | [`delivery`] | the steps around every provider's handler |
//! | [`lookup`] | the TTL caches: API keys, blocks, the directory |
//! | [`table`] | the DynamoDB table: each kind of item |
//! | [`person_search`] | the search for a person in texts |
//! | [`request`] | the request: its token, body, fields and rules |
//! | [`model`] | the lead, its id, its claims, accounts, API keys: values |
//! | [`long_work`] | work outside of the threads that answer deliveries |
//! | [`aws`] | the configuration of the AWS SDK |
//!
//! No provider's wire format is in this crate: each provider has its own package under
//! `functions/`.

#![warn(missing_docs)]

pub mod account_request;
pub mod aws;
pub mod delivery;
pub mod function;
pub mod long_work;
pub mod lookup;
pub mod model;
pub mod person_search;
pub mod provider;
pub mod request;
pub mod table;
