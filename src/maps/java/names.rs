//! The names of the fields of objects that Java's maps have in common, as the JDK's source has
//! them. An object's first 8 bytes are its mark word.

use super::node;
use super::object::{ELEMENTS, LENGTH, NARROW_BASE};
use crate::maps::fields::{Field, Fields, Link};
use crate::memory::Addr;

/// The field of every object that locks use.
pub(super) const MARK: Field = Field::one(0, 8, "mark");

const LONG: [Field; 1] = [Field::one(super::long::VALUE, 8, "value")];
const NARROW: Link = Link::Narrow(Addr(NARROW_BASE));

/// A reference of 4 bytes.
pub(super) const fn reference(offset: u64, name: &'static str) -> Field {
    Field::one(offset, 4, name).linking(NARROW)
}

/// So many elements arrays have at most, as far as names are concerned.
const MANY: u64 = 1 << 30;

/// What a map has beside its own object, which is called `part` and has these fields.
pub(super) fn of(part: &'static str, own: &[Field]) -> Vec<Fields> {
    let mut object = vec![MARK];
    object.extend(own);
    let node = [
        MARK,
        Field::one(node::HASH, 4, "hash"),
        reference(node::KEY, "key"),
        reference(node::VALUE, "value"),
        reference(node::NEXT, "next"),
    ];
    let array = |part, name| {
        let elements = Field::array(ELEMENTS, 4, MANY, name).linking(NARROW);
        Fields::of(part, &[MARK, Field::one(LENGTH, 4, "length"), elements])
    };
    vec![
        Fields::of(part, &object),
        Fields::of("Node", &node),
        Fields::of("Long", &LONG),
        Fields {
            part: "cached Longs",
            stride: super::long::BYTES,
            fields: LONG.to_vec(),
        },
        array("table", "bin"),
        array("Node[]", "bin"),
        array("Entry[]", "bin"),
        array("CounterCell[]", "cell"),
    ]
}
