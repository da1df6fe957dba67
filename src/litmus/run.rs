//! A litmus test on a machine: which final states there are, how often each one comes when
//! everything is left to time, and the shortest way to one.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::condition::{Atom, Comparison, Place, Proposition, Value};
use super::instruction::{Register, Width};
use super::layout::Layout;
use super::prefetch::{Preload, prefetches};
use super::test::{Init, Test, Type};
use super::thread::{PlainAccess, Thread};
use crate::drive::interleave::{Explored, Options, State, explore, shortest};
use crate::drive::{Ending, Ordered};
use crate::machine::{Access, Config, Core, Machine, Step, Update};
use crate::memory::{Addr, Contents, Heap, Line, LineSize, Piece, Values, WriteId};
use crate::protocol::Protocol;

/// What a test runs on.
#[derive(Clone, Debug)]
pub struct Hardware {
    /// The machine; it gets as many cores as the test has threads.
    pub config: Config,
    /// What keeps its caches coherent; none if it has no caches.
    pub protocol: Option<Protocol>,
}

/// A test that is laid out in the memory of a machine.
#[derive(Clone, Debug)]
pub struct Setup<'a> {
    test: &'a Test,
    columns: Vec<Place>,
    layout: Arc<Layout>,
    /// For a search: without what only decides how long something takes.
    config: Arc<Config>,
    /// For runs in time.
    pub(super) timed: Arc<Config>,
    protocol: Option<Protocol>,
    /// Accesses whose parts are performed from the last to the first.
    backward: Vec<PlainAccess>,
}

/// What each column holds in a final state.
pub type Values64 = Vec<u64>;

/// All final states of a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcomes {
    /// Different ones, in the order of the columns' numbers.
    pub states: BTreeSet<Values64>,
    /// What was gone through to find them.
    pub explored: Explored,
}

impl<'a> Setup<'a> {
    /// Lays the test out.
    ///
    /// # Errors
    /// The machine cannot have as many cores as the test has threads; why.
    pub fn new(test: &'a Test, hardware: &Hardware) -> Result<Setup<'a>, String> {
        let cores = test.threads.len().max(1);
        let mut config = hardware.config.clone();
        config.cores = cores;
        let timed = Arc::new(config.clone());
        config.last_level = None;
        if let Some(protocol) = &hardware.protocol
            && !Machine::<Values>::can_run(cores, protocol)
        {
            let name = protocol.name();
            return Err(format!("{name} has too many controllers for {cores} cores"));
        }
        Ok(Setup {
            test,
            columns: test.columns(),
            layout: Arc::new(Layout::new(test, config.line_size)),
            config: Arc::new(config),
            timed,
            protocol: hardware.protocol.clone(),
            backward: Vec::new(),
        })
    }

    /// The same, with the parts of these accesses performed from the last to the first.
    #[must_use]
    pub fn backward(&self, accesses: Vec<PlainAccess>) -> Setup<'a> {
        Setup {
            backward: accesses,
            ..self.clone()
        }
    }

    /// What is shown of final states, in order.
    #[must_use]
    pub fn columns(&self) -> &[Place] {
        &self.columns
    }

    /// The machine's name.
    #[must_use]
    pub fn machine_name(&self) -> &str {
        &self.config.name
    }

    /// The protocol's name; `none` without caches.
    #[must_use]
    pub fn protocol_name(&self) -> &str {
        self.protocol.as_ref().map_or("none", Protocol::name)
    }

    /// What keeps the caches coherent, if there are any.
    #[must_use]
    pub fn protocol(&self) -> Option<&Protocol> {
        self.protocol.as_ref()
    }

    /// How many cores there are.
    #[must_use]
    pub fn cores(&self) -> usize {
        self.config.cores
    }

    /// The size of lines.
    #[must_use]
    pub fn line_size(&self) -> LineSize {
        self.config.line_size
    }

    /// An instruction of a thread, as the test writes it; empty past the last.
    #[must_use]
    pub fn instruction(&self, core: Core, at: usize) -> String {
        let cells = self.test.cells(core.index());
        cells.get(at).cloned().unwrap_or_default()
    }

    /// What lies at an address: a location's name, or its bytes from one on, as `x+4`.
    #[must_use]
    pub fn name_of(&self, addr: Addr, _bytes: usize) -> String {
        let Some(location) = self.layout.location_of(addr) else {
            return addr.to_string();
        };
        let name = &self.test.locations[usize::from(location)].name;
        match addr.0 - self.layout.addrs[usize::from(location)].0 {
            0 => name.clone(),
            past => format!("{name}+{past}"),
        }
    }

