//! Makes the report of one replay from what its observers saw.

use std::collections::{BTreeMap, BTreeSet};

use super::one::{
    FatalReport, Finding, FirstReport, ReplayReport, TornPart, TornReport, WrongReport,
};
use super::versions::VersionsReport;
use super::{VERSION, counted};
use crate::drive::{Ended, Ending};
use crate::machine::{Call, Core, Thread};
use crate::memory::WriteId;
use crate::observe::{
    Contention, Counters, Details, Findings, History, Objects, Races, TornRead, TornReads, Traffic,
    WrongWhy,
};
use crate::protocol::Protocol;
use crate::replay::{Outcome, Replay};
use crate::trace::Error;

/// At most this many torn reads and wrong values are shown in full.
const SHOWN: usize = 20;

/// Makes the report of a run from what its observers saw; there is no seed if it was in the
/// order of the trace.
///
/// # Errors
/// When the trace can no longer be read.
pub fn build(
    replay: &Replay,
    seed: Option<u64>,
    outcome: &Outcome,
    findings: &Findings,
    traffic: &Traffic,
    details: &Details,
) -> Result<ReplayReport, Error> {
    let Findings {
        torn,
        history,
        named,
        thrown,
        races,
        overlap: _,
    } = findings;
    let Traffic {
        counters,
        cells,
        contention,
    } = traffic;
    let mut lines = Texts::lines(torn, history, contention, races.as_ref());
    lines.extend(died::lines(details));
    let locksets = locksets(details);
    lines.extend(locks::lines(&locksets));
    let texts = Texts(replay.trace().texts(&lines)?);
    let objects = &details.objects;
    let (trace, config) = (replay.trace(), replay.config());
    let threads = trace.threads().iter().take(config.cores).zip(0..);
    let working = threads
        .filter(|(thread, _)| thread.operations > 0)
        .map(|(_, core)| core);
    let counted = |core: u8| {
        let of_core = counters.cores()[usize::from(core)];
        counter_report(Some(core), of_core, cells, [Core(core)])
    };
    let all = (0..config.cores).map(|core| Core(core as u8));
    let hex = |value: &u128| format!("{value:#x}");
    Ok(ReplayReport {
        version: VERSION,
        trace: trace.file().to_owned(),
        title: trace.header().title.clone(),
        machine: config.name.clone(),
        cores: config.cores,
        protocol: replay.protocol().name().to_owned(),
        order: match seed {
            Some(_) => "time",
            None => "trace",
        },
        seed,
        cycles: outcome.ended.cycle,
        outcome: outcome
            .verdicts
            .iter()
            .map(|verdict| verdict.name())
            .collect(),
        first: outcome.first.map(|(verdict, cycle)| FirstReport {
            outcome: verdict.name(),
            cycle,
        }),
        ending: ending(replay, &outcome.ended.ending),
        exceptions: thrown
            .found()
            .iter()
            .map(|thrown| exception(thrown, details, &texts))
            .collect(),
        faults: outcome
            .faults
            .iter()
            .map(|fault| fault_report(trace, fault))
            .collect(),
        data_races: races.as_ref().map_or(0, Races::count),
        races: race_reports(races.as_ref(), &texts),
        fatal: fatal(&outcome.ended, history, details, &texts),
        torn_reads: torn.count(),
        torn: torn
            .found()
            .iter()
            .take(SHOWN)
            .map(|read| torn_report(replay, read, &texts, objects))
            .collect(),
        forgotten_writes: torn.forgotten(),
        wrong_values: history.count(),
        wrong: history
            .found()
            .iter()
            .take(SHOWN)
            .map(|wrong| WrongReport {
                thread: (wrong.thread != Thread::SETUP).then_some(wrong.thread.0),
                line: wrong.line,
                operation: texts.of(wrong.line),
                cycle: wrong.cycle,
                kind: wrong.why.name(),
                why: why(wrong.call, wrong.why, &texts),
            })
            .collect(),
        locksets: locksets
            .iter()
            .map(|lockset| lockset_report(lockset, &details.objects, &texts))
            .collect(),
        locksets_bounded: details.locksets.is_used() && details.locksets.is_bounded(),
        versions: details
            .versions
            .maps()
            .map(|(map, versions)| {
                let name = trace.header().maps[usize::from(map)].name.to_string();
                VersionsReport::new(name, versions)
            })
            .collect(),
        results: named
            .values
            .iter()
            .map(|(name, value)| (name.to_string(), value.as_ref().map(hex)))
            .collect(),
        bus_busy_cycles: counters.bus_busy_cycles(),
        messages: messages(replay, counters),
        total: counter_report(None, counters.total(), cells, all),
        per_core: working.map(counted).collect(),
        lines: line_reports(contention, torn, &texts, objects),
        final_states: None,
    })
}

fn messages(replay: &Replay, counters: &Counters) -> BTreeMap<String, u64> {
    let Protocol::Network(network) = replay.protocol() else {
        return BTreeMap::new();
    };
    let kinds = network.kinds.iter().enumerate();
    kinds
        .map(|(kind, definition)| (definition.name.clone(), counters.messages(kind)))
        .collect()
}

mod died;
mod locks;
mod races;
mod traffic;
use died::{death, died_report, exception};
use locks::{lockset_report, locksets};
use races::{fault_report, race_reports};
use traffic::{counter_report, line_reports};

/// The words of the trace's lines that a report mentions.
struct Texts(BTreeMap<u32, String>);

