//! The way from the beginning to a violation, as concrete steps: with only what each changed.

use super::layout::Layout;
use super::raw::{Raw, kind_number};
use super::space::{Proof, Step, System};
use super::view::decode;
use super::violation::Violation;
use crate::drive::exhaustive::Space as _;
use crate::protocol::network::{CoreEvent, EventId, VarKind};

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Who acted: a core's controller, or the one that a message reached; none if all did.
    pub actor: Option<String>,
    /// The core behind it, if a core asked.
    pub core: Option<usize>,
    /// What a core asked, or the message or event that was met.
    pub what: String,
    /// The same by numbers.
    pub did: Did,
    /// Who sent the message.
    pub sender: Option<String>,
    /// What changed: whose, and how.
    pub changes: Vec<(String, String)>,
    /// The messages that were sent: to whom, and what.
    pub sent: Vec<(String, String)>,
}

/// What a step was, with lines, nodes and kinds of messages by number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Did {
    /// A core asked.
    Asked {
        /// The line.
        line: usize,
        /// The controller that it asked.
        node: usize,
        /// What it asked.
        event: CoreEvent,
    },
    /// A message arrived.
    Received {
        /// The line.
        line: usize,
        /// Its kind.
        kind: u8,
        /// Whom it reached; none if everyone.
        to: Option<u8>,
        /// The sender's name, if it is known.
        from: Option<String>,
    },
    /// A controller acted of itself.
    Acted {
        /// The line.
        line: usize,
        /// The controller.
        node: u8,
        /// What it did.
        event: EventId,
        /// The member of a set that it was for.
        member: Option<u8>,
    },
}

/// A shortest way to a violation, and what is wrong at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    /// The steps, the first from the initial state.
    pub steps: Vec<Moment>,
    /// What is wrong, in a sentence without a full stop.
    pub wrong: String,
}

/// A message's code and its sender.
pub(super) type InFlight = (u32, String);

impl<const W: usize> Proof<W> {
    /// The concrete steps along a path of states that stand for others, each with the state
    /// that it leads to.
    pub(super) fn trail(&self, from: Raw<W>, path: &[[u64; W]]) -> Vec<(Step, Raw<W>)> {
        let mut at = from;
        let mut trail = Vec::new();
        for target in path {
            let mut found: Option<(Step, Raw<W>)> = None;
            // What is refused is refused after the steps that come before it.
            let _ = self.steps(&at, &mut self.scratch(), &mut |step, next, _| {
                if found.is_none() && self.canonical(next).as_ref() == Some(target) {
                    found = Some((step, *next));
                }
            });
            let Some((step, next)) = found else { break };
            trail.push((step, next));
            at = next;
        }
        trail
    }

    /// The steps of a trail in words, and the state that they end in.
    pub(super) fn walk(
        &self,
        from: Raw<W>,
        path: &[[u64; W]],
        in_flight: &mut Vec<InFlight>,
    ) -> (Vec<Moment>, Raw<W>) {
        let mut at = from;
        let mut moments = Vec::new();
        for (step, next) in self.trail(from, path) {
            moments.push(self.moment(&at, step, &next, in_flight));
            at = next;
        }
        (moments, at)
    }

    /// The witness for a violation at the end of a path from the initial state.
    pub(super) fn witness(&self, path: &[[u64; W]], violation: Violation) -> Witness {
        let mut in_flight = Vec::new();
        let path = path.get(1..).unwrap_or_default();
        let (mut steps, last) = self.walk(self.start(), path, &mut in_flight);
        // The same violation, with the numbers that cores have in these steps.
        let mut scratch = self.scratch();
        let again = self.steps(&last, &mut scratch, &mut |_, _, _| ()).err();
        let violation = again.unwrap_or(violation);
        if let Some(step) = scratch.coverage.doing {
            let mut rest = last;
            if let Step::Deliver { code, .. } = step {
                rest.messages()
                    .iter()
                    .position(|&other| other == code)
                    .map(|at| rest.remove(at));
            }
            steps.push(self.moment(&last, step, &rest, &mut in_flight));
        }
        Witness {
            steps,
            wrong: self.describe(&violation, &last),
        }
    }

