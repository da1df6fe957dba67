//! The model of a protocol whose controllers send each other messages.

use std::cell::RefCell;

use super::cells::Cells;
use super::expressions::Sizes;
use super::shape::{ChannelShape, ControllerShape, Shape};
use super::text::{Text, plain};
use super::{MurphiSize, head};
use crate::protocol::network::{Network, VarKind};

/// The text of the model.
pub(super) fn model(network: &Network, size: MurphiSize) -> String {
    let (shape, names) = Shape::new(network, size);
    let mut out = Text::default();
    head(&mut out, &network.name, size);
    declare(&mut out, &shape);
    for of in &shape.controllers {
        rights(&mut out, of);
    }
    for channel in channels(&shape) {
        channel.procedures(&mut out, &shape);
    }
    let cells = Cells {
        shape: &shape,
        sizes: RefCell::new(Sizes::new(names)),
    };
    // Which functions are needed is known when everything else is written.
    let mut rest = Text::default();
    cells.messages(&mut rest);
    for channel in channels(&shape) {
        channel.delivers(&mut rest, &shape);
    }
    progress(&mut rest, &shape, &cells);
    cells.rules(&mut rest);
    for channel in channels(&shape) {
        channel.rule(&mut rest, &shape);
    }
    start(&mut rest, &shape);
    invariants(&mut rest, &shape);
    cells.sizes.borrow().write(&mut out);
    out.append(rest);
    out.finish()
}

/// The channels that some kind of message travels in.
fn channels<'s>(shape: &'s Shape<'_>) -> impl Iterator<Item = &'s ChannelShape> {
    shape
        .channels
        .iter()
        .filter(|channel| !channel.kinds.is_empty())
}

/// Bits that tell so many values apart.
fn bits_for(count: usize) -> u32 {
    usize::BITS - count.saturating_sub(1).leading_zeros()
}

fn declare(out: &mut Text, shape: &Shape<'_>) {
    let nodes = shape.nodes;
    out.line("const");
    out.deeper(|out| {
        for of in shape.controllers.iter().filter(|of| !of.is_many()) {
            out.line(format!("{}: {};", of.node, of.first));
        }
        out.line(format!("nobody: {nodes};"));
    });
    out.blank();
    out.line("type");
    out.deeper(|out| {
        out.line(format!("node: 0..{};", nodes - 1));
        out.line(format!("maybe_node: 0..{nodes};"));
        for of in shape.controllers.iter().filter(|of| of.is_many()) {
            out.line(format!(
                "{}: {}..{};",
                of.node,
                of.first,
                of.first + of.count - 1
            ));
        }
        out.line(format!("data_value: 0..{};", shape.size.values - 1));
        let most = (1 << bits_for(2 * nodes + 1)) - 1 - nodes;
        out.line(format!("count_value: -{nodes}..{most};"));
        out.line(format!("ack_count: 0..{};", (1 << bits_for(nodes + 1)) - 1));
        for of in &shape.controllers {
            out.line(format!(
                "{}: enum {{ {} }};",
                of.state,
                of.states.join(", ")
            ));
        }
        channels(shape).for_each(|channel| channel.types(out, shape));
    });
    out.blank();
    out.line("var");
    out.deeper(|out| {
        for of in &shape.controllers {
            let array = match of.is_many() {
                true => format!("array [{}] of ", of.node),
                false => String::new(),
            };
            out.block(format!("{}: {array}record", of.name), "end;", |out| {
                out.line(format!("state: {};", of.state));
                if of.holds_line {
                    out.line("value: data_value;");
                }
                for (variable, name) in of.controller.variables.iter().zip(&of.variables) {
                    out.line(match variable.kind {
                        VarKind::Count => format!("{name}: count_value;"),
                        VarKind::Node => format!("{name}: maybe_node;"),
                        VarKind::Set => format!("{name}: array [node] of boolean;"),
                    });
                }
            });
        }
        channels(shape).for_each(|channel| channel.variables(out, shape));
        out.line("latest: data_value; -- what the last store left");
    });
    out.blank();
}

