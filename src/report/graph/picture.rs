//! A graph to draw: states, and edges with labels. It does not know what made it.

use std::collections::VecDeque;
use std::fmt;

use petgraph::Direction;
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef as _;

use super::label::Label;

/// What kind of state, or of object, a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One in which a line can rest.
    Stable,
    /// One that waits for something to come.
    Transient,
    /// One in which a property does not hold.
    Wrong,
    /// An object that nothing leads to any more.
    Unreachable,
    /// The same, with something in it that should still be found.
    Lost,
}

impl Kind {
    /// Its name in formats for programs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Kind::Stable => "stable",
            Kind::Transient => "transient",
            Kind::Wrong => "wrong",
            Kind::Unreachable => "unreachable",
            Kind::Lost => "lost",
        }
    }
}

/// A state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// What else belongs to it, in lines below the name.
    pub details: Vec<String>,
    /// What it means, in words; can be empty.
    pub meaning: String,
    /// Which of these it is.
    pub kind: Kind,
    /// Whether things begin here.
    pub initial: bool,
    /// How often it was entered or met; none where nobody looked.
    pub count: Option<u64>,
}

/// All ways from one state to another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edge {
    /// One for each reason, in the order in which they were given.
    pub labels: Vec<Label>,
}

impl Edge {
    /// How often it was used; none where nobody looked.
    #[must_use]
    pub fn count(&self) -> Option<u64> {
        let counts = self.labels.iter().map(|label| label.count);
        counts.reduce(|a, b| Some(a? + b?)).flatten()
    }
}

/// A graph of states: at most one edge from a state to another.
#[derive(Clone, Debug)]
pub struct Picture {
    title: String,
    about: Vec<String>,
    graph: DiGraph<Node, Edge>,
}

/// A picture that nobody could look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLarge {
    /// How many states it has.
    pub nodes: usize,
    /// How many edges.
    pub edges: usize,
}

impl fmt::Display for TooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let TooLarge { nodes, edges } = self;
        let (most_nodes, most_edges) = (Picture::MAX_NODES, Picture::MAX_EDGES);
        write!(
            f,
            "{nodes} states and {edges} edges are more than anybody can look at \
             (at most {most_nodes} and {most_edges} are drawn)"
        )
    }
}

impl Picture {
    /// The most states that are drawn.
    pub const MAX_NODES: usize = 100;
    /// The most edges that are drawn.
    pub const MAX_EDGES: usize = 400;

    /// A picture without states.
    #[must_use]
    pub fn new(title: impl Into<String>) -> Picture {
        Picture {
            title: title.into(),
            about: Vec::new(),
            graph: DiGraph::new(),
        }
    }

    /// Adds a line on what is shown.
    pub fn add_about(&mut self, line: impl Into<String>) {
        self.about.push(line.into());
    }

    /// Adds a state; its number is how many there were before.
    pub fn add_node(&mut self, node: Node) -> usize {
        self.graph.add_node(node).index()
    }

    /// Adds a reason to go from one state to another.
    ///
    /// # Panics
    /// When there is no such state.
    pub fn add_label(&mut self, from: usize, to: usize, label: Label) {
        let (from, to) = (NodeIndex::new(from), NodeIndex::new(to));
        let known = self.graph.find_edge(from, to);
        let edge = known.unwrap_or_else(|| self.graph.add_edge(from, to, Edge::default()));
        self.graph[edge].labels.push(label);
    }

    /// What it is called.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }

    /// What is shown, in lines.
    #[must_use]
    pub fn about(&self) -> &[String] {
        &self.about
    }

    /// The states, by number.
    pub fn nodes(&self) -> impl ExactSizeIterator<Item = &Node> {
        self.graph.raw_nodes().iter().map(|node| &node.weight)
    }

    /// The edges: from which state, to which, and why.
    pub fn edges(&self) -> impl ExactSizeIterator<Item = (usize, usize, &Edge)> {
        self.graph.edge_references().map(|edge| {
            let (from, to) = (edge.source().index(), edge.target().index());
            (from, to, edge.weight())
        })
    }

    /// Whether somebody looked at what was used.
    #[must_use]
    pub fn is_counted(&self) -> bool {
        self.edges().any(|(_, _, edge)| edge.count().is_some())
    }

    /// Whether it can be looked at.
    ///
    /// # Errors
    /// When it has too many states or edges.
    pub fn check_size(&self) -> Result<(), TooLarge> {
        let (nodes, edges) = (self.nodes().len(), self.edges().len());
        if nodes > Picture::MAX_NODES || edges > Picture::MAX_EDGES {
            return Err(TooLarge { nodes, edges });
        }
        Ok(())
    }

    /// The part of it that is at most `steps` edges away from some states, in either direction.
    #[must_use]
    pub fn around(&self, nodes: &[usize], steps: usize) -> Picture {
        let mut distance: Vec<Option<usize>> = vec![None; self.graph.node_count()];
        let nodes = nodes.iter().map(|&node| (NodeIndex::new(node), 0));
        let mut waiting: VecDeque<_> = nodes.collect();
        while let Some((at, far)) = waiting.pop_front() {
            if far > steps || distance[at.index()].replace(far).is_some() {
                continue;
            }
            for direction in [Direction::Outgoing, Direction::Incoming] {
                let next = self.graph.neighbors_directed(at, direction);
                let new = next.filter(|next| distance[next.index()].is_none());
                waiting.extend(new.map(|next| (next, far + 1)));
            }
        }
        let graph = self.graph.filter_map(
            |at, node| distance[at.index()].map(|_| node.clone()),
            |_, edge| Some(edge.clone()),
        );
        let (title, about) = (self.title.clone(), self.about.clone());
        Picture {
            title,
            about,
            graph,
        }
    }

    /// The graph itself.
    pub(super) fn graph(&self) -> &DiGraph<Node, Edge> {
        &self.graph
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, Label, Node, Picture};

    fn chain(length: usize) -> Picture {
        let mut picture = Picture::new("chain");
        for number in 0..length {
            picture.add_node(Node {
                name: number.to_string(),
                details: Vec::new(),
                meaning: String::new(),
                kind: Kind::Stable,
                initial: number == 0,
                count: None,
            });
        }
        for from in 1..length {
            let label = Label {
                event: "step".to_owned(),
                actions: None,
                when: None,
                count: None,
            };
            picture.add_label(from - 1, from, label);
        }
        picture
    }

    #[test]
    fn what_nobody_can_look_at_is_told_from_what_one_can() {
        assert_eq!(chain(Picture::MAX_NODES).check_size(), Ok(()));
        let large = chain(Picture::MAX_NODES + 1).check_size();
        let large = large.expect_err("it is too large");
        assert_eq!((large.nodes, large.edges), (101, 100));
        assert!(large.to_string().contains("101 states and 100 edges"));
    }

    #[test]
    fn a_neighbourhood_goes_both_ways() {
        let part = chain(9).around(&[4], 2);
        let names: Vec<&str> = part.nodes().map(|node| &*node.name).collect();
        assert_eq!(names, ["2", "3", "4", "5", "6"]);
        assert_eq!(part.edges().len(), 4);
    }
}
