//! A trace as text: what the reader reads back as the same trace.

use std::borrow::Borrow;
use std::fmt::{self, Display, Write as _};
use std::io;

use super::lines::{MAX_LINE_BYTES, control};
use super::{
    Base, Boxed, Header, Key, KeyKind, Literal, LockDeclaration, MapDeclaration, Op, Operation,
    Place, Rmw, SCHEDULE_VERSION, Variable,
};

/// An operation in the trace's own words, without its thread.
///
/// # Panics
/// When the operation names a map, variable or lock that the header does not declare.
#[must_use]
pub fn describe(operation: &Operation, header: &Header) -> String {
    InHeader(operation, header).to_string()
}

/// Writes a trace.
///
/// # Errors
/// When `output` does not take it, or a line would be one that the reader refuses: too long,
/// or with a control character in a title or a label.
///
/// # Panics
/// When an operation names a map, variable or lock that the header does not declare.
pub fn write(
    header: &Header,
    operations: impl IntoIterator<Item: Borrow<Operation>>,
    output: &mut impl io::Write,
) -> io::Result<()> {
    let mut output = Output::new(output);
    write_header(header, &mut output)?;
    write_operations(header, operations, &mut output)
}

/// Writes operations after their header.
pub(super) fn write_operations(
    header: &Header,
    operations: impl IntoIterator<Item: Borrow<Operation>>,
    output: &mut Output<'_, impl io::Write>,
) -> io::Result<()> {
    for operation in operations {
        let operation = operation.borrow();
        let words = InHeader(operation, header);
        output.line(format_args!("{} {words}", operation.thread))?;
    }
    Ok(())
}

/// Writes what stands before the operations.
pub(super) fn write_header(
    header: &Header,
    output: &mut Output<'_, impl io::Write>,
) -> io::Result<()> {
    if !header.title.is_empty() {
        output.line(format_args!("# {}", header.title))?;
    }
    if let Some(name) = &header.machine {
        output.line(format_args!("machine {name}"))?;
    }
    if let Some(cores) = header.cores {
        output.line(format_args!("cores {cores}"))?;
    }
    if let Some(name) = &header.protocol {
        output.line(format_args!("protocol {name}"))?;
    }
    if let Some(seed) = header.seed {
        output.line(format_args!("seed {seed}"))?;
    }
    if header.warm {
        output.line(format_args!("warm"))?;
    }
    for variable in &header.variables {
        output.line(format_args!("{variable}"))?;
    }
    for lock in &header.locks {
        output.line(format_args!("{lock}"))?;
    }
    for map in &header.maps {
        output.line(format_args!("{map}"))?;
    }
    for operation in &header.init {
        output.line(format_args!("init {}", InHeader(operation, header)))?;
    }
    if let Some(schedule) = &header.schedule {
        output.line(format_args!("schedule {SCHEDULE_VERSION}"))?;
        for (_, step) in &schedule.steps {
            output.line(format_args!("step {step}"))?;
        }
    }
    Ok(())
}

/// Where lines go.
pub(super) struct Output<'a, W> {
    line: String,
    output: &'a mut W,
}

impl<'a, W: io::Write> Output<'a, W> {
    pub(super) fn new(output: &'a mut W) -> Output<'a, W> {
        Output {
            line: String::new(),
            output,
        }
    }

    /// Writes a line, if it is one that can be read.
    pub(super) fn line(&mut self, line: fmt::Arguments<'_>) -> io::Result<()> {
        self.line.clear();
        let _ = self.line.write_fmt(line); // a `String` takes everything
        if self.line.len() > MAX_LINE_BYTES || self.line.contains(control) {
            let begin: String = self.line.chars().take(60).collect();
            let message = format!("no trace can hold the line that begins with {begin:?}");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
        self.line.push('\n');
        self.output.write_all(self.line.as_bytes())
    }
}

impl Display for Variable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "var {} size={}", self.name, self.bytes)?;
        if let Some(offset) = self.line_offset {
            write!(f, " at={offset}")?;
        }
        match self.initial {
            0 => Ok(()),
            initial => write!(f, " init={initial:#x}"),
        }
    }
}

impl Display for LockDeclaration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind.name(), self.name)?;
        match self.line_offset {
            None => Ok(()),
            Some(offset) => write!(f, " at={offset}"),
        }
    }
}

impl Display for MapDeclaration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, kind, value) = (&self.name, &self.kind, self.value.name());
        write!(f, "map {name} {kind}")?;
        if self.key != KeyKind::U64 {
            write!(f, " key={}", self.key.name())?;
        }
        write!(f, " value={value}")?;
        if self.room > 0 {
            write!(f, " room={}", self.room)?;
        }
        let numbers = [
            ("buckets", self.buckets.map(u64::from)),
            ("at", self.line_offset),
            ("shards", self.shards.map(u64::from)),
            ("pad", self.pad.map(u64::from)),
        ];
        for (key, number) in numbers {
            if let Some(number) = number {
                write!(f, " {key}={number}")?;
            }
        }
        match &self.over {
            None => Ok(()),
            Some(over) => write!(f, " over={over}"),
        }
    }
}

