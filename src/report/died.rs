//! How a thread died, under the names in JSON.

use serde::Serialize;

/// The access after which a thread ended, and what was written there.
#[derive(Clone, Debug, Default, Serialize)]
pub struct DiedReport {
    /// The last access of the thread; null if it made none.
    pub access: Option<AccessReport>,
    /// The last writes to the bytes of that access: first those still in store buffers, then the
    /// latest.
    pub writes: Vec<WriteReport>,
    /// What the thread touched before in another object.
    pub before: Option<BeforeReport>,
    /// Writes may be missing, for memory to remember them has a limit.
    pub bounded: bool,
}

/// An access.
#[derive(Clone, Debug, Serialize)]
pub struct AccessReport {
    /// The line of the trace.
    pub line: u32,
    /// What stands there.
    pub operation: String,
    /// `load`, `store`, `atomic load`, `atomic store` or `locked operation`.
    pub kind: &'static str,
    /// The first byte.
    pub addr: String,
    /// How many.
    pub bytes: usize,
    /// The object, the offset in it and the field, as far as they are known.
    pub place: Option<String>,
    /// What it read, or what a plain store wrote, in hexadecimal.
    pub value: String,
    /// From where it was read.
    pub served: Vec<String>,
    /// When it was complete.
    pub cycle: u64,
}

/// A write.
#[derive(Clone, Debug, Serialize)]
pub struct WriteReport {
    /// Whose; null before the run.
    pub thread: Option<u16>,
    /// The line of the trace.
    pub line: u32,
    /// What stands there.
    pub operation: String,
    /// The first byte.
    pub addr: String,
    /// How many.
    pub bytes: usize,
    /// Where they lie, as for an access.
    pub place: Option<String>,
    /// What was written, in hexadecimal.
    pub value: String,
    /// When its thread made it.
    pub issued_cycle: u64,
    /// When it was in a cache; null while it was in its core's store buffer.
    pub performed_cycle: Option<u64>,
    /// The access read it, or some of its bytes.
    pub read: bool,
}

/// The access before to another object.
#[derive(Clone, Debug, Serialize)]
pub struct BeforeReport {
    /// The access.
    pub access: AccessReport,
    /// The last write to that object; null if it is as it was.
    pub write: Option<WriteReport>,
}
