//! The names of the fields of header, `mapextra` and buckets, as `runtime/map.go` has them.

use super::header::{hmap, mapextra};
use super::{GoClassic, KEYS, SLOTS};
use crate::maps::fields::{Field, Fields, Link};
use crate::maps::value::ValueLayout;

const HEADER: [Field; 9] = [
    Field::one(hmap::COUNT, 8, "count"),
    Field::one(hmap::FLAGS, 1, "flags"),
    Field::one(hmap::LOG_BUCKETS, 1, "B"),
    Field::one(hmap::NOVERFLOW, 2, "noverflow"),
    Field::one(hmap::SEED, 4, "hash0"),
    Field::pointer(hmap::BUCKETS, "buckets"),
    Field::pointer(hmap::OLD_BUCKETS, "oldbuckets"),
    Field::one(hmap::NEVACUATE, 8, "nevacuate"),
    Field::pointer(hmap::EXTRA, "extra"),
];

const EXTRA: [Field; 3] = [
    Field::pointer(mapextra::OVERFLOW, "overflow"),
    Field::pointer(mapextra::OLD_OVERFLOW, "oldoverflow"),
    Field::pointer(mapextra::NEXT_OVERFLOW, "nextOverflow"),
];

impl GoClassic {
    pub(super) fn named_fields(&self) -> Vec<Fields> {
        let elems = Field::array(self.elems(), self.value.bytes(), SLOTS, "elem");
        let elems = match self.value {
            ValueLayout::Pointer => elems.linking(Link::Address),
            _ => elems,
        };
        let bucket = vec![
            Field::array(0, 1, SLOTS, "tophash"),
            Field::array(KEYS, self.key.bytes(), SLOTS, "key"),
            elems,
            Field::pointer(self.bucket_bytes() - 8, "overflow"),
        ];
        let buckets = |part| Fields {
            part,
            stride: self.bucket_bytes(),
            fields: bucket.clone(),
        };
        vec![
            Fields::of("header", &HEADER),
            Fields::of("extra", &EXTRA),
            buckets("buckets"),
            buckets("overflow bucket"),
        ]
    }
}
