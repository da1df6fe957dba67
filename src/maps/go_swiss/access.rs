//! `mapaccess1_fast32`, `mapaccess1_fast64` and `mapaccess1_faststr`, and `getWithKey`, by which
//! iterators look a key up again: where a key is.

use super::{GoSwiss, Slot};
use crate::machine::Note;
use crate::maps::go_runtime::CONCURRENT_READ;
use crate::maps::key::{Key, KeyLayout};
use crate::maps::mem::{Fallible, Mem};
use crate::memory::Addr;

impl GoSwiss {
    /// The slot of `key`. The caller loads the value; nothing checks the flag again.
    pub(super) async fn access(&self, mem: &Mem, key: &Key) -> Fallible<Option<Slot>> {
        mem.note(Note::HeaderRead(self.header)).await;
        if self.used(mem).await == 0 {
            return Ok(None);
        }
        self.check_not_writing(mem, CONCURRENT_READ).await?;
        if self.directory_len(mem).await == 0 {
            return Ok(match self.key {
                KeyLayout::Text => self.access_small_text(mem, key).await,
                _ => self.access_small_number(mem, key).await,
            });
        }
        let hash = self.hash(mem, key).await;
        let len = self.directory_len(mem).await;
        let table = self.table_of(mem, len, hash).await;
        let reloads = !self.compares_inline();
        Ok(self.find(mem, table, hash, key, reloads).await)
    }

    /// `getWithKey`: the same by functions for keys of any type. It looks at the flag as well.
    pub(super) async fn access_again(&self, mem: &Mem, key: &Key) -> Fallible<Option<Slot>> {
        if self.used(mem).await == 0 {
            return Ok(None);
        }
        self.check_not_writing(mem, CONCURRENT_READ).await?;
        let hash = self.hash(mem, key).await;
        let len = self.directory_len(mem).await;
        if len == 0 {
            let group = self.directory(mem).await;
            return Ok(self.find_by_hash(mem, group, hash, key).await);
        }
        let table = self.table_of(mem, len, hash).await;
        Ok(self.find(mem, table, hash, key, true).await)
    }

    /// A number in a small map is not hashed: keys are compared one after another, as far as
    /// slots are taken, and only then is it seen whether this slot is.
    async fn access_small_number(&self, mem: &Mem, key: &Key) -> Option<Slot> {
        let group = self.directory(mem).await;
        let full = self.control(mem, group).await.full();
        for slot in 0..full.span() {
            if self.holds(mem, (group, slot), key).await && full.contains(slot) {
                return Some((group, slot));
            }
        }
        None
    }

    /// The slot of a key in one group, by control bytes.
    pub(super) async fn find_by_hash(
        &self,
        mem: &Mem,
        group: Addr,
        hash: u64,
        key: &Key,
    ) -> Option<Slot> {
        for slot in self.control(mem, group).await.with(hash) {
            if self.holds(mem, (group, slot), key).await {
                return Some((group, slot));
            }
        }
        None
    }

    /// The slot of a key in a table: group after group, up to one that has an empty slot. The
    /// control word is loaded once for both questions, unless the code `reloads` it.
    pub(super) async fn find(
        &self,
        mem: &Mem,
        table: Addr,
        hash: u64,
        key: &Key,
        reloads: bool,
    ) -> Option<Slot> {
        let mut probe = self.probe(mem, table, hash).await;
        loop {
            let group = self.group(mem, table, probe.group).await;
            let mut control = self.control(mem, group).await;
            for slot in control.with(hash) {
                if self.holds(mem, (group, slot), key).await {
                    return Some((group, slot));
                }
            }
            if reloads {
                control = self.control(mem, group).await;
            }
            if !control.empty().is_empty() {
                return None;
            }
            probe.advance();
        }
    }
}
