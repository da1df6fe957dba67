//! What x86-TSO allows of a test: all final states of the simulator.
//!
//! The model is of accesses that are performed whole. One across two lines is performed in two halves,
//! and no manual says which one comes first (Intel SDM, volume 3A, section 9.1.1, "Guaranteed Atomic
//! Operations"): an AMD EPYC read the second half first in 33 of 20 million runs, 2026-11-29. So each
//! such access is simulated in both orders.
//!
//! Nor does the model say what becomes of a load of which only a part is in the core's store buffer. The
//! simulator's processors wait until it is empty, as if there were a fence (Intel optimization manual,
//! "Store Forwarding"); the EPYC's load did not in 1151 of 20 million runs of
//! `tests/litmus/torn/forward-partly-covered.litmus`. So here the bytes are joined with the cache's, by
//! which every final state of waiting is reached as well.

use std::collections::BTreeSet;

use crate::drive::interleave::Options;
use crate::litmus::{Hardware, PlainAccess, Setup, Values64};
use crate::machine::{Config, Forwards};

/// The hardware of the model: this machine without caches, with nothing taken for granted of what its
/// store buffers do.
#[must_use]
pub fn model(mut config: Config) -> Hardware {
    config.store_buffer.forwards = Forwards::Joined;
    Hardware {
        config,
        protocol: None,
    }
}

/// With one access more there are twice as many orders.
const MOST_CROSSING: usize = 6;

/// All final states, where the halves of these accesses come in either order.
///
/// # Errors
/// Why they are not all known; in words.
pub(super) fn allowed(
    setup: &Setup<'_>,
    crossing: &[PlainAccess],
    options: &Options,
    goes_on: &mut impl FnMut(u64) -> bool,
) -> Result<BTreeSet<Values64>, String> {
    let count = crossing.len();
    if count > MOST_CROSSING {
        return Err(format!(
            "it has {count} plain accesses across two lines, and the orders of the halves of more than \
             {MOST_CROSSING} are not gone through"
        ));
    }
    let options = Options {
        limit_states: options.limit_states >> count,
        ..*options
    };
    let mut allowed = BTreeSet::new();
    for chosen in 0..1_usize << count {
        let backward = (0..count).filter(|at| chosen & 1 << at != 0);
        let setup = setup.backward(backward.map(|at| crossing[at]).collect());
        let outcomes = setup
            .explore(&options, goes_on)
            .map_err(|ending| format!("the simulator does not come to its end: {ending:?}"))?;
        if outcomes.explored.limit.is_some() {
            return Err("what x86-TSO allows was not all found within the limits".to_owned());
        }
        allowed.extend(outcomes.states);
    }
    Ok(allowed)
}
