//! An instance of a test's locations in memory: what it holds at first, and what threads may do to its
//! lines beforehand.
#![allow(
    unsafe_code,
    reason = "it writes to pages that are shared at other times"
)]

use super::pages::Pages;
use super::refuse::LINE_BYTES;
use crate::litmus::{Init, Layout, Preload, Test, Width, prefetches};

/// How an instance lies in memory: as in the simulator, so that addresses differ by one number, and
/// where a location is beside another is the same.
pub(super) struct Instance {
    /// The address of its first location in the simulator.
    simulated: u64,
    /// What it holds at first.
    bytes: Vec<u8>,
    /// Where it holds addresses of its own.
    addresses: Vec<(usize, u64)>,
}

impl Instance {
    pub(super) fn new(test: &Test, layout: &Layout) -> Result<Instance, String> {
        let simulated = layout.addrs.first().map_or(0, |addr| addr.0);
        let mut addresses = Vec::new();
        for (location, addr) in test.locations.iter().zip(&layout.addrs) {
            let width = location.element.width;
            for (at, &init) in location.init.iter().enumerate() {
                if let Init::Address(_) = init {
                    if width != Width::Quad {
                        let name = &location.name;
                        return Err(format!(
                            "{name} holds an address, and has no 8 bytes for it"
                        ));
                    }
                    let place = (addr.0 - simulated) as usize + at * width.bytes();
                    addresses.push((place, layout.number(init) - simulated));
                }
            }
        }
        Ok(Instance {
            simulated,
            bytes: layout.contents.concat(),
            addresses,
        })
    }

    /// Its size: whole lines, one at least.
    pub(super) fn bytes(&self) -> usize {
        self.bytes.len().max(LINE_BYTES as usize)
    }

    /// Makes the instance there what it is at first.
    ///
    /// # Safety
    /// No other thread accesses it now.
    #[allow(
        unsafe_code,
        reason = "it writes to pages that are shared at other times"
    )]
    pub(super) unsafe fn begin(&self, pages: &Pages, at: usize) {
        let first = pages.at(at) as u64;
        // SAFETY: the caller says so.
        unsafe {
            pages.write(at, &self.bytes);
            for &(place, of) in &self.addresses {
                pages.write(at + place, &(first + of).to_le_bytes());
            }
        }
    }

    /// A number as the simulator has it: addresses in the instance are other ones there.
    pub(super) fn simulated_of(&self, value: u64, first: u64) -> u64 {
        match value.wrapping_sub(first) {
            past if past < self.bytes.len() as u64 => self.simulated + past,
            _ => value,
        }
    }
}

/// What the test's hints say, line by line.
pub(super) fn preloads(test: &Test, layout: &Layout) -> Vec<Vec<(usize, Preload)>> {
    let mut preloads = vec![Vec::new(); test.threads.len()];
    for one in prefetches(test) {
        let location = usize::from(one.location);
        let first = (layout.addrs[location].0 - layout.addrs[0].0) as usize;
        let bytes = layout.contents[location].len();
        let lines = (first..first + bytes).step_by(LINE_BYTES as usize);
        preloads[usize::from(one.thread)].extend(lines.map(|line| (line, one.how)));
    }
    preloads
}
