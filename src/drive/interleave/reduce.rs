//! Which steps are enough from a state, so that every final state is still reached: persistent
//! sets (Godefroid, LNCS 1032, 1996, chapter 4).
//!
//! A set of steps is persistent if nothing that can happen before the first of them is taken
//! disturbs any of them. Three are looked for, the smallest first:
//!
//! 1. One step that no other can disturb, not even one of the same core: a store that enters a
//!    buffer with room (it goes to the back, drains take from the front), a fence that has nothing
//!    to wait for, an access that only asks for the bus (what it finds is decided when it is
//!    served). On a network that is an access that only sends requests, from a state of its line
//!    in which no message can reach the core: the caches cannot be full, so no line has to leave
//!    for it; the request's channel keeps no order and has room for all, so no message is before
//!    or behind it; and its own core makes no other access to the line meanwhile, the other port's
//!    included. So the line at this core stays as it is until the request is sent, and nobody
//!    else learns of it before it arrives, which is a step of its own. (A message that comes all
//!    the same would be the protocol's fault; whether there is one, `check` says.)
//! 2. All steps of some cores, where no other core will ever access an object that one of these
//!    steps is about. Accesses to one line disturb each other, even two loads: they change its
//!    states. Without caches only bytes count, and two loads do not.
//! 3. All steps.
//!
//! Where lines can be evicted an access can disturb any other, so only the first kind is used. So
//! it is on a network: messages about different lines that travel between the same two
//! controllers in an ordered channel come in the order in which they were sent.
//! And so it is where invalidations are queued: a load finds in its own cache what others' stores to
//! several lines have left there. A fence that waits for that queue is of the first kind all the
//! same, though another core's store can make it wait again: what that store queued can be
//! applied after the fence as well as before.

use super::state::{Footprint, Plain, State};
use crate::machine::{AccessKind, Core, Port, Slot, Step};
use crate::memory::{Addr, MAX_ACCESS_BYTES};

/// What the reduction knows of a search.
#[derive(Clone, Debug)]
pub(super) struct Reduction {
    /// The first bytes of objects, in order; no two share a line.
    objects: Vec<Addr>,
    /// Whether accesses to different objects leave each other alone.
    apart: bool,
    /// Whether an access that only asks leaves all others alone.
    asks_alone: bool,
    /// Whether loads leave each other alone.
    loads_commute: bool,
}

impl Reduction {
    pub(super) fn new<P: Plain>(state: &State<P>, objects: &[Addr], fits: bool) -> Reduction {
        Reduction {
            objects: objects.to_vec(),
            apart: fits && !state.machine.on_network() && !state.machine.queues_invalidations(),
            asks_alone: fits || !state.machine.on_network(),
            loads_commute: !state.machine.has_caches(),
        }
    }

    /// Leaves only steps that are enough.
    pub(super) fn keep<P: Plain>(&self, state: &State<P>, steps: &mut Vec<Step>) {
        if let Some(&alone) = steps.iter().find(|&&step| self.is_alone(state, step)) {
            steps.clear();
            steps.push(alone);
        } else if self.apart && steps.len() > 1 {
            let cores = self.cores(state, steps);
            steps.retain(|&step| cores & core_bit(step) != 0);
        }
    }

    /// The cores whose steps are enough, a bit for each.
    fn cores<P: Plain>(&self, state: &State<P>, steps: &[Step]) -> u64 {
        let mut now = [Footprint::default(); 64];
        let mut later = [Footprint::default(); 64];
        for (at, program) in state.programs.iter().enumerate().take(64) {
            later[at] = program.footprint();
            for store in state.machine.store_buffer(Core(at as u8)).iter() {
                later[at].stores |= self.touched(store.addr, store.bytes);
            }
        }
        let mut able = 0;
        for &step in steps {
            let touched = self.touched_by(state, step);
            let core = core_bit(step).trailing_zeros() as usize;
            now[core] = now[core].with(touched);
            able |= core_bit(step);
        }
        let mut best = able;
        let count = |cores: u64| {
            let kept = steps.iter().filter(|&&step| cores & core_bit(step) != 0);
            kept.count()
        };
        let mut left = able;
        while left != 0 {
            let first = left & left.wrapping_neg();
            left ^= first;
            let cores = self.closed(first, able, &now, &later, state.programs.len());
            if cores.is_some_and(|cores| count(cores) < count(best)) {
                best = cores.expect("it is some");
            }
        }
        best
    }

