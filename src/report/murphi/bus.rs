//! The model of a protocol on an atomic bus: every access is one step, with all snoops.

use super::names::Names;
use super::text::{Text, plain};
use super::{MurphiSize, head};
use crate::protocol::{Cell, Event, State, Table, Transaction};

/// What the model itself calls something.
const OWN: &str = "cache_number cache_state data_value cache memory latest may_read may_write \
                   write number requester other stored state value shared supplied refused";

/// The text of the model.
pub(super) fn model(table: &Table, size: MurphiSize) -> String {
    let mut names = Names::new(OWN);
    let states = table
        .states()
        .map(|state| names.add(table.state_name(state)));
    let mut bus = Bus {
        table,
        states: states.collect(),
        transactions: Vec::new(),
        supplied: Vec::new(),
        refused: Vec::new(),
    };
    for kind in Transaction::ALL {
        let snooped = |does: fn(&Cell) -> bool| {
            table
                .states()
                .any(|state| table.cell(state, kind.event()).is_some_and(does))
        };
        bus.supplied
            .push(kind.fetches() && snooped(|cell| cell.flush || cell.flush_opt));
        bus.refused.push(snooped(|cell| cell.retry));
        bus.transactions.push(names.add(kind.name()));
    }
    let mut out = Text::default();
    head(&mut out, table.name(), size);
    bus.declare(&mut out, size);
    for kind in Transaction::ALL {
        let made = |cell: Option<&Cell>| cell.is_some_and(|cell| cell.transaction == Some(kind));
        let mut asked = table
            .states()
            .flat_map(|state| [Event::Load, Event::Store].map(|event| table.cell(state, event)));
        if asked.any(made) {
            bus.transaction(&mut out, kind);
        }
    }
    bus.rules(&mut out);
    out.finish()
}

struct Bus<'a> {
    table: &'a Table,
    /// The identifiers of states.
    states: Vec<String>,
    /// For each transaction its procedure, whether a cache can supply the line, and whether one
    /// can refuse.
    transactions: Vec<String>,
    supplied: Vec<bool>,
    refused: Vec<bool>,
}