impl Texts {
    /// The lines that findings mention.
    fn lines(
        torn: &TornReads,
        history: &History,
        contention: &Contention,
        races: Option<&Races>,
    ) -> BTreeSet<u32> {
        let mut lines = BTreeSet::new();
        for read in torn.found().iter().take(SHOWN) {
            lines.insert(read.line);
            lines.extend(read.seen.iter().map(|seen| seen.line));
        }
        for wrong in history.found().iter().take(SHOWN) {
            lines.insert(wrong.line);
            lines.extend(
                match wrong.why {
                    WrongWhy::NeverPut | WrongWhy::Duplicate { .. } | WrongWhy::WrongLen { .. } => {
                        [0, 0]
                    }
                    WrongWhy::OtherKey { line, .. } => [line, 0],
                    WrongWhy::Replaced { old, new } => [old, new],
                    WrongWhy::Lost { put } | WrongWhy::Missed { put, .. } => [put, 0],
                    WrongWhy::Resurrected { put, delete } => [put, delete],
                    WrongWhy::LostIncrement { read, other } => [read, other],
                }
                .into_iter()
                .filter(|&line| line > 0),
            );
        }
        let writes = contention
            .lines()
            .values()
            .filter_map(|traffic| traffic.last_write);
        lines.extend(writes.filter_map(|(_, write, ..)| torn.line_of(write)));
        lines.extend(history.lines());
        lines.extend(races::lines(races));
        lines
    }

    fn of(&self, line: u32) -> String {
        self.0.get(&line).cloned().unwrap_or_default()
    }
}

fn fatal(
    ended: &Ended,
    history: &History,
    details: &Details,
    texts: &Texts,
) -> Option<FatalReport> {
    let Ending::Fatal(thread, text) = ended.ending else {
        return None;
    };
    let line = history.line_of(thread);
    let death = death(details, thread);
    Some(FatalReport {
        thread: thread.0,
        text,
        line,
        operation: texts.of(line),
        cycle: ended.cycle,
        died: death.map(|death| died_report(death, &details.objects, texts)),
    })
}

fn ending(replay: &Replay, ending: &Ending) -> Option<Finding> {
    let finding = |thread: &Thread, what: String| {
        let thread = Some(thread.0);
        Some(Finding { thread, what })
    };
    match ending {
        Ending::Finished
        | Ending::BadInput
        | Ending::Misfit(_)
        | Ending::GivenUp
        | Ending::Stopped
        | Ending::Fatal(..) => None,
        Ending::Fault(thread, addr, bytes) => finding(
            thread,
            format!("segmentation fault: {} at {addr}", counted(*bytes, "byte")),
        ),
        Ending::Stuck(thread) => finding(thread, "goes on without end".to_owned()),
        Ending::Asleep(thread) => {
            finding(thread, "sleeps, and nobody is left to wake it".to_owned())
        }
        Ending::Unsupported(thread, what) => finding(thread, what.clone()),
        Ending::Violation(violation) => {
            let what = violation.describe(replay.config().line_size);
            let what = format!("{}: {what}", violation.property());
            let thread = None;
            Some(Finding { thread, what })
        }
    }
}

fn torn_report(replay: &Replay, read: &TornRead, texts: &Texts, objects: &Objects) -> TornReport {
    let line_bytes = replay.config().line_size.bytes();
    let begins = |&at: &usize| (read.addr.0 + at as u64).is_multiple_of(line_bytes);
    let number = |bytes: &[u8]| {
        let digits: String = bytes
            .iter()
            .rev()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        format!("0x{digits}")
    };
    let parts = read.seen.iter().map(|seen| TornPart {
        from: seen.offset,
        to: seen.offset + seen.bytes,
        value: number(&read.value[seen.offset..seen.offset + seen.bytes]),
        thread: seen
            .thread
            .filter(|&thread| thread != Thread::SETUP)
            .map(|thread| thread.0),
        line: seen.line,
        operation: if seen.write == WriteId::INITIAL {
            "memory as it was".to_owned()
        } else {
            texts.of(seen.line)
        },
        cycle: seen.cycle,
    });
    TornReport {
        thread: read.thread.0,
        line: read.line,
        operation: texts.of(read.line),
        addr: read.addr.to_string(),
        place: objects.site(read.addr).map(|_| objects.name(read.addr)),
        value: number(&read.value),
        begun_cycle: read.begun_cycle,
        cycle: read.cycle,
        parts: parts.collect(),
        line_begins_at: (1..read.value.len()).filter(begins).collect(),
    }
}

fn why(call: Call, why: WrongWhy, texts: &Texts) -> String {
    let key = call.key;
    let at = |line: u32| format!("line {line} `{}`", texts.of(line));
    match why {
        WrongWhy::OtherKey { key: other, line } => {
            format!(
                "the value under key {key} was put under key {other}, {}",
                at(line)
            )
        }
        WrongWhy::NeverPut => format!("key {key} is there, with a value that nobody put"),
        WrongWhy::Replaced { old, new } => {
            format!(
                "the value of {} was replaced before by {}",
                at(old),
                at(new)
            )
        }
        WrongWhy::Lost { put } => format!("key {key} is not there, put by {}", at(put)),
        WrongWhy::Resurrected { put, delete } => {
            format!(
                "key {key} is there again, put by {} and deleted by {}",
                at(put),
                at(delete)
            )
        }
        WrongWhy::LostIncrement { read, other } => {
            let read = match read {
                0 => "found nothing".to_owned(),
                read => format!("read what {} put", at(read)),
            };
            format!("it {read}, and {} came in between", at(other))
        }
        WrongWhy::Duplicate { key } => format!("the range came to key {key} twice"),
        WrongWhy::Missed { key, put } => {
            format!(
                "the range did not come to key {key}, there all the time, put by {}",
                at(put)
            )
        }
        WrongWhy::WrongLen { says, holds } => {
            format!("the map says {says} and has {holds} keys, with nobody changing it")
        }
    }
}
