//! What each cell of a controller must be, and which cells there must be. What happens when
//! controllers meet is found by running or proving the protocol.

use super::expression::{Action, Condition, CountExpr, CountTerm, NodeExpr, SetExpr, SetTerm};
use super::load::Marks;
use super::schema::RawController;
use super::table::{Cell, Controller, CoreEvent, Network, Order, Place, Trigger};
use crate::toml_file::{Problems, shown};

/// Checks all controllers.
pub(super) fn all(
    network: &Network,
    raw: &[RawController<'_>],
    marks: &[Marks],
    problems: &mut Problems<'_>,
) {
    for ((controller, raw), marks) in network.controllers.iter().zip(raw).zip(marks) {
        if controller.place == Place::Core {
            core_events(controller, raw, problems);
        }
        for (index, nth) in marks.iter().enumerate() {
            let Some(nth) = *nth else { continue };
            // One raw cell may stand in many places; what is wrong with it is said once.
            if marks[..index].contains(&Some(nth)) && problems.count() > 0 {
                continue;
            }
            let width = controller.events.len();
            let event = &controller.events[index % width];
            let cell = controller.cell((index / width) as u8, (index % width) as u16);
            let cell = cell.expect("a marked place has a cell");
            if let Some((message, label)) = wrong(network, controller, event.trigger, cell) {
                let raw = &raw.cells[nth];
                let place = raw
                    .actions
                    .first()
                    .map_or(raw.place.clone(), |word| word.place.clone());
                problems.at(place, message).label(label);
            }
        }
        for (event, raw) in controller
            .events
            .iter()
            .filter(|event| defined(raw, &event.name))
            .zip(&raw.events)
        {
            let in_message = matches!(event.trigger, Trigger::Message(_));
            let outside = event.when.iter().any(of_message);
            if outside && !in_message {
                problems
                    .at(raw.name.place.clone(), "no message is met here")
                    .label("`sender`, `requester` and `acks` are those of a message");
            }
        }
    }
}

fn defined(raw: &RawController<'_>, name: &str) -> bool {
    raw.events.iter().any(|event| event.name.text == name)
}

/// A core may ask for anything at any time.
fn core_events(controller: &Controller, raw: &RawController<'_>, problems: &mut Problems<'_>) {
    let is_front = controller
        .events
        .iter()
        .enumerate()
        .any(|(event, definition)| {
            matches!(
                definition.trigger,
                Trigger::Core(CoreEvent::Load | CoreEvent::Store)
            ) && (0..controller.states.len())
                .any(|state| controller.cell(state as u8, event as u16).is_some())
        });
    if !is_front {
        return;
    }
    for (state, (name, _)) in raw.states.iter().enumerate() {
        let missing: Vec<&str> = [CoreEvent::Load, CoreEvent::Store]
            .into_iter()
            .filter(|&event| controller.cell(state as u8, event as u16).is_none())
            .map(CoreEvent::name)
            .collect();
        if !missing.is_empty() {
            let message = format!(
                "the state `{}` has no cell for {}",
                shown(name.text),
                missing.join(", ")
            );
            problems
                .at(name.place.clone(), message)
                .label("expected a cell for Load and Store; `stall` if the core must wait");
        }
    }
}

/// What is wrong with a cell, and what was expected.
fn wrong(
    network: &Network,
    controller: &Controller,
    trigger: Trigger,
    cell: &Cell,
) -> Option<(&'static str, &'static str)> {
    let in_message = matches!(trigger, Trigger::Message(_));
    let member = matches!(trigger, Trigger::Itself(Some(_)));
    let takes = cell.actions.contains(&Action::TakeLine);
    let carries_line = match trigger {
        Trigger::Message(kind) => network.kinds[usize::from(kind)].line,
        Trigger::Core(_) | Trigger::Itself(_) => false,
    };
    let carries_acks = match trigger {
        Trigger::Message(kind) => network.kinds[usize::from(kind)].acks,
        Trigger::Core(_) | Trigger::Itself(_) => false,
    };
    let mut seen = Seen::default();
    cell.actions.iter().for_each(|action| seen.action(action));
    if takes && !carries_line {
        return Some((
            "the message carries no line",
            "expected `carries = [\"line\"]` at the message",
        ));
    }
    if (seen.sender || seen.requester) && !in_message {
        return Some(("no message is met here", "expected `self` or a variable"));
    }
    if seen.acks && !carries_acks {
        return Some((
            "the message carries no count",
            "expected `carries = [\"acks\"]` at the message",
        ));
    }
    if seen.member && !member {
        return Some((
            "`member` stands only in an event for each member of a set",
            "expected another node",
        ));
    }
    if (cell.loads || cell.stores) && controller.place != Place::Core {
        return Some((
            "only a controller at a core performs its accesses",
            "expected no `load` and no `store`",
        ));
    }
    if trigger == Trigger::Core(CoreEvent::Load) && cell.stores {
        return Some((
            "a load does not store",
            "expected `load`, `stall`, or a message",
        ));
    }
    if trigger == Trigger::Core(CoreEvent::Store) && cell.loads {
        return Some((
            "a store does not load",
            "expected `store`, `stall`, or a message",
        ));
    }
    let raises = cell
        .actions
        .iter()
        .any(|action| matches!(action, Action::Raise(_)));
    let broadcast = match trigger {
        Trigger::Message(kind) => {
            let channel = network.kinds[usize::from(kind)].channel;
            network.channels[usize::from(channel)].order == Order::Broadcast
        }
        Trigger::Core(_) | Trigger::Itself(_) => false,
    };
    if raises && !broadcast {
        return Some((
            "a wire is raised only during a broadcast",
            "expected the event of a broadcast message",
        ));
    }
    if cell.stalls && broadcast {
        return Some((
            "a broadcast cannot be stalled",
            "all controllers meet it at once",
        ));
    }
    None
}

fn of_message(condition: &Condition) -> bool {
    let mut seen = Seen::default();
    match condition {
        Condition::Counts(left, _, right) => {
            seen.count(left);
            seen.count(right);
        }
        Condition::Nodes(left, _, right) => {
            seen.node(*left);
            seen.node(*right);
        }
        Condition::Sets(left, _, right) => {
            seen.set(left);
            seen.set(right);
        }
        Condition::Member(node, _, set) => {
            seen.node(*node);
            seen.set(set);
        }
        Condition::Instance(node, ..) => seen.node(*node),
        Condition::Wire(..) => {}
    }
    seen.sender || seen.requester || seen.acks
}

/// What of a message, or of a set's member, expressions name.
#[derive(Default)]
struct Seen {
    sender: bool,
    requester: bool,
    member: bool,
    acks: bool,
}

impl Seen {
    fn action(&mut self, action: &Action) {
        match action {
            Action::Send {
                to,
                acks,
                requester,
                ..
            } => {
                self.set(to);
                acks.iter().for_each(|acks| self.count(acks));
                requester.iter().for_each(|node| self.node(*node));
            }
            Action::SetCount(_, count) => self.count(count),
            Action::SetNode(_, node) => self.node(*node),
            Action::SetSet(_, set) => self.set(set),
            Action::TakeLine | Action::Load | Action::Store | Action::Stall | Action::Raise(_) => {}
        }
    }

    fn count(&mut self, count: &CountExpr) {
        for (_, term) in &count.0 {
            match term {
                CountTerm::Message => self.acks = true,
                CountTerm::Size(set) => self.set(set),
                CountTerm::Number(_) | CountTerm::Var(_) => {}
            }
        }
    }

    fn set(&mut self, set: &SetExpr) {
        for (_, term) in &set.0 {
            if let SetTerm::Node(node) = term {
                self.node(*node);
            }
        }
    }

    fn node(&mut self, node: NodeExpr) {
        match node {
            NodeExpr::Sender => self.sender = true,
            NodeExpr::Requester => self.requester = true,
            NodeExpr::Member => self.member = true,
            _ => {}
        }
    }
}
