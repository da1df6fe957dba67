//! The report of many replays of one trace.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{VERSION, counted};
use crate::drive::stepped::{Bound, Pct};
use crate::replay::{Example, Replay, Tally, Verdict};
use crate::trace::Error;

/// At most this many kinds of torn values and of results are shown.
const SHOWN: usize = 24;

/// How often what came.
#[derive(Clone, Debug, Serialize)]
pub struct SeedsReport {
    /// The version of this structure.
    pub version: u32,
    /// The trace's file.
    pub trace: String,
    /// The trace's title.
    pub title: String,
    /// The machine's name.
    pub machine: String,
    /// How many cores it has.
    pub cores: usize,
    /// The protocol's name.
    pub protocol: String,
    /// How it was chosen what happens next.
    pub strategy: &'static str,
    /// What the strategy promises, in words; null if nothing.
    pub promise: Option<String>,
    /// How many seeds were asked for: those from 0 on.
    pub seeds: u64,
    /// How many runs were made; fewer if stopped early.
    pub runs: u64,
    /// Runs by what they showed; a run that shows several counts for each.
    pub outcomes: Vec<OutcomeRow>,
    /// Of the runs that went wrong, who would have said so.
    pub reckoning: ReckoningReport,
    /// Runs by how a map call was wrong.
    pub wrong: Vec<KindRow>,
    /// Runs by what is wrong with the structure of a map at the end.
    pub faults: Vec<KindRow>,
    /// Runs by what a torn value looked like.
    pub torn: Vec<TornRow>,
    /// Runs that came to their end, by the results that the trace gives names to.
    pub results: Vec<ValuesRow>,
    /// How many further kinds of torn values and of results were seen.
    pub not_shown: u64,
}

/// Runs that showed something.
#[derive(Clone, Debug, Serialize)]
pub struct OutcomeRow {
    /// What.
    pub outcome: &'static str,
    /// A runtime's text, where there is one.
    pub text: Option<&'static str>,
    /// How many.
    pub runs: u64,
    /// The lowest of their seeds; null if there was none.
    pub seed: Option<u64>,
}

/// Of the runs that went wrong, who would have said so.
#[derive(Clone, Debug, Serialize)]
pub struct ReckoningReport {
    /// Runs that went wrong: they show something other than `ok` and data races.
    pub wrong: u64,
    /// Runs in which calls of different threads to one map overlapped in time, wrong or not.
    pub overlapped: u64,
    /// Of the wrong ones those that the runtime's own check ended.
    pub caught: u64,
    /// Those in which a race detector would have reported something; null if races were not
    /// looked for.
    pub raced: Option<u64>,
    /// Those that nobody would have noticed: no fatal error, exception, crash or hang.
    pub silent: u64,
    /// The lowest of their seeds; null if there is none.
    pub silent_seed: Option<u64>,
    /// Those of them in which a race detector would have reported something.
    pub silent_raced: Option<u64>,
    /// Runs that went right, and in which a race detector would have reported something.
    pub right_raced: Option<u64>,
}

/// Runs that show something of one kind.
#[derive(Clone, Debug, Serialize)]
pub struct KindRow {
    /// Which.
    pub kind: &'static str,
    /// How many.
    pub runs: u64,
    /// The lowest of their seeds.
    pub seed: u64,
}

/// Runs in which a value was torn in the same way.
#[derive(Clone, Debug, Serialize)]
pub struct TornRow {
    /// The value as a little-endian number, in hexadecimal.
    pub value: String,
    /// At which of its bytes those of another write begin.
    pub cut_at: Vec<usize>,
    /// At which of its bytes a cache line begins.
    pub line_begins_at: Vec<usize>,
    /// How many.
    pub runs: u64,
    /// The lowest of their seeds.
    pub seed: u64,
}

/// Runs with the same results.
#[derive(Clone, Debug, Serialize)]
pub struct ValuesRow {
    /// By name, in hexadecimal; null where a map had no such key.
    pub values: BTreeMap<String, Option<String>>,
    /// How many.
    pub runs: u64,
    /// The lowest of their seeds.
    pub seed: u64,
}

