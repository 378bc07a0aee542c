//! What an operator does with a table. The commands and the console both call this, so that neither
//! has its own way to draw a key, to erase a person or to explain a refusal.

#![expect(clippy::wildcard_enum_match_arm, reason = "only some cases of JSON values matter")]

pub mod destinations;
pub mod erase;
mod failure;
pub mod held;
pub mod keys;
pub mod kinds;
pub mod leads;
pub mod moment;
pub mod person;
pub mod providers;
pub mod readings;
mod refusal;
pub mod replay;
pub mod shapes;
pub mod write_leads;

pub use failure::Failure;
pub use refusal::Fault;