    fn moment(
        &self,
        from: &Raw<W>,
        step: Step,
        to: &Raw<W>,
        in_flight: &mut Vec<InFlight>,
    ) -> Moment {
        let name = |node: usize| self.system.name(node);
        let (actor, what, core, did, sender) = match step {
            Step::Core {
                line,
                node,
                event,
                value,
            } => {
                let stores = event == CoreEvent::Store
                    && changed_latest(&self.layout, from, to, line, value);
                let what = if stores {
                    format!("{} {value}", event.name())
                } else {
                    event.name().to_owned()
                };
                let core = self.system.core(node);
                (
                    Some(name(node)),
                    what + &self.line(line),
                    core,
                    Did::Asked { line, node, event },
                    None,
                )
            }
            Step::Deliver { code, .. } => {
                let (message, _, line) = decode(&self.layout, code);
                let sent = in_flight.iter().position(|(sent, _)| *sent == code);
                let sender = sent.map(|at| in_flight.remove(at).1);
                let to = (!self.is_broadcast(code)).then_some(message.to);
                let did = Did::Received {
                    line,
                    kind: message.kind,
                    to,
                    from: sender.clone(),
                };
                let said = self.message(code) + &self.line(line);
                let to = to.map(|to| name(usize::from(to)));
                (to, said, None, did, sender)
            }
            Step::Itself {
                line,
                node,
                event,
                member,
                ..
            } => {
                let did = Did::Acted {
                    line,
                    node: node as u8,
                    event,
                    member,
                };
                let event = self.system.event(node, event);
                let member = member.map(|member| format!(" {}", name(usize::from(member))));
                (
                    Some(name(node)),
                    event + &member.unwrap_or_default() + &self.line(line),
                    None,
                    did,
                    None,
                )
            }
        };
        let sender_name = actor.clone().unwrap_or_default();
        let mut sent = Vec::new();
        let mut before: Vec<u32> = from.messages().to_vec();
        if let Step::Deliver { code, .. } = step
            && let Some(at) = before.iter().position(|&other| other == code)
        {
            before.remove(at);
        }
        for &code in to.messages() {
            match before.iter().position(|&other| other == code) {
                Some(at) => {
                    before.remove(at);
                }
                None => {
                    let (message, ..) = decode(&self.layout, code);
                    let to = if self.is_broadcast(code) {
                        "everyone".to_owned()
                    } else {
                        name(usize::from(message.to))
                    };
                    sent.push((to, self.message(code)));
                    in_flight.push((code, sender_name.clone()));
                }
            }
        }
        Moment {
            actor,
            core,
            what,
            did,
            sender,
            changes: self.changes(from, to),
            sent,
        }
    }

    fn changes(&self, from: &Raw<W>, to: &Raw<W>) -> Vec<(String, String)> {
        let mut changes = Vec::new();
        for (line, fields) in self.layout.lines.iter().enumerate() {
            for (node, fields) in fields.nodes.iter().enumerate() {
                let mut change =
                    |what: String| changes.push((self.system.name(node) + &self.line(line), what));
                let (old, new) = (from.get(fields.state), to.get(fields.state));
                if old != new {
                    change(format!(
                        "{} → {}",
                        self.system.state(node, old),
                        self.system.state(node, new)
                    ));
                }
                let (old_value, new_value) = (from.get(fields.value), to.get(fields.value));
                if old_value != new_value && self.holds_line(node, new) {
                    change(format!("line = {new_value}"));
                }
                for (index, &field) in fields.variables.iter().enumerate() {
                    let (old, new) = (from.get(field), to.get(field));
                    if old != new {
                        let (name, kind) = self.system.variable(node, index);
                        change(format!("{name} = {}", self.value(kind, new, field.bias)));
                    }
                }
            }
        }
        changes
    }

    pub(super) fn value(&self, kind: VarKind, value: u8, bias: u8) -> String {
        match kind {
            VarKind::Count => (i16::from(value) - i16::from(bias)).to_string(),
            VarKind::Node => match value.checked_sub(1) {
                Some(node) => self.system.name(usize::from(node)),
                None => "none".to_owned(),
            },
            VarKind::Set => {
                let members = (0..8).filter(|node| value >> node & 1 == 1);
                let names: Vec<String> = members.map(|node| self.system.name(node)).collect();
                format!("{{{}}}", names.join(", "))
            }
        }
    }

    /// Says which line, where there is more than one.
    fn line(&self, line: usize) -> String {
        if self.layout.lines.len() > 1 {
            format!(" (line {line})")
        } else {
            String::new()
        }
    }

    pub(super) fn is_broadcast(&self, code: u32) -> bool {
        let kind = &self.layout.codes[usize::from(kind_number(&self.layout, code))];
        kind.order == Some(crate::protocol::network::Order::Broadcast)
    }

