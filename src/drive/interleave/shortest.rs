//! The shortest way to a state, breadth first.

use rustc_hash::FxHashSet;

use super::reduce::Reduction;
use super::search::Options;
use super::state::{Plain, State};
use crate::drive::ending::Ending;
use crate::machine::{Encoder, Step};
use crate::memory::Addr;

/// The steps of a shortest way from `first` to a state in which nothing can happen any more and
/// that `wanted` wants; none if there is none within the limits. Leaving out steps does not make
/// it longer: every way to a final state has an equal one, in another order, that is kept.
///
/// # Errors
/// What ended a run that should have come to its end.
pub fn shortest<P: Plain>(
    first: State<P>,
    objects: &[Addr],
    fits: bool,
    options: &Options,
    wanted: &mut impl FnMut(&State<P>) -> bool,
) -> Result<Option<Vec<Step>>, Ending> {
    let reduction = Reduction::new(&first, objects, fits);
    let (mut encoder, mut visited) = (Encoder::default(), FxHashSet::default());
    // For each state that was reached: the one before it, and the step between.
    let mut ways: Vec<(u32, Step)> = Vec::new();
    let mut level = vec![(first, u32::MAX)];
    let (mut steps, mut bytes) = (Vec::new(), 0);
    while !level.is_empty() {
        let mut next = Vec::new();
        for (mut state, way) in level {
            state.steps(&mut steps);
            if steps.is_empty() && wanted(&state) {
                return Ok(Some(way_to(&ways, way)));
            }
            if options.reduce {
                reduction.keep(&state, &mut steps);
            }
            for &step in &steps {
                let mut after = state.clone();
                after.take(step, &mut ())?;
                after.encode(!fits, &mut encoder);
                if visited.contains(encoder.bytes()) {
                    continue;
                }
                visited.insert(Box::<[u8]>::from(encoder.bytes()));
                bytes += encoder.bytes().len() as u64;
                next.push((after, ways.len() as u32));
                ways.push((way, step));
            }
            let states = ways.len() as u64;
            if states > options.limit_states.min(u64::from(u32::MAX - 1))
                || bytes > options.limit_memory_bytes
            {
                return Ok(None);
            }
        }
        level = next;
    }
    Ok(None)
}

fn way_to(ways: &[(u32, Step)], mut way: u32) -> Vec<Step> {
    let mut steps = Vec::new();
    while let Some(&(before, step)) = ways.get(way as usize) {
        steps.push(step);
        way = before;
    }
    steps.reverse();
    steps
}
