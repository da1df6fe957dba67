//! Which locks protect what, as a report says it.

use super::Texts;
use crate::memory::Addr;
use crate::observe::{Details, Lockset, Objects, Protection, Unprotected};
use crate::report::locks::{LocksetReport, UnprotectedReport};

/// What protects each object; nothing where nobody has locked anything.
pub(super) fn locksets(details: &Details) -> Vec<Lockset> {
    match details.locksets.is_used() {
        true => details.locksets.of(&details.objects),
        false => Vec::new(),
    }
}

/// The lines of the trace that they mention.
pub(super) fn lines(locksets: &[Lockset]) -> Vec<u32> {
    let pairs = locksets.iter().filter_map(|lockset| lockset.first.as_ref());
    let lines = pairs.flatten().map(|access| access.line);
    lines.filter(|&line| line > 0).collect()
}

pub(super) fn lockset_report(lockset: &Lockset, objects: &Objects, texts: &Texts) -> LocksetReport {
    LocksetReport {
        object: lockset.name.clone(),
        protection: match lockset.protection {
            Protection::None => "none",
            Protection::Divided => "divided",
            Protection::Consistent => "consistent",
            Protection::OnlyRead => "only read",
            Protection::OneThread => "one thread",
        },
        locks: names(&lockset.locks, objects),
        shared_words: lockset.shared_words,
        unprotected_words: lockset.unprotected_words,
        first: lockset.first.as_ref().map(|pair| {
            pair.each_ref()
                .map(|access| unprotected(access, objects, texts))
        }),
    }
}

fn unprotected(access: &Unprotected, objects: &Objects, texts: &Texts) -> UnprotectedReport {
    UnprotectedReport {
        thread: access.thread.0,
        line: access.line,
        operation: texts.of(access.line),
        touch: if access.is_write { "store" } else { "load" },
        addr: access.addr.to_string(),
        place: objects.site(access.addr).map(|site| site.to_string()),
        cycle: access.cycle,
        held: names(&access.held, objects),
    }
}

fn names(locks: &[Addr], objects: &Objects) -> Vec<String> {
    locks.iter().map(|addr| objects.name(*addr)).collect()
}
