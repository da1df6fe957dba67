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
    /// The processors that were asked; none where each part of the answer says its own.
    #[serde(flatten)]
    pub asked: Option<Processors>,
}

/// Which processors were asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Processors {
    /// One that writes and one that reads.
    Two(Two),
    /// One for each thread.
    Team {
        /// In the order of the threads.
        processors: Vec<u32>,
        /// The least that two of them share.
        share: Option<Relation>,
    },
}

/// Two processors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Two {
    /// Their numbers.
    #[serde(flatten)]
    pub pair: Pair,
    /// The least that they share.
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

impl Two {
    /// A pair with what it shares.
    #[must_use]
    pub fn new(topology: &Topology, pair: Pair) -> Two {
        Two {
            pair,
            share: topology.relation(pair.writer, pair.reader),
        }
    }

    /// What they share, in words.
    pub(super) fn shared(&self) -> String {
        in_words(self.share)
    }
}

impl Processors {
    /// A processor for each thread, with what they share.
    #[must_use]
    pub fn team(topology: &Topology, team: &Team) -> Processors {
        Processors::Team {
            processors: team.processors().to_vec(),
            share: team.share(topology),
        }
    }
}

impl Heading {
    /// The heading of an answer.
    #[must_use]
    pub fn new(
        date: String,
        arguments: Vec<String>,
        host: Host,
        asked: Option<Processors>,
    ) -> Heading {
        Heading {
            date,
            arguments,
            host,
            asked,
        }
    }

    /// The heading in words, line by line.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let mut text = String::new();
        self.render(&mut text);
        text.lines().map(str::to_owned).collect()
    }

    /// The heading in words, a line or two, and what to bear in mind with it.
    pub(super) fn render(&self, out: &mut String) {
        let Heading { host, asked, .. } = self;
        let processor = host
            .processor
            .clone()
            .unwrap_or_else(|| "an unknown processor".to_owned());
        let kernel = host.kernel.clone();
        let kernel = kernel.unwrap_or_else(|| "unknown".to_owned());
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{processor}, {kernel}, {}", self.date);
        match asked {
            None => {}
            Some(Processors::Two(two)) => {
                let Pair { writer, reader } = two.pair;
                let _ = writeln!(
                    out,
                    "processor {writer} writes, processor {reader} reads; {}",
                    two.shared()
                );
            }
            Some(Processors::Team { processors, share }) => {
                let numbers: Vec<String> = processors.iter().map(u32::to_string).collect();
                let numbers = numbers.join(", ");
                let _ = writeln!(out, "processors {numbers}; {}", in_words(*share));
            }
        }
        if let Some(lse2) = host.lse2 {
            let promise = match lse2 {
                true => {
                    "FEAT_LSE2: accesses inside 16 aligned bytes are promised to be performed whole, of a \
                     16-byte vector each aligned half"
                }
                false => {
                    "no FEAT_LSE2: accesses aligned to their own size are promised to be performed whole, \
                     of 16 bytes each half"
                }
            };
            let _ = writeln!(out, "{promise}");
        }
        if host.virtual_machine {
            let _ = writeln!(
                out,
                "a virtual machine: its host may stop a processor at any time, and decides what it is"
            );
        }
    }
}

fn in_words(share: Option<Relation>) -> String {
    share.map_or_else(|| "unknown".to_owned(), |share| share.to_string())
}
