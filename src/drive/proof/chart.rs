//! Every reachable state and the steps between them in words, for looking at.

use std::collections::VecDeque;

use rustc_hash::FxHashMap;

use super::prove::{Plan, SERVED, too_large};
use super::raw::Raw;
use super::space::{Proof, Size, Step, System};
use super::view::decode;
use crate::drive::exhaustive::{Progress, Space as _, Verdict, explore};
use crate::protocol::Protocol;

/// A state of everything that a protocol has, for one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Global {
    /// The state of each cache; where several controllers stand at a core, one after the other.
    /// Empty where a step was refused, which leads to no state.
    pub caches: Vec<String>,
    /// What else there is: other controllers, variables that are not as at the beginning,
    /// bytes if there is more than one value, messages in flight.
    pub rest: Vec<String>,
    /// Nothing is under way.
    pub quiet: bool,
    /// The property that does not hold here or in a step from here, and how.
    pub wrong: Option<(&'static str, String)>,
}

/// A step from one state to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrow {
    /// The place of the state before.
    pub from: usize,
    /// The place of the state after.
    pub to: usize,
    /// What is met.
    pub what: String,
    /// Who meets it; none if all do.
    pub whose: Option<String>,
}

/// States and the steps between them; the first state is the one that all begins with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chart {
    /// The states, each once.
    pub states: Vec<Global>,
    /// The steps, in the order of the states that they begin in.
    pub arrows: Vec<Arrow>,
}

impl Chart {
    /// The places of the states in which some caches are in these states, and others in any.
    #[must_use]
    pub fn with(&self, caches: &[&str]) -> Vec<usize> {
        let has = |state: &Global| {
            let mut left: Vec<&str> = state.caches.iter().map(String::as_str).collect();
            caches.iter().all(|cache| {
                let found = left.iter().position(|other| other == cache);
                found.map(|at| left.swap_remove(at)).is_some()
            })
        };
        let states = self.states.iter().enumerate();
        states
            .filter_map(|(place, state)| has(state).then_some(place))
            .collect()
    }
}

/// The words of a state. More than enough for all that anybody can look at.
const WORDS: usize = 8;

/// Charts every reachable state. With `symmetric`, states that differ only in which cache is
/// which are one, and a step tells its cache by the state that this is in.
///
/// # Errors
/// When there are more than `limit` states, or a state is too large: what is too large.
pub fn chart(
    protocol: &Protocol,
    size: Size,
    symmetric: bool,
    limit: usize,
) -> Result<Chart, String> {
    let proof = proof(protocol, size, symmetric)?;
    let mut chart = Chart::default();
    let mut places: FxHashMap<[u64; WORDS], usize> = FxHashMap::default();
    let mut waiting: VecDeque<[u64; WORDS]> = proof.initial().into();
    for &state in &waiting {
        places.insert(state, chart.states.len());
        let raw = Raw::unpack(&state, &proof.layout);
        chart.states.push(proof.global(&raw));
    }
    let mut scratch = proof.scratch();
    while let Some(state) = waiting.pop_front() {
        let from = places[&state];
        let raw = Raw::unpack(&state, &proof.layout);
        let mut fits = true;
        let done = proof.steps(&raw, &mut scratch, &mut |step, next, _| {
            let Some(packed) = proof.canonical(next) else {
                fits = false;
                return;
            };
            let to = *places.entry(packed).or_insert_with(|| {
                waiting.push_back(packed);
                let next = Raw::unpack(&packed, &proof.layout);
                chart.states.push(proof.global(&next));
                chart.states.len() - 1
            });
            chart.arrows.push(proof.arrow(&raw, step, (from, to)));
        });
        if !fits {
            return Err(too_large(size));
        }
        if let Err(violation) = done {
            let how = proof.describe(&violation, &raw);
            chart.states[from].wrong = Some((violation.property(), how));
        }
        if chart.states.len() > limit {
            let (cores, values) = (size.cores, size.values);
            return Err(format!(
                "{cores} caches and {values} values have more than {limit} states"
            ));
        }
    }
    Ok(chart)
}

