//! One instruction: its mnemonic, its operands in the order of the architecture, its width.

use super::cursor::Cursor;
use super::draft::{Access, Draft, check_fits};
use super::lexer::{Bad, Kind, Token};
use super::operand::{self, Written};
use crate::litmus::{
    Architecture, Base, Instruction, JumpIf, Memory, Operand, Operation, Register, Width,
};
use crate::machine::Fence;

/// What a mnemonic stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mnemonic {
    Move,
    Exchange,
    ExchangeAdd,
    CompareExchange,
    Operate(Operation),
    /// With 1, which is not written.
    ByOne(Operation),
    Fence(Fence),
    Jump(JumpIf),
    Nop,
}

/// All mnemonics without the letter for the width; other spellings of one come after it.
const KNOWN: [(&str, Mnemonic); 22] = [
    ("mov", Mnemonic::Move),
    ("xchg", Mnemonic::Exchange),
    ("xadd", Mnemonic::ExchangeAdd),
    ("cmpxchg", Mnemonic::CompareExchange),
    ("add", Mnemonic::Operate(Operation::Add)),
    ("sub", Mnemonic::Operate(Operation::Subtract)),
    ("and", Mnemonic::Operate(Operation::And)),
    ("or", Mnemonic::Operate(Operation::Or)),
    ("xor", Mnemonic::Operate(Operation::Xor)),
    ("cmp", Mnemonic::Operate(Operation::Compare)),
    ("inc", Mnemonic::ByOne(Operation::Add)),
    ("dec", Mnemonic::ByOne(Operation::Subtract)),
    ("mfence", Mnemonic::Fence(Fence::Full)),
    ("lfence", Mnemonic::Fence(Fence::Load)),
    ("sfence", Mnemonic::Fence(Fence::Store)),
    ("jmp", Mnemonic::Jump(JumpIf::Always)),
    ("je", Mnemonic::Jump(JumpIf::Equal)),
    ("jne", Mnemonic::Jump(JumpIf::NotEqual)),
    ("nop", Mnemonic::Nop),
    ("jz", Mnemonic::Jump(JumpIf::Equal)),
    ("jnz", Mnemonic::Jump(JumpIf::NotEqual)),
    ("endbr64", Mnemonic::Nop),
];

impl Mnemonic {
    /// The word's meaning, and the width that its last letter gives.
    fn find(word: &str) -> Option<(Mnemonic, Option<Width>)> {
        let word = word.to_ascii_lowercase();
        let known = |name: &str| {
            let found = KNOWN.iter().find(|(known, _)| *known == name);
            found.map(|&(_, mnemonic)| mnemonic)
        };
        if let Some(mnemonic) = known(&word) {
            return Some((mnemonic, None));
        }
        let width = Width::of_letter(word.chars().next_back()?)?;
        let mnemonic = known(&word[..word.len() - 1])?;
        (mnemonic.operands() != 0).then_some((mnemonic, Some(width)))
    }

    fn operands(self) -> usize {
        match self {
            Mnemonic::Fence(_) | Mnemonic::Jump(_) | Mnemonic::Nop => 0,
            Mnemonic::ByOne(_) => 1,
            _ => 2,
        }
    }

    /// Whether a `lock` may stand before it.
    fn lockable(self) -> bool {
        self.operands() != 0
            && !matches!(self, Mnemonic::Move | Mnemonic::Operate(Operation::Compare))
    }
}

/// An instruction as it is read.
pub(super) enum Parsed<'a> {
    Whole(Instruction),
    /// A jump to a label that may come later.
    Jump(JumpIf, Token<'a>),
}

/// Reads an instruction.
pub(super) fn read<'a>(cursor: &mut Cursor<'a>, draft: &mut Draft<'a>) -> Result<Parsed<'a>, Bad> {
    let mut word = cursor.name("an instruction or a label")?;
    let lock = word.text.eq_ignore_ascii_case("lock").then_some(word);
    if lock.is_some() {
        cursor.accept(";"); // assemblers take a prefix for a line of its own
        word = cursor.name("an instruction")?;
    }
    let (mnemonic, suffix) = Mnemonic::find(word.text).ok_or_else(|| unknown(&word))?;
    if let Some(lock) = lock.filter(|_| !mnemonic.lockable()) {
        let message = format!("`{}` cannot be locked", word.shown());
        return Err(lock.bad(message, format!("`lock` is for {}", lockable())));
    }
    let whole = match mnemonic {
        Mnemonic::Nop => Instruction::Nop,
        Mnemonic::Fence(fence) => Instruction::Fence(fence),
        Mnemonic::Jump(when) => return Ok(Parsed::Jump(when, cursor.name("a label")?)),
        _ => {
            let operands = operands(cursor, draft, mnemonic, &word)?;
            let width = width(&operands, suffix, &word, draft)?;
            for written in &operands {
                finish(written, width, draft)?;
            }
            build(mnemonic, width, &operands, &word, lock.is_some())?
        }
    };
    Ok(Parsed::Whole(whole))
}

fn unknown(word: &Token<'_>) -> Bad {
    let known: Vec<&str> = KNOWN.iter().map(|(known, _)| *known).collect();
    let label = format!("known: lock, {}", known.join(", "));
    word.bad(format!("unknown instruction `{}`", word.shown()), label)
}

fn lockable() -> String {
    let lockable = KNOWN.iter().filter(|(_, mnemonic)| mnemonic.lockable());
    let names: Vec<&str> = lockable.map(|(known, _)| *known).collect();
    names.join(", ")
}

