//! What a run has shown: judged by how it ended, by what its observers found, and by a walk over
//! its maps at the end.

use crate::drive::{Ended, Ending};
use crate::maps::{Fault, Walk};
use crate::observe::{Findings, Races};

/// What a run can show. A run can show several at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// None of the others, data races apart.
    Ok,
    /// A runtime's own check ended it.
    FatalError,
    /// A read gave bytes of writes that never stood together.
    TornRead,
    /// A map call gave what no order of the calls explains.
    WrongValue,
    /// A map's structure was not whole when all threads were at their ends.
    CorruptMap,
    /// An exception that nobody caught ended a thread.
    Exception,
    /// A thread touched what was not allocated.
    SegmentationFault,
    /// A thread went on without end, or slept for ever.
    Stuck,
    /// A race detector would have reported two accesses that the program does not order.
    DataRace,
    /// The machine broke one of its own properties: the protocol is wrong.
    Violation,
    /// The run needs what a model leaves out, and ended there.
    Unsupported,
    /// It was stopped before its end.
    Stopped,
}

impl Verdict {
    /// All of them, in the order in which they are shown, but [`Verdict::Stopped`]: a run
    /// that was stopped is not counted among others.
    pub const ALL: [Verdict; 11] = [
        Verdict::Ok,
        Verdict::FatalError,
        Verdict::TornRead,
        Verdict::WrongValue,
        Verdict::CorruptMap,
        Verdict::Exception,
        Verdict::SegmentationFault,
        Verdict::Stuck,
        Verdict::DataRace,
        Verdict::Violation,
        Verdict::Unsupported,
    ];

    /// The verdict of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Verdict> {
        Verdict::ALL
            .into_iter()
            .find(|verdict| verdict.name() == name)
    }

    /// Its name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Ok => "ok",
            Verdict::FatalError => "fatal error",
            Verdict::TornRead => "torn read",
            Verdict::WrongValue => "wrong value",
            Verdict::CorruptMap => "corrupt map",
            Verdict::Exception => "exception",
            Verdict::SegmentationFault => "segmentation fault",
            Verdict::Stuck => "stuck",
            Verdict::DataRace => "data race",
            Verdict::Violation => "protocol violation",
            Verdict::Unsupported => "not modelled",
            Verdict::Stopped => "stopped",
        }
    }

    /// Whether a program that shows it has gone wrong. A data race alone only could have.
    #[must_use]
    pub fn is_wrong(self) -> bool {
        match self {
            Verdict::FatalError
            | Verdict::TornRead
            | Verdict::WrongValue
            | Verdict::CorruptMap
            | Verdict::Exception
            | Verdict::SegmentationFault
            | Verdict::Stuck => true,
            Verdict::Ok
            | Verdict::DataRace
            | Verdict::Violation
            | Verdict::Unsupported
            | Verdict::Stopped => false,
        }
    }

    /// Whether who runs the program notices it: it dies, hangs, or says something.
    #[must_use]
    pub fn is_noticed(self) -> bool {
        matches!(
            self,
            Verdict::FatalError | Verdict::Exception | Verdict::SegmentationFault | Verdict::Stuck
        )
    }
}

/// What one run showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// How it ended.
    pub ended: Ended,
    /// What it showed, in the order of [`Verdict::ALL`]; never empty.
    pub verdicts: Vec<Verdict>,
    /// What is wrong with the structure of the maps, each with the map's place in the trace.
    pub faults: Vec<(u16, Fault)>,
    /// Which verdict came first, and in which cycle, if that is known.
    pub first: Option<(Verdict, u64)>,
}

impl Outcome {
    /// Judges a run by its end, by what its observers found, and by what its maps hold.
    #[must_use]
    pub fn new(ended: Ended, findings: &Findings, maps: &[Walk]) -> Outcome {
        let end = match ended.ending {
            Ending::Finished | Ending::BadInput | Ending::Misfit(_) | Ending::GivenUp => None,
            Ending::Fatal(..) => Some(Verdict::FatalError),
            Ending::Fault(..) => Some(Verdict::SegmentationFault),
            Ending::Stuck(_) | Ending::Asleep(_) => Some(Verdict::Stuck),
            Ending::Violation(_) => Some(Verdict::Violation),
            Ending::Unsupported(..) => Some(Verdict::Unsupported),
            Ending::Stopped => Some(Verdict::Stopped),
        };
        let faults: Vec<_> = (0..)
            .zip(maps)
            .flat_map(|(map, walk)| walk.faults.iter().map(move |fault| (map, fault.clone())))
            .collect();
        let races = findings.races.as_ref();
        let found = [
            (end, Some(ended.cycle)),
            (
                (findings.torn.count() > 0).then_some(Verdict::TornRead),
                findings.torn.found().first().map(|torn| torn.cycle),
            ),
            (
                (findings.history.count() > 0).then_some(Verdict::WrongValue),
                findings.history.found().first().map(|wrong| wrong.cycle),
            ),
            (
                (!faults.is_empty()).then_some(Verdict::CorruptMap),
                Some(ended.cycle),
            ),
            (
                (!findings.thrown.found().is_empty()).then_some(Verdict::Exception),
                findings.thrown.found().first().map(|thrown| thrown.cycle),
            ),
            (
                races
                    .is_some_and(Races::is_reported)
                    .then_some(Verdict::DataRace),
                None,
            ),
        ];
        let shown = found
            .iter()
            .filter_map(|&(verdict, cycle)| Some((verdict?, cycle)));
        let mut verdicts: Vec<Verdict> = shown.clone().map(|(verdict, _)| verdict).collect();
        let first = shown
            .filter(|(verdict, _)| verdict.is_wrong())
            .filter_map(|(verdict, cycle)| Some((verdict, cycle?)))
            .min_by_key(|&(verdict, cycle)| (cycle, verdict));
        let is_else = |verdict: &Verdict| *verdict != Verdict::DataRace;
        if !verdicts.iter().any(is_else) {
            verdicts.push(Verdict::Ok);
        }
        verdicts.sort_unstable();
        Outcome {
            ended,
            verdicts,
            faults,
            first,
        }
    }

    /// Whether the program has gone wrong.
    #[must_use]
    pub fn is_wrong(&self) -> bool {
        self.verdicts.iter().any(|verdict| verdict.is_wrong())
    }

    /// Whether it has gone wrong and nobody would have noticed.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        self.is_wrong() && !self.verdicts.iter().any(|verdict| verdict.is_noticed())
    }
}
