//! The steps of controllers that send each other messages: channels deliver in every order that
//! they allow.

use std::sync::Arc;

use super::effects::{Effect, Stimulus};
use super::layout::Layout;
use super::raw::{MAX_MESSAGES, Raw, key, kind_of};
use super::space::{Coverage, Rights, Scratch, Size, Step};
use super::view::{Fault, View, decode};
use super::violation::Violation;
use crate::coherence::network::{Controllers, Met, Unexpected};
use crate::protocol::network::{Controller, CoreEvent, Network as Protocol, Order, Place, Trigger};

/// All controllers of a protocol.
#[derive(Clone, Debug)]
pub(super) struct Network {
    pub(super) controllers: Controllers,
    /// For each controller and state what a core can ask that changes something.
    asks: Vec<Vec<Vec<CoreEvent>>>,
    /// For each node its controller.
    of_node: Vec<usize>,
    at_cores: Vec<usize>,
    spontaneous: Vec<usize>,
    /// A channel holds only so many messages.
    bounded: bool,
    /// A channel is a bus.
    broadcasts: bool,
}

impl Network {
    /// The controllers of a machine; none if there are too many, or their messages are too wide.
    pub(super) fn new(network: Arc<Protocol>, size: Size) -> Option<(Network, Layout)> {
        let controllers = Controllers::new(Arc::clone(&network), size.cores)?;
        let layout = Layout::of_network(&controllers, size.lines, size.values)?;
        let nodes = layout.lines.iter().flat_map(|line| &line.nodes);
        if nodes.into_iter().any(|node| node.all.bits > 64) {
            return None;
        }
        let asks = network.controllers.iter().map(|controller| {
            let states = 0..controller.states.len() as u8;
            states.map(|state| asks(controller, state)).collect()
        });
        let nodes = 0..controllers.nodes();
        let acts = |&node: &usize| {
            !network.controllers[controllers.controller(node)]
                .spontaneous()
                .is_empty()
        };
        let network = Network {
            asks: asks.collect(),
            of_node: nodes
                .clone()
                .map(|node| controllers.controller(node))
                .collect(),
            at_cores: nodes
                .clone()
                .filter(|&node| controllers.core(node).is_some())
                .collect(),
            spontaneous: nodes.filter(acts).collect(),
            bounded: network
                .channels
                .iter()
                .any(|channel| channel.capacity.is_some()),
            broadcasts: network
                .channels
                .iter()
                .any(|channel| channel.until.is_some()),
            controllers,
        };
        Some((network, layout))
    }

    pub(super) fn of_nodes(&self) -> Vec<usize> {
        self.of_node.clone()
    }

    pub(super) fn initial(&self, node: usize) -> u8 {
        self.controllers.network().controllers[self.controllers.controller(node)].initial
    }

    pub(super) fn rights(&self) -> Vec<Vec<Rights>> {
        let controllers = self.controllers.network().controllers.iter();
        let rights = controllers.map(|controller| {
            let states = 0..controller.states.len() as u8;
            states
                .map(|state| Rights {
                    reads: controller.may_load(state),
                    writes: controller.may_store(state),
                    stable: controller.stable[usize::from(state)],
                    line_lives: controller.line_lives[usize::from(state)],
                })
                .collect()
        });
        rights.collect()
    }

    pub(super) fn coverage(&self) -> Coverage {
        let network = self.controllers.network();
        let controllers = network.controllers.iter();
        Coverage {
            cells: controllers
                .clone()
                .map(|of| vec![false; of.cell_places()])
                .collect(),
            states: controllers.map(|of| vec![false; of.states.len()]).collect(),
            occupancy: vec![0; network.channels.len()],
            doing: None,
        }
    }

    /// A node's controller.
    pub(super) fn controller(&self, node: usize) -> &Controller {
        &self.controllers.network().controllers[self.controllers.controller(node)]
    }

    /// How many cells there are, and those that were never used.
    pub(super) fn used(&self, coverage: &Coverage) -> (usize, Vec<[String; 3]>) {
        let (mut count, mut unused) = (0, Vec::new());
        for (index, controller) in self.controllers.network().controllers.iter().enumerate() {
            for (state, name) in controller.states.iter().enumerate() {
                for (number, event) in controller.events.iter().enumerate() {
                    let (id, number) = (state as u8, number as u16);
                    if controller.cell(id, number).is_none() {
                        continue;
                    }
                    count += 1;
                    let used = match event.trigger {
                        Trigger::Core(_) => coverage.states[index][state],
                        _ => coverage.cells[index][controller.cell_index(id, number)],
                    };
                    if !used {
                        unused.push([controller.name.clone(), name.clone(), event.name.clone()]);
                    }
                }
            }
        }
        (count, unused)
    }

