//! Memory as it is when a run begins: variables, maps, and what `init` lines put there.

mod warm;

use std::rc::Rc;
use std::sync::Arc;

use super::{Places, Replay};
use crate::diagnostic::{Invalid, Problem};
use crate::machine::{
    Access, AccessKind, Core, Event, Exit, Machine, Note, Observer, Program, Request, Response,
};
use crate::maps::{
    AsyncProgram, KeyLayout, Kind, Lock, Mem, Mutex, PlacedMap, RwMutex, Shape, ValueLayout, World,
    WriteIds, run_thread,
};
use crate::memory::{Addr, Arena, Bytes, Heap, HeapFull, Piece as _, Tagged, WriteId};
use crate::observe::Objects;
use crate::trace::{
    Error, Header, KeyKind, LockDeclaration, LockKind, MapDeclaration, ValueKind, Variable,
};

/// The size of a type descriptor, as Go's are for basic types, in bytes.
const TYPE_BYTES: u64 = 48;

/// A named stretch of memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its first byte.
    pub addr: Addr,
    /// Its size in bytes.
    pub bytes: u64,
    /// What the trace calls it.
    pub name: String,
}

impl Replay {
    /// The machine and what lies in its memory, the `init` lines done and observed.
    pub(super) fn set_up<O: Observer<Tagged>>(
        &self,
        writes: &WriteIds,
        observer: &mut O,
    ) -> Result<(Machine<Bytes>, World), Error> {
        let (mut machine, world) = self.lay_out()?;
        let world = Rc::new(world);
        let mut init = self.trace.header().init.clone().into_iter();
        let next = move || Ok::<_, std::convert::Infallible>(init.next());
        let mem = Mem::new(writes.clone());
        let code = run_thread(mem.clone(), Rc::clone(&world), next);
        let program = AsyncProgram::new(&mem, code);
        let done = match self.trace.header().warm {
            true => warm::run(program, self.places_in(&world), machine, observer),
            false => run_in_memory(program, &mut machine, observer).map(|()| machine),
        };
        let machine =
            done.or_else(|(line, message)| Err(self.wrong(self.before_the_run(line, message)?)))?;
        let world = Rc::into_inner(world).expect("the setup program is over");
        Ok((machine, world))
    }

    /// What went wrong before the run at an `init` line, or before the first one: then a core
    /// only looked at what is declared, as `warm` wants it.
    fn before_the_run(&self, line: u32, message: String) -> Result<Problem, Error> {
        match line {
            0 => self.trace.header_problem("warm", 0, message),
            line => self.trace.problem(line, message),
        }
    }

    /// Where the trace's variables and maps lie.
    ///
    /// # Errors
    /// When they find no room.
    pub fn places(&self) -> Result<Places, Error> {
        let (_, world) = self.lay_out()?;
        Ok(self.places_in(&world))
    }

    /// The same by name, with the fields that maps and locks have.
    pub(super) fn named_objects(&self) -> Result<Objects, Error> {
        let (_, world) = self.lay_out()?;
        let header = self.trace.header();
        let mut objects = Objects::default();
        for (declared, (map, _)) in header.maps.iter().zip(&world.maps) {
            let owner = objects.add_owner(&declared.name, map.fields());
            for (addr, bytes, part) in map.objects() {
                objects.add(addr, bytes, Some(owner), part);
            }
        }
        for (declared, &addr) in header.variables.iter().zip(&world.variables) {
            let owner = objects.add_owner(&declared.name, Vec::new());
            objects.add(addr, declared.bytes, Some(owner), "");
        }
        for (declared, lock) in header.locks.iter().zip(&world.locks) {
            let owner = objects.add_owner(&declared.name, vec![lock.fields("")]);
            let (addr, bytes) = lock.place();
            objects.add(addr, bytes, Some(owner), "");
        }
        Ok(objects)
    }

    fn places_in(&self, world: &World) -> Places {
        let header = self.trace.header();
        let variables = header.variables.iter().zip(&world.variables);
        let variables = variables.map(|(declared, &addr)| Place {
            addr,
            bytes: declared.bytes,
            name: declared.name.to_string(),
        });
        let locks = header.locks.iter().zip(&world.locks);
        let locks = locks.map(|(declared, lock)| {
            let (addr, bytes) = lock.place();
            let name = declared.name.to_string();
            Place { addr, bytes, name }
        });
        let maps = header.maps.iter().zip(&world.maps);
        let maps = maps.flat_map(|(declared, (map, _))| {
            map.objects().into_iter().map(|(addr, bytes, part)| Place {
                addr,
                bytes,
                name: format!("{} {part}", declared.name),
            })
        });
        variables.chain(locks).chain(maps).collect()
    }

