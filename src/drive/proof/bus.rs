//! The steps of caches on an atomic bus: what a core asks is done at once, with all snoops.

use std::sync::Arc;

use super::layout::{Layout, LineFields, NodeShape};
use super::raw::Raw;
use super::space::{Coverage, Rights, Size, Step};
use super::violation::Violation;
use crate::coherence::{self, Copies, Happened, Impossible, Place};
use crate::protocol::network::CoreEvent;
use crate::protocol::{Event, State, Table};

/// All caches of a protocol, and memory behind them.
#[derive(Clone, Debug)]
pub(super) struct Bus {
    pub(super) table: Arc<Table>,
    caches: usize,
}

impl Bus {
    pub(super) fn new(table: Arc<Table>, size: Size) -> (Bus, Layout) {
        let states = table.states().count();
        let cache = |core| NodeShape {
            core: Some(core),
            states,
            holds_line: true,
            variables: Vec::new(),
        };
        let memory = NodeShape {
            core: None,
            states: 1,
            holds_line: true,
            variables: Vec::new(),
        };
        let nodes: Vec<NodeShape> = (0..size.cores).map(cache).chain([memory]).collect();
        let layout = Layout::of_nodes(&nodes, &[], &[], size.lines, size.values);
        (
            Bus {
                table,
                caches: size.cores,
            },
            layout,
        )
    }

    pub(super) fn controllers(&self) -> Vec<usize> {
        (0..=self.caches)
            .map(|node| usize::from(node == self.caches))
            .collect()
    }

    pub(super) fn is_memory(&self, node: usize) -> bool {
        node == self.caches
    }

    pub(super) fn initial(&self, node: usize) -> u8 {
        if node == self.caches {
            0
        } else {
            self.table.initial().0
        }
    }

    pub(super) fn rights(&self) -> Vec<Vec<Rights>> {
        let cache = self.table.states().map(|state| Rights {
            reads: self.table.may_load(state),
            writes: self.table.may_store(state),
            stable: true,
            line_lives: state != self.table.initial(),
        });
        let memory = Rights {
            reads: false,
            writes: false,
            stable: true,
            line_lives: true,
        };
        vec![cache.collect(), vec![memory]]
    }

    pub(super) fn coverage(&self) -> Coverage {
        let states = self.table.states().count();
        Coverage {
            cells: vec![vec![false; states * Event::ALL.len()], Vec::new()],
            states: vec![vec![false; states], vec![false]],
            occupancy: Vec::new(),
            doing: None,
        }
    }

    pub(super) fn name(&self, node: usize) -> String {
        if node == self.caches {
            "memory".to_owned()
        } else {
            format!("cache {node}")
        }
    }

    /// How many cells there are, and those that were never used.
    pub(super) fn used(&self, coverage: &Coverage) -> (usize, Vec<[String; 3]>) {
        let (mut count, mut unused) = (0, Vec::new());
        for state in self.table.states() {
            for event in Event::ALL {
                if self.table.cell(state, event).is_none() {
                    continue;
                }
                count += 1;
                let asked = matches!(event, Event::Load | Event::Store | Event::Evict);
                let used = if asked {
                    coverage.states[0][usize::from(state.0)]
                } else {
                    coverage.cells[0][usize::from(state.0) * Event::ALL.len() + event as usize]
                };
                if !used {
                    let words = ["cache", self.table.state_name(state), event.name()];
                    unused.push(words.map(str::to_owned));
                }
            }
        }
        (count, unused)
    }

    pub(super) fn steps<const W: usize>(
        &self,
        layout: &Layout,
        raw: &Raw<W>,
        coverage: &mut Coverage,
        each: &mut impl FnMut(Step, &Raw<W>, bool),
    ) -> Result<(), Violation> {
        for (line, fields) in layout.lines.iter().enumerate() {
            for node in 0..self.caches {
                for event in CoreEvent::ALL {
                    self.ask(layout, raw, (line, fields), node, event, coverage, each)?;
                }
            }
        }
        Ok(())
    }

