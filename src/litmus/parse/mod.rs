//! Reads `.litmus` files: the X86 and X86_64 ones, as herdtools7's parsers do.
//! What the instructions mean is not its business.

mod code;
mod condition;
mod cursor;
mod draft;
mod header;
mod init;
mod instruction;
mod lexer;
mod operand;

use super::Test;
use crate::diagnostic::{Invalid, Problem};
use cursor::Cursor;
use draft::Draft;
use lexer::Bad;

/// What a test may have at most, so that no file makes what is made of it large.
mod limits {
    /// Bytes of a file.
    pub(super) const BYTES: usize = 1 << 20;
    pub(super) const THREADS: usize = 16;
    /// Instructions of a thread.
    pub(super) const INSTRUCTIONS: usize = 64;
    pub(super) const LOCATIONS: usize = 64;
    /// Elements of an array.
    pub(super) const ELEMENTS: usize = 256;
    /// Levels of a proposition.
    pub(super) const NESTING: usize = 64;
    /// Places after `locations`.
    pub(super) const SHOWN: usize = 1024;
    /// Things that are said to be wrong.
    pub(super) const PROBLEMS: usize = 20;
}

impl Test {
    /// Reads a test in the `.litmus` format; `file` is what errors call it.
    ///
    /// # Errors
    /// When the text is not such a test: all that was found wrong, with the places.
    pub fn parse(file: &str, text: &str) -> Result<Test, Invalid> {
        let mut bads = Vec::new();
        let read = read(text, &mut bads);
        let test = match read {
            Ok(test) if bads.is_empty() => return Ok(test),
            read => read,
        };
        bads.extend(test.err());
        let problem = |bad: Bad| Problem::at(text, bad.span, bad.message).label(bad.label);
        Err(Invalid::new(file, bads.into_iter().map(problem).collect()))
    }
}

/// Reads a test as far as it can. What is wrong is returned, or added to `bads` if reading went on.
fn read(text: &str, bads: &mut Vec<Bad>) -> Result<Test, Bad> {
    if text.len() > limits::BYTES {
        let label = format!("expected at most {} bytes", limits::BYTES);
        return Err(Bad::new(0..0, "the file is too large", label));
    }
    let text = lexer::without_comments(text)?;
    let header = header::read(&text)?;
    let mut cursor = Cursor::new(lexer::tokens(&text, header.end)?);
    let mut draft = Draft::new(header.architecture);
    let read = sections(&mut cursor, &mut draft);
    bads.append(&mut draft.bads);
    let (question, locations, registers) = read?;
    Ok(Test {
        architecture: header.architecture,
        name: header.name,
        doc: header.doc,
        info: header.info,
        locations,
        registers,
        threads: draft.threads,
        shown: question.shown,
        filter: question.filter,
        condition: question.condition,
    })
}

type Sections = (
    condition::Question,
    Vec<super::Location>,
    Vec<super::RegisterInit>,
);

fn sections<'a>(cursor: &mut Cursor<'a>, draft: &mut Draft<'a>) -> Result<Sections, Bad> {
    init::read(cursor, draft)?;
    code::read(cursor, draft)?;
    let question = condition::read(cursor, draft)?;
    draft.check_threads()?;
    Ok((
        question,
        draft.finish_locations()?,
        draft.finish_registers()?,
    ))
}
