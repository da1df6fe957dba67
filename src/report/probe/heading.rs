//! What stands above every answer of the probe: which machine gave it, when, and how it was asked.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use crate::probe::{Host, Pair, Relation, Topology};

/// Which machine was asked, when and how.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Heading {
    /// When, in UTC (RFC 3339).
    pub date: String,
    /// The arguments of the command.
    pub arguments: Vec<String>,
    /// The machine.
    #[serde(flatten)]
    pub host: Host,
    /// The processors that were asked.
    #[serde(flatten)]
    pub pair: Pair,
    /// What the two share.
    pub share: Option<Relation>,
}

/// A question that this machine cannot be asked.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NotAsked {
    /// The question.
    pub what: String,
    /// Why not.
    pub why: String,
}

impl Heading {
    /// The heading of an answer by these two processors.
    #[must_use]
    pub fn new(
        date: String,
        arguments: Vec<String>,
        host: Host,
        topology: &Topology,
        pair: Pair,
    ) -> Heading {
        Heading {
            date,
            arguments,
            host,
            share: topology.relation(pair.writer, pair.reader),
            pair,
        }
    }

    /// The heading in words, a line or two, and what to bear in mind with it.
    pub(super) fn render(&self, out: &mut String) {
        let Heading { host, pair, .. } = self;
        let unknown = || "unknown".to_owned();
        let processor = host
            .processor
            .clone()
            .unwrap_or_else(|| "an unknown processor".to_owned());
        let kernel = host.kernel.clone().unwrap_or_else(unknown);
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{processor}, {kernel}, {}", self.date);
        let share = self.share.map_or_else(unknown, |share| share.to_string());
        let _ = writeln!(
            out,
            "processor {} writes, processor {} reads; {share}",
            pair.writer, pair.reader
        );
        if host.virtual_machine {
            let _ = writeln!(
                out,
                "a virtual machine: its host may stop a processor at any time, and decides what it is"
            );
        }
    }
}
