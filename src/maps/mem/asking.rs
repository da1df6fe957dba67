//! Between async code and a driver: code leaves a request and is suspended, the driver answers
//! and lets it go on.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use super::Mem;
use crate::machine::{Exit, Note, Program, Request, Response};
use crate::memory::Tagged;

/// Where suspended code leaves its request and finds the answer.
pub(super) struct Port {
    request: Cell<Option<Request>>,
    /// What it had to say before that.
    notes: RefCell<VecDeque<Note>>,
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
            notes: RefCell::default(),
            answer: Cell::new(Response::Done),
        }
    }

    /// Leaves something for observers.
    pub(super) fn note(&self, note: Note) {
        self.notes.borrow_mut().push_back(note);
    }

    fn next_note(&self) -> Option<Note> {
        self.notes.borrow_mut().pop_front()
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
    /// What it asks for once its notes are told.
    next: Option<Request>,
}

impl AsyncProgram {
    /// The program that runs `code`, which must reach memory through `mem` alone.
    pub fn new(mem: &Mem, code: impl Future<Output = Exit> + 'static) -> AsyncProgram {
        AsyncProgram {
            code: Box::pin(code),
            port: Rc::clone(&mem.port),
            next: None,
        }
    }

    fn poll(&mut self) -> Request {
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

impl Program<Tagged> for AsyncProgram {
    fn resume(&mut self, last: Response<Tagged>) -> Request {
        let request = match self.next.take() {
            Some(request) => request, // `last` answers a note
            None => {
                self.port.answer.set(last);
                self.poll()
            }
        };
        match self.port.next_note() {
            Some(note) => {
                self.next = Some(request);
                Request::Note(note)
            }
            None => request,
        }
    }
}
