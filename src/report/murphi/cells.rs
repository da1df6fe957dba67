//! What events do: a procedure for each controller and kind of message, and a rule for each cell
//! that a core or the controller itself makes happen.

use std::cell::RefCell;

use super::expressions::{Scope, Sizes};
use super::shape::{ControllerShape, KindShape, Meets, Shape, cells};
use super::text::Text;
use crate::protocol::network::{
    Action, Cell, CoreEvent, NodeExpr, Order, SetExpr, SetTerm, Trigger, VarKind,
};

/// Writes cells, and gathers the functions that they need.
pub(super) struct Cells<'a> {
    pub(super) shape: &'a Shape<'a>,
    pub(super) sizes: RefCell<Sizes>,
}

/// A cell and where it stands.
#[derive(Clone, Copy)]
struct Entry<'a> {
    of: &'a ControllerShape<'a>,
    state: u8,
    cell: &'a Cell,
    /// A message is met.
    in_message: bool,
}

impl<'a> Cells<'a> {
    /// What expressions of a controller mean when it meets this kind of message, or none.
    fn scope(&'a self, of: &'a ControllerShape<'a>, kind: Option<&KindShape>) -> Scope<'a> {
        let given = |has: bool, name: &str| if has { name } else { "0" }.to_owned();
        let fields = kind.map(|kind| kind.fields).unwrap_or_default();
        Scope {
            shape: self.shape,
            of,
            sender: given(kind.is_some(), "sender"),
            requester: given(fields.requester, "requester"),
            acks: given(fields.acks, "acks"),
            sizes: &self.sizes,
        }
    }

    /// The procedures and functions for messages.
    pub(super) fn messages(&self, out: &mut Text) {
        for (index, of) in self.shape.controllers.iter().enumerate() {
            for (number, kind) in self.shape.kinds.iter().enumerate() {
                if let Some(meets) = &kind.at[index] {
                    self.takes(out, of, number, meets);
                    self.meets(out, of, number, meets);
                }
            }
        }
    }

    /// The parameters of a procedure for a kind of message, as declared.
    fn parameters(
        &self,
        of: &ControllerShape<'_>,
        kind: usize,
        meets: &Meets,
        line: bool,
    ) -> String {
        let fields = self.shape.kinds[kind].fields;
        let mut all = Vec::new();
        if of.is_many() {
            all.push(format!("n: {}", of.node));
        }
        let uses_sender = self.shape.network.kinds[kind].uses.sender;
        for (has, text) in [
            (uses_sender, "sender: node"),
            (fields.requester, "requester: node"),
            (fields.acks, "acks: ack_count"),
            (fields.line && line, "line: data_value"),
            (meets.stores, "stored: data_value"),
        ] {
            if has {
                all.push(text.to_owned());
            }
        }
        all.join("; ")
    }

    /// Whether a message is not stalled, or finds no room for what it makes be sent.
    fn takes(&self, out: &mut Text, of: &'a ControllerShape<'a>, kind: usize, meets: &Meets) {
        let Some(name) = &meets.goes else { return };
        let parameters = self.parameters(of, kind, meets, false);
        let otherwise = if meets.stores { "stored = 0" } else { "true" };
        let what = &self.shape.network.kinds[kind].name;
        out.line(format!(
            "-- Whether {} takes {what} now.",
            super::text::plain(&of.controller.name)
        ));
        out.block(
            format!("function {name}({parameters}): boolean; begin"),
            "end;",
            |out| {
                self.events(
                    out,
                    of,
                    kind,
                    &|out, event| {
                        let mut cases: Vec<(String, String)> = Vec::new();
                        for (state, at, cell) in cells(of.controller) {
                            if at != event {
                                continue;
                            }
                            let entry = Entry {
                                of,
                                state,
                                cell,
                                in_message: true,
                            };
                            let scope = self.scope(of, Some(&self.shape.kinds[kind]));
                            let answer = match (cell.stalls, self.room(&scope, entry)) {
                                (true, _) => "false".to_owned(),
                                (false, Some(room)) if cell.stores => room,
                                (false, Some(room)) if meets.stores => {
                                    format!("{otherwise} & {room}")
                                }
                                (false, Some(room)) => room,
                                (false, None) if cell.stores => "true".to_owned(),
                                (false, None) => continue,
                            };
                            let state = of.states[usize::from(state)].clone();
                            match cases.iter_mut().find(|(known, _)| *known == answer) {
                                Some((_, states)) => *states += &format!(", {state}"),
                                None => cases.push((answer, state)),
                            }
                        }
                        if cases.is_empty() {
                            out.line(format!("return {otherwise};"));
                            return;
                        }
                        out.block(
                            format!("switch {}.state", of.stored("n")),
                            "endswitch;",
                            |out| {
                                for (answer, states) in cases {
                                    out.line(format!("case {states}: return {answer};"));
                                }
                                out.line(format!("else return {otherwise};"));
                            },
                        );
                    },
                    &|out| out.line(format!("return {otherwise};")),
                );
            },
        );
        out.blank();
    }

    /// What a message does.
    fn meets(&self, out: &mut Text, of: &'a ControllerShape<'a>, kind: usize, meets: &Meets) {
        let parameters = self.parameters(of, kind, meets, true);
        let scope = self.scope(of, Some(&self.shape.kinds[kind]));
        let controller = super::text::plain(&of.controller.name);
        let head = format!("procedure {}({parameters}); begin", meets.procedure);
        out.block(head, "end;", |out| {
            self.events(
                out,
                of,
                kind,
                &|out, event| {
                    let mut cases: Vec<(String, String)> = Vec::new();
                    for (state, at, cell) in cells(of.controller) {
                        if at != event {
                            continue;
                        }
                        let entry = Entry {
                            of,
                            state,
                            cell,
                            in_message: true,
                        };
                        let mut text = Text::default();
                        self.cell(&mut text, &scope, entry);
                        let (text, state) = (text.finish(), of.states[usize::from(state)].clone());
                        match cases.iter_mut().find(|(known, _)| *known == text) {
                            Some((_, states)) => *states += &format!(", {state}"),
                            None => cases.push((text, state)),
                        }
                    }
                    out.line(format!("-- {}", of.event_name(event)));
                    out.block(
                        format!("switch {}.state", of.stored("n")),
                        "endswitch;",
                        |out| {
                            for (text, states) in cases {
                                out.line(format!("case {states}:"));
                                out.deeper(|out| text.lines().for_each(|line| out.line(line)));
                            }
                            let event = of.event_name(event);
                            out.line(format!(
                                "else error \"no cell of {controller} for {event}\";"
                            ));
                        },
                    );
                },
                &|out| {
                    let kind = super::text::plain(&self.shape.network.kinds[kind].name);
                    out.line(format!(
                        "error \"{kind} is none of the events of {controller}\";"
                    ));
                },
            );
        });
        out.blank();
    }

    /// The events that a message can be, in order, and what is written for each.
    fn events(
        &self,
        out: &mut Text,
        of: &'a ControllerShape<'a>,
        kind: usize,
        each: &dyn Fn(&mut Text, u16),
        none: &dyn Fn(&mut Text),
    ) {
        let scope = self.scope(of, Some(&self.shape.kinds[kind]));
        let mut word = "if";
        for &event in of.controller.events_of(kind as u8) {
            let definition = &of.controller.events[usize::from(event)];
            let Some(condition) = scope.all(definition) else {
                if word == "if" {
                    each(out, event);
                } else {
                    out.line("else");
                    out.deeper(|out| each(out, event));
                    out.line("endif;");
                }
                return;
            };
            out.line(format!("{word} {condition} then"));
            out.deeper(|out| each(out, event));
            word = "elsif";
        }
        out.line("else");
        out.deeper(none);
        out.line("endif;");
    }

    /// The rules of what cores ask and what controllers do of themselves.
    pub(super) fn rules(&self, out: &mut Text) {
        for of in &self.shape.controllers {
            for (state, event, cell) in cells(of.controller) {
                let trigger = of.controller.events[usize::from(event)].trigger;
                let is_hit = trigger == Trigger::Core(CoreEvent::Load)
                    && cell.loads
                    && cell.actions.len() == 1
                    && cell.next == state;
                if matches!(trigger, Trigger::Message(_)) || cell.stalls || is_hit {
                    continue;
                }
                let guard = self.guard(of, state, event, cell);
                let mut sets = Vec::new();
                if of.is_many() {
                    sets.push(format!("n: {}", of.node));
                }
                if matches!(trigger, Trigger::Itself(Some(_))) {
                    sets.push("member: node".to_owned());
                }
                if cell.stores {
                    sets.push("stored: data_value".to_owned());
                }
                let (state_name, event_name) = (of.state_name(state), of.event_name(event));
                let controller = super::text::plain(&of.controller.name);
                let entry = Entry {
                    of,
                    state,
                    cell,
                    in_message: false,
                };
                let scope = self.scope(of, None);
                let rule = |out: &mut Text| {
                    out.block(
                        format!(
                            "rule \"{controller}: {state_name}, {event_name}\" {guard} ==> begin"
                        ),
                        "endrule;",
                        |out| self.cell(out, &scope, entry),
                    );
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
        }
    }

    /// When a core's event, or one of the controller itself, can happen.
    fn guard(&self, of: &'a ControllerShape<'a>, state: u8, event: u16, cell: &Cell) -> String {
        let stored = of.stored("n");
        let scope = self.scope(of, None);
        let mut all = vec![format!(
            "{stored}.state = {}",
            of.states[usize::from(state)]
        )];
        let definition = &of.controller.events[usize::from(event)];
        if let Trigger::Itself(Some(set)) = definition.trigger {
            all.push(format!(
                "{stored}.{}[member]",
                of.variables[usize::from(set)]
            ));
        }
        all.extend(scope.all(definition));
        all.extend(self.room(
            &scope,
            Entry {
                of,
                state,
                cell,
                in_message: false,
            },
        ));
        all.join(" & ")
    }

    /// Returns `true` where a controller can do something of itself.
    pub(super) fn acts(&self, out: &mut Text) {
        for of in &self.shape.controllers {
            for (state, event, cell) in cells(of.controller) {
                let trigger = of.controller.events[usize::from(event)].trigger;
                let Trigger::Itself(set) = trigger else {
                    continue;
                };
                if cell.stalls {
                    continue;
                }
                let guard = self.guard(of, state, event, cell);
                let mut line = format!("if {guard} then return true; endif;");
                if set.is_some() {
                    line = format!("for member: node do {line} endfor;");
                }
                if of.is_many() {
                    line = format!("for n: {} do {line} endfor;", of.node);
                }
                out.line(line);
            }
        }
    }

    /// Whether there is room for all that a cell sends; none if there always is.
    fn room(&self, scope: &Scope<'_>, entry: Entry<'_>) -> Option<String> {
        let mut all = Vec::new();
        for action in &entry.cell.actions {
            let Action::Send { kind, to, .. } = action else {
                continue;
            };
            let channel = usize::from(self.shape.network.kinds[usize::from(*kind)].channel);
            if self.shape.network.channels[channel].capacity.is_none() {
                continue;
            }
            let (room, me) = (&self.shape.channels[channel].room, entry.of.me());
            let within = scope.within(to, "x");
            all.push(format!(
                "(forall x: node do {within} -> {room}({me}, x) endforall)"
            ));
        }
        (!all.is_empty()).then(|| all.join(" & "))
    }

    /// The statements of a cell.
    fn cell(&self, out: &mut Text, scope: &Scope<'_>, entry: Entry<'_>) {
        let Entry {
            of, state, cell, ..
        } = entry;
        if cell.stalls {
            out.line("-- stalled");
            return;
        }
        let stored = of.stored("n");
        for action in &cell.actions {
            match action {
                Action::Send {
                    kind,
                    to,
                    acks,
                    requester,
                } => {
                    let acks = acks.as_ref().map(|acks| scope.count(acks));
                    let kind = usize::from(*kind);
                    self.send(out, scope, entry, kind, to, (acks.as_deref(), *requester));
                }
                Action::TakeLine => out.line(format!("{stored}.value := line;")),
                Action::Load => {
                    out.line(format!(
                        "assert {stored}.value = latest \"data value: a load of a stale copy\";"
                    ));
                }
                Action::Store => {
                    out.line(format!(
                        "assert {stored}.value = latest \"data value: a store to a stale copy\";"
                    ));
                    out.line(format!("{stored}.value := stored;"));
                    out.line("latest := stored;");
                }
                Action::Stall => {}
                Action::Raise(channel) => {
                    let wire = self.shape.channels[usize::from(*channel)].wire.as_ref();
                    out.line(format!(
                        "{} := true;",
                        wire.expect("a raised wire has a name")
                    ));
                }
                Action::SetCount(variable, count) => {
                    let name = &of.variables[usize::from(*variable)];
                    out.line(format!("{stored}.{name} := {};", scope.count(count)));
                }
                Action::SetNode(variable, node) => {
                    let name = &of.variables[usize::from(*variable)];
                    out.line(format!("{stored}.{name} := {};", scope.node(*node).0));
                }
                Action::SetSet(variable, set) => set_set(out, scope, *variable, set),
            }
        }
        if cell.next != state {
            out.line(format!(
                "{stored}.state := {};",
                of.states[usize::from(cell.next)]
            ));
        }
        self.clear(out, entry);
    }

    /// Clears what no later step can read, if it is not clear already.
    fn clear(&self, out: &mut Text, entry: Entry<'_>) {
        let Entry {
            of, state, cell, ..
        } = entry;
        let into = |to: u8| cells(of.controller).find(move |(_, _, cell)| cell.next == to);
        let dead_before = into(state)
            .map(|(_, _, cell)| &*cell.clears)
            .unwrap_or_default();
        let stored = of.stored("n");
        for &variable in &cell.clears {
            let written = cell.actions.iter().any(|action| {
                matches!(action, Action::SetCount(to, _) | Action::SetNode(to, _) | Action::SetSet(to, _) if *to == variable)
            });
            if written || !dead_before.contains(&variable) {
                let name = &of.variables[usize::from(variable)];
                match of.controller.variables[usize::from(variable)].kind {
                    VarKind::Count => out.line(format!("{stored}.{name} := 0;")),
                    VarKind::Node => out.line(format!("{stored}.{name} := nobody;")),
                    VarKind::Set => out.line(format!(
                        "for x: node do {stored}.{name}[x] := false; endfor;"
                    )),
                }
            }
        }
        let dead_before = into(state).is_some_and(|(_, _, cell)| cell.clears_line);
        let written = cell.stores || cell.actions.contains(&Action::TakeLine);
        if cell.clears_line && of.holds_line && (written || !dead_before) {
            out.line(format!("{stored}.value := 0;"));
        }
    }

    fn send(
        &self,
        out: &mut Text,
        scope: &Scope<'_>,
        entry: Entry<'_>,
        kind: usize,
        to: &SetExpr,
        (acks, requester): (Option<&str>, Option<NodeExpr>),
    ) {
        let of = &self.shape.kinds[kind];
        let channel = &self.shape.channels[usize::from(self.shape.network.kinds[kind].channel)];
        let me = entry.of.me();
        let requester = match requester.map(|node| scope.node(node)) {
            _ if !of.fields.requester => "0".to_owned(),
            Some((node, true)) => format!("({node} = nobody ? {me} : {node})"),
            Some((node, false)) => node,
            None if entry.in_message => scope.requester.clone(),
            None => me.to_owned(),
        };
        let has = |has: bool, value: String, otherwise: &str| {
            if has { value } else { otherwise.to_owned() }
        };
        let line = format!("{}.value", entry.of.stored("n"));
        let call = |receiver: &str| {
            let mut arguments = vec![of.name.clone()];
            let pairs = channel.order == Order::Pairs;
            for (is_there, value) in [
                (pairs && channel.senders.len() > 1, me.to_owned()),
                (pairs && channel.receivers.len() > 1, receiver.to_owned()),
                (
                    channel.fields.sender,
                    has(of.fields.sender, me.to_owned(), "0"),
                ),
                (channel.fields.receiver, receiver.to_owned()),
                (channel.fields.requester, requester.clone()),
                (
                    channel.fields.acks,
                    has(of.fields.acks, acks.unwrap_or("0").to_owned(), "0"),
                ),
                (
                    channel.fields.line,
                    has(of.fields.line && entry.of.holds_line, line.clone(), "0"),
                ),
            ] {
                if is_there {
                    arguments.push(value);
                }
            }
            format!("{}({});", channel.send, arguments.join(", "))
        };
        // Where all messages go to one node, no other may be meant.
        let only = match channel.receivers[..] {
            _ if channel.order == Order::Broadcast => None,
            [only] => Some(&self.shape.of_node(only).node),
            _ => None,
        };
        let checked = |receiver: &str| match only {
            Some(only) if receiver != only => {
                format!(
                    "if {receiver} != {only} then error \"{} goes astray\"; endif; ",
                    of.name
                )
            }
            _ => String::new(),
        };
        if let [(true, SetTerm::Node(node))] = to.0[..] {
            let (node, maybe) = scope.node(node);
            let call = format!("{}{}", checked(&node), call(&node));
            out.line(match maybe {
                true => format!("if {node} != nobody then {call} endif;"),
                false => call,
            });
            return;
        }
        let within = scope.within(to, "x");
        out.block("for x: node do", "endfor;", |out| {
            out.line(format!(
                "if {within} then {}{} endif;",
                checked("x"),
                call("x")
            ));
        });
    }
}

/// A set variable takes a set.
fn set_set(out: &mut Text, scope: &Scope<'_>, variable: u8, set: &SetExpr) {
    let of = scope.of;
    let name = format!("{}.{}", of.stored("n"), of.variables[usize::from(variable)]);
    if let [(true, SetTerm::Var(own)), (add, SetTerm::Node(node))] = set.0[..]
        && own == variable
        && let (node, false) = scope.node(node)
    {
        out.line(format!("{name}[{node}] := {add};"));
        return;
    }
    let within = scope.within(set, "x");
    out.line(format!("for x: node do {name}[x] := {within}; endfor;"));
}
