//! DynamoDB's operations in the embedded engine, inside this process.

use crate::folder::Folder;
use dynoxide::{Database, DynoxideError, actions::transact_write_items::TransactWriteItemsRequest};
use rusqlite::Connection;
use serde::{Serialize, de::DeserializeOwned};
use std::{fmt, sync::Arc, time::Duration};

const TARGET_PREFIX: &str = "DynamoDB_20120810.";

/// How long to wait for another write.
const BUSY_FOR: Duration = Duration::from_secs(10);

/// SQLite's name of a database in memory, of up to 1 GiB. Each connection has its own. A `:memory:`
/// database has all its pages in the page cache, and SQLite walks them in most transactions, so it
/// would become slower with each lead.
const IN_MEMORY: &str = "file:leads?vfs=memdb";

/// The status of a write when no space is left (RFC 4918, 11.5).
const INSUFFICIENT_STORAGE: u16 = 507;

/// The answer of a table whose database is damaged. DynamoDB has no such error.
const DAMAGED: &str = r#"{"__type":"DamagedDatabase"}"#;

/// The embedded DynamoDB. It has no address: only this process can call it.
#[derive(Clone)]
pub(crate) struct Engine {
    database: Database,
    /// The folder of its data; none: in memory. The folder has the lock, which must last until the
    /// database is closed. So it comes after `database`: fields are dropped in their order.
    folder: Option<Arc<Folder>>,
    /// Whether a transaction that is sent twice with one client request token is done once.
    uses_tokens: bool,
}

/// An answer of DynamoDB: its HTTP status and its JSON.
pub(crate) type Answer = (u16, String);

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").finish_non_exhaustive()
    }
}

impl Engine {
    pub(crate) fn in_memory() -> Result<Self, DynoxideError> {
        Ok(Self { database: Database::new(IN_MEMORY)?, folder: None, uses_tokens: true })
    }

    pub(crate) fn in_folder(folder: Folder) -> Result<Self, DynoxideError> {
        let database = Database::new(&folder.database().to_string_lossy())?;
        Ok(Self { database, folder: Some(Arc::new(folder)), uses_tokens: true })
    }

    /// The same engine without client request tokens. The engine walks all tokens of the last ten
    /// minutes in each transaction, so it would become slower with each lead. A lead's write mark
    /// has the same effect.
    pub(crate) fn without_tokens(self) -> Self {
        Self { uses_tokens: false, ..self }
    }

    /// The folder of its data.
    pub(crate) fn folder(&self) -> Option<&Folder> {
        self.folder.as_deref()
    }

    /// Runs an operation of DynamoDB. Its name and its request are as in the HTTP API.
    pub(crate) async fn call(&self, operation: String, request: String) -> Answer {
        let engine = self.clone();
        let done = tokio::task::spawn_blocking(move || {
            let answer = engine.dispatch(&operation, &request);
            if deletes(&operation, &request) {
                engine.scrub();
            }
            match answer {
                Ok(answer) => (200, answer),
                Err(error) => engine.answer_of(&error),
            }
        });
        let aborted = |_| {
            let error = DynoxideError::InternalServerError("the operation was aborted".to_owned());
            (error.status_code(), error.to_json())
        };
        done.await.unwrap_or_else(aborted)
    }

    /// The answer to an error. A table without space has its own status and a damaged one its own
    /// error, because DynamoDB has none.
    fn answer_of(&self, error: &DynoxideError) -> Answer {
        let is_of_database =
            matches!(error, DynoxideError::InternalServerError(_) | DynoxideError::SqliteError(_));
        // In memory, only a lack of space makes the database fail.
        if is_of_database && self.folder().is_none_or(Folder::is_full) {
            (INSUFFICIENT_STORAGE, error.to_json())
        } else if is_of_database && self.folder().is_some_and(Folder::is_damaged) {
            (error.status_code(), DAMAGED.to_owned())
        } else {
            (error.status_code(), error.to_json())
        }
    }

