//! What no later step can read: variables and lines are cleared where they are dead, so that
//! states that behave alike are equal, and messages do not say what nobody looks at.
//!
//! The usual backward analysis of live variables (Aho, Lam, Sethi and Ullman, Compilers, 2nd
//! edition (2006), section 9.2.5), over the states of one controller.

use super::expression::{Action, Condition, CountExpr, CountTerm, NodeExpr, SetExpr, SetTerm};
use super::table::{Controller, Kind, Network, Trigger, Uses};

/// What is read of a controller's own: a bit for each variable, and one for the line.
type Live = u128;
const LINE: u32 = 127;

/// Marks cells that clear, and what receivers use of messages.
pub(super) fn mark(network: &mut Network) {
    mark_uses(network);
    let kinds = network.kinds.clone();
    for controller in &mut network.controllers {
        mark_clears(controller, &kinds);
    }
}

/// A message's requester is used if a receiver looks at it, or passes it on to one who does.
fn mark_uses(network: &mut Network) {
    loop {
        let before: Vec<Uses> = network.kinds.iter().map(|kind| kind.uses).collect();
        for controller in &network.controllers {
            for kind in 0..network.kinds.len() {
                let uses = uses(controller, kind, &network.kinds);
                let known = &mut network.kinds[kind].uses;
                known.sender |= uses.sender;
                known.requester |= uses.requester;
                known.acks |= uses.acks;
                known.line |= uses.line;
            }
        }
        if network.kinds.iter().map(|kind| kind.uses).eq(before) {
            return;
        }
    }
}

fn uses(controller: &Controller, kind: usize, kinds: &[Kind]) -> Uses {
    let mut seen = Seen::default();
    for &event in controller.events_of(kind as u8) {
        let states = 0..controller.states.len();
        let cells = states.filter_map(|state| controller.cell(state as u8, event));
        cells
            .flat_map(|cell| &cell.actions)
            .for_each(|action| seen.action(action, kinds));
        // It is asked whether it is this one even where it has no cell.
        let when = &controller.events[usize::from(event)].when;
        when.iter().for_each(|when| seen.condition(when));
    }
    Uses {
        sender: seen.sender,
        requester: seen.requester,
        acks: seen.acks,
        line: seen.takes_line,
    }
}

fn mark_clears(controller: &mut Controller, kinds: &[Kind]) {
    let states = controller.states.len();
    let mut live: Vec<Live> = vec![0; states];
    loop {
        let before = live.clone();
        for state in 0..states {
            for event in 0..controller.events.len() {
                let Some(cell) = controller.cell(state as u8, event as u16) else {
                    continue;
                };
                let definition = &controller.events[event];
                let mut needed = live[usize::from(cell.next)];
                for action in cell.actions.iter().rev() {
                    needed &= !writes(action);
                    needed |= reads(action, kinds);
                }
                let mut seen = Seen::default();
                definition.when.iter().for_each(|when| seen.condition(when));
                if let Trigger::Itself(Some(set)) = definition.trigger {
                    seen.variables |= 1 << set;
                }
                live[state] |= needed | seen.variables;
            }
            // Which of a message's events it is, is found out wherever one of them has a cell.
            for events in &controller.by_kind {
                if events
                    .iter()
                    .any(|&event| controller.cell(state as u8, event).is_some())
                {
                    let mut seen = Seen::default();
                    for &event in events {
                        let when = &controller.events[usize::from(event)].when;
                        when.iter().for_each(|when| seen.condition(when));
                    }
                    live[state] |= seen.variables;
                }
            }
        }
        if live == before {
            break;
        }
    }
    controller.line_lives = live.iter().map(|live| live >> LINE & 1 == 1).collect();
    let variables = controller.variables.len() as u8;
    for cell in controller.cells.iter_mut().flatten() {
        let dead = !live[usize::from(cell.next)];
        let is_dead = |bit: u32| dead >> bit & 1 == 1;
        cell.clears = (0..variables)
            .filter(|&variable| is_dead(u32::from(variable)))
            .collect();
        cell.clears_line = is_dead(LINE);
    }
}

fn writes(action: &Action) -> Live {
    match action {
        Action::SetCount(variable, _)
        | Action::SetNode(variable, _)
        | Action::SetSet(variable, _) => 1 << variable,
        Action::TakeLine => 1 << LINE,
        _ => 0,
    }
}

fn reads(action: &Action, kinds: &[Kind]) -> Live {
    let mut seen = Seen::default();
    seen.action(action, kinds);
    seen.variables | Live::from(seen.reads_line) << LINE
}

/// What expressions look at.
#[derive(Default)]
struct Seen {
    variables: Live,
    sender: bool,
    requester: bool,
    acks: bool,
    takes_line: bool,
    reads_line: bool,
}

impl Seen {
    fn action(&mut self, action: &Action, kinds: &[Kind]) {
        match action {
            Action::Send {
                kind,
                to,
                acks,
                requester,
            } => {
                let kind = &kinds[usize::from(*kind)];
                self.set(to);
                if let Some(acks) = acks
                    && kind.uses.acks
                {
                    self.count(acks);
                }
                if kind.uses.requester {
                    match requester {
                        Some(node) => self.node(*node),
                        None => self.requester = true,
                    }
                }
                self.reads_line |= kind.line && kind.uses.line;
            }
            Action::TakeLine => self.takes_line = true,
            // A store writes a part of the line: the rest must be there.
            Action::Load | Action::Store => self.reads_line = true,
            Action::Stall | Action::Raise(_) => {}
            Action::SetCount(_, count) => self.count(count),
            Action::SetNode(_, node) => self.node(*node),
            Action::SetSet(_, set) => self.set(set),
        }
    }

    fn condition(&mut self, condition: &Condition) {
        match condition {
            Condition::Counts(left, _, right) => {
                self.count(left);
                self.count(right);
            }
            Condition::Nodes(left, _, right) => {
                self.node(*left);
                self.node(*right);
            }
            Condition::Sets(left, _, right) => {
                self.set(left);
                self.set(right);
            }
            Condition::Member(node, _, set) => {
                self.node(*node);
                self.set(set);
            }
            Condition::Instance(node, ..) => self.node(*node),
            Condition::Wire(..) => {}
        }
    }

    fn count(&mut self, count: &CountExpr) {
        for (_, term) in &count.0 {
            match term {
                CountTerm::Number(_) => {}
                CountTerm::Var(variable) => self.variables |= 1 << variable,
                CountTerm::Message => self.acks = true,
                CountTerm::Size(set) => self.set(set),
            }
        }
    }

    fn set(&mut self, set: &SetExpr) {
        for (_, term) in &set.0 {
            match term {
                SetTerm::Var(variable) => self.variables |= 1 << variable,
                SetTerm::Node(node) => self.node(*node),
                SetTerm::Empty | SetTerm::All(_) => {}
            }
        }
    }

    fn node(&mut self, node: NodeExpr) {
        match node {
            NodeExpr::Sender => self.sender = true,
            NodeExpr::Requester => self.requester = true,
            NodeExpr::Var(variable) => self.variables |= 1 << variable,
            NodeExpr::Me | NodeExpr::Member | NodeExpr::Nobody | NodeExpr::Single(_) => {}
        }
    }
}
