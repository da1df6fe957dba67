//! A key of a map as a register, and the calls on it that overlap: which values it may have and
//! which calls may have taken effect, kept up as calls end (just-in-time linearization: Wing and
//! Gong 1993; Lowe, "Testing for linearizability", 2017). Keys are judged one by one, as
//! linearizability is local to each (Herlihy and Wing 1990).

use std::collections::VecDeque;

use rustc_hash::FxHashSet;

use super::outcome::{Outcome, Unexplained, Value, Who};

/// At most so many configurations of a register are looked at for one call.
const MOST_CONFIGS: usize = 1024;
/// At most so many begins and ends wait for a call whose answer is not known yet.
const MOST_LOGGED: usize = 4096;

/// Too many calls overlap to keep track of.
#[derive(Debug)]
pub(super) struct TooMany;

/// A value, and what has become of the pending calls on the way to it, a bit for each slot.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Config {
    value: Value,
    /// They have taken effect.
    done: u64,
    /// They write, and may have done so where nobody could see it.
    hidden: u64,
}

/// A call that is not over, or not looked at to its end.
#[derive(Clone, Copy, Debug)]
struct Call {
    id: u64,
    who: Who,
    /// None while it is not known.
    outcome: Option<Outcome>,
    slot: Option<u32>,
}

#[derive(Clone, Copy, Debug)]
enum Logged {
    Begun(u64),
    Ended(u64),
}

/// A register whose calls overlap.
#[derive(Clone, Debug)]
pub(super) struct Register {
    configs: Vec<Config>,
    calls: Vec<Call>,
    /// What has happened and is not looked at, for a call that had begun was not over.
    log: VecDeque<Logged>,
    slots: u64,
}

impl Register {
    pub(super) fn new(value: Value) -> Register {
        Register {
            configs: vec![Config {
                value,
                done: 0,
                hidden: 0,
            }],
            calls: Vec::new(),
            log: VecDeque::new(),
            slots: 0,
        }
    }

    /// A call begins; ids are unique. Its outcome follows unless it is known.
    pub(super) fn begin(&mut self, id: u64, who: Who, outcome: Option<Outcome>) {
        self.calls.push(Call {
            id,
            who,
            outcome,
            slot: None,
        });
        self.log.push_back(Logged::Begun(id));
    }

    /// What a call did is known now, though it may not be over.
    pub(super) fn answer(&mut self, id: u64, who: Who, outcome: Outcome) {
        if let Some(call) = self.calls.iter_mut().find(|call| call.id == id) {
            (call.who, call.outcome) = (who, Some(outcome));
        }
    }

    /// A call is over; its outcome is known.
    pub(super) fn end(&mut self, id: u64) {
        self.log.push_back(Logged::Ended(id));
    }

    /// The values that it may hold, if all calls are over.
    pub(super) fn values(&self) -> Option<impl Iterator<Item = Value>> {
        let quiet = self.calls.is_empty() && self.log.is_empty();
        quiet.then(|| self.configs.iter().map(|config| config.value))
    }

    /// Looks at what has happened up to the first call whose outcome is not known.
    pub(super) fn advance(&mut self, wrong: &mut Vec<Unexplained>) -> Result<(), TooMany> {
        while let Some(&logged) = self.log.front() {
            match logged {
                Logged::Begun(id) => {
                    let at = self.calls.iter().position(|call| call.id == id);
                    let at = at.expect("it has begun and has not ended");
                    match self.calls[at].outcome {
                        None if self.log.len() > MOST_LOGGED => return Err(TooMany),
                        None => return Ok(()),
                        Some(Outcome::Nothing) => drop(self.calls.swap_remove(at)),
                        Some(_) => {
                            let slot = self.slots.trailing_ones();
                            if slot == u64::BITS {
                                return Err(TooMany);
                            }
                            self.slots |= 1 << slot;
                            self.calls[at].slot = Some(slot);
                            for config in &mut self.configs {
                                settle(&self.calls, config);
                            }
                        }
                    }
                }
                Logged::Ended(id) => {
                    if let Some(at) = self.calls.iter().position(|call| call.id == id) {
                        self.linearize(at, wrong)?;
                    }
                }
            }
            self.log.pop_front();
        }
        Ok(())
    }

