//! What controllers do when events meet one line: the meaning of a protocol's cells. Where
//! states, variables, lines and messages are kept is the caller's business: a machine with
//! latencies and real bytes, or an exhaustive driver with packed states.

use std::fmt;
use std::sync::Arc;

use crate::protocol::network::{
    Action, Cell, Comparison, Condition, CoreEvent, CountExpr, CountTerm, EventId, Network,
    NodeExpr, Order, Place, SetExpr, SetTerm, StateId, Trigger, TriggeredEvent,
};

/// The most nodes; a set of nodes is a word of 64 bits.
pub const MAX_NODES: usize = 64;

/// The most messages about one line that are under way at once in any protocol that works, with
/// so many nodes; with up to 8, of which proofs are made, it is the same number.
#[must_use]
pub const fn most_messages(nodes: usize) -> usize {
    let each = 4 * nodes.saturating_sub(1);
    if each > 28 { each } else { 28 }
}

/// A message about one line. What carries the line's bytes is the caller's business.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Message {
    /// An index into the protocol's kinds.
    pub kind: u8,
    /// The node that sent it.
    pub from: u8,
    /// The node that it goes to; for a broadcast the sender.
    pub to: u8,
    /// The node for which it was sent in the end.
    pub requester: u8,
    /// The count that it carries, or 0.
    pub acks: i16,
}

/// One line in all controllers.
pub trait Line {
    /// A node's state.
    fn state(&self, node: usize) -> StateId;
    /// Changes it.
    fn set_state(&mut self, node: usize, state: StateId);
    /// A node's variable: a count as an `i64`, a node as its number + 1 or 0 for none, a set as
    /// a bit for each node.
    fn variable(&self, node: usize, variable: u8) -> u64;
    /// Changes it.
    fn set_variable(&mut self, node: usize, variable: u8, value: u64);
    /// Whether the wire of a channel is high.
    fn wire(&self, channel: u8) -> bool;
    /// Raises it.
    fn raise(&mut self, channel: u8);
    /// Whether a channel takes another message from one node to another.
    fn has_room(&self, channel: u8, from: usize, to: usize) -> bool;
    /// Takes a message on its way, with the sender's line if its kind carries one.
    fn send(&mut self, message: Message);
    /// The line in the message that is met becomes the node's.
    fn take_line(&mut self, node: usize);
    /// No later step can read the node's line.
    fn clear_line(&mut self, node: usize);
    /// The core at this node performs its load on the node's line.
    fn load(&mut self, node: usize);
    /// The core at this node performs its store on the node's line.
    fn store(&mut self, node: usize);
}

/// The instances of a protocol's controllers in a machine with so many cores.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Controllers {
    network: Arc<Network>,
    cores: usize,
    of_node: Vec<u8>,
    first: Vec<u8>,
}

/// A cell to be executed, and what it is executed for.
#[derive(Clone, Copy, Debug)]
pub struct Met<'a> {
    /// Where.
    pub node: usize,
    /// In which state.
    pub state: StateId,
    /// What was met.
    pub event: EventId,
    /// What is done.
    pub cell: &'a Cell,
    /// The message that is met, if it is one.
    pub message: Option<Message>,
    /// The member of the set that a spontaneous event is for.
    pub member: Option<u8>,
}

/// The protocol has no cell for what happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unexpected {
    /// Where.
    pub node: usize,
    /// In which state.
    pub state: StateId,
    /// The event, if the message was one of those that the controller knows.
    pub event: Option<EventId>,
    /// The kind of the message that was met, if it was one.
    pub kind: Option<u8>,
}

impl Controllers {
    /// The controllers of `cores` cores; none if these are too many.
    #[must_use]
    pub fn new(network: Arc<Network>, cores: usize) -> Option<Controllers> {
        let of_node: Vec<u8> = network.nodes(cores).map(|index| index as u8).collect();
        let first = (0..network.controllers.len()).map(|controller| {
            of_node
                .iter()
                .position(|&of| usize::from(of) == controller)
                .unwrap_or(0) as u8
        });
        let first = first.collect();
        (of_node.len() <= MAX_NODES).then_some(Controllers {
            network,
            cores,
            of_node,
            first,
        })
    }

