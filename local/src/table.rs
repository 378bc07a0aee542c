use crate::{
    AccessKey,
    engine::Engine,
    folder::{Folder, Lock, ServerFiles, draw_secret, has_table, read_server},
    in_process::in_process_client,
    listen,
    server::table_router,
};
use aws_sdk_dynamodb::{
    Client,
    config::{BehaviorVersion, Builder, Credentials, Region},
};
use shared::table::{Timeouts, connect};
use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle, time::Instant};

/// Any region does for a local table; the AWS tools ask for one.
pub const REGION: &str = "us-east-1";
/// How often items past their time to live are deleted; AWS takes up to two days.
const SWEEP_EVERY: Duration = Duration::from_hours(1);
/// How long to wait for another command that has the table open.
const WAIT_FOR: Duration = Duration::from_mins(1);
/// How soon to look again.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Where an embedded table keeps its data.
#[derive(Clone, Debug)]
pub enum Storage {
    /// In memory, gone with the process.
    Memory,
    /// In a folder, which is created where there is none.
    Folder(PathBuf),
}

/// A DynamoDB inside this process.
pub struct EmbeddedTable {
    engine: Engine,
    access_key: AccessKey,
    signing_key: String,
    server: Option<TableServer>,
}

/// What makes an embedded table reachable for others.
struct TableServer {
    stop: oneshot::Sender<()>,
    done: JoinHandle<()>,
}

/// A table that a server on this machine has open, and how to reach it.
#[derive(Clone, Debug)]
pub struct ServedTable {
    /// Its DynamoDB address.
    pub endpoint: String,
    /// The access key it takes.
    pub access_key: AccessKey,
}

/// A folder's table, opened in whichever way it can be.
pub enum LocalTable {
    /// Opened here.
    Embedded(EmbeddedTable),
    /// A server has it open.
    Served(ServedTable),
}

/// Why an embedded table could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    /// Another process has it open.
    #[error(
        "the folder {0} is in use by another leadhook; stop that one, or choose another \
         folder with --data-dir or a throw-away table with --memory"
    )]
    InUse(PathBuf),
    /// The folder cannot be used.
    #[error("the folder {0} cannot be used: {1}")]
    Folder(PathBuf, io::Error),
    /// The database cannot be read.
    #[error("the database in {0} cannot be opened: {1}")]
    Database(PathBuf, String),
    /// The address for the table cannot be had.
    #[error("the table cannot be served at {0}: {1}; choose another with --table-address")]
    Address(SocketAddr, io::Error),
}

impl EmbeddedTable {
    /// Opens the database in `storage`. Waits for a command that has it open.
    ///
    /// # Errors
    /// A folder that a server has, that stays in use, or that cannot be used.
    pub async fn open(storage: &Storage) -> Result<Self, EmbeddedError> {
        match storage {
            Storage::Memory => {
                let place = PathBuf::from("memory");
                let opened = Engine::in_memory();
                let engine =
                    opened.map_err(|error| EmbeddedError::Database(place, error.to_string()))?;
                let (access_key, signing_key) = (AccessKey::draw(), draw_secret());
                Ok(Self { engine, access_key, signing_key, server: None })
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
        let engine = Engine::in_folder(folder)
            .map_err(|error| EmbeddedError::Database(path.to_owned(), error.to_string()))?;
        Ok(Self { engine, access_key, signing_key, server: None })
    }

    /// A new client for it, which reaches it inside this process.
    pub fn client(&self) -> Client {
        let client = in_process_client(self.engine.clone());
        let builder =
            builder(self.access_key.as_str()).http_client(client).endpoint_url("http://local");
        connect(builder, Timeouts::LOCAL)
    }

    /// Serves it to other processes that know its access key, at `address` or on a free
    /// loopback port; gives its DynamoDB address.
    ///
    /// # Errors
    /// An address that cannot be had.
    pub async fn serve(
        &mut self,
        address: Option<SocketAddr>,
    ) -> Result<ServedTable, EmbeddedError> {
        let address = address.unwrap_or_else(|| (Ipv4Addr::LOCALHOST, 0).into());
        let cannot = |error| EmbeddedError::Address(address, error);
        let listener = TcpListener::bind(address).await.map_err(cannot)?;
        let address = listener.local_addr().map_err(cannot)?;
        let endpoint = format!("http://{address}");
        let router = table_router(self.engine.clone(), self.access_key.clone(), address);
        let (stop, stopped) = oneshot::channel();
        let done = tokio::spawn(listen(listener, router, async {
            // A sender that is dropped stops the server too.
            let _ = stopped.await;
        }));
        self.server = Some(TableServer { stop, done });
        if let Some(folder) = self.engine.folder() {
            folder.write_address(&endpoint).map_err(cannot)?;
        }
        Ok(ServedTable { endpoint, access_key: self.access_key.clone() })
    }

    /// What Keyspot's tokens are signed with where nothing else is set: the same after a
    /// restart.
    pub fn signing_key(&self) -> &str {
        &self.signing_key
    }

    /// Deletes what is past its time to live, now and every hour, until it is cut off.
    pub async fn sweep_expired(&self) {
        let mut hourly = tokio::time::interval(SWEEP_EVERY);
        loop {
            hourly.tick().await;
            self.engine.sweep().await;
        }
    }

    /// Finishes the requests it has taken. The database is closed with the last client of it.
    pub async fn close(self) {
        let Self { server, engine, .. } = self;
        if engine.folder().is_some_and(|folder| folder.remove_address().is_err()) {
            tracing::warn!("the folder still says where the table was served");
        }
        if let Some(TableServer { stop, done }) = server {
            let _ = stop.send(());
            let _ = done.await;
        }
    }
}

impl LocalTable {
    /// A folder's table, where one was ever made there.
    ///
    /// # Errors
    /// A folder that stays in use, or that cannot be used.
    pub async fn find(folder: &Path) -> Result<Option<Self>, EmbeddedError> {
        if has_table(folder) { Self::open(folder).await.map(Some) } else { Ok(None) }
    }

    /// Opens a folder's table, or finds the server that has it. Waits for a command that has
    /// it open: no command keeps it longer than it works.
    async fn open(folder: &Path) -> Result<Self, EmbeddedError> {
        let cannot = |error| EmbeddedError::Folder(folder.to_owned(), error);
        let until = Instant::now() + WAIT_FOR;
        loop {
            if let Lock::Held(locked) = Folder::lock(folder).map_err(cannot)? {
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

impl ServedTable {
    /// The server that has a folder's table, where one listens.
    pub async fn of(folder: &Path) -> Option<Self> {
        let ServerFiles { endpoint, access_key } = read_server(folder)?;
        let address = endpoint.strip_prefix("http://")?;
        // A server that was killed leaves its address behind.
        tokio::net::TcpStream::connect(address).await.ok()?;
        Some(Self { endpoint, access_key })
    }

    /// A new client for it.
    pub fn client(&self, timeouts: Timeouts) -> Client {
        connect_to(&self.endpoint, self.access_key.as_str(), timeouts)
    }
}

/// A client of the DynamoDB at an address of this machine.
pub fn connect_to(endpoint: &str, access_key: &str, timeouts: Timeouts) -> Client {
    let client = aws_smithy_http_client::Builder::new().build_http();
    connect(builder(access_key).http_client(client).endpoint_url(endpoint), timeouts)
}

fn builder(access_key: &str) -> Builder {
    let credentials = Credentials::new(access_key, "local", None, None, "local table");
    Builder::new()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .credentials_provider(credentials)
}
