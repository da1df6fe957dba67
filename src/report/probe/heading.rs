//! What stands above every answer of the probe: which machine gave it, when, and how it was asked.

use std::fmt::Write as _;

use serde::Serialize;

use crate::probe::{Host, Pair, Relation, Topology};

/// Which machine was asked, when and how.
#[derive(Clone, Debug, Serialize)]
pub struct Heading {
    /// When, in UTC (RFC 3339).
    pub date: String,
    /// The arguments of the command.
    pub arguments: Vec<String>,
    /// The machine.
    #[serde(flatten)]
    pub host: Host,
    /// The processors that were asked, if they are two.
    #[serde(flatten)]
    pub two: Option<Two>,
}

/// Two processors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Two {
    /// Their numbers.
    #[serde(flatten)]
    pub pair: Pair,
    /// What they share.
    pub share: Option<Relation>,
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
        let unknown = || "unknown".to_owned();
        self.share.map_or_else(unknown, |share| share.to_string())
    }
}

/// A question that this machine cannot be asked.
#[derive(Clone, Debug, Serialize)]
pub struct NotAsked {
    /// The question.
    pub what: String,
    /// Why not.
    pub why: String,
}

impl Heading {
    /// The heading of an answer by these two processors, or by others that stand beside each number.
    #[must_use]
    pub fn new(date: String, arguments: Vec<String>, host: Host, two: Option<Two>) -> Heading {
        Heading {
            date,
            arguments,
            host,
            two,
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
        let Heading { host, two, .. } = self;
        let processor = host
            .processor
            .clone()
            .unwrap_or_else(|| "an unknown processor".to_owned());
        let kernel = host.kernel.clone();
        let kernel = kernel.unwrap_or_else(|| "unknown".to_owned());
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{processor}, {kernel}, {}", self.date);
        if let Some(two) = two {
            let _ = writeln!(
                out,
                "processor {} writes, processor {} reads; {}",
                two.pair.writer,
                two.pair.reader,
                two.shared()
            );
        }
        if host.virtual_machine {
            let _ = writeln!(
                out,
                "a virtual machine: its host may stop a processor at any time, and decides what it is"
            );
        }
    }
}
