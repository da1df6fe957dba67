//! The timed driver on a network: how long messages take, and when what has to wait is tried
//! again. What messages and controllers do is the machine's business.

mod settle;

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::ending::Ending;
use super::timed::Timed;
use super::wake::Wake;
use crate::coherence::network::Controllers;
use crate::machine::{Act, Core, InFlight, Observer, Port, Program, Progress, Slot, Step, Thread};
use crate::memory::{Contents, Line};
use crate::protocol::network::{Channel, Order};

/// So many messages and acts without one access performed, and the run is stuck.
const MOST_IN_VAIN: u32 = 1_000_000;
/// After so many, a checked run looks whether there is an end to it.
const MANY_IN_VAIN: u32 = 10_000;

/// What happens on the network at a point in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Due {
    /// A message is there.
    Arrive(u64),
    /// An access is tried again.
    Retry(Slot),
    /// A controller may act of itself.
    Act(Line, u8),
}

/// An access that waits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waiting {
    pub(super) slot: Slot,
    locked: bool,
    /// It will be tried again.
    scheduled: bool,
}

/// The network as the driver sees it.
#[derive(Debug)]
pub(super) struct Network {
    pub(super) queue: BinaryHeap<Reverse<(u64, u32, Due)>>,
    /// When the driver looks into the queue next.
    pub(super) wake: Option<u64>,
    /// The first message that was not yet seen.
    next_id: u64,
    /// Messages that are there and have to wait, in the order in which they came.
    pub(super) held: Vec<u64>,
    pub(super) waiting: Vec<Waiting>,
    /// Where a controller was woken.
    pub(super) acting: Vec<(Line, u8)>,
    /// Where a controller would act if the channels had room.
    no_room: Vec<(Line, u8)>,
    /// The controllers that act of themselves.
    active: Vec<u8>,
    /// What happens at one node can let anything go on.
    coupled: bool,
    in_vain: u32,
}

impl Network {
    pub(super) fn new(controllers: &Controllers) -> Network {
        let protocol = controllers.network();
        let active = |&node: &usize| {
            let controller = &protocol.controllers[controllers.controller(node)];
            !controller.spontaneous().is_empty()
        };
        let channels = &protocol.channels;
        Network {
            queue: BinaryHeap::new(),
            wake: None,
            next_id: 0,
            held: Vec::new(),
            waiting: Vec::new(),
            acting: Vec::new(),
            no_room: Vec::new(),
            active: (0..controllers.nodes())
                .filter(active)
                .map(|node| node as u8)
                .collect(),
            coupled: channels
                .iter()
                .any(|channel| channel.capacity.is_some() || channel.order == Order::Broadcast),
            in_vain: 0,
        }
    }
}

/// What a step was about.
#[derive(Clone, Copy)]
pub(super) struct Touched {
    line: Line,
    /// The controller; none for all.
    node: Option<u8>,
}

impl<C: Contents, P: Program<C::Piece>, O: Observer<C::Piece>> Timed<C, P, O> {
    pub(super) fn network(&mut self) -> &mut Network {
        self.network.as_mut().expect("there is a network")
    }

    fn due(&mut self, time: u64, due: Due) {
        let rank = match due {
            // A request that comes while a bus is taken waits, even if the bus is free later in
            // the same cycle.
            Due::Arrive(id) if self.clocked => u32::from(!self.waits_for_end(id)),
            _ => 2,
        };
        let lot = self.lot(rank);
        self.network().queue.push(Reverse((time, lot, due)));
    }

    /// Lets the driver look when the next thing on the network is due.
    pub(super) fn wake_network(&mut self) {
        let network = self.network();
        let Some(&Reverse((time, ..))) = network.queue.peek() else {
            return;
        };
        if network.wake.is_none_or(|wake| time < wake) {
            network.wake = Some(time);
            self.schedule(time, Wake::Network);
        }
    }

    /// What is due now happens.
    #[cold]
    #[inline(never)]
    pub(super) fn turn_network(&mut self) -> Result<(), Ending> {
        self.network().wake = None;
        let now = self.now;
        if let Some(Reverse((time, _, due))) = self.network().queue.pop() {
            debug_assert!(time == now, "what is due was not missed");
            self.network().in_vain += 1;
            if self.network().in_vain >= MANY_IN_VAIN {
                self.give_up()?;
            }
            match due {
                Due::Arrive(id) => self.arrive(id)?,
                Due::Retry(slot) => self.retry(slot)?,
                Due::Act(line, node) => self.act(line, node)?,
            }
        }
        self.wake_network();
        Ok(())
    }

