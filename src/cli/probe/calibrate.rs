//! `tearline probe calibrate`: a machine file from measurements.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anstream::eprintln;

use super::asked::{Asked, FoundTwo, seconds};
use crate::cli::failure::Failure;
use crate::cli::{output, progress};
use crate::machine::Config;
use crate::probe::calibrate::{STEPS, fit, machine_file, measure};
use crate::protocol::Protocol;
use crate::report::probe::{Latencies, is_far, render_calibrated};
use crate::shipped;

/// The machine whose sizes and protocol are kept.
const BASE: &str = "desktop";

/// Make a machine file whose times are this processor's: measure, choose the simulator's times, and
/// compare with what was measured besides.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Half of the rounds are to calibrate by, the others to compare with. Rounds in which a line took
another way are left out, as where the host of a virtual machine moved a processor. What sharing a
line costs: a line to and fro, and additions by both in one line, locked and plain.

Example: tearline probe calibrate --out mine.toml --seconds 4")]
pub(super) struct Arguments {
    #[command(flatten)]
    asked: Asked,
    /// The machine file to write.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// What the machine is called in reports.
    #[arg(long, value_name = "NAME", default_value = "calibrated", value_parser = name)]
    name: String,
    /// For how long to measure.
    #[arg(long, value_name = "S", default_value = "10", value_parser = seconds)]
    seconds: Duration,
    /// Exit with 1 if sharing a line costs the simulator 15 % more or less than the processor.
    #[arg(long)]
    check: bool,
}

fn name(text: &str) -> Result<String, String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    match (1..=64).contains(&text.len()) && text.chars().all(is_plain) {
        true => Ok(text.to_owned()),
        false => Err("expected up to 64 letters, digits, `-`, `_` and `.`".to_owned()),
    }
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    output::ready([&arguments.out])?;
    let (pair, heading) = match arguments.asked.find()? {
        FoundTwo::Two(pair, heading) => (pair, heading),
        FoundTwo::None(code) => return Ok(code),
    };
    let text = shipped::machine(BASE).expect("the base machine is shipped");
    let base = Config::parse(BASE, text)?;
    let text = shipped::protocol(&base.protocol).expect("its protocol is shipped");
    let protocol = Protocol::parse(&base.protocol, text)?;
    let base = Config {
        name: arguments.name.clone(),
        ..base
    };
    let stop = progress::stop();
    let bar = progress::bar(STEPS.into(), "rounds");
    let measured = measure(pair, arguments.seconds, stop, |rounds| {
        bar.inc(rounds.into());
    });
    bar.finish_and_clear();
    if stop.load(Ordering::Relaxed) {
        eprintln!("note: stopped before everything was measured, so no file was written");
        return Ok(ExitCode::from(3));
    }
    let (measured, again) = measured.map_err(Failure::usage)?;
    let config = fit(&base, &protocol, &measured).map_err(Failure::usage)?;
    let file = machine_file(&config, &measured, &heading.lines()).map_err(Failure::usage)?;
    output::write(Some(&arguments.out), &file)?;
    // What was written, and not what was meant.
    let written = Config::parse(&arguments.out.display().to_string(), &file)?;
    let latencies = Latencies {
        rounds: again.rounds,
        compared: again.compare(&written, &protocol).map_err(Failure::usage)?,
    };
    output::write(None, &render_calibrated(&heading, &latencies))?;
    let sharing = latencies.compared.iter().filter(|one| one.is_sharing());
    let far: Vec<bool> = sharing.map(is_far).collect();
    let holds = !far.is_empty() && !far.contains(&true);
    Ok(ExitCode::from(u8::from(arguments.check && !holds)))
}
