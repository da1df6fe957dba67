//! How far a long run is.

use std::io::{self, IsTerminal as _};

use indicatif::ProgressBar;

use crate::cli::progress;
use crate::machine::{Event, Note, Observer};
use crate::replay::Replay;

/// A run of fewer operations is over before anyone looks.
const FEW: u64 = 10_000;

/// Shows on a terminal how many operations have begun.
pub(super) struct UnderWay(ProgressBar);

impl UnderWay {
    /// The bar of one run, if it is worth one.
    pub(super) fn of(replay: &Replay) -> Option<UnderWay> {
        let threads = replay.trace().threads().iter();
        let operations = threads.map(|thread| thread.operations).sum();
        let shown = operations >= FEW && io::stderr().is_terminal();
        shown.then(|| UnderWay(progress::bar(operations, "operations")))
    }
}

impl<P> Observer<P> for UnderWay {
    fn observe(&mut self, event: &Event<'_, P>) {
        if let Event::Note { note, .. } = event
            && matches!(note, Note::OperationBegun { .. })
        {
            self.0.inc(1);
        }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
