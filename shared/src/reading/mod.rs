//! A request that reads: the steps around every provider's handler, and lists of leads.

mod list;
mod read;

pub use list::{LISTED, Page, is_equal, is_found};
pub use read::{ReadOperation, Reading, read};
