//! How a run on a network ends in which nothing more happens, or only the same again and again.

use std::fmt::Write as _;

use super::ending::Ending;
use super::livelock::never_over;
use super::timed::Timed;
use crate::machine::{InFlight, Observer, Program, Thread, Violation};
use crate::memory::Contents;

impl<C: Contents, P: Program<C::Piece>, O: Observer<C::Piece>> Timed<C, P, O> {
    /// Nothing more happens, and a thread is not at its end.
    pub(super) fn nothing_left(&self, thread: Thread) -> Ending {
        if self.threads.all_off() {
            return Ending::Asleep(thread);
        }
        if self.network.is_none() {
            return Ending::Stuck(thread);
        }
        let what = self.under_way();
        Ending::Violation(Violation::Deadlock { what })
    }

    /// Nothing more happens, and all threads are at their ends: in a checked run nothing else may
    /// be under way for ever.
    pub(super) fn all_ended(&mut self) -> Ending {
        let over = || self.machine.in_flight().is_empty() && self.machine.unsettled().is_none();
        if self.checker.is_none() || over() {
            return Ending::Finished;
        }
        let mut steps = Vec::new();
        self.machine.steps(&mut steps);
        match steps.is_empty() {
            // A controller could go on of itself, if a core still ran.
            false => Ending::Finished,
            true => Ending::Violation(Violation::Deadlock {
                what: self.under_way(),
            }),
        }
    }

    /// Much happens, and no access is performed.
    pub(super) fn in_vain(&self) -> Option<Ending> {
        never_over(&self.machine).then(|| {
            let what = format!(
                "messages go round for ever, and no order of deliveries leads out: {}",
                self.under_way()
            );
            Ending::Violation(Violation::Starved { what })
        })
    }

    /// What is not over, in words.
    fn under_way(&self) -> String {
        let network = self.network.as_ref().expect("there is a network");
        let controllers = self.machine.controllers().expect("there is a network");
        let protocol = controllers.network();
        let size = self.machine.config().line_size;
        let mut what = String::new();
        let mut waiting_for = Vec::new();
        for waiting in &network.waiting {
            let core = waiting.slot.core;
            let Some(line) = self.machine.wanted_line(waiting.slot) else {
                continue;
            };
            waiting_for.push((line, core.0));
            let state = self.machine.cache(core).state(line);
            let name = &protocol.front().states[usize::from(state.0)];
            let separator = if what.is_empty() { "" } else { "; " };
            let at = size.base_of(line);
            // Writing to a String cannot fail.
            let _ = write!(what, "{separator}{core} waits for line {at}, in {name}");
        }
        if let Some((line, node)) = self.machine.unsettled()
            && !waiting_for.contains(&(line, node))
        {
            let index = controllers.controller(usize::from(node));
            let state = usize::from(self.machine.node_state(line, node));
            let state = &protocol.controllers[index].states[state];
            let node = controllers.name(usize::from(node));
            let separator = if what.is_empty() { "" } else { "; " };
            let at = size.base_of(line);
            let _ = write!(what, "{separator}{node} has line {at} in {state}");
        }
        for &id in &network.held {
            let InFlight { message, line, .. } = self.message(id);
            let kind = &protocol.kinds[usize::from(message.kind)].name;
            let (from, to) = (usize::from(message.from), usize::from(message.to));
            let (from, to) = (controllers.name(from), controllers.name(to));
            let at = size.base_of(*line);
            let _ = write!(what, "; {kind} from {from} to {to} for line {at} waits");
        }
        what
    }
}
