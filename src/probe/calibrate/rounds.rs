//! Which rounds of measuring count: those in which lines took the usual way.

use super::Rounds;
use crate::probe::latency::{Question, Spread, Ticks};

/// A line's way is another one if it takes so many times as long or as short. Far more than what is
/// to be seen in comparing, so that leaving rounds out does not make the comparison true.
const ANOTHER: f64 = 1.5;

/// The samples of a round, question by question.
pub(super) type Round = Vec<(Question, Ticks)>;

/// How long round trips took in a round, if it was the same at its beginning and its end.
fn way(round: &Round) -> Option<f64> {
    let trips = round
        .iter()
        .filter(|(question, _)| *question == Question::RoundTrip);
    let medians = trips.map(|(_, ticks)| Some(Spread::of(ticks.samples.clone())?.p50));
    let [first, last] = medians.collect::<Option<Vec<f64>>>()?[..] else {
        return None;
    };
    is_the_same(first, last).then_some((first + last) / 2.0)
}

fn is_the_same(one: f64, other: f64) -> bool {
    one < other * ANOTHER && other < one * ANOTHER
}

/// The way that most rounds have.
pub(super) fn usual(rounds: &[Round]) -> Option<f64> {
    let ways: Vec<f64> = rounds.iter().filter_map(way).collect();
    let alike = |&way: &f64| {
        ways.iter()
            .filter(|&&other| is_the_same(way, other))
            .count()
    };
    ways.iter().copied().max_by_key(alike)
}

/// The samples of those rounds whose way is this one, together, and how many rounds they are.
pub(super) fn kept(rounds: Vec<Round>, usual: f64) -> (Round, Rounds) {
    let of = rounds.len() as u32;
    let same = |round: &Round| way(round).is_some_and(|way| is_the_same(way, usual));
    let rounds: Vec<Round> = rounds.into_iter().filter(same).collect();
    let kept = rounds.len() as u32;
    let mut all: Round = Vec::new();
    for (question, ticks) in rounds.into_iter().flatten() {
        match all.iter_mut().find(|(known, _)| *known == question) {
            Some((_, known)) => known.join(ticks),
            None => all.push((question, ticks)),
        }
    }
    (all, Rounds { kept, of })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(first: f64, last: f64) -> Round {
        let ticks = |ticks| Ticks {
            samples: vec![ticks],
            alone: 1,
        };
        vec![
            (Question::RoundTrip, ticks(first)),
            (Question::Upgrade, ticks(9.0)),
            (Question::RoundTrip, ticks(last)),
        ]
    }

    #[test]
    fn rounds_with_another_way_are_left_out_and_counted() {
        let rounds = vec![
            round(900.0, 910.0),
            round(200.0, 210.0),
            round(190.0, 205.0),
            round(200.0, 900.0),
        ];
        let usual = usual(&rounds).expect("two are alike");
        assert!((190.0..220.0).contains(&usual), "{usual}");
        let (kept, count) = kept(rounds, usual);
        assert_eq!((count.kept, count.of), (2, 4));
        let trips = &kept[0].1;
        assert_eq!(trips.samples, [200.0, 210.0, 190.0, 205.0]);
        assert_eq!((trips.alone, kept[1].1.samples.len()), (4, 2));
    }
}
