//! A protocol of controllers in its compiled form.

use super::expression::{Action, Condition};
use super::notes::Notes;

/// A state of a controller: an index into its states.
pub type StateId = u8;

/// An event of a controller: an index into its events.
pub type EventId = u16;

/// How the messages of a channel keep their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Order {
    /// Any message may overtake any other.
    None,
    /// What one node sends to another arrives in the order in which it was sent.
    Pairs,
    /// All messages stand in one queue, and each goes to every controller at once: a bus.
    Broadcast,
}

/// A virtual channel: messages in it never wait for those in another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Channel {
    /// Its name.
    pub name: String,
    /// How its messages keep their order.
    pub order: Order,
    /// How many messages from one node to another may be in flight; none: any number.
    pub capacity: Option<u8>,
    /// After a broadcast no other begins before a message of this channel was delivered.
    pub until: Option<u8>,
    /// The wire that controllers can raise during a broadcast; the next one lowers it.
    pub wire: Option<String>,
}

/// What the controllers that receive a kind of message look at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Uses {
    /// Who sent it.
    pub sender: bool,
    /// For whom it was sent.
    pub requester: bool,
    /// The count in it.
    pub acks: bool,
    /// The line in it.
    pub line: bool,
}

/// A kind of message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kind {
    /// Its name.
    pub name: String,
    /// The channel that it travels in.
    pub channel: u8,
    /// It carries the line.
    pub line: bool,
    /// It carries a count.
    pub acks: bool,
    /// What of it some receiver looks at; the rest makes no difference.
    pub uses: Uses,
}

/// Where a controller stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// One at each core.
    Core,
    /// One at memory, which has the line at the beginning.
    Memory,
    /// One, elsewhere.
    Alone,
}

/// What a variable holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum VarKind {
    /// A small whole number, which may be negative for a time.
    Count,
    /// A node, or no one.
    Node,
    /// A set of nodes.
    Set,
}

/// A variable that a controller has for each line, besides its state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// What it holds: at first 0, no one, or no nodes.
    pub kind: VarKind,
}

/// What a core asks of its controller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CoreEvent {
    /// It reads the line.
    Load,
    /// It writes the line.
    Store,
    /// The line's place is needed for another.
    Evict,
}

impl CoreEvent {
    /// All of them; the first events of every controller at a core.
    pub const ALL: [CoreEvent; 3] = [CoreEvent::Load, CoreEvent::Store, CoreEvent::Evict];

    /// The event's name in a protocol file.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            CoreEvent::Load => "Load",
            CoreEvent::Store => "Store",
            CoreEvent::Evict => "Evict",
        }
    }
}

/// What makes an event happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Trigger {
    /// The core, or for `Evict` the cache's need of room.
    Core(CoreEvent),
    /// A message of this kind.
    Message(u8),
    /// The controller itself, at any time that the conditions allow; where a set variable is
    /// named, once for each of its members.
    Itself(Option<u8>),
}

/// An event that a controller can meet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TriggeredEvent {
    /// Its name.
    pub name: String,
    /// What makes it happen.
    pub trigger: Trigger,
    /// What must hold besides.
    pub when: Box<[Condition]>,
}

/// What a controller does when an event meets a line in some state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// What it does, in this order.
    pub actions: Box<[Action]>,
    /// The state after that.
    pub next: StateId,
    /// The event has to wait; there are no other actions.
    pub stalls: bool,
    /// It performs the core's load.
    pub loads: bool,
    /// It performs the core's store.
    pub stores: bool,
    /// It sends messages.
    pub sends: bool,
    /// Variables that no later step can read: they are cleared.
    pub clears: Box<[u8]>,
    /// No later step can read the line: it is cleared where lines are compared.
    pub clears_line: bool,
}

