//! Schedules: which step of the machine comes next, in the words of people. A schedule stands in
//! a trace's header or in a file of its own, in the same lines. Whether a step is possible is
//! not known here; who follows a schedule finds out.

use std::fmt::{self, Display};
use std::io::BufRead;
use std::sync::Arc;

use super::error::Error;
use super::lexer::{Bad, Word, Words};
use super::lines::Lines;
use super::literal::text;
use super::number::{address, number};
use super::texts::Texts;
use super::write::quote;

/// The version of schedules that is written, and the only one that is read.
pub const SCHEDULE_VERSION: u32 = 1;
/// The most steps of a schedule.
pub const MAX_STEPS: usize = 1 << 20;
const LAST_CORE: u128 = 63;
/// Whoever a broadcast reaches.
const EVERYONE: &str = "everyone";

/// Which step comes next, one after another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schedule {
    /// The file that it stands in, if that is not the trace.
    pub file: Option<String>,
    /// The steps, each with the line that it stands in, from 1.
    pub steps: Vec<(u32, NamedStep)>,
}

/// One step of a machine, with controllers, kinds of messages and events by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NamedStep {
    /// The core performs the next part of its next access, as far as it can without waiting.
    Issue(u8),
    /// The core's oldest buffered store reaches its cache, or asks for the line.
    Drain(u8),
    /// One of the core's buffered stores becomes the next to leave.
    Promote {
        /// Whose.
        core: u8,
        /// Its place behind the oldest, from 1.
        place: u16,
    },
    /// The core's oldest queued invalidation is applied.
    Invalidate(u8),
    /// The bus serves a core's request; on a network, one that could not be made is tried again.
    Serve {
        /// Whose.
        core: u8,
        /// It is for the oldest buffered store.
        drain: bool,
    },
    /// A message reaches its receiver.
    Receive {
        /// Whom; none if everyone.
        to: Option<NodeName>,
        /// The kind of message.
        kind: Arc<str>,
        /// Who sent it.
        from: NodeName,
        /// An address in the line that it is about.
        addr: u64,
        /// Which of the messages in flight of which all this is true, from 1, the oldest.
        nth: u32,
    },
    /// A controller does something of itself.
    Act {
        /// Who.
        node: NodeName,
        /// Which of its events.
        event: Arc<str>,
        /// The member of a set that it is for.
        member: Option<NodeName>,
        /// An address in the line.
        addr: u64,
    },
}

/// A controller's instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeName {
    /// The controller.
    pub controller: Arc<str>,
    /// The core that it stands at, if it stands at one.
    pub core: Option<u8>,
}

impl Schedule {
    /// Reads a schedule from a file of its own.
    ///
    /// # Errors
    /// When it cannot be read or is not well formed.
    pub fn read(file: &str, input: impl BufRead) -> Result<Schedule, Error> {
        let mut lines = Lines::new(file, input);
        let mut texts = Texts::default();
        let mut schedule = None;
        while lines.advance()? {
            let mut words = Words::new(lines.text());
            let Some(first) = words.next() else { continue };
            let number = lines.number();
            let read = match first.text {
                "schedule" => version(&mut schedule, first, &mut words),
                "step" => step(&mut schedule, &mut texts, first, &mut words, number),
                _ => Err(first.unknown("line of a schedule", ["schedule", "step"])),
            };
            let read = read.and_then(|()| words.finish());
            read.map_err(|bad| lines.wrong(bad))?;
        }
        let schedule = schedule.ok_or_else(|| {
            let label = format!("expected `schedule {SCHEDULE_VERSION}` first");
            lines.wrong_as_a_whole("no schedule in this file", &label)
        })?;
        Ok(Schedule {
            file: Some(file.to_owned()),
            ..schedule
        })
    }
}

