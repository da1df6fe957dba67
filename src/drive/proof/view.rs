//! One line of a packed state, as coherence reads and changes it.

use super::layout::{Layout, LineFields};
use super::raw::{Raw, kind_number, kind_of};
use crate::coherence::network::{Line, Message};
use crate::protocol::network::{Order, StateId};

/// Why a step cannot be represented: the protocol left what it may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// More messages in flight than any proof allows for.
    Messages,
    /// A count left the range from minus to plus the number of nodes.
    Count(usize),
    /// A message went to a node that does not know its kind, or a field of it has no place.
    Message(Message),
    /// A load, or a store to a part of the line, met bytes that are not the latest.
    Value(usize),
}

/// One line of a state.
pub(super) struct View<'a, const W: usize> {
    pub(super) raw: &'a mut Raw<W>,
    pub(super) layout: &'a Layout,
    pub(super) fields: &'a LineFields,
    pub(super) line: u8,
    /// What the message that is met carries.
    pub(super) carried: u8,
    /// What the core stores.
    pub(super) stored: u8,
    pub(super) fault: Option<Fault>,
}

impl<'a, const W: usize> View<'a, W> {
    pub(super) fn new(raw: &'a mut Raw<W>, layout: &'a Layout, line: usize) -> View<'a, W> {
        View {
            raw,
            layout,
            fields: &layout.lines[line],
            line: line as u8,
            carried: 0,
            stored: 0,
            fault: None,
        }
    }

    fn latest_at(&mut self, node: usize) {
        if self.raw.get(self.fields.nodes[node].value) != self.raw.get(self.fields.latest) {
            self.fault = self.fault.or(Some(Fault::Value(node)));
        }
    }
}

/// The code of a message; none if it cannot be said.
fn encode(layout: &Layout, message: Message, value: u8, line: u8) -> Option<u32> {
    let kind = &layout.codes[usize::from(message.kind)];
    let mut code = u32::from(message.kind) + 1;
    if kind.from.bits > 0 {
        code |= kind.from.put(message.from)?;
    }
    code |= if kind.order == Some(Order::Broadcast) {
        0
    } else {
        kind.to.put(message.to)?
    };
    if kind.requester.bits > 0 {
        code |= kind.requester.put(message.requester)?;
    }
    if kind.acks.bits > 0 {
        code |= kind.acks.put(u8::try_from(message.acks).ok()?)?;
    }
    if kind.carries_line {
        code |= kind.value.put(value)?;
    }
    Some(code | kind.line.put(line)?)
}

/// The message that a code says, the line's value, and the line.
pub(super) fn decode(layout: &Layout, code: u32) -> (Message, u8, usize) {
    let kind = kind_of(layout, code);
    let from = kind.from.get(code);
    let broadcast = kind.order == Some(Order::Broadcast);
    let message = Message {
        kind: kind_number(layout, code),
        from,
        to: if broadcast { from } else { kind.to.get(code) },
        requester: kind.requester.get(code),
        acks: i16::from(kind.acks.get(code)),
    };
    (
        message,
        kind.value.get(code),
        usize::from(kind.line.get(code)),
    )
}

impl<const W: usize> Line for View<'_, W> {
    #[inline]
    fn state(&self, node: usize) -> StateId {
        self.raw.get(self.fields.nodes[node].state)
    }

    #[inline]
    fn set_state(&mut self, node: usize, state: StateId) {
        self.raw.set(self.fields.nodes[node].state, state);
    }

    #[inline]
    fn variable(&self, node: usize, variable: u8) -> u64 {
        let field = self.fields.nodes[node].variables[usize::from(variable)];
        let value = i64::from(self.raw.get(field)) - i64::from(field.bias);
        value as u64
    }

    fn set_variable(&mut self, node: usize, variable: u8, value: u64) {
        let field = self.fields.nodes[node].variables[usize::from(variable)];
        let stored = (value as i64).wrapping_add(i64::from(field.bias));
        if (0..=field.mask() as i64).contains(&stored) {
            self.raw.set(field, stored as u8);
        } else {
            self.fault = Some(Fault::Count(node));
        }
    }

    fn wire(&self, channel: u8) -> bool {
        self.raw.get(self.fields.wires[usize::from(channel)]) != 0
    }

    fn raise(&mut self, channel: u8) {
        self.raw.set(self.fields.wires[usize::from(channel)], 1);
    }

    fn has_room(&self, channel: u8, from: usize, to: usize) -> bool {
        let same = |&&code: &&u32| {
            let kind = kind_of(self.layout, code);
            kind.channel == channel
                && usize::from(kind.from.get(code)) == from
                // A broadcast goes to no one in particular.
                && (kind.order == Some(Order::Broadcast) || usize::from(kind.to.get(code)) == to)
        };
        let capacity = self
            .layout
            .codes
            .iter()
            .find(|code| code.channel == channel)
            .and_then(|code| code.capacity);
        capacity.is_none_or(|capacity| {
            self.raw.messages().iter().filter(same).count() < usize::from(capacity)
        })
    }

    fn send(&mut self, message: Message) {
        let value = self
            .raw
            .get(self.fields.nodes[usize::from(message.from)].value);
        match encode(self.layout, message, value, self.line) {
            None => self.fault = self.fault.or(Some(Fault::Message(message))),
            Some(code) if !self.raw.insert(self.layout, code) => {
                self.fault = self.fault.or(Some(Fault::Messages));
            }
            Some(_) => {}
        }
    }

    fn take_line(&mut self, node: usize) {
        self.raw.set(self.fields.nodes[node].value, self.carried);
    }

    fn clear_line(&mut self, node: usize) {
        self.raw.set(self.fields.nodes[node].value, 0);
    }

    fn load(&mut self, node: usize) {
        self.latest_at(node);
    }

    fn store(&mut self, node: usize) {
        self.latest_at(node);
        self.raw.set(self.fields.nodes[node].value, self.stored);
        self.raw.set(self.fields.latest, self.stored);
    }
}
