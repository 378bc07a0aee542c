//! The rooms of this crate import only rooms below them, and the imports of a room's files have no
//! circle.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where and stop")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};
use syn::{
    UseTree,
    visit::{self, Visit},
};

/// Each room or module of the crate, and the rooms that it may import. It may import only rooms
/// that come before it here.
const ROOMS: [(&str, &[&str]); 10] = [
    ("aws", &[]),
    ("long_work", &[]),
    ("model", &[]),
    ("request", &["model"]),
    ("person_search", &["model"]),
    ("table", &["aws", "model"]),
    ("lookup", &["long_work", "model", "request", "person_search", "table"]),
    ("delivery", &["model", "request", "table", "lookup"]),
    ("function", &["aws", "model", "request", "table", "delivery"]),
    ("provider", &["model", "delivery", "function"]),
];

type Graph = BTreeMap<String, BTreeSet<String>>;

/// The imports of one file.
#[derive(Default)]
struct Imports {
    /// The names after `crate::`.
    rooms: BTreeSet<String>,
    /// The names after `super::`.
    files: BTreeSet<String>,
}

impl Imports {
    fn note(&mut self, path: &[String]) {
        match path {
            [first, next, ..] if first == "crate" => self.rooms.insert(next.clone()),
            [first, next, ..] if first == "super" => self.files.insert(next.clone()),
            _ => false,
        };
    }

    fn walk(&mut self, tree: &UseTree, path: &mut Vec<String>) {
        match tree {
            UseTree::Path(inner) => {
                path.push(inner.ident.to_string());
                self.walk(&inner.tree, path);
                path.pop();
            }
            UseTree::Group(group) => group.items.iter().for_each(|item| self.walk(item, path)),
            UseTree::Name(name) => {
                self.note(&[path.as_slice(), &[name.ident.to_string()]].concat());
            }
            UseTree::Rename(name) => {
                self.note(&[path.as_slice(), &[name.ident.to_string()]].concat());
            }
            UseTree::Glob(_) => self.note(&[path.as_slice(), &["*".to_owned()]].concat()),
        }
    }
}

impl<'ast> Visit<'ast> for Imports {
    fn visit_use_tree(&mut self, tree: &'ast UseTree) {
        self.walk(tree, &mut Vec::new());
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let path_names: Vec<_> = path.segments.iter().map(|name| name.ident.to_string()).collect();
        self.note(&path_names);
        visit::visit_path(self, path);
    }

    /// The unit tests of a file may import everything.
    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        if module.ident != "tests" {
            visit::visit_item_mod(self, module);
        }
    }
}

fn imports_of(file: &Path) -> Imports {
    let mut imports = Imports::default();
    imports.visit_file(&syn::parse_file(&fs::read_to_string(file).unwrap()).unwrap());
    imports
}

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The imports of each file of a room. A room that is one file has the file `mod`.
fn files_of(room: &str) -> BTreeMap<String, Imports> {
    let module = source().join(room).with_extension("rs");
    if module.exists() {
        return BTreeMap::from([("mod".to_owned(), imports_of(&module))]);
    }
    let files = fs::read_dir(source().join(room)).unwrap().map(|entry| entry.unwrap().path());
    let named = files.filter(|file| file.file_stem().unwrap() != "tests").map(|file| {
        let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
        (name, imports_of(&file))
    });
    named.collect()
}

/// A file of the graph that is on a circle.
fn find_circle(graph: &Graph) -> Option<String> {
    let mut left = graph.clone();
    loop {
        let leaf = left.iter().find(|(_, to)| to.iter().all(|file| !left.contains_key(file)));
        match leaf.map(|(name, _)| name.clone()) {
            Some(name) => left.remove(&name),
            None => return left.into_keys().next(),
        };
    }
}

#[test]
fn every_room_is_named_here() {
    let found: BTreeSet<_> = fs::read_dir(source())
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    let named = ROOMS.iter().map(|(room, _)| *room).chain(["lib"]).map(str::to_owned).collect();
    assert_eq!(found, named);
}

#[test]
fn a_room_imports_only_the_rooms_below_it() {
    for (height, (room, below)) in ROOMS.into_iter().enumerate() {
        for name in below {
            let is_lower = ROOMS[..height].iter().any(|(lower, _)| lower == name);
            assert!(is_lower, "{name} is not below {room}");
        }
        for (file, imports) in files_of(room) {
            for import in imports.rooms {
                assert!(below.contains(&import.as_str()), "{room}/{file}.rs imports {import}");
            }
        }
    }
}

#[test]
fn the_imports_of_a_rooms_files_have_no_circle() {
    for (room, _) in ROOMS {
        let mut files = files_of(room);
        // It only declares the files, and has no code that they import.
        let index = files.remove("mod").unwrap();
        assert!(index.files.is_empty(), "{room}/mod.rs imports its parent");
        let graph: Graph = files.into_iter().map(|(name, own)| (name, own.files)).collect();
        for (file, imports) in &graph {
            let unknown = imports.iter().find(|import| !graph.contains_key(*import));
            assert!(
                unknown.is_none(),
                "{room}/{file}.rs imports super::{unknown:?}, which is not a file"
            );
        }
        let circle = find_circle(&graph);
        assert!(circle.is_none(), "{room}/{}.rs is on a circle", circle.unwrap_or_default());
    }
}

#[test]
fn a_circle_is_found() {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let graph = |edges: &[(&str, &[&str])]| -> Graph {
        edges.iter().map(|(from, to)| ((*from).to_owned(), names(to))).collect()
    };
    let line = graph(&[("a", &["b"]), ("b", &["c"]), ("c", &[])]);
    let circle = graph(&[("a", &["b"]), ("b", &["c"]), ("c", &["b"])]);
    assert_eq!(find_circle(&line), None);
    assert!(find_circle(&circle).is_some());
}