    /// The protocol.
    #[must_use]
    pub fn network(&self) -> &Arc<Network> {
        &self.network
    }

    /// How many cores there are.
    #[must_use]
    pub fn cores(&self) -> usize {
        self.cores
    }

    /// How many nodes there are.
    #[must_use]
    pub fn nodes(&self) -> usize {
        self.of_node.len()
    }

    /// The index of a node's controller.
    #[must_use]
    pub fn controller(&self, node: usize) -> usize {
        usize::from(self.of_node[node])
    }

    /// The first node of a controller.
    #[must_use]
    pub fn first(&self, controller: usize) -> usize {
        usize::from(self.first[controller])
    }

    /// The core at which a node stands, if it stands at one.
    #[must_use]
    pub fn core(&self, node: usize) -> Option<usize> {
        let controller = self.controller(node);
        let at_core = self.network.controllers[controller].place == Place::Core;
        at_core.then(|| node - self.first(controller))
    }

    /// The node at memory.
    #[must_use]
    pub fn memory(&self) -> usize {
        let places = self
            .network
            .controllers
            .iter()
            .map(|controller| controller.place);
        let index = places.clone().position(|place| place == Place::Memory);
        self.first(index.expect("a protocol has a controller at memory"))
    }

    /// A node as people call it: the controller's name, and the core's number at a core.
    #[must_use]
    pub fn name(&self, node: usize) -> String {
        let name = &self.network.controllers[self.controller(node)].name;
        match self.core(node) {
            Some(core) => format!("{name} {core}"),
            None => name.clone(),
        }
    }

