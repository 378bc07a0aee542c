use aws_sdk_dynamodb::Client;
use dynoxide::{Database, server::serve_with_shutdown};
use shared::dynamodb::{Patience, connect_local};
use std::{
    fs::{self, File, TryLockError},
    io,
    net::Ipv4Addr,
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

const DATABASE_FILE: &str = "leads.db";
const LOCK_FILE: &str = "lock";
/// Says where the database is served, while it is: so that others can reach it.
const ADDRESS_FILE: &str = "address";
/// How often items past their time to live are deleted; AWS takes up to two days.
const SWEEP_EVERY: Duration = Duration::from_secs(3_600);

/// Where an embedded table keeps its data.
#[derive(Clone, Debug)]
pub enum Storage {
    /// In memory, gone with the process.
    Memory,
    /// In a folder, which is created where there is none.
    Folder(PathBuf),
}

/// A DynamoDB inside this process, reached at a loopback address by the AWS SDK.
pub struct EmbeddedTable {
    endpoint: String,
    database: Database,
    server: JoinHandle<Result<(), String>>,
    stop: oneshot::Sender<()>,
    /// Held as long as the database is open: the engine itself would let two processes in.
    _lock: Option<File>,
}

/// Why an embedded table could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    /// Another process has it open, and serves it at this address.
    #[error(
        "the folder {0} is in use by another leadhook; stop that one, or choose another \
         folder with --data-dir or a throw-away table with --memory"
    )]
    InUse(PathBuf, Option<String>),
    /// The folder cannot be used.
    #[error("the folder {0} cannot be used: {1}")]
    Folder(PathBuf, io::Error),
    /// The database cannot be read.
    #[error("the database in {0} cannot be opened: {1}")]
    Database(PathBuf, String),
    /// No loopback address could be had.
    #[error("no address for the embedded table: {0}")]
    Address(#[from] io::Error),
}

impl EmbeddedTable {
    /// Opens the database in `storage` and serves it on a free loopback port.
    ///
    /// # Errors
    /// A folder that is in use, or cannot be; no free port.
    pub async fn open(storage: &Storage) -> Result<Self, EmbeddedError> {
        let (database, lock) = match storage {
            Storage::Memory => (open_database(Path::new("memory"), Database::memory())?, None),
            Storage::Folder(folder) => {
                let lock = lock(folder)?;
                let file = folder.join(DATABASE_FILE);
                let opened = Database::new(&file.to_string_lossy());
                (open_database(folder, opened)?, Some(lock))
            }
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        if let Storage::Folder(folder) = storage {
            let written = fs::write(folder.join(ADDRESS_FILE), &endpoint);
            written.map_err(|error| EmbeddedError::Folder(folder.clone(), error))?;
        }
        let (stop, stopped) = oneshot::channel();
        let server = tokio::spawn(serve_with_shutdown(listener, database.clone(), async {
            // A sender that is dropped stops the server too.
            let _ = stopped.await;
        }));
        Ok(Self { endpoint, database, server, stop, _lock: lock })
    }

    /// Deletes what is past its time to live, now and every hour, until it is cut off.
    pub async fn sweep_expired(&self) {
        let mut hourly = tokio::time::interval(SWEEP_EVERY);
        loop {
            hourly.tick().await;
            let database = self.database.clone();
            let swept = tokio::task::spawn_blocking(move || database.sweep_ttl()).await;
            if !matches!(swept, Ok(Ok(_))) {
                tracing::warn!("expired items could not be swept");
            }
        }
    }

    /// The address any DynamoDB tool can reach it at.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// A new client for it.
    pub fn client(&self) -> Client {
        connect_local(&self.endpoint, Patience::LOCAL)
    }

    /// Finishes the requests it has taken, then closes the database.
    pub async fn close(self) {
        let _ = self.stop.send(());
        if let Ok(Err(error)) = self.server.await {
            tracing::error!(error, "the embedded table did not close well");
        }
    }
}

fn open_database<E: ToString>(
    place: &Path,
    opened: Result<Database, E>,
) -> Result<Database, EmbeddedError> {
    opened.map_err(|error| EmbeddedError::Database(place.to_owned(), error.to_string()))
}

fn lock(folder: &Path) -> Result<File, EmbeddedError> {
    let cannot = |error| EmbeddedError::Folder(folder.to_owned(), error);
    fs::create_dir_all(folder).map_err(cannot)?;
    let file = File::create(folder.join(LOCK_FILE)).map_err(cannot)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            let address = fs::read_to_string(folder.join(ADDRESS_FILE)).ok();
            Err(EmbeddedError::InUse(folder.to_owned(), address))
        }
        Err(TryLockError::Error(error)) => Err(cannot(error)),
    }
}
