//! The arguments that say what threads do to a map.

use std::io::{self, BufRead};

use crate::cli::failure::Failure;
use crate::maps::KINDS;
use crate::trace::generate::{Distribution, MAX_PREFILL, Share, Text, Workload};
use crate::trace::{KeyKind, Trace, ValueKind};

/// What is the same for a trace and for a comparison.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct WorkloadArguments {
    /// How many calls, all threads together.
    #[arg(long, short = 'n', value_name = "N", default_value = "1000")]
    operations: u64,
    /// How many calls that are no gets are deletes, in percent.
    #[arg(long, value_name = "PERCENT", default_value = "0")]
    deletes: Share,
    /// How many of them increment, `m[key]++`; the rest put.
    #[arg(long, value_name = "PERCENT", default_value = "0")]
    increments: Share,
    /// How many keys there are.
    #[arg(long, value_name = "N", default_value = "100")]
    keys: u32,
    /// How often each is used: uniform, zipf:S (1/rank^S), hot:PERCENT (for one key).
    #[arg(long, value_name = "HOW", default_value = "uniform")]
    distribution: Distribution,
    /// What keys are: u64, u32 or string.
    #[arg(long, value_name = "KIND", default_value = "u64", value_parser = key_kind)]
    key: KeyKind,
    /// What values are: u64, string, interface, slice, struct or u64-halves.
    #[arg(long, value_name = "KIND", default_value = "u64", value_parser = value_kind)]
    value: ValueKind,
    /// For how many entries the map has room from the start.
    #[arg(long, value_name = "N", default_value = "0")]
    room: u64,
    /// How many keys are put before the run [default: all, at most 65536].
    #[arg(long, value_name = "N")]
    prefill: Option<u32>,
    /// Core 0 does that, in whose cache it stays.
    #[arg(long)]
    warm: bool,
    /// Each thread changes keys of its own.
    #[arg(long)]
    distinct: bool,
    /// How long a thread works after each call, on average.
    #[arg(long, value_name = "CYCLES", default_value = "0")]
    think: u32,
}

impl WorkloadArguments {
    /// The workload for some threads, with a map and a share of reads.
    pub(super) fn workload(
        &self,
        map: &str,
        threads: u16,
        reads: Share,
        seed: u64,
    ) -> Result<Workload, Failure> {
        let workload = Workload {
            threads,
            operations: self.operations,
            reads,
            deletes: self.deletes,
            increments: self.increments,
            keys: self.keys,
            distribution: self.distribution,
            key: self.key,
            value: self.value,
            map: map.to_owned(),
            room: self.room,
            prefill: self.prefill.unwrap_or(self.keys.min(MAX_PREFILL)),
            warm: self.warm,
            distinct: self.distinct,
            think_cycles: self.think,
            seed,
        };
        workload.check().map_err(Failure::usage)?;
        Ok(workload)
    }
}

/// The trace of a workload, which is made anew each time it is read.
pub(super) fn trace(workload: Workload) -> Result<Trace, Failure> {
    let kinds: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
    let open = move || {
        let text = Text::new(workload.clone()).map_err(io::Error::other)?;
        Ok(Box::new(text) as Box<dyn BufRead>)
    };
    let name = "the workload";
    Trace::read(name, &kinds, Box::new(open)).map_err(|error| Failure::replaying(name, error))
}

fn key_kind(name: &str) -> Result<KeyKind, String> {
    named(&KeyKind::ALL, name)
}

fn value_kind(name: &str) -> Result<ValueKind, String> {
    named(&ValueKind::ALL, name)
}

fn named<K: Copy>(all: &[(K, &str)], name: &str) -> Result<K, String> {
    let found = all.iter().find(|(_, known)| *known == name);
    found.map(|&(kind, _)| kind).ok_or_else(|| {
        let known: Vec<&str> = all.iter().map(|&(_, known)| known).collect();
        format!("expected one of {}", known.join(", "))
    })
}
