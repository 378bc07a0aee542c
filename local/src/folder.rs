//! The folder of a local table. Only its owner can read it.

use crate::{
    access_key::{AccessKey, random_secret},
    own_file,
};
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::{
    fs::{self, File, TryLockError},
    io::{self, Write},
    net::SocketAddr,
    path::{Path, PathBuf},
};
use tempfile::NamedTempFile;

/// A test file of this size does not fit onto a full disk.
const PROBE_BYTES: usize = 256 * 1024;

/// A folder whose table is open in this process. The engine allows two processes, so this value
/// locks the folder until it is dropped.
pub(crate) struct Folder {
    path: PathBuf,
    _lock: File,
}

/// The result of locking a folder.
pub(crate) enum Lock {
    /// This process has the lock.
    Locked(Folder),
    /// Another process has the lock.
    InUse,
}

impl Folder {
    /// Creates the folder if there is none, and locks it if no other process has the lock.
    pub(crate) fn lock(path: &Path) -> io::Result<Lock> {
        fs::create_dir_all(path)?;
        own_file::protect(path)?;
        let lock = own_file::open(path, own_file::LOCK)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(Lock::InUse),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        let folder = Self { path: path.to_owned(), _lock: lock };
        // A server that was killed may have left its address.
        folder.remove_address()?;
        own_file::open(path, own_file::DATABASE)?;
        Ok(Lock::Locked(folder))
    }

    /// The database's file.
    pub(crate) fn database(&self) -> PathBuf {
        self.path.join(own_file::DATABASE)
    }

    /// Whether the database's file is damaged. Reads the whole file.
    pub(crate) fn is_damaged(&self) -> bool {
        is_damaged(&self.path)
    }

    /// Whether the disk is full.
    pub(crate) fn is_full(&self) -> bool {
        let written = tempfile::tempfile_in(&self.path).and_then(|mut file| {
            file.write_all(&vec![0; PROBE_BYTES])?;
            file.sync_all()
        });
        written.is_err_and(|error| error.kind() == io::ErrorKind::StorageFull)
    }

    /// The access key of this folder. Creates one if there is none.
    pub(crate) fn access_key(&self) -> io::Result<AccessKey> {
        let wrong = || {
            let text = "it must have only letters and digits; delete the file to get another key";
            let text = format!("{}: {text}", own_file::ACCESS_KEY);
            io::Error::new(io::ErrorKind::InvalidData, text)
        };
        read_access_key(self.secret(own_file::ACCESS_KEY)?).ok_or_else(wrong)
    }

    /// The key that signs Keyspot's tokens. Creates one if there is none.
    pub(crate) fn signing_key(&self) -> io::Result<String> {
        self.secret(own_file::SIGNING_KEY)
    }

    /// The secret that signs forwarded leads. Creates one if there is none.
    pub(crate) fn forwarding_secret(&self) -> io::Result<String> {
        self.secret(own_file::FORWARDING_SECRET)
    }

    fn secret(&self, name: &str) -> io::Result<String> {
        match own_file::read(&self.path, name) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let secret = random_secret();
                self.write(name, &secret)?;
                Ok(secret)
            }
            read => read,
        }
    }

    /// Stores the address of the table.
    pub(crate) fn write_address(&self, endpoint: &str) -> io::Result<()> {
        self.write(own_file::ADDRESS, endpoint)
    }

    pub(crate) fn remove_address(&self) -> io::Result<()> {
        match fs::remove_file(self.path.join(own_file::ADDRESS)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Writes a file. Other processes see it only when it is complete.
    fn write(&self, name: &str, text: &str) -> io::Result<()> {
        let mut file = NamedTempFile::new_in(&self.path)?;
        file.write_all(text.as_bytes())?;
        file.persist(self.path.join(name))?;
        Ok(())
    }
}

/// The secret that signs the leads that a folder's server forwards.
///
/// # Errors
/// If it cannot be read.
pub fn forwarding_secret(folder: &Path) -> io::Result<String> {
    own_file::read(folder, own_file::FORWARDING_SECRET)
}

/// Whether the database of a folder is damaged, or its file is not a database. Reads the whole
/// file.
pub(crate) fn is_damaged(folder: &Path) -> bool {
    let path = folder.join(own_file::DATABASE);
    let opened = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY);
    let checked = opened.and_then(|connection| {
        connection.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0))
    });
    let damaged = [ErrorCode::DatabaseCorrupt, ErrorCode::NotADatabase];
    match checked {
        Ok(finding) => finding != "ok",
        Err(error) => error.sqlite_error_code().is_some_and(|code| damaged.contains(&code)),
    }
}

