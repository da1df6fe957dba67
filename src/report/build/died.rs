//! How threads died, as a report says it.

use super::Texts;
use crate::machine::{Access, AccessKind, Thread};
use crate::memory::WriteId;
use crate::observe::{Death, Details, Done, LastWrite, Objects, Uncaught};
use crate::report::died::{AccessReport, BeforeReport, DiedReport, WriteReport};
use crate::report::one::ExceptionReport;

/// The lines of the trace that deaths mention.
pub(super) fn lines(details: &Details) -> Vec<u32> {
    let deaths = details.last_writes.deaths().iter();
    let lines = deaths.flat_map(|death| {
        let before = death.before.iter();
        let before = before.flat_map(|(done, write)| {
            let write = write.map_or(0, |write| write.line);
            [done.line, write]
        });
        let access = death.access.iter().map(|done| done.line);
        let writes = death.writes.iter().map(|write| write.line);
        before
            .chain(access)
            .chain(writes)
            .chain([death.line])
            .collect::<Vec<_>>()
    });
    lines.filter(|&line| line > 0).collect()
}

/// How this thread died.
pub(super) fn death(details: &Details, thread: Thread) -> Option<&Death> {
    let mut deaths = details.last_writes.deaths().iter();
    deaths.find(|death| death.thread == thread)
}

pub(super) fn died_report(death: &Death, objects: &Objects, texts: &Texts) -> DiedReport {
    let read = death.access.as_ref().map_or(&[][..], |done| &done.writers);
    let writes = death.writes.iter();
    DiedReport {
        access: death
            .access
            .as_ref()
            .map(|done| access_report(done, objects, texts)),
        writes: writes
            .map(|write| write_report(write, read, objects, texts))
            .collect(),
        before: death.before.as_ref().map(|(done, write)| BeforeReport {
            access: access_report(done, objects, texts),
            write: write
                .as_ref()
                .map(|write| write_report(write, &done.writers, objects, texts)),
        }),
        bounded: death.bounded,
    }
}

pub(super) fn exception(uncaught: &Uncaught, details: &Details, texts: &Texts) -> ExceptionReport {
    let death = death(details, uncaught.thread);
    let line = death.map_or(0, |death| death.line);
    ExceptionReport {
        thread: uncaught.thread.0,
        name: uncaught.name,
        line,
        operation: texts.of(line),
        cycle: uncaught.cycle,
        died: death.map(|death| died_report(death, &details.objects, texts)),
    }
}

fn access_report(done: &Done, objects: &Objects, texts: &Texts) -> AccessReport {
    let Access { addr, bytes, .. } = done.access;
    AccessReport {
        line: done.line,
        operation: texts.of(done.line),
        kind: kind(&done.access),
        addr: addr.to_string(),
        bytes,
        place: objects.site(addr).map(|site| site.to_string()),
        value: format!("{:#x}", done.value),
        served: done.served.iter().map(ToString::to_string).collect(),
        cycle: done.cycle,
    }
}

fn kind(access: &Access) -> &'static str {
    match (access.kind, access.atomic) {
        (AccessKind::Load | AccessKind::Evict, false) => "load",
        (AccessKind::Load | AccessKind::Evict, true) => "atomic load",
        (AccessKind::Store { .. }, false) => "store",
        (AccessKind::Store { .. }, true) => "atomic store",
        (AccessKind::Locked { .. }, _) => "locked operation",
    }
}

fn write_report(
    write: &LastWrite,
    read: &[WriteId],
    objects: &Objects,
    texts: &Texts,
) -> WriteReport {
    WriteReport {
        thread: (write.thread != Thread::SETUP).then_some(write.thread.0),
        line: write.line,
        operation: texts.of(write.line),
        addr: write.addr.to_string(),
        bytes: write.bytes,
        place: objects.site(write.addr).map(|site| site.to_string()),
        value: format!("{:#x}", write.value),
        issued_cycle: write.issued_cycle,
        performed_cycle: write.performed_cycle,
        read: read.contains(&write.write),
    }
}
