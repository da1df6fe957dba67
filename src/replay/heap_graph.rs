//! The objects of maps at the end of a run, and which leads to which.

use std::collections::{BTreeMap, BTreeSet};

use super::Replay;
use crate::drive::Ended;
use crate::maps::{Link, Peek};
use crate::memory::Addr;
use crate::observe::{Objects, Structured, WrongWhy};
use crate::trace::Error;

/// Objects that lead nowhere and are not larger are shown inside of those that lead to them.
const MOST_INSIDE_BYTES: u64 = 32;

/// Objects and links; those links that lead to none of the objects are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeapGraph {
    /// The objects, by address.
    pub objects: Vec<HeapObject>,
    /// What leads from one to another.
    pub links: Vec<HeapLink>,
}

/// An object of a map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeapObject {
    /// What it is.
    pub name: String,
    /// Where it lies.
    pub addr: Addr,
    /// The fields that are not zero, and what stands in them, in words of 8 bytes; for a field
    /// that leads to a small object without links, what stands in that one.
    pub values: Vec<(String, Vec<u64>)>,
    /// Whether something leads to it from where the map begins.
    pub reachable: bool,
    /// It holds a key that was put and that no look-up finds any more.
    pub lost: bool,
}

/// A field that leads from an object to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeapLink {
    /// The number of the object that it is in.
    pub from: usize,
    /// The number of the object that it leads to.
    pub to: usize,
    /// Its name.
    pub field: String,
}

impl Replay {
    /// Replays, and looks at what the maps are made of then; and how the run ended.
    ///
    /// # Errors
    /// As [`Replay::run`].
    pub fn heap_graph(&self, seed: u64) -> Result<(HeapGraph, Ended), Error> {
        let objects = self.objects()?;
        let (machine, _) = self.lay_out()?;
        let begins = begins(&objects, &Peek::new(&machine));
        let ran = self.run_whole(seed, (objects, self.findings()?))?;
        let (objects, mut findings) = ran.observer;
        findings.look_over(&ran.maps);
        let wrong = findings.history.found().iter();
        let lost = wrong.filter_map(|wrong| match wrong.why {
            WrongWhy::Lost { .. } => Some((usize::from(wrong.call.map), wrong.call.key)),
            _ => None,
        });
        let lost = lost.collect();
        let graph = |machine| graph(&objects, &Peek::new(machine), &begins, &lost);
        let graph = ran.machine.as_ref().map(graph);
        Ok((graph.unwrap_or_default(), ran.ended))
    }
}

/// The objects from before the run that no other one leads to: where maps begin.
fn begins(objects: &Objects, memory: &Peek<'_>) -> BTreeSet<Addr> {
    let all = || objects.with_fields();
    let led_to: BTreeSet<Addr> = all()
        .flat_map(|object| links(&object, memory).map(|(_, to)| to).collect::<Vec<_>>())
        .map(|to| objects.extent(to).0)
        .collect();
    all()
        .filter(|object| !led_to.contains(&object.addr) && !is_inside(object))
        .map(|object| object.addr)
        .collect()
}

/// Whether an object, or the elements of an array, are shown inside of others.
fn is_inside(object: &Structured<'_>) -> bool {
    let bytes = match object.fields.stride {
        0 => object.bytes,
        stride => stride,
    };
    !object.fields.has_links() && bytes <= MOST_INSIDE_BYTES
}

/// The links of an object that lead somewhere, each with its offset.
fn links<'a>(
    object: &'a Structured<'_>,
    memory: &'a Peek<'_>,
) -> impl Iterator<Item = (u64, Addr)> + 'a {
    let fields = object.fields.each(object.bytes);
    fields.filter_map(|(at, field)| Some((at, field.target(memory, object.addr + at)?)))
}

fn graph(
    objects: &Objects,
    memory: &Peek<'_>,
    begins: &BTreeSet<Addr>,
    lost: &BTreeSet<(usize, u64)>,
) -> HeapGraph {
    let drawn: Vec<Structured<'_>> = objects
        .with_fields()
        .filter(|object| !is_inside(object))
        .collect();
    let numbers: BTreeMap<Addr, usize> = drawn.iter().map(|object| object.addr).zip(0..).collect();
    let mut graph = HeapGraph::default();
    for (from, object) in drawn.iter().enumerate() {
        let mut values = Vec::new();
        for (at, field) in object.fields.each(object.bytes) {
            let name = || object.fields.name(at).unwrap_or_default();
            let Some(to) = field.target(memory, object.addr + at) else {
                let stands = words(memory, object.addr + at, field.bytes);
                if field.link == Link::None && stands.iter().any(|word| *word != 0) {
                    values.push((name(), stands));
                }
                continue;
            };
            let number = drawn.partition_point(|other| other.addr <= to);
            let inside = number.checked_sub(1).map(|number| &drawn[number]);
            match inside.filter(|other| to.0 - other.addr.0 < other.bytes) {
                Some(other) => graph.links.push(HeapLink {
                    from,
                    to: numbers[&other.addr],
                    field: name(),
                }),
                None => values.push((name(), small(objects, memory, to))),
            }
        }
        let is_lost = |(name, words): &(String, Vec<u64>)| {
            is_key(name) && lost.contains(&(object.owner, words[0]))
        };
        graph.objects.push(HeapObject {
            name: object.name.clone(),
            addr: object.addr,
            lost: values.iter().any(is_lost),
            values,
            reachable: begins.contains(&object.addr),
        });
    }
    graph.reach();
    graph
}

/// Whether a field holds a key, by its name: `key`, `key[3]`, `[1].key[3]`.
fn is_key(field: &str) -> bool {
    let last = field.rsplit('.').next().unwrap_or(field);
    last == "key" || last.starts_with("key[")
}

/// What stands in a small object.
fn small(objects: &Objects, memory: &Peek<'_>, addr: Addr) -> Vec<u64> {
    let (from, bytes) = objects.extent(addr);
    let named = objects.site(addr).and_then(|site| site.field);
    let object = objects
        .with_fields()
        .find(|object| object.addr <= from && from.0 - object.addr.0 < object.bytes);
    match object {
        // The fields of one element, without what a runtime keeps in front of them.
        Some(object) if bytes <= MOST_INSIDE_BYTES => {
            let fields = object.fields.each(bytes);
            fields
                .flat_map(|(at, field)| words(memory, from + at, field.bytes))
                .collect()
        }
        _ if named.is_none() && bytes <= MOST_INSIDE_BYTES => words(memory, from, bytes),
        _ => vec![addr.0],
    }
}

fn words(memory: &Peek<'_>, addr: Addr, bytes: u64) -> Vec<u64> {
    let word = |at: u64| {
        let bytes = (bytes - at).min(8);
        let bytes = if bytes.is_power_of_two() { bytes } else { 1 };
        memory.load(addr + at, bytes as usize).unwrap_or(0)
    };
    (0..bytes).step_by(8).map(word).collect()
}

impl HeapGraph {
    /// Follows links from what is reachable.
    fn reach(&mut self) {
        let mut ways: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for link in &self.links {
            ways.entry(link.from).or_default().push(link.to);
        }
        let found = self.objects.iter().enumerate();
        let found = found.filter(|(_, object)| object.reachable);
        let mut left: Vec<usize> = found.map(|(number, _)| number).collect();
        while let Some(from) = left.pop() {
            for &to in ways.get(&from).into_iter().flatten() {
                if !self.objects[to].reachable {
                    self.objects[to].reachable = true;
                    left.push(to);
                }
            }
        }
        for object in &mut self.objects {
            object.lost &= !object.reachable;
        }
    }
}
