//! The code that all leadhook functions share, in rooms. A room imports only the rooms above it in
//! this table:
//!
//! | room | what it holds |
//! |---|---|
//! | [`model`] | the lead, its id, its claims, accounts, API keys: values |
//! | [`request`] | the request: its token, body, fields and rules |
//! | [`person_search`] | the search for a person in texts |
//! | [`table`] | the DynamoDB table: the requests of functions |
//! | [`operator`] | the DynamoDB table: the requests that only operators make |
//! | [`lookup`] | the TTL caches: API keys, blocks, the directory |
//! | [`delivery`] | the steps around every provider's handler |
//! | [`function`] | the start of a Lambda function |
//!
//! Every room may also import [`aws`]. The crate knows no provider's wire format: each provider has
//! its own package under `functions/`.

pub mod aws;
pub mod delivery;
pub mod function;
pub mod lookup;
pub mod model;
pub mod operator;
pub mod person_search;
pub mod request;
pub mod table;
