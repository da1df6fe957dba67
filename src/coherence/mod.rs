//! What a protocol's cells mean, for one line at a time. This is the only place where coherence
//! happens; where copies and messages are kept, and when things happen, is decided above.

pub mod network;
