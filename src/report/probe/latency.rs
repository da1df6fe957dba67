//! How long accesses took on the real processor.

use std::fmt::Write as _;

use serde::Serialize;

use super::heading::{Heading, Two};
use crate::probe::latency::{Clock, Question, Seen};
use crate::report::table::Table;

/// The version of the JSON form.
const VERSION: u32 = 1;

/// With fewer samples percentiles say little: the 5 % are a few samples.
const ENOUGH: u64 = 100;

/// How long accesses took.
#[derive(Clone, Debug, Serialize)]
pub struct LatencyReport {
    /// The version of this form.
    pub version: u32,
    /// Which machine was asked, when and how.
    #[serde(flatten)]
    pub heading: Heading,
    /// What was measured, pair by pair.
    pub pairs: Vec<PairReport>,
    /// How many pairs this process could have asked.
    pub possible_pairs: u64,
    /// Every question was asked of each pair, and had enough samples.
    pub complete: bool,
}

/// What was measured of two processors. The first (`writer`) held the clock.
#[derive(Clone, Debug, Serialize)]
pub struct PairReport {
    /// The two.
    #[serde(flatten)]
    pub two: Two,
    /// The clocks as they were measured before.
    pub clock: Clock,
    /// Question by question.
    pub seen: Vec<Seen>,
}

impl LatencyReport {
    /// The report of what was measured of `wanted` pairs, out of so many possible ones.
    #[must_use]
    pub fn new(
        heading: Heading,
        pairs: Vec<PairReport>,
        wanted: usize,
        possible: usize,
    ) -> LatencyReport {
        let enough = |seen: &Seen| seen.samples >= ENOUGH;
        let whole = |pair: &PairReport| {
            pair.seen.len() == Question::ALL.len() && pair.seen.iter().all(enough)
        };
        LatencyReport {
            version: VERSION,
            heading,
            complete: pairs.len() == wanted && pairs.iter().all(whole),
            pairs,
            possible_pairs: possible as u64,
        }
    }
}

/// What is said of a question.
pub(super) fn words(question: Question) -> &'static str {
    match question {
        Question::RoundTrip => "line to and fro, there and back",
        Question::ReadModified => "load, the other modified it",
        Question::ReadShared => "load, both have it",
        Question::Upgrade => "store, both have it",
        Question::LockedOneLine => "locked add, both in one line",
        Question::LockedTwoLines => "locked add, each in its own",
        Question::PlainOneLine => "plain add, both in one line",
        Question::PlainTwoLines => "plain add, each in its own",
        Question::SplitRead => "load across two lines of its own",
        Question::SplitReadModified => "load across two, the other modified them",
        Question::SplitStore => "store across two lines of its own",
        Question::SplitStoreModified => "store across two, the other modified them",
    }
}

/// The report in words.
#[must_use]
pub fn render_latency(report: &LatencyReport) -> String {
    let mut out = String::new();
    report.heading.render(&mut out);
    for pair in &report.pairs {
        out.push('\n');
        one(&mut out, pair);
    }
    // Writing to a String cannot fail.
    if report.pairs.len() as u64 != report.possible_pairs {
        let _ = writeln!(
            out,
            "\n{} of {} pairs were asked",
            report.pairs.len(),
            report.possible_pairs
        );
    }
    let all = || report.pairs.iter().flat_map(|pair| &pair.seen);
    let alone: u64 = all().map(|seen| seen.alone).sum();
    if alone > 0 {
        let _ = writeln!(
            out,
            "left out: {alone} batches of adds in which the other processor did next to nothing"
        );
    }
    if all().any(|seen| seen.samples < ENOUGH) {
        let _ = writeln!(out, "few: less than {ENOUGH} samples say little");
    }
    out
}

fn one(out: &mut String, pair: &PairReport) {
    let (two, clock) = (&pair.two, &pair.clock);
    let _ = writeln!(
        out,
        "processors {} and {}, {}: processor {} holds the clock",
        two.pair.writer,
        two.pair.reader,
        two.shared(),
        two.pair.writer
    );
    let _ = writeln!(
        out,
        "{:.2} cycles a ns; time stamps go in steps of {:.1} ns, and of a load they take {:.1} ns, of a \
         store with its fence {:.1} ns, which are subtracted",
        clock.core_ghz,
        clock.ns(clock.step_ticks as f64),
        clock.ns(clock.load_overhead),
        clock.ns(clock.store_overhead)
    );
    let heading = [
        "ns", "5 %", "25 %", "median", "75 %", "95 %", "mean", "cycles", "samples", "",
    ];
    let mut table = Table::new(heading.map(str::to_owned));
    for seen in &pair.seen {
        let ns = &seen.ns;
        let mut row = vec![words(seen.question).to_owned()];
        let numbers = [ns.p5, ns.p25, ns.p50, ns.p75, ns.p95, ns.mean];
        row.extend(numbers.map(|number| format!("{number:.1}")));
        row.push(format!("{:.0}", seen.cycles.p50));
        row.push(seen.samples.to_string());
        row.push(if seen.samples < ENOUGH { "few" } else { "" }.to_owned());
        table.row(row);
    }
    let _ = write!(out, "{table}");
}
