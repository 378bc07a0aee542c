//! The integration tests. They run the real handlers on a real table.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where and stop")]
#![expect(clippy::wildcard_enum_match_arm, reason = "any other case fails the test")]
#![expect(clippy::disallowed_methods, reason = "a test does not start from a snapshot")]

mod access;
mod account_requests;
mod as_sent;
mod blocks;
mod clients;
mod consumption;
mod contacts;
mod destinations;
mod documents;
mod empty_fields;
mod erasure;
mod errors;
mod events;
mod field_rules;
mod flextell;
mod forward_leads;
mod forwarding;
mod fuzz;
mod held;
mod http;
mod imports;
mod integrabot;
mod keys;
mod keyspot;
mod lead_ids;
mod lenient;
mod limits;
mod listing;
mod openapi;
mod outage;
mod pollybot;
mod posting;
// Other systems do not show the processor time of a thread.
#[cfg(target_os = "linux")]
mod processor_time;
mod rate_limits;
mod rdstation;

mod receiver;
mod redelivery;
mod repeats;
mod samconfig;
mod snippets;
mod table;
mod table_faults;
mod template;
mod unknown_members;
