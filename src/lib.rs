//! tearline simulates cores, store buffers and coherent caches, runs real map algorithms on
//! them, and shows what happens when several threads touch one map at once.
#![warn(missing_docs)]

pub mod diagnostic;
pub mod drive;
pub mod machine;
pub mod maps;
pub mod memory;
pub mod observe;
pub mod protocol;
mod toml_file;
