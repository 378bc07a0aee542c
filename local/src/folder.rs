//! The folder that a local table is kept in: its owner's alone.

use crate::AccessKey;
use rand::RngExt;
use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Write},
    path::{Path, PathBuf},
};
use tempfile::NamedTempFile;

const DATABASE_FILE: &str = "leads.db";
const LOCK_FILE: &str = "lock";
/// Says where a running server has the table, while it has.
const ADDRESS_FILE: &str = "address";
const ACCESS_KEY_FILE: &str = "access-key";
const SIGNING_KEY_FILE: &str = "signing-key";

/// More than the space that is left to a file which cannot grow.
const PROBE_BYTES: usize = 256 * 1024;

/// A folder whose table is open in this process. The engine itself would let two
/// processes in, so a lock is held as long as this lives.
pub(crate) struct Folder {
    path: PathBuf,
    _lock: File,
}

/// Who has a folder's table open.
pub(crate) enum Lock {
    /// This process.
    Held(Folder),
    /// Another one.
    Taken,
}

impl Folder {
    /// Makes the folder where there is none, and takes its lock where nobody has it.
    pub(crate) fn lock(path: &Path) -> io::Result<Lock> {
        fs::create_dir_all(path)?;
        set_mode(path, 0o700)?;
        let lock = open_private(&path.join(LOCK_FILE))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(Lock::Taken),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        let folder = Self { path: path.to_owned(), _lock: lock };
        // One that is left of a server that was killed.
        folder.remove_address()?;
        open_private(&folder.database())?;
        for entry in fs::read_dir(path)? {
            let entry = entry?;
            if entry.file_type()?.is_file() {
                set_mode(&entry.path(), 0o600)?;
            }
        }
        Ok(Lock::Held(folder))
    }

    /// The database's file.
    pub(crate) fn database(&self) -> PathBuf {
        self.path.join(DATABASE_FILE)
    }

    /// Whether its disk takes no more bytes.
    pub(crate) fn is_full(&self) -> bool {
        let written = tempfile::tempfile_in(&self.path).and_then(|mut file| {
            file.write_all(&vec![0; PROBE_BYTES])?;
            file.sync_all()
        });
        written.is_err_and(|error| error.kind() == io::ErrorKind::StorageFull)
    }

    /// The access key of this folder; one is drawn where there is none yet.
    pub(crate) fn access_key(&self) -> io::Result<AccessKey> {
        self.secret(ACCESS_KEY_FILE).map(AccessKey::new)
    }

    /// What Keyspot's tokens are signed with here; drawn where there is none yet.
    pub(crate) fn signing_key(&self) -> io::Result<String> {
        self.secret(SIGNING_KEY_FILE)
    }

    fn secret(&self, name: &str) -> io::Result<String> {
        match fs::read_to_string(self.path.join(name)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let secret = draw_secret();
                self.write(name, &secret)?;
                Ok(secret)
            }
            read => read,
        }
    }

    /// Says where the table is served.
    pub(crate) fn write_address(&self, endpoint: &str) -> io::Result<()> {
        self.write(ADDRESS_FILE, endpoint)
    }

    pub(crate) fn remove_address(&self) -> io::Result<()> {
        match fs::remove_file(self.path.join(ADDRESS_FILE)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Writes a file that is whole whenever it is there.
    fn write(&self, name: &str, text: &str) -> io::Result<()> {
        let mut file = NamedTempFile::new_in(&self.path)?;
        file.write_all(text.as_bytes())?;
        file.persist(self.path.join(name))?;
        Ok(())
    }
}

/// Whether a local table was ever made in this folder.
pub(crate) fn has_table(folder: &Path) -> bool {
    folder.join(DATABASE_FILE).exists()
}

/// What a server that has a folder's table wrote there.
pub(crate) struct ServerFiles {
    pub(crate) endpoint: String,
    pub(crate) access_key: AccessKey,
}

/// Reads what the server wrote that has a folder's table; nothing where there is none.
pub(crate) fn read_server(folder: &Path) -> Option<ServerFiles> {
    let read = |name| fs::read_to_string(folder.join(name)).ok();
    Some(ServerFiles {
        endpoint: read(ADDRESS_FILE)?,
        access_key: read(ACCESS_KEY_FILE).map(AccessKey::new)?,
    })
}

/// Letters and digits that nobody guesses: 160 bits.
pub(crate) fn draw_secret() -> String {
    const DIGITS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut random = rand::rng();
    (0..32).map(|_| char::from(DIGITS[random.random_range(0..32)])).collect()
}

/// Opens a file that only its owner may read, and makes it where there is none.
fn open_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(unix)]
fn set_mode(path: &Path, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    // A file of the right mode may be another owner's, who alone may change it.
    if fs::metadata(path)?.mode() & 0o777 == mode {
        return Ok(());
    }
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
}

/// Elsewhere the folder has the permissions that its parent gives it.
#[cfg(not(unix))]
fn set_mode(_: &Path, _: u32) -> io::Result<()> {
    Ok(())
}
