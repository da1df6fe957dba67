//! The report of a comparison: the same work done by several maps, machines, protocols and
//! numbers of cores, side by side. Every number is made from what runs showed.

mod axis;
mod chart;
mod combination;
mod csv;
mod legend;
mod panel;
mod tables;
mod text;

pub use chart::chart;
pub use combination::{
    CallRow, Combination, CombinationReport, HeapReport, PerCall, TrafficReport, WaitingReport,
    WorkReport,
};
pub use csv::csv;
pub use text::text;

use serde::Serialize;

/// The version of the JSON report: `book/src/reference/compare.schema.json` describes it.
pub const VERSION: u32 = 1;

/// What a comparison showed.
#[derive(Clone, Debug, Serialize)]
pub struct CompareReport {
    /// The version of this structure.
    pub version: u32,
    /// What was done, in words.
    pub title: String,
    /// How many seeds were asked for, for each combination.
    pub seeds: u64,
    /// How many runs were to be made in all.
    pub planned: u64,
    /// How many were made; fewer if stopped early.
    pub runs: u64,
    /// Every combination that was asked for.
    pub combinations: Vec<CombinationReport>,
}
