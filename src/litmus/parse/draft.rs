//! A test while it is read: what is only known when all of its text is.

use std::ops::Range;

use super::lexer::{Bad, Kind, Token};
use super::limits;
use crate::litmus::{
    Address, Architecture, Init, Instruction, Location, Register, RegisterInit, Type, Width,
};

/// What a place holds at first, as it is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Given<'a> {
    /// None for the address of the location of this name.
    pub(super) number: Option<u64>,
    pub(super) token: Token<'a>,
}

/// A location that was declared or met.
#[derive(Clone, Debug)]
pub(super) struct Named<'a> {
    pub(super) token: Token<'a>,
    pub(super) declared: Option<Type>,
    pub(super) given: Option<Vec<Given<'a>>>,
    /// How many elements it has, if it is an array.
    pub(super) length: Option<usize>,
}

/// A register that was declared.
#[derive(Clone, Debug)]
pub(super) struct Declared<'a> {
    pub(super) thread: u16,
    pub(super) register: Register,
    pub(super) declared: Option<Type>,
    pub(super) given: Option<Given<'a>>,
}

/// An instruction's access of a location by its name.
#[derive(Clone, Debug)]
pub(super) struct Access {
    pub(super) location: u16,
    pub(super) displacement: i32,
    pub(super) width: Width,
    pub(super) span: Range<usize>,
}

/// What is known so far.
#[derive(Clone, Debug)]
pub(super) struct Draft<'a> {
    pub(super) architecture: Architecture,
    pub(super) locations: Vec<Named<'a>>,
    pub(super) registers: Vec<Declared<'a>>,
    pub(super) threads: Vec<Vec<Instruction>>,
    accesses: Vec<Access>,
    /// Threads whose registers are named: their numbers and where.
    mentioned: Vec<(u16, Range<usize>)>,
    /// What is wrong; reading goes on at the next cell or entry.
    pub(super) bads: Vec<Bad>,
}

