//! The names of the fields of header, tables and groups, as `internal/runtime/maps` has them.

use super::GoSwiss;
use super::control::SLOTS;
use super::header::map;
use super::table::fields as table;
use crate::maps::fields::{Field, Fields, Link};

const HEADER: [Field; 8] = [
    Field::one(map::USED, 8, "used"),
    Field::one(map::SEED, 8, "seed"),
    Field::pointer(map::DIRECTORY, "dirPtr"),
    Field::one(map::DIRECTORY_LEN, 8, "dirLen"),
    Field::one(map::GLOBAL_DEPTH, 1, "globalDepth"),
    Field::one(map::GLOBAL_SHIFT, 1, "globalShift"),
    Field::one(map::WRITING, 1, "writing"),
    Field::one(map::CLEAR_SEQ, 8, "clearSeq"),
];

const TABLE: [Field; 7] = [
    Field::one(table::USED, 2, "used"),
    Field::one(table::CAPACITY, 2, "capacity"),
    Field::one(table::GROWTH_LEFT, 2, "growthLeft"),
    Field::one(table::LOCAL_DEPTH, 1, "localDepth"),
    Field::one(table::INDEX, 8, "index"),
    Field::pointer(table::GROUPS, "groups.data"),
    Field::one(table::LENGTH_MASK, 8, "groups.lengthMask"),
];

const TABLES: Field = Field::array(0, 8, 1 << 20, "table").linking(Link::Address);

impl GoSwiss {
    pub(super) fn named_fields(&self) -> Vec<Fields> {
        let group = vec![
            Field::array(0, 1, SLOTS, "ctrl"),
            Field::array(SLOTS, self.slot_bytes(), SLOTS, "slot"),
        ];
        let groups = |part| Fields {
            part,
            stride: self.group_bytes(),
            fields: group.clone(),
        };
        vec![
            Fields::of("header", &HEADER),
            Fields::of("table", &TABLE),
            Fields::of("directory", &[TABLES]),
            groups("group"),
            groups("groups"),
        ]
    }
}
