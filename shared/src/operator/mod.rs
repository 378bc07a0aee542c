//! What only an operator does with the table. No function links any of it.

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
