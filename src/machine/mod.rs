//! The machine: cores, store buffers, coherent caches, a bus or a network, and memory. It says which steps
//! are possible and what each does. Reading order: `access`,
//! `step`, `machine`, `issue`, `bus`, `copies`, `network`.
//! Clocks, dice, files and everything that is shown to a user are elsewhere.

mod access;
mod bus;
mod cache;
mod canonical;
mod check;
pub mod config;
mod copies;
mod core;
mod event;
mod evict;
mod invalidation_queue;
mod invalidations;
mod issue;
#[allow(
    clippy::module_inception,
    reason = "the module is named for its main type's part"
)]
mod machine;
mod memory;
mod network;
mod program;
mod step;
mod store_buffer;
mod violation;

pub use access::{Access, AccessKind, Core, Fence, Thread, Update};
pub use cache::{Cache, Way};
pub use canonical::Encoder;
pub use check::Checker;
pub use config::{Config, Forwards};
pub use event::{Event, Observer, Stall, Supplier};
pub use invalidation_queue::InvalidationQueue;
pub use machine::Machine;
pub use memory::Memory;
pub use network::{Act, InFlight};
pub use program::{
    Allocator, Answer, Call, CallKind, Exit, Note, Program, Request, Response, Script,
};
pub use step::{Cost, Port, Progress, Service, Slot, Step};
pub use store_buffer::{BufferedStore, Lookup, StoreBuffer};
pub use violation::Violation;
