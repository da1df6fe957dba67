//! Simulated memory as the code of a map sees it: every access is awaited, and the machine
//! decides when it completes. Turns async functions into programs for a core.

mod asking;
mod logical;

pub use asking::AsyncProgram;

use std::cell::Cell;
use std::future::{Future, ready};
use std::rc::Rc;
use std::sync::Arc;

use crate::machine::{Access, Allocator, Exit, Fence, Note, Request, Response, Update};
use crate::memory::{Addr, Piece, Tagged, WriteId};

use asking::{Asking, Port};

/// What code on a core may fail with.
pub type Fallible<T> = Result<T, Exit>;

/// Numbers the logical writes of a run, and its threads.
#[derive(Clone, Debug, Default)]
pub struct WriteIds {
    last: Rc<Cell<u32>>,
    threads: Rc<Cell<u32>>,
}

/// A core's access to simulated memory.
#[derive(Clone, Debug)]
pub struct Mem {
    port: Rc<Port>,
    writes: WriteIds,
    thread: u32,
}

const TOO_MANY_WRITES: &str = "a run numbers at most 2^32 - 1 writes";

fn piece(answer: Response<Tagged>) -> Tagged {
    match answer {
        Response::Value(piece) => piece,
        other => panic!("a load is answered with a value, not {other:?}"),
    }
}

fn placed(answer: Response<Tagged>) -> Addr {
    match answer {
        Response::Placed(addr) => addr,
        other => panic!("a new object is answered with its address, not {other:?}"),
    }
}

/// A part of a value: where it begins in it, and its size, both in bytes.
pub type Part = (u64, usize);

impl Mem {
    /// A core's memory. All cores of a run share `writes`.
    #[must_use]
    pub fn new(writes: WriteIds) -> Mem {
        let thread = writes.threads.get();
        writes.threads.set(thread.wrapping_add(1));
        Mem {
            port: Rc::new(Port::new()),
            writes,
            thread,
        }
    }

    /// A number that no other thread of the run has: how many others were made before. It
    /// stands for what a runtime keeps for each thread.
    #[must_use]
    pub fn thread(&self) -> u32 {
        self.thread
    }