    /// A message and what it says.
    pub(super) fn message(&self, code: u32) -> String {
        let (message, value, _) = decode(&self.layout, code);
        let kind = &self.layout.codes[usize::from(message.kind)];
        let mut said = self.system.kind(message.kind);
        if kind.requester.bits > 0 {
            said += &format!(" for {}", self.system.name(usize::from(message.requester)));
        }
        let mut parts = Vec::new();
        if kind.carries_line {
            parts.push(match self.layout.values {
                1 => "line".to_owned(),
                _ => format!("line {value}"),
            });
        }
        if kind.acks.bits > 0 {
            parts.push(format!("acks {}", message.acks));
        }
        if !parts.is_empty() {
            said += &format!(" ({})", parts.join(", "));
        }
        said
    }

    pub(super) fn describe(&self, violation: &Violation, raw: &Raw<W>) -> String {
        let name = |node: usize| self.system.name(node);
        let state = |line: usize, node: usize| {
            let state = raw.get(self.layout.lines[line].nodes[node].state);
            format!("{} in {}", name(node), self.system.state(node, state))
        };
        match violation {
            Violation::SingleWriter {
                line,
                writer,
                other,
            } => {
                format!(
                    "{} may write, while another has a copy: {}{}",
                    state(*line, *writer),
                    state(*line, *other),
                    self.line(*line)
                )
            }
            Violation::DataValue { line, node } => {
                let fields = &self.layout.lines[*line];
                let (has, latest) = (raw.get(fields.nodes[*node].value), raw.get(fields.latest));
                let at = self.line(*line);
                if self.may_read(raw, *line, *node) {
                    let whose = state(*line, *node);
                    format!("{whose} can read {has}, and the last store left {latest}{at}")
                } else {
                    let whose = name(*node);
                    format!(
                        "{whose} meets bytes that are not what the last store left, {latest}{at}"
                    )
                }
            }
            Violation::NoCell { node, state, event } => {
                format!(
                    "{} has the line in {state} and meets {event}: the protocol has no cell ({state}, {event})",
                    name(*node)
                )
            }
            Violation::Deadlock => {
                let stuck = self
                    .layout
                    .lines
                    .iter()
                    .enumerate()
                    .flat_map(|(line, fields)| {
                        (0..fields.nodes.len())
                            .filter(move |&node| !self.stable(raw, line, node))
                            .map(move |node| state(line, node))
                    });
                let stuck: Vec<String> = stuck.collect();
                let messages: Vec<String> = raw
                    .messages()
                    .iter()
                    .map(|&code| self.message(code))
                    .collect();
                format!(
                    "nothing can happen any more: {}; in flight: {}",
                    listed(&stuck),
                    listed(&messages)
                )
            }
            Violation::Channel { limit } => format!("more than {limit} messages are in flight"),
            Violation::Count { node } => format!(
                "a count of {} is larger than the number of nodes",
                name(*node)
            ),
            Violation::TooWide => "the state is too large to be packed".to_owned(),
        }
    }
}

fn listed(words: &[String]) -> String {
    if words.is_empty() {
        "nothing".to_owned()
    } else {
        words.join(", ")
    }
}

fn changed_latest<const W: usize>(
    layout: &Layout,
    _: &Raw<W>,
    to: &Raw<W>,
    line: usize,
    value: u8,
) -> bool {
    to.get(layout.lines[line].latest) == value
}

impl System {
    pub(super) fn name(&self, node: usize) -> String {
        match self {
            System::Bus(bus) => bus.name(node),
            System::Network(network) => network.controllers.name(node),
        }
    }

    pub(super) fn core(&self, node: usize) -> Option<usize> {
        match self {
            System::Bus(_) => Some(node),
            System::Network(network) => network.controllers.core(node),
        }
    }

    pub(super) fn state(&self, node: usize, state: u8) -> String {
        match self {
            System::Bus(bus) => bus
                .table
                .state_name(crate::protocol::State(state))
                .to_owned(),
            System::Network(network) => network.controller(node).states[usize::from(state)].clone(),
        }
    }

    pub(super) fn variable(&self, node: usize, index: usize) -> (String, VarKind) {
        match self {
            System::Bus(_) => unreachable!("caches on a bus have no variables"),
            System::Network(network) => {
                let variable = &network.controller(node).variables[index];
                (variable.name.clone(), variable.kind)
            }
        }
    }

    pub(super) fn event(&self, node: usize, event: u16) -> String {
        match self {
            System::Bus(_) => unreachable!("caches on a bus do nothing of themselves"),
            System::Network(network) => network.controller(node).events[usize::from(event)]
                .name
                .clone(),
        }
    }

    pub(super) fn kind(&self, kind: u8) -> String {
        match self {
            System::Bus(_) => unreachable!("no messages are in flight on an atomic bus"),
            System::Network(network) => network.controllers.network().kinds[usize::from(kind)]
                .name
                .clone(),
        }
    }
}
