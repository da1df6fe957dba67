//! Copy-on-write maps that use memory again: when, how much, and that no call ever meets it.

mod common;

use std::io::Cursor;
use std::sync::Arc;

use common::{read, shipped_protocol};
use tearline::drive::Ending;
use tearline::machine::Config;
use tearline::machine::config::Size;
use tearline::maps::KINDS;
use tearline::observe::{Details, MapVersions, Objects};
use tearline::replay::{Replay, Strategy, Tally, Verdict, run_seeds};
use tearline::trace::Trace;

fn replay(text: &str, cores: u32, strategy: Strategy) -> Replay {
    let bytes: Arc<[u8]> = text.as_bytes().into();
    let open = Box::new(move || Ok(Box::new(Cursor::new(Arc::clone(&bytes))) as Box<_>));
    let kinds: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
    let trace = Trace::read("inline", &kinds, open).unwrap_or_else(|error| panic!("{error}"));
    let file = "models/machines/desktop.toml";
    let config = Config::parse(file, &read(file)).unwrap_or_else(|error| panic!("{error}"));
    let size = Size {
        cores: Some(cores),
        turn_cycles: Some(700),
        ..Size::default()
    };
    let config = config.resized(size).expect("a possible machine");
    let table = shipped_protocol(&config.protocol);
    let replay = Replay::new(config.into(), table.into(), trace.into(), None);
    let replay = replay.unwrap_or_else(|error| panic!("{error}"));
    let replay = replay.choosing(strategy);
    replay.unwrap_or_else(|error| panic!("{error}"))
}

fn tally(replay: &Replay, seeds: u64) -> Tally {
    run_seeds(replay, seeds, || ()).expect("it can be run")
}

/// The versions of the only map, after a run.
fn versions(text: &str) -> MapVersions {
    let replay = replay(text, 4, Strategy::Timed);
    let details = Details::new(Objects::default());
    let (ended, details) = replay.run(0, details).expect("it can be run");
    assert_eq!(ended.ending, Ending::Finished);
    let (_, versions) = details.versions.maps().next().expect("it has versions");
    versions.clone()
}

/// All calls, again and again, on so few keys that nodes, chains and leaves come and go.
fn churn(kind: &str) -> String {
    format!(
        "map m {kind} value=struct\ninit put m 1 {{1,1,1}}\ninit put m 2 {{2,2,2}}\n\
         0 put m 1 {{3,3,3}} x12\n0 delete m 2\n0 put m 2 {{4,4,4}} x12\n0 clear m\n0 put m 3 {{5,5,5}} x9\n\
         1 put m 2 {{6,6,6}} x9\n1 delete m 1\n1 put m 9 {{7,7,7}} x9\n1 delete m 9\n1 put m 1 {{8,8,8}} x9\n\
         2 get m 1 x10\n2 range m x6\n2 get m 2 x10\n\
         3 range m x4\n3 len m x4\n3 get m 3 x8\n"
    )
}

#[test]
fn no_call_meets_memory_that_is_used_again() {
    let ways = [
        (4, Strategy::Timed),
        (2, Strategy::Timed),
        (4, Strategy::Random),
        (4, Strategy::Pct { depth: 4 }),
    ];
    let text = churn("cow-epoch");
    for (cores, strategy) in ways {
        let tally = tally(&replay(&text, cores, strategy), 150);
        let shown: Vec<_> = tally.verdicts.iter().collect();
        let only_ok = tally.verdicts.keys().all(|&verdict| verdict == Verdict::Ok);
        assert!(only_ok, "{strategy:?} on {cores} cores: {shown:?}");
    }
}

#[test]
fn what_is_replaced_is_used_again() {
    let versions = versions("map m cow-epoch\ninit put m 1 1\n0 put m 1 2 x500\n1 get m 1 x500\n");
    assert_eq!(versions.published, 500);
    assert!(versions.most_kept <= 20, "{}", versions.most_kept);
    // Each put replaces a version and a leaf, which a last few still wait.
    assert_eq!(versions.retired.objects, 1000);
    assert!(versions.reclaimed.objects >= 960);
    assert!(versions.most_waiting_bytes <= 20 * 64);
}

#[test]
fn a_collector_never_comes() {
    for kind in ["cow", "cow-flat"] {
        let text = format!("map m {kind}\ninit put m 1 1\n0 put m 1 2 x500\n1 get m 1 x500\n");
        let versions = versions(&text);
        assert_eq!((versions.published, versions.kept), (500, 501), "{kind}");
        assert_eq!(versions.retired.objects, 0, "{kind}");
    }
}

#[test]
fn a_call_under_way_holds_everything_back() {
    // The range takes longer than all the puts: nothing that they replace after the epoch has
    // moved once is free before its end.
    let mut text = "map m cow-epoch\n".to_owned();
    for key in 0..300 {
        text += &format!("init put m {key} 1\n");
    }
    text += "0 compute 2000\n0 put m 1 2 x40\n1 range m\n";
    let held = versions(&text);
    let free = versions(&text.replace("1 range m\n", "1 get m 1\n"));
    assert!(held.most_kept > 35, "{}", held.most_kept);
    assert!(free.most_kept < 20, "{}", free.most_kept);
    assert_eq!((held.calls_behind > 0, free.calls_behind), (true, 0));
}

#[test]
fn an_announcement_in_the_store_buffer_is_no_announcement() {
    let text = read("traces/cow-epochs-unfenced.trace");
    let found = |text: &str, strategy| {
        let tally = tally(&replay(text, 2, strategy), 2000);
        let ok = tally.verdicts.get(&Verdict::Ok).map(|found| found.runs);
        assert_eq!(ok, Some(2000), "no value is wrong");
        tally.verdicts.contains_key(&Verdict::DataRace)
    };
    let fenced = text.replace("cow-epoch-unfenced", "cow-epoch");
    assert_ne!(text, fenced);
    assert!(found(&text, Strategy::Pct { depth: 3 }));
    assert!(!found(&text, Strategy::Timed));
    assert!(!found(&fenced, Strategy::Pct { depth: 3 }));
}
