//! Between async code and a driver: code leaves a request and is suspended, the driver answers
//! and lets it go on.

use std::cell::Cell;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use super::Mem;
use crate::machine::{Exit, Program, Request, Response};
use crate::memory::Tagged;

/// Where suspended code leaves its request and finds the answer.
pub(super) struct Port {
    request: Cell<Option<Request>>,
    answer: Cell<Response<Tagged>>,
}

impl fmt::Debug for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Port")
    }
}

impl Port {
    pub(super) fn new() -> Port {
        Port {
            request: Cell::new(None),
            answer: Cell::new(Response::Done),
        }
    }
}

/// Leaves a request at the first poll and reads its answer at the second. Accesses are the
/// leaves of deep trees of futures, so this is a future of its own and not an async function
/// that awaits others.
pub(super) struct Asking<'a, F> {
    port: &'a Port,
    request: Option<Request>,
    read: F,
}

impl<'a, F> Asking<'a, F> {
    pub(super) fn new(port: &'a Port, request: Request, read: F) -> Asking<'a, F> {
        Asking {
            port,
            request: Some(request),
            read,
        }
    }
}

impl<T, F: Fn(Response<Tagged>) -> T + Unpin> Future for Asking<'_, F> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<T> {
        match self.request.take() {
            Some(request) => {
                self.port.request.set(Some(request));
                Poll::Pending
            }
            None => Poll::Ready((self.read)(self.port.answer.get())),
        }
    }
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
                let request = self.port.request.take();
                request.expect("code waits for nothing but its memory")
            }
        }
    }
}
