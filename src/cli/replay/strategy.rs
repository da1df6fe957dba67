//! The arguments that say how it is chosen what happens next.

use std::fmt;
use std::str::FromStr;

use clap::ValueEnum;

use crate::drive::stepped::Bound;
use crate::replay::Strategy;

/// Ways to choose what happens next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Named {
    /// By the machine's times.
    Timed,
    /// Any possible step, with the same probability.
    Random,
    /// By random priorities that change at a few random steps.
    Pct,
    /// All of them, one after another.
    Exhaustive,
}

impl Named {
    /// Its name as an argument.
    pub(super) fn name(self) -> &'static str {
        self.strategy(None, None).name()
    }

    /// The strategy with these numbers, or the usual ones.
    pub(super) fn strategy(self, depth: Option<u32>, deviations: Option<Deviations>) -> Strategy {
        /// Most concurrency bugs need no more (Burckhardt et al., section 5).
        const USUAL_DEPTH: u32 = 3;
        match self {
            Named::Timed => Strategy::Timed,
            Named::Random => Strategy::Random,
            Named::Pct => Strategy::Pct {
                depth: depth.unwrap_or(USUAL_DEPTH),
            },
            Named::Exhaustive => {
                Strategy::Exhaustive(deviations.map_or(Bound::None, |deviations| deviations.0))
            }
        }
    }
}

/// How often schedules may leave the usual one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Deviations(Bound);

impl FromStr for Deviations {
    type Err = String;

    fn from_str(text: &str) -> Result<Deviations, String> {
        match text {
            "all" => Ok(Deviations(Bound::None)),
            _ => match text.parse() {
                Ok(number) => Ok(Deviations(Bound::Deviations(number))),
                Err(_) => Err("expected a number, or `all`".to_owned()),
            },
        }
    }
}

impl fmt::Display for Deviations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Bound::None => f.write_str("all"),
            Bound::Deviations(number) => number.fmt(f),
        }
    }
}
