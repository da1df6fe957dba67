//! What a comparison is written in.

use clap::ValueEnum;

use crate::report::compare::{CompareReport, csv, text};

/// What a comparison is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    Text,
    Json,
    Csv,
}

impl Format {
    /// The report in this format.
    pub(super) fn write(self, report: &CompareReport) -> String {
        match self {
            Format::Text => text(report),
            Format::Csv => csv(report),
            Format::Json => {
                let json = serde_json::to_string_pretty(report);
                json.expect("its keys are texts") + "\n"
            }
        }
    }
}