    /// The steps that serve what is under way: whether there was one.
    pub(super) fn served<const W: usize>(
        &self,
        layout: &Layout,
        raw: &Raw<W>,
        scratch: &mut Scratch,
        each: &mut impl FnMut(Step, &Raw<W>, bool),
    ) -> Result<bool, Violation> {
        let mut served = false;
        let mut next = *raw;
        let mut before = None;
        for (at, &code) in raw.messages().iter().enumerate() {
            // Behind one that it must not overtake, or the same again.
            let key = Some(key(layout, code));
            if before != key {
                served |= self.deliver(layout, raw, at, scratch, &mut next, each)?;
            }
            before = key;
        }
        for line in 0..layout.lines.len() {
            for &node in &self.spontaneous {
                let Scratch { coverage, memory } = scratch;
                let effects =
                    memory.effects(self, layout, raw, (line, node), Stimulus::Itself, coverage)?;
                for effect in effects {
                    let (event, member) = effect.itself.expect("it acted of itself");
                    let value = effect.stored;
                    coverage.doing = Some(Step::Itself {
                        line,
                        node,
                        event,
                        member,
                        value,
                    });
                    next.copy(raw);
                    if self.apply(layout, &mut next, (line, node), effect)? {
                        each(
                            Step::Itself {
                                line,
                                node,
                                event,
                                member,
                                value,
                            },
                            &next,
                            true,
                        );
                        served = true;
                    }
                }
            }
        }
        Ok(served)
    }

