//! What a schedule's steps do to the driver's view of a network.

use std::cmp::Reverse;

use crate::drive::ending::Ending;
use crate::drive::network::Due;
use crate::drive::timed::Timed;
use crate::machine::{Act, Observer, Program, Slot};
use crate::memory::Contents;

impl<C: Contents, P: Program<C::Piece>, O: Observer<C::Piece>> Timed<C, P, O> {
    /// When something on the network would be due; it no longer is.
    fn undue(&mut self, due: Due) -> u64 {
        let mut time = self.now;
        let now = self.now;
        self.network().queue.retain(|&Reverse((at, _, other))| {
            let same = other == due;
            time = if same { at.max(now) } else { time };
            !same
        });
        time
    }

    /// A schedule lets a message arrive that may.
    pub(super) fn take_message(&mut self, id: u64) -> Result<(), Ending> {
        let time = self.undue(Due::Arrive(id));
        self.network().held.retain(|&held| held != id);
        self.advance(time)?;
        self.arrive(id)
    }

    /// A schedule lets an access try again that may.
    pub(super) fn take_retry(&mut self, slot: Slot) -> Result<(), Ending> {
        let time = self.undue(Due::Retry(slot));
        self.advance(time)?;
        self.retry(slot)
    }

    /// A schedule lets a controller do what it may.
    pub(super) fn take_act(&mut self, act: Act) -> Result<(), Ending> {
        let time = self.undue(Due::Act(act.line, act.node));
        self.advance(time)?;
        self.network()
            .acting
            .retain(|&at| at != (act.line, act.node));
        self.act_now(act)
    }

    /// What would have been due in the past is due now.
    pub(super) fn catch_up_on_network(&mut self) {
        let now = self.now;
        let network = self.network();
        let late = |Reverse((time, lot, due)): Reverse<(u64, u32, Due)>| {
            Reverse((time.max(now), lot, due))
        };
        let queue = std::mem::take(&mut network.queue);
        network.queue = queue.into_iter().map(late).collect();
        network.wake = None;
        self.wake_network();
    }
}
