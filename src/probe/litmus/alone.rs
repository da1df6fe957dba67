//! The threads of a test one after another, each alone: nothing is left to the processor, so that what
//! they leave has to be one of the final states that x86-TSO allows.
#![allow(
    unsafe_code,
    reason = "it runs assembled instructions, on pages of its own"
)]

use super::pages::Pages;
use super::question::Question;
use super::refuse::LINE_BYTES;
use crate::litmus::{Register, Values64};

/// So many bytes for a thread's results.
const RESULTS: usize = 8 * Register::COUNT;

impl Question<'_> {
    /// Runs the threads one after another, each alone, on an instance at this place: the final
    /// state. `skipped` bytes lie before the instance, in whole lines.
    ///
    /// # Errors
    /// There is no memory.
    ///
    /// # Panics
    /// When these are not whole lines.
    pub fn alone(&self, order: &[usize], skipped: usize) -> Result<Values64, String> {
        assert!(skipped.is_multiple_of(LINE_BYTES as usize), "whole lines");
        let pages = Pages::new(skipped + self.instance.bytes());
        let pages = pages.map_err(|why| format!("no memory: {why}"))?;
        let results = Pages::new(self.threads() * RESULTS).map_err(|why| why.to_string())?;
        let first = pages.at(skipped);
        // SAFETY: this thread alone has the pages. All accesses are in locations, as `refuse` has found,
        // whose lines lie here as in the simulator, and no thread has more than 16 results.
        let values = unsafe {
            self.instance.begin(&pages, skipped);
            for &thread in order {
                self.codes[thread].run(first, results.at(thread * RESULTS));
            }
            let mut values = Vec::new();
            self.values(
                first as u64,
                |at, bytes| pages.read(skipped + at, bytes),
                |thread, at| results.read(thread * RESULTS + 8 * at, 8),
                &mut values,
            );
            values
        };
        Ok(values)
    }

    /// What threads compute from the numbers of addresses, other than places to access, is
    /// different on a real machine: such a test shows states that the simulator does not have,
    /// however its threads are run.
    pub(super) fn depends_on_nothing_else(&self) -> Result<(), String> {
        let forward: Vec<usize> = (0..self.threads()).collect();
        let backward: Vec<usize> = forward.iter().rev().copied().collect();
        for (order, lines) in [(forward, 0), (backward, 3)] {
            let values = self.alone(&order, lines * LINE_BYTES as usize)?;
            if self.passes(&values) && !self.allowed.contains(&values) {
                return Err("what it shows depends on where its locations lie".to_owned());
            }
        }
        Ok(())
    }
}
