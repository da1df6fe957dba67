//! `makemap` in a running program: maps that other maps are made of.

use super::create::log_buckets_for;
use super::{GoClassic, Variant, hmap, mapextra};
use crate::machine::Note;
use crate::maps::fields::Fields;
use crate::maps::go_runtime::Random;
use crate::maps::key::KeyLayout;
use crate::maps::mem::Mem;
use crate::maps::value::ValueLayout;
use crate::memory::Addr;

/// What the headers of such maps are called.
const HEADER: &str = "map header";

/// All maps of one type that a program makes.
#[derive(Clone, Debug)]
pub(in crate::maps) struct Maps {
    key: KeyLayout,
    value: ValueLayout,
    random: Random,
}

impl Maps {
    /// Maps `map[any]*T`.
    pub(in crate::maps) fn of_pointers(key: KeyLayout) -> Maps {
        Maps {
            key,
            value: ValueLayout::Pointer,
            random: Random::default(),
        }
    }

    /// The map whose header is there; none for nil.
    pub(in crate::maps) fn at(&self, header: Addr) -> Option<GoClassic> {
        (header != Addr(0)).then(|| self.with_header(header))
    }

    fn with_header(&self, header: Addr) -> GoClassic {
        GoClassic {
            header,
            made: Vec::new(),
            key: self.key,
            value: self.value,
            variant: Variant::Generic,
            random: self.random.clone(),
        }
    }

    /// What the fields of such maps are called.
    pub(in crate::maps) fn fields(&self) -> Vec<Fields> {
        let mut fields = self.with_header(Addr(0)).named_fields();
        for of in &mut fields {
            if of.part == "header" {
                of.part = HEADER;
            }
        }
        fields
    }

    /// `make(map[K]V, room)`.
    pub(in crate::maps) async fn make(&self, mem: &Mem, room: u64) -> GoClassic {
        let header = mem.allocate(hmap::BYTES, HEADER).await;
        let map = self.with_header(header);
        map.reseed(mem).await;
        let log_buckets = log_buckets_for(room);
        mem.store_u8(header + hmap::LOG_BUCKETS, log_buckets).await;
        if log_buckets > 0 {
            let (buckets, spare) = map.make_array(mem, log_buckets).await;
            mem.store_addr(header + hmap::BUCKETS, buckets).await;
            if let Some(spare) = spare {
                let extra = map.extra(mem).await;
                mem.store_addr(extra + mapextra::NEXT_OVERFLOW, spare).await;
            }
        }
        map
    }
}

impl GoClassic {
    /// Where its header lies.
    pub(in crate::maps) fn header(&self) -> Addr {
        self.header
    }

    /// `len(m)`.
    pub(in crate::maps) async fn count(&self, mem: &Mem) -> u64 {
        mem.note(Note::HeaderRead(self.header)).await;
        mem.load_u64(self.header + hmap::COUNT).await
    }
}
