//! What a model of controllers stores, under which names. As in tearline's own proof, what no
//! receiver looks at is not stored.

use super::MurphiSize;
use super::names::Names;
use crate::protocol::network::{Action, Cell, Controller, Network, Order, Place};

/// What the model itself calls something: types, variables, parameters and fields.
const OWN: &str = "node maybe_node nobody data_value ack_count count_value latest x n v i j m k \
                   sender receiver requester acks line member from_node to_node stored state \
                   value kind at count progress quiet stray";

/// A protocol of so many cores, with identifiers for everything.
pub(super) struct Shape<'a> {
    pub(super) network: &'a Network,
    pub(super) size: MurphiSize,
    /// How many nodes there are.
    pub(super) nodes: usize,
    pub(super) controllers: Vec<ControllerShape<'a>>,
    pub(super) channels: Vec<ChannelShape>,
    pub(super) kinds: Vec<KindShape>,
}

/// A controller's names.
pub(super) struct ControllerShape<'a> {
    pub(super) controller: &'a Controller,
    /// The number of its first node.
    pub(super) first: usize,
    /// How many nodes it has.
    pub(super) count: usize,
    /// The variable that holds what its nodes store.
    pub(super) name: String,
    /// The type of its nodes' numbers, or the number of the only one.
    pub(super) node: String,
    /// The type of its states.
    pub(super) state: String,
    pub(super) states: Vec<String>,
    pub(super) variables: Vec<String>,
    /// It has a place for the line.
    pub(super) holds_line: bool,
    /// Whether a core may read in a state, and write; none if it never may.
    pub(super) rights: Option<[String; 2]>,
}

/// A channel's names.
pub(super) struct ChannelShape {
    pub(super) order: Order,
    pub(super) name: String,
    /// The type of its messages, and of their kinds.
    pub(super) message: String,
    pub(super) kind: String,
    /// The function that orders kinds.
    pub(super) rank: String,
    pub(super) busy: Option<String>,
    pub(super) wire: Option<String>,
    /// Its kinds of messages.
    pub(super) kinds: Vec<usize>,
    /// Which fields its messages have.
    pub(super) fields: Fields,
    /// The nodes that send, and that receive.
    pub(super) senders: Vec<usize>,
    pub(super) receivers: Vec<usize>,
    /// How many messages have a place.
    pub(super) most: usize,
    /// Names of procedures and functions.
    pub(super) after: String,
    pub(super) send: String,
    pub(super) remove: String,
    pub(super) goes: String,
    pub(super) room: String,
}

/// What a message says besides its kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Fields {
    pub(super) sender: bool,
    pub(super) receiver: bool,
    pub(super) requester: bool,
    pub(super) acks: bool,
    pub(super) line: bool,
}

/// A kind of message.
pub(super) struct KindShape {
    pub(super) name: String,
    /// What is stored of it.
    pub(super) fields: Fields,
    /// The nodes that send it and that know it.
    pub(super) senders: Vec<usize>,
    pub(super) receivers: Vec<usize>,
    /// For each controller the procedure for what the message does there, and the function that
    /// says whether it does now; none if the controller does not know it.
    pub(super) at: Vec<Option<Meets>>,
}

/// What a controller does with messages of one kind.
pub(super) struct Meets {
    pub(super) procedure: String,
    /// None if a message is always met.
    pub(super) goes: Option<String>,
    /// Some event performs a store.
    pub(super) stores: bool,
}

impl<'a> Shape<'a> {
    /// The shape, and the names that it uses.
    pub(super) fn new(network: &'a Network, size: MurphiSize) -> (Shape<'a>, Names) {
        let mut names = Names::new(OWN);
        let nodes = network.nodes(size.cores).count();
        let mut first = 0;
        let mut controllers = Vec::new();
        for controller in &network.controllers {
            let count = if controller.place == Place::Core {
                size.cores
            } else {
                1
            };
            controllers.push(controller_shape(controller, first, count, &mut names));
            first += count;
        }
        let mut shape = Shape {
            network,
            size,
            nodes,
            controllers,
            channels: Vec::new(),
            kinds: Vec::new(),
        };
        for kind in 0..network.kinds.len() {
            let kind = shape.kind(kind, &mut names);
            shape.kinds.push(kind);
        }
        for channel in 0..network.channels.len() {
            let channel = shape.channel(channel, &mut names);
            shape.channels.push(channel);
        }
        (shape, names)
    }

    /// The nodes of all controllers for which something holds.
    fn nodes_of(&self, holds: impl Fn(&Controller) -> bool) -> Vec<usize> {
        let those = self.controllers.iter().filter(|of| holds(of.controller));
        those.flat_map(|of| of.first..of.first + of.count).collect()
    }

