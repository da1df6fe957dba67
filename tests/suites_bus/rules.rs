//! The course's rules for a split bus, cycle by cycle, written down apart from tearline: no
//! tables, no messages, no event queue.

use std::collections::{BTreeMap, VecDeque};

use super::{BusEvent, Counts, Outcome, Trace};

/// Reading memory, and the way of a line over the bus.
const READ: u64 = 100;
const TRANSFER: u64 = 10;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Message {
    Request {
        to_write: bool,
        from: usize,
        line: u64,
    },
    Data {
        from: Option<usize>,
        to: usize,
        line: u64,
    },
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Processor {
    Fetches,
    /// The cache has its access next, or has it.
    Asked(bool, u64),
    Waits(bool, u64),
    /// The cache answered in this cycle.
    Answered,
    /// The answer is latched.
    Completes,
    Finished,
}

/// What happens when these traces run, one on each processor.
pub(crate) fn run(protocol: &str, traces: &[Trace]) -> Outcome {
    let mut rules = Rules {
        protocol,
        clock: 0,
        processors: vec![Processor::Fetches; traces.len()],
        caches: vec![BTreeMap::new(); traces.len()],
        queue: VecDeque::new(),
        in_progress: false,
        shared: false,
        data: None,
        reads: None,
        counts: Counts::default(),
        bus: Vec::new(),
    };
    let mut traces: Vec<_> = traces.iter().map(|trace| trace.iter().copied()).collect();
    while rules.processors.iter().any(|&p| p != Processor::Finished) {
        rules.cycle(&mut traces);
    }
    rules.counts.run_time = rules.clock;
    let lines = rules.caches.iter().enumerate().flat_map(|(cache, lines)| {
        let held = lines.iter().filter(|(_, state)| **state != "I");
        held.map(move |(line, state)| ((cache, *line), (*state).to_owned()))
    });
    Outcome {
        counts: rules.counts,
        finals: lines.collect(),
        bus: rules.bus,
    }
}

struct Rules<'a> {
    protocol: &'a str,
    clock: u64,
    processors: Vec<Processor>,
    caches: Vec<BTreeMap<u64, &'static str>>,
    queue: VecDeque<Message>,
    in_progress: bool,
    shared: bool,
    /// On its way over the bus, and until when.
    data: Option<(u64, Message)>,
    /// Memory reads for a cache, and until when.
    reads: Option<(u64, usize, u64)>,
    counts: Counts,
    bus: Vec<BusEvent>,
}

impl Rules<'_> {
    fn cycle(&mut self, traces: &mut [impl Iterator<Item = (bool, u64)>]) {
        let on_bus = self.bus_moves();
        for node in 0..self.caches.len() {
            if let Processor::Asked(store, line) = self.processors[node] {
                self.request(node, store, line);
            }
            match on_bus {
                Some(Message::Data { to, line, .. }) if to == node => self.fill(node, line),
                Some(Message::Request {
                    to_write,
                    from,
                    line,
                }) => self.snoop(node, to_write, from, line),
                _ => {}
            }
        }
        for (processor, trace) in self.processors.iter_mut().zip(traces) {
            if let Processor::Completes | Processor::Fetches = processor {
                *processor = match trace.next() {
                    Some((store, line)) => Processor::Asked(store, line),
                    None => Processor::Finished,
                };
            }
        }
        match on_bus {
            Some(Message::Request { from, line, .. }) => {
                self.reads = Some((self.clock + READ, from, line));
            }
            Some(Message::Data { .. }) => self.reads = None,
            None => {}
        }
        if let Some((_, to, line)) = self.reads.filter(|(until, ..)| *until == self.clock) {
            self.put(None, to, line);
            self.reads = None;
        }
        for processor in &mut self.processors {
            if *processor == Processor::Answered {
                *processor = Processor::Completes;
            }
        }
        self.clock += 1;
    }

    fn bus_moves(&mut self) -> Option<Message> {
        if self.in_progress {
            let (_, message) = self.data.take_if(|(until, _)| *until == self.clock)?;
            self.in_progress = false;
            let Message::Data { from, to, line } = message else {
                unreachable!("only lines are on their way")
            };
            self.bus.push(BusEvent {
                cycle: self.clock,
                what: "DATA".to_owned(),
                from,
                to: Some(to),
                line,
            });
            return Some(message);
        }
        let message = self.queue.pop_front()?;
        self.in_progress = true;
        self.shared = false;
        let Message::Request {
            to_write,
            from,
            line,
        } = message
        else {
            unreachable!("only requests wait")
        };
        self.bus.push(BusEvent {
            cycle: self.clock,
            what: if to_write { "GETM" } else { "GETS" }.to_owned(),
            from: Some(from),
            to: None,
            line,
        });
        Some(message)
    }

    fn put(&mut self, from: Option<usize>, to: usize, line: u64) {
        assert!(self.data.is_none(), "one line is on its way");
        self.data = Some((self.clock + TRANSFER, Message::Data { from, to, line }));
        self.counts.cache_to_cache_transfers += u64::from(from.is_some());
    }

    fn state(&self, node: usize, line: u64) -> &'static str {
        self.caches[node].get(&line).copied().unwrap_or("I")
    }

    fn request(&mut self, node: usize, store: bool, line: u64) {
        self.counts.cache_accesses += 1;
        let state = self.state(node, line);
        self.processors[node] = Processor::Answered;
        let next = match (state, store) {
            ("M", _) | (_, false) if state != "I" => return,
            ("E", _) => {
                self.counts.silent_upgrades += 1;
                self.caches[node].insert(line, "M");
                return;
            }
            ("I", true) => "IM",
            ("I", false) if self.protocol == "mi" => "IM",
            ("I", false) => "IS",
            ("S", _) => "SM",
            ("O", _) => "OM",
            ("F", _) => "FM",
            _ => unreachable!("one access at a time"),
        };
        self.counts.cache_misses += 1;
        self.caches[node].insert(line, next);
        self.processors[node] = Processor::Waits(store, line);
        self.queue.push_back(Message::Request {
            to_write: next != "IS",
            from: node,
            line,
        });
    }

    fn fill(&mut self, node: usize, line: u64) {
        let next = match self.state(node, line) {
            "IM" => "M",
            "IS" if !self.shared && self.protocol.contains('e') => "E",
            "IS" => "S",
            state => unreachable!("a line comes to {state}"),
        };
        self.caches[node].insert(line, next);
        self.processors[node] = Processor::Answered;
    }

    fn snoop(&mut self, node: usize, to_write: bool, from: usize, line: u64) {
        let state = self.state(node, line);
        let own = from == node;
        let owners_stay = self.protocol.contains('o');
        if !to_write && !own && ["S", "E", "M", "O", "F", "SM", "OM", "FM"].contains(&state) {
            self.shared = true;
        }
        let supplies = ["E", "M", "O", "F", "OM", "FM"].contains(&state);
        let next = match (state, to_write) {
            ("SM" | "OM" | "FM", true) => "IM",
            ("S" | "E" | "M" | "O" | "F", true) => "I",
            ("E", false) if self.protocol == "moesif" => "F",
            ("E", false) => "S",
            ("M", false) if owners_stay => "O",
            ("M", false) => "S",
            ("OM", false) if self.protocol == "mosi" => "SM",
            _ => state,
        };
        if supplies {
            self.put(Some(node), from, line);
        }
        if next != state {
            self.caches[node].insert(line, next);
        }
    }
}
