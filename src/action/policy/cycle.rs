//! Orders that come back to where they started.

use std::collections::{BTreeMap, BTreeSet};

/// Returns every way in which following the names leads back, first name repeated at the end: `a, b, a`.
///
/// One cycle is given for each name that closes one; a name without followers need not be in `edges`. It walks with a
/// stack of its own: a policy is somebody's file, and may be long.
pub(super) fn cycles<'a>(edges: &BTreeMap<&'a str, Vec<&'a str>>) -> Vec<Vec<&'a str>> {
    let mut found = Vec::new();
    let mut done: BTreeSet<&'a str> = BTreeSet::new();
    for start in edges.keys() {
        if done.contains(start) {
            continue;
        }
        let mut path: Vec<(&'a str, usize)> = vec![(*start, 0)];
        let mut is_on_path: BTreeSet<&'a str> = BTreeSet::from([*start]);
        while let Some((name, next)) = path.last_mut() {
            let name: &'a str = name;
            let follower = edges
                .get(name)
                .and_then(|followers| followers.get(*next))
                .copied();
            *next += 1;
            let Some(follower) = follower else {
                done.insert(name);
                is_on_path.remove(name);
                path.pop();
                continue;
            };
            if is_on_path.contains(follower) {
                let from = path.iter().skip_while(|(known, _)| *known != follower);
                let mut cycle: Vec<&'a str> = from.map(|(known, _)| *known).collect();
                cycle.push(follower);
                found.push(cycle);
            } else if !done.contains(follower) {
                is_on_path.insert(follower);
                path.push((follower, 0));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::cycles;
    use std::collections::BTreeMap;

    fn found(edges: &[(&'static str, &[&'static str])]) -> Vec<String> {
        let edges: BTreeMap<&str, Vec<&str>> = edges.iter().map(|(name, to)| (*name, to.to_vec())).collect();
        cycles(&edges).iter().map(|cycle| cycle.join(" ")).collect()
    }

    #[test]
    fn an_order_without_a_cycle_has_none() {
        assert!(found(&[]).is_empty());
        assert!(found(&[("a", &["b", "c"]), ("b", &["c"]), ("c", &[])]).is_empty());
        assert!(found(&[("a", &["unknown"])]).is_empty());
    }

    #[test]
    fn every_cycle_is_shown_with_its_way_back() {
        assert_eq!(found(&[("a", &["a"])]), ["a a"]);
        assert_eq!(found(&[("a", &["b"]), ("b", &["c"]), ("c", &["b"])]), ["b c b"]);
        assert_eq!(
            found(&[("a", &["b"]), ("b", &["a"]), ("x", &["y"]), ("y", &["x"])]),
            ["a b a", "x y x"]
        );
    }

    #[test]
    fn a_long_order_does_not_exhaust_the_stack() {
        let names: Vec<String> = (0..100_000).map(|number| format!("n{number}")).collect();
        let mut edges: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for pair in names.windows(2) {
            edges.insert(pair[0].as_str(), vec![pair[1].as_str()]);
        }
        assert!(cycles(&edges).is_empty());
    }
}
