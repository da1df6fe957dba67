//! Reports: what observers found, as text for people and as JSON for programs. Both are
//! made from one structure, and that structure from observers alone. And protocols as models
//! for other tools, made from their tables alone; [`graph`] draws them. [`compare`] puts many
//! replays side by side.

mod build;
pub mod compare;
mod count;
mod died;
mod explain;
mod finals;
pub mod graph;
mod label;
pub mod litmus;
mod locks;
mod many;
mod murphi;
mod one;
#[cfg(all(
    feature = "probe",
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
pub mod probe;
mod proof;
mod sequence;
mod sheet;
mod table;
mod text;
mod timeline;
mod versions;

pub use build::build;
pub use count::counted;
pub use died::{AccessReport, BeforeReport, DiedReport, WriteReport};
pub use explain::Explain;
pub use finals::final_states;
pub use locks::{LocksetReport, UnprotectedReport};
pub use many::{OutcomeRow, SeedsReport, TornRow, ValuesRow};
pub use murphi::{MurphiSize, murphi};
pub use one::{
    CounterReport, FatalReport, FinalState, Finding, LineReport, ReplayReport, TornPart,
    TornReport, WrongReport,
};
pub use proof::{
    AskedReport, CellReport, ChangeReport, ChannelReport, ProofReport, SentReport, StepReport,
    WitnessReport, mermaid, render_proof, witness_title,
};
pub use sequence::Sequence;
pub use text::{render_many, render_one};
pub use timeline::Timeline;
pub use versions::{MemoryReport, VersionsReport};

/// The version of the JSON reports of replays: `book/src/reference/report.schema.json` describes them.
pub const VERSION: u32 = 4;
