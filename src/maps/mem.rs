//! Simulated memory as the code of a map sees it: every access is awaited, and the machine
//! decides when it completes. Turns async functions into programs for a core.

use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use crate::machine::{Access, Allocator, Exit, Note, Program, Request, Response, Update};
use crate::memory::{Addr, Piece, Tagged, WriteId};

/// What code on a core may fail with.
pub type Fallible<T> = Result<T, Exit>;

/// Numbers the logical writes of a run.
#[derive(Clone, Debug, Default)]
pub struct WriteIds(Rc<Cell<u32>>);

/// A core's access to simulated memory.
#[derive(Clone, Debug)]
pub struct Mem {
    port: Rc<Port>,
    writes: WriteIds,
}

/// Where a suspended program leaves its request and finds the answer.
#[derive(Debug)]
struct Port {
    request: RefCell<Option<Request>>,
    answer: Cell<Response<Tagged>>,
}

/// A part of a value: where it begins in it, and its size, both in bytes.
pub type Part = (u64, usize);

impl Mem {
    /// A core's memory. All cores of a run share `writes`.
    #[must_use]
    pub fn new(writes: WriteIds) -> Mem {
        let port = Port {
            request: RefCell::new(None),
            answer: Cell::new(Response::Done),
        };
        Mem {
            port: Rc::new(port),
            writes,
        }
    }

    async fn ask(&self, request: Request) -> Response<Tagged> {
        *self.port.request.borrow_mut() = Some(request);
        let mut asked = false;
        poll_fn(|_| {
            if std::mem::replace(&mut asked, true) {
                Poll::Ready(self.port.answer.get())
            } else {
                Poll::Pending
            }
        })
        .await
    }

    async fn ask_value(&self, access: Access) -> Tagged {
        match self.ask(Request::Access(access)).await {
            Response::Value(piece) => piece,
            other => panic!("a load is answered with a value, not {other:?}"),
        }
    }

    /// The id of a new logical write.
    pub async fn new_write(&self) -> WriteId {
        let last = self.writes.0.get();
        let Some(next) = last.checked_add(1) else {
            let why = "a run numbers at most 2^32 - 1 writes".to_owned();
            self.ask(Request::Exit(Exit::Unsupported(why))).await;
            unreachable!("a program that has ended is not resumed");
        };
        self.writes.0.set(next);
        WriteId(next)
    }

    /// Loads `bytes` bytes (1, 2, 4, 8 or 16).
    pub async fn load(&self, addr: Addr, bytes: usize) -> u128 {
        self.ask_value(Access::load(addr, bytes)).await.value(bytes)
    }

    /// Loads `bytes` bytes as the language's atomic operation.
    pub async fn load_atomic(&self, addr: Addr, bytes: usize) -> u64 {
        let access = Access::load(addr, bytes).atomic();
        self.ask_value(access).await.value(bytes) as u64
    }

    /// Loads an address as the language's atomic operation.
    pub async fn load_addr_atomic(&self, addr: Addr) -> Addr {
        Addr(self.load_atomic(addr, 8).await)
    }

    /// Stores as the language's atomic operation does where that is a plain store (a release
    /// store of Rust or C++); Go's and Java's are [`Mem::exchange`].
    pub async fn store_atomic(&self, addr: Addr, bytes: usize, value: u64) {
        let write = self.new_write().await;
        let access = Access::store(addr, bytes, value.into(), write).atomic();
        self.ask(Request::Access(access)).await;
    }

    /// Loads 2 bytes.
    pub async fn load_u16(&self, addr: Addr) -> u16 {
        self.load(addr, 2).await as u16
    }

    /// Loads 4 bytes.
    pub async fn load_u32(&self, addr: Addr) -> u32 {
        self.load(addr, 4).await as u32
    }

    /// Loads a byte.
    pub async fn load_u8(&self, addr: Addr) -> u8 {
        self.load(addr, 1).await as u8
    }

    /// Loads a word.
    pub async fn load_u64(&self, addr: Addr) -> u64 {
        self.load(addr, 8).await as u64
    }

