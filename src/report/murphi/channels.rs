//! How messages travel. A channel that keeps no order is a multiset: its messages stand in one
//! canonical order, so that no two states differ in that alone.

use super::shape::{ChannelShape, KindShape, Shape};
use super::text::{Text, plain};
use crate::protocol::network::Order;

impl ChannelShape {
    /// The fields of its messages besides the kind: name and type.
    fn fields(&self) -> Vec<(&'static str, &'static str)> {
        let fields = self.fields;
        let all = [
            (fields.sender, "sender", "node"),
            (fields.receiver, "receiver", "node"),
            (fields.requester, "requester", "node"),
            (fields.acks, "acks", "ack_count"),
            (fields.line, "line", "data_value"),
        ];
        all.into_iter()
            .filter_map(|(has, name, of)| has.then_some((name, of)))
            .collect()
    }

    /// The parameters that tell its queues apart, with their types.
    pub(super) fn queues(&self, shape: &Shape<'_>) -> Vec<(&'static str, String)> {
        if self.order != Order::Pairs {
            return Vec::new();
        }
        let mut all = Vec::new();
        for (name, nodes) in [("from_node", &self.senders), ("to_node", &self.receivers)] {
            if nodes.len() > 1 {
                let (first, last) = (nodes[0], nodes[nodes.len() - 1]);
                let of = shape.of_node(first);
                let same = last < of.first + of.count;
                all.push((
                    name,
                    if same {
                        of.node.clone()
                    } else {
                        "node".to_owned()
                    },
                ));
            }
        }
        all
    }

    /// The queue that the parameters name.
    pub(super) fn queue(&self, shape: &Shape<'_>) -> String {
        let queues = self.queues(shape);
        let indices: String = queues.iter().map(|(name, _)| format!("[{name}]")).collect();
        format!("{}{indices}", self.name)
    }

    fn is_many(&self) -> bool {
        self.kinds.len() > 1
    }

    /// Some kind of message makes a store be performed where it arrives.
    pub(super) fn stores(&self, shape: &Shape<'_>) -> bool {
        let kinds = self.kinds.iter().map(|&kind| &shape.kinds[kind]);
        kinds
            .flat_map(|kind| kind.at.iter().flatten())
            .any(|at| at.stores)
    }

    /// It can happen that a message does not arrive at once, or in more than one way.
    fn is_asked(&self, shape: &Shape<'_>) -> bool {
        let kinds = self.kinds.iter().map(|&kind| &shape.kinds[kind]);
        self.order != Order::Broadcast
            && kinds
                .flat_map(|kind| kind.at.iter().flatten())
                .any(|at| at.goes.is_some())
    }

    pub(super) fn types(&self, out: &mut Text, shape: &Shape<'_>) {
        let kinds = self.kinds.iter().map(|&kind| &*shape.kinds[kind].name);
        let kinds: Vec<&str> = kinds.collect();
        out.line(format!("{}: enum {{ {} }};", self.kind, kinds.join(", ")));
        out.block(format!("{}: record", self.message), "end;", |out| {
            out.line(format!("kind: {};", self.kind));
            for (name, of) in self.fields() {
                out.line(format!("{name}: {of};"));
            }
        });
    }

    pub(super) fn variables(&self, out: &mut Text, shape: &Shape<'_>) {
        let order = match self.order {
            Order::None => "in no order",
            Order::Pairs => "in order from one node to another",
            Order::Broadcast => "to all, one after another",
        };
        let queues = self.queues(shape);
        let arrays: String = queues
            .iter()
            .map(|(_, of)| format!("array [{of}] of "))
            .collect();
        out.block(
            format!("{}: {arrays}record -- {order}", self.name),
            "end;",
            |out| {
                out.line(format!(
                    "at: array [0..{}] of {};",
                    self.most - 1,
                    self.message
                ));
                out.line(format!("count: 0..{};", self.most));
            },
        );
        for flag in self.busy.iter().chain(&self.wire) {
            out.line(format!("{flag}: boolean;"));
        }
    }

