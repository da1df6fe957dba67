//! What a litmus test shows, in herd7's words, in more words, or as JSON.

mod drawing;
mod herd;
mod schedule;
mod standing;
mod text;

use serde::Serialize;

use crate::litmus::{Condition, Followed, Outcomes, Place, Proposition, Quantifier, Setup, Test};

pub use drawing::drawing;
pub use herd::herd;
pub use schedule::{Schedule, Taken, schedule};
pub use standing::Standing;
pub use text::text;

/// What a litmus test shows.
#[derive(Clone, Debug, Serialize)]
pub struct LitmusReport {
    /// The version of this form.
    pub version: u32,
    /// The file that the test stands in.
    pub file: String,
    /// The test's name.
    pub name: String,
    /// The machine that it ran on.
    pub machine: String,
    /// The protocol of its caches; `none` without caches.
    pub protocol: String,
    /// What the question asks: `Allowed`, `Forbidden` or `Required`.
    pub kind: &'static str,
    /// The question.
    pub condition: String,
    /// The final states, in the order of their values.
    pub states: Vec<FinalState>,
    /// How many of them show what the question is about.
    pub positive: u64,
    /// How many do not.
    pub negative: u64,
    /// Whether the answer is yes: what is `Allowed` is seen, what is `Forbidden` is not, what is
    /// `Required` is always so.
    pub ok: bool,
    /// `Never`, `Sometimes` or `Always`: whether they show it.
    pub observation: &'static str,
    /// How the states were found.
    #[serde(flatten)]
    pub how: How,
    /// The shortest way to a state that shows it, or the schedule that was followed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schedule: Option<Schedule>,
    /// The command that goes that way again, if it was written down.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replay: Option<String>,
}

/// How final states were found.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// All interleavings were gone through.
    Explored {
        /// States of the machine in which there was a choice.
        machine_states: u64,
        /// Steps that were taken.
        steps: u64,
        /// Whether these are all.
        complete: bool,
    },
    /// In time, with seeds from 0.
    Runs {
        /// How many.
        runs: u64,
    },
    /// One schedule was followed.
    Followed {
        /// The file that it stands in.
        file: String,
        /// Whether it leads to the ends of all threads; else there is no final state.
        finished: bool,
        /// What registers hold where it leads, if that is not the end.
        #[serde(skip_serializing_if = "Option::is_none")]
        registers: Option<String>,
        /// The steps that are possible there, in the words of schedules.
        next: Vec<String>,
    },
}

/// A final state.
#[derive(Clone, Debug, Serialize)]
pub struct FinalState {
    /// What is shown of it, as herd7 writes it.
    pub state: String,
    /// Whether it shows what the question is about.
    pub positive: bool,
    /// How many runs ended in it, if runs were counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runs: Option<u64>,
}

impl LitmusReport {
    /// The report of all interleavings.
    #[must_use]
    pub fn explored(file: &str, test: &Test, setup: &Setup<'_>, outcomes: &Outcomes) -> Self {
        let explored = outcomes.explored;
        let states = outcomes.states.iter().map(|values| (values, None));
        let how = How::Explored {
            machine_states: explored.states,
            steps: explored.steps,
            complete: explored.limit.is_none(),
        };
        LitmusReport::new(file, test, setup, states, how)
    }

    /// The report of runs in time: how often each final state came.
    #[must_use]
    pub fn runs<'v>(
        file: &str,
        test: &Test,
        setup: &Setup<'_>,
        runs: u64,
        states: impl IntoIterator<Item = (&'v Vec<u64>, u64)>,
    ) -> Self {
        let states = states
            .into_iter()
            .map(|(values, count)| (values, Some(count)));
        LitmusReport::new(file, test, setup, states, How::Runs { runs })
    }

    /// The report of a schedule that was followed, which stands in the file of that name.
    #[must_use]
    pub fn followed(
        file: &str,
        test: &Test,
        setup: &Setup<'_>,
        schedule: &str,
        followed: &Followed,
    ) -> Self {
        let finished = followed.next.is_empty();
        let states = finished.then_some((&followed.values, None));
        let is_register = |place: &Place| matches!(place, Place::Register { .. });
        let how = How::Followed {
            file: schedule.to_owned(),
            finished,
            registers: (!finished).then(|| state(setup, &followed.values, is_register)),
            next: followed.next.iter().map(ToString::to_string).collect(),
        };
        LitmusReport::new(file, test, setup, states.into_iter(), how)
    }

    fn new<'v>(
        file: &str,
        test: &Test,
        setup: &Setup<'_>,
        states: impl Iterator<Item = (&'v Vec<u64>, Option<u64>)>,
        how: How,
    ) -> Self {
        let Condition {
            quantifier,
            proposition,
        } = &test.condition;
        let states: Vec<FinalState> = states
            .map(|(values, runs)| FinalState {
                state: state(setup, values, |_| true),
                positive: setup.holds(proposition, values),
                runs,
            })
            .collect();
        let positive = states.iter().filter(|state| state.positive).count() as u64;
        let negative = states.len() as u64 - positive;
        let (kind, ok, observation) = verdict(*quantifier, positive, negative);
        LitmusReport {
            version: 1,
            file: file.to_owned(),
            name: test.name.clone(),
            machine: setup.machine_name().to_owned(),
            protocol: setup.protocol_name().to_owned(),
            kind,
            condition: test.condition.to_string(),
            states,
            positive,
            negative,
            ok,
            observation,
            how,
            schedule: None,
            replay: None,
        }
    }

    /// Whether the test demands something (`forall`, `~exists`) that does not hold.
    #[must_use]
    pub fn fails(&self) -> bool {
        self.kind != "Allowed" && !self.ok
    }

    /// Whether a limit ended the search: there may be more states.
    #[must_use]
    pub fn is_bounded(&self) -> bool {
        matches!(
            self.how,
            How::Explored {
                complete: false,
                ..
            }
        )
    }
}

/// What a final state has to show for its way to be worth showing: what is asked for, or, where
/// all states should be so, what is not.
#[must_use]
pub fn wanted(condition: &Condition) -> Proposition {
    match condition.quantifier {
        Quantifier::Exists | Quantifier::NotExists => condition.proposition.clone(),
        Quantifier::ForAll => Proposition::Not(Box::new(condition.proposition.clone())),
    }
}

/// What a question asks (`Allowed`, `Forbidden`, `Required`), whether the answer is yes, and whether
/// the proposition holds `Never`, `Sometimes` or `Always`, where it does so often and so often not.
pub(super) fn verdict(
    quantifier: Quantifier,
    positive: u64,
    negative: u64,
) -> (&'static str, bool, &'static str) {
    let (kind, ok) = match quantifier {
        Quantifier::Exists => ("Allowed", positive > 0),
        Quantifier::NotExists => ("Forbidden", positive == 0),
        Quantifier::ForAll => ("Required", negative == 0),
    };
    let observation = match (positive, negative) {
        (0, _) => "Never",
        (_, 0) => "Always",
        _ => "Sometimes",
    };
    (kind, ok, observation)
}

/// The values of a final state as herd7 writes them: `0:rax=0; [x]=1;`. Of those places that are
/// `shown`.
pub(super) fn state(setup: &Setup<'_>, values: &[u64], shown: impl Fn(&Place) -> bool) -> String {
    let column = |(place, &value): (&Place, &u64)| format!("{place}={};", setup.show(place, value));
    let columns = setup.columns().iter().zip(values);
    let columns = columns.filter(|(place, _)| shown(place));
    columns.map(column).collect::<Vec<_>>().join(" ")
}
