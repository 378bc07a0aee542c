//! Compares the processor that the functions were built for with the one that they will run on.

use super::finding::Finding;
use clap::ValueEnum;
use std::{
    fs::{self, File},
    io::{self, Read},
    path::Path,
};

/// A processor of AWS Lambda.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Architecture {
    /// The default of `template.yaml`
    #[value(name = "arm64")]
    Arm64,
    #[value(name = "x86_64")]
    X86,
}

impl Architecture {
    /// The processor's number in an ELF file, and the option of cargo-lambda that builds for it.
    fn number_and_option(self) -> (u16, &'static str) {
        match self {
            Self::Arm64 => (0xb7, "--arm64"),
            Self::X86 => (0x3e, "--x86-64"),
        }
    }
}

/// Checks each `<folder>/<function>/bootstrap`.
pub(super) fn check_artifacts(folder: &Path, expected: Architecture) -> Finding {
    let (number, option) = expected.number_and_option();
    let build = format!("cargo lambda build --release {option}");
    let read = || -> io::Result<Vec<_>> {
        let mut functions = Vec::new();
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let bootstrap = entry.path().join("bootstrap");
            if bootstrap.is_file() {
                let name = entry.file_name().to_string_lossy().into_owned();
                functions.push((name, processor(&bootstrap)?));
            }
        }
        Ok(functions)
    };
    let functions = match read() {
        Ok(functions) if !functions.is_empty() => functions,
        Ok(_) | Err(_) => {
            return Finding::Bad(format!("{} has no functions: {build}", folder.display()));
        }
    };
    let is_other = |(_, built): &&(String, Option<u16>)| *built != Some(number);
    let others: Vec<_> = functions.iter().filter(is_other).map(|(name, _)| name).collect();
    match others[..] {
        [] => Finding::Good(format!("{} functions are built for it", functions.len())),
        [first, ..] => Finding::Bad(format!(
            "{} of {} functions are built for another processor, such as {first}: {build}",
            others.len(),
            functions.len()
        )),
    }
}

/// The number of the processor that an ELF file is for; `None` for another kind of file.
fn processor(file: &Path) -> io::Result<Option<u16>> {
    let mut head = Vec::new();
    File::open(file)?.take(20).read_to_end(&mut head)?;
    Ok(match head[..] {
        [0x7f, b'E', b'L', b'F', .., low, high] if head.len() == 20 => {
            Some(u16::from_le_bytes([low, high]))
        }
        _ => None,
    })
}
