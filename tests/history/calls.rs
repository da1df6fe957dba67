//! Map calls as events, each answer as the test says.

use tearline::machine::{Access, Answer, CallKind, Core, Event, Exit, Note};
use tearline::memory::{Addr, Piece as _, Tagged, WriteId};
use tearline::observe::History;

use crate::common::feed::Feed;

const SLOT: Addr = Addr(0xc0_0000_0000);

/// Feeds a history; each call is a line of the trace, from 1.
pub(crate) struct Calls {
    pub(crate) feed: Feed<History>,
    lines: u32,
}

impl Calls {
    pub(crate) fn new() -> Calls {
        Calls {
            feed: Feed::new(History::default()),
            lines: 0,
        }
    }

    pub(crate) fn begin(&mut self, core: u8, kind: CallKind, key: u64) {
        self.lines += 1;
        self.feed.line(core, self.lines);
        self.feed.begin(core, kind, key);
    }

    pub(crate) fn end(&mut self, core: u8, answer: Answer) {
        self.feed.end(core, answer);
    }

    pub(crate) fn ends(&mut self, core: u8, exit: &Exit) {
        let core = Core(core);
        self.feed.event(&Event::Ended { core, exit });
    }

    /// The call under way announces a write and makes it, all at once.
    pub(crate) fn write(&mut self, core: u8) -> WriteId {
        let write = self.announce(core);
        let access = Access::store(SLOT, 8, 0, write);
        self.feed.access(core, access, false);
        write
    }

    /// The same, but the store stays in the store buffer.
    pub(crate) fn write_buffered(&mut self, core: u8) -> WriteId {
        let write = self.announce(core);
        let access = Access::store(SLOT, 8, 0, write);
        self.feed.access(core, access, true);
        write
    }

    /// The core's oldest buffered store is performed.
    pub(crate) fn drain(&mut self, core: u8) {
        self.feed.drain(core);
    }

    fn announce(&mut self, core: u8) -> WriteId {
        let (write, addr, bytes) = (self.feed.new_write(), SLOT, 8);
        self.feed
            .note(core, Note::WriteBegun { write, addr, bytes });
        write
    }

    /// The core moves an entry.
    pub(crate) fn copy(&mut self, core: u8, of: Option<WriteId>) -> WriteId {
        self.read(core, of);
        let write = self.announce(core);
        self.feed.note(core, Note::Copied { write, of });
        write
    }

    /// The call under way reads a value by this write, if any.
    pub(crate) fn read(&mut self, core: u8, write: Option<WriteId>) {
        let Some(write) = write else {
            return;
        };
        let (addr, bytes) = (SLOT, 8);
        self.feed.note(core, Note::ReadBegun { addr, bytes });
        let mut value = Tagged::default();
        value.fill(0, 0, 8, write);
        self.feed.event(&Event::Completed {
            core: Core(core),
            access: &Access::load(SLOT, 8),
            value: &value,
            parts: 1,
        });
        self.feed.note(core, Note::ReadEnded);
    }

    pub(crate) fn begin_put(&mut self, core: u8, key: u64) -> WriteId {
        self.begin(core, CallKind::Put, key);
        self.write(core)
    }

    pub(crate) fn put(&mut self, core: u8, key: u64) -> WriteId {
        let write = self.begin_put(core, key);
        self.end(core, Answer::Nothing);
        write
    }

    pub(crate) fn delete(&mut self, core: u8, key: u64) {
        self.begin(core, CallKind::Delete, key);
        self.end(core, Answer::Nothing);
    }

    /// A get that finds what this write put, or nothing.
    pub(crate) fn get(&mut self, core: u8, key: u64, found: Option<WriteId>) {
        self.begin(core, CallKind::Get, key);
        self.read(core, found);
        let answer = found.map_or(Answer::Absent, |_| Answer::Present);
        self.end(core, answer);
    }

    pub(crate) fn visit(&mut self, core: u8, key: u64, found: WriteId) {
        self.read(core, Some(found));
        self.feed.note(core, Note::Visited { key });
    }
}
