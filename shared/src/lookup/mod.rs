//! Everything that each delivery looks up in the table, with TTL caches of one minute.

mod api_keys;
mod blocks;
mod directory;
mod limits;
mod ttl_cache;

pub use api_keys::ApiKeys;
pub use blocks::Blocks;
pub use directory::{Directory, Entries};
