//! A request for what an account has: the steps around every handler that reads, updates or
//! deletes, and lists of leads.

mod handle;
mod list;
mod write;

pub use handle::{AccountOperation, AccountRequest, handle};
pub use list::{LISTED, Page, is_found, sort_by_text};
