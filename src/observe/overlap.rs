//! Whether calls of different threads to one map were under way at the same time: without
//! that, nothing can go wrong between them but by what they left behind.

use super::running::Running;
use crate::machine::{Core, Event, Note, Observer, Thread};

/// Notices overlapping calls. A thread that reads a clock says what it takes for its calls: all
/// that lies between one reading and the next, as a program does that measures.
#[derive(Clone, Debug, Default)]
pub struct Overlap {
    running: Running,
    /// Who is in a call, and to which map.
    open: Vec<(Thread, u16)>,
    seen: bool,
    clocks: Clocks,
}

/// What threads time with clocks.
#[derive(Clone, Debug, Default)]
struct Clocks {
    /// Who has read a clock once, and not again.
    open: Vec<Thread>,
    /// Whether anyone has read one, and whether what two threads timed overlapped.
    read: bool,
    seen: bool,
}

impl Overlap {
    /// Whether two calls overlapped; where clocks are read, whether what was timed did.
    #[must_use]
    pub fn is_seen(&self) -> bool {
        match self.clocks.read {
            true => self.clocks.seen,
            false => self.seen,
        }
    }
}

impl Clocks {
    fn read_by(&mut self, thread: Thread) {
        self.read = true;
        match self.open.iter().position(|&other| other == thread) {
            Some(at) => drop(self.open.swap_remove(at)),
            None => {
                self.seen |= !self.open.is_empty();
                self.open.push(thread);
            }
        }
    }
}

impl<P> Observer<P> for Overlap {
    fn observe(&mut self, event: &Event<'_, P>) {
        self.running.observe(event);
        let Event::Note { core, note } = *event else {
            return;
        };
        if core == Core::SETUP {
            return;
        }
        let thread = self.running.on(core);
        match *note {
            Note::ClockRead => self.clocks.read_by(thread),
            Note::CallBegun(call) if !self.seen => {
                self.seen = self.open.iter().any(|&(_, map)| map == call.map);
                self.open.push((thread, call.map));
            }
            Note::CallEnded(_) => self.open.retain(|&(other, _)| other != thread),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::{Answer, Call, CallKind};

    fn seen(notes: &[(u8, Note)]) -> bool {
        let mut overlap = Overlap::default();
        for (core, note) in notes {
            let core = Core(*core);
            Observer::<()>::observe(&mut overlap, &Event::Note { core, note });
        }
        overlap.is_seen()
    }

    fn begun(map: u16) -> Note {
        let kind = CallKind::Len;
        Note::CallBegun(Call { kind, map, key: 0 })
    }

    #[test]
    fn calls_to_one_map_overlap() {
        let ended = || Note::CallEnded(Answer::Nothing);
        assert!(seen(&[(0, begun(0)), (1, begun(0))]));
        assert!(!seen(&[(0, begun(0)), (1, begun(1))]));
        assert!(!seen(&[(0, begun(0)), (0, ended()), (1, begun(0))]));
    }

    #[test]
    fn clocks_go_before_calls() {
        let clock = |core| (core, Note::ClockRead);
        assert!(seen(&[clock(0), clock(1), clock(0), clock(1)]));
        assert!(!seen(&[clock(0), clock(0), clock(1), clock(1)]));
        assert!(!seen(&[clock(0), (0, begun(0)), (1, begun(0)), clock(0)]));
    }
}
