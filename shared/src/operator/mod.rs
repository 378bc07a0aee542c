//! Requests to the table that only operators make. No function uses this room.

mod api_keys;
mod blocks;
mod destinations;
mod diagnose;
mod directory;
mod erase;
mod held;
mod leads;
mod schema;

pub use destinations::DestinationChange;
pub use erase::{Erased, LeadClaim};
pub use held::HeldPage;
pub use schema::Shape;
