//! Where states and labels stand: in layers, placed by dagre. How edges run between them is
//! decided elsewhere.

use std::collections::BTreeMap;

use dagre::graph::{Graph, GraphOptions};
use dagre::{EdgeLabel, LayoutOptions, NodeLabel};
use unicode_width::UnicodeWidthStr as _;

use super::label::{TextLine, wrapped};
use super::picture::{Node, Picture};

/// How wide a character of a fixed-width font is, as a part of its height.
pub(super) const CHARACTER: f64 = 0.61;
/// The height of a state's name.
pub(super) const NAME: f64 = 15.0;
/// The height of the text of labels.
pub(super) const TEXT: f64 = 12.0;
/// From one line of text to the next.
pub(super) const LINE: f64 = 15.0;
/// Between a label's text and the border of its box.
pub(super) const PAD: f64 = 5.0;
/// Labels are broken into lines of so many characters.
const LABEL_CHARACTERS: usize = 30;
/// Between two layers; how much is really needed is known when edges have their ways.
const GAP: f64 = 40.0;
/// Between a state and the label of its loop.
const LOOP: f64 = 30.0;
/// Between labels, and between edges that pass a layer.
const EDGES: f64 = 16.0;
/// Between the places where edges end at a state, at least.
const PORT: f64 = 18.0;

/// A box by its middle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rect {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

impl Rect {
    pub(super) fn left(&self) -> f64 {
        self.x - self.width / 2.0
    }

    pub(super) fn right(&self) -> f64 {
        self.x + self.width / 2.0
    }

    pub(super) fn top(&self) -> f64 {
        self.y - self.height / 2.0
    }

    pub(super) fn bottom(&self) -> f64 {
        self.y + self.height / 2.0
    }
}

/// An edge's label, and the places that the edge runs through.
#[derive(Clone, Debug)]
pub(super) struct PlacedEdge {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) lines: Vec<TextLine>,
    pub(super) label: Rect,
    /// One place in each layer between the two states, from the one to the other; in each of
    /// them no box stands above or below but the edge's own label. Empty for a loop.
    pub(super) through: Vec<(f64, f64)>,
}

/// Everything in its place.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    pub(super) nodes: Vec<Rect>,
    pub(super) edges: Vec<PlacedEdge>,
    /// The layers' middles as they were placed, from above.
    middles: Vec<i64>,
    /// For each layer, where its highest box begins and ends.
    layers: Vec<(f64, f64)>,
}

/// How wide a text is in a fixed-width font of some height.
pub(in crate::report) fn text_width(text: &str, height: f64) -> f64 {
    text.width() as f64 * CHARACTER * height
}

/// Places everything.
pub(super) fn layout(picture: &Picture) -> Layout {
    let mut graph: Graph<NodeLabel, EdgeLabel> = Graph::with_options(GraphOptions {
        directed: true,
        multigraph: true,
        compound: false,
    });
    let ends = ends(picture);
    // The first states are placed highest.
    let mut order: Vec<(usize, &Node)> = picture.nodes().enumerate().collect();
    order.sort_by_key(|(_, node)| !node.initial);
    for (number, node) in order {
        let (width, height) = node_size(node, ends[number]);
        let label = NodeLabel {
            width,
            height,
            ..NodeLabel::default()
        };
        graph.set_node(number.to_string(), Some(label));
    }
    let mut edges: Vec<PlacedEdge> = picture
        .edges()
        .map(|(from, to, edge)| edge_to_place(from, to, wrapped(&edge.labels, LABEL_CHARACTERS)))
        .collect();
    for edge in &edges {
        let label = EdgeLabel {
            width: edge.label.width,
            height: edge.label.height,
            labelpos: dagre::layout::types::LabelPos::Center,
            ..EdgeLabel::default()
        };
        graph.set_edge(
            edge.from.to_string(),
            edge.to.to_string(),
            Some(label),
            None,
        );
    }
    let options = LayoutOptions {
        // A loop's label stands half of both from its state.
        nodesep: 2.0 * LOOP - EDGES,
        edgesep: EDGES,
        // Edges with labels are given two layers, so half of it is between two.
        ranksep: 2.0 * GAP,
        ..LayoutOptions::default()
    };
    dagre::layout::layout(&mut graph, Some(options));
    let nodes = (0..picture.nodes().len()).map(|number| {
        let node = graph.node(&number.to_string()).expect("it was added");
        placed(node.x, node.y, node.width, node.height)
    });
    let nodes: Vec<Rect> = nodes.collect();
    for edge in &mut edges {
        let (from, to) = (edge.from.to_string(), edge.to.to_string());
        let label = graph.edge(&from, &to, None).expect("it was added");
        edge.label = placed(label.x, label.y, edge.label.width, edge.label.height);
        if from == to {
            // Nothing stands between a state and its loop's label, so that can come near.
            edge.label.x = nodes[edge.from].right() + LOOP + edge.label.width / 2.0;
        } else if let [_, through @ .., _] = &label.points[..] {
            edge.through = through.iter().map(|point| (point.x, point.y)).collect();
        }
    }
    Layout::new(nodes, edges)
}

