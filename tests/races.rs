//! What counts as a data race: streams of events for each side of the border, and random
//! programs against a happens-before relation computed the plain way.

mod common;
#[path = "races/naive.rs"]
mod naive;

use common::feed::Feed;
use tearline::machine::{Answer, CallKind, Core, Event, Note};
use tearline::memory::Addr;
use tearline::observe::{Missing, Races, Touch};

const X: u64 = 0xc0_0000_1000;
const FLAG: u64 = 0xc0_0000_2000;
const SEMAPHORE: u64 = 0xc0_0000_3000;

fn feed() -> Feed<Races> {
    Feed::new(Races::default())
}

/// How many races this program has.
fn races(program: impl FnOnce(&mut Feed<Races>)) -> u64 {
    let mut feed = feed();
    program(&mut feed);
    feed.observer.count()
}

#[test]
fn a_store_and_a_load_that_nothing_orders_are_a_race() {
    let mut feed = feed();
    feed.event(&Event::Allocated {
        core: Core(0),
        addr: Addr(X - 16),
        bytes: 64,
        name: "node",
    });
    feed.line(0, 10);
    feed.begin(0, CallKind::Put, 1);
    feed.store(0, X, 8, 1);
    feed.line(1, 20);
    feed.load(1, X + 4, 4);
    let races = feed.observer.found();
    assert_eq!((races.len(), feed.observer.count()), (1, 1));
    let (first, second) = (&races[0].first, &races[0].second);
    assert_eq!(
        (first.thread.0, first.line, first.touch),
        (0, 10, Touch::Store)
    );
    assert_eq!((first.addr, first.bytes), (Addr(X + 4), 4));
    assert_eq!(first.call, Some(CallKind::Put));
    assert_eq!(
        (second.thread.0, second.line, second.touch),
        (1, 20, Touch::Load)
    );
    assert_eq!(second.call, None);
    assert!(first.cycle < second.cycle);
    assert_eq!(races[0].object, Some(("node".into(), 20)));
    assert_eq!(races[0].missing, Missing::Everything);
    assert_eq!(
        races[0].why(),
        "nothing orders thread 1's load after thread 0's store: they share no lock or atomic"
    );
}

#[test]
fn two_stores_race_and_two_loads_do_not() {
    let stores = |feed: &mut Feed<Races>| (0..3).for_each(|core| feed.store(core, X, 8, 1));
    assert_eq!(races(stores), 2);
    let loads = |feed: &mut Feed<Races>| {
        (0..3).for_each(|core| {
            feed.load(core, X, 8);
        });
    };
    assert_eq!(races(loads), 0);
    let one_thread = |feed: &mut Feed<Races>| (0..3).for_each(|_| feed.store(0, X, 8, 1));
    assert_eq!(races(one_thread), 0);
}

#[test]
fn neighbours_in_a_word_do_not_race() {
    for (at, expected) in [(X, 0), (X + 1, 0), (X + 2, 1), (X + 3, 1), (X + 4, 0)] {
        let program = |feed: &mut Feed<Races>| {
            feed.store(0, X + 2, 2, 1);
            feed.store(1, at, 1, 1);
        };
        assert_eq!(races(program), expected, "{at:#x}");
    }
}

#[test]
fn an_atomic_store_orders_whoever_reads_it() {
    let program = |reads: bool| {
        races(|feed| {
            feed.store(0, X, 8, 1);
            if reads {
                feed.store_atomic(0, FLAG, 1, false);
                feed.load_atomic(1, FLAG);
            } else {
                feed.load_atomic(1, FLAG);
                feed.store_atomic(0, FLAG, 1, false);
            }
            feed.load(1, X, 8);
        })
    };
    assert_eq!([program(true), program(false)], [0, 1]);
}

#[test]
fn an_atomic_store_orders_nobody_while_it_is_buffered() {
    let program = |drained: bool| {
        races(|feed| {
            feed.store(0, X, 8, 1);
            feed.store_atomic(0, FLAG, 1, true);
            if drained {
                feed.drain(0);
            }
            feed.load_atomic(1, FLAG);
            feed.load(1, X, 8);
        })
    };
    assert_eq!([program(true), program(false)], [0, 1]);
}

