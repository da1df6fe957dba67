//! The work on one test after another.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::sync::atomic::{AtomicBool, Ordering};

use indicatif::ProgressBar;
use rayon::prelude::*;

use crate::cli::failure::Failure;
use crate::drive::Ending;
use crate::drive::interleave::Options;
use crate::litmus::{Hardware, Setup, Test};
use crate::report::counted;
use crate::report::litmus::{LitmusReport, schedule, wanted};
use crate::trace::Schedule;

/// A test's file is smaller than this, in bytes.
const MAX_BYTES: u64 = 1 << 20;
/// So many seeds are run before anyone looks whether to stop.
const SEEDS_AT_ONCE: u64 = 1 << 12;

/// What is done with each test.
pub(super) struct Work {
    pub(super) hardware: Hardware,
    pub(super) options: Options,
    /// With so many seeds instead of all interleavings.
    pub(super) random: Option<u64>,
    /// Along this way only.
    pub(super) schedule: Option<Schedule>,
    /// Whether the shortest ways are looked for.
    pub(super) schedules: bool,
    pub(super) stop: &'static AtomicBool,
}

impl Work {
    /// All of them, several at a time, in their order.
    pub(super) fn all(
        &self,
        files: &[String],
        bar: &ProgressBar,
    ) -> Vec<Result<LitmusReport, Failure>> {
        let one = |file: &String| {
            // With seeds, and for one test, a bar counts something smaller than tests.
            let inside = self.random.is_some() || bar.length().is_none();
            let report = self.one(file, inside.then_some(bar));
            bar.inc(u64::from(!inside));
            report
        };
        files.par_iter().map(one).collect()
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    fn one(&self, file: &str, bar: Option<&ProgressBar>) -> Result<LitmusReport, Failure> {
        let test = read(file)?;
        let setup = Setup::new(&test, &self.hardware)
            .map_err(|why| Failure::usage(format!("{file}: {why}")))?;
        let ended = |ending: Ending| Failure::usage(format!("{file}: {}", describe(&ending)));
        if let Some(schedule) = &self.schedule {
            return follow(file, &test, &setup, schedule);
        }
        if let Some(seeds) = self.random {
            let (runs, states) = self.count(&setup, seeds, bar).map_err(ended)?;
            let states = states.iter().map(|(values, &count)| (values, count));
            return Ok(LitmusReport::runs(file, &test, &setup, runs, states));
        }
        let mut goes_on = |states| {
            bar.inspect(|bar| bar.set_position(states));
            !self.is_stopped()
        };
        let outcomes = setup.explore(&self.options, &mut goes_on).map_err(ended)?;
        let mut report = LitmusReport::explored(file, &test, &setup, &outcomes);
        if self.schedules {
            let wanted = wanted(&test.condition);
            let is_wanted = |values: &Vec<u64>| setup.holds(&wanted, values);
            if outcomes.states.iter().any(is_wanted) {
                let mut is_wanted = |values: &[u64]| setup.holds(&wanted, values);
                let steps = setup.shortest(&self.options, &mut is_wanted);
                if let Some(steps) = steps.map_err(ended)? {
                    report.schedule = Some(schedule(&setup, &steps).map_err(ended)?);
                }
            }
        }
        Ok(report)
    }

    /// How often each final state comes, and in how many runs.
    fn count(
        &self,
        setup: &Setup<'_>,
        seeds: u64,
        bar: Option<&ProgressBar>,
    ) -> Result<(u64, BTreeMap<Vec<u64>, u64>), Ending> {
        let mut counts = BTreeMap::new();
        let mut runs = 0;
        while runs < seeds && !self.is_stopped() {
            let to = seeds.min(runs + SEEDS_AT_ONCE);
            let states: Result<Vec<_>, Ending> = (runs..to)
                .into_par_iter()
                .map(|seed| setup.run(seed))
                .collect();
            for state in states?.into_iter().flatten() {
                *counts.entry(state).or_default() += 1;
            }
            bar.inspect(|bar| bar.inc(to - runs));
            runs = to;
        }
        Ok((runs, counts))
    }
}

/// Takes the steps of a schedule from a file.
fn follow(
    file: &str,
    test: &Test,
    setup: &Setup<'_>,
    named: &Schedule,
) -> Result<LitmusReport, Failure> {
    let from = named.file.as_deref().expect("it stands in a file");
    let ended = |ending| match ending {
        Ending::Misfit(misfit) => Failure::Invalid(misfit.in_file(from)),
        ending => Failure::usage(format!("{file}: {}", describe(&ending))),
    };
    let followed = setup.follow(named).map_err(ended)?;
    let mut report = LitmusReport::followed(file, test, setup, from, &followed);
    report.schedule = Some(schedule(setup, &followed.steps).map_err(ended)?);
    Ok(report)
}

/// The test in a file.
pub(in crate::cli) fn read(file: &str) -> Result<Test, Failure> {
    let reading = |error| Failure::reading(file, &error);
    let mut bytes = Vec::new();
    let input = File::open(file).map_err(reading)?;
    let read = input.take(MAX_BYTES + 1).read_to_end(&mut bytes);
    read.map_err(reading)?;
    if bytes.len() as u64 > MAX_BYTES {
        let why = format!("{file}: a litmus test of more than {MAX_BYTES} bytes");
        return Err(Failure::usage(why));
    }
    Ok(Test::parse(file, &String::from_utf8_lossy(&bytes))?)
}

/// Why a test did not come to its end.
fn describe(ending: &Ending) -> String {
    match ending {
        Ending::Fault(thread, addr, bytes) => {
            let bytes = counted(*bytes, "byte");
            format!("{thread} accesses {bytes} at {addr}, in no location")
        }
        Ending::Unsupported(thread, what) => format!("{thread}: {what}"),
        Ending::Violation(violation) => format!("the protocol goes wrong: {violation}"),
        Ending::Stuck(_) => "the threads wait for each other for ever".to_owned(),
        other => format!("{other:?}"),
    }
}
