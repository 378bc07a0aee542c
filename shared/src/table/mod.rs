//! The one table, and what is read from and written to it.
//!
//! | item | `pk` | `sk` |
//! |---|---|---|
//! | lead | `lead#<provider>#<account>` | the id, zero-padded |
//! | claim | `claim#<provider>#<account>#<kind>#<sha-256>` | `claim` |
//! | API key | `key#<sha-256 of the token>` | `key` |
//! | list of API keys | `keys` | `<provider>#<account>#<sha-256 of the token>` |
//! | directory entry | `directory#<provider>#<account>` | `<kind>#<id>` |
//! | blocked contact | `block#<provider>#<account>` | `<kind>#<sha-256>`; `any` where there are some |
//! | held delivery | `held#<provider>#<account>` | `<reason>#<sha-256>` |

mod api_keys;
mod batch;
mod blocks;
mod create_lead;
mod diagnose;
mod directory;
mod erase;
mod fault;
mod held;
mod keys;
mod leads;
mod put_new;
mod schema;
mod transact;

pub use create_lead::CreateLeadError;
pub use erase::Erased;
pub use fault::{Denial, StoreError};
pub use leads::{LeadPage, Order};
pub use schema::Shape;

use aws_sdk_dynamodb::{
    Client,
    types::{AttributeValue, ReturnValue},
};
use std::collections::HashMap;

/// How many items to read at a time: the embedded engine reads a whole partition, page after
/// page, where it is not told.
const PAGE: i32 = 2_000;

/// An item of the table.
type Item = HashMap<String, AttributeValue>;

/// The table that holds everything leadhook keeps.
#[derive(Clone)]
pub struct LeadTable {
    client: Client,
    name: String,
}

impl LeadTable {
    /// The table called `name`.
    pub fn new(client: Client, name: impl Into<String>) -> Self {
        Self { client, name: name.into() }
    }

    /// The table's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    async fn get(&self, key: Item) -> Result<Option<Item>, StoreError> {
        let request = self.client.get_item().table_name(&self.name).set_key(Some(key));
        Ok(request.consistent_read(true).send().await?.item)
    }

    /// Deletes an item; false where there was none.
    async fn delete(&self, key: Item) -> Result<bool, StoreError> {
        let request = self.client.delete_item().table_name(&self.name).set_key(Some(key));
        let deleted = request.return_values(ReturnValue::AllOld).send().await?;
        Ok(deleted.attributes.is_some())
    }
}