    /// The controller of a node.
    pub(super) fn of_node(&self, node: usize) -> &ControllerShape<'a> {
        let of = self
            .controllers
            .iter()
            .rfind(|of| of.first <= node)
            .expect("the first controller has the first node");
        debug_assert!(
            node < of.first + of.count,
            "nodes are numbered without gaps"
        );
        of
    }

    fn kind(&self, kind: usize, names: &mut Names) -> KindShape {
        let of = &self.network.kinds[kind];
        let channel = &self.network.channels[usize::from(of.channel)];
        let senders = self.nodes_of(|controller| {
            cells(controller).any(|(_, _, cell)| {
                let sent = |action: &Action| matches!(action, Action::Send { kind: sent, .. } if usize::from(*sent) == kind);
                cell.actions.iter().any(sent)
            })
        });
        let receivers = self.nodes_of(|of| !of.events_of(kind as u8).is_empty());
        let name = names.add(&of.name);
        let at = self.controllers.iter().map(|at| {
            let events = at.controller.events_of(kind as u8);
            if events.is_empty() {
                return None;
            }
            let any = |does: &dyn Fn(&Cell) -> bool| {
                cells(at.controller).any(|(_, event, cell)| events.contains(&event) && does(cell))
            };
            let stores = any(&|cell| cell.stores);
            let waits = any(&|cell| cell.stalls || self.needs_room(cell));
            let broadcast = channel.order == Order::Broadcast;
            Some(Meets {
                procedure: names.add(&format!("{}_meets_{}", at.name, of.name)),
                goes: ((stores || waits) && !broadcast)
                    .then(|| names.add(&format!("{}_takes_{}", at.name, of.name))),
                stores,
            })
        });
        let at = at.collect();
        KindShape {
            fields: Fields {
                sender: (of.uses.sender && channel.order != Order::Pairs
                    || channel.order == Order::Broadcast
                    || channel.capacity.is_some() && channel.order == Order::None)
                    && senders.len() > 1,
                receiver: channel.order == Order::None && receivers.len() > 1,
                requester: of.uses.requester,
                acks: of.uses.acks,
                line: of.line && of.uses.line,
            },
            name,
            senders,
            receivers,
            at,
        }
    }

    fn channel(&self, index: usize, names: &mut Names) -> ChannelShape {
        let channel = &self.network.channels[index];
        let of_channel = |kind: &usize| usize::from(self.network.kinds[*kind].channel) == index;
        let kinds: Vec<usize> = (0..self.kinds.len()).filter(of_channel).collect();
        let mut fields = Fields::default();
        let (mut senders, mut receivers) = (Vec::new(), Vec::new());
        for kind in kinds.iter().map(|&kind| &self.kinds[kind]) {
            fields.sender |= kind.fields.sender;
            fields.receiver |= kind.fields.receiver;
            fields.requester |= kind.fields.requester;
            fields.acks |= kind.fields.acks;
            fields.line |= kind.fields.line;
            senders.extend(&kind.senders);
            receivers.extend(&kind.receivers);
        }
        for nodes in [&mut senders, &mut receivers] {
            nodes.sort_unstable();
            nodes.dedup();
        }
        let usual = match channel.order {
            Order::Pairs => 4,
            Order::None => 2 * self.nodes + 2,
            Order::Broadcast => 2 * self.nodes,
        };
        let wire = channel.wire.as_ref().map(|wire| names.add(wire));
        let mut name = |suffix: &str| names.add(&format!("{}{suffix}", channel.name));
        ChannelShape {
            order: channel.order,
            name: name(""),
            message: name("_message"),
            kind: name("_kind"),
            rank: name("_rank"),
            after: name("_after"),
            send: name("_send"),
            remove: name("_remove"),
            goes: name("_delivers"),
            room: name("_has_room"),
            busy: channel.until.map(|_| name("_busy")),
            wire,
            kinds,
            fields,
            senders,
            receivers,
            most: self.size.messages.unwrap_or(usual),
        }
    }

    /// Whether a cell sends where only so many messages have room.
    pub(super) fn needs_room(&self, cell: &Cell) -> bool {
        cell.actions.iter().any(|action| match action {
            Action::Send { kind, .. } => {
                let channel = self.network.kinds[usize::from(*kind)].channel;
                self.network.channels[usize::from(channel)]
                    .capacity
                    .is_some()
            }
            _ => false,
        })
    }
}

impl ControllerShape<'_> {
    /// There is one for each core.
    pub(super) fn is_many(&self) -> bool {
        self.controller.place == Place::Core
    }

    /// What the node `n` stores, or the only node.
    pub(super) fn stored(&self, n: &str) -> String {
        match self.is_many() {
            true => format!("{}[{n}]", self.name),
            false => self.name.clone(),
        }
    }

    /// The number of the node that meets an event.
    pub(super) fn me(&self) -> &str {
        if self.is_many() { "n" } else { &self.node }
    }

    /// A state as a person calls it.
    pub(super) fn state_name(&self, state: u8) -> String {
        super::text::plain(&self.controller.states[usize::from(state)])
    }

    /// An event as a person calls it.
    pub(super) fn event_name(&self, event: u16) -> String {
        super::text::plain(&self.controller.events[usize::from(event)].name)
    }
}

/// All cells of a controller.
pub(super) fn cells(controller: &Controller) -> impl Iterator<Item = (u8, u16, &Cell)> {
    (0..controller.states.len() as u8).flat_map(move |state| {
        (0..controller.events.len() as u16)
            .filter_map(move |event| Some((state, event, controller.cell(state, event)?)))
    })
}

fn controller_shape<'a>(
    controller: &'a Controller,
    first: usize,
    count: usize,
    names: &mut Names,
) -> ControllerShape<'a> {
    let name = names.add(&controller.name);
    let states = controller
        .states
        .iter()
        .map(|state| names.add(&format!("{}_{state}", controller.name)));
    let states = states.collect();
    let mut fields = Names::new("state value");
    let variables = controller
        .variables
        .iter()
        .map(|variable| fields.add(&variable.name));
    let takes_line = cells(controller).any(|(_, _, cell)| cell.actions.contains(&Action::TakeLine));
    let ever = (0..controller.states.len() as u8)
        .any(|state| controller.may_load(state) || controller.may_store(state));
    ControllerShape {
        controller,
        first,
        count,
        node: names.add(&format!("{}_node", controller.name)),
        state: names.add(&format!("{}_state", controller.name)),
        states,
        variables: variables.collect(),
        holds_line: controller.place != Place::Alone || takes_line,
        rights: ever.then(|| {
            ["reads", "writes"].map(|what| names.add(&format!("{}_{what}", controller.name)))
        }),
        name,
    }
}