fn placed(x: Option<f64>, y: Option<f64>, width: f64, height: f64) -> Rect {
    let (x, y) = (x.unwrap_or(0.0), y.unwrap_or(0.0));
    Rect {
        x,
        y,
        width,
        height,
    }
}

fn edge_to_place(from: usize, to: usize, lines: Vec<TextLine>) -> PlacedEdge {
    let widths = lines.iter().map(|line| text_width(&line.text, TEXT));
    let width = widths.fold(0.0, f64::max) + 2.0 * PAD;
    let height = lines.len() as f64 * LINE + 2.0 * PAD;
    PlacedEdge {
        from,
        to,
        lines,
        label: placed(None, None, width, height),
        through: Vec::new(),
    }
}

/// How many edges end or begin at each state, loops left out.
fn ends(picture: &Picture) -> Vec<usize> {
    let mut ends = vec![0; picture.nodes().len()];
    for (from, to, _) in picture.edges().filter(|(from, to, _)| from != to) {
        ends[from] += 1;
        ends[to] += 1;
    }
    ends
}

fn node_size(node: &Node, ends: usize) -> (f64, f64) {
    let count = node.count.map(count_text).unwrap_or_default();
    let details = node.details.iter().map(|line| text_width(line, TEXT));
    let text = text_width(&node.name, NAME).max(text_width(&count, TEXT));
    let text = details.fold(text, f64::max);
    let ports = PORT * ends as f64 * 0.7;
    let lines = node.details.len() + usize::from(node.count.is_some());
    let height = 36.0 + 14.0 * lines as f64;
    (text.max(ports).max(30.0) + 24.0, height)
}

/// A count as it stands in a state's box.
pub(super) fn count_text(count: u64) -> String {
    format!("×{count}")
}

impl Layout {
    fn new(nodes: Vec<Rect>, edges: Vec<PlacedEdge>) -> Layout {
        let mut bands: BTreeMap<i64, (f64, f64)> = BTreeMap::new();
        let boxes = nodes.iter().chain(edges.iter().map(|edge| &edge.label));
        let boxes = boxes.map(|rect| (rect.y, rect.top(), rect.bottom()));
        // Where only edges pass is a layer too.
        let places = edges.iter().flat_map(|edge| &edge.through);
        let places = places.map(|&(_, y)| (y, y, y));
        for (y, top, bottom) in boxes.chain(places) {
            let band = bands.entry(middle(y)).or_insert((y, y));
            *band = (band.0.min(top), band.1.max(bottom));
        }
        Layout {
            nodes,
            edges,
            middles: bands.keys().copied().collect(),
            layers: bands.into_values().collect(),
        }
    }

    /// For each layer, from above, where its highest box begins and ends.
    pub(super) fn layers(&self) -> &[(f64, f64)] {
        &self.layers
    }

    /// The number of the layer that had its middle there before layers were moved.
    pub(super) fn layer(&self, y: f64) -> usize {
        let found = self.middles.binary_search(&middle(y));
        found.expect("everything stands in a layer")
    }

    /// Moves the layers so that there is so much below each of them.
    pub(super) fn set_gaps(&mut self, gaps: &[f64]) {
        let mut moved = Vec::new();
        let mut next = 0.0;
        for ((top, bottom), gap) in self.layers.iter_mut().zip(gaps) {
            let height = *bottom - *top;
            moved.push(next - *top);
            (*top, *bottom) = (next, next + height);
            next += height + gap;
        }
        let layer_of = |y: f64| self.middles.binary_search(&middle(y));
        let by = |y: f64| layer_of(y).map_or(0.0, |layer| moved[layer]);
        for node in &mut self.nodes {
            node.y += by(node.y);
        }
        for edge in &mut self.edges {
            edge.label.y += by(edge.label.y);
            for place in &mut edge.through {
                place.1 += by(place.1);
            }
        }
    }

    /// How far to the right and down boxes go.
    pub(super) fn size(&self) -> (f64, f64) {
        let boxes = self.nodes.iter();
        let boxes = boxes.chain(self.edges.iter().map(|edge| &edge.label));
        boxes.fold((0.0, 0.0), |(width, height): (f64, f64), rect| {
            (width.max(rect.right()), height.max(rect.bottom()))
        })
    }
}

/// The middle of a layer's boxes, which is the same for all of them up to rounding.
fn middle(y: f64) -> i64 {
    (y * 16.0).round() as i64
}