#[test]
fn what_follows_an_atomic_store_is_not_released_by_it() {
    let count = races(|feed| {
        feed.store_atomic(0, FLAG, 1, true);
        feed.store(0, X, 8, 1);
        feed.drain(0);
        feed.load_atomic(1, FLAG);
        feed.load(1, X, 8);
        let missing = feed.observer.found()[0].missing;
        assert_eq!(missing, Missing::Later);
    });
    assert_eq!(count, 1);
}

#[test]
fn a_plain_store_over_an_atomic_one_orders_nobody() {
    let count = races(|feed| {
        feed.store(0, X, 8, 1);
        feed.store_atomic(0, FLAG, 1, false);
        feed.store(0, FLAG, 8, 2);
        feed.load_atomic(1, FLAG);
        feed.load(1, X, 8);
    });
    assert_eq!(count, 2, "the flag itself and the value");
}

#[test]
fn a_locked_operation_releases_only_if_it_writes() {
    let program = |expected: u128| {
        races(|feed| {
            feed.store(0, X, 8, 1);
            feed.compare_exchange(0, FLAG, expected, 1);
            feed.compare_exchange(1, FLAG, 1, 0);
            feed.load(1, X, 8);
        })
    };
    assert_eq!([program(0), program(5)], [0, 1]);
    let acquires = races(|feed| {
        feed.store(0, X, 8, 1);
        feed.store_atomic(0, FLAG, 1, false);
        assert!(!feed.compare_exchange(1, FLAG, 7, 8));
        feed.load(1, X, 8);
    });
    assert_eq!(acquires, 0, "one that fails reads all the same");
}

#[test]
fn a_semaphore_orders() {
    let program = |acquires: bool| {
        races(|feed| {
            feed.store(0, X, 8, 1);
            feed.release(0, SEMAPHORE);
            if acquires {
                feed.acquire(1, SEMAPHORE);
            }
            feed.store(1, X, 8, 2);
        })
    };
    assert_eq!([program(true), program(false)], [0, 1]);
}

#[test]
fn atomics_alone_do_not_race_and_mixed_accesses_do() {
    let atomics = races(|feed| {
        feed.store_atomic(0, X, 1, false);
        feed.store_atomic(1, X, 2, false);
        feed.load_atomic(2, X);
    });
    assert_eq!(atomics, 0);
    let mut feed = feed();
    feed.store_atomic(0, X, 1, false);
    feed.load(1, X, 8);
    let why = feed.observer.found()[0].why();
    assert!(
        why.ends_with("the load is plain, and the atomic store orders atomic ones only"),
        "{why}"
    );
    let loads = races(|feed| {
        feed.load_atomic(0, X);
        feed.load(1, X, 8);
    });
    assert_eq!(loads, 0);
}

#[test]
fn an_atomic_store_hides_no_other_one() {
    // Thread 2 comes after thread 1's store of X and not after thread 0's.
    let count = races(|feed| {
        feed.store_atomic(0, X, 1, false);
        feed.store_atomic(1, X, 2, false);
        feed.load_atomic(2, X);
        feed.load(2, X, 8);
    });
    assert_eq!(count, 1);
}

#[test]
fn what_was_there_before_the_run_races_with_nothing() {
    let count = races(|feed| {
        feed.store(Core::SETUP.0, X, 8, 1);
        feed.load(0, X, 8);
        feed.store(1, X + 8, 8, 1);
    });
    assert_eq!(count, 0);
}

#[test]
fn every_one_of_many_readers_is_remembered() {
    for late in 0..8 {
        let count = races(|feed| {
            for core in 0..8 {
                feed.load(core, X, 8);
                if core != late {
                    feed.release(core, SEMAPHORE);
                }
            }
            feed.acquire(9, SEMAPHORE);
            feed.store(9, X, 8, 1);
        });
        assert_eq!(count, 1, "reader {late}");
    }
}

