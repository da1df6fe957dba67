//! The commands that are printed for the user to see a run again.

use std::fmt::Display;

use super::Arguments;
use crate::cli::map_kind::MapKind;
use crate::cli::shell;

/// The command that replays one of several runs, up to the seed.
pub(super) fn again(arguments: &Arguments) -> String {
    let mut command = on_this_machine(arguments, &arguments.file, arguments.cores);
    let schedule = arguments.schedule.as_deref().map(shell::file);
    let strategy = arguments.strategy.map(|named| named.name().to_owned());
    add(&mut command, "--schedule", schedule);
    add(&mut command, "--strategy", strategy);
    add(&mut command, "--depth", arguments.depth);
    add(&mut command, "--deviations", arguments.deviations);
    command
}

/// The command that replays `file` on the machine that the arguments name, with so many cores.
pub(super) fn on_this_machine(arguments: &Arguments, file: &str, cores: Option<u32>) -> String {
    let mut command = format!("tearline replay {}", shell::file(file));
    let machine = arguments.machine.as_deref().map(shell::file);
    let protocol = arguments.protocol.as_deref().map(shell::file);
    add(&mut command, "--machine", machine);
    add(&mut command, "--protocol", protocol);
    add(&mut command, "--map", arguments.map.map(MapKind::name));
    add(&mut command, "--cores", cores);
    add(&mut command, "--sets", arguments.sets);
    add(&mut command, "--ways", arguments.ways);
    add(&mut command, "--line-bytes", arguments.line_bytes);
    add(&mut command, "--skew", arguments.skew);
    add(&mut command, "--turn", arguments.turn);
    command
}

fn add(command: &mut String, option: &str, value: Option<impl Display>) {
    if let Some(value) = value {
        *command += &format!(" {option} {value}");
    }
}
