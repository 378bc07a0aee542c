//! The transcript in the README, played.

use crate::server::Serve;
use std::{env, fs, path::Path, process::Command};

/// What differs from one run to the next is masked: ids, times, addresses, tokens.
fn masked(line: &str) -> String {
    let words: Vec<_> = line.split_whitespace().collect();
    let differs = |index: usize| {
        let digits = words[index].chars().filter(char::is_ascii_digit).count();
        digits > 0 && words[index].len() > 3 || words.get(index + 1) == Some(&"ms")
    };
    let mask = |index| if differs(index) { "~" } else { words[index] };
    (0..words.len()).map(mask).collect::<Vec<_>>().join(" ")
}

#[test]
fn the_readmes_transcript_is_what_happens() {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    let readme = fs::read_to_string(readme).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let serve = Serve::in_folder(&folder.path().join(".leadhook"));
    let binaries = Path::new(env!("CARGO_BIN_EXE_leadhook")).parent().unwrap();
    let path = format!("{}:{}", binaries.display(), env::var("PATH").unwrap());
    let mut commands = 0;
    for block in readme.split("```console\n").skip(1) {
        let block = block.split("```").next().unwrap();
        for step in block.split("$ ").skip(1) {
            let (command, expected) = step.split_once('\n').unwrap();
            let mut shell = Command::new("sh");
            shell.args(["-c", &format!("{command} 2>&1")]).current_dir(folder.path());
            shell.env("PATH", &path).env("LEADHOOK_URL", &serve.base);
            shell.env_remove("AWS_ENDPOINT_URL_DYNAMODB").env_remove("TABLE_NAME");
            let output = String::from_utf8(shell.output().unwrap().stdout).unwrap();
            let lines = |text: &str| {
                text.lines().map(masked).filter(|line| !line.is_empty()).collect::<Vec<_>>()
            };
            assert_eq!(lines(&output), lines(expected), "{command}\n{output}");
            commands += 1;
        }
    }
    assert!(commands >= 5, "the README has its transcript");
    serve.stop();
}