/// A controller: states × events → cells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Controller {
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub place: Place,
    /// The names of its states.
    pub states: Vec<String>,
    /// For each state, whether the line can stay in it with nothing under way.
    pub stable: Vec<bool>,
    /// For each state, whether a later step can read the line that the controller then has.
    pub line_lives: Vec<bool>,
    /// The state of a line that was never touched.
    pub initial: StateId,
    /// Its variables.
    pub variables: Vec<Variable>,
    /// Its events; for a controller at a core the first three are those of [`CoreEvent::ALL`].
    pub events: Vec<TriggeredEvent>,
    pub(super) cells: Vec<Option<Cell>>,
    /// For each kind of message the events that it can be, in order.
    pub(super) by_kind: Vec<Vec<EventId>>,
    /// The spontaneous events.
    pub(super) spontaneous: Vec<EventId>,
    pub(super) notes: Notes,
}

impl Controller {
    /// What is done when `event` meets a line in `state`; none if that is impossible.
    #[must_use]
    pub fn cell(&self, state: StateId, event: EventId) -> Option<&Cell> {
        self.cells[usize::from(state) * self.events.len() + usize::from(event)].as_ref()
    }

    /// What the file says in words.
    #[must_use]
    pub fn notes(&self) -> &Notes {
        &self.notes
    }

    /// The index of a cell in the order of states, then events.
    #[must_use]
    pub fn cell_index(&self, state: StateId, event: EventId) -> usize {
        usize::from(state) * self.events.len() + usize::from(event)
    }

    /// The number of places for cells, whether there is one or not.
    #[must_use]
    pub fn cell_places(&self) -> usize {
        self.cells.len()
    }

    /// The events that a message of this kind can be, in the order in which they are tried.
    #[must_use]
    pub fn events_of(&self, kind: u8) -> &[EventId] {
        &self.by_kind[usize::from(kind)]
    }

    /// The events that the controller causes itself.
    #[must_use]
    pub fn spontaneous(&self) -> &[EventId] {
        &self.spontaneous
    }

    /// The index of a core's event.
    ///
    /// # Panics
    /// When the controller does not stand at a core.
    #[must_use]
    pub fn core_event(&self, event: CoreEvent) -> EventId {
        assert!(
            self.place == Place::Core,
            "only a controller at a core has its events"
        );
        event as EventId
    }

    /// Whether a load in `state` is answered at once.
    #[must_use]
    pub fn may_load(&self, state: StateId) -> bool {
        let cell = |event| self.cell(state, event as EventId);
        self.place == Place::Core && cell(CoreEvent::Load).is_some_and(|cell| cell.loads)
    }

    /// Whether a store in `state` is performed at once, so that no one else learns of it.
    #[must_use]
    pub fn may_store(&self, state: StateId) -> bool {
        let cell = |event| self.cell(state, event as EventId);
        self.place == Place::Core && cell(CoreEvent::Store).is_some_and(|cell| cell.stores)
    }
}

/// A protocol of controllers that send each other messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    /// The protocol's name, for reports.
    pub name: String,
    /// Where the protocol is described.
    pub source: String,
    /// The channels.
    pub channels: Vec<Channel>,
    /// The kinds of messages.
    pub kinds: Vec<Kind>,
    /// The controllers: those at cores first, then those that there is one of.
    pub controllers: Vec<Controller>,
}

impl Network {
    /// The nodes of a machine with this many cores: each one's controller. The instances of a
    /// controller stand together, in the order of cores.
    pub fn nodes(&self, cores: usize) -> impl Iterator<Item = usize> + '_ {
        let controllers = self.controllers.iter().enumerate();
        controllers.flat_map(move |(index, controller)| {
            let count = if controller.place == Place::Core {
                cores
            } else {
                1
            };
            std::iter::repeat_n(index, count)
        })
    }

    /// The channel in which messages of a kind travel.
    #[must_use]
    pub fn channel_of(&self, kind: u8) -> &Channel {
        &self.channels[usize::from(self.kinds[usize::from(kind)].channel)]
    }

    /// How many controllers stand at each core.
    #[must_use]
    pub fn at_core(&self) -> usize {
        let at_core = |controller: &&Controller| controller.place == Place::Core;
        self.controllers.iter().filter(at_core).count()
    }

    /// The controller that cores talk to: the first at a core.
    #[must_use]
    pub fn front(&self) -> &Controller {
        &self.controllers[0]
    }
}
