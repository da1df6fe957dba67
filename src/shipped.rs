//! The machine and protocol files that travel inside the library.

use include_dir::{Dir, include_dir};

static MACHINES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/models/machines");
static PROTOCOLS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/models/protocols");

/// The text of the shipped machine `name`, if there is one.
#[must_use]
pub fn machine(name: &str) -> Option<&'static str> {
    find(&MACHINES, name)
}

/// The text of the shipped protocol `name`, if there is one.
#[must_use]
pub fn protocol(name: &str) -> Option<&'static str> {
    find(&PROTOCOLS, name)
}

/// The names of the shipped machines, in order.
#[must_use]
pub fn machines() -> Vec<&'static str> {
    names(&MACHINES)
}

/// The names of the shipped protocols, in order.
#[must_use]
pub fn protocols() -> Vec<&'static str> {
    names(&PROTOCOLS)
}

fn find(folder: &Dir<'static>, name: &str) -> Option<&'static str> {
    folder.get_file(format!("{name}.toml"))?.contents_utf8()
}

fn names(folder: &Dir<'static>) -> Vec<&'static str> {
    let mut names: Vec<_> = folder
        .files()
        .filter_map(|file| file.path().file_stem()?.to_str())
        .collect();
    names.sort_unstable();
    names
}
