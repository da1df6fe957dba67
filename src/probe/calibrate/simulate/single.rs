//! Single events: the other core prepares the line, and long afterwards the event happens. What it
//! takes is how much longer the run is than the same without it.

use super::run;
use crate::machine::{Access, Config, Fence, Request, Script};
use crate::memory::{Addr, WriteId};
use crate::probe::latency::Question;
use crate::protocol::Protocol;

/// Runs with the event and without it, each two with a seed of their own.
const SEEDS: u64 = 32;
/// Whatever was begun before is over after so many cycles: some of the longest times that a machine
/// may have.
const LONG: u32 = 20_000_000;

/// A line's end, and eight bytes across it, four on each side.
const LINE: Addr = Addr(1 << 12);
const SPLIT_BYTES: u64 = 4;

/// Cycles of an event, on average over some seeds.
pub(super) fn event(
    config: &Config,
    protocol: &Protocol,
    question: Question,
) -> Result<f64, String> {
    let is_store = matches!(
        question,
        Question::Upgrade | Question::SplitStore | Question::SplitStoreModified
    );
    let split = Addr(LINE.0 + config.line_size.bytes() - SPLIT_BYTES);
    let at = match question {
        Question::ReadModified | Question::ReadShared | Question::Upgrade => LINE,
        _ => split,
    };
    let load = Request::Access(Access::load(at, 8));
    let store = Request::Access(Access::store(at, 8, 1, WriteId(1)));
    // What each did before: the one whose event it is, and the other.
    let (mine, others) = match question {
        Question::ReadModified | Question::SplitReadModified | Question::SplitStoreModified => {
            (None, Some(&store))
        }
        Question::ReadShared | Question::Upgrade => (Some(&load), Some(&load)),
        Question::SplitStore => (Some(&store), None),
        _ => (Some(&load), None),
    };
    let event = if is_store { &store } else { &load };
    let script = |requests: &[Option<&Request>]| {
        let requests: Vec<Request> = requests.iter().copied().flatten().cloned().collect();
        Script::new(requests)
    };
    let (waits, fence) = (Request::Compute(LONG), Request::Fence(Fence::Full));
    // As on the processor, whoever stores waits until others can see it.
    let fence = is_store.then_some(&fence);
    let other = script(&[others]);
    let with = script(&[mine, Some(&waits), Some(event), fence]);
    let without = script(&[mine, Some(&waits), fence]);
    let mut sum = 0.0;
    for seed in 0..SEEDS {
        let cycles = |mine: &Script| run(config, protocol, vec![mine.clone(), other.clone()], seed);
        sum += cycles(&with)? as f64 - cycles(&without)? as f64;
    }
    Ok(sum / SEEDS as f64)
}
