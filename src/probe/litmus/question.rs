//! A test as it is asked: its threads assembled, where everything lies, and what x86-TSO allows.

use std::collections::BTreeSet;
use std::fmt;

use super::assemble::assemble;
use super::pages::{Code, Pages};
use super::refuse::{LINE_BYTES, refuse};
use crate::drive::interleave::Options;
use crate::litmus::{
    Init, Layout, Place, Preload, Register, Setup, Test, Values64, Width, prefetches,
};

/// A test that can be asked.
pub struct Question<'a> {
    pub(super) test: &'a Test,
    /// What the simulator says of it.
    pub setup: &'a Setup<'a>,
    /// All final states that x86-TSO allows, those that a filter passes over left out.
    pub allowed: BTreeSet<Values64>,
    pub(super) codes: Vec<Code>,
    /// For each thread the registers that are read back.
    pub(super) read_back: Vec<Vec<Register>>,
    /// For each thread what it does beforehand to lines of an instance, if that is done.
    pub(super) preloads: Vec<Vec<(usize, Preload)>>,
    columns: Vec<Column>,
    pub(super) instance: Instance,
}

/// How an instance lies in memory: as in the simulator, so that addresses differ by one number, and
/// where a location is beside another is the same.
pub(super) struct Instance {
    /// The address of its first location in the simulator.
    simulated: u64,
    /// What it holds at first.
    bytes: Vec<u8>,
    /// Where it holds addresses of its own.
    addresses: Vec<(usize, u64)>,
}

/// Where the value of a column is found.
enum Column {
    /// A thread's results, by their place.
    Register(usize, usize, Width),
    /// The instance's bytes.
    Memory(usize, Width),
}

/// Why a test is not asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotAsked(pub String);

impl fmt::Display for NotAsked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'a> Question<'a> {
    /// Makes a test ready, of which `setup` is on a machine that allows what x86-TSO does. `goes_on`
    /// is asked now and then while all final states are looked for.
    ///
    /// # Errors
    /// Why it is not asked.
    pub fn new(
        test: &'a Test,
        setup: &'a Setup<'a>,
        options: &Options,
        goes_on: &mut impl FnMut(u64) -> bool,
    ) -> Result<Question<'a>, NotAsked> {
        let question = Question::anywhere(test, setup, options, goes_on)?;
        question.depends_on_nothing_else().map_err(NotAsked)?;
        Ok(question)
    }

    /// The same, even if what the test shows depends on where its locations lie.
    fn anywhere(
        test: &'a Test,
        setup: &'a Setup<'a>,
        options: &Options,
        goes_on: &mut impl FnMut(u64) -> bool,
    ) -> Result<Question<'a>, NotAsked> {
        if setup.line_size().bytes() != LINE_BYTES {
            return Err(NotAsked(
                "the machine's lines are not the processor's".to_owned(),
            ));
        }
        let layout = Layout::new(test, setup.line_size());
        if let Some(why) = refuse(test, &layout) {
            return Err(NotAsked(why));
        }
        let instance = Instance::new(test, &layout).map_err(NotAsked)?;
        let outcomes = setup.explore(options, goes_on);
        let outcomes = outcomes.map_err(|ending| {
            NotAsked(match ending {
                crate::drive::Ending::Fault(thread, addr, bytes) => {
                    format!("{thread} can access {bytes} bytes at {addr}, which are in no location")
                }
                other => format!("the simulator does not come to its end: {other:?}"),
            })
        })?;
        if outcomes.explored.limit.is_some() {
            let why = "what x86-TSO allows was not all found within the limits";
            return Err(NotAsked(why.to_owned()));
        }
        let mut read_back = vec![Vec::new(); test.threads.len()];
        let columns = setup.columns().iter();
        let columns = columns.map(|place| column(place, test, &layout, &mut read_back));
        let columns = columns.collect();
        let mut codes = Vec::new();
        for (thread, read_back) in read_back.iter().enumerate() {
            let bytes = assemble(test, thread, &layout, read_back).map_err(NotAsked)?;
            let code = Code::new(&bytes);
            codes.push(code.map_err(|why| NotAsked(format!("no memory to run from: {why}")))?);
        }
        Ok(Question {
            test,
            setup,
            allowed: outcomes.states,
            codes,
            read_back,
            preloads: preloads(test, &layout),
            columns,
            instance,
        })
    }

    /// How many threads it has.
    #[must_use]
    pub fn threads(&self) -> usize {
        self.codes.len()
    }

    /// The test.
    #[must_use]
    pub fn test(&self) -> &Test {
        self.test
    }

    /// Whether a final state is one that the test asks about.
    pub(super) fn passes(&self, values: &[u64]) -> bool {
        let filter = self.test.filter.as_ref();
        filter.is_none_or(|filter| self.setup.holds(filter, values))
    }

    /// What the columns hold, of an instance whose first location is at `first`: `memory` gives its
    /// bytes, and `register` a thread's results.
    pub(super) fn values(
        &self,
        first: u64,
        memory: impl Fn(usize, usize) -> u64,
        register: impl Fn(usize, usize) -> u64,
        values: &mut Values64,
    ) {
        values.clear();
        values.extend(self.columns.iter().map(|column| {
            let (value, width) = match *column {
                Column::Register(thread, at, width) => (register(thread, at), width),
                Column::Memory(at, width) => (memory(at, width.bytes()), width),
            };
            match width {
                Width::Quad => self.instance.simulated_of(value, first),
                width => width.low(value),
            }
        }));
    }

    /// Runs the threads one after another, each alone, on an instance at this place: the final
    /// state. `skipped` bytes lie before the instance, in whole lines.
    ///
    /// # Errors
    /// There is no memory.
    #[allow(unsafe_code, reason = "it runs the threads, on pages of its own")]
    pub fn alone(&self, order: &[usize], skipped: usize) -> Result<Values64, String> {
        let pages = Pages::new(skipped + self.instance.bytes());
        let pages = pages.map_err(|why| format!("no memory: {why}"))?;
        let results = Pages::new(self.threads() * RESULTS).map_err(|why| why.to_string())?;
        let first = pages.at(skipped);
        // SAFETY: this thread alone has the pages. The simulator has found that all accesses are in
        // locations, whose lines lie here as there, and no thread has more than 16 results.
        let values = unsafe {
            self.instance.begin(&pages, skipped);
            for &thread in order {
                self.codes[thread].run(first, results.at(thread * RESULTS));
            }
            let mut values = Vec::new();
            self.values(
                first as u64,
                |at, bytes| pages.read(skipped + at, bytes),
                |thread, at| results.read(thread * RESULTS + 8 * at, 8),
                &mut values,
            );
            values
        };
        Ok(values)
    }

    /// What threads compute from the numbers of addresses, other than places to access, is
    /// different on a real machine: such a test shows states that the simulator does not have,
    /// however its threads are run.
    fn depends_on_nothing_else(&self) -> Result<(), String> {
        let forward: Vec<usize> = (0..self.threads()).collect();
        let backward: Vec<usize> = forward.iter().rev().copied().collect();
        for (order, lines) in [(forward, 0), (backward, 3)] {
            let values = self.alone(&order, lines * LINE_BYTES as usize)?;
            if self.passes(&values) && !self.allowed.contains(&values) {
                return Err("what it shows depends on where its locations lie".to_owned());
            }
        }
        Ok(())
    }
}