    /// Ends a run in which nothing comes of all that happens.
    #[cold]
    fn give_up(&mut self) -> Result<(), Ending> {
        let most = self.network().in_vain > MOST_IN_VAIN;
        let looks = most || self.checker.is_some() && self.network().in_vain == MANY_IN_VAIN;
        match looks.then(|| self.in_vain()).flatten() {
            Some(ending) => Err(ending),
            None if most => Err(Ending::Stuck(
                self.threads.first_left().unwrap_or(Thread(0)),
            )),
            None => Ok(()),
        }
    }

    pub(super) fn arrive(&mut self, id: u64) -> Result<(), Ending> {
        let message = *self.message(id);
        let broadcast = self.is_broadcast(&message);
        if self.perform(Step::Receive(id))? == Progress::Held {
            self.network().held.push(id);
        }
        let touched = Touched {
            line: message.line,
            node: (!broadcast).then_some(message.message.to),
        };
        let taken = self.answers_after();
        self.settle(touched, taken);
        Ok(())
    }

    /// How long a controller takes to answer a message. On a bus all parts move with one clock:
    /// what is sent in a cycle leaves at its end.
    fn answers_after(&self) -> u64 {
        match self.clocked {
            true => 0,
            false => u64::from(self.machine.config().network.controller_cycles),
        }
    }

    pub(super) fn message(&self, id: u64) -> &InFlight {
        let messages = self.machine.in_flight();
        let at = messages.binary_search_by_key(&id, |message| message.id);
        &messages[at.expect("the message is in flight")]
    }

    fn is_broadcast(&self, message: &InFlight) -> bool {
        self.channel(message).order == Order::Broadcast
    }

    /// Whether a message comes only when an earlier broadcast is over.
    fn waits_for_end(&self, id: u64) -> bool {
        self.channel(self.message(id)).until.is_some()
    }

    fn channel(&self, message: &InFlight) -> &Channel {
        let controllers = self.machine.controllers().expect("there is a network");
        controllers.network().channel_of(message.message.kind)
    }

    pub(super) fn retry(&mut self, slot: Slot) -> Result<(), Ending> {
        let network = self.network();
        let at = network.waiting.iter().position(|other| other.slot == slot);
        let Some(at) = at else { return Ok(()) };
        network.waiting[at].scheduled = false;
        if !self.machine.may_serve(slot) {
            return Ok(());
        }
        let line = self.machine.wanted_line(slot).expect("it waits for a line");
        match self.perform(Step::Deliver(slot))? {
            Progress::Waits(_) => {}
            Progress::Unsupported(what) => {
                let thread = self.thread_on(slot.core);
                return Err(Ending::Unsupported(thread, what.to_owned()));
            }
            _ => {}
        }
        self.core_stepped(slot.core, line);
        Ok(())
    }

    fn act(&mut self, line: Line, node: u8) -> Result<(), Ending> {
        self.network().acting.retain(|&at| at != (line, node));
        let mut acts: Vec<Act> = Vec::new();
        self.machine.acts(line, node, &mut acts);
        let Some(last) = acts.len().checked_sub(1) else {
            self.wake_controller(line, node);
            self.wake_network();
            return Ok(());
        };
        let chosen = self.dice.up_to(last as u32) as usize;
        self.act_now(acts[chosen])
    }

    pub(super) fn act_now(&mut self, act: Act) -> Result<(), Ending> {
        self.perform(Step::Act(act))?;
        let taken = self.answers_after();
        let (line, node) = (act.line, Some(act.node));
        self.settle(Touched { line, node }, taken);
        Ok(())
    }

    /// A step of a core, for the access of one of its ports.
    #[cold]
    #[inline(never)]
    pub(super) fn step_on_network(&mut self, step: Step, slot: Slot) -> Result<Progress, Ending> {
        let line = self.machine.wanted_line(slot);
        let progress = self.perform(step)?;
        if let Some(line) = line {
            if let Progress::Waits(slot) = progress {
                self.wait(slot);
            }
            self.core_stepped(slot.core, line);
        }
        Ok(progress)
    }

    /// An access waits from now on.
    fn wait(&mut self, slot: Slot) {
        let locked = slot.port == Port::Issue && self.machine.is_locked(slot.core);
        self.network().waiting.push(Waiting {
            slot,
            locked,
            scheduled: false,
        });
    }

    /// A core's access has met its line.
    fn core_stepped(&mut self, core: Core, line: Line) {
        let taken = match self.clocked {
            true => 0,
            false => u64::from(self.machine.config().cache.hit_cycles),
        };
        let node = Some(core.0);
        self.settle(Touched { line, node }, taken);
        self.wake_network();
    }
}
