//! Operands of instructions: immediates, registers, and what an address in brackets means.

use std::ops::Range;

use super::cursor::{Cursor, unknown_register};
use super::draft::Draft;
use super::lexer::{Bad, Kind, Token};
use crate::litmus::{Address, Architecture, Base, Memory, Operand, Register, Width};

/// An operand and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Written<'a> {
    pub(super) operand: Operand,
    /// How many bytes it has, if it is a register.
    pub(super) width: Option<Width>,
    /// Its number or its name.
    pub(super) token: Token<'a>,
    pub(super) span: Range<usize>,
}

/// Reads an operand.
pub(super) fn read<'a>(cursor: &mut Cursor<'a>, draft: &mut Draft<'a>) -> Result<Written<'a>, Bad> {
    let first = cursor.peek();
    let (operand, width, token) = match first.kind {
        Kind::Sign("$") => immediate(cursor, draft)?,
        Kind::Sign("(" | "[") => in_brackets(cursor, draft, 0)?,
        Kind::Number(_) | Kind::Sign("-") => {
            let (number, token) = cursor.number("a number")?;
            match cursor.peek().is("(") || cursor.peek().is("[") {
                false => (Operand::Immediate(number), None, token),
                true => {
                    let displacement = displacement(number as i64, &token)?;
                    in_brackets(cursor, draft, displacement)?
                }
            }
        }
        Kind::Name | Kind::Sign("%") => name(cursor, draft)?,
        _ => return Err(first.unexpected("an operand")),
    };
    Ok(Written {
        operand,
        width,
        token,
        span: first.start..cursor.read_to(),
    })
}

type Found<'a> = (Operand, Option<Width>, Token<'a>);

/// `$1` or `$x`.
fn immediate<'a>(cursor: &mut Cursor<'a>, draft: &mut Draft<'a>) -> Result<Found<'a>, Bad> {
    cursor.expect("$")?;
    if cursor.peek().kind == Kind::Name {
        let token = cursor.next();
        let address = Address(draft.location(token)?);
        return Ok((Operand::Address(address), None, token));
    }
    let (number, token) = cursor.number("a number or the name of a location")?;
    Ok((Operand::Immediate(number), None, token))
}

/// `%rax`, or in AT&T's notation a location by its bare name.
fn name<'a>(cursor: &mut Cursor<'a>, draft: &mut Draft<'a>) -> Result<Found<'a>, Bad> {
    let percent = cursor.accept("%");
    let token = cursor.name("a register")?;
    match (Register::named(token.text), draft.architecture) {
        (Some((register, width)), _) => Ok((Operand::Register(register), Some(width), token)),
        (None, _) if percent => Err(unknown_register(&token)),
        (None, Architecture::X86_64) => {
            let base = Base::Location(draft.location(token)?);
            let displacement = further(cursor, 0)?;
            Ok((Operand::Memory(Memory { base, displacement }), None, token))
        }
        (None, Architecture::X86) => {
            let name = token.shown();
            let message = format!("`{name}` is not a register");
            let label = format!("write `[{name}]` for what is there, `${name}` for its address");
            Err(token.bad(message, label))
        }
    }
}

/// `(%rax)`, `[x+4]` or `(4+x)`, after what stands before the bracket.
fn in_brackets<'a>(
    cursor: &mut Cursor<'a>,
    draft: &mut Draft<'a>,
    before: i32,
) -> Result<Found<'a>, Bad> {
    let close = if cursor.next().is("(") { ")" } else { "]" };
    let mut displacement = before;
    if let Kind::Number(number) = cursor.peek().kind {
        let token = cursor.next();
        displacement =
            self::displacement(i64::from(before).saturating_add_unsigned(number), &token)?;
        cursor.expect("+")?;
    }
    let percent = cursor.accept("%");
    let token = cursor.name("a location or a register")?;
    let base = match Register::named(token.text) {
        Some((register, Width::Long | Width::Quad)) => Base::Register(register),
        Some(_) => {
            let message = format!("`{}` is too narrow for an address", token.text);
            return Err(token.bad(message, "expected a register of 4 or 8 bytes"));
        }
        None if percent => return Err(unknown_register(&token)),
        None => Base::Location(draft.location(token)?),
    };
    let displacement = further(cursor, displacement)?;
    if !cursor.peek().is(close) {
        let expected = format!("`{close}`, or `+` or `-` and a number");
        return Err(cursor.peek().unexpected(&expected));
    }
    cursor.next();
    Ok((Operand::Memory(Memory { base, displacement }), None, token))
}

/// `+4` or `-4`, if it is next.
fn further(cursor: &mut Cursor<'_>, displacement: i32) -> Result<i32, Bad> {
    let minus = cursor.peek().is("-");
    if !minus && !cursor.accept("+") {
        return Ok(displacement);
    }
    let (number, token) = cursor.number("how many bytes further")?;
    let number = number as i64;
    self::displacement(number.saturating_add(i64::from(displacement)), &token)
}

fn displacement(number: i64, token: &Token<'_>) -> Result<i32, Bad> {
    i32::try_from(number).map_err(|_| {
        let message = format!("the displacement {} is too large", token.shown());
        token.bad(message, "expected one of at most 32 bits")
    })
}
