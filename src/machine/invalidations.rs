//! What a machine with invalidation queues does with them: a line is queued when its cache gives
//! it up to another core, read while it is there, and gone when its invalidation is applied.

use super::access::Core;
use super::core::{CoreState, Part};
use super::event::{Event, Observer, Stall};
use super::invalidation_queue::InvalidationQueue;
use super::machine::Machine;
use super::step::{Cost, Progress};
use super::violation::Violation;
use crate::memory::{Contents, Line};

impl<C: Contents> Machine<C> {
    /// A core's invalidation queue, if the machine has them.
    #[must_use]
    pub fn invalidation_queue(&self, core: Core) -> Option<&InvalidationQueue<C>> {
        self.invalidations.get(core.index())
    }

    /// Whether the machine has invalidation queues.
    #[must_use]
    pub fn queues_invalidations(&self) -> bool {
        !self.invalidations.is_empty()
    }

    /// Whether a core has invalidations to apply.
    #[must_use]
    pub fn has_invalidations(&self, core: Core) -> bool {
        let queue = self.invalidation_queue(core);
        queue.is_some_and(|queue| !queue.is_empty())
    }

    /// What a core's next part must wait for at its own.
    pub(super) fn stall(&self, core: Core) -> Option<Stall> {
        let invalidations = self.has_invalidations(core);
        self.cores[core.index()].stall(self.config.single_copy_bytes, invalidations)
    }

    /// The line of a part, if its old bytes are still read by the core.
    pub(super) fn invalidated(&self, core: Core, part: Part) -> Option<Line> {
        let queue = self.invalidation_queue(core)?;
        let line = self.one_line(part)?;
        queue.find(line).map(|_| line)
    }

    /// A load where the core has invalidations to apply: it reads what it has been told to give up
    /// if it still can.
    #[cold]
    #[inline(never)]
    pub(super) fn issue_load_before_invalidation<O: Observer<C::Piece>>(
        &mut self,
        core: Core,
        part: Part,
        observer: &mut O,
    ) -> Result<Progress, Box<Violation>> {
        let Some(line) = self.invalidated(core, part) else {
            return self.issue_to_cache(core, part, observer);
        };
        let Part { addr, bytes, at } = part;
        let held = self.invalidations[core.index()].find(line);
        let (contents, index) = held.expect("the line is queued");
        let offset = self.config.line_size.offset_of(addr);
        let CoreState { buffer, value, .. } = &mut self.cores[core.index()];
        contents.read(index, offset, bytes, value, at);
        buffer.join(addr, bytes, value, at);
        observer.observe(&Event::ReadInvalidated { core, addr, bytes });
        Ok(self.finish_part(core, part, Cost::Hit, observer))
    }

    /// A locked operation is performed: it is a fence, so whatever came while it waited for its line
    /// is applied with it.
    #[inline]
    pub(super) fn apply_invalidations(&mut self, core: Core) {
        if let Some(queue) = self.invalidations.get_mut(core.index()) {
            while queue.apply().is_some() {}
        }
    }

    /// The core's oldest invalidation is applied.
    pub(super) fn invalidate<O: Observer<C::Piece>>(
        &mut self,
        core: Core,
        observer: &mut O,
    ) -> Progress {
        let line = self.invalidations[core.index()].apply();
        let line = line.expect("an invalidation to apply");
        observer.observe(&Event::InvalidationApplied { core, line });
        Progress::Invalidated
    }
}
