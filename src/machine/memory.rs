//! Main memory: every line that was ever touched, behind an optional last-level cache that
//! all cores share. That cache sits on memory's side of the bus: it has no coherence state
//! and decides only how long memory takes.

use rustc_hash::FxHashMap;

use super::cache::Cache;
use super::config::Config;
use super::event::Supplier;
use crate::memory::{Addr, Contents, Line, LineSize, NoBytes, WriteId, low_bytes};
use crate::protocol::State;

const ABSENT: State = State(0);
const PRESENT: State = State(1);

/// Memory and what stands in front of it.
#[derive(Debug, PartialEq, Eq)]
pub struct Memory<C> {
    line_size: LineSize,
    lines: FxHashMap<Line, u32>,
    /// The line at each index of `contents`.
    order: Vec<Line>,
    contents: C,
    last_level: Option<Cache<NoBytes>>,
}

impl<C: Clone> Clone for Memory<C> {
    fn clone(&self) -> Memory<C> {
        Memory {
            line_size: self.line_size,
            lines: self.lines.clone(),
            order: self.order.clone(),
            contents: self.contents.clone(),
            last_level: self.last_level.clone(),
        }
    }

    /// Uses what is allocated again.
    fn clone_from(&mut self, from: &Memory<C>) {
        let Memory {
            line_size,
            lines,
            order,
            contents,
            last_level,
        } = from;
        self.line_size = *line_size;
        // The order says which line has which index.
        if self.order != *order {
            self.lines.clone_from(lines);
            self.order.clone_from(order);
        }
        self.contents.clone_from(contents);
        self.last_level.clone_from(last_level);
    }
}

impl<C: Contents> Memory<C> {
    /// Memory of zeros.
    #[must_use]
    pub fn new(config: &Config) -> Memory<C> {
        let line_bytes = config.line_size.bytes() as usize;
        let last_level = config.last_level;
        Memory {
            line_size: config.line_size,
            lines: FxHashMap::default(),
            order: Vec::new(),
            contents: C::new(line_bytes),
            last_level: last_level.map(|level| Cache::new(level, line_bytes, ABSENT)),
        }
    }

    /// A line's bytes, to be copied from or to.
    pub fn line(&mut self, line: Line) -> (&mut C, u32) {
        let (contents, order) = (&mut self.contents, &mut self.order);
        let index = *self.lines.entry(line).or_insert_with(|| {
            order.push(line);
            contents.push()
        });
        (contents, index)
    }

    /// A line's bytes; none if it was never touched and is still zero.
    #[must_use]
    pub fn peek(&self, line: Line) -> Option<(&C, u32)> {
        self.lines.get(&line).map(|&index| (&self.contents, index))
    }

    /// All lines that were ever touched, in that order, and where the bytes of each are.
    pub(super) fn lines(&self) -> (&C, impl Iterator<Item = (Line, u32)>) {
        let lines = self.order.iter().zip(0..);
        (&self.contents, lines.map(|(&line, index)| (line, index)))
    }

    /// Notes that a line is read or written back, and says who has it now.
    pub fn touch(&mut self, line: Line) -> Supplier {
        let Some(cache) = &mut self.last_level else {
            return Supplier::Memory;
        };
        if let Some(way) = cache.find(line) {
            cache.touch(way);
            return Supplier::LastLevel;
        }
        let (way, victim) = cache.victim(line);
        if victim.is_some() {
            cache.set_state(way, ABSENT);
        }
        cache.place(way, line, PRESENT);
        cache.touch(way);
        Supplier::Memory
    }

    /// Reads bytes as they are in memory, across lines, past all caches, to `into` from `at` on.
    pub fn read(&mut self, addr: Addr, bytes: usize, into: &mut C::Piece, at: usize) {
        for (part, addr, len) in parts(addr, bytes, self.line_size.bytes()) {
            let offset = self.line_size.offset_of(addr);
            let (contents, index) = self.line(self.line_size.line_of(addr));
            contents.read(index, offset, len, into, at + part);
        }
    }

    /// Writes bytes in memory, across lines, past all caches.
    pub fn write(&mut self, addr: Addr, bytes: usize, value: u128, write: WriteId) {
        for (at, addr, len) in parts(addr, bytes, self.line_size.bytes()) {
            let offset = self.line_size.offset_of(addr);
            let (contents, index) = self.line(self.line_size.line_of(addr));
            let part = low_bytes(value >> (8 * at), len);
            contents.write(index, offset, part, len, write);
        }
    }
}

/// Cuts an access at multiples of `block` bytes: where each part begins in the access, its
/// address and its size.
pub(super) fn parts(
    addr: Addr,
    bytes: usize,
    block: u64,
) -> impl Iterator<Item = (usize, Addr, usize)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = addr + at as u64;
        let len = (bytes - at).min((block - start.0 % block) as usize);
        let part = (len > 0).then_some((at, start, len));
        at += len;
        part
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accesses_are_cut_at_blocks() {
        let cut: Vec<_> = parts(Addr(60), 8, 64).collect();
        assert_eq!(cut, [(0, Addr(60), 4), (4, Addr(64), 4)]);
        let cut: Vec<_> = parts(Addr(4), 16, 8).map(|(_, _, len)| len).collect();
        assert_eq!(cut, [4, 8, 4]);
        assert_eq!(parts(Addr(8), 8, 8).count(), 1);
    }
}