    /// The cores that disturb what these do now, and so on; none if one of them cannot do anything
    /// now, for then it is not known what it waits for.
    fn closed(
        &self,
        first: u64,
        able: u64,
        now: &[Footprint; 64],
        later: &[Footprint; 64],
        count: usize,
    ) -> Option<u64> {
        let mut cores = first;
        loop {
            let mut all = Footprint::default();
            for core in (0..count).filter(|&core| cores & 1 << core != 0) {
                all = all.with(now[core]);
            }
            let disturbs = |&core: &usize| cores & 1 << core == 0 && self.meet(all, later[core]);
            match (0..count).find(disturbs) {
                None => return Some(cores),
                Some(core) if able & 1 << core == 0 => return None,
                Some(core) => cores |= 1 << core,
            }
        }
    }

    fn meet(&self, one: Footprint, other: Footprint) -> bool {
        let written = one.stores & (other.loads | other.stores) | one.loads & other.stores;
        written != 0 || !self.loads_commute && one.loads & other.loads != 0
    }

    fn touched(&self, addr: Addr, bytes: usize) -> u64 {
        debug_assert!(bytes <= MAX_ACCESS_BYTES, "an access");
        let bit = |addr| Footprint::bit(&self.objects, addr);
        bit(addr) | bit(addr + (bytes as u64 - 1))
    }

    /// What a step is about.
    fn touched_by<P: Plain>(&self, state: &State<P>, step: Step) -> Footprint {
        let (core, port) = match step {
            Step::Issue(core) => (core, Port::Issue),
            Step::Drain(core) => (core, Port::Drain),
            Step::Overtake(..) => return Footprint::default(),
            Step::Deliver(Slot { core, port }) => (core, port),
            Step::Invalidate(_) | Step::Receive(_) | Step::Act(_) => return Footprint::EVERYTHING,
        };
        let mut footprint = Footprint::default();
        if port == Port::Drain {
            if let Some(store) = state.machine.store_buffer(core).oldest() {
                footprint.stores = self.touched(store.addr, store.bytes);
            }
        } else if let Some(access) = state.machine.access_under_way(core) {
            let touched = self.touched(access.addr, access.bytes);
            match access.kind {
                AccessKind::Load => footprint.loads = touched,
                _ => footprint.stores = touched,
            }
        }
        footprint
    }

    /// Whether no other step can disturb this one.
    fn is_alone<P: Plain>(&self, state: &State<P>, step: Step) -> bool {
        if let Step::Drain(core) = step
            && !state.machine.store_buffer(core).is_in_order()
        {
            return false; // a store that waits for the bus is not overtaken, even by one yet to come
        }
        if self.asks_alone && state.machine.only_asks(step) {
            return !state.machine.on_network() || !self.looks_again(state, step);
        }
        let Step::Issue(core) = step else {
            return false;
        };
        match state.machine.access_under_way(core) {
            None => true, // a fence, which is possible only when the buffer is empty
            Some(access) => {
                let stores = matches!(access.kind, AccessKind::Store { .. });
                stores && !state.machine.store_buffer(core).is_absent()
            }
        }
    }

    /// Whether the core of a drain may still load from the object that is drained to, and so ask
    /// for the line first.
    fn looks_again<P: Plain>(&self, state: &State<P>, step: Step) -> bool {
        let Step::Drain(core) = step else {
            return false;
        };
        let drained = self.touched_by(state, step).stores;
        state.programs[core.index()].footprint().loads & drained != 0
    }
}

fn core_bit(step: Step) -> u64 {
    match step {
        Step::Issue(core)
        | Step::Drain(core)
        | Step::Overtake(core, _)
        | Step::Invalidate(core)
        | Step::Deliver(Slot { core, .. }) => 1 << (core.0 % 64),
        Step::Receive(_) | Step::Act(_) => u64::MAX,
    }
}
