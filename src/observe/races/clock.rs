//! Vector clocks and epochs (Flanagan and Freund, FastTrack, PLDI 2009, section 2): what a
//! thread knows of the others' time, and one point in one thread's time.

/// At most so many threads are told apart.
pub(super) const MOST_THREADS: usize = 64;

const CLOCK_BITS: u32 = 26;
const LAST: u32 = (1 << CLOCK_BITS) - 1;

/// A point in one thread's time: "c@t" in the paper. Time moves on with each release.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Epoch(u32);

impl Epoch {
    /// Whose.
    pub(super) fn thread(self) -> usize {
        (self.0 >> CLOCK_BITS) as usize
    }

    /// Whether whoever has this clock comes after it.
    pub(super) fn is_before(self, clock: &Clock) -> bool {
        self.0 & LAST <= clock.of(self.thread())
    }
}

/// For each thread the time up to which all that it did comes before.
#[derive(Clone, Debug, Default)]
pub(super) struct Clock(Vec<u32>);

impl Clock {
    /// A thread's clock at its beginning: it knows of nobody.
    pub(super) fn new(thread: usize) -> Clock {
        let mut clock = Clock(vec![0; thread + 1]);
        clock.0[thread] = 1;
        clock
    }

    fn of(&self, thread: usize) -> u32 {
        self.0.get(thread).copied().unwrap_or(0)
    }

    /// Whether anything of that thread comes before.
    pub(super) fn knows(&self, thread: usize) -> bool {
        self.of(thread) > 0
    }

    /// The thread's own time; the clock is its own.
    pub(super) fn epoch(&self, thread: usize) -> Epoch {
        Epoch((thread as u32) << CLOCK_BITS | self.of(thread))
    }

    /// The thread's time moves on; the clock is its own. After 2^26 releases it stands still,
    /// which can hide a race and never makes one up.
    pub(super) fn tick(&mut self, thread: usize) {
        self.0[thread] = (self.0[thread] + 1).min(LAST);
    }

    /// All that comes before `other` comes before this, too.
    pub(super) fn join(&mut self, other: &Clock) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        for (own, &other) in self.0.iter_mut().zip(&other.0) {
            *own = (*own).max(other);
        }
    }
}
