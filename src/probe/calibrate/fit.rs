//! From measurements to the numbers of a machine: what the header of `calibrate` says.

use super::Measured;
use super::simulate::{additions, round_trip};
use crate::machine::Config;
use crate::probe::latency::{Alone, Question};
use crate::protocol::Protocol;

/// The longest time that is tried for a part.
const LONGEST: u32 = 100_000;

/// The base machine with the measured times.
///
/// # Errors
/// Something was not measured, or the simulator cannot run its loops; in words.
pub fn fit(base: &Config, protocol: &Protocol, measured: &Measured) -> Result<Config, String> {
    let alone = |question| measured.by_one(question).map(|(_, cycles)| cycles.middle);
    let together = |question| measured.together(question).map(|(_, cycles)| cycles.middle);
    let mut config = base.clone();
    let core = &mut config.core;
    core.issue_cycles = whole(alone(Alone::Store)?).max(1);
    core.forward_cycles = whole(alone(Alone::Forward)?).max(1);
    core.fence_cycles = whole(alone(Alone::Fence)?);
    core.locked_cycles = whole(alone(Alone::Locked)?);
    config.store_buffer.commit_cycles = Some(whole(alone(Alone::Commit)?).max(1));
    let hit = together(Question::ReadShared)?;
    config.cache.hit_cycles = whole(hit).max(1);
    let always = hit + f64::from(base.vary.latency_jitter_cycles) / 2.0;
    let line = whole(together(Question::ReadModified)? - always).max(3);
    let upgrade = whole(together(Question::Upgrade)? - always);
    share(&mut config, base, line, upgrade);
    let trips = together(Question::RoundTrip)?;
    drain(&mut config, base, protocol, line, trips)?;
    let memory = alone(Alone::Memory)? - always;
    let bus = config.bus.request_cycles + config.bus.transfer_cycles;
    config.memory_cycles = whole(memory - f64::from(bus));
    for (question, part) in [
        (Question::LockedOneLine, hold_cycles as Part),
        (Question::PlainOneLine, store_hold_cycles),
    ] {
        let wanted = together(question)?;
        hold(&mut config, protocol, question, part, wanted)?;
    }
    Ok(config)
}

fn whole(cycles: f64) -> u32 {
    cycles.round().clamp(0.0, f64::from(LONGEST)) as u32
}

/// Shares a line's time on the bus out: so much for the request, as far as it leaves something.
fn share(config: &mut Config, base: &Config, line: u32, request: u32) {
    let bus = &mut config.bus;
    bus.request_cycles = request.clamp(1, line - 2);
    let left = line - bus.request_cycles;
    let (supply, transfer) = (base.bus.supply_cycles, base.bus.transfer_cycles);
    let part = f64::from(transfer) / f64::from((supply + transfer).max(1));
    bus.transfer_cycles = whole(f64::from(left) * part).clamp(1, left - 1);
    bus.supply_cycles = left - bus.transfer_cycles;
}

/// Chooses how long stores stay in the buffer, and if need be a shorter request, so that a round
/// trip takes `cycles`.
fn drain(
    config: &mut Config,
    base: &Config,
    protocol: &Protocol,
    line: u32,
    cycles: f64,
) -> Result<(), String> {
    let least = config.cache.hit_cycles;
    config.store_buffer.min_drain_cycles = least;
    let (stays, time) = closest(least, LONGEST, cycles, |most| {
        config.store_buffer.max_drain_cycles = most;
        round_trip(config, protocol)
    })?;
    config.store_buffer.max_drain_cycles = stays;
    if stays == least && time > cycles {
        let longest = config.bus.request_cycles;
        let (request, _) = closest(1, longest, cycles, |request| {
            share(config, base, line, request);
            round_trip(config, protocol)
        })?;
        share(config, base, line, request);
    }
    Ok(())
}

/// A number of a machine.
type Part = fn(&mut Config) -> &mut u32;

fn hold_cycles(config: &mut Config) -> &mut u32 {
    &mut config.bus.hold_cycles
}

fn store_hold_cycles(config: &mut Config) -> &mut u32 {
    &mut config.bus.store_hold_cycles
}

/// Chooses how long a core keeps a line, so that additions in one line take `cycles`.
fn hold(
    config: &mut Config,
    protocol: &Protocol,
    question: Question,
    part: Part,
    cycles: f64,
) -> Result<(), String> {
    let (hold, _) = closest(0, LONGEST, -cycles, |hold| {
        *part(config) = hold;
        // The longer a line is kept, the shorter additions become.
        additions(config, protocol, question).map(|cycles| -cycles)
    })?;
    *part(config) = hold;
    Ok(())
}

/// The number from `low` to `high` whose value is closest to the one that is wanted, if values grow
/// with numbers; and its value. Small numbers first: a large one makes long runs.
fn closest(
    low: u32,
    high: u32,
    wanted: f64,
    mut value: impl FnMut(u32) -> Result<f64, String>,
) -> Result<(u32, f64), String> {
    let mut best = (low, value(low)?);
    let mut consider = |number: u32| {
        let found = value(number)?;
        if (found - wanted).abs() < (best.1 - wanted).abs() {
            best = (number, found);
        }
        Ok::<f64, String>(found)
    };
    let (mut below, mut above) = (low, (2 * low).max(16).min(high));
    while above < high && consider(above)? < wanted {
        below = above;
        above = (2 * above).min(high);
    }
    if above == high {
        consider(high)?;
    }
    while below + 1 < above {
        let middle = below + (above - below) / 2;
        match consider(middle)? < wanted {
            true => below = middle,
            false => above = middle,
        }
    }
    Ok(best)
}
