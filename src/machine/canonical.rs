//! A machine's state as bytes: the same for machines that behave alike, as long as the programs
//! on their cores are as far. What a search knows states by. Who wrote a byte, which way of a
//! cache a line is in, and what only decides how long something takes are no part of it.

use super::access::AccessKind;
use super::core::{Activity, Waits};
use super::machine::{Fabric, Machine};
use super::network::Network;
use super::store_buffer::BufferedStore;
use crate::memory::{Heap, Line, Values};

/// Bytes that tell numbers from each other, small ones in one byte.
#[derive(Clone, Debug, Default)]
pub struct Encoder {
    bytes: Vec<u8>,
}

impl Encoder {
    /// Forgets what was written.
    pub fn clear(&mut self) {
        self.bytes.clear();
    }

    /// What was written.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// A number: seven bits a byte, the lowest first (LEB128).
    #[inline]
    pub fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.bytes.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.bytes.push(number as u8);
    }

    fn wide(&mut self, number: u128) {
        self.number(number as u64);
        self.number((number >> 64) as u64);
    }

    fn line(&mut self, bytes: &[u8]) {
        for word in bytes.chunks_exact(8) {
            self.number(u64::from_le_bytes(word.try_into().expect("eight bytes")));
        }
    }
}

impl Machine<Values> {
    /// Writes the state down. `ages` says whether a cache can be full: then the ages of its lines
    /// decide which one leaves.
    pub fn encode(&self, ages: bool, into: &mut Encoder) {
        for core in &self.cores {
            let waits = |waits: Waits| waits as u64;
            match &core.activity {
                Activity::Idle => into.number(0),
                Activity::Fence(_) => into.number(1), // which one, the program knows
                Activity::Access(pending) => {
                    into.number(2 + waits(pending.waits) + 3 * pending.done as u64);
                    if let AccessKind::Store { value, .. } = pending.access.kind {
                        into.wide(value);
                    }
                    if pending.done > 0 {
                        into.wide(pending.read(&core.value));
                    }
                }
            }
            into.number(waits(core.drain_waits) + 3 * core.buffer.len() as u64);
            for store in core.buffer.iter() {
                let &BufferedStore {
                    addr, bytes, value, ..
                } = store;
                into.number((addr.0.wrapping_sub(Heap::BASE.0)) << 5 | bytes as u64);
                into.wide(value);
            }
            into.number(core.buffer.bars().len() as u64);
            core.buffer.bars().for_each(|bar| into.number(bar as u64));
        }
        self.encode_caches(ages, into);
        for queue in &self.invalidations {
            into.number(queue.lines().len() as u64);
            for line in queue.lines() {
                into.number(self.number(line));
                let (contents, index) = queue.find(line).expect("it is queued");
                into.line(contents.line(index));
            }
        }
        let (contents, lines) = self.memory.lines();
        for (line, index) in lines {
            into.number(1 + self.number(line));
            into.line(contents.line(index));
        }
        into.number(0);
        if let Fabric::Network(network) = &self.fabric {
            self.encode_network(ages, network, into);
        }
    }

    fn encode_caches(&self, ages: bool, into: &mut Encoder) {
        let mut held = Vec::new();
        for cache in &self.caches {
            held.clear();
            held.extend(cache.lines());
            held.sort_unstable_by_key(|&(_, line, _)| line);
            into.number(held.len() as u64);
            for &(way, line, state) in &held {
                into.number(self.number(line));
                into.number(u64::from(state.0));
                let (contents, index) = cache.contents(way);
                into.line(contents.line(index));
                if ages {
                    let older = cache.by_age(line).take_while(|&(other, _)| other != line);
                    into.number(older.count() as u64);
                }
            }
        }
    }

    /// The line counted from the heap's first, so that the number is small.
    fn number(&self, line: Line) -> u64 {
        let first = self.config.line_size.line_of(Heap::BASE);
        line.0.wrapping_sub(first.0)
    }

    fn encode_network(&self, ages: bool, network: &Network<Values>, into: &mut Encoder) {
        let situation = self.words(ages);
        into.number(situation.len() as u64);
        for word in situation {
            into.number(word);
        }
        let carried = network.in_channels();
        let carried = carried.iter().map(|message| network.carried(message));
        for bytes in carried.chain(network.apart()) {
            match bytes {
                None => into.number(0),
                Some((contents, index)) => {
                    into.number(1);
                    into.line(contents.line(index));
                }
            }
        }
        let splitting = network.splitting().map(|(core, line)| (core.0, line));
        into.number(splitting.map_or(0, |(core, _)| 1 + u64::from(core)));
        into.number(splitting.map_or(0, |(_, line)| self.number(line)));
    }
}
