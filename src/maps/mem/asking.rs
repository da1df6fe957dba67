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

/// Waits at the first poll and reads the answer at the second; the request was left when this
/// was made, so it does not grow the futures around it. Accesses are the leaves of deep trees of
/// futures, so this is a future of its own and not an async function that awaits others.
pub(super) struct Asking<'a, F> {
    port: &'a Port,
    waits: bool,
    read: F,
}

impl<'a, F> Asking<'a, F> {
    pub(super) fn new(port: &'a Port, request: Request, read: F) -> Asking<'a, F> {
        let before = port.request.replace(Some(request));
        debug_assert!(before.is_none(), "what is asked for is awaited at once");
        Asking {
            port,
            waits: true,
            read,
        }
    }
}

impl<T, F: Fn(Response<Tagged>) -> T + Unpin> Future for Asking<'_, F> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<T> {
        match std::mem::take(&mut self.waits) {
            true => Poll::Pending,
            false => Poll::Ready((self.read)(self.port.answer.get())),
        }
    }
}

/// An async function as a program for a core.
pub struct AsyncProgram {
    code: Pin<Box<dyn Future<Output = Exit>>>,
    port: Rc<Port>,
    /// It has asked for something, but its notes are told first.
    notes_first: bool,
}

impl AsyncProgram {
    /// The program that runs `code`, which must reach memory through `mem` alone.
    pub fn new(mem: &Mem, code: impl Future<Output = Exit> + 'static) -> AsyncProgram {
        AsyncProgram {
            code: Box::pin(code),
            port: Rc::clone(&mem.port),
            notes_first: false,
        }
    }

    /// Lets the code go on until it asks for something.
    fn poll(&mut self) {
        let mut context = Context::from_waker(Waker::noop());
        if let Poll::Ready(exit) = self.code.as_mut().poll(&mut context) {
            self.port.request.set(Some(Request::Exit(exit)));
        }
    }
}

impl Program<Tagged> for AsyncProgram {
    fn resume(&mut self, last: &Response<Tagged>) -> Request {
        // Else `last` answers a note.
        if !self.notes_first {
            self.port.answer.set(*last);
            self.poll();
        }
        let note = self.port.next_note();
        self.notes_first = note.is_some();
        match note {
            Some(note) => Request::Note(note),
            None => {
                let request = self.port.request.take();
                request.expect("code waits for nothing but its memory")
            }
        }
    }
}
