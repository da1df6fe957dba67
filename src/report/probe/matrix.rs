//! One number for each two processors: how long a line takes to and fro.

use std::fmt::Write as _;

use super::latency::LatencyReport;
use crate::probe::latency::Question;

/// A number of nanoseconds for each two processors, where there is one. It does not matter which of the
/// two held the clock.
#[derive(Clone, Debug, PartialEq)]
pub struct Matrix {
    /// The processors, in the order of their numbers.
    processors: Vec<u32>,
    /// Row by row.
    cells: Vec<Option<f64>>,
}

impl Matrix {
    /// The matrix of these pairs of processors and their numbers.
    #[must_use]
    pub fn new(pairs: &[(u32, u32, f64)]) -> Matrix {
        let mut processors: Vec<u32> = pairs
            .iter()
            .flat_map(|&(one, other, _)| [one, other])
            .collect();
        processors.sort_unstable();
        processors.dedup();
        let count = processors.len();
        let mut cells = vec![None; count * count];
        let at = |processor| processors.binary_search(&processor).expect("it is listed");
        for &(one, other, ns) in pairs {
            let (one, other) = (at(one), at(other));
            cells[one * count + other] = Some(ns);
            cells[other * count + one] = Some(ns);
        }
        Matrix { processors, cells }
    }

    /// The medians of round trips.
    #[must_use]
    pub fn of(report: &LatencyReport) -> Matrix {
        let pairs = report.pairs.iter().filter_map(|report| {
            let mut seen = report.seen.iter();
            let trips = seen.find(|seen| seen.question == Question::RoundTrip)?;
            let pair = report.two.pair;
            Some((pair.writer, pair.reader, trips.ns.p50))
        });
        Matrix::new(&pairs.collect::<Vec<_>>())
    }

    /// The processors.
    pub(super) fn processors(&self) -> &[u32] {
        &self.processors
    }

    /// The number of two processors by their places in the list.
    pub(super) fn at(&self, row: usize, column: usize) -> Option<f64> {
        self.cells[row * self.processors.len() + column]
    }

    /// The least and the greatest number, if there is any.
    pub(super) fn range(&self) -> Option<(f64, f64)> {
        let known = || self.cells.iter().flatten().copied();
        known().next()?;
        Some((
            known().fold(f64::INFINITY, f64::min),
            known().fold(f64::NEG_INFINITY, f64::max),
        ))
    }

    /// As comma-separated values (RFC 4180): a line and a column for each processor, nothing where
    /// nothing was measured.
    #[must_use]
    pub fn csv(&self) -> String {
        let mut out = "ns".to_owned();
        // Writing to a String cannot fail.
        for processor in &self.processors {
            let _ = write!(out, ",{processor}");
        }
        out.push('\n');
        for (row, processor) in self.processors.iter().enumerate() {
            let _ = write!(out, "{processor}");
            for column in 0..self.processors.len() {
                out.push(',');
                if let Some(ns) = self.at(row, column) {
                    let _ = write!(out, "{ns:.1}");
                }
            }
            out.push('\n');
        }
        out
    }
}
