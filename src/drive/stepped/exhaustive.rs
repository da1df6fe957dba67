//! Every schedule of a small program, one run after another: a depth-first search that runs the
//! program again from the start along the way to the next choice (stateless model checking;
//! Godefroid, POPL 1997).
//!
//! Without a bound, schedules that differ only in the order of steps that commute are tried
//! once: sleep sets (Godefroid, LNCS 1032, 1996, chapter 5). That two steps commute which touch
//! different bytes, or only read, holds where caches are coherent.
//!
//! With a bound, all schedules that leave the usual one at most so many times are tried
//! (delay-bounded scheduling; Emmi, Qadeer and Rakamarić, POPL 2011): the usual one lets a
//! core's stores drain at once and its thread go on until it sleeps or ends. Sleep sets could
//! then leave out schedules within the bound whose equals are beyond it, so they are not used.

use super::{Choice, Chooser};
use crate::machine::{Port, Slot};

/// How far schedules may leave the usual one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// At most this many times.
    Deviations(u32),
    /// As they like: all schedules.
    None,
}

/// A choice on the way of the current run.
#[derive(Clone, Debug)]
struct Frame {
    choices: Vec<Choice>,
    /// The order in which they are tried, the usual one first, and which is tried now.
    order: Vec<usize>,
    at: usize,
    /// Steps that need not be tried from here: an earlier branch has done them.
    sleep: Vec<Choice>,
    /// How often the way here has left the usual one.
    deviations: u32,
    /// What was chosen here ended the run before its end.
    ended_here: bool,
}

/// Tries one schedule after another.
#[derive(Clone, Debug)]
pub struct Explorer {
    bound: Bound,
    path: Vec<Frame>,
    depth: usize,
    /// What the current run chose last.
    last: Option<Slot>,
    runs: u64,
}

impl Explorer {
    /// Begins with the usual schedule.
    #[must_use]
    pub fn new(bound: Bound) -> Explorer {
        Explorer {
            bound,
            path: Vec::new(),
            depth: 0,
            last: None,
            runs: 0,
        }
    }

    /// How many runs were prepared, the first included.
    #[must_use]
    pub fn runs(&self) -> u64 {
        self.runs + 1
    }

    /// Prepares the next run: whether there is one.
    pub fn advance(&mut self) -> bool {
        self.depth = 0;
        self.last = None;
        while let Some(frame) = self.path.last_mut() {
            frame.finish_branch(self.bound);
            if frame.at < frame.order.len() {
                self.runs += 1;
                return true;
            }
            self.path.pop();
        }
        false
    }

    /// A choice that no run has met yet.
    fn meet(&mut self, choices: &[Choice]) {
        let (sleep, deviations) = match self.path.last() {
            None => (Vec::new(), 0),
            Some(before) => (before.still_asleep(), before.deviations_after()),
        };
        let mut frame = Frame {
            choices: choices.to_vec(),
            order: usual_first(choices, self.last),
            at: 0,
            sleep,
            deviations,
            ended_here: false,
        };
        frame.skip(self.bound);
        self.path.push(frame);
    }
}

impl Frame {
    /// What was tried last need not be tried again further on, unless it ended the run: the
    /// other steps would then never have been seen before it.
    fn finish_branch(&mut self, bound: Bound) {
        let Some(&tried) = self.order.get(self.at) else {
            return;
        };
        if bound == Bound::None && !self.ended_here {
            self.sleep.push(self.choices[tried]);
        }
        self.ended_here = false;
        self.at += 1;
        self.skip(bound);
    }

    /// Passes over what need not be tried, or may not.
    fn skip(&mut self, bound: Bound) {
        while self.at < self.order.len() && !self.may_try(bound) {
            self.at += 1;
        }
    }

    fn may_try(&self, bound: Bound) -> bool {
        let choice = self.choices[self.order[self.at]];
        match bound {
            Bound::None => !self.sleep.iter().any(|asleep| asleep.slot == choice.slot),
            Bound::Deviations(most) => self.at == 0 || self.deviations < most,
        }
    }

    /// What sleeps after the current branch's step: what commutes with it.
    fn still_asleep(&self) -> Vec<Choice> {
        let done = self.choices[self.order[self.at]];
        let stays = |asleep: &&Choice| {
            asleep.slot.core != done.slot.core && asleep.touch.commutes(done.touch)
        };
        self.sleep.iter().filter(stays).copied().collect()
    }

    fn deviations_after(&self) -> u32 {
        self.deviations + u32::from(self.at > 0)
    }
}

/// The usual choice first: a store drains, the thread that went on last goes on, the others in
/// turn.
fn usual_first(choices: &[Choice], last: Option<Slot>) -> Vec<usize> {
    let core = last.map_or(0, |slot| slot.core.0);
    let mut order: Vec<usize> = (0..choices.len()).collect();
    order.sort_by_key(|&at| {
        let Slot { core: own, port } = choices[at].slot;
        (own.0.wrapping_sub(core), port == Port::Issue)
    });
    order
}

impl Chooser for Explorer {
    fn choose(&mut self, choices: &[Choice]) -> Option<usize> {
        if self.depth == self.path.len() {
            self.meet(choices);
        }
        let frame = &self.path[self.depth];
        // Else all that could come next was done by an earlier branch.
        let &chosen = frame.order.get(frame.at)?;
        self.depth += 1;
        self.last = Some(choices[chosen].slot);
        Some(chosen)
    }

    fn ended(&mut self, finished: bool) {
        if let Some(frame) = self.path.last_mut() {
            frame.ended_here = !finished;
        }
    }
}
