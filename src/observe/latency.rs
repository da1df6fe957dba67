//! How long calls to maps took, from their first instruction to their last, in cycles. A store
//! may still be in its buffer when a call is over.

use super::histogram::Histogram;
use super::running::Running;
use crate::machine::{CallKind, Core, Event, Note, Observer};

/// The times of calls by their kind.
#[derive(Clone, Debug, Default)]
pub struct Latency {
    running: Running,
    now: u64,
    /// The call that each thread is in, and since when.
    open: Vec<Option<(CallKind, u64)>>,
    calls: [Histogram; CallKind::ALL.len()],
}

impl Latency {
    /// The calls of a kind that came to their ends.
    #[must_use]
    pub fn of(&self, kind: CallKind) -> &Histogram {
        &self.calls[kind as usize]
    }

    /// The calls of another run are added.
    pub fn merge(&mut self, other: &Latency) {
        for (calls, more) in self.calls.iter_mut().zip(&other.calls) {
            calls.merge(more);
        }
    }

    fn thread(&mut self, core: Core) -> &mut Option<(CallKind, u64)> {
        let thread = usize::from(self.running.on(core).0);
        if self.open.len() <= thread {
            self.open.resize(thread + 1, None);
        }
        &mut self.open[thread]
    }
}

impl<P> Observer<P> for Latency {
    fn observe(&mut self, event: &Event<'_, P>) {
        self.running.observe(event);
        let Event::Note { core, note } = *event else {
            return;
        };
        if core == Core::SETUP {
            return;
        }
        let now = self.now;
        match *note {
            Note::CallBegun(call) => *self.thread(core) = Some((call.kind, now)),
            Note::CallEnded(_) => {
                if let Some((kind, begun)) = self.thread(core).take() {
                    self.calls[kind as usize].record(now - begun);
                }
            }
            _ => {}
        }
    }

    fn clock(&mut self, cycle: u64) {
        self.now = cycle;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::{Answer, Call, Thread};

    fn tell(latency: &mut Latency, cycle: u64, event: &Event<'_, ()>) {
        Observer::<()>::clock(latency, cycle);
        latency.observe(event);
    }

    /// A thread that goes on elsewhere takes its call along.
    #[test]
    fn calls_belong_to_threads() {
        let mut latency = Latency::default();
        let begun = |kind| {
            Note::CallBegun(Call {
                kind,
                map: 0,
                key: 7,
            })
        };
        let (get, put) = (begun(CallKind::Get), begun(CallKind::Put));
        let ended = Note::CallEnded(Answer::Nothing);
        let note = |core, note| Event::Note { core, note };
        tell(&mut latency, 5, &note(Core::SETUP, &put));
        tell(&mut latency, 6, &note(Core::SETUP, &ended));
        tell(&mut latency, 10, &note(Core(0), &get));
        tell(&mut latency, 12, &note(Core(1), &put));
        let (core, thread) = (Core(2), Thread(0));
        tell(&mut latency, 15, &Event::Scheduled { core, thread });
        tell(&mut latency, 30, &note(Core(1), &ended));
        tell(&mut latency, 110, &note(Core(2), &ended));
        assert_eq!(latency.of(CallKind::Put).max(), 18);
        assert_eq!(latency.of(CallKind::Put).count(), 1);
        assert_eq!(latency.of(CallKind::Get).max(), 100);
    }
}