/// So many bytes for a thread's results.
const RESULTS: usize = 8 * Register::COUNT;

/// What the test's hints say, line by line.
fn preloads(test: &Test, layout: &Layout) -> Vec<Vec<(usize, Preload)>> {
    let mut preloads = vec![Vec::new(); test.threads.len()];
    for one in prefetches(test) {
        let location = usize::from(one.location);
        let first = (layout.addrs[location].0 - layout.addrs[0].0) as usize;
        let bytes = layout.contents[location].len();
        let lines = (first..first + bytes).step_by(LINE_BYTES as usize);
        preloads[usize::from(one.thread)].extend(lines.map(|line| (line, one.how)));
    }
    preloads
}

fn column(place: &Place, test: &Test, layout: &Layout, read_back: &mut [Vec<Register>]) -> Column {
    match place {
        Place::Register {
            thread,
            name,
            register,
        } => {
            let thread = usize::from(*thread);
            let known = &mut read_back[thread];
            let at = known.iter().position(|one| one == register);
            let at = at.unwrap_or_else(|| {
                known.push(*register);
                known.len() - 1
            });
            let width = Register::named(name).map_or(Width::Quad, |(_, width)| width);
            Column::Register(thread, at, width)
        }
        Place::Location {
            location, element, ..
        } => {
            let at = usize::from(*location);
            let width = test.locations[at].element.width;
            let first = (layout.addrs[at].0 - layout.addrs[0].0) as usize;
            Column::Memory(
                first + usize::from(element.unwrap_or(0)) * width.bytes(),
                width,
            )
        }
    }
}

impl Instance {
    fn new(test: &Test, layout: &Layout) -> Result<Instance, String> {
        let simulated = layout.addrs.first().map_or(0, |addr| addr.0);
        let mut addresses = Vec::new();
        for (location, addr) in test.locations.iter().zip(&layout.addrs) {
            let width = location.element.width;
            for (at, &init) in location.init.iter().enumerate() {
                if let Init::Address(_) = init {
                    if width != Width::Quad {
                        let name = &location.name;
                        return Err(format!(
                            "{name} holds an address, and has no 8 bytes for it"
                        ));
                    }
                    let place = (addr.0 - simulated) as usize + at * width.bytes();
                    addresses.push((place, layout.number(init) - simulated));
                }
            }
        }
        Ok(Instance {
            simulated,
            bytes: layout.contents.concat(),
            addresses,
        })
    }

    /// Its size: whole lines, one at least.
    pub(super) fn bytes(&self) -> usize {
        self.bytes.len().max(LINE_BYTES as usize)
    }

    /// Makes the instance there what it is at first.
    ///
    /// # Safety
    /// No other thread accesses it now.
    #[allow(
        unsafe_code,
        reason = "it writes to pages that are shared at other times"
    )]
    pub(super) unsafe fn begin(&self, pages: &Pages, at: usize) {
        let first = pages.at(at) as u64;
        // SAFETY: the caller says so.
        unsafe {
            pages.write(at, &self.bytes);
            for &(place, of) in &self.addresses {
                pages.write(at + place, &(first + of).to_le_bytes());
            }
        }
    }

    /// A number as the simulator has it: addresses in the instance are other ones there.
    fn simulated_of(&self, value: u64, first: u64) -> u64 {
        match value.wrapping_sub(first) {
            past if past < self.bytes.len() as u64 => self.simulated + past,
            _ => value,
        }
    }
}
