//! Data races: accesses of two threads to the same bytes, at least one of them a store, not
//! both atomic, and neither ordered before the other. Order comes from the program's own
//! atomics and semaphores, never from the time of the run, so one run tells what could come in
//! others (Flanagan and Freund, FastTrack, PLDI 2009; the memory model of Go of June 2022).
//!
//! Two views of one run: all plain accesses, those inside of a runtime's map included, and
//! what Go's `-race` looks at.

mod clock;
mod found;
mod order;
mod record;
mod shadow;
mod sight;

use std::borrow::Cow;

use clock::{Clock, MOST_THREADS};
use found::Found;
pub use found::{Missing, Race, Side};
use order::{Place, Released};
use record::Record;
pub use record::Touch;
use shadow::Shadow;
use sight::{Seen, Sight};

use super::objects::Objects;
use super::running::Running;
use crate::machine::{Access, AccessKind, CallKind, Core, Event, Note, Observer};
use crate::memory::{Addr, Piece, WriteId};

/// A thread, and what it is at.
#[derive(Clone, Debug)]
struct Runner {
    place: Place,
    line: u32,
    call: Option<CallKind>,
    /// The last write of which a part entered its store buffer.
    buffered: WriteId,
    sight: Sight,
}

/// Finds data races.
#[derive(Clone, Debug, Default)]
pub struct Races {
    now: u64,
    running: Running,
    runners: Vec<Runner>,
    released: Released,
    objects: Objects,
    /// A runtime has said what it does to a map.
    told: bool,
    all: View,
    instrumented: View,
}

/// What one of the two views remembers and has found.
#[derive(Clone, Debug, Default)]
struct View {
    shadow: Shadow,
    found: Found,
    races: Vec<Record>,
}

impl Races {
    /// The first 1000 races that differ in what was done, in the lines of the trace or in the
    /// map calls, in the order of their second accesses.
    #[must_use]
    pub fn found(&self) -> &[Race] {
        self.all.found.races()
    }

    /// How many pairs of accesses raced, as far as they were looked at: of many in a row that
    /// race with the same access only some.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.all.found.count()
    }

    /// The same, as Go's `-race` would have seen it: a map call is one load or store of the
    /// map's header, and what else the runtime does in it is not seen; the value's words are,
    /// where the compiled code loads or stores them.
    #[must_use]
    pub fn found_by_go(&self) -> &[Race] {
        self.instrumented.found.races()
    }

    /// How many pairs of accesses those are.
    #[must_use]
    pub fn count_by_go(&self) -> u64 {
        self.instrumented.found.count()
    }

    /// Whether a race detector would have reported something: Go's where there is a map of
    /// Go's, else one that sees all accesses.
    #[must_use]
    pub fn is_reported(&self) -> bool {
        match self.told {
            true => self.count_by_go() > 0,
            false => self.count() > 0,
        }
    }

    /// How many accesses were not watched because memory for it has a limit.
    #[must_use]
    pub fn unwatched(&self) -> u64 {
        self.all.shadow.unwatched()
    }

    /// Finds data races, and calls objects that were there before the run by their names. New
    /// ones are known by themselves.
    #[must_use]
    pub fn knowing(objects: Objects) -> Races {
        Races {
            objects,
            ..Races::default()
        }
    }

    /// The number of the thread on a core, made known; none for setup and for threads beyond
    /// the 64th.
    #[inline]
    fn runner(&mut self, core: Core) -> Option<usize> {
        let index = usize::from(self.running.on(core).0);
        if index < self.runners.len() {
            return Some(index);
        }
        if index >= MOST_THREADS {
            return None;
        }
        let new = |index| Runner {
            place: Place::new(index),
            line: 0,
            call: None,
            buffered: WriteId::INITIAL,
            sight: Sight::default(),
        };
        let from = self.runners.len();
        self.runners.extend((from..=index).map(new));
        Some(index)
    }

    fn completed(&mut self, core: Core, access: &Access, value: u128, writers: &[WriteId]) {
        let now = self.now;
        let Some(runner) = self
            .runner(core)
            .filter(|_| access.kind != AccessKind::Evict)
        else {
            return;
        };
        let runner = &mut self.runners[runner];
        let (addr, bytes) = (access.addr, access.bytes as u64);
        let (touch, written) = touched(access, value);
        if access.atomic && !matches!(access.kind, AccessKind::Store { .. }) {
            self.released.read(&mut runner.place, addr, writers);
        }
        let place = &mut runner.place;
        let record = |touch| Record::new(place.epoch, runner.line, touch, runner.call, now);
        let (clock, objects) = (&place.clock, &self.objects);
        self.all.touch(addr, bytes, record(touch), clock, objects);
        match runner.sight.sees(runner.call, access) {
            Seen::No => {}
            Seen::Itself => {
                let view = &mut self.instrumented;
                view.touch(addr, bytes, record(touch), clock, objects);
            }
        }
        match written {
            Some(write) if runner.buffered == write => Released::buffer(place, addr, write),
            Some(write) => self.released.write(place, addr, write),
            None => {}
        }
    }

    fn note(&mut self, core: Core, note: &Note) {
        let now = self.now;
        let Some(runner) = self.runner(core) else {
            return;
        };
        let runner = &mut self.runners[runner];
        runner.sight.note(note);
        if let Some((addr, touch)) = Sight::told(note) {
            self.told = true;
            let epoch = runner.place.epoch;
            let record = Record::new(epoch, runner.line, touch, runner.call, now);
            let clock = &runner.place.clock;
            self.instrumented
                .touch(addr, 8, record, clock, &self.objects);
        }
        match *note {
            Note::OperationBegun { line } => runner.line = line,
            Note::CallBegun(call) => runner.call = Some(call.kind),
            Note::CallEnded(_) => runner.call = None,
            _ => {}
        }
    }
}

