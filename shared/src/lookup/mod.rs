//! What is looked up in the table for each delivery, and kept for a minute.

mod api_keys;
mod blocks;
mod directory;
mod ttl_cache;

pub use api_keys::ApiKeys;
pub use blocks::Blocks;
pub use directory::{Directory, Entries};