/// The operands, the destination first.
fn operands<'a>(
    cursor: &mut Cursor<'a>,
    draft: &mut Draft<'a>,
    mnemonic: Mnemonic,
    word: &Token<'a>,
) -> Result<Vec<Written<'a>>, Bad> {
    let mut operands = Vec::new();
    let ends = |token: Token<'_>| token.is("|") || token.is(";") || token.kind == Kind::End;
    while operands.len() < mnemonic.operands() {
        let next = cursor.peek();
        let enough = operands.is_empty() || next.is(",");
        if ends(next) || !enough {
            let form = match (mnemonic.operands(), draft.architecture) {
                (1, _) => format!("{} TO", word.text),
                (_, Architecture::X86) => format!("{} TO,FROM", word.text),
                (_, Architecture::X86_64) => format!("{} FROM,TO", word.text),
            };
            let message = format!("`{}` needs more operands", word.text);
            return match ends(next) {
                true => Err(word.bad(message, format!("expected `{form}`"))),
                false => Err(next.unexpected(&format!("`,`: the form is `{form}`"))),
            };
        }
        if !operands.is_empty() {
            cursor.next();
        }
        operands.push(operand::read(cursor, draft)?);
    }
    if draft.architecture == Architecture::X86_64 {
        operands.reverse();
    }
    Ok(operands)
}

/// The width: that of the mnemonic, else of the registers, else of the location, else the usual.
fn width(
    operands: &[Written<'_>],
    suffix: Option<Width>,
    word: &Token<'_>,
    draft: &Draft<'_>,
) -> Result<Width, Bad> {
    let mut width = suffix;
    for written in operands {
        match (width, written.width) {
            (Some(known), Some(own)) if known != own => {
                let message = format!("`{}` has another width", written.token.text);
                let label = format!(
                    "it has {} bytes, `{}` here means {}",
                    own.bytes(),
                    word.text,
                    known.bytes()
                );
                return Err(written.token.bad(message, label));
            }
            (known, own) => width = known.or(own),
        }
    }
    let declared = || {
        operands.iter().find_map(|written| match written.operand {
            Operand::Memory(Memory {
                base: Base::Location(location),
                ..
            }) => draft.locations[usize::from(location)].declared,
            _ => None,
        })
    };
    Ok(width
        .or_else(|| declared().map(|declared| declared.width))
        .unwrap_or(draft.default_width()))
}

/// What the width decides about an operand.
fn finish<'a>(written: &Written<'a>, width: Width, draft: &mut Draft<'a>) -> Result<(), Bad> {
    match written.operand {
        Operand::Immediate(number) => check_fits(number, width, &written.token)?,
        Operand::Memory(Memory {
            base: Base::Location(location),
            displacement,
        }) => draft.access(Access {
            location,
            displacement,
            width,
            span: written.span.clone(),
        }),
        _ => {}
    }
    Ok(())
}

fn build(
    mnemonic: Mnemonic,
    width: Width,
    operands: &[Written<'_>],
    word: &Token<'_>,
    locked: bool,
) -> Result<Instruction, Bad> {
    match mnemonic {
        Mnemonic::Exchange | Mnemonic::ExchangeAdd | Mnemonic::CompareExchange => {
            let (memory, register) = memory_and_register(operands, word)?;
            Ok(match mnemonic {
                Mnemonic::Exchange => Instruction::Exchange {
                    width,
                    memory,
                    register,
                },
                Mnemonic::ExchangeAdd => Instruction::ExchangeAdd {
                    width,
                    memory,
                    register,
                    locked,
                },
                _ => Instruction::CompareExchange {
                    width,
                    memory,
                    register,
                    locked,
                },
            })
        }
        _ => {
            let (to, from) = to_and_from(operands)?;
            if locked && !matches!(to, Operand::Memory(_)) {
                let message = format!("a locked `{}` of a register", word.text);
                return Err(operands[0].token.bad(message, "expected a place in memory"));
            }
            Ok(match mnemonic {
                Mnemonic::Operate(operation) | Mnemonic::ByOne(operation) => Instruction::Operate {
                    operation,
                    width,
                    to,
                    from,
                    locked,
                },
                _ => Instruction::Move { width, to, from },
            })
        }
    }
}

/// Destination and source of a move or an operation; the source is 1 where none is written.
fn to_and_from(operands: &[Written<'_>]) -> Result<(Operand, Operand), Bad> {
    let (to, from) = (&operands[0], operands.get(1));
    if matches!(to.operand, Operand::Immediate(_) | Operand::Address(_)) {
        let label = "expected a register or a place in memory";
        return Err(Bad::new(
            to.span.clone(),
            "a destination that is a number",
            label,
        ));
    }
    let is_memory = |written: &Written<'_>| matches!(written.operand, Operand::Memory(_));
    match from {
        Some(from) if is_memory(to) && is_memory(from) => {
            let label = "expected a register or a number: an instruction has one place in memory";
            Err(Bad::new(
                from.span.clone(),
                "a second place in memory",
                label,
            ))
        }
        Some(from) => Ok((to.operand, from.operand)),
        None => Ok((to.operand, Operand::Immediate(1))),
    }
}

/// Both in whatever order, because they cannot be confused.
fn memory_and_register(
    operands: &[Written<'_>],
    word: &Token<'_>,
) -> Result<(Memory, Register), Bad> {
    match (operands[0].operand, operands[1].operand) {
        (Operand::Memory(memory), Operand::Register(register))
        | (Operand::Register(register), Operand::Memory(memory)) => Ok((memory, register)),
        _ => {
            let message = format!("`{}` does not work on these", word.text);
            let label = "expected one place in memory and one register";
            let spans = (operands[0].span.clone(), operands[1].span.clone());
            let span = spans.0.start.min(spans.1.start)..spans.0.end.max(spans.1.end);
            Err(Bad::new(span, message, label))
        }
    }
}
