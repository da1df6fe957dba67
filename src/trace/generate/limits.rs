//! What numbers a workload can have, so that its trace can be read back.

use std::fmt::Display;
use std::ops::RangeInclusive;

use super::{Share, Workload};
use crate::trace::declare::MAX_ROOM;
use crate::trace::header::MAX_INIT;
use crate::trace::{LAST_THREAD, ValueKind};

/// The most operations: with a pause after each, still fewer lines than a trace may have.
pub const MAX_OPERATIONS: u64 = 1_000_000_000;
/// The most keys.
pub const MAX_KEYS: u32 = 1 << 20;
/// The most keys that are put before the run.
pub const MAX_PREFILL: u32 = MAX_INIT as u32;
/// The longest that a thread works between operations, on average, in cycles.
pub const MAX_THINK_CYCLES: u32 = 1_000_000;

impl Workload {
    /// Whether a trace can be made of it.
    ///
    /// # Errors
    /// Which number is beyond its limits, and what it could be.
    pub fn check(&self) -> Result<(), String> {
        within("threads", self.threads, 1..=LAST_THREAD + 1)?;
        within("operations", self.operations, 1..=MAX_OPERATIONS)?;
        within("keys", self.keys, 1..=MAX_KEYS)?;
        within(
            "keys before the run",
            self.prefill,
            0..=self.keys.min(MAX_PREFILL),
        )?;
        within("entries of room", self.room, 0..=MAX_ROOM as u64)?;
        within("cycles of work", self.think_cycles, 0..=MAX_THINK_CYCLES)?;
        let (deletes, increments) = (self.deletes, self.increments);
        if deletes.plus(increments).is_none() {
            return Err(format!(
                "{deletes} % deletes and {increments} % increments: at most 100 % of the writes"
            ));
        }
        if increments > Share::NONE && !matches!(self.value, ValueKind::U64 | ValueKind::Halves) {
            let value = self.value.name();
            return Err(format!(
                "increments of values of kind `{value}`: expected numbers"
            ));
        }
        if self.distinct && self.keys < u32::from(self.threads) {
            let (keys, threads) = (self.keys, self.threads);
            return Err(format!(
                "{keys} keys, each changed by one of {threads} threads: expected as many keys as threads"
            ));
        }
        Ok(())
    }
}

fn within<N: PartialOrd + Display>(
    what: &str,
    number: N,
    range: RangeInclusive<N>,
) -> Result<(), String> {
    if range.contains(&number) {
        return Ok(());
    }
    let (least, most) = range.into_inner();
    Err(format!("{number} {what}: expected {least} to {most}"))
}