/// Whether this folder has a local table.
///
/// # Errors
/// If this user may not see what is in the folder.
pub(crate) fn has_table(folder: &Path) -> io::Result<bool> {
    fs::exists(folder.join(own_file::DATABASE))
}

/// The files that a server wrote into the folder.
pub(crate) struct ServerFiles {
    pub(crate) endpoint: String,
    pub(crate) access_key: AccessKey,
}

/// Reads the files of the server that has the folder's table open; `None` if there is none.
///
/// `leadhook env` prints their texts for a shell, and somebody else may have written the folder. So
/// files that no server writes count as no server.
pub(crate) fn read_server(folder: &Path) -> Option<ServerFiles> {
    let read = |name| own_file::read(folder, name).ok();
    let address: SocketAddr = read(own_file::ADDRESS)?.strip_prefix("http://")?.parse().ok()?;
    let access_key = read_access_key(read(own_file::ACCESS_KEY)?)?;
    Some(ServerFiles { endpoint: format!("http://{address}"), access_key })
}

/// An access key of letters and digits, as [`random_secret`] makes it; `None` for any other text.
fn read_access_key(text: String) -> Option<AccessKey> {
    let is_key = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_key.then(|| AccessKey::new(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An access key as a server makes it.
    const KEY: &str = "0Az9";

    fn folder_with(address: &str, access_key: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(own_file::ADDRESS), address).unwrap();
        fs::write(folder.path().join(own_file::ACCESS_KEY), access_key).unwrap();
        folder
    }

    #[test]
    fn the_files_of_a_server_are_read() {
        let key = random_secret();
        for address in ["http://127.0.0.1:8000", "http://172.17.0.1:8000", "http://[::1]:8000"] {
            let folder = folder_with(address, &key);
            let files = read_server(folder.path());
            let read = files.map(|files| (files.endpoint, files.access_key.as_str().to_owned()));
            assert_eq!(read, Some((address.to_owned(), key.clone())), "{address}");
        }
    }

    #[test]
    fn files_that_no_server_writes_count_as_no_server() {
        let here = "http://127.0.0.1:8000";
        let cases = [
            ("a name", "http://example.com:80", KEY),
            ("a name of this machine", "http://localhost:8000", KEY),
            ("another scheme", "https://127.0.0.1:8000", KEY),
            ("no scheme", "127.0.0.1:8000", KEY),
            ("no port", "http://127.0.0.1", KEY),
            ("a path", "http://127.0.0.1:8000/x", KEY),
            ("a user", "http://x@127.0.0.1:8000", KEY),
            ("a command after the address", "http://127.0.0.1:8000; touch x", KEY),
            ("a line after the address", "http://127.0.0.1:8000\ntouch x", KEY),
            ("no address", "", KEY),
            ("a command after the key", here, "x; touch x"),
            ("a command in the key", here, "$(touch${IFS}x)"),
            ("a line after the key", here, "x\ntouch x"),
            ("a letter that is not ASCII", here, "\u{e9}"),
            ("no key", here, ""),
        ];
        for (case, address, key) in cases {
            assert!(read_server(folder_with(address, key).path()).is_none(), "{case}");
        }
    }

    #[test]
    fn a_folder_with_another_access_key_than_a_drawn_one_is_not_served() {
        for key in ["x; touch x", "x\n", ""] {
            let parent = folder_with("", key);
            let Lock::Locked(folder) = Folder::lock(parent.path()).unwrap() else {
                panic!("{key:?}: another process has the folder open");
            };
            let error = folder.access_key().unwrap_err().to_string();
            assert!(error.contains(own_file::ACCESS_KEY), "{key:?}: {error}");
        }
    }
}
