//! Which states belong to which level.

use super::visited::PARTS;

/// How many states of each level each part has. A part has its states in the order of levels.
#[derive(Default)]
pub(super) struct Levels {
    /// Part and number, for those that have some.
    counts: Vec<(u8, u32)>,
    /// Where a level's begin in `counts`.
    starts: Vec<usize>,
}

/// Some states of one level: a range in one part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) part: usize,
    pub(super) from: usize,
    pub(super) to: usize,
}

impl Levels {
    pub(super) fn push(&mut self, counts: impl Iterator<Item = usize>) {
        self.starts.push(self.counts.len());
        let some = counts.enumerate().filter(|&(_, count)| count > 0);
        let some = some.map(|(part, count)| (part as u8, count as u32));
        self.counts.extend(some);
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.starts.len()
    }

    fn level(&self, level: usize) -> &[(u8, u32)] {
        let end = self.starts.get(level + 1).copied();
        &self.counts[self.starts[level]..end.unwrap_or(self.counts.len())]
    }

    pub(super) fn bytes(&self) -> usize {
        self.counts.capacity() * size_of::<(u8, u32)>()
            + self.starts.capacity() * size_of::<usize>()
    }
}

/// A walk from level to level, back and forth.
pub(super) struct Walk<'a> {
    levels: &'a Levels,
    /// The walk is between this level and the one before.
    at: usize,
    /// Where that is in each part.
    ends: [usize; PARTS],
}

impl<'a> Walk<'a> {
    /// A walk that begins behind the last level.
    pub(super) fn from_last(levels: &'a Levels) -> Walk<'a> {
        let mut ends = [0; PARTS];
        for &(part, count) in &levels.counts {
            ends[usize::from(part)] += count as usize;
        }
        Walk {
            levels,
            at: levels.len(),
            ends,
        }
    }

    /// The level before.
    pub(super) fn back(&mut self) -> Option<Vec<Span>> {
        self.at = self.at.checked_sub(1)?;
        let spans = self.levels.level(self.at).iter().map(|&(part, count)| {
            let part = usize::from(part);
            let to = self.ends[part];
            self.ends[part] -= count as usize;
            let from = self.ends[part];
            Span { part, from, to }
        });
        Some(spans.collect())
    }

    /// The level behind.
    pub(super) fn forth(&mut self) -> Option<Vec<Span>> {
        if self.at == self.levels.len() {
            return None;
        }
        let spans = self.levels.level(self.at).iter().map(|&(part, count)| {
            let part = usize::from(part);
            let from = self.ends[part];
            self.ends[part] += count as usize;
            let to = self.ends[part];
            Span { part, from, to }
        });
        let spans = spans.collect();
        self.at += 1;
        Some(spans)
    }

    /// The number of the level behind.
    pub(super) fn at(&self) -> usize {
        self.at
    }
}

impl Span {
    /// The same states in spans of at most `size`.
    pub(super) fn pieces(self, size: usize) -> impl Iterator<Item = Span> {
        let Span { part, from, to } = self;
        (from..to).step_by(size).map(move |from| Span {
            part,
            from,
            to: to.min(from + size),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_walk_goes_back_and_forth() {
        let mut levels = Levels::default();
        levels.push([2, 0, 1].into_iter());
        levels.push([0, 7, 1].into_iter());
        let span = |part, from, to| Span { part, from, to };
        let first = vec![span(0, 0, 2), span(2, 0, 1)];
        let second = vec![span(1, 0, 7), span(2, 1, 2)];
        let mut walk = Walk::from_last(&levels);
        assert_eq!(walk.forth(), None);
        assert_eq!(walk.back().as_ref(), Some(&second));
        assert_eq!(walk.back().as_ref(), Some(&first));
        assert_eq!((walk.back(), walk.at()), (None, 0));
        assert_eq!(walk.forth(), Some(first));
        assert_eq!(walk.forth(), Some(second));
        let pieces: Vec<_> = span(1, 0, 7).pieces(3).collect();
        assert_eq!(pieces, [span(1, 0, 3), span(1, 3, 6), span(1, 6, 7)]);
    }
}
