//! Litmus tests on the real processor: their instructions, assembled, run by threads on processors of
//! their own on many instances of their locations, and the final states counted. How runs are made is
//! litmus7's way (herdtools7 manual, "Running tests with litmus7"; Alglave, Maranget, Sarkar and
//! Sewell, TACAS 2011): what a processor does rarely is seen by running a test millions of times, with
//! threads that begin at nearly the same time.
//!
//! An access of a test crosses a line on the processor where it does so in the simulator, as instances
//! begin on lines and are laid out as there; `allowed` says what is made of its halves.
//!
//! Reading order: `known` and `accesses` read a thread without running it, and `refuse` is what is not
//! asked. `registers`, `codes`, `instructions` and `assemble` make functions of threads, `pages` is
//! memory for them and `instance` what lies there, `allowed` is what the simulator says, `question`
//! puts a test together and `alone` tries it. `batch` says where instances lie, `gate` is where threads
//! wait for each other, and `run` runs and counts.

mod accesses;
mod allowed;
mod alone;
mod assemble;
mod batch;
mod codes;
mod gate;
mod instance;
mod instructions;
mod known;
mod pages;
mod question;
mod refuse;
mod registers;
mod run;

pub use allowed::model;
pub use gate::Barrier;
pub use question::{NotAsked, Question};
pub use run::{Effort, Ran, run};
