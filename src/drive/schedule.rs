//! Between the steps of a schedule, which have names, and those of a machine, which have
//! numbers.

mod misfit;

use std::sync::Arc;

use crate::coherence::network::Controllers;
use crate::machine::{Act, Core, InFlight, Machine, Port, Slot, Step};
use crate::memory::{Addr, Contents, Line};
use crate::protocol::network::Order;
use crate::trace::{NamedStep, NodeName};

pub use misfit::Misfit;

/// Why steps cannot be taken, where the timed driver knows it, too.
pub(super) const NO_THREAD: &str = "there is no thread for this core";
pub(super) const AT_ITS_END: &str = "its program is at its end";
pub(super) const NOT_OVER: &str = "its last access is not over";
pub(super) const BUFFER_FIRST: &str = "it must wait for its store buffer, or for its invalidations";
pub(super) const NO_DRAIN: &str = "no store of it can leave its store buffer";

/// A step of the machine, which it can take now or has just been told to, by name.
///
/// # Panics
/// When the step is about a message that is not in flight.
#[must_use]
pub fn name<C: Contents>(machine: &Machine<C>, step: Step) -> NamedStep {
    match step {
        Step::Issue(core) => NamedStep::Issue(core.0),
        Step::Drain(core) => NamedStep::Drain(core.0),
        Step::Overtake(core, place) => NamedStep::Promote {
            core: core.0,
            place: place as u16,
        },
        Step::Invalidate(core) => NamedStep::Invalidate(core.0),
        Step::Deliver(Slot { core, port }) => NamedStep::Serve {
            core: core.0,
            drain: port == Port::Drain,
        },
        Step::Receive(id) => {
            let controllers = controllers(machine);
            let messages = machine.in_flight();
            let at = messages.binary_search_by_key(&id, |message| message.id);
            let at = at.expect("the message is in flight");
            let message = &messages[at];
            let same = |other: &&InFlight| alike(controllers, other, message);
            let earlier = messages[..at].iter().filter(same).count();
            let to = message.message.to;
            NamedStep::Receive {
                to: (!is_broadcast(controllers, message)).then(|| node_name(controllers, to)),
                kind: kind(controllers, message).into(),
                from: node_name(controllers, message.message.from),
                addr: base(machine, message.line),
                nth: earlier as u32 + 1,
            }
        }
        Step::Act(act) => {
            let controllers = controllers(machine);
            NamedStep::Act {
                node: node_name(controllers, act.node),
                event: event(controllers, act).into(),
                member: act.member.map(|member| node_name(controllers, member)),
                addr: base(machine, act.line),
            }
        }
    }
}

/// The step of the machine that a schedule names.
///
/// # Errors
/// Why the machine cannot take it now, without a full stop.
pub(super) fn find<C: Contents>(
    machine: &mut Machine<C>,
    named: &NamedStep,
) -> Result<Step, &'static str> {
    let core = |number: u8| match machine.config().cores > usize::from(number) {
        true => Ok(Core(number)),
        false => Err(NO_THREAD),
    };
    let (core, step, why) = match named {
        &NamedStep::Issue(number) => {
            let core = core(number)?;
            let port = Port::Issue;
            let why = if machine.is_idle(core) {
                AT_ITS_END
            } else if machine.is_waiting(Slot { core, port }) {
                NOT_OVER
            } else {
                BUFFER_FIRST
            };
            (core, Step::Issue(core), why)
        }
        &NamedStep::Drain(number) => {
            let core = core(number)?;
            (core, Step::Drain(core), NO_DRAIN)
        }
        &NamedStep::Promote {
            core: number,
            place,
        } => {
            let core = core(number)?;
            let why = "that store cannot leave before the older ones";
            (core, Step::Overtake(core, place.into()), why)
        }
        &NamedStep::Invalidate(number) => {
            let core = core(number)?;
            let why = "it has no invalidation to apply";
            (core, Step::Invalidate(core), why)
        }
        &NamedStep::Serve {
            core: number,
            drain,
        } => {
            let core = core(number)?;
            let port = if drain { Port::Drain } else { Port::Issue };
            let why = "it does not wait for its turn";
            (core, Step::Deliver(Slot { core, port }), why)
        }
        NamedStep::Receive {
            to,
            kind,
            from,
            addr,
            nth,
        } => {
            let id = message(machine, to.as_ref(), kind, from, *addr, *nth);
            let id = id.ok_or("no such message is in flight")?;
            return match machine.may_arrive(id) {
                true => Ok(Step::Receive(id)),
                false => Err("its receiver stalls it, or another must come first"),
            };
        }
        NamedStep::Act {
            node,
            event,
            member,
            addr,
        } => {
            let act = act(machine, node, event, member.as_ref(), *addr);
            return act
                .map(Step::Act)
                .ok_or("the controller cannot do that now");
        }
    };
    let mut possible = Vec::new();
    machine.core_steps(core, &mut possible);
    possible.contains(&step).then_some(step).ok_or(why)
}

