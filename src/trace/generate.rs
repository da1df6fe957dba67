//! Workloads: calls of several threads to one map, made by dice, so that the same numbers
//! give the same trace for ever. A trace is made as it is read, and never held as a whole.

mod decimal;
mod limits;
mod pick;
mod text;

pub use decimal::{Exponent, Share};
pub use limits::{MAX_KEYS, MAX_OPERATIONS, MAX_PREFILL, MAX_THINK_CYCLES};
pub use pick::Distribution;
pub use text::Text;

use std::sync::Arc;

use super::{
    Boxed, Header, Key, KeyKind, LAST_THREAD, Literal, MapDeclaration, Op, Operation, ValueKind,
};
use crate::dice::Dice;
use pick::Picker;

/// What the map is called.
const MAP: &str = "m";
/// So many different texts are put; each is static data, and lies in memory once.
const TEXTS: u64 = 208;

/// What the threads of a trace do to one map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workload {
    /// How many threads; they do the operations in turn.
    pub threads: u16,
    /// How many operations, all threads together.
    pub operations: u64,
    /// How many of the operations are gets.
    pub reads: Share,
    /// How many of the others are deletes.
    pub deletes: Share,
    /// How many of the others are `m[key]++`. What is left are puts.
    pub increments: Share,
    /// How many keys there are.
    pub keys: u32,
    /// How often each is used.
    pub distribution: Distribution,
    /// What they are.
    pub key: KeyKind,
    /// What the values are.
    pub value: ValueKind,
    /// The map's algorithm.
    pub map: String,
    /// For how many entries it has room from the start; with 0 it grows from nothing.
    pub room: u64,
    /// How many keys are put before the run, the first ones.
    pub prefill: u32,
    /// That is done by core 0, in whose cache it stays.
    pub warm: bool,
    /// Each thread changes keys of its own; all are read by all.
    pub distinct: bool,
    /// How long a thread works after each operation, on average, in cycles: from nothing to
    /// twice as long.
    pub think_cycles: u32,
    /// What the dice begin with.
    pub seed: u64,
}

impl Default for Workload {
    /// What the command makes unless it is told otherwise.
    fn default() -> Workload {
        Workload {
            threads: 4,
            operations: 1000,
            reads: Share::percent(90),
            deletes: Share::NONE,
            increments: Share::NONE,
            keys: 100,
            distribution: Distribution::Uniform,
            key: KeyKind::U64,
            value: ValueKind::U64,
            map: String::new(),
            room: 0,
            prefill: 100,
            warm: false,
            distinct: false,
            think_cycles: 0,
            seed: 0,
        }
    }
}

impl Workload {
    /// What stands before the operations.
    #[must_use]
    pub fn header(&self) -> Header {
        let init = (0..self.prefill).map(|key| Operation {
            line: 0,
            thread: LAST_THREAD,
            op: Op::Put {
                map: 0,
                key: self.key(key),
                value: self.value(u64::from(key) + 1),
            },
            result: None,
            label: None,
        });
        Header {
            cores: Some(u32::from(self.threads)),
            maps: vec![MapDeclaration {
                name: MAP.into(),
                kind: self.map.clone(),
                key: self.key,
                value: self.value,
                room: self.room,
                buckets: None,
                line_offset: None,
                shards: None,
                pad: None,
                over: None,
            }],
            init: init.collect(),
            warm: self.warm,
            ..Header::default()
        }
    }

    fn key(&self, key: u32) -> Key {
        match self.key {
            KeyKind::U64 | KeyKind::U32 => Key::Number(key.into()),
            KeyKind::Text => Key::Text(format!("key{key}").into()),
        }
    }

