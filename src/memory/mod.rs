//! Addresses, lines, the bytes in them and who wrote each byte.
//! No caches here: this is what caches hold copies of.

mod addr;
mod contents;
mod heap;
mod values;

pub use addr::{Addr, Line, LineSize};
pub use contents::{Bytes, Contents, MAX_ACCESS_BYTES, NoBytes, Piece, Tagged, WriteId, low_bytes};
pub use heap::{Arena, Heap, HeapFull, SIZE_CLASSES};
pub use values::{Untagged, Values};