/// Something whose names are in a header.
struct InHeader<'a, T>(&'a T, &'a Header);

impl Display for InHeader<'_, Operation> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let InHeader(operation, header) = *self;
        InHeader(&operation.op, header).fmt(f)?;
        if let Some(name) = &operation.result {
            write!(f, " -> {name}")?;
        }
        match &operation.label {
            Some(label) => write!(f, " @{label}"),
            None => Ok(()),
        }
    }
}

impl Display for InHeader<'_, Op> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let InHeader(op, header) = *self;
        let place = |place| InHeader(place, header);
        let map = |map: &u16| &*header.maps[usize::from(*map)].name;
        let lock = |lock: &u16| &*header.locks[usize::from(*lock)].name;
        match op {
            Op::Load(at) => write!(f, "load {}", place(at)),
            Op::Store(at, value) => write!(f, "store {} {value:#x}", place(at)),
            Op::Rmw(at, rmw) => match rmw {
                Rmw::Exchange(value) => write!(f, "rmw {} xchg {value:#x}", place(at)),
                Rmw::Add(value) => write!(f, "rmw {} add {value:#x}", place(at)),
                Rmw::CompareExchange { expected, new } => {
                    write!(f, "rmw {} cas {expected:#x} {new:#x}", place(at))
                }
            },
            Op::Evict(at) => write!(f, "evict {}", place(at)),
            Op::Fence => f.write_str("fence"),
            Op::Compute(cycles) => write!(f, "compute {cycles}"),
            Op::Clock => f.write_str("clock"),
            Op::Lock(l) => write!(f, "lock {}", lock(l)),
            Op::Unlock(l) => write!(f, "unlock {}", lock(l)),
            Op::ReadLock(l) => write!(f, "rlock {}", lock(l)),
            Op::ReadUnlock(l) => write!(f, "runlock {}", lock(l)),
            Op::Put { map: m, key, value } => write!(f, "put {} {key} {value}", map(m)),
            Op::Get { map: m, key } => write!(f, "get {} {key}", map(m)),
            Op::Increment { map: m, key } => write!(f, "inc {} {key}", map(m)),
            Op::Delete { map: m, key } => write!(f, "delete {} {key}", map(m)),
            Op::Len { map: m } => write!(f, "len {}", map(m)),
            Op::Range { map: m } => write!(f, "range {}", map(m)),
            Op::Clear { map: m } => write!(f, "clear {}", map(m)),
            Op::Grow { map: m } => write!(f, "grow {}", map(m)),
        }
    }
}

impl Display for InHeader<'_, Place> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let InHeader(
            &Place {
                base,
                offset,
                bytes,
            },
            header,
        ) = *self;
        match base {
            Base::Absolute if bytes == 8 => write!(f, "{offset:#x}"),
            Base::Absolute => write!(f, "{offset:#x}:{bytes}"),
            Base::Variable(index) => {
                let variable = &header.variables[usize::from(index)];
                f.write_str(&variable.name)?;
                if offset != 0 {
                    write!(f, "+{offset}")?;
                }
                if variable.bytes == u64::from(bytes) {
                    Ok(())
                } else {
                    write!(f, ":{bytes}")
                }
            }
        }
    }
}

impl Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Key::Number(number) => number.fmt(f),
            Key::Text(text) => quote(f, text),
        }
    }
}

impl Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Literal::Number(number) => write!(f, "{number:#x}"),
            Literal::Text(text) => quote(f, text),
            Literal::Struct([one, two, three]) => write!(f, "{{{one:#x},{two:#x},{three:#x}}}"),
            Literal::Boxed(Boxed::Number(number)) => write!(f, "int({number})"),
            Literal::Boxed(Boxed::Text(text)) => {
                f.write_str("str(")?;
                quote(f, text)?;
                f.write_char(')')
            }
        }
    }
}

/// In quotes, with escapes.
pub(super) fn quote(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    f.write_char('"')?;
    for letter in text.chars() {
        match letter {
            '"' => f.write_str("\\\"")?,
            '\\' => f.write_str("\\\\")?,
            '\n' => f.write_str("\\n")?,
            '\t' => f.write_str("\\t")?,
            c if c.is_ascii_control() => write!(f, "\\x{:02x}", u32::from(c))?,
            c => f.write_char(c)?,
        }
    }
    f.write_char('"')
}
