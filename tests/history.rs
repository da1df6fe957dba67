//! What counts as a wrong answer of a map: streams of events for each side of the border, and
//! random histories against a checker that tries all orders.

#[path = "history/calls.rs"]
mod calls;
mod common;
#[path = "history/naive.rs"]
mod naive;
#[path = "history/ordered.rs"]
mod ordered;

use calls::Calls;
use tearline::machine::{Answer, CallKind, Exit, Thread};
use tearline::maps::Entry;
use tearline::memory::WriteId;
use tearline::observe::WrongWhy;

const K: u64 = 7;

/// What is wrong with this history.
fn wrong(history: impl FnOnce(&mut Calls)) -> Vec<WrongWhy> {
    let mut calls = Calls::new();
    history(&mut calls);
    let found = calls.feed.observer.found();
    assert_eq!(found.len() as u64, calls.feed.observer.count());
    found.iter().map(|wrong| wrong.why).collect()
}

#[test]
fn a_get_gives_the_last_put() {
    let right = wrong(|calls| {
        calls.get(0, K, None);
        let put = calls.put(0, K);
        calls.get(1, K, Some(put));
        let put = calls.put(1, K);
        calls.get(0, K, Some(put));
        calls.delete(0, K);
        calls.get(1, K, None);
    });
    assert_eq!(right, []);
}

#[test]
fn an_entry_that_is_not_found_is_lost() {
    let why = wrong(|calls| {
        calls.put(0, K); // line 1
        calls.get(1, K, None);
    });
    assert_eq!(why, [WrongWhy::Lost { put: 1 }]);
    let overlaps = wrong(|calls| {
        calls.begin(1, CallKind::Get, K);
        calls.put(0, K);
        calls.read(1, None);
        calls.end(1, Answer::Absent);
    });
    assert_eq!(overlaps, []);
    let deleted = wrong(|calls| {
        calls.put(0, K);
        calls.begin(2, CallKind::Delete, K);
        calls.get(1, K, None);
        calls.end(2, Answer::Nothing);
        calls.get(1, K, None);
    });
    assert_eq!(deleted, []);
}

#[test]
fn what_was_seen_deleted_stays_so() {
    let why = wrong(|calls| {
        let put = calls.put(0, K); // line 1
        calls.begin(2, CallKind::Delete, K);
        calls.get(1, K, None);
        calls.get(1, K, Some(put));
        calls.end(2, Answer::Nothing);
    });
    assert_eq!(why.len(), 1);
    assert!(
        matches!(why[0], WrongWhy::Resurrected { put: 1, .. }),
        "{why:?}"
    );
}

#[test]
fn a_deleted_value_is_resurrected_and_a_replaced_one_old() {
    let why = wrong(|calls| {
        let put = calls.put(0, K); // line 1
        calls.delete(0, K); // line 2
        calls.get(1, K, Some(put));
    });
    assert_eq!(why, [WrongWhy::Resurrected { put: 1, delete: 2 }]);
    let why = wrong(|calls| {
        let put = calls.put(0, K); // line 1
        calls.put(0, K); // line 2
        calls.get(1, K, Some(put));
    });
    assert_eq!(why, [WrongWhy::Replaced { old: 1, new: 2 }]);
}

#[test]
fn one_wrong_answer_is_told_once() {
    let why = wrong(|calls| {
        calls.put(0, K);
        for _ in 0..3 {
            calls.get(1, K, None);
        }
        let put = calls.put(0, K);
        calls.get(1, K, Some(put));
    });
    assert_eq!(why.len(), 1);
}

#[test]
fn puts_that_overlap_come_in_either_order() {
    for first in [true, false] {
        let right = wrong(|calls| {
            let one = calls.begin_put(0, K);
            let other = calls.begin_put(1, K);
            calls.end(0, Answer::Nothing);
            calls.end(1, Answer::Nothing);
            let value = if first { one } else { other };
            calls.get(2, K, Some(value));
            calls.get(2, K, Some(value));
        });
        assert_eq!(right, []);
    }
    let both = wrong(|calls| {
        let one = calls.begin_put(0, K);
        let other = calls.begin_put(1, K);
        calls.end(0, Answer::Nothing);
        calls.end(1, Answer::Nothing);
        calls.get(2, K, Some(one));
        calls.get(2, K, Some(other));
    });
    assert_eq!(both.len(), 1, "one of them was the last");
}

#[test]
fn a_put_is_under_way_until_its_store_is_performed() {
    let program = |drained: bool| {
        wrong(|calls| {
            calls.begin(0, CallKind::Put, K);
            calls.write_buffered(0);
            calls.end(0, Answer::Nothing);
            if drained {
                calls.drain(0);
            }
            calls.get(1, K, None);
        })
    };
    assert_eq!(program(true).len(), 1);
    assert_eq!(program(false), []);
}