    #[allow(clippy::too_many_arguments, reason = "one step has that many sides")]
    fn ask<const W: usize>(
        &self,
        layout: &Layout,
        raw: &Raw<W>,
        (line, fields): (usize, &LineFields),
        node: usize,
        asked: CoreEvent,
        coverage: &mut Coverage,
        each: &mut impl FnMut(Step, &Raw<W>, bool),
    ) -> Result<(), Violation> {
        let state = State(raw.get(fields.nodes[node].state));
        let event = match asked {
            CoreEvent::Load => Event::Load,
            CoreEvent::Store => Event::Store,
            CoreEvent::Evict if state == self.table.initial() => return Ok(()),
            CoreEvent::Evict => Event::Evict,
        };
        let is_hit =
            |cell: &crate::protocol::Cell| cell.transaction.is_none() && cell.next_alone == state;
        if asked == CoreEvent::Load && self.table.cell(state, event).is_some_and(is_hit) {
            return Ok(()); // that it reads the latest bytes is an invariant
        }
        let step = |value| Step::Core {
            line,
            node,
            event: asked,
            value,
        };
        coverage.doing = Some(step(0));
        let mut next = *raw;
        let mut view = View {
            raw: &mut next,
            fields,
            bus: self,
            coverage,
        };
        let done = match asked {
            CoreEvent::Evict => coherence::evict(&self.table, &mut view, node).map(|_| None),
            _ => coherence::transact(&self.table, &mut view, node, event).map(Some),
        };
        let served = done.map_err(|impossible| self.no_cell(&impossible))?;
        let value = fields.nodes[node].value;
        if asked != CoreEvent::Evict && next.get(value) != next.get(fields.latest) {
            return Err(Violation::DataValue { line, node });
        }
        if asked != CoreEvent::Store {
            each(step(0), &next, false);
            return Ok(());
        }
        let served = served.unwrap_or_default();
        for stored in 0..layout.values {
            let mut next = next;
            next.set(value, stored);
            next.set(fields.latest, stored);
            if served.write_through {
                next.set(fields.nodes[self.caches].value, stored);
            }
            if served.broadcast {
                for other in &fields.nodes[..self.caches] {
                    if State(next.get(other.state)) != self.table.initial() {
                        next.set(other.value, stored);
                    }
                }
            }
            each(step(stored), &next, false);
        }
        Ok(())
    }

    fn no_cell(&self, impossible: &Impossible) -> Violation {
        Violation::NoCell {
            node: impossible.cache,
            state: impossible.state_name.clone(),
            event: impossible.event.name().to_owned(),
        }
    }
}

/// One line of a state, as coherence reads and changes it.
struct View<'a, const W: usize> {
    raw: &'a mut Raw<W>,
    fields: &'a LineFields,
    bus: &'a Bus,
    coverage: &'a mut Coverage,
}

impl<const W: usize> Copies for View<'_, W> {
    fn caches(&self) -> usize {
        self.bus.caches
    }

    fn state(&self, cache: usize) -> State {
        State(self.raw.get(self.fields.nodes[cache].state))
    }

    fn set_state(&mut self, cache: usize, state: State) {
        self.raw.set(self.fields.nodes[cache].state, state.0);
        if state == self.bus.table.initial() {
            self.raw.set(self.fields.nodes[cache].value, 0);
        }
    }

    fn copy_line(&mut self, from: Place, to: Place) {
        let node = |place| match place {
            Place::Cache(cache) => cache,
            Place::Memory => self.bus.caches,
        };
        let value = self.raw.get(self.fields.nodes[node(from)].value);
        self.raw.set(self.fields.nodes[node(to)].value, value);
    }

    fn observe(&mut self, happened: &Happened) {
        if let &Happened::Snooped { event, from, .. } = happened {
            let cell = usize::from(from.0) * Event::ALL.len() + event as usize;
            self.coverage.cells[0][cell] = true;
        }
    }
}
