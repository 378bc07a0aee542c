//! Runs every console block of the documents.

use crate::transcript::{Shell, redactions};
use std::{fs, path::Path};

/// The documents with console blocks. Their commands run on one table, in this order.
const DOCUMENTS: [&str; 2] = ["README.md", "docs/operations.md"];

/// The commands of the console blocks in a document, and what they print.
fn steps(document: &str) -> Vec<(String, String)> {
    let blocks = document.split("```console\n").skip(1);
    let blocks = blocks.map(|block| block.split("```").next().unwrap());
    let steps = blocks.flat_map(|block| block.split("$ ").skip(1));
    steps
        .map(|step| step.split_once('\n').unwrap_or((step, "")))
        .map(|(command, printed)| (command.to_owned(), printed.to_owned()))
        .collect()
}

#[test]
fn the_console_blocks_of_the_documents_are_true() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let (shell, redactions) = (Shell::new(), redactions());
    let documents = DOCUMENTS.map(|name| fs::read_to_string(root.join(name)).unwrap());
    let steps: Vec<_> = documents.iter().flat_map(|document| steps(document)).collect();
    assert!(steps.len() >= 6, "the documents have their console blocks");
    for (command, expected) in steps {
        let (_, printed) = shell.run(&command);
        let redacted = |text: &str| redactions.redact(text.replace('\r', "").trim());
        snapbox::assert_data_eq!(redacted(&printed), redacted(&expected));
    }
}