    /// The call ends, so it has taken effect: here, or before.
    fn linearize(&mut self, at: usize, wrong: &mut Vec<Unexplained>) -> Result<(), TooMany> {
        let ended = self.calls.swap_remove(at);
        let slot = ended.slot.expect("its begin was looked at");
        let outcome = ended.outcome.expect("its begin was looked at");
        self.slots &= !(1 << slot);
        let mut found: Vec<Config> = Vec::new();
        let mut seen: FxHashSet<(u64, u64, u64)> = FxHashSet::default();
        let mut left = self.configs.clone();
        while let Some(config) = left.pop() {
            if !seen.insert((config.value.number(), config.done, config.hidden)) {
                continue;
            }
            if seen.len() > MOST_CONFIGS {
                return Err(TooMany);
            }
            let is_done = config.done >> slot & 1 == 1;
            if is_done || config.hidden >> slot & 1 == 1 {
                add(&mut found, config.without(slot));
            }
            if is_done {
                continue;
            }
            if let Some(after) = self.apply(config, outcome) {
                add(&mut found, after.without(slot));
            }
            // Another one may have come first.
            for other in &self.calls {
                if let (Some(slot), Some(first)) = (other.slot, other.outcome)
                    && config.done >> slot & 1 == 0
                    && self.serves(first, config, outcome)
                    && let Some(mut after) = self.apply(config, first)
                {
                    after.done |= 1 << slot;
                    left.push(after);
                }
            }
        }
        if !found.is_empty() {
            self.configs = found;
            return Ok(());
        }
        let put = |config: &&Config| matches!(config.value, Value::Put(..));
        let held = self.configs.iter().rfind(put).map(|config| config.value);
        wrong.push(Unexplained {
            who: ended.who,
            outcome,
            held: held.unwrap_or(Value::Absent),
        });
        self.begin_anew();
        Ok(())
    }

    /// The configuration after a call takes effect; none if it cannot. A write hides pending
    /// ones: they may have come just before it.
    fn apply(&self, config: Config, outcome: Outcome) -> Option<Config> {
        let value = outcome.after(config.value)?;
        let mut after = Config { value, ..config };
        if let Outcome::Wrote(_) = outcome {
            after.hidden |= self.writes();
        }
        settle(&self.calls, &mut after);
        Some(after)
    }

    /// The slots of the pending calls that write whatever was there.
    fn writes(&self) -> u64 {
        let calls = self.calls.iter();
        let writes = calls.filter(|call| matches!(call.outcome, Some(Outcome::Wrote(_))));
        writes
            .filter_map(|call| call.slot)
            .fold(0, |all, slot| all | 1 << slot)
    }

    /// Whether it matters that a pending call takes effect before `ended` does. A write does so
    /// only if another call finds what it wrote: unseen it is hidden as well.
    fn serves(&self, first: Outcome, config: Config, ended: Outcome) -> bool {
        let Outcome::Wrote(wrote) = first else {
            return true;
        };
        let finds = |outcome: Outcome| match outcome {
            Outcome::Read(read) | Outcome::Replaced(read, _) => read == wrote,
            Outcome::Wrote(_) | Outcome::Nothing => false,
        };
        let pending = |call: &&Call| call.slot.is_some_and(|slot| config.done >> slot & 1 == 0);
        let mut others = self.calls.iter().filter(pending);
        finds(ended) || others.any(|call| call.outcome.is_some_and(finds))
    }

    /// After a wrong answer nothing is known: neither the value nor which of the pending calls
    /// have taken effect. Those that found something are not judged.
    fn begin_anew(&mut self) {
        self.calls.retain_mut(|call| match call.outcome {
            Some(Outcome::Replaced(_, new)) if call.slot.is_some() => {
                call.outcome = Some(Outcome::Wrote(new));
                true
            }
            Some(Outcome::Read(_)) if call.slot.is_some() => {
                self.slots &= !(1 << call.slot.unwrap_or(0));
                false
            }
            _ => true,
        });
        let (value, done, hidden) = (Value::Any, 0, self.writes());
        self.configs = vec![Config {
            value,
            done,
            hidden,
        }];
    }
}

/// Adds a configuration unless there is one that allows all that it allows.
fn add(configs: &mut Vec<Config>, new: Config) {
    let allows = |one: &Config, other: &Config| {
        (one.value, one.done) == (other.value, other.done)
            && one.hidden & other.hidden == other.hidden
    };
    if !configs.iter().any(|known| allows(known, &new)) {
        configs.retain(|known| !allows(&new, known));
        configs.push(new);
    }
}

/// What pending calls can do without hindering any other: a read of what is there, and a
/// delete of what is not.
fn settle(calls: &[Call], config: &mut Config) {
    for call in calls {
        let Some(slot) = call.slot else {
            continue;
        };
        match call.outcome {
            Some(Outcome::Read(read)) if read == config.value => config.done |= 1 << slot,
            Some(Outcome::Wrote(Value::Absent))
                if matches!(config.value, Value::Absent | Value::Any) =>
            {
                config.hidden |= 1 << slot;
            }
            _ => {}
        }
    }
}

impl Config {
    /// The same once the call of a slot is over.
    fn without(self, slot: u32) -> Config {
        Config {
            value: self.value,
            done: self.done & !(1 << slot),
            hidden: self.hidden & !(1 << slot),
        }
    }
}