    /// A column's value as herd7 shows it: a number, signed if its type is, or the name of the
    /// location whose address it is.
    #[must_use]
    pub fn show(&self, place: &Place, value: u64) -> String {
        let (width, signed) = match place {
            Place::Register {
                thread,
                name,
                register,
            } => {
                let declared = self
                    .test
                    .registers
                    .iter()
                    .find(|init| (init.thread, init.register) == (*thread, *register));
                let declared = declared.and_then(|init| init.declared);
                (width_of(name), declared.is_none_or(|of| of.signed))
            }
            Place::Location { location, .. } => {
                let element = self.test.locations[usize::from(*location)].element;
                (element.width, element.signed)
            }
        };
        if width == Width::Quad
            && let Ok(location) = self.layout.addrs.binary_search(&Addr(value))
        {
            return self.test.locations[location].name.clone();
        }
        Type { width, signed }.show(value)
    }

    /// What an element that begins at this address shows with these bytes; as a number of eight bytes
    /// where none is.
    #[must_use]
    pub fn show_at(&self, addr: Addr, bytes: u64) -> String {
        let usual = Type {
            width: Width::Quad,
            signed: true,
        };
        let location = self.layout.location_of(addr);
        let element = location.map(|location| self.test.locations[usize::from(location)].element);
        element.unwrap_or(usual).show(bytes)
    }

    /// All lines that locations lie in.
    #[must_use]
    pub fn lines(&self) -> Vec<Line> {
        let size = self.config.line_size;
        let locations = self.layout.contents.iter().zip(&self.layout.addrs);
        let lines = locations.flat_map(|(contents, &addr)| {
            let Line(first) = size.line_of(addr);
            (first..first + contents.len() as u64 / size.bytes()).map(Line)
        });
        lines.collect()
    }

    /// Whether a core can read a line that its cache has given up.
    #[must_use]
    pub fn queues_invalidations(&self) -> bool {
        self.config.invalidation_queue.is_some() && self.protocol.is_some()
    }

    /// The machine at the beginning: locations are in memory, and in caches where the test says so.
    ///
    /// # Errors
    /// A protocol that goes wrong when they come there.
    pub(super) fn machine<C: Contents>(&self, config: &Arc<Config>) -> Result<Machine<C>, Ending> {
        let config = Arc::clone(config);
        let mut heap = Heap::new();
        let line_bytes = config.line_size.bytes();
        for (contents, &addr) in self.layout.contents.iter().zip(&self.layout.addrs) {
            let placed = heap.allocate_lines(contents.len() as u64, line_bytes);
            assert_eq!(placed, Ok(addr), "locations lie one after another");
        }
        let mut machine = match &self.protocol {
            Some(protocol) => Machine::new(config, protocol, heap),
            None => Machine::without_caches(config, heap),
        };
        for (contents, &addr) in self.layout.contents.iter().zip(&self.layout.addrs) {
            for (at, &byte) in (0..).zip(contents) {
                let memory = machine.memory_mut();
                memory.write(addr + at, 1, byte.into(), WriteId::INITIAL);
            }
        }
        match machine.has_caches() {
            true => self.prefetch(machine),
            false => Ok(machine),
        }
    }

    /// Lets cores access what they are to have in their caches. What they write is what was there.
    fn prefetch<C: Contents>(&self, machine: Machine<C>) -> Result<Machine<C>, Ending> {
        let line_bytes = self.config.line_size.bytes();
        let mut ordered = Ordered::new(machine, ());
        for one in prefetches(self.test) {
            let first = self.layout.addrs[usize::from(one.location)];
            let bytes = self.layout.contents[usize::from(one.location)].len() as u64;
            for addr in (0..bytes / line_bytes).map(|line| first + line * line_bytes) {
                let access = match one.how {
                    Preload::Write => Access::locked(addr, 1, Update::Or(0), WriteId::INITIAL),
                    Preload::Touch => Access::load(addr, 1),
                    Preload::Flush => continue,
                };
                ordered.access(Core(one.thread as u8), access, &[])?;
            }
        }
        Ok(ordered.end(Ending::Finished).1)
    }

    pub(super) fn threads(&self) -> Vec<Thread> {
        Thread::all(self.test, &self.layout, &self.columns, &self.backward)
    }

