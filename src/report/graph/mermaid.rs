//! A picture as a Mermaid flowchart: ids of our own, so that no name can be a reserved word, and
//! texts in quotes with everything but plain characters written as numbers.

use std::fmt::Write as _;

use super::dot::thickness;
use super::label::{TextLine, lines};
use super::picture::{Kind, Picture};

/// The picture as a Mermaid diagram.
pub(super) fn mermaid(picture: &Picture) -> String {
    let mut out = String::from("flowchart TD\n");
    for (number, node) in picture.nodes().enumerate() {
        let lines = std::iter::once(&node.name).chain(&node.details);
        let lines: Vec<String> = lines.map(|line| escaped(line)).collect();
        let name = lines.join("<br/>");
        let class = match (node.kind, node.count) {
            (_, Some(0)) => ":::unused",
            (Kind::Transient, _) => ":::transient",
            (Kind::Wrong, _) => ":::wrong",
            (Kind::Unreachable, _) => ":::unreachable",
            (Kind::Lost, _) => ":::lost",
            (Kind::Stable, _) => "",
        };
        let _ = writeln!(out, "    s{number}([\"{name}\"]){class}");
        if node.initial {
            let _ = writeln!(out, "    i{number}((\" \")):::start --> s{number}");
        }
    }
    let starts = picture.nodes().filter(|node| node.initial).count();
    let mut styles = String::new();
    for (number, (from, to, edge)) in (starts..).zip(picture.edges()) {
        let text = lines(&edge.labels);
        let text: Vec<String> = text.iter().map(line).collect();
        let text = text.join("<br/>");
        let _ = writeln!(out, "    s{from} -->|\"{text}\"| s{to}");
        let _ = match edge.count() {
            None => Ok(()),
            Some(0) => writeln!(
                styles,
                "    linkStyle {number} stroke:#999999,stroke-dasharray:4 3"
            ),
            Some(count) => writeln!(
                styles,
                "    linkStyle {number} stroke-width:{:.1}px",
                thickness(count)
            ),
        };
    }
    out += &styles;
    let has = |class: &str| out.contains(class);
    let classes = [
        ("transient", "stroke-dasharray:4 3"),
        ("wrong", "stroke:#b00020,fill:#fde8e8"),
        ("unreachable", "stroke-dasharray:4 3,color:#666666"),
        ("lost", "stroke:#b00020,fill:#fde8e8,stroke-dasharray:4 3"),
        ("unused", "color:#999999,stroke:#999999"),
        ("start", "fill:#333333,stroke:#333333"),
    ];
    let classes: String = classes
        .into_iter()
        .filter(|(class, _)| has(&format!(":::{class}")))
        .map(|(class, style)| format!("    classDef {class} {style}\n"))
        .collect();
    out + &classes
}

fn line(line: &TextLine) -> String {
    escaped(&line.text)
}

/// The text with all that Mermaid, Markdown or HTML could read as something else as numbers.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        if c.is_alphanumeric() || " ,/()→–×".contains(c) {
            escaped.push(c);
        } else {
            let _ = write!(escaped, "#{};", u32::from(c));
        }
    }
    escaped
}
