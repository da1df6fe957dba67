//! When memory may be used again: reclamation by epochs (Fraser, *Practical lock-freedom*, 2004,
//! section 5.2.3; Hart et al., *Performance of memory reclamation for lockless
//! synchronization*, JPDC 67, 2007).
//!
//! A call announces the epoch that it begins in, in a line of its thread's own. What it takes
//! out of the map goes into its thread's list together with the epoch of that moment. The epoch
//! moves on when all calls under way have announced the present one; who was in a call when an
//! object was taken out has left it once the epoch has moved twice.
//!
//! A thread's list of what waits and what is free is its own, and stays outside simulated memory:
//! nobody else touches it, so no line would move for it.

use std::cell::{RefCell, RefMut};
use std::collections::VecDeque;

use rustc_hash::FxHashMap;

use super::store::Object;
use crate::machine::{Machine, Note};
use crate::maps::fields::{Field, Fields};
use crate::maps::mem::Mem;
use crate::memory::{Addr, Bytes, HeapFull};

/// Offsets in what all threads share: the epoch, and the first of the threads' marks.
const EPOCH: u64 = 0;
const FIRST: u64 = 8;
/// Offsets in a thread's mark: the epoch that its call began in, and the next thread's mark.
const ACTIVE: u64 = 0;
const NEXT: u64 = 8;

/// So many times the epoch must have moved before memory is used again.
const GRACE: u64 = 2;
/// After so many objects a thread tries to move the epoch on.
const OFTEN: usize = 16;

/// How a thread announces that a call begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Announce {
    /// By `XCHG`: it is in memory before the call reads anything.
    Exchange,
    /// By a store, which may still be in the store buffer while the call reads.
    Store,
}

/// The epochs of a map.
pub(super) struct Epochs {
    shared: Addr,
    line_bytes: u64,
    announce: Announce,
    threads: RefCell<FxHashMap<u32, Own>>,
}

/// What a thread keeps for itself.
#[derive(Default)]
struct Own {
    mark: Option<Addr>,
    /// Taken out in this epoch, oldest first.
    waiting: VecDeque<(u64, Object)>,
    /// How many were taken out since it last tried to move the epoch on.
    since: usize,
    /// What can be used again, by size.
    free: FxHashMap<u64, Vec<Addr>>,
}

/// What the fields of epochs are called.
pub(super) fn fields() -> [Fields; 2] {
    let word = |offset, name| Field::one(offset, 8, name);
    [
        Fields::of(
            "epochs",
            &[word(EPOCH, "epoch"), Field::pointer(FIRST, "first")],
        ),
        Fields::of(
            "mark",
            &[word(ACTIVE, "active"), Field::pointer(NEXT, "next")],
        ),
    ]
}

impl Epochs {
    /// No thread has called yet.
    ///
    /// # Errors
    /// When the heap is full.
    pub(super) fn new(
        machine: &mut Machine<Bytes>,
        announce: Announce,
    ) -> Result<Epochs, HeapFull> {
        let line_bytes = machine.config().line_size.bytes();
        let shared = machine.heap_mut().allocate_lines(FIRST + 8, line_bytes)?;
        Ok(Epochs {
            shared,
            line_bytes,
            announce,
            threads: RefCell::default(),
        })
    }

    /// The object that all threads share.
    pub(super) fn object(&self) -> (Addr, u64, &'static str) {
        (self.shared, FIRST + 8, "epochs")
    }

    /// A call begins. What it comes to from now on stays as it is until it leaves.
    pub(super) async fn enter(&self, mem: &Mem) {
        let mark = self.mark(mem).await;
        let active = mem.load_atomic(self.shared + EPOCH, 8).await << 1 | 1;
        match self.announce {
            Announce::Exchange => {
                mem.exchange(mark + ACTIVE, 8, active).await;
            }
            Announce::Store => mem.store_atomic(mark + ACTIVE, 8, active).await,
        }
    }

    /// The call holds nothing any more.
    pub(super) async fn leave(&self, mem: &Mem) {
        let mark = self.mark(mem).await;
        mem.store_atomic(mark + ACTIVE, 8, 0).await;
    }

    /// An object that nobody has any more, with what it last held in it; none if there is none.
    pub(super) fn free_one(&self, mem: &Mem, bytes: u64) -> Option<Addr> {
        self.own(mem).free.get_mut(&bytes)?.pop()
    }

    /// Objects that nobody else has seen can be used again at once.
    pub(super) fn give_back(&self, mem: &Mem, objects: Vec<Object>) {
        let mut own = self.own(mem);
        for Object { addr, bytes } in objects {
            own.free.entry(bytes).or_default().push(addr);
        }
    }

    /// Takes objects that are no longer part of the map, and uses again what has waited long
    /// enough.
    pub(super) async fn retire(&self, mem: &Mem, objects: Vec<Object>) {
        let epoch = mem.load_atomic(self.shared + EPOCH, 8).await;
        for Object { addr, bytes } in &objects {
            let (addr, bytes) = (*addr, *bytes);
            mem.note(Note::Retired { addr, bytes }).await;
        }
        let is_time = {
            let mut own = self.own(mem);
            own.since += objects.len();
            let objects = objects.into_iter().map(|object| (epoch, object));
            own.waiting.extend(objects);
            own.since >= OFTEN
        };
        if is_time {
            self.own(mem).since = 0;
            let epoch = self.advance(mem, epoch).await;
            self.reclaim(mem, epoch).await;
        }
    }

    /// Moves the epoch on if every call under way has announced it: which it is then.
    async fn advance(&self, mem: &Mem, epoch: u64) -> u64 {
        let mut mark = mem.load_addr_atomic(self.shared + FIRST).await;
        while mark != Addr(0) {
            let active = mem.load_atomic(mark + ACTIVE, 8).await;
            if active != 0 && active >> 1 != epoch {
                return epoch;
            }
            mark = mem.load_addr(mark + NEXT).await;
        }
        let next = epoch.wrapping_add(1);
        match mem
            .compare_exchange(self.shared + EPOCH, 8, epoch, next)
            .await
        {
            true => next,
            false => epoch,
        }
    }

    async fn reclaim(&self, mem: &Mem, epoch: u64) {
        loop {
            let free = {
                let mut own = self.own(mem);
                own.waiting
                    .pop_front_if(|(since, _)| since.wrapping_add(GRACE) <= epoch)
            };
            let Some((_, object)) = free else { return };
            let Object { addr, bytes } = object;
            mem.note(Note::Reclaimed { addr, bytes }).await;
            self.give_back(mem, vec![object]);
        }
    }

    /// The thread's mark, entered into the list when it first calls.
    async fn mark(&self, mem: &Mem) -> Addr {
        let known = self.own(mem).mark;
        if let Some(mark) = known {
            return mark;
        }
        let mark = mem.allocate(self.line_bytes.max(NEXT + 8), "mark").await;
        loop {
            let first = mem.load_addr_atomic(self.shared + FIRST).await;
            mem.store_addr(mark + NEXT, first).await;
            if mem
                .compare_exchange(self.shared + FIRST, 8, first.0, mark.0)
                .await
            {
                break;
            }
        }
        self.own(mem).mark = Some(mark);
        mark
    }

    fn own(&self, mem: &Mem) -> RefMut<'_, Own> {
        RefMut::map(self.threads.borrow_mut(), |threads| {
            threads.entry(mem.thread()).or_default()
        })
    }
}
