//! tearline simulates cores, store buffers and coherent caches, runs real
//! map algorithms on them, and shows what happens when several threads touch one map at
//! once: a torn value, a lost entry, `fatal error: concurrent map writes`, or nothing at all.
//!
//! Reading order, lowest layer first; a module uses only those before it:
//! [`diagnostic`] draws what is wrong in a user's file; [`dice`] has all random numbers; [`memory`] has lines of bytes and who
//! wrote each one; [`protocol`] is coherence as a table; [`coherence`] is what the table does
//! where caches meet; [`machine`] says which steps are possible and what each does; [`trace`] is what is replayed; [`maps`] run on simulated
//! memory; [`drive`] chooses which step comes next; [`observe`] sees what happens; [`replay`]
//! puts all of it together; [`report`] shows it. `probe` asks the real processor the same questions.
//!
//! # Example
//!
//! A trace replayed from Rust:
//!
//! ```
//! use std::sync::Arc;
//! use tearline::{machine::Config, observe::Findings, protocol::Table, replay::Replay};
//! use tearline::{shipped, trace::Trace};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let text = "var x size=8 at=60\n0 store x 0x1111111122222222 x50\n1 load x x50\n";
//! let trace = Trace::read("inline", &[], Box::new(move || Ok(Box::new(text.as_bytes()))))?;
//! let machine = Config::parse("desktop", shipped::machine("desktop").unwrap())?;
//! let table = Table::parse("protocol", shipped::protocol(&machine.protocol).unwrap())?;
//! let replay = Replay::new(machine.into(), table.into(), Arc::new(trace), None)?;
//! let (ended, findings) = replay.run(7, Findings::default())?;
//! println!("{} torn reads in {} cycles", findings.torn.count(), ended.cycle);
//! # Ok(())
//! # }
//! ```

#[cfg(feature = "cli")]
pub mod cli;
pub mod coherence;
pub mod diagnostic;
pub mod dice;
pub mod drive;
pub mod litmus;
pub mod machine;
pub mod maps;
pub mod memory;
pub mod observe;
#[cfg(all(
    feature = "probe",
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
pub mod probe;
pub mod protocol;
pub mod replay;
pub mod report;
pub mod shipped;
mod toml_file;
pub mod trace;
