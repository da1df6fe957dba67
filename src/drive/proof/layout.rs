//! Where everything that can change stands in a packed state: a fixed part with a field for each
//! state, variable and value, and behind it the messages in flight, as many as there are.

use crate::coherence::network::Controllers;
use crate::protocol::network::{Action, Order, Place, Trigger, VarKind};

/// A field of the fixed part: some bits of one word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) word: u8,
    pub(super) shift: u8,
    pub(super) bits: u8,
    /// Added to what is stored: for counts that may be negative.
    pub(super) bias: u8,
}

impl Field {
    pub(super) fn mask(self) -> u64 {
        u64::MAX.checked_shr(64 - u32::from(self.bits)).unwrap_or(0)
    }
}

/// What a message of one kind says, and where: shift and bits in its code, which begins with
/// the kind's number + 1.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Code {
    pub(super) bits: u32,
    pub(super) channel: u8,
    pub(super) order: Option<Order>,
    pub(super) to: Part,
    pub(super) from: Part,
    pub(super) requester: Part,
    pub(super) acks: Part,
    pub(super) value: Part,
    pub(super) line: Part,
    pub(super) carries_line: bool,
    pub(super) capacity: Option<u8>,
}

/// Some bits of a message's code; with none of them the value is always the same.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Part {
    pub(super) shift: u8,
    pub(super) bits: u8,
    pub(super) always: u8,
}

impl Part {
    pub(super) fn get(self, code: u32) -> u8 {
        if self.bits == 0 {
            self.always
        } else {
            (code >> self.shift & ((1 << self.bits) - 1)) as u8
        }
    }

    /// The bits that say `value`; none if it cannot be said.
    pub(super) fn put(self, value: u8) -> Option<u32> {
        if self.bits == 0 {
            return (value == self.always).then_some(0);
        }
        (u32::from(value) >> self.bits == 0).then_some(u32::from(value) << self.shift)
    }
}

/// The fields of one node for one line.
#[derive(Clone, Debug, Default)]
pub(super) struct NodeFields {
    /// All of them: at most 64 bits.
    pub(super) all: Field,
    pub(super) state: Field,
    pub(super) value: Field,
    pub(super) variables: Vec<Field>,
}

/// The fields of one line.
#[derive(Clone, Debug, Default)]
pub(super) struct LineFields {
    /// For each core all its fields; none of more than 64 bits can change places.
    pub(super) blocks: Vec<Field>,
    pub(super) nodes: Vec<NodeFields>,
    /// For each channel its wire, and whether a broadcast is in progress.
    pub(super) wires: Vec<Field>,
    pub(super) latest: Field,
}

/// Where everything stands.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    pub(super) lines: Vec<LineFields>,
    /// For each channel whether a broadcast is in progress.
    pub(super) busy: Vec<Field>,
    /// The bits of the fixed part; messages begin here.
    pub(super) fixed_bits: u32,
    pub(super) kind_bits: u32,
    pub(super) codes: Vec<Code>,
    /// The bits of each code: apart from the rest, which is looked at less often.
    pub(super) widths: Vec<u8>,
    pub(super) values: u8,
}

/// What a node has for each line.
#[derive(Clone, Debug)]
pub(super) struct NodeShape {
    /// The core that it stands at.
    pub(super) core: Option<usize>,
    pub(super) states: usize,
    /// It can hold the line.
    pub(super) holds_line: bool,
    pub(super) variables: Vec<VarKind>,
}

impl Layout {
    /// A layout for controllers that send messages; none if one does not fit its 32 bits.
    pub(super) fn of_network(
        controllers: &Controllers,
        lines: usize,
        values: u8,
    ) -> Option<Layout> {
        let network = controllers.network();
        let nodes = (0..controllers.nodes()).map(|node| {
            let controller = &network.controllers[controllers.controller(node)];
            NodeShape {
                core: controllers.core(node),
                states: controller.states.len(),
                holds_line: controller.place != Place::Alone || takes_line(controller),
                variables: controller
                    .variables
                    .iter()
                    .map(|variable| variable.kind)
                    .collect(),
            }
        });
        let nodes: Vec<NodeShape> = nodes.collect();
        let wires: Vec<bool> = network
            .channels
            .iter()
            .map(|channel| channel.wire.is_some())
            .collect();
        let busy: Vec<bool> = network
            .channels
            .iter()
            .map(|channel| channel.until.is_some())
            .collect();
        let mut layout = Layout::of_nodes(&nodes, &wires, &busy, lines, values);
        let core_nodes = network.at_core() * controllers.cores();
        layout.kind_bits = bits_for(network.kinds.len() + 1);
        let bits = [
            layout.kind_bits,
            bits_for(usize::from(values)),
            bits_for(lines),
        ];
        let codes = (0..network.kinds.len()).map(|kind| code(controllers, kind, bits, core_nodes));
        layout.codes = codes.collect();
        layout.widths = layout.codes.iter().map(|code| code.bits as u8).collect();
        layout
            .codes
            .iter()
            .all(|code| code.bits <= 32)
            .then_some(layout)
    }

