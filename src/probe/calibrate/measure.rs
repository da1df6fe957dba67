//! Measuring in rounds: by turns one to calibrate by and one to compare with. The host of a virtual
//! machine moves its processors about, from one second to the next, and a line's way between two of
//! them is then several times as long or as short; so rounds in which it is another are left out, and
//! counted.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::{Measured, Rounds};
use crate::probe::latency::{
    Alone, Clock, Effort, Question, Spread, Ticks, ask_alone, seen_of, ticks_of,
};
use crate::probe::pair::Pair;

/// Loads from memory are spread over so much: more than any cache that one processor fills.
const MEMORY_BYTES: usize = 256 << 20;
/// Half of them to calibrate by.
const ROUNDS: u32 = 42;
/// A question to one processor takes as long as so many rounds: all of them half of the time.
const ALONE_ROUNDS: u32 = ROUNDS / Alone::ALL.len() as u32;
/// As many as there would be if all the time were rounds.
pub const STEPS: u32 = ROUNDS + ALONE_ROUNDS * Alone::ALL.len() as u32;
/// A line's way is another one if it takes so many times as long or as short. Far more than what is
/// to be seen in comparing, so that leaving rounds out does not make the comparison true.
const ANOTHER: f64 = 1.5;

/// What a round asks: everything, and round trips first and last, to see that they stayed the same.
fn questions() -> impl Iterator<Item = Question> {
    let all = Question::ALL.into_iter();
    all.chain([Question::RoundTrip])
}

/// The samples of a round, question by question.
type Round = Vec<(Question, Ticks)>;

/// Measures for about so long: what to calibrate by, and what to compare with. `each` is told how many
/// of the [`STEPS`] are done.
///
/// # Errors
/// A thread could not be put on its processor, or lines never went the same way twice; in words.
pub fn measure(
    pair: Pair,
    time: Duration,
    stop: &AtomicBool,
    mut each: impl FnMut(u32),
) -> Result<(Measured, Measured), String> {
    let clock = Clock::measure(pair.writer)?;
    let effort = Effort {
        time: time / 2 / (ROUNDS * questions().count() as u32),
        samples: 20_000,
    };
    let mut rounds: [Vec<Round>; 2] = [Vec::new(), Vec::new()];
    for nth in 0..ROUNDS {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let ask = |question: Question| {
            let ticks = ticks_of(pair, question, clock, effort, stop)?;
            Ok((question, ticks))
        };
        let round: Result<Round, String> = questions().map(ask).collect();
        rounds[nth as usize % 2].push(round?);
        each(1);
    }
    let alone = Effort {
        time: time / 2 / Alone::ALL.len() as u32,
        samples: 100_000,
    };
    let alone = ask_alone(pair.writer, MEMORY_BYTES, clock, alone, stop, |_| {
        each(ALONE_ROUNDS);
    })?;
    let usual = usual(&rounds[0]).ok_or("a line never took the same way twice")?;
    let [first, second] = rounds.map(|rounds| kept(rounds, usual));
    let measured = |(seen, rounds): (Round, Rounds), alone| Measured {
        pair,
        clock,
        seen: seen
            .into_iter()
            .filter_map(|(question, ticks)| seen_of(question, ticks, clock))
            .collect(),
        alone,
        rounds,
    };
    Ok((measured(first, alone), measured(second, Vec::new())))
}

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
fn usual(rounds: &[Round]) -> Option<f64> {
    let ways: Vec<f64> = rounds.iter().filter_map(way).collect();
    let alike = |&way: &f64| {
        ways.iter()
            .filter(|&&other| is_the_same(way, other))
            .count()
    };
    ways.iter().copied().max_by_key(alike)
}

/// The samples of those rounds whose way is this one, together, and how many rounds they are.
fn kept(rounds: Vec<Round>, usual: f64) -> (Round, Rounds) {
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