    /// The value of a put, by its number: bytes of two different values never look like a third
    /// one.
    fn value(&self, number: u64) -> Literal {
        match self.value {
            // The same in both halves.
            ValueKind::U64 | ValueKind::Halves => {
                Literal::Number(u64::from(number as u32) * 0x1_0000_0001)
            }
            ValueKind::Text | ValueKind::Slice => Literal::Text(text(number)),
            ValueKind::Interface if number.is_multiple_of(2) => {
                Literal::Boxed(Boxed::Text(text(number)))
            }
            ValueKind::Interface => Literal::Boxed(Boxed::Number(number % TEXTS)),
            ValueKind::Struct => Literal::Struct([number; 3]),
        }
    }
}

/// A letter, up to 16 times: an address and a length that belong to two of them show.
fn text(number: u64) -> Arc<str> {
    let number = number % TEXTS;
    let letter = char::from(b'a' + (number % 26) as u8);
    String::from_iter(std::iter::repeat_n(letter, 1 + (number % 16) as usize)).into()
}

/// The operations of a workload, one after another.
#[derive(Clone, Debug)]
pub struct Operations {
    workload: Workload,
    picker: Picker,
    dice: Dice,
    pauses: Dice,
    deletes: Share,
    increments: Share,
    next: u64,
    /// A thread works for so long before the next operation.
    thinks: Option<Operation>,
}

impl Operations {
    /// The operations of `workload`.
    ///
    /// # Errors
    /// When a number of it is beyond its limits: which, and what it could be.
    pub fn new(workload: Workload) -> Result<Operations, String> {
        workload.check()?;
        let writes = workload.reads.rest();
        Ok(Operations {
            picker: Picker::new(workload.distribution, workload.keys),
            dice: Dice::new(workload.seed),
            // Of their own, so that threads that think do the same operations.
            pauses: Dice::new(!workload.seed),
            deletes: workload.deletes.of(writes),
            increments: workload.increments.of(writes),
            workload,
            next: 0,
            thinks: None,
        })
    }

    /// The workload that they make up.
    #[must_use]
    pub fn workload(&self) -> &Workload {
        &self.workload
    }

    /// A key that only this thread changes, close to one that was picked.
    fn own_key(&self, key: u32, thread: u16) -> u32 {
        let threads = u32::from(self.workload.threads);
        let own = key - key % threads + u32::from(thread);
        match own < self.workload.keys {
            true => own,
            false => own - threads,
        }
    }

    fn op(&mut self, thread: u16) -> Op {
        let kind = Share::throw(&mut self.dice);
        let picked = self.picker.pick(&mut self.dice);
        let Workload {
            reads, distinct, ..
        } = self.workload;
        // What is above the reads is all the same to the throw, so this needs no second one.
        let deletes_end = Share::plus(reads, self.deletes).unwrap_or(Share::ALL);
        let increments_end = Share::plus(deletes_end, self.increments).unwrap_or(Share::ALL);
        let changed = if distinct {
            self.own_key(picked, thread)
        } else {
            picked
        };
        let (map, key) = (0, self.workload.key(changed));
        if kind < reads {
            let key = self.workload.key(picked);
            Op::Get { map, key }
        } else if kind < deletes_end {
            Op::Delete { map, key }
        } else if kind < increments_end {
            Op::Increment { map, key }
        } else {
            let number = u64::from(self.workload.prefill) + self.next + 1;
            let value = self.workload.value(number);
            Op::Put { map, key, value }
        }
    }
}

impl Iterator for Operations {
    type Item = Operation;

    fn next(&mut self) -> Option<Operation> {
        if let Some(thinks) = self.thinks.take() {
            return Some(thinks);
        }
        if self.next == self.workload.operations {
            return None;
        }
        let thread = (self.next % u64::from(self.workload.threads)) as u16;
        let operation = |op| Operation {
            line: 0,
            thread,
            op,
            result: None,
            label: None,
        };
        let op = self.op(thread);
        self.next += 1;
        if self.workload.think_cycles > 0 {
            let cycles = self.pauses.up_to(2 * self.workload.think_cycles);
            self.thinks = Some(operation(Op::Compute(cycles)));
        }
        Some(operation(op))
    }
}