    /// A layout for nodes that send no messages.
    pub(super) fn of_nodes(
        nodes: &[NodeShape],
        wires: &[bool],
        busy: &[bool],
        lines: usize,
        values: u8,
    ) -> Layout {
        let mut at = Cursor::default();
        let value_bits = bits_for(usize::from(values));
        let fields_of = |at: &mut Cursor, node: &NodeShape| {
            let lay = |at: &mut Cursor| {
                let state = at.field(bits_for(node.states), 0);
                let value = at.field(if node.holds_line { value_bits } else { 0 }, 0);
                let variables = node.variables.iter().map(|kind| match kind {
                    VarKind::Count => at.field(bits_for(2 * nodes.len() + 1), nodes.len() as u8),
                    VarKind::Node => at.field(bits_for(nodes.len() + 1), 0),
                    VarKind::Set => at.field(nodes.len() as u32, 0),
                });
                (state, value, variables.collect())
            };
            let mut trial = Cursor::default();
            let _: (Field, Field, Vec<Field>) = lay(&mut trial);
            at.keep_together(trial.bits);
            let all = Field {
                word: (at.bits / 64) as u8,
                shift: (at.bits % 64) as u8,
                bits: trial.bits.min(255) as u8,
                bias: 0,
            };
            let (state, value, variables) = lay(at);
            NodeFields {
                all,
                state,
                value,
                variables,
            }
        };
        let cores = nodes
            .iter()
            .filter_map(|node| node.core)
            .max()
            .map_or(0, |last| last + 1);
        let mut all = Vec::new();
        for _ in 0..lines {
            let mut line = LineFields {
                nodes: vec![NodeFields::default(); nodes.len()],
                ..LineFields::default()
            };
            // What stands at one core stands together in one word, so that cores can change
            // places.
            for core in 0..cores {
                let at_core = || {
                    nodes
                        .iter()
                        .enumerate()
                        .filter(|(_, node)| node.core == Some(core))
                };
                let mut trial = Cursor::default();
                at_core().for_each(|(_, node)| drop(fields_of(&mut trial, node)));
                at.keep_together(trial.bits);
                line.blocks.push(Field {
                    word: (at.bits / 64) as u8,
                    shift: (at.bits % 64) as u8,
                    // What does not fit a byte is too wide for anything.
                    bits: trial.bits.min(255) as u8,
                    bias: 0,
                });
                at_core().for_each(|(index, node)| line.nodes[index] = fields_of(&mut at, node));
            }
            let alone = nodes
                .iter()
                .enumerate()
                .filter(|(_, node)| node.core.is_none());
            alone.for_each(|(index, node)| line.nodes[index] = fields_of(&mut at, node));
            line.latest = at.field(value_bits, 0);
            line.wires = wires
                .iter()
                .map(|&wire| at.field(u32::from(wire), 0))
                .collect();
            all.push(line);
        }
        let busy = busy
            .iter()
            .map(|&busy| at.field(u32::from(busy), 0))
            .collect();
        Layout {
            lines: all,
            busy,
            fixed_bits: at.bits,
            kind_bits: 0,
            codes: Vec::new(),
            widths: Vec::new(),
            values,
        }
    }
}

fn takes_line(controller: &crate::protocol::network::Controller) -> bool {
    let cells = (0..controller.states.len()).flat_map(|state| {
        (0..controller.events.len())
            .filter_map(move |event| controller.cell(state as u8, event as u16))
    });
    cells
        .into_iter()
        .any(|cell| cell.actions.contains(&Action::TakeLine))
}

