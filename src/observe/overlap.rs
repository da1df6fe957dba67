//! Whether calls of different threads to one map were under way at the same time: without
//! that, nothing can go wrong between them but by what they left behind.

use super::running::Running;
use crate::machine::{Core, Event, Note, Observer, Thread};

/// Notices overlapping calls.
#[derive(Clone, Debug, Default)]
pub struct Overlap {
    running: Running,
    /// Who is in a call, and to which map.
    open: Vec<(Thread, u16)>,
    seen: bool,
}

impl Overlap {
    /// Whether two calls overlapped.
    #[must_use]
    pub fn is_seen(&self) -> bool {
        self.seen
    }
}

impl<P> Observer<P> for Overlap {
    fn observe(&mut self, event: &Event<'_, P>) {
        self.running.observe(event);
        let Event::Note { core, note } = *event else {
            return;
        };
        if self.seen || core == Core::SETUP {
            return;
        }
        let thread = self.running.on(core);
        match *note {
            Note::CallBegun(call) => {
                self.seen = self.open.iter().any(|&(_, map)| map == call.map);
                self.open.push((thread, call.map));
            }
            Note::CallEnded(_) => self.open.retain(|&(other, _)| other != thread),
            _ => {}
        }
    }
}
