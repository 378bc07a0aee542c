//! Imports go in one direction: packages, rooms of `shared` and files import what is below them,
//! and nothing is on a circle.

mod graph;
mod modules;

use graph::find_circle;
use modules::{ROOT, imports_of};
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};
use toml::Table;

/// What a package or a room of `shared` may import. It stands below its importers.
type Order = [(&'static str, &'static [&'static str])];

/// Any package of `functions/` that is a provider.
const PROVIDER: &str = "functions/<provider>";

/// The folder of each package, and the packages that it may import.
const PACKAGES: &Order = &[
    ("shared", &[]),
    (PROVIDER, &["shared"]),
    ("providers", &["shared", PROVIDER]),
    ("forwarding", &["shared", "providers"]),
    ("functions/forwarding", &["shared", "forwarding"]),
    ("local", &["shared", "providers", "forwarding"]),
    ("operator", &["shared", "providers", "forwarding"]),
    ("console", &["shared", "providers", "forwarding", "local", "operator"]),
    ("cli", &["shared", PROVIDER, "providers", "forwarding", "local", "operator", "console"]),
    ("tests", &["shared", PROVIDER, "providers", "forwarding", "local"]),
    ("simulation", &["shared", PROVIDER, "providers", "forwarding", "local", "operator", "tests"]),
    ("bench", &["shared", PROVIDER, "providers", "forwarding", "local", "tests"]),
    ("bench/peers/floor", &[]),
    ("bench/peers/limit", &[]),
];

/// Each room of `shared`, and the rooms that it may import.
const ROOMS: &Order = &[
    ("aws", &[]),
    ("long_work", &[]),
    ("model", &[]),
    ("request", &["model"]),
    ("person_search", &["model"]),
    ("table", &["aws", "model"]),
    ("lookup", &["long_work", "model", "request", "person_search", "table"]),
    ("delivery", &["model", "request", "table", "lookup"]),
    ("account_request", &["model", "request", "table", "delivery"]),
    ("function", &["aws", "model", "request", "table", "delivery"]),
    ("provider", &["model", "delivery", "function"]),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read_manifest(folder: &str) -> Table {
    fs::read_to_string(root().join(folder).join("Cargo.toml")).unwrap().parse().unwrap()
}

/// The folders of all packages of the workspace.
fn packages() -> Vec<String> {
    let manifest = read_manifest(".");
    let members = manifest["workspace"]["members"].as_array().unwrap().iter();
    members.flat_map(|member| folders_of(member.as_str().unwrap())).collect()
}

/// The folders of a member, which may end with `*`.
fn folders_of(member: &str) -> Vec<String> {
    let Some(parent) = member.strip_suffix("/*") else { return vec![member.to_owned()] };
    let entries = fs::read_dir(root().join(parent)).unwrap().map(|entry| entry.unwrap());
    entries.map(|entry| format!("{parent}/{}", entry.file_name().to_str().unwrap())).collect()
}

/// The name of a package in [`PACKAGES`].
fn place_of(folder: &str) -> &str {
    let is_provider = folder.starts_with("functions/") && folder != "functions/forwarding";
    if is_provider { PROVIDER } else { folder }
}

/// The packages of the workspace that a package imports, but not those that only its tests import.
fn packages_imported_by(folder: &str) -> Vec<String> {
    let (workspace, manifest) = (read_manifest("."), read_manifest(folder));
    let shared = workspace["workspace"]["dependencies"].as_table().unwrap();
    let names = manifest["dependencies"].as_table().unwrap().keys();
    let paths = names.filter_map(|name| shared.get(name)?.get("path")?.as_str());
    paths.map(str::to_owned).collect()
}

/// Where a package has its code.
fn source_of(folder: &str) -> PathBuf {
    Path::new(folder).join(if folder == "tests" { "harness" } else { "src" })
}

/// Panics if an order has an arrow upwards.
fn check_order(order: &Order) {
    for (height, (name, below)) in order.iter().enumerate() {
        for import in *below {
            let is_lower = order[..height].iter().any(|(lower, _)| lower == import);
            assert!(is_lower, "{import} is not below {name}");
        }
    }
}

/// What `name` may import.
fn below<'a>(order: &'a Order, name: &str) -> &'a [&'static str] {
    let place = order.iter().find(|(place, _)| *place == name);
    place.unwrap_or_else(|| panic!("{name} has no place in the order")).1
}

#[test]
fn a_package_imports_only_the_packages_below_it() {
    check_order(PACKAGES);
    for folder in packages() {
        let below = below(PACKAGES, place_of(&folder));
        for import in packages_imported_by(&folder) {
            assert!(below.contains(&place_of(&import)), "{folder} imports {import}");
        }
    }
}

#[test]
fn every_package_in_the_order_exists() {
    let folders = packages();
    let found: BTreeSet<_> = folders.iter().map(|folder| place_of(folder)).collect();
    assert_eq!(found, PACKAGES.iter().map(|(place, _)| *place).collect());
}

#[test]
fn the_files_of_a_package_import_each_other_without_a_circle() {
    let circles = packages().into_iter().filter_map(|folder| {
        let circle = find_circle(&imports_of(&root().join(source_of(&folder))))?;
        Some(format!("{folder}: {}", circle.join(" -> ")))
    });
    let circles: Vec<_> = circles.collect();
    assert!(circles.is_empty(), "imports in a circle:\n{}", circles.join("\n"));
}

#[test]
fn a_room_of_shared_imports_only_the_rooms_below_it() {
    check_order(ROOMS);
    let room_of = |module: &str| module.split("::").next().unwrap().to_owned();
    let mut rooms = BTreeSet::new();
    for (module, imports) in imports_of(&root().join("shared/src")) {
        if module == ROOT {
            assert!(imports.is_empty(), "lib.rs imports {imports:?}");
            continue;
        }
        let room = room_of(&module);
        for import in imports.iter().filter(|import| room_of(import) != room) {
            assert!(below(ROOMS, &room).contains(&&*room_of(import)), "{module} imports {import}");
        }
        rooms.insert(room);
    }
    assert_eq!(rooms, ROOMS.iter().map(|(room, _)| (*room).to_owned()).collect());
}
