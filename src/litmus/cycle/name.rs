//! What a cycle is called: its family, and what is between the first and the last event of each
//! thread that has two, in the words of diy.

use super::family::Shape;
use super::{Cycle, label};

impl Cycle {
    /// The name of its test, such as `SB+mfence+po`. No other cycle has it.
    #[must_use]
    pub fn name(&self) -> String {
        let threads = self.threads().map(|thread| &thread[..thread.len() - 1]);
        let labels = threads.filter(|inner| !inner.is_empty()).map(label::of);
        let labels: Vec<String> = labels.collect();
        let usual = usual(labels.len());
        let mut name = Shape::of(self).name();
        let same = labels.iter().all(|label| *label == labels[0]);
        match (same, &labels[..]) {
            (true, [label, ..]) if *label == usual => {}
            (true, [label, _, ..]) => name += &format!("+{label}s"),
            _ => labels.iter().for_each(|label| name += &format!("+{label}")),
        }
        name
    }
}

/// What is between two events where a name says nothing. A single thread cannot go to another
/// location and come back with one edge, so it stays.
pub(super) fn usual(labels: usize) -> &'static str {
    match labels {
        1 => "pos",
        _ => "po",
    }
}
