//! Observers: what is shown of a run is made here, from the machine's events alone.
//! None of them looks into the machine, and none expects particular values.

mod cells;
mod contention;
mod cost;
mod counters;
mod finals;
mod histogram;
mod history;
mod last_writes;
mod latency;
mod locksets;
mod names;
mod objects;
mod overlap;
mod place;
mod races;
mod running;
mod serving;
mod sets;
mod thrown;
mod torn;
mod used;
mod versions;

pub use cells::Cells;
pub use contention::{Contention, LineTraffic};
pub use cost::Cost;
pub use counters::{CoreCounters, Counters};
pub use finals::Finals;
pub use histogram::Histogram;
pub use history::{History, WrongValue, WrongWhy};
pub use last_writes::{Death, Done, LastWrite, LastWrites};
pub use latency::Latency;
pub use locksets::{Lockset, Locksets, Protection, Unprotected};
pub use names::Named;
pub use objects::{Objects, Site, Structured};
pub use overlap::Overlap;
pub use place::{PlaceValues, Way};
pub use races::{Missing, Race, Races, Side, Touch};
pub use running::Running;
pub use serving::{Served, Serving};
pub use sets::{Details, Findings, Traffic};
pub use thrown::{Thrown, Uncaught};
pub use torn::{Seen, TornRead, TornReads};
pub use used::{Use, Used, Uses};
pub use versions::{Amount, MapVersions, Versions};
