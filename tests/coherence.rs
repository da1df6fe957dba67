//! The meaning of a table on the bus, for one line whose copies are nothing but states and a
//! number for its bytes: what a proof would run.

mod common;

use common::shipped_protocol;
use tearline::coherence::{Copies, Happened, Place, Served, evict, hit, transact};
use tearline::protocol::{Event, State, Protocol, Table, Transaction};

/// Three caches and memory.
#[derive(Clone, Debug)]
struct Line {
    states: [State; 3],
    bytes: [u32; 3],
    memory: u32,
    asked: Vec<Transaction>,
    refused: usize,
}

impl Copies for Line {
    fn caches(&self) -> usize {
        3
    }

    fn state(&self, cache: usize) -> State {
        self.states[cache]
    }

    fn set_state(&mut self, cache: usize, state: State) {
        self.states[cache] = state;
    }

    fn copy_line(&mut self, from: Place, to: Place) {
        let bytes = match from {
            Place::Cache(cache) => self.bytes[cache],
            Place::Memory => self.memory,
        };
        match to {
            Place::Cache(cache) => self.bytes[cache] = bytes,
            Place::Memory => self.memory = bytes,
        }
    }

    fn observe(&mut self, happened: &Happened) {
        match *happened {
            Happened::Served { kind, .. } => self.asked.push(kind),
            Happened::Refused { .. } => self.refused += 1,
            _ => {}
        }
    }
}

impl Line {
    fn new(table: &Table) -> Line {
        Line {
            states: [table.initial(); 3],
            bytes: [0; 3],
            memory: 0,
            asked: Vec::new(),
            refused: 0,
        }
    }

    fn access(&mut self, table: &Table, cache: usize, event: Event) -> Served {
        match hit(table, self, cache, event).expect("a cell") {
            true => Served::default(),
            false => transact(table, self, cache, event).expect("a cell"),
        }
    }

    fn load(&mut self, table: &Table, cache: usize) -> u32 {
        self.access(table, cache, Event::Load);
        self.bytes[cache]
    }

    fn store(&mut self, table: &Table, cache: usize, value: u32) -> Served {
        let served = self.access(table, cache, Event::Store);
        self.bytes[cache] = value;
        for other in 0..3 {
            if served.broadcast && self.states[other] != table.initial() {
                self.bytes[other] = value;
            }
        }
        if served.write_through {
            self.memory = value;
        }
        served
    }
}

#[test]
fn a_refused_request_is_made_again_and_memory_answers() {
    let table = shipped_protocol("synapse");
    let mut line = Line::new(&table);
    line.store(&table, 0, 7);
    let served = line.access(&table, 1, Event::Load);
    assert_eq!(
        (served.transactions, served.write_backs, line.refused),
        (2, 1, 1)
    );
    assert_eq!((line.bytes[1], line.memory), (7, 7));
    assert_eq!(
        line.states[0],
        table.initial(),
        "the owner gives the line up"
    );
}

#[test]
fn a_store_that_fetches_a_copy_to_read_is_looked_up_again() {
    use Transaction::{BusRd, BusUpd};
    let table = shipped_protocol("dragon");
    let mut line = Line::new(&table);
    assert_eq!(line.store(&table, 0, 1).transactions, 1);
    let served = line.store(&table, 1, 2);
    assert_eq!((served.transactions, served.broadcast), (2, true));
    assert_eq!(line.asked, [BusRd, BusRd, BusUpd]);
    assert_eq!((line.bytes[0], line.bytes[1], line.memory), (2, 2, 0));
}

#[test]
fn the_first_write_goes_through() {
    let table = shipped_protocol("write-once");
    let mut line = Line::new(&table);
    line.load(&table, 0);
    assert!(line.store(&table, 0, 1).write_through);
    assert_eq!(line.store(&table, 0, 2), Served::default());
    assert_eq!(line.memory, 1);
    assert!(evict(&table, &mut line, 0).expect("a cell"), "it is newer");
    assert_eq!(line.memory, 2);
}

#[test]
fn every_reader_sees_the_last_store() {
    for protocol in common::protocols_in("models/protocols") {
        let Protocol::Bus(table) = protocol else {
            continue; // what goes over a network is no matter of one line's copies
        };
        let mut line = Line::new(&table);
        for round in 1..60_u32 {
            let (writer, reader) = (round as usize % 3, round as usize / 3 % 3);
            line.store(&table, writer, round);
            assert_eq!(line.load(&table, reader), round, "{}", table.name());
            let leaver = round as usize / 5 % 3;
            if line.states[leaver] != table.initial() {
                evict(&table, &mut line, leaver).expect("a cell");
            }
        }
    }
}
