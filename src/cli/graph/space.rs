//! Drawings of what a few caches can reach: the whole space, a neighbourhood, or the way to
//! where a property does not hold.

use super::Arguments;
use crate::cli::failure::Failure;
use crate::drive::exhaustive::Options;
use crate::drive::proof::{Chart, Plan, Size, chart, chart_witness};
use crate::protocol::Protocol;
use crate::report::counted;
use crate::report::graph::{Page, Part, Picture};

/// More states than this are not even written for programs.
const MOST_STATES: usize = 100_000;

/// The page of what is asked for.
pub(super) fn page(arguments: &Arguments, protocol: &Protocol) -> Result<Page, Failure> {
    let (usual_cores, usual_values) = if arguments.witness { (3, 2) } else { (2, 1) };
    let size = Size {
        cores: arguments.cores.unwrap_or(usual_cores).into(),
        lines: 1,
        values: arguments.values.unwrap_or(usual_values),
    };
    let symmetric = !arguments.no_symmetry;
    let charted = if arguments.witness {
        witness(protocol, size, symmetric)?
    } else {
        let chart = chart(protocol, size, symmetric, MOST_STATES);
        chart.map_err(|what| Failure::usage(format!("{what}: take fewer caches or values")))?
    };
    let title = protocol.name().to_owned();
    let mut picture = Picture::of_chart(&title, &charted);
    let mut about = vec![
        counted(size.cores, "cache"),
        "1 line".to_owned(),
        counted(size.values.into(), "value"),
    ];
    if arguments.witness {
        about.push("a shortest way to a violation".to_owned());
    } else if symmetric {
        let what = if size.values > 1 {
            "cache or value"
        } else {
            "cache"
        };
        about.push(format!(
            "states that differ only in which {what} is which are one"
        ));
    }
    if let Some(state) = &arguments.around {
        picture = around(&charted, &picture, state, arguments.steps)?;
        let steps = counted(arguments.steps.into(), "step");
        about.push(format!("at most {steps} from {state}"));
    }
    let part = Part {
        name: String::new(),
        picture: Some(picture),
        grid: None,
    };
    let mut page = Page {
        title,
        about: Vec::new(),
        source: String::new(),
        parts: vec![part],
    };
    page.add_about(&about.join(", "));
    Ok(page)
}

fn witness(protocol: &Protocol, size: Size, symmetric: bool) -> Result<Chart, Failure> {
    let plan = Plan {
        size,
        symmetric,
        options: Options {
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            limit_memory_bytes: 4 << 30,
            ..Options::default()
        },
    };
    let found = chart_witness(protocol, &plan, &mut ()).map_err(Failure::usage)?;
    let name = protocol.name();
    let cores = size.cores;
    found.ok_or_else(|| {
        Failure::usage(format!(
            "all properties of {name} hold for {cores} caches: there is no witness to draw"
        ))
    })
}

/// The part of a picture around the states in which caches are as `state` says.
fn around(chart: &Chart, picture: &Picture, state: &str, steps: u8) -> Result<Picture, Failure> {
    let caches: Vec<&str> = state.split_whitespace().collect();
    let nodes = chart.with(&caches);
    if nodes.is_empty() || caches.is_empty() {
        let mut known: Vec<&str> = chart
            .states
            .iter()
            .flat_map(|s| &s.caches)
            .map(|s| &**s)
            .collect();
        known.sort_unstable();
        known.dedup();
        let known = known.join(", ");
        return Err(Failure::usage(format!(
            "no state has caches in `{state}`: caches reach {known}; name one state or several, \
             as in --around \"S I\""
        )));
    }
    Ok(picture.around(&nodes, steps.into()))
}