    /// Asks for something, and reads the answer.
    fn ask<'a, T: 'a>(
        &'a self,
        request: Request,
        read: impl Fn(Response<Tagged>) -> T + Unpin + 'a,
    ) -> impl Future<Output = T> + 'a {
        let request = match self.writes.last.get() {
            u32::MAX => Request::Exit(Exit::Unsupported(TOO_MANY_WRITES.to_owned())),
            _ => request,
        };
        Asking::new(&self.port, request, read)
    }

    fn ask_piece(&self, access: Access) -> impl Future<Output = Tagged> {
        self.ask(Request::Access(access), piece)
    }

    /// The low 8 bytes of what an access reads.
    fn ask_word(&self, access: Access) -> impl Future<Output = u64> {
        let bytes = access.bytes;
        self.ask(Request::Access(access), move |answer| {
            piece(answer).value(bytes) as u64
        })
    }

    fn ask_nothing(&self, request: Request) -> impl Future<Output = ()> {
        self.ask(request, |_| ())
    }

    /// The id of a new logical write. After the last one the program's next request ends it.
    #[must_use]
    pub fn new_write(&self) -> WriteId {
        let id = self.writes.last.get().saturating_add(1);
        self.writes.last.set(id);
        WriteId(id)
    }

    /// Loads `bytes` bytes (1, 2, 4, 8 or 16).
    pub fn load(&self, addr: Addr, bytes: usize) -> impl Future<Output = u128> {
        let read = move |answer| piece(answer).value(bytes);
        self.ask(Request::Access(Access::load(addr, bytes)), read)
    }

    /// Loads a byte.
    pub fn load_u8(&self, addr: Addr) -> impl Future<Output = u8> {
        let read = |answer| piece(answer).value(1) as u8;
        self.ask(Request::Access(Access::load(addr, 1)), read)
    }

    /// Loads 2 bytes.
    pub fn load_u16(&self, addr: Addr) -> impl Future<Output = u16> {
        let read = |answer| piece(answer).value(2) as u16;
        self.ask(Request::Access(Access::load(addr, 2)), read)
    }

    /// Loads 4 bytes.
    pub fn load_u32(&self, addr: Addr) -> impl Future<Output = u32> {
        let read = |answer| piece(answer).value(4) as u32;
        self.ask(Request::Access(Access::load(addr, 4)), read)
    }

    /// Loads a word.
    pub fn load_u64(&self, addr: Addr) -> impl Future<Output = u64> {
        self.ask_word(Access::load(addr, 8))
    }

    /// Loads an address.
    pub fn load_addr(&self, addr: Addr) -> impl Future<Output = Addr> {
        let read = |answer| Addr(piece(answer).value(8) as u64);
        self.ask(Request::Access(Access::load(addr, 8)), read)
    }

    /// Loads `bytes` bytes as the language's atomic operation.
    pub fn load_atomic(&self, addr: Addr, bytes: usize) -> impl Future<Output = u64> {
        self.ask_word(Access::load(addr, bytes).atomic())
    }

    /// Loads an address as the language's atomic operation.
    pub fn load_addr_atomic(&self, addr: Addr) -> impl Future<Output = Addr> {
        let read = |answer| Addr(piece(answer).value(8) as u64);
        self.ask(Request::Access(Access::load(addr, 8).atomic()), read)
    }

    /// Stores the low `bytes` bytes of `value` as part of the logical write `write`.
    pub fn store_part(
        &self,
        addr: Addr,
        bytes: usize,
        value: u128,
        write: WriteId,
    ) -> impl Future<Output = ()> {
        self.ask_nothing(Request::Access(Access::store(addr, bytes, value, write)))
    }

    /// Stores the low `bytes` bytes of `value`, a logical write of its own.
    pub fn store(&self, addr: Addr, bytes: usize, value: u128) -> impl Future<Output = ()> {
        self.store_part(addr, bytes, value, self.new_write())
    }

    /// Stores a byte.
    pub fn store_u8(&self, addr: Addr, value: u8) -> impl Future<Output = ()> {
        self.store(addr, 1, value.into())
    }

    /// Stores 2 bytes.
    pub fn store_u16(&self, addr: Addr, value: u16) -> impl Future<Output = ()> {
        self.store(addr, 2, value.into())
    }

    /// Stores 4 bytes.
    pub fn store_u32(&self, addr: Addr, value: u32) -> impl Future<Output = ()> {
        self.store(addr, 4, value.into())
    }

    /// Stores a word.
    pub fn store_u64(&self, addr: Addr, value: u64) -> impl Future<Output = ()> {
        self.store(addr, 8, value.into())
    }

    /// Stores an address.
    pub fn store_addr(&self, addr: Addr, value: Addr) -> impl Future<Output = ()> {
        self.store_u64(addr, value.0)
    }

    /// Stores as the language's atomic operation does where that is a plain store (a release
    /// store of Rust or C++); Go's and Java's are [`Mem::exchange`].
    pub fn store_atomic(&self, addr: Addr, bytes: usize, value: u64) -> impl Future<Output = ()> {
        let access = Access::store(addr, bytes, value.into(), self.new_write());
        self.ask_nothing(Request::Access(access.atomic()))
    }

    /// A locked read-modify-write: gives the old value.
    pub fn locked(&self, addr: Addr, bytes: usize, update: Update) -> impl Future<Output = u128> {
        let access = Access::locked(addr, bytes, update, self.new_write());
        let read = move |answer| piece(answer).value(bytes);
        self.ask(Request::Access(access), read)
    }

    /// `LOCK XCHG`: gives the old value. Go's atomic stores on amd64 are this, too.
    pub fn exchange(&self, addr: Addr, bytes: usize, value: u64) -> impl Future<Output = u64> {
        let update = Update::Exchange(value.into());
        self.ask_word(Access::locked(addr, bytes, update, self.new_write()))
    }

    /// `LOCK XADD`, wrapping: gives the old value.
    pub fn fetch_add(&self, addr: Addr, bytes: usize, addend: u64) -> impl Future<Output = u64> {
        let update = Update::Add(addend.into());
        self.ask_word(Access::locked(addr, bytes, update, self.new_write()))
    }

    /// `LOCK CMPXCHG`: whether `expected` was there, and `new` is now.
    pub fn compare_exchange(
        &self,
        addr: Addr,
        bytes: usize,
        expected: u64,
        new: u64,
    ) -> impl Future<Output = bool> {
        let update = Update::CompareExchange {
            expected: expected.into(),
            new: new.into(),
        };
        let access = Access::locked(addr, bytes, update, self.new_write());
        let read = move |answer| piece(answer).value(bytes) == u128::from(expected);
        self.ask(Request::Access(access), read)
    }

    /// Asks the core's own cache to give up the line of `addr`.
    pub fn evict(&self, addr: Addr) -> impl Future<Output = ()> {
        self.ask_nothing(Request::Access(Access::evict(addr)))
    }

    /// Waits until all earlier stores are performed.
    pub fn fence(&self) -> impl Future<Output = ()> {
        self.ask_nothing(Request::Fence(Fence::Full))
    }

    /// Works inside the core for some cycles.
    pub fn compute(&self, cycles: u32) -> impl Future<Output = ()> {
        self.ask_nothing(Request::Compute(cycles))
    }

    /// Works for some cycles with nothing to do but wait, and tells observers that it does.
    pub async fn spin(&self, cycles: u32) {
        self.note(Note::Spins { cycles }).await;
        self.compute(cycles).await;
    }

    /// Tells observers what goes on, before anything else happens. Code is not suspended for
    /// it; it is awaited like all that is asked for.
    pub fn note(&self, note: Note) -> impl Future<Output = ()> {
        self.port.note(note);
        ready(())
    }

    /// A new object, with these first bytes, as if it had always been there.
    pub fn place(&self, bytes: u64, contents: Arc<[u8]>) -> impl Future<Output = Addr> {
        self.ask(Request::Place { bytes, contents }, placed)
    }

    /// A new object, zero, where Go's allocator puts it; `name` is what reports call it.
    pub fn allocate(&self, bytes: u64, name: &'static str) -> impl Future<Output = Addr> {
        self.allocate_with(Allocator::SizeClasses, bytes, name)
    }

    /// A new object, zero, right after this thread's last one, as Java places it.
    pub fn allocate_next(&self, bytes: u64, name: &'static str) -> impl Future<Output = Addr> {
        self.allocate_with(Allocator::Bump, bytes, name)
    }

    fn allocate_with(
        &self,
        allocator: Allocator,
        bytes: u64,
        name: &'static str,
    ) -> impl Future<Output = Addr> {
        let request = Request::Allocate {
            bytes,
            allocator,
            name,
        };
        self.ask(request, placed)
    }

    /// Sleeps until the semaphore at `addr` has been released, and takes that away.
    pub fn acquire(&self, addr: Addr) -> impl Future<Output = ()> {
        self.ask_nothing(Request::Acquire(addr))
    }

    /// Releases the semaphore at `addr`.
    pub fn release(&self, addr: Addr) -> impl Future<Output = ()> {
        self.ask_nothing(Request::Release(addr))
    }
}
