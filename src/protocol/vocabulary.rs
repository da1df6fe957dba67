//! The fixed words of a protocol on an atomic bus: events that meet a line, transactions
//! on the bus, and what a cache does. The names are those of Culler and Singh, "Parallel
//! Computer Architecture" (1999), section 5.3.

/// What a line in a cache can meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Event {
    /// Its core reads it.
    Load,
    /// Its core writes it.
    Store,
    /// Its place is needed for another line.
    Evict,
    /// Another cache asks for a copy to read.
    BusRd,
    /// Another cache asks for the only copy, to write.
    BusRdX,
    /// Another cache has a copy and asks for it to be the only one.
    BusUpgr,
    /// Another cache broadcasts the bytes that it writes.
    BusUpd,
}

impl Event {
    /// All events, in the order of their discriminants.
    pub const ALL: [Event; 7] = [
        Event::Load,
        Event::Store,
        Event::Evict,
        Event::BusRd,
        Event::BusRdX,
        Event::BusUpgr,
        Event::BusUpd,
    ];

    /// The event's name in a protocol file.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Event::Load => "Load",
            Event::Store => "Store",
            Event::Evict => "Evict",
            Event::BusRd => "BusRd",
            Event::BusRdX => "BusRdX",
            Event::BusUpgr => "BusUpgr",
            Event::BusUpd => "BusUpd",
        }
    }
}

/// A request on the bus, seen by all other caches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transaction {
    /// A copy to read.
    BusRd,
    /// The only copy, to write.
    BusRdX,
    /// The other copies away, to write the one that is here.
    BusUpgr,
    /// The written bytes to all copies.
    BusUpd,
}

impl Transaction {
    /// All transactions, in the order of their discriminants.
    pub const ALL: [Transaction; 4] = [
        Transaction::BusRd,
        Transaction::BusRdX,
        Transaction::BusUpgr,
        Transaction::BusUpd,
    ];

    /// The event that other caches meet.
    #[must_use]
    pub fn event(self) -> Event {
        match self {
            Transaction::BusRd => Event::BusRd,
            Transaction::BusRdX => Event::BusRdX,
            Transaction::BusUpgr => Event::BusUpgr,
            Transaction::BusUpd => Event::BusUpd,
        }
    }

    /// Whether the line itself comes with the answer.
    #[must_use]
    pub fn fetches(self) -> bool {
        matches!(self, Transaction::BusRd | Transaction::BusRdX)
    }

    /// The transaction's name in a protocol file.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.event().name()
    }
}
