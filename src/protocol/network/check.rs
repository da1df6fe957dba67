//! What each cell of a controller must be, and which cells there must be. What happens when
//! controllers meet is found by running or proving the protocol.

use super::expression::{Action, Condition, CountExpr, CountTerm, NodeExpr, SetExpr, SetTerm};
use super::load::Marks;
use super::schema::{RawController, RawMessage, RawState};
use super::table::{Cell, Controller, CoreEvent, Network, Order, Place, Trigger};
use crate::toml_file::{Problems, shown};

/// Checks all controllers.
pub(super) fn all(
    network: &Network,
    (kinds, raw): (&[RawMessage<'_>], &[RawController<'_>]),
    marks: &[Marks],
    problems: &mut Problems<'_>,
) {
    messages(network, kinds, problems);
    let all = network.controllers.iter().zip(raw).zip(marks);
    for (index, ((controller, raw), marks)) in all.enumerate() {
        if controller.place == Place::Core {
            core_events(controller, raw, index == 0, problems);
        }
        reached(controller, raw, problems);
        hidden(network, controller, raw, problems);
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
            let raw = &raw.cells[nth];
            let stays = usize::from(cell.next) == index / width;
            if let Some((message, label)) = wrong(network, event.trigger, cell, stays) {
                let place = raw.actions.first();
                let place = place.map_or(raw.place.clone(), |word| word.place.clone());
                problems.at(place, message).label(label);
                continue;
            }
            for (action, word) in cell.actions.iter().zip(&raw.actions) {
                if let Some((message, label)) =
                    wrong_action(network, controller, event.trigger, action)
                {
                    problems.at(word.place.clone(), message).label(label);
                    break;
                }
            }
        }
        for (event, raw) in controller
            .events
            .iter()
            .filter(|event| defined(raw, &event.name))
            .zip(&raw.events)
        {
            for (condition, word) in event.when.iter().zip(&raw.when) {
                if let Some((message, label)) = wrong_condition(network, event.trigger, condition) {
                    problems.at(word.place.clone(), message).label(label);
                }
            }
        }
    }
}

fn defined(raw: &RawController<'_>, name: &str) -> bool {
    raw.events.iter().any(|event| event.name.text == name)
}

