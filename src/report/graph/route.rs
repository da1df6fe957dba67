//! How edges run: straight up and down where they pass a layer, so that they cross no box there,
//! and to the side between two layers, where no box stands, each in a lane of its own.

use std::fmt::Write as _;

use super::lanes::{Run, lanes};
use super::layout::{Layout, Rect};

/// Between the places where edges end at a state, at most.
const PORT: f64 = 22.0;
/// No edge ends this near to a state's corner.
const CORNER: f64 = 10.0;
/// Between a layer and the next lane: an arrow's head has room in it.
const PAD: f64 = 18.0;
/// Between two lanes.
const LANE: f64 = 9.0;
/// How round the corners of edges are.
const ROUND: f64 = 7.0;

/// Where an edge passes a layer: the layer's number, and how far to the right.
type Stop = (usize, f64);

/// Finds the edges' ways, as the path data of SVG, and moves the layers so far apart that each
/// has its lane.
pub(super) fn routes(layout: &mut Layout) -> Vec<String> {
    let stops = stops(layout);
    let mut gaps: Vec<Vec<Run>> = vec![Vec::new(); layout.layers().len()];
    // For each edge and each of its runs, the gap and the run's place in it.
    let mut places: Vec<Vec<(usize, usize)>> = Vec::new();
    for stops in &stops {
        let runs = stops.windows(2).map(|pair| {
            let [from, to] = [pair[0], pair[1]];
            let (upper, lower) = if from.0 < to.0 {
                (from, to)
            } else {
                (to, from)
            };
            gaps[upper.0].push(Run {
                upper: upper.1,
                lower: lower.1,
            });
            (upper.0, gaps[upper.0].len() - 1)
        });
        places.push(runs.collect());
    }
    let gaps: Vec<Vec<usize>> = gaps.iter().map(|runs| lanes(runs)).collect();
    let heights = gaps.iter().map(|lanes| {
        let lanes = lanes.iter().max().map_or(0, |last| *last);
        2.0 * PAD + LANE * lanes as f64
    });
    layout.set_gaps(&heights.collect::<Vec<f64>>());
    let layers = layout.layers();
    let edges = layout.edges.iter().zip(stops.iter().zip(&places));
    edges
        .map(|(edge, (stops, places))| {
            if edge.from == edge.to {
                return around(&layout.nodes[edge.from], &edge.label);
            }
            let lane =
                |&(gap, nth): &(usize, usize)| layers[gap].1 + PAD + LANE * gaps[gap][nth] as f64;
            let ends = [&layout.nodes[edge.from], &layout.nodes[edge.to]];
            between(ends, stops, &places.iter().map(lane).collect::<Vec<f64>>())
        })
        .collect()
}

/// From a state to itself, on its right side and as far as its label.
fn around(node: &Rect, label: &Rect) -> String {
    let (x, y) = (node.right(), node.y);
    // A curve comes three quarters as near as the points that it is drawn to.
    let far = x + (label.left() - 4.0 - x) * 4.0 / 3.0;
    let (begin, end) = (pair(x, y - 8.0), pair(x, y + 8.0));
    let (out, back) = (pair(far, y - 16.0), pair(far, y + 16.0));
    format!("M{begin} C{out} {back} {end}")
}

/// From a state to another, through its stops, with a lane between each two of them.
fn between([from, to]: [&Rect; 2], stops: &[Stop], lanes: &[f64]) -> String {
    let down = lanes.first().is_some_and(|&lane| lane > from.y);
    let mut path = String::from("M");
    path += &pair(stops[0].1, if down { from.bottom() } else { from.top() });
    let step = if down { 1.0 } else { -1.0 };
    for (pair_of_stops, &lane) in stops.windows(2).zip(lanes) {
        let (from, to) = (pair_of_stops[0].1, pair_of_stops[1].1);
        let round = ROUND.min((to - from).abs() / 2.0);
        if round < 0.5 {
            // The other end may be a little beside; nobody sees that.
            let _ = write!(path, " L{}", pair(to, lane));
            continue;
        }
        let aside = round * (to - from).signum();
        let _ = write!(path, " L{}", pair(from, lane - step * round));
        let corner = pair(from, lane);
        let _ = write!(path, " C{corner} {corner} {}", pair(from + aside, lane));
        let _ = write!(path, " L{}", pair(to - aside, lane));
        let corner = pair(to, lane);
        let _ = write!(
            path,
            " C{corner} {corner} {}",
            pair(to, lane + step * round)
        );
    }
    let x = stops.last().map_or(to.x, |stop| stop.1);
    let _ = write!(
        path,
        " L{}",
        pair(x, if down { to.top() } else { to.bottom() })
    );
    path
}

/// Where each edge passes each layer from its first state to its second; none for loops.
fn stops(layout: &Layout) -> Vec<Vec<Stop>> {
    let ports = ports(layout);
    let edges = layout.edges.iter().zip(ports);
    edges
        .map(|(edge, (begin, end))| {
            if edge.from == edge.to {
                return Vec::new();
            }
            let [from, to] = [edge.from, edge.to].map(|node| layout.nodes[node].y);
            let through = edge.through.iter().map(|&(x, y)| (layout.layer(y), x));
            std::iter::once((layout.layer(from), begin))
                .chain(through)
                .chain([(layout.layer(to), end)])
                .collect()
        })
        .collect()
}

/// Where each edge begins and ends on the upper or lower side of its states: in the order of
/// where they go to, so that they do not cross each other at once.
fn ports(layout: &Layout) -> Vec<(f64, f64)> {
    let mut ports = vec![(0.0, 0.0); layout.edges.len()];
    for (number, node) in layout.nodes.iter().enumerate() {
        for below in [false, true] {
            let mut here: Vec<(f64, usize, bool)> = Vec::new();
            for (at, edge) in layout.edges.iter().enumerate() {
                let ends = [
                    (edge.from, edge.through.first(), true),
                    (edge.to, edge.through.last(), false),
                ];
                for (end, place, begins) in ends {
                    if let Some(&(x, y)) = place
                        && end == number
                        && (y > node.y) == below
                    {
                        here.push((x, at, begins));
                    }
                }
            }
            here.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            let room = node.width - 2.0 * CORNER;
            let gaps = here.len().saturating_sub(1).max(1) as f64;
            let step = PORT.min(room / gaps);
            let begin = node.x - step * (here.len().saturating_sub(1)) as f64 / 2.0;
            for (nth, &(_, at, begins)) in here.iter().enumerate() {
                let x = begin + step * nth as f64;
                match begins {
                    true => ports[at].0 = x,
                    false => ports[at].1 = x,
                }
            }
        }
    }
    ports
}

/// A point as SVG has it, to a tenth.
pub(super) fn pair(x: f64, y: f64) -> String {
    format!("{},{}", number(x), number(y))
}

/// A number to a tenth, without what says nothing.
pub(in crate::report) fn number(number: f64) -> String {
    let rounded = (number * 10.0).round() / 10.0;
    format!("{}", if rounded == 0.0 { 0.0 } else { rounded })
}
