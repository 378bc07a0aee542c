//! Requests to the table that only operators make. No function uses this room.

mod api_keys;
mod blocks;
mod diagnose;
mod directory;
mod erase;
mod held;
mod leads;
mod schema;

pub use erase::Erased;
pub use leads::{LeadPage, Order};
pub use schema::Shape;
