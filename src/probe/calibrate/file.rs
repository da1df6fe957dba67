//! A calibrated machine as a machine file, with what was measured beside each number.

use super::Measured;
use crate::machine::Config;
use crate::probe::latency::{Alone, Question, Spread};

/// The file, readable by [`Config::parse`]. `config` is what [`super::fit`] made of `measured`, and
/// `about` are lines on the machine that was measured, for the beginning.
///
/// # Errors
/// Something was not measured; in words.
pub fn machine_file(
    config: &Config,
    measured: &Measured,
    about: &[String],
) -> Result<String, String> {
    let file = File { config, measured };
    let mut text = String::new();
    for line in about {
        // A file must not be ended by what a processor is called.
        let line: String = line.chars().filter(|c| !c.is_control()).collect();
        text += format!("# {line}").trim_end();
        text += "\n";
    }
    let rounds = measured.rounds;
    text += &format!(
        "# {} of {} rounds, in which lines took the same way\n",
        rounds.kept, rounds.of
    );
    text += "#\n# Times are in cycles of the measured clock. Caches' sizes, the store buffer's depth, the last\n\
             # level, the lock of the bus and what the seed varies are those of the machine `desktop`, whose\n\
             # file gives their sources; they were not measured.\n\n";
    text += &file.parts();
    text += &file.core()?;
    text += &file.store_buffer()?;
    text += &file.caches()?;
    text += &file.bus()?;
    text += &file.rest()?;
    Ok(text)
}

struct File<'a> {
    config: &'a Config,
    measured: &'a Measured,
}

impl File<'_> {
    fn parts(&self) -> String {
        let Config {
            name,
            protocol,
            cores,
            ..
        } = self.config;
        format!(
            "name       = \"{name}\"\nprotocol   = \"{protocol}\"\ncores      = {cores}\nline_bytes = {}\n\
             single_copy_bytes = {}\n\n",
            self.config.line_size.bytes(),
            self.config.single_copy_bytes
        )
    }

    fn core(&self) -> Result<String, String> {
        let core = &self.config.core;
        Ok(format!(
            "[core]\n\
             # A store after others, at least 1.\n{}\
             issue_cycles   = {}\n\
             # A store and a load of the same bytes, at least 1.\n{}\
             forward_cycles = {}\n{}\
             fence_cycles   = {}\n{}\
             locked_cycles  = {}\n\n",
            self.alone(Alone::Store)?,
            core.issue_cycles,
            self.alone(Alone::Forward)?,
            core.forward_cycles,
            self.alone(Alone::Fence)?,
            core.fence_cycles,
            self.alone(Alone::Locked)?,
            core.locked_cycles
        ))
    }

    fn store_buffer(&self) -> Result<String, String> {
        let buffer = &self.config.store_buffer;
        Ok(format!(
            "# Depth: as in `desktop`. Drain: at least a hit, at most so that a line's way there and\n\
             # back takes as long as\n\
             {}\
             # Commit: a store in a row longer than the buffer, at least 1.\n{}\
             [store_buffer]\ndepth         = {}\ndrain_cycles  = {{ min = {}, max = {} }}\n\
             commit_cycles = {}\n\n",
            self.together(Question::RoundTrip)?,
            self.alone(Alone::Commit)?,
            buffer.depth,
            buffer.min_drain_cycles,
            buffer.max_drain_cycles,
            buffer.commit_cycles.unwrap_or(self.config.cache.hit_cycles)
        ))
    }

    fn caches(&self) -> Result<String, String> {
        let cache = &self.config.cache;
        let mut text = format!(
            "[cache]\nsets       = {}\nways       = {}\n{}hit_cycles = {}\n\n",
            cache.sets,
            cache.ways,
            self.together(Question::ReadShared)?,
            cache.hit_cycles
        );
        if let Some(last) = self.config.last_level {
            text += &format!(
                "[last_level]\nsets       = {}\nways       = {}\nhit_cycles = {}\n\n",
                last.sets, last.ways, last.hit_cycles
            );
        }
        Ok(text)
    }

    fn bus(&self) -> Result<String, String> {
        let bus = &self.config.bus;
        Ok(format!(
            "# Request, supply and transfer together: a load of a line that the other has modified, less a hit.\n{}\
             # Request: a store to a line that both have, less a hit, as far as the sum and round trips allow.\n{}\
             # Hold: chosen so that locked additions by both in one line take as long as\n{}\
             # Store hold: chosen so that plain additions by both in one line take as long as\n{}\
             [bus]\n\
             request_cycles    = {}\nsupply_cycles     = {}\ntransfer_cycles   = {}\nlock_cycles       = {}\n\
             hold_cycles       = {}\nstore_hold_cycles = {}\n\n",
            self.together(Question::ReadModified)?,
            self.together(Question::Upgrade)?,
            self.together(Question::LockedOneLine)?,
            self.together(Question::PlainOneLine)?,
            bus.request_cycles,
            bus.supply_cycles,
            bus.transfer_cycles,
            bus.lock_cycles,
            bus.hold_cycles,
            bus.store_hold_cycles
        ))
    }

    fn rest(&self) -> Result<String, String> {
        Ok(format!(
            "# A load from memory, less a hit, a request and a transfer.\n{}\
             [memory]\nlatency_cycles = {}\n\n\
             [vary]\nstart_skew_cycles     = {}\nlatency_jitter_cycles = {}\n",
            self.alone(Alone::Memory)?,
            self.config.memory_cycles,
            self.config.vary.start_skew_cycles,
            self.config.vary.latency_jitter_cycles
        ))
    }

    fn together(&self, question: Question) -> Result<String, String> {
        let pair = self.measured.pair;
        let who = format!("processors {} and {}", pair.writer, pair.reader);
        Ok(comment(self.measured.together(question)?, &who))
    }

    fn alone(&self, question: Alone) -> Result<String, String> {
        let who = format!("processor {}", self.measured.pair.writer);
        Ok(comment(self.measured.by_one(question)?, &who))
    }
}

/// Where a number comes from.
fn comment((samples, cycles): (u64, Spread), who: &str) -> String {
    format!(
        "# measured: median {:.1} cycles, 5-95 %: {:.1}-{:.1}, middle 90 %: mean {:.1}, {samples} samples, {who}\n",
        cycles.p50, cycles.p5, cycles.p95, cycles.middle
    )
}