/// `schedule VERSION`, after its first word.
pub(super) fn version(
    schedule: &mut Option<Schedule>,
    first: Word<'_>,
    words: &mut Words<'_>,
) -> Result<(), Bad> {
    let word = words.expect("the schedule's version")?;
    let known = u128::from(SCHEDULE_VERSION);
    if number(word, "the schedule's version", u32::MAX.into())? != known {
        let message = format!("version {} of schedules is not known", word.shown());
        return Err(word.bad(message, format!("known: {known}")));
    }
    if schedule.replace(Schedule::default()).is_some() {
        let message = "`schedule` stands here a second time";
        return Err(first.bad(message, "given once at most"));
    }
    Ok(())
}

/// A step, after its first word.
pub(super) fn step(
    schedule: &mut Option<Schedule>,
    texts: &mut Texts,
    first: Word<'_>,
    words: &mut Words<'_>,
    line: u32,
) -> Result<(), Bad> {
    let Some(schedule) = schedule else {
        let label = format!("expected `schedule {SCHEDULE_VERSION}` before the first step");
        return Err(first.bad("a step without a schedule", label));
    };
    if schedule.steps.len() == MAX_STEPS {
        return Err(first.bad("too many steps", format!("at most {MAX_STEPS}")));
    }
    let step = named_step(texts, words)?;
    schedule.steps.push((line, step));
    Ok(())
}

fn named_step(texts: &mut Texts, words: &mut Words<'_>) -> Result<NamedStep, Bad> {
    const VERBS: [&str; 7] = [
        "issues",
        "drains",
        "promotes",
        "invalidates",
        "served",
        "receives",
        "does",
    ];
    let actor = words.expect("a core or a controller")?;
    let (controller, core) = node(actor, words)?;
    let verb = words.expect("what happens")?;
    let itself = || match (controller.as_ref(), core) {
        ("core", Some(core)) => Ok(core),
        _ => Err(actor.bad(
            format!("only a core {}", verb.text),
            "expected a core, like `core 0`",
        )),
    };
    let mut name = |(controller, core): (String, Option<u8>)| NodeName {
        controller: texts.share(&controller),
        core,
    };
    Ok(match verb.text {
        "issues" => NamedStep::Issue(itself()?),
        "drains" => NamedStep::Drain(itself()?),
        "promotes" => {
            let (core, what) = (itself()?, "a store's place, from 1");
            let word = words.expect(what)?;
            match number(word, what, u16::MAX.into())? as u16 {
                0 => return Err(word.bad("the oldest is next already", "at least 1")),
                place => NamedStep::Promote { core, place },
            }
        }
        "invalidates" => NamedStep::Invalidate(itself()?),
        "served" => {
            let core = itself()?;
            let drain = keyword(words, "drain");
            NamedStep::Serve { core, drain }
        }
        "receives" => {
            let everyone = actor.text == EVERYONE && core.is_none();
            let to = (!everyone).then(|| name((controller, core)));
            let kind = read_name(words.expect("a kind of message")?)?;
            expect(words, "from")?;
            let from = name(node(words.expect("the sender")?, words)?);
            let addr = line(words)?;
            let nth = match keyword(words, "nth") {
                false => 1,
                true => {
                    let what = "which one, from 1";
                    let word = words.expect(what)?;
                    match number(word, what, u32::MAX.into())? as u32 {
                        0 => return Err(word.bad("they are counted from 1", "at least 1")),
                        nth => nth,
                    }
                }
            };
            NamedStep::Receive {
                to,
                kind: texts.share(&kind),
                from,
                addr,
                nth,
            }
        }
        "does" => {
            let doer = name((controller, core));
            let event = read_name(words.expect("an event")?)?;
            let member = match keyword(words, "for") {
                true => Some(name(node(words.expect("a controller")?, words)?)),
                false => None,
            };
            NamedStep::Act {
                node: doer,
                event: texts.share(&event),
                member,
                addr: line(words)?,
            }
        }
        _ => return Err(verb.unknown("verb of a step", VERBS)),
    })
}

