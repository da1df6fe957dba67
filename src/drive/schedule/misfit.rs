//! Where a schedule stops fitting, and how that is drawn.

use crate::diagnostic::{Invalid, Problem};
use crate::trace::NamedStep;

/// So many steps that are possible instead are listed.
const LISTED: usize = 16;

/// Where a schedule stops fitting: the run is in its hands no longer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// The line of the schedule, from 1.
    pub line: u32,
    /// The step that it names.
    pub step: NamedStep,
    /// Why that step cannot be taken, without a full stop.
    pub why: String,
    /// What can be done instead.
    pub possible: Vec<NamedStep>,
}

impl Misfit {
    /// What is wrong, in one sentence without a full stop.
    pub const MESSAGE: &str = "the schedule does not fit here";

    /// The place in the schedule's own file, and what fits there.
    #[must_use]
    pub fn in_file(&self, file: &str) -> Invalid {
        let text = format!("step {}", self.step);
        let mut problem = Problem::at(&text, 0..4, Misfit::MESSAGE);
        problem.line = self.line as usize;
        Invalid::new(file, vec![self.explain(problem)])
    }

    /// A problem at the step, with why it cannot be taken and what can.
    #[must_use]
    pub fn explain(&self, problem: Problem) -> Problem {
        let possible = self.possible.iter().take(LISTED);
        let possible: Vec<String> = possible.map(|step| format!("`step {step}`")).collect();
        let more = self.possible.len().saturating_sub(LISTED);
        let help = match (possible.len(), more) {
            (0, _) => "nothing can be done here".to_owned(),
            (_, 0) => format!("possible here: {}", possible.join(", ")),
            (_, more) => format!("possible here: {} and {more} more", possible.join(", ")),
        };
        problem.label(&*self.why).help(help)
    }
}
