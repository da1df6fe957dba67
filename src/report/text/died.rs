//! How a thread died, in words.

use std::fmt::Write as _;

use crate::report::counted;
use crate::report::died::{AccessReport, DiedReport, WriteReport};

pub(super) fn died(out: &mut String, died: &DiedReport) {
    // Writing to a String cannot fail.
    let Some(access) = &died.access else {
        return;
    };
    let _ = writeln!(out, "  its last access: {}", words(access));
    let place = access.place.as_ref().unwrap_or(&access.addr);
    match died.writes.is_empty() {
        true => {
            let _ = writeln!(out, "  nobody wrote there");
        }
        false => {
            let _ = writeln!(out, "  last writes to {place}");
        }
    }
    for write in &died.writes {
        let read = if write.read { ", read by it" } else { "" };
        let _ = writeln!(out, "    {}{read}", written(write));
    }
    if let Some(before) = &died.before {
        let access = &before.access;
        let (line, operation) = (access.line, &access.operation);
        let place = access.place.as_ref().unwrap_or(&access.addr);
        let (kind, cycle) = (access.kind, access.cycle);
        let _ = writeln!(
            out,
            "  before that it touched {place} ({kind} in line {line} `{operation}`, cycle {cycle})"
        );
        let _ = match &before.write {
            None => writeln!(out, "    nobody wrote there"),
            Some(write) => {
                let place = write.place.as_ref().unwrap_or(&write.addr);
                writeln!(out, "    last written at {place}: {}", written(write))
            }
        };
    }
    if died.bounded {
        let _ = writeln!(out, "  bounded: writes to some words were not remembered");
    }
}

fn words(access: &AccessReport) -> String {
    let (kind, value, cycle) = (access.kind, &access.value, access.cycle);
    let bytes = counted(access.bytes, "byte");
    let place = access.place.as_ref().unwrap_or(&access.addr);
    let verb = if kind.ends_with("store") {
        "wrote"
    } else {
        "read"
    };
    let from = match access.served.is_empty() {
        true => String::new(),
        false => format!(" from {}", access.served.join(" and ")),
    };
    format!("{kind} of {bytes} at {place}, {verb} {value}{from}, cycle {cycle}")
}

fn written(write: &WriteReport) -> String {
    let (value, line, operation) = (&write.value, write.line, &write.operation);
    let Some(thread) = write.thread else {
        return format!("{value}  before the run, line {line} `{operation}`");
    };
    let issued = write.issued_cycle;
    let when = match write.performed_cycle {
        None => format!("made in cycle {issued}, still in its store buffer"),
        Some(cycle) if cycle == issued => format!("cycle {cycle}"),
        Some(cycle) => format!("made in cycle {issued}, in its cache in cycle {cycle}"),
    };
    format!("{value}  thread {thread}, line {line} `{operation}`, {when}")
}
