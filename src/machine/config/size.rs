//! A machine of another size: what a user may change without a file of their own.

use super::Config;
use super::file::{MAX_CACHE_BYTES, MAX_CORES, MAX_SETS, MAX_WAYS};
use crate::memory::LineSize;

/// How large a machine is; what is none stays as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    /// How many cores.
    pub cores: Option<u32>,
    /// How many sets in each private cache.
    pub sets: Option<u32>,
    /// How many lines in a set.
    pub ways: Option<u32>,
    /// How many bytes in a line.
    pub line_bytes: Option<u32>,
    /// How much later than the first a thread may start, in cycles.
    pub skew_cycles: Option<u32>,
    /// How long a thread may stay on a core while others wait for one, in cycles.
    pub turn_cycles: Option<u32>,
}

impl Config {
    /// The same machine in another size. What is performed whole is never larger than a line.
    ///
    /// # Errors
    /// Which number is wrong, and what it could be: the limits are those of a machine file.
    pub fn resized(mut self, size: Size) -> Result<Config, String> {
        if let Some(cores) = size.cores {
            self.cores = within("cores", cores, MAX_CORES)?;
        }
        if let Some(sets) = size.sets {
            self.cache.sets = within("sets", sets, MAX_SETS)?;
            if !sets.is_power_of_two() {
                return Err(format!("{sets} sets: expected a power of two"));
            }
        }
        if let Some(ways) = size.ways {
            self.cache.ways = within("ways", ways, MAX_WAYS)?;
        }
        if let Some(bytes) = size.line_bytes {
            let (least, most) = (LineSize::MIN_BYTES, LineSize::MAX_BYTES);
            self.line_size = LineSize::new(bytes.into()).ok_or_else(|| {
                format!("{bytes} bytes in a line: expected a power of two from {least} to {most}")
            })?;
            self.single_copy_bytes = self.single_copy_bytes.min(bytes as usize);
        }
        self.vary.start_skew_cycles = size.skew_cycles.unwrap_or(self.vary.start_skew_cycles);
        self.threads.turn_cycles = size.turn_cycles.unwrap_or(self.threads.turn_cycles);
        let lines = (self.cache.sets * self.cache.ways * self.cores) as u64;
        let levels = [
            Some(lines),
            self.last_level.map(|l| (l.sets * l.ways) as u64),
        ];
        for lines in levels.into_iter().flatten() {
            let bytes = lines * self.line_size.bytes();
            if bytes > MAX_CACHE_BYTES {
                return Err(format!("caches of {bytes} bytes in all: at most 1 GiB"));
            }
        }
        Ok(self)
    }
}

fn within(what: &str, number: u32, most: u32) -> Result<usize, String> {
    match number {
        1.. if number <= most => Ok(number as usize),
        _ => Err(format!("{number} {what}: expected 1 to {most}")),
    }
}
