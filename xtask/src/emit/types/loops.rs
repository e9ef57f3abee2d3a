//! Types that hold themselves: where a box has to be.

use std::collections::{BTreeMap, BTreeSet};

use crate::lower::{Definition, Loops, TypeRef};

/// Each pair of types that lie on a common circle of holding.
pub(super) fn loops(types: &BTreeMap<String, Definition>) -> Loops {
    let edges: BTreeMap<&str, BTreeSet<&str>> = types
        .iter()
        .map(|(name, definition)| {
            let held = definition.shape.held().into_iter().filter_map(|ty| match ty.bare() {
                TypeRef::Named(held) => Some(held.as_str()),
                _ => None,
            });
            (name.as_str(), held.collect())
        })
        .collect();
    let groups = components(&edges);
    let mut found = Loops::new();
    for (holder, held) in &edges {
        for held in held {
            let together = groups.get(holder) == groups.get(held);
            if together && (holder != held || edges.get(holder).is_some_and(|own| own.contains(holder))) {
                found.insert(((*holder).to_owned(), (*held).to_owned()));
            }
        }
    }
    found
}

/// The number of the strongly connected component of each node (Tarjan's algorithm, without recursion).
fn components<'n>(edges: &BTreeMap<&'n str, BTreeSet<&'n str>>) -> BTreeMap<&'n str, usize> {
    let mut order: BTreeMap<&str, usize> = BTreeMap::new();
    let mut low: BTreeMap<&str, usize> = BTreeMap::new();
    let mut group: BTreeMap<&str, usize> = BTreeMap::new();
    let mut waiting: Vec<&str> = Vec::new();
    for start in edges.keys() {
        if order.contains_key(start) {
            continue;
        }
        let mut path: Vec<(&str, Vec<&str>)> = Vec::new();
        let mut enter: Option<&str> = Some(start);
        loop {
            if let Some(node) = enter.take() {
                let number = order.len();
                order.insert(node, number);
                low.insert(node, number);
                waiting.push(node);
                let next = edges.get(node).into_iter().flatten().copied().collect();
                path.push((node, next));
            }
            let Some((node, next)) = path.last_mut() else { break };
            let node = *node;
            if let Some(to) = next.pop() {
                if !order.contains_key(to) {
                    enter = Some(to);
                } else if !group.contains_key(to) {
                    let reached = order[to].min(low[node]);
                    low.insert(node, reached);
                }
                continue;
            }
            path.pop();
            if low[node] == order[node] {
                let number = group.len();
                while let Some(member) = waiting.pop() {
                    group.insert(member, number);
                    if member == node {
                        break;
                    }
                }
            }
            if let Some((parent, _)) = path.last() {
                let reached = low[node].min(low[parent]);
                low.insert(parent, reached);
            }
        }
    }
    group
}
