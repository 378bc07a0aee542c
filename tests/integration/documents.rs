//! The paths and the links in the Markdown files exist.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// Folders that a build or another tool makes.
const MADE: [&str; 5] = [".git", ".leadhook", "__pycache__", "node_modules", "target"];

/// Paths that a build or a server makes.
const MADE_PATHS: [&str; 4] =
    [".leadhook/", ".leadhook/forwarding-secret", "target/lambda/", "target/mutants/mutants.out"];

/// The folder of tests that documents name without a folder.
const TESTS: &str = "tests/integration";

/// A name with one of these suffixes is a file's, also if it names no folder.
const SUFFIXES: [&str; 14] = [
    "html", "json", "lock", "md", "mjs", "out", "png", "py", "rs", "sh", "svg", "toml", "ts",
    "yaml",
];

/// The repository: its folder, and the paths of all files and folders in it.
struct Repository {
    root: PathBuf,
    paths: BTreeSet<String>,
}

impl Repository {
    fn read() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let mut paths = BTreeSet::new();
        add_paths(&root, "", &mut paths);
        Self { root, paths }
    }

    /// Whether there is a file with this name in any folder.
    fn has_name(&self, name: &str) -> bool {
        self.paths.iter().any(|path| path.rsplit('/').next() == Some(name))
    }

    fn document(&self, name: &str) -> Document {
        Document::new(name, &fs::read_to_string(self.root.join(name)).unwrap())
    }
}

fn add_paths(folder: &Path, prefix: &str, paths: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        if MADE.contains(&name.as_str()) {
            continue;
        }
        if entry.file_type().unwrap().is_dir() {
            add_paths(&entry.path(), &format!("{prefix}{name}/"), paths);
        }
        paths.insert(format!("{prefix}{name}"));
    }
}

/// A Markdown file, with empty lines in place of its blocks of code.
struct Document {
    name: String,
    prose: String,
}

impl Document {
    fn new(name: &str, text: &str) -> Self {
        let mut is_code = false;
        let prose = text.lines().map(|line| {
            let is_fence = line.trim_start().starts_with("```");
            is_code ^= is_fence;
            if is_code || is_fence { "" } else { line }
        });
        Self { name: name.to_owned(), prose: prose.collect::<Vec<_>>().join("\n") }
    }

    /// The paths between back-ticks, each with its line.
    fn paths(&self) -> Vec<(usize, &str)> {
        let mut line = 1;
        let mut paths = Vec::new();
        for (n, part) in self.prose.split('`').enumerate() {
            if n % 2 == 1 && is_path(part) {
                paths.push((line, part));
            }
            line += part.matches('\n').count();
        }
        paths
    }

    /// The targets of links into the repository, each with its line.
    fn links(&self) -> Vec<(usize, &str)> {
        let starts = self.prose.match_indices("](").map(|(start, _)| start);
        let links = starts.filter_map(|start| {
            let target = self.prose[start + 2..].split(')').next()?;
            Some((1 + self.prose[..start].matches('\n').count(), target))
        });
        links.filter(|(_, target)| !target.contains("://")).collect()
    }

    /// The anchors of the headings, as GitHub makes them.
    fn anchors(&self) -> BTreeSet<String> {
        let headings = self.prose.lines().filter(|line| line.starts_with('#'));
        let anchors = headings.map(|heading| {
            let heading = heading.trim_start_matches('#').trim().to_lowercase();
            let is_kept = |char: &char| char.is_alphanumeric() || " -_".contains(*char);
            heading.chars().filter(is_kept).collect::<String>().replace(' ', "-")
        });
        anchors.collect()
    }

    /// Whether the file of a link exists, with the heading that the link names.
    fn finds(&self, link: &str, repository: &Repository) -> bool {
        let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
        if file.is_empty() {
            return self.anchors().contains(anchor);
        }
        let file = self.beside(file);
        repository.paths.contains(&file)
            && (anchor.is_empty() || repository.document(&file).anchors().contains(anchor))
    }

