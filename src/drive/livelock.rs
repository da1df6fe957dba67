//! Whether what is under way on a network can ever be over: every order of deliveries is tried
//! from a state of a machine. The programs on its cores do not go on meanwhile.

use rustc_hash::FxHashSet;

use crate::machine::{Machine, Port, Progress, Slot, Step};
use crate::memory::Contents;

/// More states than this are not looked at.
const MOST_STATES: usize = 20_000;

/// Whether no order of deliveries leads to where nothing is under way. What was not found out
/// counts as no.
pub(super) fn never_over<C: Contents>(machine: &Machine<C>) -> bool {
    let mut seen = FxHashSet::default();
    seen.insert(machine.situation());
    let mut left = vec![machine.clone()];
    let mut steps = Vec::new();
    while let Some(mut machine) = left.pop() {
        if is_over(&machine) {
            return false;
        }
        machine.steps(&mut steps);
        for &step in &steps {
            if matches!(step, Step::Issue(_) | Step::Drain(_)) {
                continue;
            }
            let mut next = machine.clone();
            // Another property fails there, or the model leaves it out.
            if !matches!(next.perform(step, &mut ()), Ok(progress) if is_known(progress)) {
                return false;
            }
            if seen.insert(next.situation()) {
                left.push(next);
            }
        }
        if seen.len() > MOST_STATES {
            return false;
        }
    }
    true
}

fn is_known(progress: Progress) -> bool {
    !matches!(progress, Progress::Unsupported(_) | Progress::Faulted(..))
}

/// Nothing is in flight or transient, and no access waits.
fn is_over<C: Contents>(machine: &Machine<C>) -> bool {
    let waits = |core| {
        let ports = Port::BOTH.into_iter();
        ports.map(move |port| Slot { core, port })
    };
    machine.in_flight().is_empty()
        && machine.unsettled().is_none()
        && !machine
            .cores()
            .flat_map(waits)
            .any(|slot| machine.is_waiting(slot))
}
