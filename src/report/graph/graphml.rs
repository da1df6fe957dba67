//! A picture as GraphML (graphml.graphdrawing.org), for programs that lay graphs out or count
//! in them.

use super::picture::Picture;
use super::xml::Xml;

const NAMESPACE: &str = "http://graphml.graphdrawing.org/xmlns";
const SCHEMA: &str = "http://graphml.graphdrawing.org/xmlns \
                      http://graphml.graphdrawing.org/xmlns/1.0/graphml.xsd";

/// The data that nodes and edges have: id, whose, name, type.
const KEYS: [[&str; 4]; 9] = [
    ["title", "graph", "title", "string"],
    ["name", "node", "name", "string"],
    ["details", "node", "details", "string"],
    ["meaning", "node", "meaning", "string"],
    ["kind", "node", "kind", "string"],
    ["initial", "node", "initial", "boolean"],
    ["met", "node", "count", "long"],
    ["label", "edge", "label", "string"],
    ["used", "edge", "count", "long"],
];

/// The picture as a GraphML file.
pub(super) fn graphml(picture: &Picture) -> String {
    let mut xml = Xml::new();
    xml.declare();
    let root = [
        ("xmlns", NAMESPACE.to_owned()),
        (
            "xmlns:xsi",
            "http://www.w3.org/2001/XMLSchema-instance".to_owned(),
        ),
        ("xsi:schemaLocation", SCHEMA.to_owned()),
    ];
    xml.element("graphml", &root, |xml| {
        for [id, whose, name, of] in KEYS {
            let key = [
                ("id", id),
                ("for", whose),
                ("attr.name", name),
                ("attr.type", of),
            ];
            xml.empty("key", &key.map(|(name, value)| (name, value.to_owned())));
        }
        let graph = [
            ("id", "protocol".to_owned()),
            ("edgedefault", "directed".to_owned()),
        ];
        xml.element("graph", &graph, |xml| body(xml, picture));
    });
    xml.finish()
}

fn body(xml: &mut Xml, picture: &Picture) {
    data(xml, "title", picture.title());
    for (number, node) in picture.nodes().enumerate() {
        xml.element("node", &[("id", format!("n{number}"))], |xml| {
            data(xml, "name", &node.name);
            if !node.details.is_empty() {
                data(xml, "details", &node.details.join("; "));
            }
            data(xml, "meaning", &node.meaning);
            data(xml, "kind", node.kind.name());
            data(xml, "initial", &node.initial.to_string());
            if let Some(count) = node.count {
                data(xml, "met", &count.to_string());
            }
        });
    }
    for (number, (from, to, edge)) in picture.edges().enumerate() {
        let ends = [
            ("id", format!("e{number}")),
            ("source", format!("n{from}")),
            ("target", format!("n{to}")),
        ];
        xml.element("edge", &ends, |xml| {
            let labels: Vec<String> = edge.labels.iter().map(ToString::to_string).collect();
            data(xml, "label", &labels.join("\n"));
            if let Some(count) = edge.count() {
                data(xml, "used", &count.to_string());
            }
        });
    }
}

fn data(xml: &mut Xml, key: &str, value: &str) {
    xml.text("data", &[("key", key.to_owned())], value);
}
