//! A network's control state as a whole: whether anything is under way, and words by which two
//! states compare that behave alike. What bytes lines hold is no part of it, for no cell asks.

use super::{InFlight, NONE, Network};
use crate::coherence::network::Message;
use crate::machine::access::Core;
use crate::machine::machine::Machine;
use crate::machine::step::{Port, Slot};
use crate::memory::{Contents, Line};
use crate::protocol::network::{Order, VarKind};

impl<C: Contents> Machine<C> {
    /// The first line, and a controller's instance that has it in a transient state; none if all
    /// lines are at rest, and always on a bus.
    #[must_use]
    pub fn unsettled(&self) -> Option<(Line, u8)> {
        if !self.on_network() {
            return None;
        }
        let network = self.network();
        let nodes = 0..network.controllers.nodes() as u8;
        network.lines().into_iter().find_map(|line| {
            let passing = |&node: &u8| {
                let controller = network.controllers.controller(usize::from(node));
                let state = self.node_state(line, node);
                !network.controllers.network().controllers[controller].stable[usize::from(state)]
            };
            Some((line, nodes.clone().find(passing)?))
        })
    }

    /// The state in which a controller's instance has a line.
    ///
    /// # Panics
    /// When there is no network.
    #[must_use]
    pub fn node_state(&self, line: Line, node: u8) -> u8 {
        let (network, node) = (self.network(), usize::from(node));
        if let Some(cache) = self.caches.get(node) {
            return cache.state(line).0;
        }
        match network.index.get(&line) {
            Some(&record) => network.words[record as usize * network.stride + node] as u8,
            None => {
                let controller = network.controllers.controller(node);
                network.controllers.network().controllers[controller].initial
            }
        }
    }

    /// A controller's instance that counts further about the line than there are controllers.
    pub(in crate::machine) fn miscounted(&self, line: Line) -> Option<u8> {
        let network = self.network();
        let record = *network.index.get(&line)? as usize;
        let most = network.controllers.nodes() as u64;
        (0..network.controllers.nodes()).find_map(|node| {
            let controller = network.controllers.controller(node);
            let variables = &network.controllers.network().controllers[controller].variables;
            let far = variables.iter().enumerate().any(|(variable, of)| {
                let at = network.variables[node] as usize + variable;
                let count = network.words[record * network.stride + at] as i64;
                of.kind == VarKind::Count && count.unsigned_abs() > most
            });
            far.then_some(node as u8)
        })
    }

    /// All that decides what can happen from here on, as words: equal for machines that behave
    /// alike and have run the same programs as far.
    ///
    /// # Panics
    /// When there is no network.
    #[must_use]
    pub fn situation(&self) -> Vec<u64> {
        self.words(true)
    }

    /// The same; `ages` says whether a cache can be full, for only then it matters which line
    /// would leave next.
    pub(in crate::machine) fn words(&self, ages: bool) -> Vec<u64> {
        let network = self.network();
        let mut words = Vec::new();
        for line in network.lines() {
            let record = network.index[&line] as usize;
            let all = record * network.stride..(record + 1) * network.stride;
            words.push(line.0);
            words.extend(
                self.caches
                    .iter()
                    .map(|cache| u64::from(cache.state(line).0)),
            );
            words.extend_from_slice(&network.words[all]);
        }
        for core in self.cores() {
            let waits = Port::BOTH.map(|port| self.waits(Slot { core, port }) as u64);
            words.extend(waits);
            if ages {
                words.extend(self.ages(core));
            }
        }
        words.extend(network.busy.iter().map(|&busy| u64::from(busy)));
        let mut raised = network.raised.clone();
        raised.sort_unstable();
        words.extend(
            raised
                .iter()
                .flat_map(|&(channel, line)| [u64::from(channel), line.0]),
        );
        words.extend(network.messages());
        words
    }

    fn ages(&self, core: Core) -> Vec<u64> {
        let cache = &self.caches[core.index()];
        let mut lines = self.network().lines();
        lines.retain(|&line| cache.find(line).is_some());
        let older = |line| {
            cache
                .by_age(line)
                .take_while(|&(other, _)| other != line)
                .count()
        };
        lines.iter().map(|&line| older(line) as u64).collect()
    }
}

impl<C: Contents> Network<C> {
    /// All lines that anything is known of, in order.
    fn lines(&self) -> Vec<Line> {
        let mut lines: Vec<Line> = self.index.keys().copied().collect();
        lines.sort_unstable();
        lines
    }

    /// The messages in flight as words, in an order that tells only what their channels' orders
    /// tell.
    fn messages(&self) -> impl Iterator<Item = u64> {
        let words = |in_flight: &InFlight| {
            let message = in_flight.message;
            let Message { kind, from, to, .. } = message;
            let bytes = [kind, from, to, message.requester].map(u64::from);
            [
                bytes[0] << 24 | bytes[1] << 16 | bytes[2] << 8 | bytes[3],
                message.acks as u64,
                in_flight.line.0,
            ]
        };
        self.in_channels().into_iter().flat_map(words)
    }

    /// The messages in flight, ordered as far as their channels order them.
    pub(in crate::machine) fn in_channels(&self) -> Vec<&InFlight> {
        let mut messages: Vec<&InFlight> = self.in_flight.iter().collect();
        messages.sort_by_key(|in_flight| {
            let message = in_flight.message;
            let (channel, order) = self.order(message);
            let pair = (message.from, message.to);
            let says = (
                message.kind,
                message.requester,
                message.acks,
                in_flight.line,
            );
            match order {
                Order::None => (channel, Some(pair), Some(says)),
                Order::Pairs => (channel, Some(pair), None),
                Order::Broadcast => (channel, None, None),
            }
        });
        messages
    }

    /// The bytes that a message carries.
    pub(in crate::machine) fn carried(&self, message: &InFlight) -> Option<(&C, u32)> {
        Some((&self.contents, message.contents?))
    }

    /// For each line and node, in a fixed order, the bytes that are neither in a cache nor in
    /// memory.
    pub(in crate::machine) fn apart(&self) -> impl Iterator<Item = Option<(&C, u32)>> {
        let nodes = self.controllers.nodes();
        self.lines().into_iter().flat_map(move |line| {
            let record = self.index[&line] as usize;
            let held = &self.apart[record * nodes..(record + 1) * nodes];
            held.iter()
                .map(|&index| (index != NONE).then_some((&self.contents, index)))
        })
    }

    /// Who tries a locked operation across lines, and which line it asks for.
    pub(in crate::machine) fn splitting(&self) -> Option<(Core, Line)> {
        self.split.map(|split| split.wanted())
    }
}
