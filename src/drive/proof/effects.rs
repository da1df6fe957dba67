//! What an event does at one node is a function of that node's fields, the line's latest value
//! and the message alone. So it is found out once, by coherence itself, and then remembered.

use rustc_hash::FxHashMap;

use super::layout::Layout;
use super::network::Network;
use super::raw::{Raw, kind_of};
use super::space::Coverage;
use super::view::{View, decode};
use super::violation::Violation;
use crate::coherence::network::Met;
use crate::protocol::network::{CoreEvent, EventId};

/// What is met at a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stimulus {
    /// The core asks, or its cache needs room.
    Core(CoreEvent),
    /// A message arrives.
    Message(u32),
    /// The node acts of itself.
    Itself,
}

/// All that the effects depend on: the node's fields, and the rest packed.
type Situation = (u64, u64);

fn situation<const W: usize>(
    layout: &Layout,
    raw: &Raw<W>,
    (line, node): (usize, usize),
    stimulus: Stimulus,
) -> Situation {
    let fields = &layout.lines[line];
    let wires = fields.wires.iter().filter(|wire| wire.bits > 0);
    let wires = wires.fold(0, |wires, &wire| wires << 1 | u64::from(raw.get(wire)));
    let (kind, what) = match stimulus {
        Stimulus::Core(event) => (0, event as u32),
        Stimulus::Message(code) => (1, code),
        Stimulus::Itself => (2, 0),
    };
    let place = (line as u64) << 4 | node as u64;
    let around = wires << 24 | u64::from(raw.get(fields.latest)) << 16 | place << 8 | kind;
    (
        raw.block(fields.nodes[node].all),
        around << 32 | u64::from(what),
    )
}

/// One thing that can follow.
#[derive(Clone, Debug)]
pub(super) struct Effect {
    /// The node's fields afterwards.
    pub(super) fields: u64,
    pub(super) latest: u8,
    /// The messages that it sends, in their order.
    pub(super) sends: Box<[u32]>,
    /// The event, and the member of a set that it is for, if the node acted of itself.
    pub(super) itself: Option<(EventId, Option<u8>)>,
    /// What the core stored, if it stored.
    pub(super) stored: u8,
}

/// What was found out so far: for each situation which of the effects follow.
#[derive(Clone, Debug, Default)]
pub(super) struct Memory {
    known: FxHashMap<Situation, (u32, u32)>,
    /// The last situation of each slot, in front of all that are known.
    recent: Vec<(Situation, (u32, u32))>,
    effects: Vec<Effect>,
}

/// So many bits number the slots.
const SLOT_BITS: u32 = 11;
/// No situation: more kinds of stimuli than there are.
const NOTHING: Situation = (u64::MAX, u64::MAX);

fn slot((fields, rest): Situation) -> usize {
    let spread = (fields ^ rest.rotate_left(24)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (spread >> (u64::BITS - SLOT_BITS)) as usize
}

impl Memory {
    /// The effects of a stimulus; none if it has to wait, or nothing is possible.
    pub(super) fn effects<const W: usize>(
        &mut self,
        network: &Network,
        layout: &Layout,
        raw: &Raw<W>,
        (line, node): (usize, usize),
        stimulus: Stimulus,
        coverage: &mut Coverage,
    ) -> Result<&[Effect], Violation> {
        let situation = situation(layout, raw, (line, node), stimulus);
        let slot = slot(situation);
        let (from, to) = match self.recent.get(slot) {
            Some(&(recent, range)) if recent == situation => range,
            _ => {
                let range = match self.known.get(&situation) {
                    Some(&range) => range,
                    None => {
                        let from = self.effects.len() as u32;
                        let effects = &mut self.effects;
                        network.find_out(layout, raw, (line, node), stimulus, coverage, effects)?;
                        let range = (from, self.effects.len() as u32);
                        self.known.insert(situation, range);
                        range
                    }
                };
                if self.recent.is_empty() {
                    self.recent = vec![(NOTHING, (0, 0)); 1 << SLOT_BITS];
                }
                self.recent[slot] = (situation, range);
                range
            }
        };
        Ok(&self.effects[from as usize..to as usize])
    }
}

impl Network {
    /// Asks coherence what follows.
    fn find_out<const W: usize>(
        &self,
        layout: &Layout,
        raw: &Raw<W>,
        (line, node): (usize, usize),
        stimulus: Stimulus,
        coverage: &mut Coverage,
        effects: &mut Vec<Effect>,
    ) -> Result<(), Violation> {
        let mut seen = *raw;
        let view = View::new(&mut seen, layout, line);
        let carried = match stimulus {
            Stimulus::Message(code) => kind_of(layout, code).value.get(code),
            _ => 0,
        };
        let mut all: Vec<Met<'_>> = Vec::new();
        match stimulus {
            Stimulus::Core(event) => all.extend(self.controllers.ask(&view, node, event)),
            Stimulus::Message(code) => {
                let (message, ..) = decode(layout, code);
                let met = self.controllers.receive(&view, node, message);
                all.extend(met.map_err(|unexpected| self.no_cell(&unexpected))?);
            }
            Stimulus::Itself => all.extend(self.controllers.of_itself(&view, node)),
        }
        for met in all {
            self.cover(coverage, &met);
            if met.cell.stalls {
                continue;
            }
            let itself = (stimulus == Stimulus::Itself).then_some((met.event, met.member));
            for stored in 0..if met.cell.stores { layout.values } else { 1 } {
                let mut next = Raw {
                    words: raw.words,
                    ..Raw::empty()
                };
                let mut view = View::new(&mut next, layout, line);
                (view.carried, view.stored) = (carried, stored);
                self.controllers.execute(&mut view, &met);
                self.sound(view.fault, line)?;
                effects.push(Effect {
                    fields: next.block(layout.lines[line].nodes[node].all),
                    latest: next.get(layout.lines[line].latest),
                    sends: next.messages().into(),
                    itself,
                    stored,
                });
            }
        }
        Ok(())
    }
}
