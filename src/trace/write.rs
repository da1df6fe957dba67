//! A trace as text: what the reader reads back as the same trace.

use std::fmt::{self, Display, Write as _};
use std::io;

use super::{Base, Boxed, Header, Literal, Op, Operation, Place, Rmw, ValueKind};

/// An operation in the trace's own words, without its thread.
#[must_use]
pub fn describe(operation: &Operation, header: &Header) -> String {
    let mut text = InHeader(&operation.op, header).to_string();
    if let Some(name) = &operation.result {
        let _ = write!(text, " -> {name}");
    }
    if let Some(label) = &operation.label {
        let _ = write!(text, " @{label}");
    }
    text
}

/// Writes a trace.
///
/// # Errors
/// When `output` does not take it.
pub fn write<'a>(
    header: &Header,
    operations: impl IntoIterator<Item = &'a Operation>,
    output: &mut impl io::Write,
) -> io::Result<()> {
    if !header.title.is_empty() {
        writeln!(output, "# {}", header.title)?;
    }
    for (word, name) in [("machine", &header.machine), ("protocol", &header.protocol)] {
        if let Some(name) = name {
            writeln!(output, "{word} {name}")?;
        }
    }
    if let Some(seed) = header.seed {
        writeln!(output, "seed {seed}")?;
    }
    for variable in &header.variables {
        write!(output, "var {} size={}", variable.name, variable.bytes)?;
        if let Some(offset) = variable.line_offset {
            write!(output, " at={offset}")?;
        }
        match variable.initial {
            0 => writeln!(output)?,
            initial => writeln!(output, " init={initial:#x}")?,
        }
    }
    for map in &header.maps {
        let value = match map.value {
            ValueKind::U64 => "u64",
            ValueKind::Text => "string",
            ValueKind::Interface => "interface",
        };
        write!(
            output,
            "map {} {} value={value} buckets={}",
            map.name, map.kind, map.buckets
        )?;
        match map.line_offset {
            None => writeln!(output)?,
            Some(offset) => writeln!(output, " at={offset}")?,
        }
    }
    for operation in &header.init {
        writeln!(output, "init {}", describe(operation, header))?;
    }
    for operation in operations {
        writeln!(
            output,
            "{} {}",
            operation.thread,
            describe(operation, header)
        )?;
    }
    Ok(())
}

/// Something whose names are in a header.
struct InHeader<'a, T>(&'a T, &'a Header);

impl Display for InHeader<'_, Op> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let InHeader(op, header) = *self;
        let place = |place| InHeader(place, header);
        let map = |map: &u16| &*header.maps[usize::from(*map)].name;
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
            Op::Fence => f.write_str("fence"),
            Op::Compute(cycles) => write!(f, "compute {cycles}"),
            Op::Put { map: m, key, value } => write!(f, "put {} {key} {value}", map(m)),
            Op::Get { map: m, key } => write!(f, "get {} {key}", map(m)),
            Op::Delete { map: m, key } => write!(f, "delete {} {key}", map(m)),
            Op::Len { map: m } => write!(f, "len {}", map(m)),
            Op::Range { map: m } => write!(f, "range {}", map(m)),
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

impl Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Literal::Number(number) => write!(f, "{number:#x}"),
            Literal::Text(text) => quote(f, text),
            Literal::Boxed(Boxed::Number(number)) => write!(f, "int({number})"),
            Literal::Boxed(Boxed::Text(text)) => {
                f.write_str("str(")?;
                quote(f, text)?;
                f.write_char(')')
            }
        }
    }
}

fn quote(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
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
