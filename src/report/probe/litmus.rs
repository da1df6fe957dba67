//! Which final states litmus tests had on the real processor, as litmus7 prints them and as JSON.

use std::fmt::Write as _;

use serde::Serialize;

use super::heading::{Heading, NotAsked};
use crate::litmus::Condition;
use crate::probe::litmus::{Barrier, Question, Ran};
use crate::report::litmus::{state, verdict};

/// The version of the JSON form.
const VERSION: u32 = 1;

/// Which final states tests had.
#[derive(Clone, Debug, Serialize)]
pub struct LitmusReport {
    /// The version of this form.
    pub version: u32,
    /// Which machine was asked, when and how.
    #[serde(flatten)]
    pub heading: Heading,
    /// How threads came to an instance at the same time.
    pub barrier: Barrier,
    /// What decided where instances lay, and their order.
    pub seed: u64,
    /// What was seen, test by test.
    pub tests: Vec<TestSeen>,
    /// What could not be asked.
    pub not_asked: Vec<NotAsked>,
    /// All tests were asked that could be, until the end.
    pub complete: bool,
}

/// Which final states a test had.
#[derive(Clone, Debug, Serialize)]
pub struct TestSeen {
    /// The file that it stands in.
    pub file: String,
    /// Its name.
    pub name: String,
    /// What the question asks: `Allowed`, `Forbidden` or `Required`.
    pub kind: &'static str,
    /// The question.
    pub condition: String,
    /// How many threads it has.
    pub threads: usize,
    /// How often it was run.
    pub runs: u64,
    /// How long that took, in seconds.
    pub seconds: f64,
    /// The final states that were seen, in the order of their values.
    pub states: Vec<StateSeen>,
    /// How many x86-TSO allows.
    pub allowed: u64,
    /// How many of these were seen.
    pub allowed_seen: u64,
    /// How many runs showed what the question is about.
    pub positive: u64,
    /// How many did not.
    pub negative: u64,
    /// Whether the answer is yes, as far as was seen.
    pub ok: bool,
    /// `Never`, `Sometimes` or `Always`: whether runs showed it.
    pub observation: &'static str,
}

/// A final state that was seen.
#[derive(Clone, Debug, Serialize)]
pub struct StateSeen {
    /// What is shown of it, as herd7 writes it.
    pub state: String,
    /// Whether it shows what the question is about.
    pub positive: bool,
    /// How many runs ended in it.
    pub runs: u64,
    /// Whether x86-TSO allows it; if not, it is a finding.
    pub allowed: bool,
}

impl LitmusReport {
    /// The report of nothing yet.
    #[must_use]
    pub fn new(heading: Heading, barrier: Barrier, seed: u64) -> LitmusReport {
        LitmusReport {
            version: VERSION,
            heading,
            barrier,
            seed,
            tests: Vec::new(),
            not_asked: Vec::new(),
            complete: true,
        }
    }

    /// How many final states were seen that x86-TSO does not allow.
    #[must_use]
    pub fn findings(&self) -> usize {
        self.tests.iter().flat_map(TestSeen::findings).count()
    }
}

impl TestSeen {
    /// What was seen of a test that stands in this file.
    #[must_use]
    pub fn new(file: &str, question: &Question<'_>, ran: &Ran) -> TestSeen {
        let (test, setup) = (question.test(), question.setup);
        let Condition {
            quantifier,
            proposition,
        } = &test.condition;
        let state = |(values, &runs): (&Vec<u64>, &u64)| StateSeen {
            state: state(setup, values, |_| true),
            positive: setup.holds(proposition, values),
            runs,
            allowed: question.allowed.contains(values),
        };
        let states: Vec<StateSeen> = ran.counts.iter().map(state).collect();
        let runs = |positive| {
            let states = states.iter().filter(move |one| one.positive == positive);
            states.map(|one| one.runs).sum::<u64>()
        };
        let (positive, negative) = (runs(true), runs(false));
        let (kind, ok, observation) = verdict(*quantifier, positive, negative);
        TestSeen {
            file: file.to_owned(),
            name: test.name.clone(),
            kind,
            condition: test.condition.to_string(),
            threads: question.threads(),
            runs: ran.runs,
            seconds: ran.seconds,
            allowed: question.allowed.len() as u64,
            allowed_seen: states.iter().filter(|one| one.allowed).count() as u64,
            states,
            positive,
            negative,
            ok,
            observation,
        }
    }

    /// What was seen that x86-TSO does not allow.
    pub fn findings(&self) -> impl Iterator<Item = &StateSeen> {
        self.states.iter().filter(|state| !state.allowed)
    }
}

/// The heading as lines that readers of litmus7's logs pass over.
#[must_use]
pub fn heading_as_comment(heading: &Heading) -> String {
    let mut words = String::new();
    heading.render(&mut words);
    words.lines().map(|line| format!("% {line}\n")).collect()
}

/// What was seen of a test as litmus7 prints it (herdtools7, `litmus/skel.ml`), with a line more: how
/// much of what x86-TSO allows was seen. Findings have a line each.
#[must_use]
pub fn histogram(test: &TestSeen) -> String {
    let mut text = String::new();
    let TestSeen {
        name,
        kind,
        condition,
        positive,
        negative,
        observation,
        ..
    } = test;
    // Writing to a String cannot fail.
    let _ = writeln!(text, "Test {name} {kind}");
    let _ = writeln!(text, "Histogram ({} states)", test.states.len());
    for StateSeen {
        state,
        positive,
        runs,
        ..
    } in &test.states
    {
        let mark = if *positive { '*' } else { ':' };
        let _ = writeln!(text, "{runs:<6}{mark}>{state}");
    }
    let (answer, not) = match test.ok {
        true => ("Ok", ""),
        false => ("No", "NOT "),
    };
    let _ = writeln!(text, "{answer}\n");
    let _ = writeln!(text, "Witnesses");
    let _ = writeln!(text, "Positive: {positive}, Negative: {negative}");
    let _ = writeln!(text, "Condition {condition} is {not}validated");
    let _ = writeln!(
        text,
        "Observation {name} {observation} {positive} {negative}"
    );
    let (seen, allowed) = (test.allowed_seen, test.allowed);
    let _ = writeln!(
        text,
        "Seen {name} {seen} of {allowed} states that x86-TSO allows"
    );
    for StateSeen { state, runs, .. } in test.findings() {
        let _ = writeln!(
            text,
            "Finding {name} {state} in {runs} of {} runs, which x86-TSO does not allow",
            test.runs
        );
    }
    let _ = writeln!(text, "Time {name} {:.2}\n", test.seconds);
    text
}
