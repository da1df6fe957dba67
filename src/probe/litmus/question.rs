//! A test as it is asked: its threads assembled, where everything lies, and what x86-TSO allows.

use std::collections::BTreeSet;
use std::fmt;

use super::accesses::crossing;
use super::allowed::allowed;
use super::assemble::assemble;
use super::instance::{Instance, preloads};
use super::pages::Code;
use super::refuse::{LINE_BYTES, refuse};
use crate::drive::interleave::Options;
use crate::litmus::{Layout, Place, Preload, Register, Setup, Test, Values64, Width};

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
    /// Makes a test ready, of which `setup` is on the [`model`](super::model) of a machine. `goes_on`
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
        let allowed = allowed(setup, &crossing(test, &layout), options, goes_on);
        let allowed = allowed.map_err(NotAsked)?;
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
            allowed,
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
