//! Where a machine keeps what controllers know of each line, and the messages between them.
//! What controllers do is [`crate::coherence::network`]; this is its memory, and no clock.

mod arrivals;
mod asks;
mod ports;
mod situation;
mod split;
mod view;

pub use arrivals::Act;
pub(super) use view::View;

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::access::Core;
use super::event::Supplier;
use crate::coherence::network::{Controllers, Message};
use crate::memory::{Contents, Line};
use crate::protocol::network::Order;

/// A node keeps no bytes of the line outside of caches and memory.
const NONE: u32 = u32::MAX;

/// A message on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InFlight {
    /// Its number; a later one's is greater.
    pub id: u64,
    /// The line that it is about.
    pub line: Line,
    /// What it says.
    pub message: Message,
    /// Where the bytes in it come from.
    pub supplier: Supplier,
    /// Where its bytes are, if it carries any.
    contents: Option<u32>,
}

/// The lines' control states at all controllers, and the messages in flight.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Network<C> {
    pub(super) controllers: Arc<Controllers>,
    /// Where each line's words begin.
    index: FxHashMap<Line, u32>,
    /// For each line the states of all nodes and then their variables. What a core's front
    /// controller has of a line is in its cache, its state too.
    words: Vec<u64>,
    /// For each node where its variables begin.
    variables: Vec<u32>,
    /// How many words a line has.
    stride: usize,
    /// For each line and node where the bytes are that are neither in a cache nor in memory.
    apart: Vec<u32>,
    pub(super) contents: C,
    free: Vec<u32>,
    /// In the order in which they were sent.
    in_flight: Vec<InFlight>,
    next_id: u64,
    /// For each channel, whether its last broadcast is not over.
    busy: Vec<bool>,
    /// The wires that are high.
    raised: Vec<(u8, Line)>,
    /// The locked operation across lines that is tried.
    split: Option<split::Split>,
    /// The line that was last asked to leave a cache.
    evicted: Option<Line>,
}

impl<C: Clone> Clone for Network<C> {
    fn clone(&self) -> Network<C> {
        Network {
            controllers: Arc::clone(&self.controllers),
            index: self.index.clone(),
            words: self.words.clone(),
            variables: self.variables.clone(),
            apart: self.apart.clone(),
            contents: self.contents.clone(),
            free: self.free.clone(),
            in_flight: self.in_flight.clone(),
            busy: self.busy.clone(),
            raised: self.raised.clone(),
            ..*self
        }
    }

    /// Uses what is allocated again.
    fn clone_from(&mut self, from: &Network<C>) {
        let Network {
            controllers,
            index,
            words,
            variables,
            stride,
            apart,
            contents,
            free,
            in_flight,
            next_id,
            busy,
            raised,
            split,
            evicted,
        } = from;
        if !Arc::ptr_eq(&self.controllers, controllers) {
            self.controllers.clone_from(controllers);
        }
        self.index.clone_from(index);
        self.words.clone_from(words);
        self.variables.clone_from(variables);
        self.apart.clone_from(apart);
        self.contents.clone_from(contents);
        self.free.clone_from(free);
        self.in_flight.clone_from(in_flight);
        self.busy.clone_from(busy);
        self.raised.clone_from(raised);
        (self.stride, self.next_id) = (*stride, *next_id);
        (self.split, self.evicted) = (*split, *evicted);
    }
}

impl<C: Contents> Network<C> {
    pub(super) fn new(controllers: Controllers, line_bytes: usize) -> Network<C> {
        let protocol = controllers.network();
        let mut stride = controllers.nodes();
        let variables = (0..controllers.nodes()).map(|node| {
            let first = stride as u32;
            stride += protocol.controllers[controllers.controller(node)]
                .variables
                .len();
            first
        });
        let variables = variables.collect();
        Network {
            index: FxHashMap::default(),
            words: Vec::new(),
            variables,
            stride,
            apart: Vec::new(),
            contents: C::new(line_bytes),
            free: Vec::new(),
            in_flight: Vec::new(),
            next_id: 0,
            busy: vec![false; protocol.channels.len()],
            raised: Vec::new(),
            split: None,
            evicted: None,
            controllers: Arc::new(controllers),
        }
    }

    /// The place of a line's record, made if need be.
    fn record(&mut self, line: Line) -> usize {
        let next = u32::try_from(self.index.len()).expect("less than 2^32 lines");
        let record = *self.index.entry(line).or_insert(next);
        if record == next {
            let nodes = self.controllers.nodes();
            let states = (0..nodes).map(|node| {
                let controller = self.controllers.controller(node);
                u64::from(self.controllers.network().controllers[controller].initial)
            });
            self.words.extend(states);
            self.words.resize((next as usize + 1) * self.stride, 0);
            self.apart.resize((next as usize + 1) * nodes, NONE);
        }
        record as usize
    }

    /// Room for the bytes of a line.
    fn take_contents(&mut self) -> u32 {
        match self.free.pop() {
            Some(index) => index,
            None => self.contents.push(),
        }
    }

    /// All messages in flight, in the order in which they were sent.
    pub(super) fn in_flight(&self) -> &[InFlight] {
        &self.in_flight
    }

    fn position(&self, id: u64) -> usize {
        let at = self
            .in_flight
            .binary_search_by_key(&id, |message| message.id);
        at.expect("the message is in flight")
    }

    fn order(&self, message: Message) -> (u8, Order) {
        let protocol = self.controllers.network();
        let channel = protocol.kinds[usize::from(message.kind)].channel;
        (channel, protocol.channel_of(message.kind).order)
    }

    /// Whether the order of its channel lets a message arrive now.
    fn in_order(&self, at: usize) -> bool {
        let message = self.in_flight[at].message;
        let (channel, order) = self.order(message);
        let same = |other: &InFlight| self.order(other.message).0 == channel;
        match order {
            Order::None => true,
            Order::Pairs => !self.in_flight[..at].iter().any(|other| {
                (other.message.from, other.message.to) == (message.from, message.to) && same(other)
            }),
            Order::Broadcast => {
                !self.busy[usize::from(channel)] && !self.in_flight[..at].iter().any(same)
            }
        }
    }

    /// The core at which a message has its beginning, if it has one.
    fn cause(&self, message: Message) -> Option<Core> {
        let core = self.controllers.core(usize::from(message.requester));
        core.map(|core| Core(core as u8))
    }
}