fn code(controllers: &Controllers, kind: usize, bits: [u32; 3], core_nodes: usize) -> Code {
    let [kind_bits, value_bits, line_bits] = bits;
    let network = controllers.network();
    let description = &network.kinds[kind];
    let channel = &network.channels[usize::from(description.channel)];
    let mut at = kind_bits;
    let mut part = |bits: u32, always: usize| {
        let part = Part {
            shift: at as u8,
            bits: bits as u8,
            always: always as u8,
        };
        at += bits;
        part
    };
    let receives = |index: usize| !network.controllers[index].events_of(kind as u8).is_empty();
    let sends = |index: usize| sends(network, index, kind);
    let mut node_part = |those: &dyn Fn(usize) -> bool| {
        let among: Vec<usize> = (0..controllers.nodes())
            .filter(|&node| those(controllers.controller(node)))
            .collect();
        match among[..] {
            [] => part(0, 0),
            [only] => part(0, only),
            [.., last] => part(bits_for(last + 1), 0),
        }
    };
    let broadcast = channel.order == Order::Broadcast;
    let from =
        if description.uses.sender || channel.order != Order::None || channel.capacity.is_some() {
            node_part(&sends)
        } else {
            Part::default()
        };
    let to = if broadcast {
        Part::default()
    } else {
        node_part(&receives)
    };
    let requester = match description.uses.requester {
        true if may_request(network) => part(bits_for(controllers.nodes()), 0),
        true => part(bits_for(core_nodes), 0),
        false => Part::default(),
    };
    let acks = if description.uses.acks {
        part(bits_for(controllers.nodes() + 1), 0)
    } else {
        Part::default()
    };
    let carries_line = description.line && description.uses.line;
    let value = if carries_line {
        part(value_bits, 0)
    } else {
        Part::default()
    };
    let line = part(line_bits, 0);
    Code {
        bits: at,
        channel: description.channel,
        order: Some(channel.order),
        to,
        from,
        requester,
        acks,
        value,
        line,
        carries_line,
        capacity: channel.capacity,
    }
}

/// Whether a controller sends messages of a kind.
fn sends(network: &crate::protocol::network::Network, index: usize, kind: usize) -> bool {
    let controller = &network.controllers[index];
    (0..controller.states.len()).any(|state| {
        (0..controller.events.len()).any(|event| {
            let cell = controller.cell(state as u8, event as u16);
            let of_kind = |action: &Action| matches!(action, Action::Send { kind: sent, .. } if usize::from(*sent) == kind);
            cell.is_some_and(|cell| cell.actions.iter().any(of_kind))
        })
    })
}

/// Whether the requester of a message can be another node than those at cores: one that sends
/// of itself, or names itself.
fn may_request(network: &crate::protocol::network::Network) -> bool {
    use crate::protocol::network::NodeExpr;
    network
        .controllers
        .iter()
        .filter(|controller| controller.place != Place::Core)
        .any(|controller| {
            (0..controller.states.len()).any(|state| {
                controller
                    .events
                    .iter()
                    .enumerate()
                    .any(|(event, definition)| {
                        let itself = matches!(definition.trigger, Trigger::Itself(_));
                        let Some(cell) = controller.cell(state as u8, event as u16) else {
                            return false;
                        };
                        cell.actions.iter().any(|action| match action {
                            Action::Send {
                                requester: None, ..
                            } => itself,
                            Action::Send {
                                requester: Some(expr),
                                ..
                            } => !matches!(
                                expr,
                                NodeExpr::Requester | NodeExpr::Var(_) | NodeExpr::Member
                            ),
                            _ => false,
                        })
                    })
            })
        })
}

/// How many bits tell `count` values apart.
pub(super) fn bits_for(count: usize) -> u32 {
    usize::BITS - count.saturating_sub(1).leading_zeros()
}

/// Hands out bits, none of which cross a word.
#[derive(Default)]
struct Cursor {
    bits: u32,
}

impl Cursor {
    /// What comes next, so many bits, does not cross a word if it fits one.
    fn keep_together(&mut self, bits: u32) {
        if bits <= 64 && bits > 0 && self.bits / 64 != (self.bits + bits - 1) / 64 {
            self.bits = self.bits.next_multiple_of(64);
        }
    }

    fn field(&mut self, bits: u32, bias: u8) -> Field {
        self.keep_together(bits);
        let field = Field {
            word: (self.bits / 64) as u8,
            shift: (self.bits % 64) as u8,
            bits: bits as u8,
            bias,
        };
        self.bits += bits;
        field
    }
}