    /// The beginning, without what only decides how long something takes.
    pub fn first(&self) -> Result<State<Thread>, Ending> {
        State::new(self.machine(&self.config)?, self.threads())
    }

    /// Whether no set of a cache has more lines to hold than it has room for.
    fn fits(&self) -> bool {
        let cache = self.config.cache;
        let mut lines = vec![0; cache.sets];
        for Line(line) in self.lines() {
            lines[line as usize % cache.sets] += 1;
        }
        lines.iter().all(|&lines| lines <= cache.ways)
    }

    /// Goes through every interleaving. `goes_on` is asked every few thousand states.
    ///
    /// # Errors
    /// What ended a run before its end: an access outside of all locations, or a protocol that
    /// goes wrong.
    pub fn explore(
        &self,
        options: &Options,
        goes_on: &mut impl FnMut(u64) -> bool,
    ) -> Result<Outcomes, Ending> {
        let first = self.first()?;
        let mut states = BTreeSet::new();
        let mut stuck = false;
        let mut finally = |state: &State<Thread>| {
            stuck |= !state.is_finished();
            let values = self.finally(state);
            if !states.contains(&values) && self.passes(&values) {
                states.insert(values);
            }
        };
        let addrs = &self.layout.addrs;
        let explored = explore(first, addrs, self.fits(), options, &mut finally, goes_on)?;
        if stuck {
            return Err(Ending::Stuck(crate::machine::Thread(0)));
        }
        Ok(Outcomes { states, explored })
    }

    /// The steps of a shortest way to a final state with these values; none within the limits.
    ///
    /// # Errors
    /// As for [`Setup::explore`].
    pub fn shortest(
        &self,
        options: &Options,
        wanted: &mut impl FnMut(&[u64]) -> bool,
    ) -> Result<Option<Vec<Step>>, Ending> {
        let first = self.first()?;
        let mut wanted = |state: &State<Thread>| wanted(&self.finally(state));
        shortest(first, &self.layout.addrs, self.fits(), options, &mut wanted)
    }

    /// What each column holds.
    pub(super) fn finally(&self, state: &State<Thread>) -> Values64 {
        let register = |place: &Place| match place {
            Place::Register {
                thread, register, ..
            } => state.programs[usize::from(*thread)].register(*register),
            Place::Location { .. } => unreachable!("a register"),
        };
        self.values(&state.machine, register)
    }

    /// What the columns hold, where `register` says it of registers.
    pub(super) fn values<C: Contents>(
        &self,
        machine: &Machine<C>,
        register: impl Fn(&Place) -> u64,
    ) -> Values64 {
        let value = |place: &Place| match place {
            Place::Register { name, .. } => width_of(name).low(register(place)),
            Place::Location {
                location, element, ..
            } => {
                let (addr, width) = self.place(*location, *element);
                let value = machine.peek(addr, width.bytes());
                value.expect("it is allocated").value(width.bytes()) as u64
            }
        };
        self.columns.iter().map(value).collect()
    }

    fn place(&self, location: u16, element: Option<u16>) -> (Addr, Width) {
        let width = self.test.locations[usize::from(location)].element.width;
        let first = self.layout.addrs[usize::from(location)];
        let past = usize::from(element.unwrap_or(0)) * width.bytes();
        (first + past as u64, width)
    }

    pub(super) fn passes(&self, values: &[u64]) -> bool {
        let filter = self.test.filter.as_ref();
        filter.is_none_or(|filter| self.holds(filter, values))
    }

    /// Whether a proposition about the columns' values holds.
    #[must_use]
    pub fn holds(&self, proposition: &Proposition, values: &[u64]) -> bool {
        proposition.holds(&|atom: &Atom| {
            let at = self.columns.iter().position(|place| *place == atom.place);
            let value = values[at.expect("what is asked for is shown")];
            let wanted = match &atom.value {
                Value::Number(number) => *number,
                Value::Address { location, .. } => self.layout.number(Init::Address(*location)),
            };
            let width = match &atom.place {
                Place::Register { name, .. } => width_of(name),
                Place::Location {
                    location, element, ..
                } => self.place(*location, *element).1,
            };
            (value == width.low(wanted)) == (atom.comparison == Comparison::Equal)
        })
    }
}

fn width_of(name: &str) -> Width {
    Register::named(name).map_or(Width::Quad, |(_, width)| width)
}
