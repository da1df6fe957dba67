//! Versions of maps, in words.

use std::fmt::Write as _;

use crate::report::one::ReplayReport;
use crate::report::versions::{MemoryReport, VersionsReport};

pub(super) fn versions(out: &mut String, report: &ReplayReport) {
    if report.versions.is_empty() {
        return;
    }
    let longest = report.versions.iter().map(|of| of.map.len()).max();
    let width = longest.unwrap_or(0);
    // Writing to a String cannot fail.
    let _ = writeln!(out, "\nversions");
    for of in &report.versions {
        let map = &of.map;
        let mut indent = format!("  {map:width$}  ");
        for line in lines(of) {
            let _ = writeln!(out, "{indent}{line}");
            indent = format!("  {:width$}  ", "");
        }
    }
}

fn lines(of: &VersionsReport) -> Vec<String> {
    let VersionsReport {
        published,
        kept,
        most_kept,
        calls_behind,
        most_behind,
        ..
    } = of;
    let mut lines = vec![format!(
        "{published} published; {kept} in memory at the end, at most {most_kept}"
    )];
    lines.push(match calls_behind {
        0 => "no call ended behind the latest one".to_owned(),
        _ => format!("{calls_behind} calls ended behind the latest one, by at most {most_behind}"),
    });
    let Some(memory) = &of.memory else {
        lines.push("what they replaced is left to a collector".to_owned());
        return lines;
    };
    let MemoryReport {
        retired,
        retired_bytes,
        reclaimed,
        reclaimed_bytes,
        most_waiting_bytes,
        mean_wait_cycles,
        longest_wait_cycles,
    } = memory;
    lines.push(format!(
        "{retired} objects replaced ({retired_bytes} bytes), {reclaimed} of them free again ({reclaimed_bytes} bytes)"
    ));
    if *reclaimed > 0 {
        lines.push(format!(
            "free after {mean_wait_cycles} cycles on average, {longest_wait_cycles} at most; at most {most_waiting_bytes} bytes waited"
        ));
    }
    lines
}
