//! Nodes that import each other.

use std::collections::{BTreeMap, BTreeSet};

/// Each node and the nodes that it imports.
pub(super) type Graph = BTreeMap<String, BTreeSet<String>>;

/// A circle of the graph, as the path from a node back to itself.
pub(super) fn find_circle(graph: &Graph) -> Option<Vec<String>> {
    let left = without_ends(graph);
    let mut path = vec![left.keys().next()?.clone()];
    loop {
        let next = left[path.last()?].iter().find(|node| left.contains_key(*node))?.clone();
        let start = path.iter().position(|node| *node == next);
        path.push(next);
        if let Some(start) = start {
            return Some(path.split_off(start));
        }
    }
}

/// The nodes that import a circle or are on one.
fn without_ends(graph: &Graph) -> Graph {
    let mut left = graph.clone();
    loop {
        let is_end = |to: &BTreeSet<String>| to.iter().all(|node| !left.contains_key(node));
        let Some(end) = left.iter().find(|(_, to)| is_end(to)).map(|(node, _)| node.clone()) else {
            return left;
        };
        left.remove(&end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(edges: &[(&str, &[&str])]) -> Graph {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        edges.iter().map(|(from, to)| ((*from).to_owned(), names(to))).collect()
    }

    #[test]
    fn a_line_is_no_circle() {
        assert_eq!(find_circle(&graph(&[("a", &["b", "c"]), ("b", &["c"]), ("c", &[])])), None);
    }

    #[test]
    fn a_circle_is_a_path_from_a_node_to_itself() {
        let graph = graph(&[("a", &["b"]), ("b", &["d", "c"]), ("c", &["b"]), ("d", &[])]);
        assert_eq!(find_circle(&graph).unwrap(), ["b", "c", "b"]);
    }
}
