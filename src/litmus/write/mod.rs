//! Writes what `parse` reads: a test as text that is read as the same test, with columns as
//! herdtools7 sets them.

mod condition;
mod instruction;

use std::fmt;

use super::{
    Address, Architecture, Base, Init, Instruction, Location, Operand, Place, Proposition, Test,
    Type, Value, Width,
};

impl fmt::Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} {}", self.architecture, self.name)?;
        if let Some(doc) = &self.doc {
            writeln!(f, "\"{doc}\"")?;
        }
        for (key, value) in &self.info {
            writeln!(f, "{key}={value}")?;
        }
        self.write_init(f)?;
        self.write_threads(f)?;
        if !self.shown.is_empty() {
            let shown = self.shown.iter().map(|place| match place {
                // Without the brackets, which herd7 does not take here.
                Place::Location {
                    name,
                    element: None,
                    ..
                } => format!("{name};"),
                place => format!("{place};"),
            });
            writeln!(f, "locations [{}]", shown.collect::<Vec<_>>().join(" "))?;
        }
        if let Some(filter) = &self.filter {
            writeln!(f, "filter ({filter})")?;
        }
        writeln!(f, "{}", self.condition)
    }
}

impl fmt::Display for Architecture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Architecture::X86 => "X86",
            Architecture::X86_64 => "X86_64",
        })
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.signed { "" } else { "u" };
        write!(f, "{sign}int{}_t", 8 * self.width.bytes())
    }
}

impl Type {
    /// The number that the low bytes of `value` are, as text.
    #[must_use]
    pub fn show(self, value: u64) -> String {
        let unused = 64 - 8 * self.width.bytes();
        match self.signed {
            true => ((value << unused).cast_signed() >> unused).to_string(),
            false => self.width.low(value).to_string(),
        }
    }
}

impl Test {
    /// The instructions of a thread as they are written, without blanks at their ends.
    #[must_use]
    pub fn cells(&self, thread: usize) -> Vec<String> {
        instruction::cells(self, &self.threads[thread])
    }

    /// The block in braces. A location without a type that is zero at first needs no entry, if
    /// all are met in their order without.
    fn write_init(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = self.order() != (0..self.locations.len() as u16).collect::<Vec<_>>();
        f.write_str("{\n")?;
        let given = self.locations.iter().filter(|one| all || is_given(one));
        let entries: Vec<String> = given.map(|one| self.location_entry(one)).collect();
        if !entries.is_empty() {
            writeln!(f, "{}", entries.join(" "))?;
        }
        for thread in self
            .registers
            .chunk_by(|one, next| one.thread == next.thread)
        {
            let entries: Vec<String> = thread.iter().map(|one| self.register_entry(one)).collect();
            writeln!(f, "{}", entries.join(" "))?;
        }
        f.write_str("}\n")
    }

    fn location_entry(&self, location: &Location) -> String {
        let name = &location.name;
        let declared = match location.declared {
            Some(declared) => format!("{declared} "),
            None if location.array => format!("{} ", location.element),
            None => String::new(),
        };
        let values = location
            .init
            .iter()
            .map(|&init| self.init(init, location.element));
        let values: Vec<String> = values.collect();
        if location.array {
            let length = values.len();
            return match location.init.iter().all(|&init| init == Init::Number(0)) {
                true => format!("{declared}{name}[{length}];"),
                false => format!("{declared}{name}[{length}]={{{}}};", values.join(",")),
            };
        }
        match location.init.first() {
            Some(Init::Number(0)) | None if !declared.is_empty() => format!("{declared}{name};"),
            _ => format!("{declared}{name}={};", values.concat()),
        }
    }

    fn register_entry(&self, init: &super::RegisterInit) -> String {
        let usual = Type {
            width: Width::Quad,
            signed: true,
        };
        let width = match self.architecture {
            Architecture::X86 => Width::Long,
            Architecture::X86_64 => Width::Quad,
        };
        let mut name = init.register.name(width).to_owned();
        if self.architecture == Architecture::X86 {
            name.make_ascii_uppercase();
        }
        let place = format!("{}:{name}", init.thread);
        match (init.declared, init.value) {
            (Some(declared), Init::Number(0)) => format!("{declared} {place};"),
            (Some(declared), value) => {
                format!("{declared} {place}={};", self.init(value, declared))
            }
            (None, value) => format!("{place}={};", self.init(value, usual)),
        }
    }

