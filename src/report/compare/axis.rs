//! What changes from one column of a comparison to the next, and what stays.

use super::{CombinationReport, CompareReport};

/// What a table or a drawing has from left to right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Axis {
    /// The share of gets.
    Reads,
    /// The number of cores.
    Cores,
}

/// The combinations of a table or a drawing: in everything else but their map they are the same.
pub(super) struct Slice<'a> {
    /// What it shows, in words.
    pub(super) title: String,
    /// Its columns, from left to right.
    pub(super) columns: Vec<String>,
    /// Its maps, each with the combination of each column.
    pub(super) maps: Vec<(&'static str, Vec<&'a CombinationReport>)>,
}

impl Axis {
    fn value(self, combination: &CombinationReport) -> String {
        match self {
            Axis::Reads => percent(combination),
            Axis::Cores => combination.cores.to_string(),
        }
    }

    /// What its values are.
    pub(super) fn name(self) -> &'static str {
        match self {
            Axis::Reads => "gets, % of all calls",
            Axis::Cores => "cores",
        }
    }

    /// How many values it has in a report.
    pub(super) fn len(self, report: &CompareReport) -> usize {
        distinct(
            report
                .combinations
                .iter()
                .map(|combination| self.value(combination)),
        )
        .len()
    }

    /// The report in slices along this axis, in the order of its combinations.
    pub(super) fn slices(self, report: &CompareReport) -> Vec<Slice<'_>> {
        let titles = distinct(
            report
                .combinations
                .iter()
                .map(|combination| self.rest(combination)),
        );
        let slices = titles.into_iter().map(|title| {
            let combinations = report
                .combinations
                .iter()
                .filter(|combination| self.rest(combination) == title);
            let columns = distinct(
                combinations
                    .clone()
                    .map(|combination| self.value(combination)),
            );
            let maps = distinct(combinations.clone().map(|combination| combination.map));
            let row = |map| {
                (
                    map,
                    combinations
                        .clone()
                        .filter(|combination| combination.map == map)
                        .collect(),
                )
            };
            let maps = maps.into_iter().map(row).collect();
            Slice {
                title,
                columns,
                maps,
            }
        });
        slices.collect()
    }

    /// All that a combination is, but for its map and this axis.
    fn rest(self, combination: &CombinationReport) -> String {
        let (machine, protocol) = (&combination.machine, &combination.protocol);
        match self {
            Axis::Reads => {
                let (cores, threads) = (cores(combination), threads(combination));
                format!("{machine} ({cores}), {protocol}, {threads}")
            }
            Axis::Cores if combination.reads.is_some() => {
                format!("{machine}, {protocol}, {} % gets", percent(combination))
            }
            Axis::Cores => format!("{machine}, {protocol}"),
        }
    }
}

/// A combination in words, without its map.
pub(super) fn setting(combination: &CombinationReport) -> String {
    match combination.reads {
        Some(_) => format!(
            "{}, {} % gets",
            Axis::Reads.rest(combination),
            percent(combination)
        ),
        None => Axis::Reads.rest(combination),
    }
}

fn percent(combination: &CombinationReport) -> String {
    combination
        .reads
        .map_or("-".to_owned(), |reads| reads.to_string())
}

fn cores(combination: &CombinationReport) -> String {
    crate::report::counted(combination.cores as usize, "core")
}

fn threads(combination: &CombinationReport) -> String {
    crate::report::counted(combination.threads.into(), "thread")
}

/// Each of them once, in the order of their first time.
pub(super) fn distinct<T: PartialEq>(all: impl Iterator<Item = T>) -> Vec<T> {
    let mut seen = Vec::new();
    for one in all {
        if !seen.contains(&one) {
            seen.push(one);
        }
    }
    seen
}
