//! The files of a local table: only those are changed, and each that cannot be used has its error.

use crate::server::{Serve, leadhook};
use serde_json::json;
use std::{
    fs,
    io::Write,
    os::unix::fs::{PermissionsExt, symlink},
    path::Path,
    process::{Command, Stdio},
};
use tempfile::TempDir;
use tests::wait_until;

type Make = fn(&Path);
type Damage = fn(&mut Vec<u8>);

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777
}

/// A folder with the table of a server that has stopped, and one lead.
async fn folder_with_a_table() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let serve = Serve::in_folder(folder.path());
    assert_eq!(serve.create(&json!({ "name": "Ana", "type": "web" })).await.0, 201);
    serve.stop();
    folder
}

/// Runs a command on a table's folder: its exit code and its error. A command that does not end
/// fails the test.
async fn run(folder: &Path, command: &[&str]) -> (Option<i32>, String) {
    let mut process = leadhook();
    process.args(command).arg("--data-dir").arg(folder).env_remove("TABLE_NAME");
    process.env_remove("AWS_ENDPOINT_URL_DYNAMODB").stdout(Stdio::null()).stderr(Stdio::piped());
    let mut process = process.spawn().unwrap();
    if !wait_until(async || process.try_wait().unwrap().is_some()).await {
        process.kill().unwrap();
        panic!("{command:?} does not end");
    }
    let output = process.wait_with_output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[tokio::test]
async fn only_the_files_of_a_table_get_another_mode() {
    let folder = folder_with_a_table().await;
    let (script, other) = (folder.path().join("deploy.sh"), tempfile::tempdir().unwrap());
    let elsewhere = other.path().join("elsewhere.sh");
    for path in [&script, &elsewhere] {
        fs::write(path, "#!/bin/sh\n").unwrap();
        set_mode(path, 0o755);
    }
    symlink(&elsewhere, folder.path().join("linked.sh")).unwrap();
    set_mode(folder.path(), 0o755);
    let own = folder.path().join("leads.db");
    for command in [&["leads", "list"][..], &["serve", "--port", "0"]] {
        set_mode(&own, 0o644);
        match command {
            ["serve", ..] => _ = Serve::in_folder(folder.path()).stop(),
            _ => assert_eq!(run(folder.path(), command).await.0, Some(0), "{command:?}"),
        }
        assert_eq!(mode(&own), 0o600, "{command:?}");
        for (what, path) in [
            ("a script", &*script),
            ("a script that a link names", &*elsewhere),
            ("a folder that is not only the table's", folder.path()),
        ] {
            assert_eq!(mode(path), 0o755, "{command:?}: {what}");
        }
    }
}

#[tokio::test]
async fn a_file_of_the_table_that_is_none_is_named() {
    let make_pipe =
        |path: &Path| assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
    let kinds: [(&str, Make, &str); 5] = [
        ("a pipe", make_pipe, "a named pipe"),
        ("a folder", |path| fs::create_dir(path).unwrap(), "a folder"),
        ("a device", |path| symlink("/dev/zero", path).unwrap(), "a symbolic link"),
        ("a link to nothing", |path| symlink("nothing", path).unwrap(), "a symbolic link"),
        (
            "a socket",
            |path| drop(std::os::unix::net::UnixListener::bind(path).unwrap()),
            "a socket or a device",
        ),
    ];
    let whole = folder_with_a_table().await;
    for name in ["leads.db", "lock", "address", "access-key", "signing-key", "forwarding-secret"] {
        for (kind, make, expected) in kinds {
            if (name, kind) == ("leads.db", "a link to nothing") {
                continue; // A folder without a table.
            }
            let folder = tempfile::tempdir().unwrap();
            copy(whole.path(), folder.path());
            let _ = fs::remove_file(folder.path().join(name));
            make(&folder.path().join(name));
            let (code, said) = run(folder.path(), &["leads", "list"]).await;
            assert_eq!(code, Some(4), "{name}, {kind}: {said}");
            let expected = format!("{name}: it is {expected}, not a regular file");
            assert!(said.contains(&expected), "{name}, {kind}: {said}");
        }
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

fn overwrite(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).unwrap();
    change(&mut bytes);
    fs::File::create(path).unwrap().write_all(&bytes).unwrap();
}

#[tokio::test]
async fn a_damaged_database_is_called_damaged() {
    let cases: [(&str, Damage); 5] = [
        ("cut off in its first page", |bytes| bytes.truncate(50)),
        ("cut off after its first page", |bytes| bytes.truncate(5_000)),
        ("a text", |bytes| *bytes = b"name,email\nAna,ana@exemplo.com\n".to_vec()),
        ("wrong pages", |bytes| bytes[4_096..].fill(0xa5)),
        ("the pages of leads", |bytes| {
            let lead = bytes.windows(3).rposition(|text| text == b"Ana").unwrap();
            let page = lead / 4_096 * 4_096;
            bytes[page..page + 4_096].fill(0xa5);
        }),
    ];
    let whole = folder_with_a_table().await;
    for (case, damage) in cases {
        let folder = tempfile::tempdir().unwrap();
        copy(whole.path(), folder.path());
        overwrite(&folder.path().join("leads.db"), damage);
        let (code, said) = run(folder.path(), &["leads", "list"]).await;
        assert_eq!(code, Some(4), "{case}: {said}");
        assert!(said.contains("damaged") && said.contains("copy"), "{case}: {said}");
        assert!(!said.contains("encrypt") && !said.contains("network"), "{case}: {said}");
    }
}

#[tokio::test]
async fn a_server_does_not_start_with_damaged_leads() {
    let folder = folder_with_a_table().await;
    overwrite(&folder.path().join("leads.db"), |bytes| {
        let lead = bytes.windows(3).rposition(|text| text == b"Ana").unwrap();
        let page = lead / 4_096 * 4_096;
        bytes[page..page + 4_096].fill(0xa5);
    });
    let (code, said) = run(folder.path(), &["serve", "--port", "0"]).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("the database of the local table is damaged"), "{said}");
}

/// An interrupted start leaves an empty file.
#[tokio::test]
async fn an_empty_database_file_is_a_table_to_create() {
    let folder = tempfile::tempdir().unwrap();
    fs::File::create(folder.path().join("leads.db")).unwrap();
    let (code, said) = run(folder.path(), &["leads", "list"]).await;
    assert!(code == Some(4) && said.contains("no such table"), "{said}");
    Serve::in_folder(folder.path()).stop();
    assert_eq!(run(folder.path(), &["leads", "list"]).await.0, Some(0));
}

/// It needs root, to run a command as another user.
#[tokio::test]
async fn a_folder_of_another_user_is_not_called_empty() {
    let parent = tempfile::tempdir().unwrap();
    set_mode(parent.path(), 0o755);
    let folder = parent.path().join(".leadhook");
    Serve::in_folder(&folder).stop();
    let as_nobody = |arguments: &[&str]| {
        let mut command = Command::new("setpriv");
        command.args(["--reuid", "nobody", "--regid", "nogroup", "--clear-groups"]);
        command.arg(env!("CARGO_BIN_EXE_leadhook")).args(arguments).output()
    };
    if !as_nobody(&["--version"]).is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: this user cannot run leadhook as another one");
        return;
    }
    for (case, mode, expected) in
        [("closed", 0o700, "Permission denied"), ("open", 0o755, "its permissions cannot be set")]
    {
        set_mode(&folder, mode);
        let listed = as_nobody(&["leads", "list", "--data-dir", folder.to_str().unwrap()]).unwrap();
        let said = String::from_utf8(listed.stderr).unwrap();
        assert_eq!(listed.status.code(), Some(4), "{case}: {said}");
        assert!(said.contains("cannot be used") && said.contains(expected), "{case}: {said}");
    }
}