    /// What cores may ask.
    pub(super) fn asked<const W: usize>(
        &self,
        layout: &Layout,
        raw: &Raw<W>,
        scratch: &mut Scratch,
        each: &mut impl FnMut(Step, &Raw<W>, bool),
    ) -> Result<(), Violation> {
        let Scratch { coverage, memory } = scratch;
        let mut next = *raw;
        for (line, fields) in layout.lines.iter().enumerate() {
            for &node in &self.at_cores {
                let state = usize::from(raw.get(fields.nodes[node].state));
                for &event in &self.asks[self.of_node[node]][state] {
                    coverage.doing = Some(Step::Core {
                        line,
                        node,
                        event,
                        value: 0,
                    });
                    let effects = memory.effects(
                        self,
                        layout,
                        raw,
                        (line, node),
                        Stimulus::Core(event),
                        coverage,
                    )?;
                    for effect in effects {
                        let value = effect.stored;
                        next.copy(raw);
                        if self.apply(layout, &mut next, (line, node), effect)? {
                            each(
                                Step::Core {
                                    line,
                                    node,
                                    event,
                                    value,
                                },
                                &next,
                                false,
                            );
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// Delivers one message, if it may arrive now: whether it did.
    fn deliver<const W: usize>(
        &self,
        layout: &Layout,
        raw: &Raw<W>,
        at: usize,
        scratch: &mut Scratch,
        next: &mut Raw<W>,
        each: &mut impl FnMut(Step, &Raw<W>, bool),
    ) -> Result<bool, Violation> {
        let code = raw.messages()[at];
        let Scratch { coverage, memory } = scratch;
        let kind = kind_of(layout, code);
        if kind.order == Some(Order::Broadcast) {
            return self.broadcast(layout, raw, at, coverage, each);
        }
        coverage.doing = Some(Step::Deliver { code, value: 0 });
        let place = (
            usize::from(kind.line.get(code)),
            usize::from(kind.to.get(code)),
        );
        let effects =
            memory.effects(self, layout, raw, place, Stimulus::Message(code), coverage)?;
        let mut served = false;
        for effect in effects {
            next.copy(raw);
            next.remove(at);
            self.free(layout, next, kind.channel);
            if self.apply(layout, next, place, effect)? {
                each(
                    Step::Deliver {
                        code,
                        value: effect.stored,
                    },
                    next,
                    true,
                );
                served = true;
            }
        }
        Ok(served)
    }

    /// Makes a state the one after an effect; false if a channel has no room for what is sent.
    #[inline]
    fn apply<const W: usize>(
        &self,
        layout: &Layout,
        next: &mut Raw<W>,
        (line, node): (usize, usize),
        effect: &Effect,
    ) -> Result<bool, Violation> {
        let fields = &layout.lines[line];
        next.set_block(fields.nodes[node].all, effect.fields);
        next.set(fields.latest, effect.latest);
        for &code in &effect.sends {
            if self.bounded && !next.has_room(layout, code) {
                return Ok(false);
            }
            if !next.insert(layout, code) {
                return Err(Violation::Channel {
                    limit: MAX_MESSAGES,
                });
            }
        }
        Ok(true)
    }

    /// All controllers meet the message in the order of nodes; the stores that this performs
    /// all store the same value.
    fn broadcast<const W: usize>(
        &self,
        layout: &Layout,
        raw: &Raw<W>,
        at: usize,
        coverage: &mut Coverage,
        each: &mut impl FnMut(Step, &Raw<W>, bool),
    ) -> Result<bool, Violation> {
        let code = raw.messages()[at];
        let channel = usize::from(kind_of(layout, code).channel);
        let busy = layout.busy[channel];
        let until = self.controllers.network().channels[channel].until;
        if raw.get(busy) != 0 {
            return Ok(false);
        }
        coverage.doing = Some(Step::Deliver { code, value: 0 });
        let (message, carried, line) = decode(layout, code);
        for value in 0..layout.values {
            let mut next = *raw;
            next.remove(at);
            if until.is_some() {
                next.set(busy, 1);
            }
            self.free(layout, &mut next, channel as u8);
            for line in &layout.lines {
                next.set(line.wires[channel], 0);
            }
            let mut stores = false;
            for node in 0..self.controllers.nodes() {
                let mut view = View::new(&mut next, layout, line);
                let met = self.controllers.receive(&view, node, message);
                let met = met.map_err(|unexpected| self.no_cell(&unexpected))?;
                let Some(met) = met else { continue };
                self.cover(coverage, &met);
                stores |= met.cell.stores;
                (view.carried, view.stored) = (carried, value);
                self.controllers.execute(&mut view, &met);
                self.sound(view.fault, line)?;
            }
            each(Step::Deliver { code, value }, &next, true);
            if !stores {
                break;
            }
        }
        Ok(true)
    }

    /// A delivery in this channel ends the broadcasts that wait for it.
    fn free<const W: usize>(&self, layout: &Layout, raw: &mut Raw<W>, channel: u8) {
        if !self.broadcasts {
            return;
        }
        for (broadcast, of) in self.controllers.network().channels.iter().enumerate() {
            if of.until == Some(channel) {
                raw.set(layout.busy[broadcast], 0);
            }
        }
    }

    pub(super) fn sound(&self, fault: Option<Fault>, line: usize) -> Result<(), Violation> {
        Err(match fault {
            None => return Ok(()),
            Some(Fault::Messages) => Violation::Channel {
                limit: MAX_MESSAGES,
            },
            Some(Fault::Count(node)) => Violation::Count { node },
            Some(Fault::Message(message)) => {
                let kind = &self.controllers.network().kinds[usize::from(message.kind)];
                Violation::NoCell {
                    node: usize::from(message.to),
                    state: "any state".to_owned(),
                    event: kind.name.clone(),
                }
            }
            Some(Fault::Value(node)) => Violation::DataValue { line, node },
        })
    }

    pub(super) fn no_cell(&self, unexpected: &Unexpected) -> Violation {
        let (state, event) = unexpected.cell(&self.controllers);
        Violation::NoCell {
            node: unexpected.node,
            state: state.to_owned(),
            event: event.to_owned(),
        }
    }

    pub(super) fn cover(&self, coverage: &mut Coverage, met: &Met<'_>) {
        let index = self.controllers.controller(met.node);
        let controller = &self.controllers.network().controllers[index];
        coverage.cells[index][controller.cell_index(met.state, met.event)] = true;
    }
}

/// What a core can ask in a state that changes something. A hit does not: that it reads the
/// latest bytes is an invariant.
fn asks(controller: &Controller, state: u8) -> Vec<CoreEvent> {
    if controller.place != Place::Core {
        return Vec::new();
    }
    let changes = |&event: &CoreEvent| {
        controller.cell(state, event as u16).is_some_and(|cell| {
            let hit = cell.loads && cell.actions.len() == 1 && cell.next == state;
            !cell.stalls && !hit
        })
    };
    CoreEvent::ALL.into_iter().filter(changes).collect()
}
