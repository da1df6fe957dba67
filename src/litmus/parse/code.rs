//! The table of instructions: a row of threads, and rows of their cells.

use super::cursor::{Cursor, thread_number};
use super::draft::Draft;
use super::instruction::{self, Parsed};
use super::lexer::{Bad, Kind, Token};
use super::limits;
use crate::litmus::Instruction;

/// A thread with jumps that do not know yet where they lead.
#[derive(Default)]
struct Thread<'a> {
    code: Vec<Instruction>,
    /// Each with the instruction that follows it.
    labels: Vec<(Token<'a>, u16)>,
    /// Instructions that are jumps, each with its label.
    jumps: Vec<(usize, Token<'a>)>,
}

/// Reads the table, up to what begins a condition.
pub(super) fn read<'a>(cursor: &mut Cursor<'a>, draft: &mut Draft<'a>) -> Result<(), Bad> {
    cursor.accept(";");
    let mut threads = threads(cursor)?;
    while !ends(&cursor.peek()) {
        row(cursor, draft, &mut threads)?;
    }
    for thread in threads {
        let code = resolve(thread, draft)?;
        draft.threads.push(code);
    }
    Ok(())
}

fn ends(token: &Token<'_>) -> bool {
    let words = ["exists", "forall", "final", "locations", "filter", "not"];
    match token.kind {
        Kind::End | Kind::Sign("~" | "(") => true,
        _ => words.iter().any(|word| token.is_word(word)),
    }
}

/// `P0 | P1 ;`: one for each thread.
fn threads<'a>(cursor: &mut Cursor<'a>) -> Result<Vec<Thread<'a>>, Bad> {
    let mut threads = Vec::new();
    loop {
        let expected = format!("`P{}`, the name of a thread", threads.len());
        let token = cursor.peek();
        if thread_number(&token) != Some(threads.len() as u64) {
            return Err(token.unexpected(&expected));
        }
        if threads.len() == limits::THREADS {
            let label = format!("expected at most {}", limits::THREADS);
            return Err(token.bad("too many threads", label));
        }
        cursor.next();
        threads.push(Thread::default());
        if cursor.accept(";") {
            return Ok(threads);
        }
        if !cursor.accept("|") {
            return Err(cursor.peek().unexpected("`|` and a thread, or `;`"));
        }
    }
}

fn row<'a>(
    cursor: &mut Cursor<'a>,
    draft: &mut Draft<'a>,
    threads: &mut [Thread<'a>],
) -> Result<(), Bad> {
    let count = threads.len();
    for (column, thread) in threads.iter_mut().enumerate() {
        if let Err(bad) = cell(cursor, draft, thread) {
            draft.note(bad)?;
            cursor.skip_to(&["|", ";"]);
        }
        let token = cursor.next();
        if token.is("|") && column + 1 < count {
            continue;
        }
        if token.is(";") && column + 1 == count {
            return Ok(());
        }
        if token.is(";") || token.is("|") {
            let message = match token.is(";") {
                true => "a cell is missing in this row",
                false => "the row has too many cells",
            };
            let label = format!("expected {count} cells, one for each thread");
            return Err(token.bad(message, label));
        }
        // Only the end is left: what is wrong was noted, and there is nothing more to read.
        return Err(draft.bads.pop().unwrap_or(token.unexpected("`|` or `;`")));
    }
    Ok(())
}

/// Labels, and an instruction or nothing.
fn cell<'a>(
    cursor: &mut Cursor<'a>,
    draft: &mut Draft<'a>,
    thread: &mut Thread<'a>,
) -> Result<(), Bad> {
    while cursor.peek().kind == Kind::Name && cursor.after(1).is(":") {
        label(cursor.next(), thread)?;
        cursor.next();
    }
    let token = cursor.peek();
    if token.is("|") || token.is(";") {
        return Ok(());
    }
    if thread.code.len() == limits::INSTRUCTIONS {
        let label = format!("expected at most {} for each", limits::INSTRUCTIONS);
        return Err(token.bad("the thread has too many instructions", label));
    }
    match instruction::read(cursor, draft)? {
        Parsed::Whole(instruction) => thread.code.push(instruction),
        Parsed::Jump(when, label) => {
            thread.jumps.push((thread.code.len(), label));
            thread.code.push(Instruction::Jump { when, to: 0 });
        }
    }
    let token = cursor.peek();
    match token.is("|") || token.is(";") {
        true => Ok(()),
        false => Err(token.unexpected("`|` or `;` after the instruction")),
    }
}

fn label<'a>(label: Token<'a>, thread: &mut Thread<'a>) -> Result<(), Bad> {
    if thread
        .labels
        .iter()
        .any(|(known, _)| known.text == label.text)
    {
        let message = format!("a second label `{}`", label.shown());
        return Err(label.bad(message, "expected another name in this thread"));
    }
    if thread.labels.len() > limits::INSTRUCTIONS {
        let expected = format!("expected at most {}", limits::INSTRUCTIONS);
        return Err(label.bad("the thread has too many labels", expected));
    }
    thread.labels.push((label, thread.code.len() as u16));
    Ok(())
}

/// The thread's instructions, with jumps that know where they lead.
fn resolve<'a>(thread: Thread<'a>, draft: &mut Draft<'a>) -> Result<Vec<Instruction>, Bad> {
    let mut code = thread.code;
    for (at, label) in thread.jumps {
        let mut labels = thread.labels.iter();
        match labels.find(|(known, _)| known.text == label.text) {
            Some(&(_, target)) => {
                if let Instruction::Jump { to, .. } = &mut code[at] {
                    *to = target;
                }
            }
            None => {
                let known: Vec<_> = thread
                    .labels
                    .iter()
                    .map(|(known, _)| known.shown())
                    .collect();
                let expected = match known.is_empty() {
                    true => format!("expected `{}:` in the same thread", label.shown()),
                    false => format!("labels of this thread: {}", known.join(", ")),
                };
                let message = format!("there is no label `{}`", label.shown());
                draft.note(label.bad(message, expected))?;
            }
        }
    }
    Ok(code)
}
