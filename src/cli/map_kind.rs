//! Map algorithms as arguments, by their names.

use std::ffi::OsStr;
use std::fmt;

use clap::builder::{PossibleValue, TypedValueParser};

use crate::maps::{KINDS, Kind};

/// A known map algorithm.
#[derive(Clone, Copy)]
pub(super) struct MapKind(&'static Kind);

impl MapKind {
    /// Its name.
    pub(super) fn name(self) -> &'static str {
        self.0.name
    }

    /// The algorithm itself.
    pub(super) fn kind(self) -> &'static Kind {
        self.0
    }

    /// Those that threads may share.
    pub(super) fn safe() -> Vec<MapKind> {
        let safe = KINDS.iter().filter(|kind| kind.safe);
        safe.map(MapKind).collect()
    }
}

impl fmt::Debug for MapKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name)
    }
}

/// Reads the name of a map.
pub(super) fn map_kind() -> impl TypedValueParser<Value = MapKind> {
    Listed(named)
}

/// Reads the name of a map, or of some of them.
pub(super) fn map_kinds() -> impl TypedValueParser<Value = Vec<MapKind>> {
    Listed(|name: &str| match name {
        "all" => Ok(KINDS.iter().map(MapKind).collect()),
        "safe" => Ok(MapKind::safe()),
        name => named(name).map(|kind| vec![kind]),
    })
}

fn named(name: &str) -> Result<MapKind, String> {
    Kind::named(name).map(MapKind).ok_or_else(|| {
        let width = KINDS.iter().map(|kind| kind.name.len()).max().unwrap_or(0);
        let line = |kind: &Kind| format!("\n  {:width$}  {}", kind.name, kind.about);
        "expected one of".to_owned() + &KINDS.iter().map(line).collect::<String>()
    })
}

/// A parser that also tells the names of all maps, for an option without a value and for shells.
#[derive(Clone)]
struct Listed<P>(P);

impl<P: TypedValueParser> TypedValueParser for Listed<P> {
    type Value = P::Value;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<P::Value, clap::Error> {
        self.0.parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let value = |kind: &Kind| PossibleValue::new(kind.name).help(kind.about);
        Some(Box::new(KINDS.iter().map(value)))
    }
}