    /// The procedures that put messages in and take them out.
    pub(super) fn procedures(&self, out: &mut Text, shape: &Shape<'_>) {
        let sorted = self.order == Order::None;
        let mut parameters = vec![format!("kind: {}", self.kind)];
        let queues = self.queues(shape);
        parameters.extend(queues.iter().map(|(name, of)| format!("{name}: {of}")));
        parameters.extend(
            self.fields()
                .iter()
                .map(|(name, of)| format!("{name}: {of}")),
        );
        if sorted && self.is_many() {
            out.block(
                format!(
                    "function {}(kind: {}): count_value; begin",
                    self.rank, self.kind
                ),
                "end;",
                |out| {
                    out.block("switch kind", "endswitch;", |out| {
                        for (rank, &kind) in self.kinds.iter().enumerate() {
                            out.line(format!("case {}: return {rank};", shape.kinds[kind].name));
                        }
                    });
                },
            );
            out.blank();
        }
        if sorted {
            self.after(out, &parameters);
        }
        let queue = self.queue(shape);
        out.line(format!(
            "procedure {}({});",
            self.send,
            parameters.join("; ")
        ));
        out.line(format!("var j: 0..{};", self.most));
        out.block("begin", "end;", |out| {
            let name = plain(&self.name);
            out.block(
                format!("if {queue}.count = {} then", self.most),
                "endif;",
                |out| {
                    out.line(format!(
                        "error \"bounded channels: {name} has no place for another message\";"
                    ));
                },
            );
            out.line(format!("j := {queue}.count;"));
            if sorted {
                let names: Vec<&str> = self.fields().iter().map(|(name, _)| *name).collect();
                let arguments: String = names.iter().map(|name| format!(", {name}")).collect();
                let after = format!("{}(j - 1, kind{arguments})", self.after);
                out.block(format!("while j > 0 & {after} do"), "endwhile;", |out| {
                    out.line(format!("{queue}.at[j] := {queue}.at[j - 1];"));
                    out.line("j := j - 1;");
                });
            }
            out.line(format!("{queue}.at[j].kind := kind;"));
            for (name, _) in self.fields() {
                out.line(format!("{queue}.at[j].{name} := {name};"));
            }
            out.line(format!("{queue}.count := {queue}.count + 1;"));
        });
        out.blank();
        let mut parameters: Vec<String> = queues
            .iter()
            .map(|(name, of)| format!("{name}: {of}"))
            .collect();
        if sorted {
            parameters.push(format!("i: 0..{}", self.most - 1));
        }
        out.line(format!(
            "procedure {}({});",
            self.remove,
            parameters.join("; ")
        ));
        out.line(format!("var j: 0..{};", self.most));
        out.block("begin", "end;", |out| {
            out.line(if sorted { "j := i;" } else { "j := 0;" });
            out.block(
                format!("while j + 1 < {queue}.count do"),
                "endwhile;",
                |out| {
                    out.line(format!("{queue}.at[j] := {queue}.at[j + 1];"));
                    out.line("j := j + 1;");
                },
            );
            out.line(format!("undefine {queue}.at[j];"));
            out.line(format!("{queue}.count := {queue}.count - 1;"));
        });
        out.blank();
        self.has_room(out, shape);
    }

    /// Whether the message at a place stands behind another in the canonical order.
    fn after(&self, out: &mut Text, parameters: &[String]) {
        out.block(
            format!(
                "function {}(i: 0..{}; {}): boolean; begin",
                self.after,
                self.most - 1,
                parameters.join("; ")
            ),
            "end;",
            |out| {
                let at = format!("{}.at[i]", self.name);
                if self.is_many() {
                    let rank = &self.rank;
                    out.block(format!("if {at}.kind != kind then"), "endif;", |out| {
                        out.line(format!("return {rank}({at}.kind) > {rank}(kind);"));
                    });
                }
                for (name, _) in self.fields() {
                    out.block(format!("if {at}.{name} != {name} then"), "endif;", |out| {
                        out.line(format!("return {at}.{name} > {name};"));
                    });
                }
                out.line("return false;");
            },
        );
        out.blank();
    }