/// Charts a shortest way to a violation; none if there is none. Where what is under way is
/// never served, the last state is where that begins, and the cycle is charted.
///
/// # Errors
/// When a limit of the plan is reached first or the user ends it, or a state is too large.
pub fn chart_witness(
    protocol: &Protocol,
    plan: &Plan,
    progress: &mut impl Progress,
) -> Result<Option<Chart>, String> {
    let proof = proof(protocol, plan.size, plan.symmetric)?;
    let mut options = plan.options.clone();
    options.liveness &= matches!(proof.system, System::Network(_));
    let (path, wrong) = match explore(&proof, &options, progress).verdict {
        Verdict::Holds => return Ok(None),
        Verdict::Violated {
            path, violation, ..
        } => (path, Some(violation)),
        Verdict::Livelock { mut path, cycle } => {
            path.extend(cycle.iter().skip(1).chain(cycle.first()));
            (path, None)
        }
        Verdict::Bounded(_) => return Err("a limit was reached before a violation".to_owned()),
        Verdict::Interrupted => return Err("interrupted".to_owned()),
    };
    let start = proof.start();
    let mut states = vec![start];
    let mut chart = Chart {
        states: vec![proof.global(&start)],
        arrows: Vec::new(),
    };
    let (mut from, mut last) = (0, start);
    for (step, next) in proof.trail(start, path.get(1..).unwrap_or_default()) {
        let known = states.iter().position(|state| *state == next);
        let to = known.unwrap_or(states.len());
        if known.is_none() {
            states.push(next);
            chart.states.push(proof.global(&next));
        }
        let mut arrow = proof.arrow(&last, step, (from, to));
        arrow.whose = proof.actor(step).map(|node| proof.system.name(node));
        chart.arrows.push(arrow);
        (from, last) = (to, next);
    }
    let Some(violation) = wrong else {
        let how = "what is under way is never served".to_owned();
        chart.states[from].wrong = Some((SERVED, how));
        return Ok(Some(chart));
    };
    // The same violation, with the numbers that caches have in these steps.
    let mut scratch = proof.scratch();
    let again = proof.steps(&last, &mut scratch, &mut |_, _, _| ());
    let violation = again.err().unwrap_or(violation);
    let wrong = Some((violation.property(), proof.describe(&violation, &last)));
    let Some(step) = scratch.coverage.doing else {
        chart.states[from].wrong = wrong;
        return Ok(Some(chart));
    };
    // The step is refused: it leads to no state.
    let mut arrow = proof.arrow(&last, step, (from, chart.states.len()));
    arrow.whose = proof.actor(step).map(|node| proof.system.name(node));
    chart.arrows.push(arrow);
    chart.states.push(Global {
        caches: Vec::new(),
        rest: Vec::new(),
        quiet: false,
        wrong,
    });
    Ok(Some(chart))
}

fn proof(protocol: &Protocol, size: Size, symmetric: bool) -> Result<Proof<WORDS>, String> {
    Proof::new(protocol, size, symmetric).ok_or_else(|| too_large(size))
}

impl Proof<WORDS> {
    /// Who meets what a step is about; none if all do.
    fn actor(&self, step: Step) -> Option<usize> {
        match step {
            Step::Core { node, .. } | Step::Itself { node, .. } => Some(node),
            Step::Deliver { code, .. } => {
                let (message, ..) = decode(&self.layout, code);
                (!self.is_broadcast(code)).then_some(usize::from(message.to))
            }
        }
    }

    fn arrow(&self, raw: &Raw<WORDS>, step: Step, (from, to): (usize, usize)) -> Arrow {
        let what = match step {
            Step::Core { event, .. } => event.name().to_owned(),
            Step::Deliver { code, .. } => self.system.kind(decode(&self.layout, code).0.kind),
            Step::Itself { node, event, .. } => self.system.event(node, event),
        };
        let whose = self.actor(step).map(|node| {
            if self.is_symmetric() && self.system.core(node).is_some() {
                let state = raw.get(self.layout.lines[0].nodes[node].state);
                self.system.state(node, state)
            } else {
                self.system.name(node)
            }
        });
        Arrow {
            from,
            to,
            what,
            whose,
        }
    }

    fn global(&self, raw: &Raw<WORDS>) -> Global {
        let fields = &self.layout.lines[0];
        let (mut caches, mut rest) = (Vec::new(), Vec::new());
        for (node, fields) in fields.nodes.iter().enumerate() {
            if self.is_bus_memory(node) {
                continue;
            }
            let state = self.system.state(node, raw.get(fields.state));
            let mut said = Vec::new();
            for (index, &field) in fields.variables.iter().enumerate() {
                let value = raw.get(field);
                if value != field.bias {
                    let (name, kind) = self.system.variable(node, index);
                    said.push(format!("{name} {}", self.value(kind, value, field.bias)));
                }
            }
            if self.system.core(node).is_some() {
                caches.push(state);
            } else {
                said.insert(0, state);
            }
            if !said.is_empty() {
                rest.push(format!("{}: {}", self.system.name(node), said.join(", ")));
            }
        }
        rest.extend(self.bytes(raw));
        let messages = raw.messages().iter();
        rest.extend(messages.map(|&code| self.under_way(code)));
        Global {
            caches,
            rest,
            quiet: self.quiet(raw),
            wrong: None,
        }
    }

    /// Which value is where, if there is more than one.
    fn bytes(&self, raw: &Raw<WORDS>) -> Option<String> {
        let fields = &self.layout.lines[0];
        if self.layout.values == 1 {
            return None;
        }
        let held = fields.nodes.iter().enumerate();
        let held = held.filter(|(node, fields)| self.holds_line(*node, raw.get(fields.state)));
        let held: Vec<String> = held
            .map(|(node, fields)| format!("{} = {}", self.system.name(node), raw.get(fields.value)))
            .collect();
        (!held.is_empty()).then(|| format!("bytes: {}", held.join(", ")))
    }

    /// A message in flight.
    fn under_way(&self, code: u32) -> String {
        let (message, ..) = decode(&self.layout, code);
        let to = if self.is_broadcast(code) {
            "everyone".to_owned()
        } else {
            self.system.name(usize::from(message.to))
        };
        format!("{} → {to}", self.message(code))
    }

    fn is_bus_memory(&self, node: usize) -> bool {
        match &self.system {
            System::Bus(bus) => bus.is_memory(node),
            System::Network(_) => false,
        }
    }
}
