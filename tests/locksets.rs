//! Which locks protect what: streams of events for each state of a word, and traces with locks.

mod common;

use std::io::Cursor;
use std::sync::Arc;

use common::feed::Feed;
use common::{read, shipped_protocol};
use tearline::drive::Ending;
use tearline::machine::{Config, Note};
use tearline::maps::KINDS;
use tearline::memory::Addr;
use tearline::observe::{Details, Lockset, Objects, Protection};
use tearline::replay::{Ran, Replay};
use tearline::trace::Trace;

const X: u64 = 0xc0_0000_1000;
const A: u64 = 0xc0_0000_2000;
const B: u64 = 0xc0_0000_3000;

fn feed() -> Feed<Details> {
    let mut objects = Objects::default();
    let owner = Some(objects.add_owner("x", Vec::new()));
    objects.add(Addr(X), 64, owner, "");
    Feed::new(Details::new(objects))
}

fn lock(feed: &mut Feed<Details>, core: u8, addr: u64, shared: bool) {
    let addr = Addr(addr);
    feed.note(core, Note::Locked { addr, shared });
}

fn unlock(feed: &mut Feed<Details>, core: u8, addr: u64, shared: bool) {
    let addr = Addr(addr);
    feed.note(core, Note::Unlocking { addr, shared });
}

/// The core's thread stores under a lock.
fn store_under(feed: &mut Feed<Details>, core: u8, addr: u64) {
    lock(feed, core, addr, false);
    feed.store(core, X, 8, 1);
    unlock(feed, core, addr, false);
}

/// What protects `x` after this program.
fn lockset(program: impl FnOnce(&mut Feed<Details>)) -> Lockset {
    let mut feed = feed();
    program(&mut feed);
    let details = &feed.observer;
    let mut found = details.locksets.of(&details.objects);
    assert_eq!(found.len(), 1);
    found.remove(0)
}

#[test]
fn a_lock_held_at_every_access_protects() {
    let set = lockset(|feed| {
        for core in [0, 1, 0] {
            lock(feed, core, B, false);
            store_under(feed, core, A);
            unlock(feed, core, B, false);
            store_under(feed, core, A);
        }
    });
    assert_eq!(set.protection, Protection::Consistent);
    assert_eq!(set.locks, [Addr(A)], "B was not held always");
    assert_eq!((set.shared_words, set.unprotected_words), (2, 0));
}

#[test]
fn an_access_without_the_lock_leaves_none() {
    let set = lockset(|feed| {
        feed.line(0, 10);
        store_under(feed, 0, A);
        feed.line(1, 20);
        feed.load(1, X + 4, 4);
        feed.line(0, 30);
        store_under(feed, 0, A);
    });
    assert_eq!(set.protection, Protection::None);
    let words = (set.shared_words, set.unprotected_words);
    assert_eq!(words, (1, 1), "the first word is one thread's");
    let [first, second] = set.first.expect("it was seen");
    assert_eq!(
        (first.line, first.is_write, first.held.len()),
        (20, false, 0)
    );
    assert_eq!((second.line, second.is_write), (30, true));
    assert_eq!(second.held, [Addr(A)]);
}

#[test]
fn two_locks_protect_nothing_together() {
    let set = lockset(|feed| {
        for (core, lock) in [(0, A), (1, B), (0, A)] {
            store_under(feed, core, lock);
        }
    });
    assert_eq!(set.protection, Protection::None);
}

#[test]
fn what_one_thread_prepares_for_others_needs_no_lock() {
    let prepared = |feed: &mut Feed<Details>| (0..3).for_each(|_| feed.store(0, X, 8, 1));
    let alone = lockset(prepared);
    assert_eq!(alone.protection, Protection::OneThread);
    let read = lockset(|feed| {
        prepared(feed);
        (0..3).for_each(|core| {
            feed.load(core, X, 8);
        });
    });
    assert_eq!(read.protection, Protection::OnlyRead);
    let written = lockset(|feed| {
        prepared(feed);
        store_under(feed, 1, A);
        store_under(feed, 0, A);
    });
    assert_eq!(written.protection, Protection::Consistent);
}

#[test]
fn a_lock_that_readers_share_protects_no_writes() {
    let program = |shared: bool| {
        lockset(move |feed| {
            for core in [0, 1, 0] {
                lock(feed, core, A, true);
                feed.load(core, X, 8);
                unlock(feed, core, A, true);
                lock(feed, core, A, shared);
                feed.store(core, X, 8, 1);
                unlock(feed, core, A, shared);
            }
        })
    };
    assert_eq!(program(false).protection, Protection::Consistent);
    assert_eq!(program(true).protection, Protection::None);
}

