//! A picture in the language of Graphviz.

use std::fmt;

use petgraph::dot::{Config, Dot};
use petgraph::graph::EdgeReference;

use super::label::lines;
use super::picture::{Edge, Kind, Node, Picture};

/// The colour of what was never used.
const FAINT: &str = "#999999";

/// The picture as a DOT file.
pub(super) fn dot(picture: &Picture) -> String {
    let config = [Config::GraphContentOnly];
    let edge_style = |_, edge: EdgeReference<'_, Edge>| style(edge.weight());
    let node_style = |_, (_, node): (_, &Node)| box_style(node);
    let body = Dot::with_attr_getters(picture.graph(), &config, &edge_style, &node_style);
    let starts: String = picture
        .graph()
        .node_indices()
        .filter(|&node| picture.graph()[node].initial)
        .map(|node| {
            let node = node.index();
            format!("    start{node} [ shape=point ]\n    start{node} -> {node}\n")
        })
        .collect();
    let title = [&[picture.title().to_owned()], picture.about()].concat();
    let title: Vec<String> = title.iter().map(|line| quoted(line)).collect();
    format!(
        "digraph {{\n    label=\"{}\" labelloc=t fontname=\"sans-serif\"\n    \
         node [ shape=box style=rounded fontname=\"sans-serif\" ]\n    \
         edge [ fontname=\"monospace\" fontsize=10 ]\n{starts}{body}}}\n",
        title.join("\\n")
    )
}

/// The text with what Graphviz reads as something else made harmless.
fn quoted(text: &str) -> String {
    let text = text.replace('&', "&amp;");
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

fn box_style(node: &Node) -> String {
    match (node.kind, node.count) {
        (_, Some(0)) => format!("color=\"{FAINT}\" fontcolor=\"{FAINT}\""),
        (Kind::Wrong, _) => "color=\"#b00020\"".to_owned(),
        (Kind::Lost, _) => "style=\"rounded,dashed\" color=\"#b00020\"".to_owned(),
        (Kind::Transient | Kind::Unreachable, _) => "style=\"rounded,dashed\"".to_owned(),
        (Kind::Stable, _) => String::new(),
    }
}

fn style(edge: &Edge) -> String {
    match edge.count() {
        None => String::new(),
        Some(0) => format!("color=\"{FAINT}\" fontcolor=\"{FAINT}\" style=dashed"),
        Some(count) => format!("penwidth={:.1}", thickness(count)),
    }
}

/// How thick an edge is that was used so often: thicker by a fixed step for each power of ten.
pub(super) fn thickness(count: u64) -> f64 {
    // A logarithm may differ in its last digit from one machine to another; counting does not.
    1.0 + 0.8 * count.checked_ilog10().map_or(0.0, f64::from)
}

/// Graphviz reads entities in labels; the rest is escaped by petgraph.
impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = std::iter::once(&self.name).chain(&self.details);
        let lines: Vec<String> = lines.map(|line| line.replace('&', "&amp;")).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl fmt::Display for Edge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in lines(&self.labels) {
            // A line break means: this line to the left.
            writeln!(f, "{}", line.text.replace('&', "&amp;"))?;
        }
        Ok(())
    }
}
