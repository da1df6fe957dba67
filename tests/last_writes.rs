//! How a thread died: which access was its last, what that read and from where, and who had
//! written there. Streams of events, and runs of Go's and Java's maps.

mod common;

use common::feed::Feed;
use tearline::machine::{Access, Core, Event, Exit, Thread};
use tearline::maps::{Field, Fields};
use tearline::memory::Addr;
use tearline::observe::{Death, Details, Objects, Served};

const HEADER: u64 = 0xc0_0000_1000;
const FLAGS: u64 = HEADER + 8;
const BUCKETS: u64 = 0xc0_0000_2000;

fn feed() -> Feed<Details> {
    let fields = vec![
        Fields::of("header", &[Field::one(8, 1, "flags")]),
        Fields {
            part: "buckets",
            stride: 64,
            fields: vec![Field::array(0, 8, 8, "slot")],
        },
    ];
    let mut objects = Objects::default();
    let owner = Some(objects.add_owner("m", fields));
    objects.add(Addr(HEADER), 48, owner, "header");
    objects.add(Addr(BUCKETS), 256, owner, "buckets");
    Feed::new(Details::new(objects))
}

fn end(feed: &mut Feed<Details>, core: u8, exit: &Exit) {
    let core = Core(core);
    feed.event(&Event::Ended { core, exit });
}

fn buffer(feed: &mut Feed<Details>, core: u8, addr: u64, bytes: usize, value: u128) {
    let write = feed.new_write();
    feed.access(core, Access::store(Addr(addr), bytes, value, write), true);
}

fn death(feed: &Feed<Details>) -> &Death {
    let deaths = feed.observer.last_writes.deaths();
    assert_eq!(deaths.len(), 1);
    &deaths[0]
}

#[test]
fn the_last_access_and_what_it_read_are_told() {
    let mut feed = feed();
    feed.line(0, 10);
    buffer(&mut feed, 0, FLAGS, 1, 4);
    feed.drain(0);
    feed.line(1, 20);
    feed.load(1, BUCKETS + 72, 8);
    feed.load(1, FLAGS, 1);
    end(&mut feed, 1, &Exit::Fatal("concurrent map writes"));
    let death = death(&feed);
    assert_eq!((death.thread, death.line), (Thread(1), 20));
    let access = death.access.as_ref().expect("it made one");
    assert_eq!((access.access.addr, access.value), (Addr(FLAGS), 4));
    let [write] = death.writes[..] else {
        panic!("one write: {:?}", death.writes);
    };
    assert_eq!((write.thread, write.line), (Thread(0), 10));
    assert_eq!(
        (write.value, access.writers[..].to_vec()),
        (4, vec![write.write])
    );
    assert!(write.performed_cycle > Some(write.issued_cycle));
    let site = feed.observer.objects.words(access.access.addr);
    assert_eq!(site, "m header+8 flags");
}

#[test]
fn what_was_touched_before_is_the_element_of_an_array() {
    let mut feed = feed();
    feed.line(0, 10);
    feed.store(0, BUCKETS + 64, 8, 7);
    feed.store(0, BUCKETS, 8, 8);
    feed.line(1, 20);
    feed.load(1, BUCKETS + 72, 8);
    feed.load(1, HEADER, 8);
    feed.load(1, FLAGS, 1);
    end(&mut feed, 1, &Exit::Thrown("E"));
    let (before, write) = death(&feed).before.clone().expect("a bucket");
    assert_eq!(before.access.addr, Addr(BUCKETS + 72));
    // The later write went to another bucket of the same array.
    let write = write.expect("someone wrote there");
    assert_eq!((write.addr, write.value), (Addr(BUCKETS + 64), 7));
    let words = feed.observer.objects.words(before.access.addr);
    assert_eq!(words, "m buckets+72 [1].slot[1]");
}

#[test]
fn four_writes_to_each_byte_are_remembered_whatever_happens_beside_it() {
    let mut feed = feed();
    for line in 1..=6 {
        feed.line(0, line);
        feed.store(0, FLAGS, 1, u128::from(line));
        for _ in 0..9 {
            feed.store(0, FLAGS + 4, 4, 0);
        }
    }
    feed.load(1, FLAGS, 1);
    end(&mut feed, 1, &Exit::Fatal("x"));
    let lines: Vec<u32> = death(&feed).writes.iter().map(|write| write.line).collect();
    assert_eq!(lines, [6, 5, 4, 3]);
}

#[test]
fn what_is_still_buffered_comes_first() {
    let mut feed = feed();
    feed.line(0, 1);
    feed.store(0, FLAGS, 1, 1);
    feed.line(0, 2);
    buffer(&mut feed, 0, FLAGS, 1, 5);
    feed.load(1, FLAGS, 1);
    end(&mut feed, 1, &Exit::Fatal("x"));
    let told = death(&feed).writes.iter();
    let told: Vec<_> = told
        .map(|write| (write.line, write.value, write.performed_cycle.is_some()))
        .collect();
    assert_eq!(told, [(2, 5, false), (1, 1, true)]);
}

#[test]
fn threads_that_come_to_their_ends_are_not_dead() {
    let mut feed = feed();
    feed.load(0, FLAGS, 1);
    end(&mut feed, 0, &Exit::Finished);
    end(&mut feed, 1, &Exit::Unsupported("x".to_owned()));
    assert!(feed.observer.last_writes.deaths().is_empty());
    end(&mut feed, 2, &Exit::Fatal("before any access"));
    assert_eq!(death(&feed).access, None);
}

#[test]
fn who_served_an_access_is_told() {
    use tearline::machine::Supplier;
    use tearline::memory::Line;
    use tearline::protocol::{Event as Met, State, Transaction};
    let serve = |events: &dyn Fn(&mut Feed<Details>)| {
        let mut feed = feed();
        events(&mut feed);
        feed.load(1, FLAGS, 1);
        end(&mut feed, 1, &Exit::Fatal("x"));
        let access = death(&feed).access.clone();
        access.expect("it made one").served
    };
    let core = Core(1);
    let transaction = |feed: &mut Feed<Details>, event, supplier| {
        feed.event(&Event::Transaction {
            core,
            line: Line(1),
            event,
            from: State(0),
            kind: Transaction::BusRd,
            held: false,
            supplier,
        });
    };
    let forwarded = serve(&|feed| {
        let (addr, bytes) = (Addr(FLAGS), 1);
        feed.event(&Event::Forwarded { core, addr, bytes });
    });
    assert_eq!(forwarded, [Served::StoreBuffer]);
    let other = Supplier::Cache(Core(0));
    let served = serve(&|feed| transaction(feed, Met::Load, other));
    assert_eq!(served, [Served::Cache(Core(0))]);
    // A drain beside it is not the load.
    let served = serve(&|feed| {
        transaction(feed, Met::Load, Supplier::Memory);
        transaction(feed, Met::Store, other);
    });
    assert_eq!(served, [Served::Memory]);
}
