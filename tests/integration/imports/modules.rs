//! What the files of a package import of each other.

use super::graph::Graph;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};
use syn::{
    Expr, Token, UseTree,
    punctuated::Punctuated,
    visit::{self, Visit},
};

/// The name of the file at a package's root, `lib.rs` or `main.rs`.
pub(super) const ROOT: &str = "the root";

/// A module: the names from the root of its package to itself.
type Module = Vec<String>;

/// Each file of a folder of sources, and those of the same folder that it imports. A file has the
/// name of its module, such as `table::keys`; `table/mod.rs` is `table`.
pub(super) fn imports_of(source: &Path) -> Graph {
    let mut files = BTreeMap::new();
    read_files(source, &[], &mut files);
    let modules: BTreeSet<Module> = files.keys().cloned().collect();
    let graph = files.iter().map(|(module, file)| {
        let mut imports = Imports { module, modules: &modules, depth: 0, found: BTreeSet::new() };
        imports.visit_file(file);
        (name(module), imports.found)
    });
    graph.collect()
}

fn name(module: &[String]) -> String {
    if module.is_empty() { ROOT.to_owned() } else { module.join("::") }
}

/// Reads the files of a folder, but not its unit tests and not its binaries.
fn read_files(folder: &Path, module: &[String], files: &mut BTreeMap<Module, syn::File>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let module = match stem.as_str() {
            "main" if folder.join("lib.rs").exists() => continue,
            "lib" | "main" | "mod" => module.to_vec(),
            "tests" | "bin" => continue,
            _ => [module, &[stem]].concat(),
        };
        if path.is_dir() {
            read_files(&path, &module, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let file = syn::parse_file(&fs::read_to_string(&path).unwrap()).unwrap();
            assert!(files.insert(module, file).is_none(), "{}", path.display());
        }
    }
}

/// The imports of one file.
struct Imports<'a> {
    module: &'a [String],
    modules: &'a BTreeSet<Module>,
    /// In how many modules inside this file it is.
    depth: usize,
    found: BTreeSet<String>,
}

impl Imports<'_> {
    /// Notes the file that a path leads to, if it is another one of this package.
    fn note(&mut self, path: &[String]) {
        let Some(mut target) = self.start_of(path) else { return };
        let names = path.iter().skip_while(|name| is_keyword(name));
        for name in names {
            target.push(name.clone());
            if !self.modules.contains(&target) {
                target.pop();
                break;
            }
        }
        if target != self.module {
            self.found.insert(name(&target));
        }
    }

    /// The module from which a path goes on, unless it leads to another package.
    fn start_of(&self, path: &[String]) -> Option<Module> {
        let child = [self.module, &path[..1]].concat();
        match path[0].as_str() {
            "crate" => Some(Module::new()),
            "super" => {
                let up = path.iter().filter(|name| *name == "super").count();
                let up = up.saturating_sub(self.depth);
                Some(self.module[..self.module.len() - up].to_vec())
            }
            "self" => Some(self.module.to_vec()),
            _ => (path.len() > 1 && self.modules.contains(&child)).then(|| self.module.to_vec()),
        }
    }

    fn walk(&mut self, tree: &UseTree, path: &mut Vec<String>) {
        let last = match tree {
            UseTree::Path(inner) => {
                path.push(inner.ident.to_string());
                self.walk(&inner.tree, path);
                path.pop();
                return;
            }
            UseTree::Group(group) => {
                return group.items.iter().for_each(|item| self.walk(item, path));
            }
            UseTree::Name(name) => name.ident.to_string(),
            UseTree::Rename(name) => name.ident.to_string(),
            UseTree::Glob(_) => "*".to_owned(),
        };
        self.note(&[path.as_slice(), &[last]].concat());
    }
}

fn is_keyword(name: &str) -> bool {
    ["crate", "self", "super"].contains(&name)
}

impl<'ast> Visit<'ast> for Imports<'_> {
    fn visit_use_tree(&mut self, tree: &'ast UseTree) {
        self.walk(tree, &mut Vec::new());
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let names: Vec<_> = path.segments.iter().map(|name| name.ident.to_string()).collect();
        self.note(&names);
        visit::visit_path(self, path);
    }

    /// `pub(crate)` and `pub(super)` import nothing.
    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {}

    /// Most macros take expressions, and others are not read.
    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        let arguments = Punctuated::<Expr, Token![,]>::parse_terminated;
        for argument in call.parse_body_with(arguments).into_iter().flatten() {
            Visit::visit_expr(self, &argument);
        }
    }

    /// The unit tests of a file may import everything.
    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        if module.ident != "tests" {
            let inside = usize::from(module.content.is_some());
            self.depth += inside;
            visit::visit_item_mod(self, module);
            self.depth -= inside;
        }
    }
}
