//! What a thread loads and stores, object by object, as text.

use std::collections::BTreeMap;

use tearline::machine::{Access, AccessKind, Core, Event, Exit, Note, Observer};
use tearline::memory::{Addr, Tagged};
use tearline::replay::Replay;

/// Notes accesses as `S4 Node+12`: load, store or atomic, size, object and offset. The second
/// object of a name is called `Node2`, and so on.
#[derive(Default)]
pub(crate) struct Accesses {
    objects: BTreeMap<u64, String>,
    /// The names of those that were there before the run.
    before: Vec<String>,
    sizes: Vec<(&'static str, u64)>,
    pub(crate) made: Vec<String>,
    pub(crate) exits: Vec<Exit>,
    /// Where in `made` each operation of the trace begins.
    begins: Vec<usize>,
}

impl Accesses {
    /// Knows what is there before the run by its name.
    pub(crate) fn of(replay: &Replay) -> Accesses {
        let places = replay.places().unwrap().into_iter();
        let name = |name: &str| name.rsplit(' ').next().unwrap().to_owned();
        let objects = places.map(|place| (place.addr.0, name(&place.name)));
        let objects: BTreeMap<_, _> = objects.collect();
        Accesses {
            before: objects.values().cloned().collect(),
            objects,
            ..Accesses::default()
        }
    }

    /// Those that are no plain loads.
    pub(crate) fn stores(&self) -> Vec<&str> {
        let stores = self.made.iter().filter(|access| !access.starts_with('L'));
        stores.map(String::as_str).collect()
    }

    /// Those of each operation of the trace, if it has one thread.
    pub(crate) fn operations(&self) -> Vec<&[String]> {
        let ends = self.begins.iter().copied().skip(1);
        let ends = ends.chain([self.made.len()]);
        let operations = self.begins.iter().zip(ends);
        operations
            .map(|(&begin, end)| &self.made[begin..end])
            .collect()
    }

    /// The sizes of the new objects of this name, in bytes.
    pub(crate) fn sizes(&self, of: &str) -> Vec<u64> {
        let sizes = self.sizes.iter().filter(|(name, _)| *name == of);
        sizes.map(|&(_, bytes)| bytes).collect()
    }

    fn place(&self, addr: Addr) -> String {
        let (start, name) = self.objects.range(..=addr.0).next_back().unwrap();
        format!("{name}+{}", addr.0 - start)
    }

    fn note(&mut self, access: &Access) {
        let kind = match access.kind {
            AccessKind::Load => 'L',
            AccessKind::Store { .. } => 'S',
            AccessKind::Locked { .. } => 'A',
            AccessKind::Evict => return,
        };
        let place = self.place(access.addr);
        self.made.push(format!("{kind}{} {place}", access.bytes));
    }
}

impl Observer<Tagged> for Accesses {
    fn observe(&mut self, event: &Event<'_, Tagged>) {
        match *event {
            Event::Allocated {
                addr, bytes, name, ..
            } => {
                self.sizes.push((name, bytes));
                let nth = self.before.iter().filter(|before| *before == name).count();
                let name = match nth + self.sizes(name).len() {
                    1 => name.to_owned(),
                    nth => format!("{name}{nth}"),
                };
                self.objects.insert(addr.0, name);
            }
            Event::Completed { core, access, .. } if core != Core::SETUP => self.note(access),
            Event::Note {
                core,
                note: Note::OperationBegun { .. },
            } if core != Core::SETUP => self.begins.push(self.made.len()),
            Event::Ended { exit, .. } => self.exits.push(exit.clone()),
            _ => {}
        }
    }
}