/// The number of the message that a schedule names.
fn message<C: Contents>(
    machine: &Machine<C>,
    to: Option<&NodeName>,
    name: &str,
    from: &NodeName,
    addr: u64,
    nth: u32,
) -> Option<u64> {
    let controllers = machine.controllers()?;
    let line = machine.config().line_size.line_of(Addr(addr));
    let named = |message: &&InFlight| {
        let reaches = match to {
            None => is_broadcast(controllers, message),
            Some(to) => {
                !is_broadcast(controllers, message) && is(controllers, message.message.to, to)
            }
        };
        reaches
            && message.line == line
            && kind(controllers, message) == name
            && is(controllers, message.message.from, from)
    };
    let found = machine
        .in_flight()
        .iter()
        .filter(named)
        .nth(nth as usize - 1);
    found.map(|message| message.id)
}

/// What a schedule says that a controller does, if it can.
fn act<C: Contents>(
    machine: &mut Machine<C>,
    node: &NodeName,
    name: &str,
    member: Option<&NodeName>,
    addr: u64,
) -> Option<Act> {
    let controllers = Arc::clone(machine.controllers()?);
    let line = machine.config().line_size.line_of(Addr(addr));
    let mut nodes = 0..controllers.nodes() as u8;
    let node = nodes.find(|&number| is(&controllers, number, node))?;
    let mut acts = Vec::new();
    machine.acts(line, node, &mut acts);
    acts.into_iter().find(|&act| {
        let for_it = match (act.member, member) {
            (None, None) => true,
            (Some(number), Some(member)) => is(&controllers, number, member),
            _ => false,
        };
        for_it && event(&controllers, act) == name
    })
}

fn controllers<C: Contents>(machine: &Machine<C>) -> &Controllers {
    machine.controllers().expect("there is a network")
}

fn node_name(controllers: &Controllers, node: u8) -> NodeName {
    let node = usize::from(node);
    let controller = controllers.controller(node);
    NodeName {
        controller: (*controllers.network().controllers[controller].name).into(),
        core: controllers.core(node).map(|core| core as u8),
    }
}

fn is(controllers: &Controllers, node: u8, name: &NodeName) -> bool {
    let node = usize::from(node);
    let controller = controllers.controller(node);
    controllers.network().controllers[controller].name == *name.controller
        && controllers.core(node).map(|core| core as u8) == name.core
}

fn kind<'a>(controllers: &'a Controllers, message: &InFlight) -> &'a str {
    &controllers.network().kinds[usize::from(message.message.kind)].name
}

fn event(controllers: &Controllers, act: Act) -> &str {
    let controller = controllers.controller(usize::from(act.node));
    &controllers.network().controllers[controller].events[usize::from(act.event)].name
}

fn is_broadcast(controllers: &Controllers, message: &InFlight) -> bool {
    let channel = controllers.network().channel_of(message.message.kind);
    channel.order == Order::Broadcast
}

/// Whether a schedule's words for one message are words for the other.
fn alike(controllers: &Controllers, one: &InFlight, other: &InFlight) -> bool {
    let (said, again) = (one.message, other.message);
    one.line == other.line
        && (said.kind, said.from) == (again.kind, again.from)
        && (said.to == again.to || is_broadcast(controllers, one))
}

fn base<C: Contents>(machine: &Machine<C>, line: Line) -> u64 {
    machine.config().line_size.base_of(line).0
}
