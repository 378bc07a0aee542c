//! The files that leadhook and SQLite write into a table's folder. Only these are opened or
//! changed, and only if they are regular files: a named pipe would stop the program, and a symbolic
//! link would change a file elsewhere.

use std::{
    fs::{self, File, FileType, OpenOptions},
    io,
    path::Path,
};

pub(crate) const DATABASE: &str = "leads.db";
pub(crate) const LOCK: &str = "lock";
/// The address of the table while a server has it open.
pub(crate) const ADDRESS: &str = "address";
pub(crate) const ACCESS_KEY: &str = "access-key";
pub(crate) const SIGNING_KEY: &str = "signing-key";
pub(crate) const FORWARDING_SECRET: &str = "forwarding-secret";

/// All of them.
const OWN: [&str; 9] = [
    DATABASE,
    "leads.db-journal",
    "leads.db-shm",
    "leads.db-wal",
    LOCK,
    ADDRESS,
    ACCESS_KEY,
    SIGNING_KEY,
    FORWARDING_SECRET,
];

/// Checks that the own files of a folder are regular files, and lets only their owner read them.
/// The folder too, if nothing else is in it.
///
/// # Errors
/// If one is not a regular file, or if its mode cannot be set.
pub(crate) fn protect(folder: &Path) -> io::Result<()> {
    let entries = fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    let is_own = |entry: &fs::DirEntry| OWN.iter().any(|name| entry.file_name() == *name);
    if entries.iter().all(is_own) {
        set_mode(folder, 0o700)?;
    }
    for entry in entries.iter().filter(|entry| is_own(entry)) {
        let path = entry.path();
        if is_file(&path)? {
            match set_mode(&path, 0o600) {
                // Another process that has the database open deletes SQLite's files.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                done => done.map_err(|error| naming(&path, &error))?,
            }
        }
    }
    Ok(())
}

/// Reads an own file.
///
/// # Errors
/// If there is none, if it is not a regular file, or if it cannot be read.
pub(crate) fn read(folder: &Path, name: &str) -> io::Result<String> {
    let path = folder.join(name);
    is_file(&path)?;
    fs::read_to_string(&path).map_err(|error| naming(&path, &error))
}

/// Opens an own file that only its owner may read. Creates it if there is none.
///
/// # Errors
/// If it is not a regular file, or if it cannot be opened.
pub(crate) fn open(folder: &Path, name: &str) -> io::Result<File> {
    let path = folder.join(name);
    is_file(&path)?;
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(&path).map_err(|error| naming(&path, &error))
}

/// Whether there is a file.
///
/// # Errors
/// If there is something else, or if that cannot be read.
fn is_file(path: &Path) -> io::Result<bool> {
    let kind = match fs::symlink_metadata(path) {
        Ok(metadata) => metadata.file_type(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(naming(path, &error)),
    };
    if kind.is_file() {
        return Ok(true);
    }
    let wrong = format!("it is {}, not a regular file", name_of(kind));
    Err(naming(path, &io::Error::new(io::ErrorKind::InvalidData, wrong)))
}

fn name_of(kind: FileType) -> &'static str {
    #[cfg(unix)]
    if std::os::unix::fs::FileTypeExt::is_fifo(&kind) {
        return "a named pipe";
    }
    match kind {
        kind if kind.is_dir() => "a folder",
        kind if kind.is_symlink() => "a symbolic link",
        _ => "a socket or a device",
    }
}

/// The error of a file, with the file's name.
fn naming(path: &Path, error: &io::Error) -> io::Error {
    let name = path.file_name().unwrap_or_default().display();
    io::Error::new(error.kind(), format!("{name}: {error}"))
}

#[cfg(unix)]
fn set_mode(path: &Path, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    // Do not set a mode that is already right: a file of another owner would give an error.
    if fs::metadata(path)?.mode() & 0o777 == mode {
        return Ok(());
    }
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).map_err(|error| {
        io::Error::new(error.kind(), format!("its permissions cannot be set: {error}"))
    })
}

/// On other systems the folder has the permissions of its parent.
#[cfg(not(unix))]
fn set_mode(_: &Path, _: u32) -> io::Result<()> {
    Ok(())
}