    /// What a core's event does at a node; none if the protocol gives it no cell.
    pub fn ask<L: Line>(&self, line: &L, node: usize, event: CoreEvent) -> Option<Met<'_>> {
        let controller = &self.network.controllers[self.controller(node)];
        let (state, event) = (line.state(node), event as EventId);
        let cell = controller.cell(state, event)?;
        Some(Met {
            node,
            state,
            event,
            cell,
            message: None,
            member: None,
        })
    }

    /// What a message does at a node that it reaches; none if the node ignores its kind in
    /// every state.
    ///
    /// # Errors
    /// When there is no cell for it.
    pub fn receive<L: Line>(
        &self,
        line: &L,
        node: usize,
        message: Message,
    ) -> Result<Option<Met<'_>>, Unexpected> {
        let controller = &self.network.controllers[self.controller(node)];
        let state = line.state(node);
        let unexpected = |event| Unexpected {
            node,
            state,
            event,
            kind: Some(message.kind),
        };
        let events = controller.events_of(message.kind);
        if events.is_empty() {
            return if self.network.channel_of(message.kind).order == Order::Broadcast {
                Ok(None)
            } else {
                Err(unexpected(None))
            };
        }
        let scope = Scope {
            controllers: self,
            node,
            message: Some(message),
            member: None,
        };
        let holds = |event: &&EventId| scope.all(line, &controller.events[usize::from(**event)]);
        let event = *events.iter().find(holds).ok_or_else(|| unexpected(None))?;
        let cell = controller
            .cell(state, event)
            .ok_or_else(|| unexpected(Some(event)))?;
        Ok(Some(Met {
            node,
            state,
            event,
            cell,
            message: Some(message),
            member: None,
        }))
    }

    /// What a node may do of itself now.
    pub fn of_itself<'a, L: Line>(
        &'a self,
        line: &'a L,
        node: usize,
    ) -> impl Iterator<Item = Met<'a>> {
        let controller = &self.network.controllers[self.controller(node)];
        let state = line.state(node);
        let events = controller.spontaneous().iter();
        let possible =
            events.filter_map(move |&event| Some((event, controller.cell(state, event)?)));
        possible.flat_map(move |(event, cell)| {
            let definition = &controller.events[usize::from(event)];
            let set = match definition.trigger {
                Trigger::Itself(Some(set)) => Some(line.variable(node, set)),
                _ => None,
            };
            let members = (0..MAX_NODES as u8)
                .filter(move |&member| set.is_some_and(|set| set >> member & 1 == 1));
            let alone = set.is_none().then_some(None);
            members.map(Some).chain(alone).filter_map(move |member| {
                let scope = Scope {
                    controllers: self,
                    node,
                    message: None,
                    member,
                };
                let met = Met {
                    node,
                    state,
                    event,
                    cell,
                    message: None,
                    member,
                };
                scope.all(line, definition).then_some(met)
            })
        })
    }

    /// Whether the channels have room for what the cell sends.
    pub fn has_room<L: Line>(&self, line: &L, met: &Met<'_>) -> bool {
        if !met.cell.sends {
            return true;
        }
        let scope = self.scope(met);
        met.cell.actions.iter().all(|action| {
            let Action::Send { kind, to, .. } = action else {
                return true;
            };
            let channel = self.network.kinds[usize::from(*kind)].channel;
            if self.network.channels[usize::from(channel)]
                .capacity
                .is_none()
            {
                return true;
            }
            members(scope.set(line, to)).all(|to| line.has_room(channel, met.node, to))
        })
    }

    /// Executes the cell, which does not stall.
    pub fn execute<L: Line>(&self, line: &mut L, met: &Met<'_>) {
        let (node, scope) = (met.node, self.scope(met));
        for action in &met.cell.actions {
            match action {
                Action::Send {
                    kind,
                    to,
                    acks,
                    requester,
                } => {
                    let acks = acks.as_ref().map_or(0, |acks| scope.count(line, acks));
                    let requester = match (requester, met.message) {
                        (Some(expr), _) => scope.node(line, *expr).unwrap_or(node),
                        (None, Some(message)) => usize::from(message.requester),
                        (None, None) => node,
                    };
                    for to in members(scope.set(line, to)) {
                        line.send(Message {
                            kind: *kind,
                            from: node as u8,
                            to: to as u8,
                            requester: requester as u8,
                            acks: acks as i16,
                        });
                    }
                }
                Action::TakeLine => line.take_line(node),
                Action::Load => line.load(node),
                Action::Store => line.store(node),
                Action::Stall => panic!("a stalled event is not executed"),
                Action::Raise(channel) => line.raise(*channel),
                Action::SetCount(variable, count) => {
                    let count = scope.count(line, count);
                    line.set_variable(node, *variable, count as u64);
                }
                Action::SetNode(variable, expr) => {
                    let value = scope.node(line, *expr).map_or(0, |node| node as u64 + 1);
                    line.set_variable(node, *variable, value);
                }
                Action::SetSet(variable, set) => {
                    let set = scope.set(line, set);
                    line.set_variable(node, *variable, set);
                }
            }
        }
        line.set_state(node, met.cell.next);
        for &variable in &met.cell.clears {
            line.set_variable(node, variable, 0);
        }
        if met.cell.clears_line {
            line.clear_line(node);
        }
    }

    fn scope<'a>(&'a self, met: &Met<'_>) -> Scope<'a> {
        Scope {
            controllers: self,
            node: met.node,
            message: met.message,
            member: met.member,
        }
    }
}

impl Unexpected {
    /// The state's and the event's name, as in the protocol's file.
    #[must_use]
    pub fn cell<'a>(&self, controllers: &'a Controllers) -> (&'a str, &'a str) {
        let controller = &controllers.network.controllers[controllers.controller(self.node)];
        let event = match (self.event, self.kind) {
            (Some(event), _) => &controller.events[usize::from(event)].name,
            (None, Some(kind)) => &controllers.network.kinds[usize::from(kind)].name,
            (None, None) => "an event",
        };
        (&controller.states[usize::from(self.state)], event)
    }

    /// What happened, in a sentence without a full stop.
    #[must_use]
    pub fn describe<'a>(&self, controllers: &'a Controllers) -> impl fmt::Display + use<'a> {
        let (state, event) = self.cell(controllers);
        let (node, controller) = (
            controllers.name(self.node),
            controllers.controller(self.node),
        );
        let controller = &controllers.network.controllers[controller].name;
        std::fmt::from_fn(move |f| {
            write!(
                f,
                "{node} has the line in {state} and meets {event}: the protocol has no cell ({state}, {event}) for {controller}"
            )
        })
    }
}

