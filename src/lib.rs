//! tearline simulates cores, store buffers and coherent caches, runs real map algorithms on
//! them, and shows what happens when several threads touch one map at once.
#![warn(missing_docs)]

#[cfg(feature = "cli")]
pub mod cli;
pub mod diagnostic;
pub mod drive;
pub mod machine;
pub mod maps;
pub mod memory;
pub mod observe;
pub mod protocol;
pub mod replay;
pub mod report;
pub mod shipped;
mod toml_file;
pub mod trace;
