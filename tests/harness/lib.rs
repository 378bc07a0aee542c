//! The harness of the integration tests: a table behind the real DynamoDB protocol, a clock that
//! tests set, deliveries as API Gateway sends them, and a connection that can fail.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where and stop")]
#![expect(clippy::disallowed_methods, reason = "a test does not start from a snapshot")]

mod account;
mod connection;
mod delivery;
mod document;
mod dynamodb;
mod events;
mod fault;
mod forwarded_leads;
mod fuzz;
mod http;
mod over_http;
mod secret_store;
mod sender;
mod server;
mod template;
mod test_api;
mod test_table;
mod tokens;
mod wait;
mod watched_log;

pub use account::account;
pub use connection::FaultyConnection;
pub use delivery::{Answer, Delivery};
pub use document::{Document, Operation, Response};
pub use events::{Given, SampleEvent, sample_events, sample_events_in_order, unused_events};
pub use fault::Fault;
pub use forwarded_leads::arrange_forwarded_leads;
pub use fuzz::{Fuzzed, HeadersAndPath};
pub use over_http::send_over_http;
pub use secret_store::SecretStore;
pub use sender::{SENDERS, Sender};
pub use server::Server;
pub use template::{Template, TemplateFunction};
pub use test_api::{SIGNING_KEY, TestApi, new_app, random_mark, send_event, send_to};
pub use test_table::{TestTable, unique_numbers};
pub use tokens::{looked_up_token, sign_jwt, sign_keyspot_token};
pub use wait::wait_until;
