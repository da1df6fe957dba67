//! A workload as the text of its trace, made as it is read.

use std::fmt::Write as _;
use std::io::{self, BufRead, Read};

use super::{Operations, Share, Workload};
use crate::trace::write::{Output, write_header, write_operations};
use crate::trace::{Header, KeyKind, ValueKind};

/// So many operations are made at once.
const CHUNK: usize = 256;

/// The text of a workload's trace.
pub struct Text {
    header: Header,
    operations: Operations,
    begun: bool,
    made: Vec<u8>,
    /// So many bytes of it were read.
    at: usize,
}

impl Text {
    /// The text of `workload`.
    ///
    /// # Errors
    /// When a number of it is beyond its limits: which, and what it could be.
    pub fn new(workload: Workload) -> Result<Text, String> {
        let operations = Operations::new(workload)?;
        Ok(Text {
            header: operations.workload().header(),
            operations,
            begun: false,
            made: Vec::new(),
            at: 0,
        })
    }

    fn make(&mut self) -> io::Result<()> {
        self.made.clear();
        self.at = 0;
        let mut output = Output::new(&mut self.made);
        if !self.begun {
            let workload = self.operations.workload();
            output.line(format_args!("# {}", workload.title()))?;
            output.line(format_args!("# Made by: {}", workload.command()))?;
            write_header(&self.header, &mut output)?;
            self.begun = true;
        }
        let chunk = self.operations.by_ref().take(CHUNK);
        write_operations(&self.header, chunk, &mut output)
    }
}

impl Read for Text {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}

impl BufRead for Text {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.at == self.made.len() {
            self.make()?;
        }
        Ok(&self.made[self.at..])
    }

    fn consume(&mut self, bytes: usize) {
        self.at += bytes;
    }
}

impl Workload {
    /// What it is, in one line.
    #[must_use]
    pub fn title(&self) -> String {
        let writes = self.reads.rest();
        let (deletes, increments) = (self.deletes.of(writes), self.increments.of(writes));
        let puts = writes.less(deletes).less(increments);
        let shares = [
            ("get", self.reads),
            ("put", puts),
            ("delete", deletes),
            ("increment", increments),
        ];
        let shares = shares.iter().filter(|(_, share)| *share > Share::NONE);
        let shares: Vec<String> = shares
            .map(|(what, share)| format!("{share} % {what}"))
            .collect();
        let (calls, threads, keys) = (self.operations, self.threads, self.keys);
        format!(
            "{} by {} to one map of {}: {}",
            many(calls, "call"),
            many(threads.into(), "thread"),
            many(keys.into(), "key"),
            shares.join(", ")
        )
    }

    /// What it has whatever its threads and shares are, in one line.
    #[must_use]
    pub fn setting(&self) -> String {
        let calls = many(self.operations, "call");
        let keys = many(self.keys.into(), "key");
        let distribution = self.distribution;
        format!("{calls} to one map of {keys} ({distribution})")
    }

    /// The command that makes it. What is off by nature is left out.
    #[must_use]
    pub fn command(&self) -> String {
        let mut command = format!(
            "tearline generate --map {} --threads {} --operations {} --reads {} --keys {} --prefill {}",
            self.map, self.threads, self.operations, self.reads, self.keys, self.prefill
        );
        let mut option = |given: bool, text: std::fmt::Arguments<'_>| {
            if given {
                let _ = write!(command, " --{text}"); // a `String` takes everything
            }
        };
        let (deletes, increments) = (self.deletes, self.increments);
        option(deletes > Share::NONE, format_args!("deletes {deletes}"));
        option(
            increments > Share::NONE,
            format_args!("increments {increments}"),
        );
        option(true, format_args!("distribution {}", self.distribution));
        option(
            self.key != KeyKind::U64,
            format_args!("key {}", self.key.name()),
        );
        option(
            self.value != ValueKind::U64,
            format_args!("value {}", self.value.name()),
        );
        option(self.room > 0, format_args!("room {}", self.room));
        option(self.warm, format_args!("warm"));
        option(self.distinct, format_args!("distinct"));
        option(
            self.think_cycles > 0,
            format_args!("think {}", self.think_cycles),
        );
        option(true, format_args!("seed {}", self.seed));
        command
    }
}

fn many(count: u64, thing: &str) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{count} {thing}{s}")
}