#[test]
fn threads_race_not_cores() {
    let mut feed = feed();
    feed.store(0, X, 8, 1);
    feed.schedule(0, 5);
    feed.store(0, X, 8, 1);
    feed.schedule(1, 0);
    feed.store(1, X + 8, 8, 1);
    feed.schedule(0, 0);
    feed.store(0, X + 8, 8, 1);
    let pairs = feed.observer.found().iter();
    let pairs = pairs.map(|race| (race.first.thread.0, race.second.thread.0));
    assert_eq!(pairs.collect::<Vec<_>>(), [(0, 5)]);
}

#[test]
fn the_same_two_lines_are_one_race() {
    let mut feed = feed();
    for at in 0..5 {
        feed.store(0, X + 8 * at, 8, 1);
        feed.store(1, X + 8 * at, 8, 1);
    }
    let (races, count) = (feed.observer.found(), feed.observer.count());
    assert_eq!((races.len(), races[0].times, count), (1, 5, 5));
}

#[test]
fn any_address_is_watched() {
    for at in [0, 5, 0x1003, X + 4, X + 1021, u64::MAX - 3] {
        let program = |feed: &mut Feed<Races>| {
            feed.store(0, at, 16, 1);
            feed.store(1, at.wrapping_add(15), 1, 1);
        };
        assert_eq!(races(program), 1, "{at:#x}");
    }
}

#[test]
fn threads_beyond_the_64th_are_left_out() {
    let program = |thread| {
        races(|feed| {
            feed.schedule(0, thread);
            feed.store(0, X, 8, 1);
            feed.store(1, X, 8, 1);
        })
    };
    assert_eq!([program(63), program(64), program(u16::MAX)], [1, 0, 0]);
}

/// Two puts of which a runtime tells or not, each a store of the value, and maybe of something
/// inside.
fn puts(told: bool, inside: bool, values: [u64; 2]) -> Races {
    let mut feed = feed();
    for (core, value) in [0, 1].into_iter().zip(values) {
        feed.line(core, u32::from(core) + 1);
        feed.begin(core, CallKind::Put, value);
        if told {
            feed.note(core, Note::HeaderWritten(Addr(X)));
        }
        feed.load(core, X, 8);
        feed.load(core, X + 8, 1);
        if inside {
            feed.store(core, FLAG, 8, 1);
        }
        let (write, addr) = (feed.new_write(), Addr(FLAG + 8 * value));
        feed.note(
            core,
            Note::WriteBegun {
                write,
                addr,
                bytes: 8,
            },
        );
        let access = tearline::machine::Access::store(addr, 8, 1, write);
        feed.access(core, access, false);
        feed.end(core, Answer::Nothing);
    }
    feed.observer
}

#[test]
fn go_sees_the_header_and_the_value_of_a_call() {
    // The header was only loaded, but a put is a store to it.
    let found = puts(true, false, [1, 2]);
    assert_eq!((found.count(), found.count_by_go()), (0, 1));
    let race = &found.found_by_go()[0];
    assert_eq!((race.first.touch, race.first.addr), (Touch::Store, Addr(X)));
    assert_eq!(puts(true, false, [1, 1]).count_by_go(), 2);
    let found = puts(false, true, [1, 2]);
    assert_eq!(
        (found.count(), found.count_by_go()),
        (1, 0),
        "inside the runtime"
    );
    let found = puts(false, false, [1, 1]);
    assert_eq!((found.count(), found.count_by_go()), (1, 1));
}

#[test]
fn go_does_not_see_entries_moved() {
    let mut feed = feed();
    for core in [0, 1] {
        feed.begin(core, CallKind::Put, 1);
        let (write, addr) = (feed.new_write(), Addr(FLAG));
        feed.note(
            core,
            Note::WriteBegun {
                write,
                addr,
                bytes: 8,
            },
        );
        feed.note(core, Note::Copied { write, of: None });
        let access = tearline::machine::Access::store(addr, 8, 1, write);
        feed.access(core, access, false);
        feed.end(core, Answer::Nothing);
    }
    assert_eq!((feed.observer.count(), feed.observer.count_by_go()), (1, 0));
}
