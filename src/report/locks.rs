//! Which locks protect what, under the names in JSON.

use serde::Serialize;

/// What protects a map or variable.
#[derive(Clone, Debug, Serialize)]
pub struct LocksetReport {
    /// Its name.
    pub object: String,
    /// `consistent`, `divided`, `none`, `only read` or `one thread`.
    pub protection: &'static str,
    /// The locks that protect all of it, or where it is not consistent, some of it.
    pub locks: Vec<String>,
    /// How many of its words of 4 bytes several threads touch and someone writes.
    pub shared_words: u64,
    /// How many of these no lock protects.
    pub unprotected_words: u64,
    /// Where that was seen first; null where it was not.
    pub first: Option<[UnprotectedReport; 2]>,
}

/// An access that shares no lock with another one.
#[derive(Clone, Debug, Serialize)]
pub struct UnprotectedReport {
    /// Whose.
    pub thread: u16,
    /// The line of the trace.
    pub line: u32,
    /// What stands there.
    pub operation: String,
    /// `load` or `store`.
    pub touch: &'static str,
    /// The first byte.
    pub addr: String,
    /// Where that lies.
    pub place: Option<String>,
    /// When it was complete for its thread.
    pub cycle: u64,
    /// The locks that the thread had.
    pub held: Vec<String>,
}
