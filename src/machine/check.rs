//! What must hold after every step of any machine, whatever its protocol: checked against
//! the machine itself. It listens only to learn which lines a step touched and in which
//! order writes were performed.

use std::collections::VecDeque;

use rustc_hash::FxHashMap;

use super::access::{AccessKind, Core};
use super::event::{Event, Observer};
use super::machine::Machine;
use super::violation::Violation;
use crate::coherence::network::most_messages;
use crate::memory::{Addr, Contents, Line, LineSize, Piece, WriteId};

/// Bytes of one line that a core wrote or read there.
#[derive(Clone, Copy, Debug)]
struct Accessed<P> {
    core: Core,
    addr: Addr,
    bytes: usize,
    how: How<P>,
}

#[derive(Clone, Copy, Debug)]
enum How<P> {
    Wrote(u128, WriteId),
    Read(P),
}

/// Checks a machine after each step. It is one of the machine's observers.
#[derive(Clone, Debug)]
pub struct Checker<C: Contents> {
    line_size: LineSize,
    /// The lines that the current step touched.
    touched: Vec<Line>,
    /// The bytes that the current step performed and read, in that order.
    accessed: Vec<Accessed<C::Piece>>,
    /// The core that the current step gave bytes from its store buffer, or of a line that its cache
    /// has given up: not those of its cache.
    forwarded: Option<Core>,
    /// The line that the current step sent a message about.
    sent: Option<Line>,
    /// For each line the bytes that the order of performed writes leaves.
    latest: FxHashMap<Line, u32>,
    contents: C,
    /// For each core its buffered stores as they entered.
    buffered: Vec<VecDeque<(WriteId, Addr, usize)>>,
    out_of_order: Option<Core>,
}

impl<C: Contents> Checker<C> {
    /// A checker for a machine at rest. What its caches hold already is taken to be right.
    #[must_use]
    pub fn new(machine: &Machine<C>) -> Checker<C> {
        let line_size = machine.config().line_size;
        let mut checker = Checker {
            line_size,
            touched: Vec::new(),
            accessed: Vec::new(),
            forwarded: None,
            sent: None,
            latest: FxHashMap::default(),
            contents: C::new(line_size.bytes() as usize),
            buffered: vec![VecDeque::new(); machine.cores().count()],
            out_of_order: None,
        };
        for cache in machine.cores().map(|core| machine.cache(core)) {
            for (way, line, state) in cache.lines() {
                if machine.is_readable(state) && !checker.latest.contains_key(&line) {
                    let index = checker.contents.push();
                    let (contents, held) = cache.contents(way);
                    checker.contents.copy_line(index, contents, held);
                    checker.latest.insert(line, index);
                }
            }
        }
        checker
    }

    /// Checks what the last step left.
    ///
    /// # Errors
    /// The first property that does not hold.
    pub fn after_step(&mut self, machine: &Machine<C>) -> Result<(), Violation> {
        if let Some(core) = self.out_of_order {
            return Err(Violation::StoreOrder { core });
        }
        self.touched.sort_unstable();
        self.touched.dedup();
        let touched = std::mem::take(&mut self.touched);
        for &line in &touched {
            self.learn(machine, line);
        }
        self.forwarded = None;
        let accessed = std::mem::take(&mut self.accessed);
        for access in &accessed {
            self.access(access)?;
        }
        for access in &accessed {
            let line = self.line_size.line_of(access.addr);
            let here = |other: &Accessed<_>| self.line_size.line_of(other.addr) == line;
            let alone = |other| !here(other) || other.core == access.core;
            if accessed.iter().all(alone) {
                self.met_latest(machine, access, line)?;
            }
        }
        if let Some(line) = self.sent.take() {
            bounded(machine, line)?;
        }
        touched
            .iter()
            .try_for_each(|&line| self.check_line(machine, line))
    }

    /// What is written is the latest from now on, and what is read must be.
    fn access(&mut self, accessed: &Accessed<C::Piece>) -> Result<(), Violation> {
        let &Accessed {
            core, addr, bytes, ..
        } = accessed;
        let line = self.line_size.line_of(addr);
        let (index, offset) = (self.latest[&line], self.line_size.offset_of(addr));
        match accessed.how {
            How::Wrote(value, write) => {
                self.contents.write(index, offset, value, bytes, write);
                Ok(())
            }
            How::Read(read) => {
                let mut latest = C::Piece::default();
                self.contents.read(index, offset, bytes, &mut latest, 0);
                let same = latest.value(bytes) == read.value(bytes)
                    && latest.writers(bytes) == read.writers(bytes);
                match same {
                    true => Ok(()),
                    false => Err(Violation::Stale { core, addr }),
                }
            }
        }
    }

    /// What a core has just accessed is as a whole the latest, if it is still in its cache.
    fn met_latest(
        &self,
        machine: &Machine<C>,
        access: &Accessed<C::Piece>,
        line: Line,
    ) -> Result<(), Violation> {
        let &Accessed { core, addr, .. } = access;
        let cache = machine.cache(core);
        let Some(way) = cache.find(line) else {
            return Ok(());
        };
        let (contents, index) = cache.contents(way);
        match contents.same_line(index, &self.contents, self.latest[&line]) {
            true => Ok(()),
            false => Err(Violation::Stale { core, addr }),
        }
    }

