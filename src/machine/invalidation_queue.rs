//! The invalidation queue of one core: lines that its cache has given up as far as all others can
//! tell, and that the core itself still reads (McKenney, "Memory Barriers: a Hardware View for
//! Software Hackers", 2010, section 4). x86 processors show none.
//!
//! What a line held when it was given up is kept here until the invalidation is applied, so a core
//! never loses such a copy to a line that takes its way in the cache.

use std::collections::VecDeque;

use crate::memory::{Contents, Line};

/// Invalidations that were acknowledged and not applied, the oldest first. A line is in it at most
/// once: it must be readable again to be given up again, and then its invalidation was applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidationQueue<C> {
    depth: usize,
    /// Each line, and where its old bytes are.
    lines: VecDeque<(Line, u32)>,
    contents: C,
    free: Vec<u32>,
}

impl<C: Contents> InvalidationQueue<C> {
    /// An empty queue with room for `depth` lines.
    #[must_use]
    pub fn new(depth: usize, line_bytes: usize) -> InvalidationQueue<C> {
        InvalidationQueue {
            depth,
            lines: VecDeque::new(),
            contents: C::new(line_bytes),
            free: Vec::new(),
        }
    }

    /// Whether nothing is left to apply.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The lines, the oldest invalidation first.
    pub fn lines(&self) -> impl ExactSizeIterator<Item = Line> {
        self.lines.iter().map(|&(line, _)| line)
    }

    /// The line's old bytes, if it is here.
    #[must_use]
    pub fn find(&self, line: Line) -> Option<(&C, u32)> {
        let found = self.lines.iter().find(|(held, _)| *held == line);
        found.map(|&(_, index)| (&self.contents, index))
    }

    /// The line is given up with the bytes that it has in `held`. In a full queue the oldest
    /// invalidation is applied first: the acknowledgement waits for it.
    pub(super) fn push(&mut self, line: Line, held: (&C, u32)) {
        if self.depth == 0 {
            return;
        }
        if self.lines.len() == self.depth {
            self.apply();
        }
        let index = self.free.pop().unwrap_or_else(|| self.contents.push());
        self.contents.copy_line(index, held.0, held.1);
        self.lines.push_back((line, index));
    }

    /// Applies the oldest invalidation: which line is gone.
    pub(super) fn apply(&mut self) -> Option<Line> {
        let (line, index) = self.lines.pop_front()?;
        self.free.push(index);
        Some(line)
    }

    /// Applies the line's invalidation and all older ones, if it is here.
    pub(super) fn apply_through(&mut self, line: Line) {
        let at = self.lines.iter().position(|(held, _)| *held == line);
        if let Some(at) = at {
            let applied = self.lines.drain(..=at).map(|(_, index)| index);
            self.free.extend(applied);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::{Piece, Values, WriteId};

    fn value(queue: &InvalidationQueue<Values>, line: u64) -> Option<u128> {
        let (contents, index) = queue.find(Line(line))?;
        let mut piece = <Values as Contents>::Piece::default();
        contents.read(index, 0, 8, &mut piece, 0);
        Some(piece.value(8))
    }

    #[test]
    fn old_bytes_stay_until_their_invalidation_is_applied() {
        let mut lines = Values::new(64);
        let index = lines.push();
        let mut queue = InvalidationQueue::new(2, 64);
        for line in 1..=3 {
            lines.write(index, 0, u128::from(line), 8, WriteId::INITIAL);
            queue.push(Line(line), (&lines, index));
        }
        let held = |queue: &InvalidationQueue<_>| [1, 2, 3].map(|line| value(queue, line));
        assert_eq!(held(&queue), [None, Some(2), Some(3)], "room for two");
        queue.apply_through(Line(3));
        assert!(queue.is_empty());
        queue.push(Line(1), (&lines, index));
        assert_eq!(queue.apply(), Some(Line(1)));
        assert_eq!(held(&queue), [None; 3]);
    }
}
