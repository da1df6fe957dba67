//! After a step on a network: what was sent is on its way, what was performed goes on, and what
//! may have been helped is tried again.

use super::{Due, Touched, Waiting};
use crate::drive::timed::Timed;
use crate::drive::wake::Wake;
use crate::machine::{InFlight, Observer, Port, Program, Slot, Supplier};
use crate::memory::{Contents, Line};

impl<C: Contents, P: Program<C::Piece>, O: Observer<C::Piece>> Timed<C, P, O> {
    /// After a step: what it sent is on its way, what it performed goes on, and what it may
    /// have helped is tried again.
    pub(super) fn settle(&mut self, touched: Touched, taken: u64) {
        self.send(taken);
        self.go_on(touched);
        let is_near = |node: Option<u8>, near: u8| node.is_none_or(|node| node == near);
        let coupled = self.network().coupled;
        // A bus that becomes free looks for the next message as for a new one.
        let looks = match self.clocked {
            true => u64::from(self.machine.config().network.hop_cycles),
            false => 0,
        };
        for id in std::mem::take(&mut self.network().held) {
            let to = self.message(id).message.to;
            let near = coupled || is_near(touched.node, to);
            if near && self.machine.may_arrive(id) {
                self.due(self.now + looks, Due::Arrive(id));
            } else {
                self.network().held.push(id);
            }
        }
        let running = self.threads.first_left().is_some() || !self.network().waiting.is_empty();
        if running && !self.network().active.is_empty() {
            self.wake_controllers(touched.line);
            if let Some(line) = self.machine.evicted() {
                self.wake_controllers(line);
            }
        }
    }

    /// What was sent since is on its way.
    fn send(&mut self, taken: u64) {
        let first = self.network().next_id;
        let messages = self.machine.in_flight();
        let from = messages.partition_point(|message| message.id < first);
        for at in from..self.machine.in_flight().len() {
            let message = self.machine.in_flight()[at];
            let time = self.now + taken + self.latency(&message);
            self.due(time, Due::Arrive(message.id));
            self.network().next_id = message.id + 1;
        }
    }

    /// How long a message takes once it was sent.
    fn latency(&mut self, message: &InFlight) -> u64 {
        let config = self.machine.config();
        let controllers = self.machine.controllers().expect("there is a network");
        let carries = controllers.network().kinds[usize::from(message.message.kind)].line;
        // A line's home is at the node that its number gives.
        let home = (message.line.0 % config.cores as u64) as usize;
        let place = |node: u8| controllers.core(usize::from(node)).unwrap_or(home);
        let (from, to) = (place(message.message.from), place(message.message.to));
        let network = config.network;
        let hops = network.topology.hops(config.cores, from, to);
        let line = match message.supplier {
            Supplier::Memory => config.memory_cycles,
            Supplier::LastLevel => config.last_level.map_or(0, |level| level.hit_cycles),
            Supplier::Nobody | Supplier::Cache(_) => 0,
        };
        let transfer = if carries { network.transfer_cycles } else { 0 };
        let jitter = config.vary.latency_jitter_cycles;
        let jitter = self.dice.up_to(jitter);
        u64::from(hops) * u64::from(network.hop_cycles)
            + u64::from(line)
            + u64::from(transfer)
            + u64::from(jitter)
    }

    /// Accesses that were performed go on, and those that may try again do.
    fn go_on(&mut self, touched: Touched) {
        let coupled = self.network().coupled;
        let mut at = 0;
        let mut everyone = coupled;
        while at < self.network().waiting.len() {
            let Waiting { slot, locked, .. } = self.network().waiting[at];
            if self.machine.is_waiting(slot) {
                at += 1;
                continue;
            }
            self.network().waiting.remove(at);
            self.network().in_vain = 0;
            everyone |= locked;
            self.performed(slot, locked);
        }
        for at in 0..self.network().waiting.len() {
            let Waiting {
                slot, scheduled, ..
            } = self.network().waiting[at];
            let near = everyone || touched.node.is_none_or(|node| node == slot.core.0);
            if near && !scheduled && self.machine.may_serve(slot) {
                self.network().waiting[at].scheduled = true;
                self.due(self.now, Due::Retry(slot));
            }
        }
    }

    /// An access that had waited was performed.
    fn performed(&mut self, slot: Slot, locked: bool) {
        let config = self.machine.config();
        let taken = match locked {
            true => config.core.locked_cycles,
            false => config.cache.hit_cycles,
        };
        let (core, time) = (slot.core, self.now + u64::from(taken));
        match slot.port {
            Port::Drain => self.drained(core, time),
            Port::Issue => {
                if self.machine.is_idle(core) {
                    self.cores[core.index()].resumes = true;
                }
                self.schedule(time, Wake::Issue(core));
            }
        }
    }

    fn wake_controllers(&mut self, line: Line) {
        for at in 0..self.network().active.len() {
            let node = self.network().active[at];
            self.wake_controller(line, node);
        }
        // What was delivered may have made room for what they would send about other lines.
        for (line, node) in std::mem::take(&mut self.network().no_room) {
            self.wake_controller(line, node);
        }
    }

    pub(super) fn wake_controller(&mut self, line: Line, node: u8) {
        if self.network().acting.contains(&(line, node)) {
            return;
        }
        let mut acts = Vec::new();
        let more = self.machine.acts(line, node, &mut acts);
        if !acts.is_empty() {
            self.network().acting.push((line, node));
            let taken = self.machine.config().network.controller_cycles;
            self.due(self.now + u64::from(taken), Due::Act(line, node));
        } else if more && !self.network().no_room.contains(&(line, node)) {
            self.network().no_room.push((line, node));
        }
    }
}
