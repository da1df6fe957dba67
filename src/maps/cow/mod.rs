//! Maps that are never changed: a put makes a new version beside the old one, sharing what is
//! the same, and publishes it by one atomic pointer. A reader takes that pointer and then reads
//! what nobody writes any more.
//!
//! `path` copies the way from the root of a `tree` with 16 branches to a node; `flat` copies the
//! whole table, as the article's listing does with `Arrays.copyOf`. Values lie in leaves that
//! are written before they are published. A writer whose version is no longer the latest begins
//! again (compare and swap); `flat` can also publish by a plain exchange, which loses what
//! another writer published in between.
//!
//! What a version replaced stays where it is, as in a run between two collections; with `epochs`
//! it is used again when no call under way can still have it. A version's number says how many
//! there were, not who reads it: it reclaims nothing.

mod epochs;
mod flat;
mod leaf;
mod path;
mod store;
mod tree;

pub(super) use flat::{create_flat, create_flat_set};
pub(super) use path::{create_epoch, create_epoch_unfenced, create_path};

/// Offsets in a version of a map, `Snapshot`.
mod snapshot {
    use crate::maps::fields::{Field, Fields};

    /// The root of the tree, or the table.
    pub(super) const ROOT: u64 = 0;
    /// How many entries it has.
    pub(super) const COUNT: u64 = 8;
    /// Its number.
    pub(super) const VERSION: u64 = 16;
    pub(super) const BYTES: u64 = 24;

    /// What they are called.
    pub(super) fn fields() -> Fields {
        let fields = [
            Field::pointer(ROOT, "root"),
            Field::one(COUNT, 8, "count"),
            Field::one(VERSION, 8, "version"),
        ];
        Fields::of("snapshot", &fields)
    }

    /// What leads to the latest one.
    pub(super) fn latest() -> Fields {
        Fields::of("latest", &[Field::pointer(0, "latest")])
    }
}
