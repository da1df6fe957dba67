//! Go's classic map makes the loads and stores of the runtime's functions in their order, at
//! the offsets of its structures, and what several threads do to it comes from that order alone.

#[path = "go_classic/changes.rs"]
mod changes;
mod common;
#[path = "go_classic/growth.rs"]
mod growth;
#[path = "go_classic/layout.rs"]
mod layout;
#[path = "go_classic/lookups.rs"]
mod lookups;
#[path = "go_classic/range.rs"]
mod range;
#[path = "go_classic/threads.rs"]
mod threads;

use common::maps::{accesses, end, last, line, puts, replay, stores};