    /// Whether another message may be sent from one node to another.
    fn has_room(&self, out: &mut Text, shape: &Shape<'_>) {
        let channels = shape.network.channels.iter().zip(&shape.channels);
        let found = channels
            .filter(|(_, of)| of.name == self.name)
            .find_map(|(of, _)| of.capacity);
        let Some(capacity) = found else { return };
        let head = format!(
            "function {}(from_node: node; to_node: node): boolean;",
            self.room
        );
        if self.order == Order::Pairs {
            let queue = self.queue(shape);
            out.block(format!("{head} begin"), "end;", |out| {
                out.line(format!("return {queue}.count < {capacity};"));
            });
        } else {
            out.line(head);
            out.line(format!("var k: 0..{};", self.most));
            out.block("begin", "end;", |out| {
                let (at, mut same) = (
                    format!("{}.at[i]", self.name),
                    vec![format!("i < {}.count", self.name)],
                );
                if self.fields.sender {
                    same.push(format!("{at}.sender = from_node"));
                }
                if self.fields.receiver {
                    same.push(format!("{at}.receiver = to_node"));
                }
                out.line("k := 0;");
                out.block(
                    format!("for i: 0..{} do", self.most - 1),
                    "endfor;",
                    |out| {
                        out.line(format!("if {} then k := k + 1; endif;", same.join(" & ")));
                    },
                );
                out.line(format!("return k < {capacity};"));
            });
        }
        out.blank();
    }

    /// The arguments for what a controller does with the message `m`.
    fn arguments(
        &self,
        shape: &Shape<'_>,
        kind: usize,
        controller: usize,
        at: (&str, bool),
    ) -> String {
        let (m, whole) = at;
        let (of, to) = (&shape.kinds[kind], &shape.controllers[controller]);
        let mut all = Vec::new();
        if to.is_many() {
            all.push(match self.order {
                Order::Broadcast => "n".to_owned(),
                Order::Pairs if self.receivers.len() > 1 => "to_node".to_owned(),
                Order::None if self.fields.receiver => format!("{m}.receiver"),
                _ => to.first.to_string(),
            });
        }
        if shape.network.kinds[kind].uses.sender {
            all.push(match self.order {
                Order::Pairs if self.senders.len() > 1 => "from_node".to_owned(),
                _ if of.fields.sender => format!("{m}.sender"),
                _ => of.senders.first().unwrap_or(&0).to_string(),
            });
        }
        let stores = of.at[controller].as_ref().is_some_and(|at| at.stores);
        for (has, text) in [
            (of.fields.requester, format!("{m}.requester")),
            (of.fields.acks, format!("{m}.acks")),
            (of.fields.line && whole, format!("{m}.line")),
            (stores, "stored".to_owned()),
        ] {
            if has {
                all.push(text);
            }
        }
        all.join(", ")
    }

    /// One of several things, by the controller of the message's receiver.
    fn by_receiver(
        &self,
        out: &mut Text,
        shape: &Shape<'_>,
        (kind, m): (&KindShape, &str),
        each: impl Fn(&mut Text, usize),
        stray: impl Fn(&mut Text),
    ) {
        let known = |index: usize| kind.at[index].is_some();
        let covered = self
            .receivers
            .iter()
            .all(|&node| kind.receivers.contains(&node));
        let controllers: Vec<usize> = (0..kind.at.len()).filter(|&index| known(index)).collect();
        if let ([only], true) = (&controllers[..], covered) {
            return each(out, *only);
        }
        let receiver = match self.order {
            Order::Pairs if self.receivers.len() > 1 => "to_node".to_owned(),
            Order::None if self.fields.receiver => format!("{m}.receiver"),
            _ => self.receivers.first().unwrap_or(&0).to_string(),
        };
        let mut word = "if";
        for &index in &controllers {
            let of = &shape.controllers[index];
            let last = of.first + of.count - 1;
            out.line(match of.is_many() {
                true => format!(
                    "{word} {receiver} >= {} & {receiver} <= {last} then",
                    of.first
                ),
                false => format!("{word} {receiver} = {} then", of.node),
            });
            out.deeper(|out| each(out, index));
            word = "elsif";
        }
        if controllers.is_empty() {
            return stray(out);
        }
        out.line("else");
        out.deeper(stray);
        out.line("endif;");
    }

