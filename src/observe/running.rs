//! Which thread is on which core, as far as events tell.

use crate::machine::{Core, Event, Thread};

/// Thread 0 is on core 0 and so on, until a machine says otherwise.
#[derive(Clone, Debug, Default)]
pub struct Running(Vec<Thread>);

impl Running {
    /// Who is on a core.
    #[must_use]
    pub fn on(&self, core: Core) -> Thread {
        match core {
            Core::SETUP => Thread::SETUP,
            _ => {
                let known = self.0.get(core.index()).copied();
                known.unwrap_or(Thread(core.0.into()))
            }
        }
    }

    /// Takes in an event.
    pub fn observe<P>(&mut self, event: &Event<'_, P>) {
        if let Event::Scheduled { core, thread } = *event {
            while self.0.len() <= core.index() {
                self.0.push(Thread(self.0.len() as u16));
            }
            self.0[core.index()] = thread;
        }
    }
}
