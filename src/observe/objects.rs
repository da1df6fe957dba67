//! What lies where, by name: what was there before the run, and what is allocated in it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::running::Running;
use crate::machine::{Event, Note, Observer};
use crate::maps::Fields;
use crate::memory::Addr;

/// At most so many objects are known by name.
const MOST_OBJECTS: usize = 1 << 20;

/// A map, a variable or a lock of the trace.
#[derive(Clone, Debug)]
struct Owner {
    name: Arc<str>,
    /// The fields of its parts.
    fields: Arc<[Fields]>,
}

#[derive(Clone, Debug)]
struct Object {
    bytes: u64,
    /// Whose it is, by its place among the owners.
    owner: Option<usize>,
    part: Cow<'static, str>,
}

/// An object whose fields have names.
#[derive(Clone, Debug)]
pub struct Structured<'a> {
    /// Its first byte.
    pub addr: Addr,
    /// Its size.
    pub bytes: u64,
    /// Its own name: `m header`.
    pub name: String,
    /// Whose it is: first the maps of the trace, by their numbers.
    pub owner: usize,
    /// Its fields.
    pub fields: &'a Fields,
}

/// Where an address lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// The object: `m header`.
    pub object: String,
    /// Where in it, in bytes.
    pub offset: u64,
    /// The field's name, if it is known.
    pub field: Option<String>,
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.object)?;
        match self.offset {
            0 => {}
            offset => write!(f, "+{offset}")?,
        }
        match &self.field {
            None => Ok(()),
            Some(field) => write!(f, " {field}"),
        }
    }
}

/// Knows objects by name. Maps come first among the owners, in the order of the trace, so that
/// what a call to one allocates is its own.
#[derive(Clone, Debug, Default)]
pub struct Objects {
    running: Running,
    /// For each thread the map that it has called.
    called: Vec<Option<usize>>,
    owners: Vec<Owner>,
    /// By first byte.
    known: BTreeMap<u64, Object>,
}

impl Objects {
    /// Makes something known that objects belong to, and gives its number, from 0.
    pub fn add_owner(&mut self, name: &str, fields: Vec<Fields>) -> usize {
        self.owners.push(Owner {
            name: name.into(),
            fields: fields.into(),
        });
        self.owners.len() - 1
    }

    /// Makes an object known; `part` is what it is of its owner, empty if it is all of it.
    pub fn add(
        &mut self,
        addr: Addr,
        bytes: u64,
        owner: Option<usize>,
        part: impl Into<Cow<'static, str>>,
    ) {
        if self.known.len() < MOST_OBJECTS {
            let part = part.into();
            self.known.insert(addr.0, Object { bytes, owner, part });
        }
    }

    /// All objects whose fields have names, by address.
    pub fn with_fields(&self) -> impl Iterator<Item = Structured<'_>> {
        self.known.iter().filter_map(|(&addr, object)| {
            Some(Structured {
                addr: Addr(addr),
                bytes: object.bytes,
                name: self.name_of(object),
                owner: object.owner?,
                fields: self.fields(object)?,
            })
        })
    }

    /// The names of all objects with bytes in `bytes` bytes from `addr` on, by address.
    pub fn within(&self, addr: Addr, bytes: u64) -> impl Iterator<Item = String> {
        let end = addr.0.saturating_add(bytes);
        let before = self.known.range(..=addr.0).next_back();
        let before = before.filter(|(from, object)| addr.0 - **from < object.bytes);
        let from = before.map_or(addr.0, |(from, _)| *from);
        let within = self.known.range(from..end);
        within.map(|(_, object)| self.name_of(object))
    }

    /// The owner that an address belongs to: its number and its name.
    #[must_use]
    pub fn owner(&self, addr: Addr) -> Option<(usize, &str)> {
        let (_, object) = self.find(addr)?;
        let owner = object.owner?;
        Some((owner, &self.owners[owner].name))
    }

    /// Where an address lies, if that is known.
    #[must_use]
    pub fn site(&self, addr: Addr) -> Option<Site> {
        let (from, object) = self.find(addr)?;
        let offset = addr.0 - from;
        Some(Site {
            object: self.name_of(object),
            offset,
            field: self.fields(object).and_then(|fields| fields.name(offset)),
        })
    }

    /// The same as text; the address alone where nothing is known.
    #[must_use]
    pub fn words(&self, addr: Addr) -> String {
        let site = self.site(addr);
        site.map_or_else(|| addr.to_string(), |site| site.to_string())
    }

    /// The object that an address lies in, and the offset in it; the address alone where nothing
    /// is known.
    #[must_use]
    pub fn name(&self, addr: Addr) -> String {
        match self.site(addr) {
            None => addr.to_string(),
            Some(site) if site.offset == 0 => site.object,
            Some(site) => format!("{}+{}", site.object, site.offset),
        }
    }

    /// The object that an address lies in, or if that is an array, the element: first byte and
    /// size. Where nothing is known, the word of 8 bytes.
    #[must_use]
    pub fn extent(&self, addr: Addr) -> (Addr, u64) {
        let Some((from, object)) = self.find(addr) else {
            return (Addr(addr.0 & !7), 8);
        };
        let element = self
            .fields(object)
            .and_then(|fields| fields.element(addr.0 - from));
        match element {
            None => (Addr(from), object.bytes),
            Some((at, bytes)) => (Addr(from) + at, bytes),
        }
    }

    fn find(&self, addr: Addr) -> Option<(u64, &Object)> {
        let (&from, object) = self.known.range(..=addr.0).next_back()?;
        (addr.0 - from < object.bytes).then_some((from, object))
    }

    fn fields(&self, object: &Object) -> Option<&Fields> {
        let owner = &self.owners[object.owner?];
        let mut fields = owner.fields.iter();
        fields.find(|fields| fields.part == object.part)
    }

    fn name_of(&self, object: &Object) -> String {
        let owner = object.owner.map(|owner| &*self.owners[owner].name);
        match (owner, &*object.part) {
            (None, part) => part.to_owned(),
            (Some(owner), "") => owner.to_owned(),
            (Some(owner), part) => format!("{owner} {part}"),
        }
    }
}

impl<P> Observer<P> for Objects {
    fn observe(&mut self, event: &Event<'_, P>) {
        self.running.observe(event);
        match *event {
            Event::Note {
                core,
                note: Note::CallBegun(call),
            } => {
                // Setup's number is the largest: it stands first.
                let thread = usize::from(self.running.on(core).0.wrapping_add(1));
                if self.called.len() <= thread {
                    self.called.resize(thread + 1, None);
                }
                self.called[thread] = Some(usize::from(call.map));
            }
            Event::Allocated {
                core,
                addr,
                bytes,
                name,
            } => {
                let thread = usize::from(self.running.on(core).0.wrapping_add(1));
                let called = self.called.get(thread).copied().flatten();
                let owner = called.filter(|map| *map < self.owners.len());
                self.add(addr, bytes, owner, name);
            }
            _ => {}
        }
    }
}