/// A controller, and the core after it if a number follows.
fn node(first: Word<'_>, words: &mut Words<'_>) -> Result<(String, Option<u8>), Bad> {
    let controller = read_name(first)?;
    let mut rest = words.clone();
    let digits = |word: &Word<'_>| word.text.starts_with(|c: char| c.is_ascii_digit());
    let core = match rest.next().filter(digits) {
        None => None,
        Some(word) => {
            *words = rest;
            Some(number(word, "a core's number", LAST_CORE)? as u8)
        }
    };
    Ok((controller, core))
}

/// Takes the next word if it is this one: whether it was.
fn keyword(words: &mut Words<'_>, expected: &str) -> bool {
    let mut rest = words.clone();
    let found = rest.next().is_some_and(|word| word.text == expected);
    if found {
        *words = rest;
    }
    found
}

fn expect(words: &mut Words<'_>, expected: &str) -> Result<(), Bad> {
    let word = words.expect(&format!("`{expected}`"))?;
    match word.text == expected {
        true => Ok(()),
        false => {
            let message = format!("unexpected `{}`", word.shown());
            Err(word.bad(message, format!("expected `{expected}`")))
        }
    }
}

/// `line ADDRESS`.
fn line(words: &mut Words<'_>) -> Result<u64, Bad> {
    expect(words, "line")?;
    address(words.expect("an address in the line")?)
}

/// A name of the protocol's, in quotes unless it is one plain word.
fn read_name(word: Word<'_>) -> Result<String, Bad> {
    if !word.text.starts_with('"') {
        return match is_plain(word.text) {
            true => Ok(word.text.to_owned()),
            false => {
                let message = format!("`{}` is not a name", word.shown());
                Err(word.bad(message, "expected a name, or one in quotes"))
            }
        };
    }
    let (name, rest) = text(word)?;
    match rest.text {
        "" => Ok(name),
        _ => Err(rest.bad(format!("unexpected `{}`", rest.shown()), "expected a blank")),
    }
}

fn is_plain(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
}

struct Name<'a>(&'a str);

impl Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match is_plain(self.0) && self.0 != EVERYONE {
            true => f.write_str(self.0),
            false => quote(f, self.0),
        }
    }
}

impl Display for NodeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Name(&self.controller).fmt(f)?;
        match self.core {
            Some(core) => write!(f, " {core}"),
            None => Ok(()),
        }
    }
}

/// The step as it stands in a schedule, without `step`.
impl Display for NamedStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NamedStep::Issue(core) => write!(f, "core {core} issues"),
            NamedStep::Drain(core) => write!(f, "core {core} drains"),
            NamedStep::Promote { core, place } => write!(f, "core {core} promotes {place}"),
            NamedStep::Invalidate(core) => write!(f, "core {core} invalidates"),
            NamedStep::Serve { core, drain: false } => write!(f, "core {core} served"),
            NamedStep::Serve { core, drain: true } => write!(f, "core {core} served drain"),
            NamedStep::Receive {
                to,
                kind,
                from,
                addr,
                nth,
            } => {
                match to {
                    Some(to) => to.fmt(f)?,
                    None => f.write_str(EVERYONE)?,
                }
                write!(f, " receives {} from {from} line {addr:#x}", Name(kind))?;
                match nth {
                    1 => Ok(()),
                    nth => write!(f, " nth {nth}"),
                }
            }
            NamedStep::Act {
                node,
                event,
                member,
                addr,
            } => {
                write!(f, "{node} does {}", Name(event))?;
                if let Some(member) = member {
                    write!(f, " for {member}")?;
                }
                write!(f, " line {addr:#x}")
            }
        }
    }
}

impl Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "schedule {SCHEDULE_VERSION}")?;
        for (_, step) in &self.steps {
            writeln!(f, "step {step}")?;
        }
        Ok(())
    }
}