    /// Loads an address.
    pub async fn load_addr(&self, addr: Addr) -> Addr {
        Addr(self.load_u64(addr).await)
    }

    /// Stores the low `bytes` bytes of `value` as part of the logical write `write`.
    pub async fn store_part(&self, addr: Addr, bytes: usize, value: u128, write: WriteId) {
        let access = Access::store(addr, bytes, value, write);
        self.ask(Request::Access(access)).await;
    }

    /// Stores the low `bytes` bytes of `value`, a logical write of its own.
    pub async fn store(&self, addr: Addr, bytes: usize, value: u128) {
        let write = self.new_write().await;
        self.store_part(addr, bytes, value, write).await;
    }

    /// Stores a byte.
    pub async fn store_u8(&self, addr: Addr, value: u8) {
        self.store(addr, 1, value.into()).await;
    }

    /// Stores a word.
    pub async fn store_u64(&self, addr: Addr, value: u64) {
        self.store(addr, 8, value.into()).await;
    }

    /// Stores 2 bytes.
    pub async fn store_u16(&self, addr: Addr, value: u16) {
        self.store(addr, 2, value.into()).await;
    }

    /// Stores 4 bytes.
    pub async fn store_u32(&self, addr: Addr, value: u32) {
        self.store(addr, 4, value.into()).await;
    }

    /// Stores an address.
    pub async fn store_addr(&self, addr: Addr, value: Addr) {
        self.store_u64(addr, value.0).await;
    }

    /// `LOCK XCHG`: gives the old value. Go's atomic stores on amd64 are this, too.
    pub async fn exchange(&self, addr: Addr, bytes: usize, value: u64) -> u64 {
        let update = Update::Exchange(value.into());
        self.locked(addr, bytes, update).await as u64
    }

    /// `LOCK CMPXCHG`: whether `expected` was there, and `new` is now.
    pub async fn compare_exchange(
        &self,
        addr: Addr,
        bytes: usize,
        expected: u64,
        new: u64,
    ) -> bool {
        let update = Update::CompareExchange {
            expected: expected.into(),
            new: new.into(),
        };
        self.locked(addr, bytes, update).await as u64 == expected
    }

    /// `LOCK XADD`, wrapping: gives the old value.
    pub async fn fetch_add(&self, addr: Addr, bytes: usize, addend: u64) -> u64 {
        let update = Update::Add(addend.into());
        self.locked(addr, bytes, update).await as u64
    }

    /// A locked read-modify-write: gives the old value.
    pub async fn locked(&self, addr: Addr, bytes: usize, update: Update) -> u128 {
        let write = self.new_write().await;
        let access = Access::locked(addr, bytes, update, write);
        self.ask_value(access).await.value(bytes)
    }

    /// Asks the core's own cache to give up the line of `addr`.
    pub async fn evict(&self, addr: Addr) {
        self.ask(Request::Access(Access::evict(addr))).await;
    }

    /// Waits until all earlier stores are performed.
    pub async fn fence(&self) {
        self.ask(Request::Fence).await;
    }

    /// Works inside the core for some cycles.
    pub async fn compute(&self, cycles: u32) {
        self.ask(Request::Compute(cycles)).await;
    }

    /// Tells observers what goes on.
    pub async fn note(&self, note: Note) {
        self.ask(Request::Note(note)).await;
    }

    /// A new object, with these first bytes, as if it had always been there.
    pub async fn place(&self, bytes: u64, contents: Arc<[u8]>) -> Addr {
        match self.ask(Request::Place { bytes, contents }).await {
            Response::Placed(addr) => addr,
            other => panic!("a new object is answered with its address, not {other:?}"),
        }
    }

    /// A new object, zero, where Go's allocator puts it; `name` is what reports call it.
    pub async fn allocate(&self, bytes: u64, name: &'static str) -> Addr {
        self.allocate_with(Allocator::SizeClasses, bytes, name)
            .await
    }

    /// A new object, zero, right after this thread's last one, as Java places it.
    pub async fn allocate_next(&self, bytes: u64, name: &'static str) -> Addr {
        self.allocate_with(Allocator::Bump, bytes, name).await
    }