impl<'a> Draft<'a> {
    pub(super) fn new(architecture: Architecture) -> Draft<'a> {
        Draft {
            architecture,
            locations: Vec::new(),
            registers: Vec::new(),
            threads: Vec::new(),
            accesses: Vec::new(),
            mentioned: Vec::new(),
            bads: Vec::new(),
        }
    }

    /// Notes what is wrong; an error if there is enough of it.
    pub(super) fn note(&mut self, bad: Bad) -> Result<(), Bad> {
        if self.bads.len() + 1 >= limits::PROBLEMS {
            return Err(bad);
        }
        self.bads.push(bad);
        Ok(())
    }

    /// The location of this name, which exists from now on.
    pub(super) fn location(&mut self, token: Token<'a>) -> Result<u16, Bad> {
        let named = |named: &Named<'_>| named.token.text == token.text;
        if let Some(found) = self.locations.iter().position(named) {
            return Ok(found as u16);
        }
        if self.locations.len() == limits::LOCATIONS {
            let label = format!("expected at most {} locations", limits::LOCATIONS);
            return Err(token.bad("too many locations", label));
        }
        self.locations.push(Named {
            token,
            declared: None,
            given: None,
            length: None,
        });
        Ok((self.locations.len() - 1) as u16)
    }

    /// A thread's number, which is compared with their count in the end.
    pub(super) fn thread(&mut self, number: u64, token: Token<'a>) -> Result<u16, Bad> {
        match u16::try_from(number) {
            Ok(thread) if usize::from(thread) < limits::THREADS => {
                self.mentioned.push((thread, token.span()));
                Ok(thread)
            }
            _ => {
                let label = format!("expected one below {}", limits::THREADS);
                Err(token.bad(format!("there is no thread {}", token.shown()), label))
            }
        }
    }

    /// Notes that an instruction names a location's bytes.
    pub(super) fn access(&mut self, access: Access) {
        self.accesses.push(access);
    }

    /// The width of an access that nothing else tells.
    pub(super) fn default_width(&self) -> Width {
        match self.architecture {
            Architecture::X86 => Width::Long,
            Architecture::X86_64 => Width::Quad,
        }
    }

    /// All locations as they are at first.
    pub(super) fn finish_locations(&mut self) -> Result<Vec<Location>, Bad> {
        let mut finished = Vec::new();
        for (index, named) in self.locations.clone().into_iter().enumerate() {
            let accesses = self.accesses.iter();
            let own = accesses.filter(|access| usize::from(access.location) == index);
            let widest = own.map(|access| access.width).max();
            let element = named.declared.unwrap_or(Type {
                width: widest.unwrap_or(self.default_width()),
                signed: true,
            });
            let mut init = Vec::new();
            for given in named.given.iter().flatten() {
                init.push(self.value(given, element.width)?);
            }
            init.resize(named.length.unwrap_or(1), Init::Number(0));
            finished.push(Location {
                name: named.token.text.to_owned(),
                declared: named.declared,
                element,
                init,
                array: named.length.is_some(),
            });
        }
        for access in std::mem::take(&mut self.accesses) {
            if let Some(bad) = outside(&access, &finished[usize::from(access.location)]) {
                self.note(bad)?;
            }
        }
        Ok(finished)
    }

    /// All registers that are declared.
    pub(super) fn finish_registers(&mut self) -> Result<Vec<RegisterInit>, Bad> {
        let mut finished = Vec::new();
        for one in std::mem::take(&mut self.registers) {
            let width = one.declared.map_or(Width::Quad, |declared| declared.width);
            let given = one.given.map(|given| self.value(&given, width));
            finished.push(RegisterInit {
                thread: one.thread,
                register: one.register,
                declared: one.declared,
                value: given.transpose()?.unwrap_or(Init::Number(0)),
            });
        }
        Ok(finished)
    }

    /// Each thread that is named must be there.
    pub(super) fn check_threads(&mut self) -> Result<(), Bad> {
        let count = self.threads.len();
        for (thread, span) in std::mem::take(&mut self.mentioned) {
            if usize::from(thread) >= count {
                let label = match count {
                    1 => "the only thread is 0".to_owned(),
                    _ => format!("the threads are 0 to {}", count - 1),
                };
                let message = format!("there is no thread {thread}");
                self.note(Bad::new(span, message, label))?;
            }
        }
        Ok(())
    }

    fn value(&mut self, given: &Given<'a>, width: Width) -> Result<Init, Bad> {
        match given.number {
            None => Ok(Init::Address(Address(self.location(given.token)?))),
            Some(number) => {
                check_fits(number, width, &given.token)?;
                Ok(Init::Number(width.low(number)))
            }
        }
    }
}

/// The number must not lose anything in so many bytes, be it meant as signed or as unsigned.
pub(super) fn check_fits(number: u64, width: Width, token: &Token<'_>) -> Result<(), Bad> {
    let unused = 64 - 8 * width.bytes() as u32;
    let low = width.low(number);
    if low == number || ((low << unused) as i64 >> unused) as u64 == number {
        return Ok(());
    }
    debug_assert!(matches!(token.kind, Kind::Number(_)));
    let bits = 8 * width.bytes() as u32;
    let (least, most) = (-1_i64 << (bits - 1), u64::MAX >> (64 - bits));
    let label = format!("expected one of {bits} bits, {least} to {most}");
    Err(token.bad("the number does not fit", label))
}

/// What is wrong with an access that reaches beyond its location.
fn outside(access: &Access, location: &Location) -> Option<Bad> {
    let (first, width) = (i64::from(access.displacement), access.width.bytes() as i64);
    let bytes = location.bytes() as i64;
    if first >= 0 && first + width <= bytes {
        return None;
    }
    let message = format!(
        "bytes {first} to {} of `{}`, which has {bytes}",
        first + width - 1,
        location.name
    );
    let label = match location.declared {
        Some(_) => "expected an access inside of it, or a wider type in its declaration".to_owned(),
        None => format!("declare it, for example as `uint8_t {}[16]`", location.name),
    };
    Some(Bad::new(access.span.clone(), message, label))
}