/// A core may ask for anything at any time: of its first controller, and of any other that
/// answers at all.
fn core_events(
    controller: &Controller,
    raw: &RawController<'_>,
    first: bool,
    problems: &mut Problems<'_>,
) {
    let asked = [CoreEvent::Load, CoreEvent::Store];
    let has = |state: usize, event: CoreEvent| controller.cell(state as u8, event as u16).is_some();
    let answers = (0..raw.states.len()).any(|state| asked.iter().any(|&event| has(state, event)));
    if !answers && first {
        problems
            .at(
                raw.name.place.clone(),
                format!("`{}` answers no core", shown(raw.name.text)),
            )
            .label("the first controller at a core has cells for Load and Store");
    }
    if !answers {
        return;
    }
    for (state, RawState { name, .. }) in raw.states.iter().enumerate() {
        let missing = asked.into_iter().filter(|&event| !has(state, event));
        let missing: Vec<&str> = missing.map(CoreEvent::name).collect();
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

/// What is wrong with a cell as a whole, and what was expected.
fn wrong(
    network: &Network,
    trigger: Trigger,
    cell: &Cell,
    stays: bool,
) -> Option<(&'static str, &'static str)> {
    if cell.stalls && is_broadcast(network, trigger) {
        return Some((
            "a broadcast cannot be stalled",
            "all controllers meet it at once",
        ));
    }
    let asked = matches!(trigger, Trigger::Core(CoreEvent::Load | CoreEvent::Store));
    if asked && cell.actions.is_empty() && stays {
        return Some((
            "the core is never answered",
            "expected `load` or `store`, `stall`, or a message",
        ));
    }
    None
}

/// What is wrong with an action of a cell, and what was expected.
fn wrong_action(
    network: &Network,
    controller: &Controller,
    trigger: Trigger,
    action: &Action,
) -> Option<(&'static str, &'static str)> {
    let kind = match trigger {
        Trigger::Message(kind) => Some(&network.kinds[usize::from(kind)]),
        Trigger::Core(_) | Trigger::Itself(_) => None,
    };
    let member = matches!(trigger, Trigger::Itself(Some(_)));
    let mut seen = Seen::default();
    seen.action(action);
    if *action == Action::TakeLine && !kind.is_some_and(|kind| kind.line) {
        return Some(match kind {
            Some(_) => (
                "the message carries no line",
                "expected `carries = [\"line\"]` at the message",
            ),
            None => (
                "no message is met here",
                "the line comes with a message that carries it",
            ),
        });
    }
    if (seen.sender || seen.requester) && kind.is_none() {
        return Some(("no message is met here", "expected `self` or a variable"));
    }
    if seen.acks && !kind.is_some_and(|kind| kind.acks) {
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
    let (loads, stores) = (*action == Action::Load, *action == Action::Store);
    if (loads || stores) && controller.place != Place::Core {
        return Some((
            "only a controller at a core performs its accesses",
            "expected no `load` and no `store`",
        ));
    }
    match trigger {
        Trigger::Core(CoreEvent::Load) if stores => Some((
            "a load does not store",
            "expected `load`, `stall`, or a message",
        )),
        Trigger::Core(CoreEvent::Store) if loads => Some((
            "a store does not load",
            "expected `store`, `stall`, or a message",
        )),
        Trigger::Core(CoreEvent::Evict) if loads || stores => Some((
            "no access is performed when a line has to go",
            "expected a message, or nothing",
        )),
        _ if matches!(action, Action::Raise(_)) && !is_broadcast(network, trigger) => Some((
            "a wire is raised only during a broadcast",
            "expected the event of a broadcast message",
        )),
        _ => None,
    }
}

fn is_broadcast(network: &Network, trigger: Trigger) -> bool {
    match trigger {
        Trigger::Message(kind) => network.channel_of(kind).order == Order::Broadcast,
        Trigger::Core(_) | Trigger::Itself(_) => false,
    }
}

/// Every state is reached from the initial one.
fn reached(controller: &Controller, raw: &RawController<'_>, problems: &mut Problems<'_>) {
    let mut reached = vec![false; controller.states.len()];
    let mut left = vec![controller.initial];
    while let Some(state) = left.pop() {
        if std::mem::replace(&mut reached[usize::from(state)], true) {
            continue;
        }
        let events = 0..controller.events.len() as u16;
        left.extend(events.filter_map(|event| Some(controller.cell(state, event)?.next)));
    }
    for (RawState { name, .. }, reached) in raw.states.iter().zip(reached) {
        if !reached {
            problems
                .at(
                    name.place.clone(),
                    format!("the state `{}` is never reached", shown(name.text)),
                )
                .label("no cells lead here from the initial state");
        }
    }
}

/// The events of a message are tried in order: what stands behind one without conditions never
/// happens.
fn hidden(
    network: &Network,
    controller: &Controller,
    raw: &RawController<'_>,
    problems: &mut Problems<'_>,
) {
    for (kind, events) in network.kinds.iter().zip(&controller.by_kind) {
        let events = events
            .iter()
            .map(|&event| &controller.events[usize::from(event)]);
        let mut all = None;
        for event in events {
            let defined = raw.events.iter().map(|raw| &raw.name);
            let named = raw.cells.iter().flat_map(|cell| &cell.events);
            let word = defined.chain(named).find(|word| word.text == event.name);
            if let (Some(all), Some(word)) = (all, word) {
                problems
                    .at(
                        word.place.clone(),
                        format!("the event `{}` never happens", shown(&event.name)),
                    )
                    .label(format!(
                        "`{}` above takes every {}; expected it last, or with a condition",
                        shown(all),
                        shown(&kind.name)
                    ));
            }
            if event.when.is_empty() && all.is_none() {
                all = Some(&event.name);
            }
        }
    }
}

/// Every message is sent by some controller and met by another.
fn messages(network: &Network, raw: &[RawMessage<'_>], problems: &mut Problems<'_>) {
    for (kind, word) in raw.iter().enumerate() {
        let cells = |controller: &Controller| controller.cells.clone().into_iter().flatten();
        let sends = |action: &Action| matches!(action, Action::Send { kind: sent, .. } if usize::from(*sent) == kind);
        let mut controllers = network.controllers.iter();
        let sent = controllers.any(|one| cells(one).any(|cell| cell.actions.iter().any(sends)));
        let mut controllers = network.controllers.iter();
        let met = controllers.any(|controller| {
            let events = controller.events_of(kind as u8).iter();
            let mut places = events
                .flat_map(|&event| (0..controller.states.len()).map(move |state| (state, event)));
            places.any(|(state, event)| controller.cell(state as u8, event).is_some())
        });
        let (what, expected) = match (sent, met) {
            (true, true) => continue,
            (true, false) => ("met", "no controller has a cell for it"),
            (false, true) => ("sent", "expected a cell with `send` of it"),
            (false, false) => ("used", "no cell sends it, and none is for it"),
        };
        problems
            .at(
                word.name.place.clone(),
                format!("the message `{}` is never {what}", shown(word.name.text)),
            )
            .label(expected);
    }
}

/// What is wrong with a condition of an event, and what was expected.
fn wrong_condition(
    network: &Network,
    trigger: Trigger,
    condition: &Condition,
) -> Option<(&'static str, &'static str)> {
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
    match trigger {
        Trigger::Message(kind) if seen.acks && !network.kinds[usize::from(kind)].acks => Some((
            "the message carries no count",
            "expected `carries = [\"acks\"]` at the message",
        )),
        Trigger::Message(_) | Trigger::Itself(None) if seen.member => Some((
            "`member` stands only in an event for each member of a set",
            "expected another node",
        )),
        Trigger::Itself(_) | Trigger::Core(_) if seen.sender || seen.requester || seen.acks => {
            Some((
                "no message is met here",
                "`sender`, `requester` and `acks` are those of a message",
            ))
        }
        _ => None,
    }
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
