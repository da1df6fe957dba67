//! Pictures and grids as text for people.

use std::fmt::Write as _;

use super::grid::{Grid, Row};
use super::label::lines;
use super::picture::{Kind, Picture};
use crate::report::counted;
use crate::report::table::Table;

/// The picture: for each state, what leads where.
pub(super) fn of_picture(picture: &Picture) -> String {
    let (states, edges) = (picture.nodes().len(), picture.edges().len());
    let (states, edges) = (counted(states, "state"), counted(edges, "edge"));
    let mut out = format!("{}: {states}, {edges}\n", picture.title());
    picture.about().iter().for_each(|line| {
        let _ = writeln!(out, "{line}");
    });
    let names: Vec<&str> = picture.nodes().map(|node| &*node.name).collect();
    for (number, node) in picture.nodes().enumerate() {
        let remarks = remarks(node.kind, node.initial, &node.meaning);
        let _ = writeln!(out, "\n{}{remarks}", node.name);
        for line in &node.details {
            let _ = writeln!(out, "  {line}");
        }
        let mut table = Table::default();
        for (_, to, edge) in picture.edges().filter(|&(from, _, _)| from == number) {
            let mut target = format!("→ {}", names[to]);
            for line in lines(&edge.labels) {
                table.row([target, line.text]);
                target = String::new();
            }
        }
        let _ = write!(out, "{table}");
    }
    out
}

/// The grid: a line or more for each state.
pub(super) fn of_grid(grid: &Grid) -> String {
    let mut out = format!("{}\n", grid.title);
    grid.about.iter().for_each(|line| {
        let _ = writeln!(out, "{line}");
    });
    out.push('\n');
    let mut groups = vec![String::new()];
    for (group, columns) in grid.groups() {
        groups.push(group.to_owned());
        groups.resize(groups.len() + columns - 1, String::new());
    }
    let mut table = Table::new(groups);
    let names = grid.columns.iter().map(|column| column.name.clone());
    table.row(std::iter::once(String::new()).chain(names));
    for row in &grid.rows {
        table.row([]);
        cells(&mut table, row);
    }
    let _ = write!(out, "{table}");
    out.push('\n');
    for row in &grid.rows {
        let remarks = remarks(row.kind, row.initial, &row.meaning);
        let _ = writeln!(out, "{}{remarks}", row.name);
    }
    let events = grid.events();
    if !events.is_empty() {
        let _ = writeln!(out, "\n{}", events.join("\n"));
    }
    let legend = grid.legend();
    if !legend.is_empty() {
        let _ = writeln!(out, "\n{}", legend.join("\n"));
    }
    out
}

fn cells(table: &mut Table, row: &Row) {
    let cells: Vec<Vec<String>> = row
        .cells
        .iter()
        .map(|cell| cell.as_ref().map(|entry| entry.lines()).unwrap_or_default())
        .collect();
    let height = cells.iter().map(Vec::len).max().unwrap_or(0).max(1);
    for line in 0..height {
        let name = if line == 0 { &*row.name } else { "" };
        let texts = cells.iter().map(|cell| cell.get(line).cloned());
        let texts = texts.map(Option::unwrap_or_default);
        table.row(std::iter::once(name.to_owned()).chain(texts));
    }
}

/// What is said about a state behind its name.
fn remarks(kind: Kind, initial: bool, meaning: &str) -> String {
    let mut remarks = Vec::new();
    if initial {
        remarks.push("initial".to_owned());
    }
    match kind {
        Kind::Stable => {}
        kind => remarks.push(kind.name().to_owned()),
    }
    let meaning = meaning.split_whitespace().collect::<Vec<_>>().join(" ");
    if !meaning.is_empty() {
        remarks.push(meaning);
    }
    match remarks.is_empty() {
        true => String::new(),
        false => format!(": {}", remarks.join("; ")),
    }
}