/// What a core may do without asking.
fn rights(out: &mut Text, of: &ControllerShape<'_>) {
    let Some([reads, writes]) = &of.rights else {
        return;
    };
    out.line(format!(
        "-- In which states the core of a {} may read, and write, at once.",
        plain(&of.controller.name)
    ));
    let may = |holds: &dyn Fn(u8) -> bool| {
        let states = of.states.iter().enumerate();
        let those = states.filter(|(state, _)| holds(*state as u8));
        let those: Vec<String> = those.map(|(_, name)| format!("s = {name}")).collect();
        if those.is_empty() {
            "false".to_owned()
        } else {
            those.join(" | ")
        }
    };
    for (name, may) in [
        (reads, may(&|state| of.controller.may_load(state))),
        (writes, may(&|state| of.controller.may_store(state))),
    ] {
        out.block(
            format!("function {name}(s: {}): boolean; begin", of.state),
            "end;",
            |out| out.line(format!("return {may};")),
        );
        out.blank();
    }
}

/// What makes a state that is not a deadlock.
fn progress(out: &mut Text, shape: &Shape<'_>, cells: &Cells<'_>) {
    out.line("-- Whether something that is under way can be served.");
    out.block("function progress(): boolean; begin", "end;", |out| {
        channels(shape).for_each(|channel| channel.progress(out, shape));
        cells.acts(out);
        out.line("return false;");
    });
    out.blank();
    out.line("-- Whether nothing is under way.");
    out.block("function quiet(): boolean; begin", "end;", |out| {
        channels(shape).for_each(|channel| channel.quiet(out, shape));
        for of in &shape.controllers {
            let stored = of.stored("n");
            let states = of.states.iter().zip(&of.controller.stable);
            let transient: Vec<String> = states
                .filter(|(_, stable)| !**stable)
                .map(|(state, _)| format!("{stored}.state = {state}"))
                .collect();
            if transient.is_empty() {
                continue;
            }
            let line = format!("if {} then return false; endif;", transient.join(" | "));
            out.line(match of.is_many() {
                true => format!("for n: {} do {line} endfor;", of.node),
                false => line,
            });
        }
        out.line("return true;");
    });
    out.blank();
}

fn start(out: &mut Text, shape: &Shape<'_>) {
    out.block("startstate", "endstartstate;", |out| {
        for of in &shape.controllers {
            let fields = |out: &mut Text| {
                let stored = of.stored("n");
                out.line(format!(
                    "{stored}.state := {};",
                    of.states[usize::from(of.controller.initial)]
                ));
                if of.holds_line {
                    out.line(format!("{stored}.value := 0;"));
                }
                for (variable, name) in of.controller.variables.iter().zip(&of.variables) {
                    out.line(match variable.kind {
                        VarKind::Count => format!("{stored}.{name} := 0;"),
                        VarKind::Node => format!("{stored}.{name} := nobody;"),
                        VarKind::Set => {
                            format!("for x: node do {stored}.{name}[x] := false; endfor;")
                        }
                    });
                }
            };
            if of.is_many() {
                out.block(format!("for n: {} do", of.node), "endfor;", fields);
            } else {
                fields(out);
            }
        }
        channels(shape).for_each(|channel| channel.start(out, shape));
        out.line("latest := 0;");
    });
    out.blank();
}

fn invariants(out: &mut Text, shape: &Shape<'_>) {
    let with_rights = || {
        let all = shape.controllers.iter();
        all.filter_map(|of| Some((of, of.rights.as_ref()?)))
    };
    for (of, [_, writes]) in with_rights() {
        for (other, [reads, other_writes]) in with_rights() {
            out.line("invariant \"single writer or many readers\"");
            out.deeper(|out| {
                let (writer, reader) = (of.stored("n"), other.stored("m"));
                let apart = if of.name == other.name {
                    "n != m -> "
                } else {
                    ""
                };
                out.line(format!(
                    "forall n: {} do {writes}({writer}.state) ->",
                    of.node
                ));
                out.line(format!("  forall m: {} do", other.node));
                out.line(format!(
                    "    {apart}!{reads}({reader}.state) & !{other_writes}({reader}.state)"
                ));
                out.line("  endforall");
                out.line("endforall;");
            });
            out.blank();
        }
    }
    for (of, [reads, writes]) in with_rights() {
        out.line("invariant \"data value\"");
        out.deeper(|out| {
            let stored = of.stored("n");
            out.line(format!("forall n: {} do", of.node));
            out.line(format!(
                "  {reads}({stored}.state) | {writes}({stored}.state)"
            ));
            out.line(format!("    -> {stored}.value = latest"));
            out.line("endforall;");
        });
        out.blank();
    }
    out.line("invariant \"no deadlock\" progress() | quiet();");
}
