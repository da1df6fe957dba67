//! What is done to the map in a comparison: the trace that the user has, or one made for each
//! number of cores and share of reads.

use std::sync::Arc;

use super::Arguments;
use crate::cli::failure::Failure;
use crate::cli::map_kind::MapKind;
use crate::cli::{shell, trace_file, workload};
use crate::trace::generate::{Share, Workload};
use crate::trace::{HELD_OPERATIONS, LAST_THREAD, Trace};

/// So many numbers of cores, or shares of reads, can be asked for.
const MOST_VALUES: usize = 128;
/// So many operations of all traces together may be held in memory.
const MOST_HELD: usize = 1 << 22;

/// What threads do.
pub(super) struct Work {
    /// What is the same for all works of a comparison, in words; or the file that the user has.
    pub(super) title: String,
    pub(super) trace: Arc<Trace>,
    /// How many cores; what the machine says if that is none.
    pub(super) cores: Option<u32>,
    /// How many of its calls are gets, if it was made.
    pub(super) reads: Option<Share>,
    made: Option<Workload>,
}

/// The works, for all numbers of cores and all shares of reads.
pub(super) fn works(arguments: &Arguments, map: MapKind) -> Result<Vec<Work>, Failure> {
    let cores = distinct("numbers of cores", &arguments.cores)?;
    let reads = distinct("shares of reads", &arguments.reads)?;
    match &arguments.file {
        Some(file) => of_file(file, &cores),
        None => made(arguments, map, &cores, &reads),
    }
}

fn of_file(file: &str, cores: &[u32]) -> Result<Vec<Work>, Failure> {
    let trace = Arc::new(trace_file::read(file)?);
    if trace.header().maps.is_empty() {
        return Err(Failure::usage(format!(
            "{file} has no map to compare with others"
        )));
    }
    let cores: Vec<Option<u32>> = match cores {
        [] => vec![trace.header().cores],
        cores => cores.iter().copied().map(Some).collect(),
    };
    let works = cores.into_iter().map(|cores| Work {
        title: file.to_owned(),
        trace: Arc::clone(&trace),
        cores,
        reads: None,
        made: None,
    });
    Ok(works.collect())
}

fn made(
    arguments: &Arguments,
    map: MapKind,
    cores: &[u32],
    reads: &[Share],
) -> Result<Vec<Work>, Failure> {
    let cores = if cores.is_empty() { &[4] } else { cores };
    let usual = [Share::percent(90)];
    let reads = if reads.is_empty() { &usual } else { reads };
    let mut workloads = Vec::new();
    for &cores in cores {
        let most = u32::from(LAST_THREAD) + 1;
        let one_each = cores.clamp(1, most) as u16;
        for &reads in reads {
            let threads = arguments.threads.unwrap_or(one_each);
            let seed = arguments.workload_seed;
            let workload = arguments
                .workload
                .workload(map.name(), threads, reads, seed)?;
            workloads.push((cores, workload));
        }
    }
    let held = workloads.iter().map(|(_, workload)| {
        let operations = usize::try_from(workload.operations).unwrap_or(usize::MAX);
        operations.min(HELD_OPERATIONS) + workload.prefill as usize
    });
    let held: usize = held.sum();
    if held > MOST_HELD {
        return Err(Failure::usage(format!(
            "{held} operations in the traces of all combinations: expected at most {MOST_HELD}"
        )));
    }
    workloads
        .into_iter()
        .map(|(cores, workload)| Work::of(cores, workload))
        .collect()
}

impl Work {
    fn of(cores: u32, workload: Workload) -> Result<Work, Failure> {
        let title = workload.setting();
        Ok(Work {
            title,
            trace: Arc::new(workload::trace(workload.clone())?),
            cores: Some(cores),
            reads: Some(workload.reads),
            made: Some(workload),
        })
    }

    /// The command that replays it with some map on some machine, up to the seed.
    pub(super) fn command(&self, map: MapKind, machine: &str, protocol: Option<&str>) -> String {
        let (mut command, told) = match &self.made {
            Some(workload) => {
                let mut workload = workload.clone();
                map.name().clone_into(&mut workload.map);
                let told = Some(u32::from(workload.threads));
                (format!("{} | tearline replay -", workload.command()), told)
            }
            None => {
                let file = shell::file(&self.title);
                let told = self.trace.header().cores;
                (format!("tearline replay {file} --map {}", map.name()), told)
            }
        };
        command += &format!(" --machine {}", shell::file(machine));
        if let Some(protocol) = protocol {
            command += &format!(" --protocol {}", shell::file(protocol));
        }
        if let Some(cores) = self.cores.filter(|_| self.cores != told) {
            command += &format!(" --cores {cores}");
        }
        command
    }
}

/// Each value once, in the order of their first times.
fn distinct<T: Copy + PartialEq>(what: &str, values: &[T]) -> Result<Vec<T>, Failure> {
    if values.len() > MOST_VALUES {
        let count = values.len();
        return Err(Failure::usage(format!(
            "{count} {what}: expected at most {MOST_VALUES}"
        )));
    }
    let mut seen = Vec::new();
    for &value in values {
        if !seen.contains(&value) {
            seen.push(value);
        }
    }
    Ok(seen)
}