impl SeedsReport {
    /// Makes the report of a tally.
    #[must_use]
    pub fn new(replay: &Replay, seeds: u64, tally: &Tally) -> SeedsReport {
        let hidden = |len: usize| len.saturating_sub(SHOWN) as u64;
        SeedsReport {
            version: VERSION,
            trace: replay.trace().file().to_owned(),
            title: replay.trace().header().title.clone(),
            machine: replay.config().name.clone(),
            cores: replay.config().cores,
            protocol: replay.protocol().name().to_owned(),
            strategy: replay.strategy().name(),
            promise: None,
            seeds,
            runs: tally.runs,
            outcomes: outcomes(replay, tally),
            reckoning: reckoning(replay, tally),
            wrong: kinds(&tally.wrong),
            faults: kinds(&tally.faults),
            torn: most_first(&tally.torn)
                .map(|(shape, example)| TornRow {
                    value: shape
                        .value
                        .iter()
                        .rev()
                        .fold("0x".to_owned(), |text, byte| text + &format!("{byte:02x}")),
                    cut_at: shape.cuts.clone(),
                    line_begins_at: shape.lines.clone(),
                    runs: example.runs,
                    seed: example.seed,
                })
                .collect(),
            results: most_first(&tally.named)
                .map(|(named, example)| {
                    let hex = |value: u128| format!("{value:#x}");
                    let values = named.values.iter();
                    let values = values.map(|(name, value)| (name.to_string(), value.map(hex)));
                    let (runs, seed) = (example.runs, example.seed);
                    ValuesRow {
                        values: values.collect(),
                        runs,
                        seed,
                    }
                })
                .collect(),
            not_shown: hidden(tally.torn.len()) + hidden(tally.named.len()),
        }
    }
}

impl SeedsReport {
    /// Says how many runs show a bug of a depth at least once (`--strategy pct`).
    ///
    /// # Errors
    /// When the trace can no longer be read.
    pub fn bound(&mut self, replay: &Replay, depth: u32) -> Result<(), Error> {
        let (threads, steps) = (replay.trace().threads().len(), replay.steps_of_a_run()?);
        // Each store buffer counts as a thread.
        let runs = Pct::runs_for_one(2 * threads, steps, depth);
        self.promise = Some(format!(
            "a bug of depth {depth} shows in at least one of {runs:.0} runs on average \
             ({threads} threads with store buffers, {steps} steps)"
        ));
        Ok(())
    }

    /// Says which schedules were tried (`--strategy exhaustive`).
    pub fn explored(&mut self, bound: Bound, equal: u64, complete: bool) {
        let which = match bound {
            Bound::None => "all schedules".to_owned(),
            Bound::Deviations(most) => {
                let times = counted(most as usize, "time");
                format!("all schedules that leave the usual one at most {times}")
            }
        };
        let tried = match complete {
            true => format!("complete: {which} were tried"),
            false => format!("bounded: not {which} were tried"),
        };
        self.promise = Some(match equal {
            0 => tried,
            _ => format!("{tried}; {equal} begun and given up as equal to others"),
        });
    }
}

fn most_first<K: Ord>(rows: &BTreeMap<K, Example>) -> impl Iterator<Item = (&K, &Example)> {
    let mut rows: Vec<_> = rows.iter().collect();
    rows.sort_by_key(|(_, example)| std::cmp::Reverse(example.runs));
    rows.into_iter().take(SHOWN)
}

fn reckoning(replay: &Replay, tally: &Tally) -> ReckoningReport {
    let reckoning = &tally.reckoning;
    let looked_for = |runs: u64| replay.looks_for_races().then_some(runs);
    ReckoningReport {
        wrong: reckoning.wrong,
        overlapped: reckoning.overlapped,
        caught: reckoning.caught,
        raced: looked_for(reckoning.raced),
        silent: reckoning.silent.map_or(0, |example| example.runs),
        silent_seed: reckoning.silent.map(|example| example.seed),
        silent_raced: looked_for(reckoning.silent_raced),
        right_raced: looked_for(reckoning.right_raced),
    }
}

fn kinds(kinds: &BTreeMap<&'static str, Example>) -> Vec<KindRow> {
    let rows = most_first(kinds);
    rows.map(|(kind, example)| KindRow {
        kind,
        runs: example.runs,
        seed: example.seed,
    })
    .collect()
}

/// All usual outcomes, seen or not, and the others if seen.
pub(super) fn outcomes(replay: &Replay, tally: &Tally) -> Vec<OutcomeRow> {
    let mut rows = Vec::new();
    for verdict in Verdict::ALL {
        let example = tally.verdicts.get(&verdict);
        let usual = match verdict {
            Verdict::Violation | Verdict::Unsupported | Verdict::Exception => false,
            Verdict::DataRace => replay.looks_for_races(),
            _ => true,
        };
        if usual || example.is_some() {
            rows.push(row(verdict, None, example));
        }
        if verdict == Verdict::FatalError {
            let texts = tally.fatal.iter();
            rows.extend(texts.map(|(text, example)| row(verdict, Some(text), Some(example))));
        }
    }
    rows
}

fn row(verdict: Verdict, text: Option<&'static str>, example: Option<&Example>) -> OutcomeRow {
    OutcomeRow {
        outcome: verdict.name(),
        text,
        runs: example.map_or(0, |example| example.runs),
        seed: example.map(|example| example.seed),
    }
}