    /// Whether a path begins at the root, in the folder of this document or in that of the tests. A
    /// name without a folder may be anywhere.
    fn has(&self, path: &str, repository: &Repository) -> bool {
        if !path.contains('/') {
            return repository.has_name(path);
        }
        let path = path.trim_end_matches('/');
        let places = [path.to_owned(), self.beside(path), format!("{TESTS}/{path}")];
        places.iter().any(|place| repository.paths.contains(place))
    }

    /// The path in the repository of a path that begins in the folder of this document.
    fn beside(&self, file: &str) -> String {
        let mut parts: Vec<_> = self.name.split('/').collect();
        parts.pop();
        for part in file.trim_end_matches('/').split('/') {
            if part == ".." {
                parts.pop();
            } else {
                parts.push(part);
            }
        }
        parts.join("/")
    }

    /// The paths and links that do not exist: `<document>:<line>: <path>`.
    fn missing(&self, repository: &Repository) -> Vec<String> {
        let paths = self.paths().into_iter();
        let paths = paths.filter(|(_, path)| !MADE_PATHS.contains(path));
        let paths = paths.filter(|(_, path)| !self.has(path, repository));
        let links = self.links().into_iter().filter(|(_, link)| !self.finds(link, repository));
        let missing: BTreeSet<_> = paths.chain(links).collect();
        missing.into_iter().map(|(line, path)| format!("{}:{line}: {path}", self.name)).collect()
    }
}

/// Whether the text between back-ticks is a path of the repository. These are not: a glob (`*.rs`),
/// a placeholder (`functions/<provider>`), a command and an address (`/openapi`).
fn is_path(text: &str) -> bool {
    let is_plain = |char: char| char.is_ascii_alphanumeric() || "_-./".contains(char);
    let has_suffix = suffix(text).is_some_and(|suffix| SUFFIXES.contains(&suffix));
    text.chars().all(is_plain) && !text.starts_with('/') && (text.contains('/') || has_suffix)
}

fn suffix(path: &str) -> Option<&str> {
    Some(path.rsplit_once('.')?.1)
}

#[test]
fn the_documents_name_only_what_exists() {
    let repository = Repository::read();
    let names: Vec<_> = repository.paths.iter().filter(|path| suffix(path) == Some("md")).collect();
    assert!(names.iter().any(|name| *name == "docs/architecture.md"), "{names:?}");
    let documents = names.iter().map(|name| repository.document(name));
    let missing: Vec<_> = documents.flat_map(|document| document.missing(&repository)).collect();
    assert!(missing.is_empty(), "these do not exist:\n{}", missing.join("\n"));
}

#[test]
fn what_does_not_exist_is_named_with_its_line() {
    let text = "# A page: `a` & b
`tests/integration/documents.rs`, `documents.rs`, `docs/`, `forwarding/mod.rs`, `target/lambda/`
`functions/<provider>/lib.rs`, `functions/*`, `/openapi/lost.json`, `cargo run lost.rs`
[here](#a-page-a--b), [there](../README.md#leadhook), [far](https://example.com/lost.md#b)
`no/such/folder/`, `integration/` and `lost.rs`
[a lost
heading](#no-such-heading), [a lost page](lost.md), [another](../README.md#no-such-heading)
```
`a/block/is/not/read.rs`
```
`after/a/block.rs`
";
    let expected = [
        "docs/page.md:5: integration/",
        "docs/page.md:5: lost.rs",
        "docs/page.md:5: no/such/folder/",
        "docs/page.md:7: #no-such-heading",
        "docs/page.md:7: ../README.md#no-such-heading",
        "docs/page.md:7: lost.md",
        "docs/page.md:11: after/a/block.rs",
    ];
    assert_eq!(Document::new("docs/page.md", text).missing(&Repository::read()), expected);
}
