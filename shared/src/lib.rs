//! What every leadhook function shares, in rooms. A room imports only from those above it here:
//!
//! | room | what it holds |
//! |---|---|
//! | [`model`] | the lead, its id, its claims, accounts, API keys: values |
//! | [`request`] | reading a request: token, body, fields, rules |
//! | [`person_search`] | finding a person in what others wrote |
//! | [`table`] | the DynamoDB table: what functions read and write |
//! | [`operator`] | the DynamoDB table: what only operators read and write |
//! | [`lookup`] | what is kept for a minute: API keys, blocks, the directory |
//! | [`delivery`] | the steps around every provider's handler |
//! | [`function`] | the start of a Lambda function |
//!
//! Beside them stands [`aws`], which every room may use. The crate knows no provider's wire
//! format: those are under `functions/`, a package for each provider.

pub mod aws;
pub mod delivery;
pub mod function;
pub mod lookup;
pub mod model;
pub mod operator;
pub mod person_search;
pub mod request;
pub mod table;