/// What expressions are about.
#[derive(Clone, Copy)]
struct Scope<'a> {
    controllers: &'a Controllers,
    node: usize,
    message: Option<Message>,
    member: Option<u8>,
}

impl Scope<'_> {
    fn all<L: Line>(&self, line: &L, event: &TriggeredEvent) -> bool {
        event
            .when
            .iter()
            .all(|condition| self.holds(line, condition))
    }

    fn holds<L: Line>(&self, line: &L, condition: &Condition) -> bool {
        match condition {
            Condition::Counts(left, comparison, right) => {
                let (left, right) = (self.count(line, left), self.count(line, right));
                match comparison {
                    Comparison::Equal => left == right,
                    Comparison::Unequal => left != right,
                    Comparison::Less => left < right,
                    Comparison::Greater => left > right,
                }
            }
            Condition::Nodes(left, same, right) => {
                (self.node(line, *left) == self.node(line, *right)) == *same
            }
            Condition::Sets(left, same, right) => {
                (self.set(line, left) == self.set(line, right)) == *same
            }
            Condition::Member(node, within, set) => {
                let node = self.node(line, *node);
                let set = self.set(line, set);
                node.is_some_and(|node| set >> node & 1 == 1) == *within
            }
            Condition::Instance(node, is, controller) => {
                let node = self.node(line, *node);
                let of = node.map(|node| self.controllers.of_node[node]);
                (of == Some(*controller)) == *is
            }
            Condition::Wire(channel, high) => line.wire(*channel) == *high,
        }
    }

    fn node<L: Line>(&self, line: &L, expr: NodeExpr) -> Option<usize> {
        match expr {
            NodeExpr::Me => Some(self.node),
            NodeExpr::Sender => self.message.map(|message| usize::from(message.from)),
            NodeExpr::Requester => self.message.map(|message| usize::from(message.requester)),
            NodeExpr::Member => self.member.map(usize::from),
            NodeExpr::Nobody => None,
            NodeExpr::Var(variable) => (line.variable(self.node, variable) as usize).checked_sub(1),
            NodeExpr::Single(controller) => {
                Some(usize::from(self.controllers.first[usize::from(controller)]))
            }
        }
    }

    fn set<L: Line>(&self, line: &L, expr: &SetExpr) -> u64 {
        let mut set = 0;
        for &(add, term) in &expr.0 {
            let term = match term {
                SetTerm::Var(variable) => line.variable(self.node, variable),
                SetTerm::Node(node) => self.node(line, node).map_or(0, |node| 1 << node),
                SetTerm::Empty => 0,
                SetTerm::All(controller) => {
                    let of = self.controllers.of_node.iter().enumerate();
                    of.filter(|&(_, &of)| of == controller)
                        .fold(0, |set, (node, _)| set | 1 << node)
                }
            };
            set = if add { set | term } else { set & !term };
        }
        set
    }

    fn count<L: Line>(&self, line: &L, expr: &CountExpr) -> i64 {
        let mut count = 0_i64;
        for (add, term) in &expr.0 {
            let term = match term {
                CountTerm::Number(number) => i64::from(*number),
                CountTerm::Var(variable) => line.variable(self.node, *variable) as i64,
                CountTerm::Message => self.message.map_or(0, |message| i64::from(message.acks)),
                CountTerm::Size(set) => i64::from(self.set(line, set).count_ones()),
            };
            // No proof lets a count grow so far; what a bad protocol does is at least defined.
            count = match add {
                true => count.wrapping_add(term),
                false => count.wrapping_sub(term),
            };
        }
        count
    }
}

/// The nodes of a set, from the lowest.
fn members(mut set: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let node = set.trailing_zeros() as usize;
        set &= set.wrapping_sub(1);
        (node < MAX_NODES).then_some(node)
    })
}