    /// A line that is touched for the first time holds what memory held before.
    fn learn(&mut self, machine: &Machine<C>, line: Line) {
        if self.latest.contains_key(&line) {
            return;
        }
        let index = self.contents.push();
        if let Some((memory, memory_index)) = machine.memory().peek(line) {
            self.contents.copy_line(index, memory, memory_index);
        }
        self.latest.insert(line, index);
    }

    fn check_line(&self, machine: &Machine<C>, line: Line) -> Result<(), Violation> {
        let Some(table) = machine.table() else {
            return self.check_nodes(machine, line);
        };
        let latest = self.latest[&line];
        let holders: Vec<_> = machine
            .cores()
            .filter_map(|core| Some((core, machine.cache(core).find(line)?)))
            .map(|(core, way)| (core, way, machine.cache(core).state_at(way)))
            .collect();
        if holders.len() > 1 && holders.iter().any(|&(_, _, state)| table.may_store(state)) {
            let name =
                |&(core, _, state): &(Core, _, _)| (core, table.state_name(state).to_owned());
            let holders = holders.iter().map(name).collect();
            return Err(Violation::SingleWriter { line, holders });
        }
        for &(core, way, state) in &holders {
            let (contents, index) = machine.cache(core).contents(way);
            if table.may_load(state) && !contents.same_line(index, &self.contents, latest) {
                return Err(Violation::DataValue {
                    line,
                    holder: Some(core),
                });
            }
        }
        let newer = holders.iter().any(|&(_, _, state)| table.is_dirty(state));
        let memory = machine.memory().peek(line);
        let stale = memory.is_some_and(|(c, i)| !c.same_line(i, &self.contents, latest));
        if stale && !newer {
            return Err(Violation::DataValue { line, holder: None });
        }
        Ok(())
    }

    /// The same on a network, where memory may be old while messages are in flight.
    fn check_nodes(&self, machine: &Machine<C>, line: Line) -> Result<(), Violation> {
        if let Some(node) = machine.miscounted(line) {
            return Err(Violation::Count { line, node });
        }
        let controllers = machine.controllers().expect("there is a network");
        let front = controllers.network().front();
        let mut holders = Vec::new();
        for core in machine.cores() {
            let cache = machine.cache(core);
            let Some(way) = cache.find(line) else {
                continue;
            };
            let state = cache.state_at(way).0;
            let (reads, writes) = (front.may_load(state), front.may_store(state));
            if reads || writes {
                holders.push((core, way, state, writes));
            }
        }
        if holders.len() > 1 && holders.iter().any(|&(.., writes)| writes) {
            let name = |&(core, _, state, _): &(Core, _, u8, _)| {
                (core, front.states[usize::from(state)].clone())
            };
            let holders = holders.iter().map(name).collect();
            return Err(Violation::SingleWriter { line, holders });
        }
        let latest = self.latest[&line];
        for &(core, way, ..) in &holders {
            let (contents, index) = machine.cache(core).contents(way);
            if !contents.same_line(index, &self.contents, latest) {
                let holder = Some(core);
                return Err(Violation::DataValue { line, holder });
            }
        }
        Ok(())
    }
}

impl<C: Contents> Observer<C::Piece> for Checker<C> {
    fn observe(&mut self, event: &Event<'_, C::Piece>) {
        match *event {
            Event::Transition { line, .. }
            | Event::Transaction { line, .. }
            | Event::Changed { line, .. }
            | Event::Supplied { line, .. } => {
                self.touched.push(line);
            }
            Event::Buffered {
                core,
                write,
                addr,
                bytes,
                ..
            } => {
                self.buffered[core.index()].push_back((write, addr, bytes));
            }
            Event::Performed {
                core,
                write,
                addr,
                bytes,
                value,
                from_buffer,
            } => {
                self.touched.push(self.line_size.line_of(addr));
                self.accessed.push(Accessed {
                    core,
                    addr,
                    bytes,
                    how: How::Wrote(value, write),
                });
                let first = from_buffer.then(|| self.buffered[core.index()].pop_front());
                if first.is_some_and(|first| first != Some((write, addr, bytes))) {
                    self.out_of_order = Some(core);
                }
            }
            Event::Forwarded { core, .. } | Event::ReadInvalidated { core, .. } => {
                self.forwarded = Some(core);
            }
            Event::Sent { line, .. } => self.sent = Some(line),
            Event::Completed {
                core,
                access,
                value,
                parts: 1,
            } if access.kind == AccessKind::Load && self.forwarded != Some(core) => {
                let (addr, bytes) = (access.addr, access.bytes);
                self.touched.push(self.line_size.line_of(addr));
                self.accessed.push(Accessed {
                    core,
                    addr,
                    bytes,
                    how: How::Read(*value),
                });
            }
            _ => {}
        }
    }
}

/// Channels hold no more messages about a line than any protocol that works needs, and no
/// controller counts further than there are controllers.
fn bounded<C: Contents>(machine: &Machine<C>, line: Line) -> Result<(), Violation> {
    let controllers = machine.controllers().expect("a network has messages");
    let about = machine.in_flight().iter();
    let about = about.filter(|message| message.line == line).count();
    if about > most_messages(controllers.nodes()) {
        return Err(Violation::Flood { line });
    }
    Ok(())
}