#[test]
fn parts_can_have_locks_of_their_own() {
    let set = lockset(|feed| {
        for core in [0, 1] {
            for (at, held) in [(X, A), (X + 8, B)] {
                lock(feed, core, held, false);
                feed.store(core, at, 8, 1);
                unlock(feed, core, held, false);
            }
        }
    });
    assert_eq!(set.protection, Protection::Divided);
    assert_eq!(set.locks, [Addr(A), Addr(B)]);
}

#[test]
fn another_thread_may_unlock() {
    let set = lockset(|feed| {
        lock(feed, 0, A, false);
        feed.store(0, X, 8, 1);
        unlock(feed, 1, A, false);
        store_under(feed, 1, A);
        feed.store(0, X, 8, 1);
    });
    assert_eq!(set.protection, Protection::None);
}

#[test]
fn atomics_need_no_lock() {
    let mut feed = feed();
    for core in [0, 1] {
        feed.store_atomic(core, X, 1, false);
        feed.load_atomic(core, X);
        feed.compare_exchange(core, X, 1, 2);
    }
    let details = &feed.observer;
    assert!(details.locksets.of(&details.objects).is_empty());
}

/// A run of a trace, and what was seen of its locks.
fn run(text: &str, seed: u64) -> Ran<Details> {
    let text = text.to_owned();
    let open = move || Ok(Box::new(Cursor::new(text.clone())) as Box<dyn std::io::BufRead>);
    let kinds: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
    let trace = Trace::read("x.trace", &kinds, Box::new(open));
    let trace = trace.unwrap_or_else(|error| panic!("{error}"));
    let file = "models/machines/desktop.toml";
    let config = Config::parse(file, &read(file)).unwrap_or_else(|error| panic!("{error}"));
    let table = shipped_protocol(&config.protocol);
    let replay = Replay::new(config.into(), table.into(), Arc::new(trace), None);
    let replay = replay.unwrap_or_else(|error| panic!("{error}"));
    let details = Details::new(replay.objects().expect("there is room"));
    replay.run_whole(seed, details).expect("it runs")
}

#[test]
fn locks_of_traces_are_seen() {
    for (trace, protection) in [
        ("locked-map", Protection::Consistent),
        ("half-locked-map", Protection::None),
    ] {
        let text = read(&format!("traces/{trace}.trace"));
        for seed in 0..20 {
            let details = run(&text, seed).observer;
            let sets = details.locksets.of(&details.objects);
            let of_map = sets.iter().find(|set| set.name == "m").expect("a map");
            assert_eq!(of_map.protection, protection, "{trace}, seed {seed}");
        }
    }
}

#[test]
fn a_lock_excludes_and_readers_share_one() {
    let text = "
mutex mu
rwmutex rw
var x
var y
0 lock mu
0 rlock rw
0 load x -> a
0 store x 1
0 runlock rw
0 unlock mu
1 lock mu
1 load x -> b
1 store x 2
1 unlock mu
1 lock rw
1 store y 1
1 unlock rw
2 rlock rw
2 load y
2 runlock rw
";
    for seed in 0..50 {
        let ran = run(text, seed);
        assert_eq!(ran.ended.ending, Ending::Finished, "seed {seed}");
        let details = ran.observer;
        let sets = details.locksets.of(&details.objects);
        let names: Vec<_> = sets
            .iter()
            .map(|set| (&*set.name, set.protection))
            .collect();
        assert_eq!(names[0], ("x", Protection::Consistent), "seed {seed}");
        assert_ne!(names[1].1, Protection::None, "seed {seed}");
    }
}

#[test]
fn who_unlocks_what_is_not_locked_ends_the_program() {
    for (text, expected) in [
        ("mutex l\n0 unlock l\n", "sync: unlock of unlocked mutex"),
        (
            "rwmutex l\n0 unlock l\n",
            "sync: Unlock of unlocked RWMutex",
        ),
        (
            "rwmutex l\n0 runlock l\n",
            "sync: RUnlock of unlocked RWMutex",
        ),
        (
            "mutex l\n0 lock l\n0 unlock l\n0 unlock l\n",
            "sync: unlock of unlocked mutex",
        ),
    ] {
        let Ending::Fatal(_, text) = run(text, 0).ended.ending else {
            panic!("{text} is an error");
        };
        assert_eq!(text, expected);
    }
}

#[test]
fn who_waits_for_itself_sleeps_for_ever() {
    let twice = run("mutex l\n0 lock l\n0 lock l\n", 0);
    assert!(
        matches!(twice.ended.ending, Ending::Asleep(_)),
        "{:?}",
        twice.ended
    );
    let crossed = "mutex a\nmutex b\n0 lock a\n0 compute 9000\n0 lock b\n1 lock b\n1 compute 9000\n1 lock a\n";
    let crossed = run(crossed, 0);
    assert!(
        matches!(crossed.ended.ending, Ending::Asleep(_)),
        "{:?}",
        crossed.ended
    );
}