    /// The function that says whether a message can be delivered now.
    pub(super) fn delivers(&self, out: &mut Text, shape: &Shape<'_>) {
        if !self.is_asked(shape) {
            return;
        }
        let queues = self.queues(shape);
        let mut parameters: Vec<String> = queues
            .iter()
            .map(|(name, of)| format!("{name}: {of}"))
            .collect();
        let mut place = "0".to_owned();
        if self.order == Order::None {
            parameters.push(format!("i: 0..{}", self.most - 1));
            place = "i".to_owned();
        }
        let stores = self.stores(shape);
        if stores {
            parameters.push("stored: data_value".to_owned());
        }
        let otherwise = if stores { "stored = 0" } else { "true" };
        let m = format!("{}.at[{place}]", self.queue(shape));
        out.line(match stores {
            true => "-- Whether a message arrives now; with `stored`, if that performs a store.",
            false => "-- Whether a message arrives now.",
        });
        let head = format!(
            "function {}({}): boolean; begin",
            self.goes,
            parameters.join("; ")
        );
        out.block(head, "end;", |out| {
            out.block(format!("switch {m}.kind"), "endswitch;", |out| {
                for &kind in &self.kinds {
                    let of = &shape.kinds[kind];
                    out.line(format!("case {}:", of.name));
                    let each = |out: &mut Text, index: usize| {
                        let at = of.at[index].as_ref().expect("a receiver knows the kind");
                        let arguments = self.arguments(shape, kind, index, (&m, false));
                        out.line(match &at.goes {
                            Some(goes) if at.stores || !stores => {
                                format!("return {goes}({arguments});")
                            }
                            Some(goes) => format!("return {otherwise} & {goes}({arguments});"),
                            None => format!("return {otherwise};"),
                        });
                    };
                    let stray = |out: &mut Text| out.line(format!("return {otherwise};"));
                    out.deeper(|out| self.by_receiver(out, shape, (of, &m), each, stray));
                }
            });
        });
        out.blank();
    }

    /// The rule that a message arrives.
    pub(super) fn rule(&self, out: &mut Text, shape: &Shape<'_>) {
        let queue = self.queue(shape);
        let mut sets: Vec<String> = self
            .queues(shape)
            .iter()
            .map(|(name, of)| format!("{name}: {of}"))
            .collect();
        let mut removed: Vec<&str> = self.queues(shape).iter().map(|(name, _)| *name).collect();
        let mut place = "0";
        if self.order == Order::None {
            sets.push(format!("i: 0..{}", self.most - 1));
            removed.push("i");
            place = "i";
        }
        if self.stores(shape) {
            sets.push("stored: data_value".to_owned());
        }
        let guard = self.guard(shape, "stored");
        let rule = |out: &mut Text| {
            out.line(format!(
                "rule \"{}: a message arrives\" {guard} ==>",
                plain(&self.name)
            ));
            out.line(format!("var m: {};", self.message));
            out.block("begin", "endrule;", |out| {
                out.line(format!("m := {queue}.at[{place}];"));
                out.line(format!("{}({});", self.remove, removed.join(", ")));
                self.flags(out, shape);
                out.block("switch m.kind", "endswitch;", |out| {
                    for &kind in &self.kinds {
                        out.line(format!("case {}:", shape.kinds[kind].name));
                        out.deeper(|out| self.arrives(out, shape, kind));
                    }
                });
            });
        };
        if sets.is_empty() {
            rule(out);
        } else {
            out.block(
                format!("ruleset {} do", sets.join("; ")),
                "endruleset;",
                rule,
            );
        }
        out.blank();
    }