#[test]
fn a_thread_may_read_its_own_buffered_put() {
    let program = |reader: u8| {
        wrong(|calls| {
            calls.begin(0, CallKind::Put, K);
            let put = calls.write_buffered(0);
            calls.end(0, Answer::Nothing);
            calls.get(reader, K, Some(put));
            calls.get(1, K, None); // it is not out yet
            calls.drain(0);
        })
    };
    assert_eq!(program(0), []);
    assert_eq!(program(1).len(), 1);
}

#[test]
fn a_value_of_another_key_or_of_nobody_is_told() {
    let why = wrong(|calls| {
        calls.put(0, K);
        let other = calls.put(0, 8); // line 2
        calls.get(1, K, Some(other));
        calls.get(1, K, Some(WriteId::INITIAL));
    });
    assert_eq!(
        why,
        [WrongWhy::OtherKey { key: 8, line: 2 }, WrongWhy::NeverPut]
    );
}

#[test]
fn what_was_moved_keeps_its_put() {
    let history = |old: bool| {
        wrong(|calls| {
            let put = calls.put(0, K);
            if old {
                calls.put(0, K);
            }
            let copy = calls.copy(1, Some(put));
            let again = calls.copy(1, Some(copy));
            calls.get(2, K, Some(again));
        })
    };
    assert_eq!(history(false), []);
    assert_eq!(history(true), [WrongWhy::Replaced { old: 1, new: 2 }]);
    let torn = wrong(|calls| {
        calls.put(0, K);
        let copy = calls.copy(1, None);
        calls.get(2, K, Some(copy));
    });
    assert_eq!(torn, [], "a torn copy is the other detector's");
}

#[test]
fn moving_entries_in_a_put_does_not_change_what_it_puts() {
    let right = wrong(|calls| {
        let old = calls.put(0, 8);
        calls.begin(0, CallKind::Put, K);
        calls.copy(0, Some(old));
        let put = calls.write(0);
        calls.copy(0, Some(old));
        calls.end(0, Answer::Nothing);
        calls.get(1, K, Some(put));
    });
    assert_eq!(right, []);
}

#[test]
fn two_increments_of_one_value_lose_one() {
    let history = |chained: bool| {
        wrong(|calls| {
            let put = calls.put(0, K); // line 1
            calls.begin(0, CallKind::Increment, K); // line 2
            calls.begin(1, CallKind::Increment, K); // line 3
            calls.read(0, Some(put));
            let one = calls.write(0);
            calls.read(1, Some(if chained { one } else { put }));
            calls.write(1);
            calls.end(0, Answer::Nothing);
            calls.end(1, Answer::Nothing);
        })
    };
    assert_eq!(history(true), []);
    assert_eq!(
        history(false),
        [WrongWhy::LostIncrement { read: 1, other: 2 }]
    );
}

#[test]
fn increments_of_a_key_that_is_not_there_count_too() {
    let why = wrong(|calls| {
        for _ in 0..2 {
            calls.begin(0, CallKind::Increment, K);
            calls.read(0, Some(WriteId::INITIAL));
            calls.write(0);
            calls.end(0, Answer::Nothing);
        }
    });
    assert_eq!(why, [WrongWhy::LostIncrement { read: 0, other: 1 }]);
}

#[test]
fn a_clear_deletes_every_key() {
    let why = wrong(|calls| {
        let [one, other] = [calls.put(0, 1), calls.put(0, 2)];
        calls.begin(0, CallKind::Clear, 0);
        calls.get(1, 1, None);
        calls.get(1, 2, Some(other));
        let late = calls.put(1, 3); // a clear under way may take it or not
        calls.get(1, 3, Some(late));
        calls.get(1, 3, None);
        calls.end(0, Answer::Nothing);
        calls.get(1, 2, None);
        calls.get(1, 1, Some(one));
    });
    assert_eq!(why, [WrongWhy::Resurrected { put: 1, delete: 3 }]);
}

#[test]
fn a_range_comes_once_to_all_that_is_there() {
    let history = |visits: &[u64]| {
        wrong(|calls| {
            let puts = [calls.put(0, 0), calls.put(0, 1), calls.put(0, 2)];
            calls.begin(1, CallKind::Range, 0);
            for &key in visits {
                calls.visit(1, key, puts[key as usize]);
            }
            calls.end(1, Answer::Count(visits.len() as u64));
        })
    };
    assert_eq!(history(&[2, 0, 1]), []);
    assert_eq!(history(&[0, 2]), [WrongWhy::Missed { key: 1, put: 2 }]);
    assert_eq!(history(&[0, 1, 2, 1]), [WrongWhy::Duplicate { key: 1 }]);
}

