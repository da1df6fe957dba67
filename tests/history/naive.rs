//! Linearizability the plain way: all orders of the calls on one key are tried.

use proptest::prelude::*;
use tearline::machine::{Answer, CallKind, Core};
use tearline::memory::WriteId;

use crate::calls::Calls;

const K: u64 = 7;
const THREADS: u8 = 3;

/// What a call did.
#[derive(Clone, Copy, Debug)]
struct Made {
    kind: CallKind,
    /// What it found, if it looked: none for nothing.
    found: Option<WriteId>,
    wrote: Option<WriteId>,
    begun: usize,
    over: usize,
    /// A get of what its own thread has buffered is left out.
    judged: bool,
}

/// Whether some order of the calls in `left` explains them all from this value on.
fn linearizable(calls: &[Made], left: u32, value: Option<WriteId>) -> bool {
    let pending = |at: usize| left >> at & 1 == 1;
    (left == 0)
        || (0..calls.len()).filter(|&at| pending(at)).any(|at| {
            let call = &calls[at];
            // Whatever was over before it began comes first.
            let is_next =
                (0..calls.len()).all(|other| !pending(other) || calls[other].over > call.begun);
            let fits = match call.kind {
                CallKind::Get | CallKind::Increment => call.found == value,
                _ => true,
            };
            let after = match call.kind {
                CallKind::Get => value,
                _ => call.wrote,
            };
            is_next && fits && linearizable(calls, left & !(1 << at), after)
        })
}

/// What a thread does next: its call's kind, and which of the writes so far it finds.
type Choice = (u8, u8, usize);

/// A thread's call under way: its place, and how far it is.
#[derive(Clone, Copy)]
enum At {
    Idle,
    Begun(usize),
    Acted(usize),
}

/// Runs random choices as a history: the calls that were made, and how many wrong answers the
/// observer found.
fn run(
    present: bool,
    choices: &[Choice],
    calls_at_most: usize,
) -> (Vec<Made>, u64, Option<WriteId>) {
    let mut feed = Calls::new();
    let mut writes = vec![None];
    let initial = present.then(|| feed.put(Core::SETUP.0, K));
    if !present {
        feed.delete(Core::SETUP.0, K);
    }
    writes.extend(initial.map(Some));
    let mut made: Vec<Made> = Vec::new();
    let mut at = [At::Idle; THREADS as usize];
    let (mut buffered, mut drained) = ([0; THREADS as usize], [0; THREADS as usize]);
    // Calls that have ended, each with the number of the store that it waits for.
    let mut leaving: [Vec<(usize, usize)>; THREADS as usize] = Default::default();
    let finish = (0..THREADS).flat_map(|thread| [(thread, 0, 0); 3]);
    let drains = (0..THREADS).flat_map(|thread| [(thread, 200, 0); 8]);
    let begun = choices.len();
    let all = choices.iter().copied().chain(finish).chain(drains);
    for (time, (thread, what, find)) in all.enumerate() {
        let own = usize::from(thread);
        if what >= 200 {
            feed.drain(thread);
            drained[own] = buffered[own].min(drained[own] + 1);
            leaving[own].retain(|&(last, call)| {
                if last <= drained[own] {
                    made[call].over = time;
                }
                last > drained[own]
            });
            continue;
        }
        at[own] = match at[own] {
            At::Idle if made.len() == calls_at_most || time >= begun => At::Idle,
            At::Idle => {
                let kind = match what % 6 {
                    0 | 1 => CallKind::Get,
                    2 | 3 => CallKind::Put,
                    4 => CallKind::Increment,
                    _ => CallKind::Delete,
                };
                feed.begin(thread, kind, K);
                made.push(Made {
                    kind,
                    found: None,
                    wrote: None,
                    begun: time,
                    over: usize::MAX,
                    judged: kind != CallKind::Get || leaving[own].is_empty(),
                });
                At::Begun(made.len() - 1)
            }
            At::Begun(call) => {
                let kind = made[call].kind;
                if matches!(kind, CallKind::Get | CallKind::Increment) {
                    made[call].found = writes[find % writes.len()];
                    let read = made[call]
                        .found
                        .or((kind == CallKind::Increment).then_some(WriteId::INITIAL));
                    feed.read(thread, read);
                }
                let is_buffered = what % 2 == 1;
                if matches!(kind, CallKind::Put | CallKind::Increment) {
                    let write = match is_buffered {
                        true => feed.write_buffered(thread),
                        false => feed.write(thread),
                    };
                    made[call].wrote = Some(write);
                    writes.push(Some(write));
                    buffered[own] += usize::from(is_buffered);
                }
                At::Acted(call)
            }
            At::Acted(call) => {
                let answer = match made[call].kind {
                    CallKind::Get if made[call].found.is_some() => Answer::Present,
                    CallKind::Get => Answer::Absent,
                    _ => Answer::Nothing,
                };
                feed.end(thread, answer);
                if made[call].kind == CallKind::Get || buffered[own] == drained[own] {
                    made[call].over = time;
                } else {
                    leaving[own].push((buffered[own], call));
                }
                At::Idle
            }
        };
    }
    (made, feed.feed.observer.count(), initial)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 5_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn wrong_answers_are_those_that_no_order_explains(
        present in any::<bool>(),
        choices in prop::collection::vec((0..THREADS, 0..230_u8, 0..8_usize), 1..40),
    ) {
        let (made, count, initial) = run(present, &choices, 6);
        let judged: Vec<Made> = made.iter().copied().filter(|call| call.judged).collect();
        let explained = linearizable(&judged, (1 << judged.len()) - 1, initial);
        prop_assert_eq!(count == 0, explained, "{:#?}", judged);
    }
}
