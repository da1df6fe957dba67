//! What stands above every answer of the probe: which machine gave it, when, and how it was asked.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use crate::probe::{Host, Pair, Relation, Team, Topology};

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
    pub asked: Processors,
    /// The least that two of them share.
    pub share: Option<Relation>,
}

/// Which processors were asked.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Processors {
    /// One that writes and one that reads.
    Pair(Pair),
    /// One for each thread.
    Team {
        /// In the order of the threads.
        processors: Vec<u32>,
    },
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
            asked: Processors::Pair(pair),
        }
    }

    /// The heading of an answer by as many as threads need.
    #[must_use]
    pub fn of_team(
        date: String,
        arguments: Vec<String>,
        host: Host,
        topology: &Topology,
        team: &Team,
    ) -> Heading {
        Heading {
            date,
            arguments,
            host,
            share: team.share(topology),
            asked: Processors::Team {
                processors: team.processors().to_vec(),
            },
        }
    }

    /// The heading in words, a line or two, and what to bear in mind with it.
    pub(super) fn render(&self, out: &mut String) {
        let Heading { host, asked, .. } = self;
        let unknown = || "unknown".to_owned();
        let processor = host
            .processor
            .clone()
            .unwrap_or_else(|| "an unknown processor".to_owned());
        let kernel = host.kernel.clone().unwrap_or_else(unknown);
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{processor}, {kernel}, {}", self.date);
        let share = self.share.map_or_else(unknown, |share| share.to_string());
        let _ = match asked {
            Processors::Pair(Pair { writer, reader }) => writeln!(
                out,
                "processor {writer} writes, processor {reader} reads; {share}"
            ),
            Processors::Team { processors } => {
                let numbers: Vec<String> = processors.iter().map(u32::to_string).collect();
                writeln!(out, "processors {}; {share}", numbers.join(", "))
            }
        };
        if host.virtual_machine {
            let _ = writeln!(
                out,
                "a virtual machine: its host may stop a processor at any time, and decides what it is"
            );
        }
    }
}