    async fn allocate_with(&self, allocator: Allocator, bytes: u64, name: &'static str) -> Addr {
        let request = Request::Allocate {
            bytes,
            allocator,
            name,
        };
        match self.ask(request).await {
            Response::Placed(addr) => addr,
            other => panic!("a new object is answered with its address, not {other:?}"),
        }
    }

    /// Sleeps until the semaphore at `addr` has been released, and takes that away.
    pub async fn acquire(&self, addr: Addr) {
        self.ask(Request::Acquire(addr)).await;
    }

    /// Releases the semaphore at `addr`.
    pub async fn release(&self, addr: Addr) {
        self.ask(Request::Release(addr)).await;
    }

    /// Reads one logical value by a load for each part, in the order given.
    pub async fn read_value<const N: usize>(&self, addr: Addr, parts: [Part; N]) -> [u64; N] {
        let bytes = extent(&parts);
        self.note(Note::ReadBegun { addr, bytes }).await;
        let mut words = [0; N];
        for (word, (at, len)) in words.iter_mut().zip(parts) {
            *word = self.load(addr + at, len).await as u64;
        }
        self.note(Note::ReadEnded).await;
        words
    }

    /// Writes one logical value by a store for each part, in the order given.
    pub async fn write_value<const N: usize>(&self, addr: Addr, parts: [(Part, u64); N]) {
        let write = self.new_write().await;
        let bytes = extent(&parts.map(|(part, _)| part));
        self.note(Note::WriteBegun { write, addr, bytes }).await;
        for ((at, len), word) in parts {
            self.store_part(addr + at, len, word.into(), write).await;
        }
    }
}

impl Mem {
    /// Copies one logical value part by part, in the order given. The copy counts as written
    /// by who wrote the original; copying a torn value is reading it.
    pub async fn copy_value<const N: usize>(&self, from: Addr, to: Addr, parts: [Part; N]) {
        let bytes = extent(&parts);
        let write = self.new_write().await;
        self.note(Note::ReadBegun { addr: from, bytes }).await;
        let mut words = [0; N];
        let mut of = None;
        let mut mixed = false;
        for (word, (at, len)) in words.iter_mut().zip(parts) {
            let piece = self.ask_value(Access::load(from + at, len)).await;
            *word = piece.value(len);
            for &writer in piece.writers(len) {
                mixed |= of.is_some_and(|of| of != writer);
                of = Some(writer);
            }
        }
        self.note(Note::ReadEnded).await;
        self.note(Note::WriteBegun {
            write,
            addr: to,
            bytes,
        })
        .await;
        let of = of.filter(|_| !mixed);
        self.note(Note::Copied { write, of }).await;
        for ((at, len), word) in parts.into_iter().zip(words) {
            self.store_part(to + at, len, word, write).await;
        }
    }
}

fn extent(parts: &[Part]) -> u64 {
    parts
        .iter()
        .map(|&(at, len)| at + len as u64)
        .max()
        .unwrap_or(0)
}

/// An async function as a program for a core.
pub struct AsyncProgram {
    code: Pin<Box<dyn Future<Output = Exit>>>,
    port: Rc<Port>,
}

impl AsyncProgram {
    /// The program that runs `code`, which must reach memory through `mem` alone.
    pub fn new(mem: &Mem, code: impl Future<Output = Exit> + 'static) -> AsyncProgram {
        AsyncProgram {
            code: Box::pin(code),
            port: Rc::clone(&mem.port),
        }
    }
}

impl Program<Tagged> for AsyncProgram {
    fn resume(&mut self, last: Response<Tagged>) -> Request {
        self.port.answer.set(last);
        let mut context = Context::from_waker(Waker::noop());
        match self.code.as_mut().poll(&mut context) {
            Poll::Ready(exit) => Request::Exit(exit),
            Poll::Pending => {
                let request = self.port.request.borrow_mut().take();
                request.expect("code waits for nothing but its memory")
            }
        }
    }
}
