//! Which machine, protocol and maps a replay has, as the arguments or the trace say.

use std::sync::Arc;

use crate::cli::failure::Failure;
use crate::cli::map_kind::MapKind;
use crate::cli::{models, trace_file};
use crate::diagnostic::Invalid;
use crate::machine::config::Size;
use crate::replay::Replay;
use crate::trace::Trace;

/// The machine for traces that name none.
pub(in crate::cli) const USUAL_MACHINE: &str = "desktop";

/// What the arguments choose instead of what the trace says.
pub(in crate::cli) struct Chosen<'a> {
    pub(in crate::cli) machine: Option<&'a str>,
    pub(in crate::cli) protocol: Option<&'a str>,
    pub(in crate::cli) map: Option<MapKind>,
    pub(in crate::cli) size: Size,
}

impl Chosen<'_> {
    /// A replay of the trace in `file`, or on standard input if that is `-`.
    pub(in crate::cli) fn replay(&self, file: &str) -> Result<Replay, Failure> {
        let trace = Arc::new(trace_file::read(file)?);
        let header = trace.header();
        let config = match (self.machine, &header.machine) {
            (Some(name), _) => models::machine(name)?,
            (None, Some(name)) => named(&trace, "machine", models::machine(name))?,
            (None, None) => models::machine(USUAL_MACHINE)?,
        };
        let size = Size {
            cores: self.size.cores.or(header.cores),
            ..self.size
        };
        let config = config.resized(size).map_err(Failure::usage)?;
        let protocol = match (self.protocol, &header.protocol) {
            (Some(name), _) => models::protocol(name)?,
            (None, Some(name)) => named(&trace, "protocol", models::protocol(name))?,
            (None, None) => models::protocol(&config.protocol)?,
        };
        let map = self.map.map(MapKind::kind);
        Replay::new(config.into(), protocol, Arc::clone(&trace), map)
            .map_err(|error| Failure::replaying(file, error))
    }
}

/// What the trace's header names, or the place where it does if there is no such thing.
fn named<T>(trace: &Trace, keyword: &str, found: Result<T, Failure>) -> Result<T, Failure> {
    let Err(Failure::Usage(message)) = found else {
        return found;
    };
    let problem = trace.header_problem(keyword, 0, message);
    let problem = problem.map_err(|error| Failure::replaying(trace.file(), error))?;
    Err(Invalid::new(trace.file(), vec![problem.label("named here")]).into())
}
