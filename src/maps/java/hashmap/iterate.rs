//! `entrySet().iterator()` and a loop over it.

use super::{HashMap, fields};
use crate::maps::java::fail_fast::{Fields, HashIterator};
use crate::maps::java::object::NULL;
use crate::maps::mem::{Fallible, Mem};

impl HashMap {
    /// Visits all entries: how many there were.
    pub(super) async fn iterate(&self, mem: &Mem) -> Fallible<u64> {
        let looked_at = Fields {
            table: self.field(fields::TABLE),
            mod_count: self.field(fields::MOD_COUNT),
        };
        let expected = mem.load_u32(looked_at.mod_count).await;
        let mut iterator = HashIterator::new(looked_at, expected);
        let table = mem.load_u32(looked_at.table).await;
        if table != NULL && mem.load_u32(self.field(fields::SIZE)).await as i32 > 0 {
            iterator.advance(mem, table).await;
        }
        iterator.visit_all(mem).await
    }
}
