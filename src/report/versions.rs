//! Versions of maps that are replaced as a whole, under the names in JSON.

use serde::Serialize;

use crate::observe::MapVersions;

/// The versions of a map.
#[derive(Clone, Debug, Serialize)]
pub struct VersionsReport {
    /// The map's name.
    pub map: String,
    /// How many were published in the run.
    pub published: u64,
    /// How many are in memory at the end, the one from before the run included.
    pub kept: u64,
    /// The most that were at once.
    pub most_kept: u64,
    /// How many calls ended when the version that they worked on was no longer the latest.
    pub calls_behind: u64,
    /// By how many versions, at most.
    pub most_behind: u64,
    /// Objects that new versions replaced and whose memory the map uses again; null where it
    /// leaves that to a collector.
    pub memory: Option<MemoryReport>,
}

/// What became of replaced objects.
#[derive(Clone, Debug, Serialize)]
pub struct MemoryReport {
    /// How many objects were replaced.
    pub retired: u64,
    /// Their bytes together.
    pub retired_bytes: u64,
    /// How many of them could be used again.
    pub reclaimed: u64,
    /// Their bytes together.
    pub reclaimed_bytes: u64,
    /// The most that waited for it at once.
    pub most_waiting_bytes: u64,
    /// How long one waited for it on average.
    pub mean_wait_cycles: u64,
    /// And at most.
    pub longest_wait_cycles: u64,
}

impl VersionsReport {
    /// The versions of the map of this name.
    #[must_use]
    pub fn new(map: String, versions: &MapVersions) -> VersionsReport {
        let (retired, reclaimed) = (versions.retired, versions.reclaimed);
        let waited = versions.waited_cycles.checked_div(reclaimed.objects);
        VersionsReport {
            map,
            published: versions.published,
            kept: versions.kept,
            most_kept: versions.most_kept,
            calls_behind: versions.calls_behind,
            most_behind: versions.most_behind,
            memory: (retired.objects > 0).then(|| MemoryReport {
                retired: retired.objects,
                retired_bytes: retired.bytes,
                reclaimed: reclaimed.objects,
                reclaimed_bytes: reclaimed.bytes,
                most_waiting_bytes: versions.most_waiting_bytes,
                mean_wait_cycles: waited.unwrap_or(0),
                longest_wait_cycles: versions.longest_wait_cycles,
            }),
        }
    }
}