/// How an access conflicts with others, and the write with which it releases, if it does.
fn touched(access: &Access, value: u128) -> (Touch, Option<WriteId>) {
    match (access.kind, access.atomic) {
        (AccessKind::Load | AccessKind::Evict, false) => (Touch::Load, None),
        (AccessKind::Load | AccessKind::Evict, true) => (Touch::AtomicLoad, None),
        (AccessKind::Store { .. }, false) => (Touch::Store, None),
        (AccessKind::Store { write, .. }, true) => (Touch::AtomicStore, Some(write)),
        (AccessKind::Locked { update, write }, _) => match update.apply(value, access.bytes) {
            Some(_) => (Touch::AtomicStore, Some(write)),
            None => (Touch::AtomicLoad, None),
        },
    }
}

impl View {
    /// An access by a thread with this clock, cut into words.
    #[inline]
    fn touch(&mut self, addr: Addr, bytes: u64, record: Record, clock: &Clock, objects: &Objects) {
        let (mut addr, mut left) = (addr, bytes);
        while left > 0 {
            let from = addr.0 % 8;
            let here = left.min(8 - from);
            let mask = (0xff >> (8 - here) << from) as u8;
            let record = record.with_mask(mask);
            self.shadow.touch(addr, record, clock, &mut self.races);
            if !self.races.is_empty() {
                self.report(addr, record, clock, objects);
            }
            (addr, left) = (addr + here, left - here);
        }
    }

    /// The access races with those that touching its word has found.
    #[cold]
    fn report(&mut self, addr: Addr, record: Record, clock: &Clock, objects: &Objects) {
        while let Some(old) = self.races.pop() {
            let object = |addr| object_at(objects, addr);
            self.found.add(addr, [&old, &record], clock, object);
        }
    }
}

/// The object that an address lies in, and where in it.
fn object_at(objects: &Objects, addr: Addr) -> Option<(Cow<'static, str>, u64)> {
    let site = objects.site(addr)?;
    Some((site.object.into(), site.offset))
}

impl<P: Piece> Observer<P> for Races {
    fn observe(&mut self, event: &Event<'_, P>) {
        self.running.observe(event);
        self.objects.observe(event);
        match *event {
            Event::Completed {
                core,
                access,
                value,
                ..
            } => {
                let bytes = access.bytes;
                self.completed(core, access, value.value(bytes), value.writers(bytes));
            }
            Event::Note { core, note } => self.note(core, note),
            Event::Buffered { core, write, .. } => {
                if let Some(runner) = self.runner(core) {
                    self.runners[runner].buffered = write;
                }
            }
            Event::Performed {
                core,
                write,
                from_buffer: true,
                ..
            } => {
                if let Some(runner) = self.runner(core) {
                    let place = &mut self.runners[runner].place;
                    self.released.drain(place, write);
                }
            }
            Event::Acquired { core, addr } => {
                if let Some(runner) = self.runner(core) {
                    let place = &mut self.runners[runner].place;
                    self.released.acquire(place, addr);
                }
            }
            Event::Released { core, addr } => {
                if let Some(runner) = self.runner(core) {
                    let place = &mut self.runners[runner].place;
                    self.released.release(place, addr);
                }
            }
            _ => {}
        }
    }

    fn clock(&mut self, cycle: u64) {
        self.now = cycle;
    }
}