impl Bus<'_> {
    fn state(&self, state: State) -> &str {
        &self.states[usize::from(state.0)]
    }

    fn states_where(&self, holds: impl Fn(State) -> bool) -> String {
        let those = self.table.states().filter(|&state| holds(state));
        let those: Vec<String> = those
            .map(|state| format!("s = {}", self.state(state)))
            .collect();
        match those.is_empty() {
            true => "false".to_owned(),
            false => those.join(" | "),
        }
    }

    fn declare(&self, out: &mut Text, size: MurphiSize) {
        out.line("type");
        out.deeper(|out| {
            out.line(format!("cache_number: 0..{};", size.cores - 1));
            out.line(format!("data_value: 0..{};", size.values - 1));
            out.line(format!(
                "cache_state: enum {{ {} }};",
                self.states.join(", ")
            ));
        });
        out.blank();
        out.line("var");
        out.deeper(|out| {
            out.block("cache: array [cache_number] of record", "end;", |out| {
                out.line("state: cache_state;");
                out.line(format!(
                    "value: data_value; -- 0 in {}",
                    self.state(self.table.initial())
                ));
            });
            out.line("memory: data_value;");
            out.line("latest: data_value; -- what the last store left");
        });
        out.blank();
        out.line("-- Whether a core may read, and write, without the bus.");
        for (name, may) in [
            (
                "may_read",
                self.states_where(|state| self.table.may_load(state)),
            ),
            (
                "may_write",
                self.states_where(|state| self.table.may_store(state)),
            ),
        ] {
            out.block(
                format!("function {name}(s: cache_state): boolean; begin"),
                "end;",
                |out| out.line(format!("return {may};")),
            );
            out.blank();
        }
        out.line("-- The core writes a part of the line: the rest must be the latest.");
        out.block(
            "procedure write(number: cache_number; stored: data_value); begin",
            "end;",
            |out| {
                out.line(
                    "assert cache[number].value = latest \"data value: a store to a stale copy\";",
                );
                out.line("cache[number].value := stored;");
                out.line("latest := stored;");
            },
        );
        out.blank();
    }

    /// What all other caches do, and memory.
    fn transaction(&self, out: &mut Text, kind: Transaction) {
        let (index, event) = (kind as usize, kind.event());
        let (supplied, refused) = (self.supplied[index], self.refused[index]);
        let initial = self.table.initial();
        out.line(format!(
            "-- All other caches that have the line meet {}.",
            kind.name()
        ));
        out.line(format!(
            "procedure {}(requester: cache_number; var shared: boolean);",
            self.transactions[index]
        ));
        if supplied || refused {
            out.line("var");
            let local = |on: bool, name: &str| on.then(|| format!("  {name}: boolean;"));
            for line in [local(supplied, "supplied"), local(refused, "refused")] {
                line.into_iter().for_each(|line| out.line(line));
            }
        }
        out.block("begin", "end;", |out| {
            let once = |out: &mut Text| {
                out.line("shared := false;");
                if supplied {
                    out.line("supplied := false;");
                }
                out.block("for other: cache_number do", "endfor;", |out| {
                    out.block("if other != requester then", "endif;", |out| {
                        out.block("switch cache[other].state", "endswitch;", |out| {
                            out.line(format!(
                                "case {}: -- it has not the line",
                                self.state(initial)
                            ));
                            for state in self.table.states().filter(|&state| state != initial) {
                                self.snoop(out, state, event);
                            }
                        });
                    });
                });
            };
            if refused {
                out.line("refused := true;");
                out.block("while refused do", "endwhile;", |out| {
                    out.line("refused := false;");
                    once(out);
                });
            } else {
                once(out);
            }
            if kind.fetches() {
                let none = if supplied { "!supplied & " } else { "" };
                let held = format!("cache[requester].state = {}", self.state(initial));
                out.block(format!("if {none}{held} then"), "endif;", |out| {
                    out.line("cache[requester].value := memory;");
                });
            }
        });
        out.blank();
    }

    fn snoop(&self, out: &mut Text, state: State, event: Event) {
        out.line(format!("case {}:", self.state(state)));
        let Some(cell) = self.table.cell(state, event) else {
            let (state, event) = (plain(self.table.state_name(state)), event.name());
            out.deeper(|out| out.line(format!("error \"no cell ({state}, {event})\";")));
            return;
        };
        let fetches = event == Event::BusRd || event == Event::BusRdX;
        out.deeper(|out| {
            if cell.shared {
                out.line("shared := true;");
            }
            if cell.retry {
                out.line("refused := true;");
            }
            if cell.updates_memory() {
                out.line("memory := cache[other].value;");
            }
            if !cell.write_back && (cell.flush || cell.flush_opt) && fetches {
                out.block("if !supplied then", "endif;", |out| {
                    out.line("cache[requester].value := cache[other].value;");
                    out.line("supplied := true;");
                });
            }
            self.becomes(out, "other", state, cell.next_alone);
        });
    }

    /// The change of a cache's state.
    fn becomes(&self, out: &mut Text, number: &str, from: State, to: State) {
        if to != from {
            out.line(format!("cache[{number}].state := {};", self.state(to)));
        }
        if to == self.table.initial() && from != to {
            out.line(format!("cache[{number}].value := 0;"));
        }
    }

    fn rules(&self, out: &mut Text) {
        out.block("ruleset number: cache_number do", "endruleset;", |out| {
            for state in self.table.states() {
                for event in [Event::Load, Event::Store, Event::Evict] {
                    self.rule(out, state, event);
                }
            }
        });
        out.blank();
        let initial = self.state(self.table.initial());
        out.block("startstate", "endstartstate;", |out| {
            out.block("for number: cache_number do", "endfor;", |out| {
                out.line(format!("cache[number].state := {initial};"));
                out.line("cache[number].value := 0;");
            });
            out.line("memory := 0;");
            out.line("latest := 0;");
        });
        out.blank();
        out.line("invariant \"single writer or many readers\"");
        out.deeper(|out| {
            out.line("forall number: cache_number do may_write(cache[number].state) ->");
            out.line("  forall other: cache_number do");
            out.line("    number != other -> !may_read(cache[other].state) & !may_write(cache[other].state)");
            out.line("  endforall");
            out.line("endforall;");
        });
        out.blank();
        out.line("invariant \"data value\"");
        out.deeper(|out| {
            out.line("forall number: cache_number do");
            out.line("  may_read(cache[number].state) | may_write(cache[number].state)");
            out.line("    -> cache[number].value = latest");
            out.line("endforall;");
        });
    }

    /// What a core asks of a line in some state, if that changes something.
    fn rule(&self, out: &mut Text, state: State, event: Event) {
        let is_initial = state == self.table.initial();
        let cell = self.table.cell(state, event);
        let is_hit =
            cell.is_some_and(|cell| cell.transaction.is_none() && cell.next_alone == state);
        if event == Event::Evict && is_initial || event == Event::Load && is_hit {
            return;
        }
        let name = format!("{}, {}", plain(self.table.state_name(state)), event.name());
        let guard = format!("cache[number].state = {}", self.state(state));
        let asks = cell.is_some_and(|cell| cell.transaction.is_some());
        let shared = if asks && event != Event::Evict {
            "var shared: boolean; "
        } else {
            ""
        };
        let one = |out: &mut Text| {
            out.block(
                format!("rule \"{name}\" {guard} ==> {shared}begin"),
                "endrule;",
                |out| match event {
                    Event::Evict => self.evict(out, state),
                    _ => self.access(out, state, event, &mut Vec::new()),
                },
            );
        };
        if event == Event::Store {
            out.block("ruleset stored: data_value do", "endruleset;", one);
        } else {
            one(out);
        }
    }

    fn missing(&self, out: &mut Text, state: State, event: Event) {
        let state = plain(self.table.state_name(state));
        out.line(format!("error \"no cell ({state}, {})\";", event.name()));
    }

    fn evict(&self, out: &mut Text, state: State) {
        let Some(cell) = self.table.cell(state, Event::Evict) else {
            return self.missing(out, state, Event::Evict);
        };
        if cell.flush {
            out.line("memory := cache[number].value;");
        }
        self.becomes(out, "number", state, cell.next_alone);
    }

    /// A load or a store; `before` are the states in which it was looked up already.
    fn access(&self, out: &mut Text, state: State, event: Event, before: &mut Vec<State>) {
        let Some(cell) = self.table.cell(state, event) else {
            return self.missing(out, state, event);
        };
        let Some(kind) = cell.transaction else {
            self.becomes(out, "number", state, cell.next_alone);
            return performed(out, event);
        };
        out.line(format!(
            "{}(number, shared);",
            self.transactions[kind as usize]
        ));
        let next = |out: &mut Text, to: State, before: &mut Vec<State>| {
            self.becomes(out, "number", state, to);
            if !cell.looks_again(event) {
                return;
            }
            if before.contains(&to) || to == state {
                out.line("error \"the store is looked up again and again\";");
            } else {
                out.line("-- The line came to be read: the store is looked up again.");
                before.push(state);
                self.access(out, to, event, before);
                before.pop();
            }
        };
        if cell.next_alone == cell.next_shared {
            next(out, cell.next_alone, before);
        } else {
            out.line("if shared then");
            out.deeper(|out| next(out, cell.next_shared, before));
            out.line("else");
            out.deeper(|out| next(out, cell.next_alone, before));
            out.line("endif;");
        }
        if cell.looks_again(event) {
            return;
        }
        performed(out, event);
        if kind == Transaction::BusUpd && event == Event::Store {
            let initial = self.state(self.table.initial());
            out.block("for other: cache_number do", "endfor;", |out| {
                out.block(
                    format!("if cache[other].state != {initial} then"),
                    "endif;",
                    |out| {
                        out.line("cache[other].value := stored;");
                    },
                );
            });
        }
        if cell.write_through && event == Event::Store {
            out.line("memory := stored;");
        }
    }
}

fn performed(out: &mut Text, event: Event) {
    match event {
        Event::Store => out.line("write(number, stored);"),
        _ => {
            out.line("assert cache[number].value = latest \"data value: a load of a stale copy\";")
        }
    }
}