#[test]
fn a_range_may_see_or_miss_what_changes_meanwhile() {
    for seen in [true, false] {
        let right = wrong(|calls| {
            let (old, gone) = (calls.put(0, 0), calls.put(0, 1));
            calls.begin(1, CallKind::Range, 0);
            let new = calls.put(0, 0);
            calls.delete(0, 1);
            let late = calls.put(0, 2);
            calls.visit(1, 0, if seen { new } else { old });
            if seen {
                calls.visit(1, 1, gone);
                calls.visit(1, 2, late);
                let again = calls.put(0, 1);
                calls.visit(1, 1, again);
            }
            calls.end(1, Answer::Count(if seen { 4 } else { 1 }));
        });
        assert_eq!(right, []);
    }
}

#[test]
fn a_range_sees_nothing_that_was_gone_before() {
    let why = wrong(|calls| {
        let old = calls.put(0, 0); // line 1
        let new = calls.put(0, 0); // line 2
        let gone = calls.put(0, 1); // line 3
        calls.delete(0, 1); // line 4
        calls.begin(1, CallKind::Range, 0);
        calls.visit(1, 0, old);
        calls.visit(1, 1, gone);
        calls.end(1, Answer::Count(2));
        calls.get(1, 0, Some(new));
    });
    assert_eq!(
        why,
        [
            WrongWhy::Replaced { old: 1, new: 2 },
            WrongWhy::Resurrected { put: 3, delete: 4 }
        ]
    );
}

#[test]
fn a_range_that_does_not_say_where_it_comes_misses_nothing() {
    let right = wrong(|calls| {
        calls.put(0, 0);
        calls.begin(1, CallKind::Range, 0);
        calls.end(1, Answer::Count(1));
    });
    assert_eq!(right, []);
}

#[test]
fn a_length_is_judged_when_nothing_changes() {
    let history = |says: u64, changing: bool| {
        wrong(|calls| {
            calls.put(0, 0);
            calls.put(0, 1);
            calls.delete(0, 0);
            calls.begin(1, CallKind::Len, 0);
            if changing {
                calls.put(0, 1);
            }
            calls.end(1, Answer::Count(says));
        })
    };
    assert_eq!(history(1, false), []);
    assert_eq!(
        history(2, false),
        [WrongWhy::WrongLen { says: 2, holds: 1 }]
    );
    assert_eq!(history(2, true), []);
    let unknown = wrong(|calls| {
        let one = calls.begin_put(0, 0);
        calls.begin(1, CallKind::Delete, 0);
        calls.end(0, Answer::Nothing);
        calls.end(1, Answer::Nothing);
        for says in 0..5 {
            calls.begin(1, CallKind::Len, 0);
            calls.end(1, Answer::Count(says));
        }
        calls.get(1, 0, Some(one));
        calls.begin(1, CallKind::Len, 0);
        calls.end(1, Answer::Count(0));
    });
    assert_eq!(unknown, [WrongWhy::WrongLen { says: 0, holds: 1 }]);
}

#[test]
fn a_call_that_a_thread_ends_in_leaves_its_key_open() {
    let right = wrong(|calls| {
        let put = calls.put(0, K);
        calls.put(0, 8);
        calls.begin(1, CallKind::Delete, K);
        calls.ends(1, &Exit::Thrown("ClassCastException"));
        calls.get(0, K, Some(put));
        calls.get(0, K, None);
        calls.get(0, K, Some(put));
        calls.get(0, 8, None);
    });
    assert_eq!(right, [WrongWhy::Lost { put: 2 }]);
}

fn entry(key: u64, write: WriteId, reachable: bool) -> Entry {
    Entry {
        key,
        value: [0; 3],
        write,
        reachable,
    }
}

#[test]
fn a_walk_after_the_run_is_a_last_look_at_every_key() {
    let mut calls = Calls::new();
    let puts = [0, 1, 2, 3].map(|key| calls.put(0, key));
    calls.delete(0, 3);
    let entries = [
        entry(0, puts[0], true),
        entry(1, puts[1], false),
        entry(3, puts[3], true),
        entry(9, WriteId::INITIAL, true),
    ];
    calls.feed.observer.finish(0, &entries);
    let found = calls.feed.observer.found();
    assert!(found.iter().all(|wrong| wrong.thread == Thread::SETUP));
    let why: Vec<_> = found
        .iter()
        .map(|wrong| (wrong.call.key, wrong.why))
        .collect();
    assert_eq!(
        why,
        [
            (9, WrongWhy::NeverPut),
            (1, WrongWhy::Lost { put: 2 }),
            (2, WrongWhy::Lost { put: 3 }),
            (3, WrongWhy::Resurrected { put: 4, delete: 5 }),
        ]
    );
}

#[test]
fn many_calls_at_once_are_kept_track_of() {
    let right = wrong(|calls| {
        for round in 0..200 {
            let puts: Vec<WriteId> = (0..40).map(|core| calls.begin_put(core, K)).collect();
            calls.get(50, K, Some(puts[round % 40]));
            calls.get(50, K, Some(puts[(round + 7) % 40]));
            (0..40).for_each(|core| calls.end(core, Answer::Nothing));
        }
    });
    assert_eq!(right, []);
}
