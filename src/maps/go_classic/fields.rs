//! The names of the fields of header, `mapextra` and buckets, as `runtime/map.go` has them.

use super::header::{hmap, mapextra};
use super::{GoClassic, KEYS, SLOTS};
use crate::maps::fields::{Field, Fields};

const HEADER: [Field; 9] = [
    Field::one(hmap::COUNT, 8, "count"),
    Field::one(hmap::FLAGS, 1, "flags"),
    Field::one(hmap::LOG_BUCKETS, 1, "B"),
    Field::one(hmap::NOVERFLOW, 2, "noverflow"),
    Field::one(hmap::SEED, 4, "hash0"),
    Field::one(hmap::BUCKETS, 8, "buckets"),
    Field::one(hmap::OLD_BUCKETS, 8, "oldbuckets"),
    Field::one(hmap::NEVACUATE, 8, "nevacuate"),
    Field::one(hmap::EXTRA, 8, "extra"),
];

const EXTRA: [Field; 3] = [
    Field::one(mapextra::OVERFLOW, 8, "overflow"),
    Field::one(mapextra::OLD_OVERFLOW, 8, "oldoverflow"),
    Field::one(mapextra::NEXT_OVERFLOW, 8, "nextOverflow"),
];

impl GoClassic {
    pub(super) fn named_fields(&self) -> Vec<Fields> {
        let bucket = vec![
            Field::array(0, 1, SLOTS, "tophash"),
            Field::array(KEYS, self.key.bytes(), SLOTS, "key"),
            Field::array(self.elems(), self.value.bytes(), SLOTS, "elem"),
            Field::one(self.bucket_bytes() - 8, 8, "overflow"),
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
