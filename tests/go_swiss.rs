//! Go's map since 1.24 makes the loads and stores of the runtime's functions in their order, at
//! the offsets of its structures, and what several threads do to it comes from that order alone.

#[path = "go_swiss/changes.rs"]
mod changes;
mod common;
#[path = "go_swiss/growth.rs"]
mod growth;
#[path = "go_swiss/layout.rs"]
mod layout;
#[path = "go_swiss/lookups.rs"]
mod lookups;
#[path = "go_swiss/range.rs"]
mod range;
#[path = "go_swiss/stuck_flag.rs"]
mod stuck_flag;
#[path = "go_swiss/threads.rs"]
mod threads;

use common::maps::{accesses, end, last, line, puts, replay, stores};
