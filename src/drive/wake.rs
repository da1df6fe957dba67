//! What the timed driver's queue holds.

use crate::machine::Core;

/// What happens at a point in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Wake {
    /// The core goes on with its program.
    Issue(Core),
    /// The core's oldest buffered store leaves.
    Drain(Core),
    /// The core's oldest queued invalidation is applied.
    Invalidate(Core),
    /// The bus looks for the next request.
    Bus,
    /// Something is due on the network.
    Network,
}

impl Wake {
    /// Its place in a cycle of a machine that one clock moves: cores ask before messages come.
    pub(super) fn rank(self) -> u32 {
        match self {
            Wake::Drain(core) | Wake::Invalidate(core) => 2 * u32::from(core.0),
            Wake::Issue(core) => 2 * u32::from(core.0) + 1,
            Wake::Bus | Wake::Network => u32::MAX,
        }
    }
}

/// A wake with its time and its lot: of those in one cycle the lowest lot comes first, for
/// hardware gives no order either, unless one clock moves all its parts.
pub(super) type Scheduled = (u64, u32, Wake);
