use crate::{
    access_key::{AccessKey, random_secret},
    engine::Engine,
    folder::{Folder, Lock, has_table, is_damaged},
    in_process::in_process_client,
    listen::listen,
    other_writers::OtherWriters,
    served::{ServedTable, builder},
    server::table_router,
    storage::{EmbeddedError, Storage},
};
use aws_sdk_dynamodb::Client;
use shared::{
    model::ClockAndRandom,
    table::{Timeouts, connect},
};
use std::{
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle, time::Instant};

/// How often expired items are deleted. AWS takes up to two days.
const SWEEP_EVERY: Duration = Duration::from_hours(1);
/// How long to wait while another command has the table open.
const WAIT_FOR: Duration = Duration::from_mins(1);
/// How often to try during that time.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// A DynamoDB inside this process.
pub struct EmbeddedTable {
    engine: Engine,
    access_key: AccessKey,
    signing_key: String,
    forwarding_secret: String,
    system: ClockAndRandom,
    server: Option<TableServer>,
    others: OtherWriters,
}

/// The server of an embedded table, for other processes.
struct TableServer {
    stop: oneshot::Sender<()>,
    done: JoinHandle<()>,
}

/// The table of a folder.
pub enum LocalTable {
    /// This process has it open.
    Embedded(EmbeddedTable),
    /// A server has it open.
    Served(ServedTable),
}

impl EmbeddedTable {
    /// Opens the database in `storage`. Waits if another command has it open.
    ///
    /// # Errors
    /// If a server has the folder open, if it stays in use, or if it cannot be used.
    pub async fn open(storage: &Storage) -> Result<Self, EmbeddedError> {
        match storage {
            Storage::Memory => {
                let place = PathBuf::from("memory");
                let opened = Engine::in_memory();
                let engine =
                    opened.map_err(|error| EmbeddedError::Database(place, error.to_string()))?;
                Ok(Self {
                    engine,
                    access_key: AccessKey::random(),
                    signing_key: random_secret(),
                    forwarding_secret: random_secret(),
                    system: ClockAndRandom::system(),
                    server: None,
                    others: OtherWriters::default(),
                })
            }
            Storage::Folder(folder) => match LocalTable::open(folder).await? {
                LocalTable::Embedded(table) => Ok(table),
                LocalTable::Served(_) => Err(EmbeddedError::InUse(folder.clone())),
            },
        }
    }

    fn in_folder(folder: Folder, path: &Path) -> Result<Self, EmbeddedError> {
        let cannot = |error| EmbeddedError::Folder(path.to_owned(), error);
        let access_key = folder.access_key().map_err(cannot)?;
        let signing_key = folder.signing_key().map_err(cannot)?;
        let forwarding_secret = folder.forwarding_secret().map_err(cannot)?;
        let engine = Engine::in_folder(folder).map_err(|error| {
            if is_damaged(path) {
                EmbeddedError::Damaged(path.to_owned())
            } else {
                EmbeddedError::Database(path.to_owned(), error.to_string())
            }
        })?;
        let system = ClockAndRandom::system();
        let others = OtherWriters::default();
        let server = None;
        Ok(Self { engine, access_key, signing_key, forwarding_secret, system, server, others })
    }

    /// The same with the clock of `system`.
    #[must_use]
    pub fn with_system(self, system: ClockAndRandom) -> Self {
        Self { system, ..self }
    }

    /// A new client for the table inside this process.
    pub fn client(&self) -> Client {
        let client = in_process_client(self.engine.clone(), self.system.clone());
        let builder =
            builder(self.access_key.as_str()).http_client(client).endpoint_url("http://local");
        connect(builder, Timeouts::LOCAL)
    }

    /// Serves the table at `address`, or on a free loopback port, to processes that have its access
    /// key. Returns its DynamoDB address. A process that used an earlier server at `address` may
    /// have its API keys cached, so other writers are expected there from the start.
    ///
    /// # Errors
    /// If the address cannot be used.
    pub async fn serve(
        &mut self,
        address: Option<SocketAddr>,
    ) -> Result<ServedTable, EmbeddedError> {
        if address.is_some() {
            self.others.expect();
        }
        let address = address.unwrap_or_else(|| (Ipv4Addr::LOCALHOST, 0).into());
        let cannot = |error| EmbeddedError::Address(address, error);
        let listener = TcpListener::bind(address).await.map_err(cannot)?;
        let address = listener.local_addr().map_err(cannot)?;
        let endpoint = format!("http://{address}");
        let (engine, access_key) = (self.engine.clone(), self.access_key.clone());
        let (system, others) = (self.system.clone(), self.others.clone());
        let router = table_router(engine, access_key, system, address, others);
        let (stop, stopped) = oneshot::channel();
        let done = tokio::spawn(listen(listener, router, async {
            // The server also stops if the sender is dropped.
            let _ = stopped.await;
        }));
        self.server = Some(TableServer { stop, done });
        if let Some(folder) = self.engine.folder() {
            folder.write_address(&endpoint).map_err(cannot)?;
        }
        Ok(ServedTable { endpoint, access_key: self.access_key.clone() })
    }

    /// The default key that signs Keyspot's tokens. It is the same after a restart.
    pub fn signing_key(&self) -> &str {
        &self.signing_key
    }

    /// The secret that signs forwarded leads. It is the same after a restart.
    pub fn forwarding_secret(&self) -> &str {
        &self.forwarding_secret
    }

    /// Whether other processes may store leads in the table.
    pub fn other_writers(&self) -> OtherWriters {
        self.others.clone()
    }

    /// Deletes expired items now and every hour. It never ends by itself.
    pub async fn sweep_expired(&self) {
        let mut hourly = tokio::time::interval(SWEEP_EVERY);
        loop {
            hourly.tick().await;
            self.engine.sweep().await;
        }
    }

    /// Finishes its requests, then stops the server. The database is closed with its last client.
    pub async fn close(self) {
        let Self { server, engine, .. } = self;
        if engine.folder().is_some_and(|folder| folder.remove_address().is_err()) {
            tracing::warn!("the file with the table's address could not be deleted");
        }
        if let Some(TableServer { stop, done }) = server {
            let _ = stop.send(());
            let _ = done.await;
        }
    }
}

impl LocalTable {
    /// The table of a folder; `None` if the folder has no table.
    ///
    /// # Errors
    /// If the folder stays in use or cannot be used.
    pub async fn find(folder: &Path) -> Result<Option<Self>, EmbeddedError> {
        let cannot = |error| EmbeddedError::Folder(folder.to_owned(), error);
        if has_table(folder).map_err(cannot)? {
            return Self::open(folder).await.map(Some);
        }
        Ok(None)
    }

    /// Opens a folder's table, or finds the server that has it open. Waits if a command has it
    /// open: each command closes it when it is done.
    async fn open(folder: &Path) -> Result<Self, EmbeddedError> {
        let cannot = |error| EmbeddedError::Folder(folder.to_owned(), error);
        let until = Instant::now() + WAIT_FOR;
        loop {
            if let Lock::Locked(locked) = Folder::lock(folder).map_err(cannot)? {
                return EmbeddedTable::in_folder(locked, folder).map(Self::Embedded);
            }
            if let Some(served) = ServedTable::of(folder).await {
                return Ok(Self::Served(served));
            }
            if Instant::now() > until {
                return Err(EmbeddedError::InUse(folder.to_owned()));
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}