    /// Deletes expired items.
    pub(crate) async fn sweep(&self) {
        let engine = self.clone();
        let swept = tokio::task::spawn_blocking(move || {
            let swept = engine.database.sweep_ttl();
            engine.scrub();
            swept
        });
        if !matches!(swept.await, Ok(Ok(_))) {
            tracing::warn!("expired items could not be swept");
        }
    }

    fn dispatch(&self, operation: &str, request: &str) -> Result<String, DynoxideError> {
        let db = &self.database;
        match operation {
            "BatchExecuteStatement" => run(request, |r| db.batch_execute_statement(r)),
            "BatchGetItem" => run(request, |r| db.batch_get_item(r)),
            "BatchWriteItem" => run(request, |r| db.batch_write_item(r)),
            "CreateTable" => run(request, |r| db.create_table(r)),
            "DeleteItem" => run(request, |r| db.delete_item(r)),
            "DeleteTable" => run(request, |r| db.delete_table(r)),
            "DescribeTable" => run(request, |r| db.describe_table(r)),
            "DescribeTimeToLive" => run(request, |r| db.describe_time_to_live(r)),
            "ExecuteStatement" => run(request, |r| db.execute_statement(r)),
            "ExecuteTransaction" => run(request, |r| db.execute_transaction(r)),
            "GetItem" => run(request, |r| db.get_item(r)),
            "ListTables" => run(request, |r| db.list_tables(r)),
            "ListTagsOfResource" => run(request, |r| db.list_tags_of_resource(r)),
            "PutItem" => run(request, |r| db.put_item(r)),
            "Query" => run(request, |r| db.query(r)),
            "Scan" => run(request, |r| db.scan(r)),
            "TransactGetItems" => run(request, |r| db.transact_get_items(r)),
            "TransactWriteItems" => run(request, |mut r: TransactWriteItemsRequest| {
                r.client_request_token = r.client_request_token.filter(|_| self.uses_tokens);
                db.transact_write_items(r)
            }),
            "UpdateItem" => run(request, |r| db.update_item(r)),
            "UpdateTable" => run(request, |r| db.update_table(r)),
            "UpdateTimeToLive" => run(request, |r| db.update_time_to_live(r)),
            _ => Err(DynoxideError::ValidationException(
                "the local table does not have this operation".to_owned(),
            )),
        }
    }

    /// Removes all bytes of deleted items from the database file and its write-ahead log.
    ///
    /// SQLite overwrites deleted content with zeros if it is built so; `.cargo/config.toml` sets
    /// this. Otherwise, for example after a build from another folder, the whole file is written
    /// again.
    fn scrub(&self) {
        let Some(folder) = self.folder() else { return };
        let scrubbed = Connection::open(folder.database()).and_then(|connection| {
            connection.busy_timeout(BUSY_FOR)?;
            let zeroes = connection.query_row("PRAGMA secure_delete", [], |row| row.get(0));
            if !zeroes? {
                connection.execute_batch("VACUUM")?;
            }
            connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        });
        if scrubbed.is_err() {
            tracing::warn!("deleted data may still be in the files of the local table");
        }
    }
}

fn run<Q: DeserializeOwned, A: Serialize>(
    request: &str,
    operation: impl FnOnce(Q) -> Result<A, DynoxideError>,
) -> Result<String, DynoxideError> {
    let wrong = |error: serde_json::Error| DynoxideError::ValidationException(error.to_string());
    let answer = operation(serde_json::from_str(request).map_err(wrong)?)?;
    serde_json::to_string(&answer)
        .map_err(|_| DynoxideError::InternalServerError("the answer cannot be written".to_owned()))
}

/// Whether an operation may delete items. A false positive only costs an unnecessary scrub.
fn deletes(operation: &str, request: &str) -> bool {
    match operation {
        "DeleteItem" | "DeleteTable" => true,
        "TransactWriteItems" => request.contains(r#""Delete""#),
        "BatchWriteItem" => request.contains(r#""DeleteRequest""#),
        _ => false,
    }
}

/// The operation that an `X-Amz-Target` header names.
pub(crate) fn operation(target: &str) -> Option<&str> {
    target.strip_prefix(TARGET_PREFIX)
}