    pub(super) fn lay_out(&self) -> Result<(Machine<Bytes>, World), Error> {
        let header = self.trace.header();
        let declares =
            !(header.variables.is_empty() && header.locks.is_empty() && header.maps.is_empty());
        let heap = if declares { Heap::new() } else { Heap::open() };
        let config = Arc::clone(&self.config);
        let mut machine = Machine::new(config, &self.protocol, heap);
        let mut place_type = || machine.heap_mut().allocate(Arena::SETUP, TYPE_BYTES);
        let types = [place_type(), place_type()].map(|addr| addr.expect("an empty heap has room"));
        let variables = header.variables.iter().enumerate();
        let variables = variables.map(|(nth, variable)| {
            let placed = place_variable(&mut machine, variable);
            placed.or_else(|full| Err(self.no_room("var", nth, &full)?))
        });
        let variables = variables.collect::<Result<_, Error>>()?;
        let locks = header.locks.iter().map(|declared| {
            let placed = place_lock(&mut machine, declared);
            placed.or_else(|full| {
                let of_kind = |other: &&LockDeclaration| other.kind == declared.kind;
                let before = header.locks.iter().take_while(|other| *other != declared);
                Err(self.no_room(declared.kind.name(), before.filter(of_kind).count(), &full)?)
            })
        });
        let locks = locks.collect::<Result<_, Error>>()?;
        let maps = self.place_maps(header, &mut machine)?;
        Ok((machine, World::new(variables, locks, maps, types)))
    }

    fn place_maps(
        &self,
        header: &Header,
        machine: &mut Machine<Bytes>,
    ) -> Result<Vec<PlacedMap>, Error> {
        let maps = header.maps.iter().zip(&self.kinds).enumerate();
        let maps = maps.map(|(nth, (declared, kind))| {
            let shape = shape(declared);
            let cannot = |kind: &Kind| {
                kind.safe || !kind.keys.contains(&shape.key) || !kind.values.contains(&shape.value)
            };
            let message = if let Some(over) = shape.over.filter(|over| cannot(over)) {
                Some(format!(
                    "no map with these keys and values can be built on `{}`",
                    over.name
                ))
            } else if !kind.keys.contains(&shape.key) {
                Some(format!(
                    "`{}` cannot have keys of kind `{}`",
                    kind.name,
                    declared.key.name()
                ))
            } else if !kind.values.contains(&shape.value) {
                let value = declared.value.name();
                Some(format!(
                    "`{}` cannot have values of kind `{value}`",
                    kind.name
                ))
            } else {
                None
            };
            if let Some(message) = message {
                let problem = self.trace.header_problem("map", nth, message)?;
                return Err(self.wrong(problem.label("declared here")));
            }
            let map = (kind.create)(machine, shape);
            match map {
                Ok(map) => Ok((map, shape.value)),
                Err(full) => Err(self.no_room("map", nth, &full)?),
            }
        });
        maps.collect()
    }

    /// The `nth` declaration that begins with `keyword` finds no room.
    fn no_room(&self, keyword: &str, nth: usize, full: &HeapFull) -> Result<Error, Error> {
        let problem = self.trace.header_problem(keyword, nth, full.to_string())?;
        Ok(self.wrong(problem.label("this one no longer fits")))
    }

    fn wrong(&self, problem: Problem) -> Error {
        Error::Invalid(Invalid::new(self.trace.file(), vec![problem]))
    }
}

/// A map's declaration in the terms of map models.
fn shape(declared: &MapDeclaration) -> Shape {
    Shape {
        key: match declared.key {
            KeyKind::U64 => KeyLayout::Word,
            KeyKind::U32 => KeyLayout::Half,
            KeyKind::Text => KeyLayout::Text,
        },
        value: match declared.value {
            ValueKind::U64 => ValueLayout::Word,
            ValueKind::Halves => ValueLayout::Halves,
            ValueKind::Text => ValueLayout::Text,
            ValueKind::Interface => ValueLayout::Interface,
            ValueKind::Slice => ValueLayout::Slice,
            ValueKind::Struct => ValueLayout::Struct,
        },
        room: declared.room,
        buckets: declared.buckets,
        line_offset: declared.line_offset,
        shards: declared.shards,
        pad: declared.pad,
        over: declared.over.as_deref().and_then(Kind::named),
    }
}

