use std::{io, net::SocketAddr, path::PathBuf};

/// Where an embedded table stores its data.
#[derive(Clone, Debug)]
pub enum Storage {
    /// In memory. It is lost when the process ends.
    Memory,
    /// In a folder, which is created if there is none.
    Folder(PathBuf),
}

/// Why an embedded table could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    /// Another process has it open.
    #[error(
        "the folder {0} is in use by another leadhook; stop it, or choose another \
         folder with --data-dir or a temporary table with --memory"
    )]
    InUse(PathBuf),
    /// The folder cannot be used.
    #[error("the folder {0} cannot be used: {1}")]
    Folder(PathBuf, io::Error),
    /// The database cannot be read.
    #[error("the database in {0} cannot be opened: {1}")]
    Database(PathBuf, String),
    /// The database is damaged, or its file is not a database.
    #[error(
        "the database leads.db in {0} is damaged or not a database; put a copy back, or choose \
         another folder with --data-dir"
    )]
    Damaged(PathBuf),
    /// The address for the table cannot be used.
    #[error("the table cannot be served at {0}: {1}; choose another with --table-address")]
    Address(SocketAddr, io::Error),
}
