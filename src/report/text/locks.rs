//! Which locks protect what, in words.

use std::fmt::Write as _;

use crate::report::locks::{LocksetReport, UnprotectedReport};
use crate::report::one::ReplayReport;

/// So many locks are named.
const NAMED: usize = 4;

pub(super) fn locks(out: &mut String, report: &ReplayReport) {
    if report.locksets.is_empty() {
        return;
    }
    let longest = report.locksets.iter().map(|set| set.object.len()).max();
    // Writing to a String cannot fail.
    let _ = writeln!(out, "\nlocks");
    for set in &report.locksets {
        let (object, width) = (&set.object, longest.unwrap_or(0));
        let _ = writeln!(out, "  {object:width$}  {}", verdict(set));
        for access in set.first.iter().flatten() {
            let _ = writeln!(out, "  {:width$}    {}", "", words(access));
        }
    }
    if report.locksets_bounded {
        let _ = writeln!(out, "  bounded: some words were not watched");
    }
}

fn verdict(set: &LocksetReport) -> String {
    let (shared, unprotected) = (set.shared_words, set.unprotected_words);
    match set.protection {
        "consistent" => format!("consistently protected by {}", list(&set.locks)),
        "divided" => format!("protected, each part by its own lock: {}", list(&set.locks)),
        "only read" => "only read, where several threads touch it".to_owned(),
        "one thread" => "one thread alone touches each of its words".to_owned(),
        _ => {
            let first = set.first.as_ref().map(|[_, access]| access);
            let place = first.map(|access| access.place.as_ref().unwrap_or(&access.addr));
            let place = place.map_or(String::new(), |place| format!(" first seen at {place},"));
            format!("no lock protects it:{place} {unprotected} of {shared} shared words")
        }
    }
}

fn words(access: &UnprotectedReport) -> String {
    let UnprotectedReport {
        thread,
        line,
        operation,
        touch,
        cycle,
        held,
        ..
    } = access;
    let held = match held.is_empty() {
        true => "holds nothing".to_owned(),
        false => format!("holds {}", list(held)),
    };
    format!("thread {thread}, line {line} `{operation}`, {touch}, cycle {cycle}, {held}")
}

fn list(locks: &[String]) -> String {
    match locks.len() {
        0..=NAMED => locks.join(", "),
        many => format!("{} and {} more", locks[..NAMED].join(", "), many - NAMED),
    }
}