fn place_variable(machine: &mut Machine<Bytes>, variable: &Variable) -> Result<Addr, HeapFull> {
    let line_bytes = machine.config().line_size.bytes();
    let heap = machine.heap_mut();
    // Each variable has lines of its own unless the trace places it.
    let addr = match variable.line_offset {
        Some(offset) => heap.allocate_at(variable.bytes, offset % line_bytes, line_bytes)?,
        None => heap.allocate_at(variable.bytes, 0, line_bytes)?,
    };
    if variable.initial != 0 {
        let (bytes, value) = (variable.bytes as usize, variable.initial);
        machine
            .memory_mut()
            .write(addr, bytes, value, WriteId::INITIAL);
    }
    Ok(addr)
}

fn place_lock(machine: &mut Machine<Bytes>, declared: &LockDeclaration) -> Result<Lock, HeapFull> {
    let line_bytes = machine.config().line_size.bytes();
    let bytes = match declared.kind {
        LockKind::Mutex => Mutex::BYTES,
        LockKind::ReadWrite => RwMutex::BYTES,
    };
    let offset = declared.line_offset.unwrap_or(0) % line_bytes;
    let addr = machine.heap_mut().allocate_at(bytes, offset, line_bytes)?;
    Ok(match declared.kind {
        LockKind::Mutex => Lock::Mutex(Mutex(addr)),
        LockKind::ReadWrite => Lock::ReadWrite(RwMutex(addr)),
    })
}

/// Runs a program on memory alone: there are no cores and no caches before the run. If it
/// fails: at which line of the trace, and why.
fn run_in_memory<O: Observer<Tagged>>(
    mut program: AsyncProgram,
    machine: &mut Machine<Bytes>,
    observer: &mut O,
) -> Result<(), (u32, String)> {
    let core = Core::SETUP;
    let mut at = 0;
    let mut answer = Response::Done;
    loop {
        answer = match program.resume(&answer) {
            Request::Access(access) => {
                let old = access_memory(&access, machine, observer);
                Response::Value(old.ok_or_else(|| {
                    let addr = access.addr;
                    (at, format!("{addr} is outside of what is declared"))
                })?)
            }
            Request::Note(note) => {
                if let Note::OperationBegun { line } = note {
                    at = line;
                }
                observer.observe(&Event::Note { core, note: &note });
                Response::Done
            }
            Request::Place { bytes, contents } => {
                let placed = machine.place(bytes, &contents);
                Response::Placed(placed.map_err(|full| (at, full.to_string()))?)
            }
            Request::Allocate {
                bytes,
                allocator,
                name,
            } => {
                let placed = machine.allocate(core, Arena::SETUP, allocator, bytes);
                let addr = placed.map_err(|full| (at, full.to_string()))?;
                observer.observe(&Event::Allocated {
                    core,
                    addr,
                    bytes,
                    name,
                });
                Response::Placed(addr)
            }
            Request::Acquire(_) => return Err((at, "it would sleep for ever".to_owned())),
            Request::Fence(_) | Request::Compute(_) | Request::Release(_) => Response::Done,
            Request::Exit(Exit::Finished | Exit::BadInput) => return Ok(()),
            Request::Exit(Exit::Fatal(text) | Exit::Thrown(text)) => {
                return Err((at, text.to_owned()));
            }
            Request::Exit(Exit::Unsupported(what)) => return Err((at, what)),
        };
    }
}

/// Performs an access in memory, and gives what it reads; none if it touches what was not
/// allocated.
fn access_memory<O: Observer<Tagged>>(
    access: &Access,
    machine: &mut Machine<Bytes>,
    observer: &mut O,
) -> Option<Tagged> {
    let &Access {
        addr, bytes, kind, ..
    } = access;
    if !machine.heap_mut().contains(addr, bytes as u64) {
        return None;
    }
    let memory = machine.memory_mut();
    let mut old = Tagged::default();
    memory.read(addr, bytes, &mut old, 0);
    let written = match kind {
        AccessKind::Load | AccessKind::Evict => None,
        AccessKind::Store { value, write } => Some((value, write)),
        AccessKind::Locked { update, write } => {
            let new = update.apply(old.value(bytes), bytes);
            new.map(|new| (new, write))
        }
    };
    if let Some((value, write)) = written {
        memory.write(addr, bytes, value, write);
        observer.observe(&Event::Performed {
            core: Core::SETUP,
            write,
            addr,
            bytes,
            value,
            from_buffer: false,
        });
    }
    Some(old)
}
