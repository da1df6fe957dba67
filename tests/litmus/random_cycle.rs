//! Cycles at random, for tests of what is made of them.

use proptest::prelude::*;
use tearline::litmus::cycle::{Cycle, Edge};

/// Edges inside of a thread that leave a location for another.
const DIFFERENT: [&str; 8] = [
    "PodWW",
    "PodWR",
    "PodRW",
    "PodRR",
    "MFencedWW",
    "MFencedWR",
    "MFencedRW",
    "MFencedRR",
];

/// Edges inside of a thread that stay where they are.
const SAME: [&str; 9] = [
    "PosWW",
    "PosWR",
    "PosRW",
    "PosRR",
    "MFencesWR",
    "Rfi",
    "Fri",
    "Coi",
    "Exch",
];

/// Cycles with at least two threads, and at most `threads` with at most two edges inside.
pub(crate) fn cycles(threads: usize, different_only: bool) -> impl Strategy<Value = Cycle> {
    let same: &[&str] = if different_only { &[] } else { &SAME };
    let edges: Vec<Edge> = DIFFERENT
        .iter()
        .chain(same)
        .map(|name| Edge::named(name).expect("an edge"))
        .collect();
    let external: Vec<Edge> = ["Rfe", "Fre", "Coe"]
        .iter()
        .map(|name| Edge::named(name).expect("an edge"))
        .collect();
    let picks = proptest::collection::vec(any::<proptest::sample::Index>(), 0..3);
    let thread = (any::<bool>(), picks);
    let threads = proptest::collection::vec(thread, 2..=threads);
    threads.prop_filter_map("no cycle", move |threads| {
        let read = Edge::named("Rfe").map(|edge| edge.target())?;
        let write = Edge::named("Rfe").map(|edge| edge.source())?;
        let first = |at: usize| if threads[at].0 { read } else { write };
        let mut all = Vec::new();
        for (at, (_, picks)) in threads.iter().enumerate() {
            let mut last = first(at);
            for pick in picks {
                let fitting: Vec<Edge> = edges
                    .iter()
                    .copied()
                    .filter(|edge| edge.source() == last)
                    .collect();
                let edge = *pick.get(&fitting);
                last = edge.target();
                all.push(edge);
            }
            let next = first((at + 1) % threads.len());
            all.push(
                *external
                    .iter()
                    .find(|edge| (edge.source(), edge.target()) == (last, next))?,
            );
        }
        Cycle::new(&all).ok()
    })
}
