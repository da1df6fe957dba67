//! Simulated memory as the code of a map sees it: every access is awaited, and the machine
//! decides when it completes. Turns async functions into programs for a core.

use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use crate::machine::{Access, Exit, Note, Program, Request, Response, Update};
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