    fn init(&self, init: Init, element: Type) -> String {
        match init {
            Init::Number(number) => element.show(number),
            Init::Address(Address(location)) => self.locations[usize::from(location)].name.clone(),
        }
    }

    /// The table of instructions, each column as wide as its widest cell.
    fn write_threads(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let column = |(index, thread): (usize, &Vec<Instruction>)| {
            let mut cells = vec![format!("P{index}")];
            cells.extend(instruction::cells(self, thread));
            cells
        };
        let columns: Vec<Vec<String>> = self.threads.iter().enumerate().map(column).collect();
        let width = |column: &Vec<String>| column.iter().map(String::len).max().unwrap_or(0);
        let widths: Vec<usize> = columns.iter().map(width).collect();
        let rows = columns.iter().map(Vec::len).max().unwrap_or(0);
        for row in 0..rows {
            let cells = columns.iter().zip(&widths).map(|(column, width)| {
                let cell = column.get(row).map_or("", String::as_str);
                format!(" {cell:width$} ")
            });
            writeln!(f, "{};", cells.collect::<Vec<_>>().join("|"))?;
        }
        Ok(())
    }

    /// The locations in the order in which a reader meets them if those that must be declared
    /// are, and no others.
    fn order(&self) -> Vec<u16> {
        let numbers = 0..self.locations.len() as u16;
        let mut met: Vec<u16> = numbers
            .filter(|&number| is_given(&self.locations[usize::from(number)]))
            .collect();
        let given = self.locations.iter().flat_map(|one| &one.init);
        let given = given.chain(self.registers.iter().map(|one| &one.value));
        met.extend(given.filter_map(|init| match init {
            Init::Address(Address(location)) => Some(*location),
            Init::Number(_) => None,
        }));
        let rows = self.threads.iter().map(Vec::len).max().unwrap_or(0);
        for row in 0..rows {
            let cells = self.threads.iter().filter_map(|thread| thread.get(row));
            met.extend(cells.flat_map(|instruction| named(self.architecture, instruction)));
        }
        met.extend(self.shown.iter().filter_map(location_of));
        let filter = self.filter.iter();
        for proposition in filter.chain([&self.condition.proposition]) {
            met.extend(mentioned(proposition));
        }
        let mut seen = vec![false; self.locations.len()];
        met.retain(|&location| !std::mem::replace(&mut seen[usize::from(location)], true));
        met
    }
}

/// Whether a location is not just zero with no type.
fn is_given(location: &Location) -> bool {
    location.declared.is_some() || location.array || location.init != [Init::Number(0)]
}

fn location_of(place: &Place) -> Option<u16> {
    match place {
        Place::Location { location, .. } => Some(*location),
        Place::Register { .. } => None,
    }
}

/// The locations that an instruction names, in the order in which they are written.
fn named(architecture: Architecture, instruction: &Instruction) -> Vec<u16> {
    let name = |operand: Operand| match operand {
        Operand::Address(Address(location)) => Some(location),
        Operand::Memory(memory) => match memory.base {
            Base::Location(location) => Some(location),
            Base::Register(_) => None,
        },
        _ => None,
    };
    let mut named: Vec<u16> = match *instruction {
        Instruction::Move { to, from, .. } | Instruction::Operate { to, from, .. } => {
            [to, from].into_iter().filter_map(name).collect()
        }
        Instruction::Exchange { memory, .. }
        | Instruction::ExchangeAdd { memory, .. }
        | Instruction::CompareExchange { memory, .. } => {
            name(Operand::Memory(memory)).into_iter().collect()
        }
        Instruction::Fence(_) | Instruction::Jump { .. } | Instruction::Nop => Vec::new(),
    };
    if architecture == Architecture::X86_64 {
        named.reverse();
    }
    named
}

/// The locations that a proposition names, in the order in which they are written.
fn mentioned(proposition: &Proposition) -> Vec<u16> {
    match proposition {
        Proposition::Atom(atom) => {
            let value = match &atom.value {
                Value::Address { location, .. } => Some(location.0),
                Value::Number(_) => None,
            };
            location_of(&atom.place).into_iter().chain(value).collect()
        }
        Proposition::Constant(_) => Vec::new(),
        Proposition::Not(inner) => mentioned(inner),
        Proposition::And(all) | Proposition::Or(all) => all.iter().flat_map(mentioned).collect(),
        Proposition::Implies(both) => both.iter().flat_map(mentioned).collect(),
    }
}
