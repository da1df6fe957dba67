//! `--record` and `--chart`: the schedule that was found, as a file that `--schedule` follows, and as a
//! drawing.

use std::path::Path;

use anstream::eprintln;

use super::Arguments;
use crate::cli::failure::Failure;
use crate::cli::{output, shell};
use crate::report::litmus::{LitmusReport, Schedule, drawing};

/// Writes the report's schedule to the file, if it has one, and says how to follow it.
pub(super) fn record(
    arguments: &Arguments,
    file: &Path,
    report: &mut LitmusReport,
) -> Result<(), Failure> {
    let Some(schedule) = found(file, report) else {
        return Ok(());
    };
    output::write(Some(file), &schedule.named().to_string())?;
    report.replay = Some(command(arguments, file, &report.file));
    Ok(())
}

/// Draws the report's schedule to the file, if it has one.
pub(super) fn draw(file: &Path, report: &LitmusReport) -> Result<(), Failure> {
    let Some(schedule) = found(file, report) else {
        return Ok(());
    };
    let LitmusReport {
        name,
        machine,
        protocol,
        ..
    } = report;
    let title = format!("{name} on {machine}, {protocol}");
    output::write(Some(file), &drawing(&title, schedule))
}

/// The report's schedule, or a note why the file is not written.
fn found<'a>(file: &Path, report: &'a LitmusReport) -> Option<&'a Schedule> {
    if report.schedule.is_none() {
        let why = match report.is_bounded() {
            true => "within the limits no schedule",
            false => "no schedule",
        };
        eprintln!(
            "note: {} is not written: {why} leads to what the question is about",
            file.display()
        );
    }
    report.schedule.as_ref()
}

/// The command that follows the schedule.
fn command(arguments: &Arguments, schedule: &Path, test: &str) -> String {
    let mut command = format!("tearline litmus {}", shell::file(test));
    if arguments.machine != super::USUAL_MACHINE {
        command += &format!(" --machine {}", shell::file(&arguments.machine));
    }
    if let Some(protocol) = &arguments.protocol {
        command += &format!(" --protocol {}", shell::file(protocol));
    }
    let schedule = schedule.to_string_lossy();
    format!("{command} --schedule {}", shell::file(&schedule))
}
