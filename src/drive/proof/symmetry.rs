//! States that differ only in the numbers of cores, or in which value is which, behave alike:
//! one of them stands for all.

use super::layout::Layout;
use super::raw::Raw;
use crate::coherence::network::Controllers;

/// How cores and values change places.
#[derive(Clone, Debug)]
pub(super) struct Symmetry {}

impl Symmetry {
    pub(super) fn new(_: &Controllers, _: &Layout) -> Symmetry {
        Symmetry {}
    }

    pub(super) fn canonical<const W: usize>(
        &self,
        raw: &Raw<W>,
        layout: &Layout,
    ) -> Option<[u64; W]> {
        raw.pack(layout)
    }
}
