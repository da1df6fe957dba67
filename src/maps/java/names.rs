//! The names of the fields of objects that Java's maps have in common, as the JDK's source has
//! them. An object's first 8 bytes are its mark word.

use super::node;
use super::object::{ELEMENTS, LENGTH};
use crate::maps::fields::{Field, Fields};

/// The field of every object that locks use.
pub(super) const MARK: Field = Field::one(0, 8, "mark");

/// So many elements arrays have at most, as far as names are concerned.
const MANY: u64 = 1 << 30;

/// What a map has beside its own object, which is called `part` and has these fields.
pub(super) fn of(part: &'static str, own: &[Field]) -> Vec<Fields> {
    let mut object = vec![MARK];
    object.extend(own);
    let node = [
        MARK,
        Field::one(node::HASH, 4, "hash"),
        Field::one(node::KEY, 4, "key"),
        Field::one(node::VALUE, 4, "value"),
        Field::one(node::NEXT, 4, "next"),
    ];
    let array = |part, name| {
        let elements = Field::array(ELEMENTS, 4, MANY, name);
        Fields::of(part, &[MARK, Field::one(LENGTH, 4, "length"), elements])
    };
    vec![
        Fields::of(part, &object),
        Fields::of("Node", &node),
        Fields::of("Long", &[Field::one(super::long::VALUE, 8, "value")]),
        array("table", "bin"),
        array("Node[]", "bin"),
        array("Entry[]", "bin"),
        array("CounterCell[]", "cell"),
    ]
}
