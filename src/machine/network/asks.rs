//! Which requests a core can make at once without leaving anything out, for a search.

use crate::machine::access::Core;
use crate::machine::machine::Machine;
use crate::machine::step::{Port, Slot};
use crate::memory::{Contents, Line};
use crate::protocol::network::{Action, CoreEvent, Order};

impl<C: Contents> Machine<C> {
    /// Whether a port would do nothing but send requests, and no message can change that before:
    /// the front controller has the line in a state in which it meets nobody but its core, which
    /// is mostly that of no copy, and the requests travel in channels without order and without
    /// limit. A load of a line that a buffered store is about is none of these, for the store can
    /// ask first.
    pub(in crate::machine) fn only_sends(&self, slot: Slot) -> bool {
        let Slot { core, port } = slot;
        let (Some(line), Some(event)) = (self.wanted_line(slot), self.wanted_event(slot)) else {
            return false;
        };
        if port == Port::Issue && (self.crosses_lines(core) || self.buffers(core, line)) {
            return false;
        }
        let protocol = self.network().controllers.network();
        let front = protocol.front();
        let state = self.caches[core.index()].state(line).0;
        let others = CoreEvent::ALL.len()..front.events.len();
        if others
            .into_iter()
            .any(|other| front.cell(state, other as u16).is_some())
        {
            return false;
        }
        let Some(cell) = front.cell(state, event as u16) else {
            return false;
        };
        let sends = |action: &Action| match action {
            Action::Send { kind, .. } => {
                let channel = protocol.channel_of(*kind);
                channel.order == Order::None && channel.capacity.is_none()
            }
            _ => false,
        };
        !cell.stalls && cell.sends && cell.actions.iter().all(sends)
    }

    fn crosses_lines(&self, core: Core) -> bool {
        let Some(access) = self.access_under_way(core) else {
            return false;
        };
        let size = self.config.line_size;
        size.line_of(access.addr) != size.line_of(access.addr + (access.bytes as u64 - 1))
    }

    fn buffers(&self, core: Core, line: Line) -> bool {
        let size = self.config.line_size;
        let mut stores = self.store_buffer(core).iter();
        stores.any(|store| size.line_of(store.addr) == line)
    }
}