    /// What a delivery does to buses: a broadcast occupies its own and lowers the wire; every
    /// message frees those that wait for one of its channel.
    fn flags(&self, out: &mut Text, shape: &Shape<'_>) {
        if self.order == Order::Broadcast {
            if let Some(busy) = &self.busy {
                out.line(format!("{busy} := true;"));
            }
            if let Some(wire) = &self.wire {
                out.line(format!("{wire} := false;"));
            }
        }
        for (of, other) in shape.network.channels.iter().zip(&shape.channels) {
            let until = of
                .until
                .map(|until| &shape.channels[usize::from(until)].name);
            if let (true, Some(busy)) = (until == Some(&self.name), &other.busy) {
                out.line(format!("{busy} := false;"));
            }
        }
    }

    fn arrives(&self, out: &mut Text, shape: &Shape<'_>, kind: usize) {
        let of = &shape.kinds[kind];
        let call = |index: usize| {
            let at = of.at[index].as_ref().expect("a receiver knows the kind");
            let arguments = self.arguments(shape, kind, index, ("m", true));
            format!("{}({arguments});", at.procedure)
        };
        if self.order == Order::Broadcast {
            for (index, to) in shape.controllers.iter().enumerate() {
                if of.at[index].is_some() {
                    out.line(match to.is_many() {
                        true => format!("for n: {} do {} endfor;", to.node, call(index)),
                        false => call(index),
                    });
                }
            }
            return;
        }
        let stray = |out: &mut Text| {
            out.line(format!("error \"{} goes astray\";", of.name));
        };
        self.by_receiver(
            out,
            shape,
            (of, "m"),
            |out, index| out.line(call(index)),
            stray,
        );
    }

    /// When a message arrives, with this value to be stored if it performs a store.
    fn guard(&self, shape: &Shape<'_>, stored: &str) -> String {
        let queue = self.queue(shape);
        let mut arguments: Vec<&str> = self.queues(shape).iter().map(|(name, _)| *name).collect();
        let mut guard = format!("{queue}.count > 0");
        if self.order == Order::None {
            guard = format!("i < {queue}.count");
            arguments.push("i");
        }
        if let (Order::Broadcast, Some(busy)) = (self.order, &self.busy) {
            guard += &format!(" & !{busy}");
        }
        if self.is_asked(shape) {
            if self.stores(shape) {
                arguments.push(stored);
            }
            guard += &format!(" & {}({})", self.goes, arguments.join(", "));
        }
        guard
    }

    /// Returns `true` where a message can arrive.
    pub(super) fn progress(&self, out: &mut Text, shape: &Shape<'_>) {
        let mut line = format!("if {} then return true; endif;", self.guard(shape, "0"));
        if self.order == Order::None {
            line = format!("for i: 0..{} do {line} endfor;", self.most - 1);
        }
        for (name, of) in self.queues(shape).iter().rev() {
            line = format!("for {name}: {of} do {line} endfor;");
        }
        out.line(line);
    }

    /// Returns `false` where messages are in flight.
    pub(super) fn quiet(&self, out: &mut Text, shape: &Shape<'_>) {
        let mut line = format!(
            "if {}.count > 0 then return false; endif;",
            self.queue(shape)
        );
        for (name, of) in self.queues(shape).iter().rev() {
            line = format!("for {name}: {of} do {line} endfor;");
        }
        out.line(line);
    }

    /// The state at the beginning.
    pub(super) fn start(&self, out: &mut Text, shape: &Shape<'_>) {
        let mut line = format!("{}.count := 0;", self.queue(shape));
        for (name, of) in self.queues(shape).iter().rev() {
            line = format!("for {name}: {of} do {line} endfor;");
        }
        out.line(line);
        for flag in self.busy.iter().chain(&self.wire) {
            out.line(format!("{flag} := false;"));
        }
    }
}
