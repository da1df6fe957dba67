//! Pictures and grids as JSON; `book/src/reference/graph.schema.json` describes it.

use serde::Serialize;

use super::grid::{Grid, Row};
use super::label::Label;
use super::picture::{Edge, Node, Picture};

/// The version of the JSON that is described.
pub const VERSION: u32 = 1;

#[derive(Serialize)]
struct PictureJson<'a> {
    version: u32,
    title: &'a str,
    about: &'a [String],
    states: Vec<StateJson<'a>>,
    edges: Vec<EdgeJson<'a>>,
}

#[derive(Serialize)]
struct StateJson<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    details: &'a [String],
    meaning: &'a str,
    kind: &'static str,
    initial: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<u64>,
}

#[derive(Serialize)]
struct EdgeJson<'a> {
    from: usize,
    to: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<u64>,
    labels: Vec<LabelJson<'a>>,
}

#[derive(Serialize)]
struct LabelJson<'a> {
    event: &'a str,
    actions: &'a [String],
    when: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<u64>,
}

#[derive(Serialize)]
struct GridJson<'a> {
    version: u32,
    title: &'a str,
    about: &'a [String],
    events: Vec<EventJson<'a>>,
    rows: Vec<RowJson<'a>>,
}

#[derive(Serialize)]
struct EventJson<'a> {
    name: &'a str,
    group: &'a str,
    about: &'a str,
}

#[derive(Serialize)]
struct RowJson<'a> {
    state: StateJson<'a>,
    cells: Vec<Option<CellJson<'a>>>,
}

#[derive(Serialize)]
struct CellJson<'a> {
    actions: &'a [String],
    next: Vec<NextJson<'a>>,
    note: Option<&'a str>,
}

#[derive(Serialize)]
struct NextJson<'a> {
    state: &'a str,
    when: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<u64>,
}

/// The picture as JSON.
pub(super) fn of_picture(picture: &Picture) -> String {
    written(&PictureJson {
        version: VERSION,
        title: picture.title(),
        about: picture.about(),
        states: picture.nodes().map(state).collect(),
        edges: picture.edges().map(edge).collect(),
    })
}

/// The grid as JSON.
pub(super) fn of_grid(grid: &Grid) -> String {
    let events = grid.columns.iter().map(|column| EventJson {
        name: &column.name,
        group: &column.group,
        about: &column.about,
    });
    written(&GridJson {
        version: VERSION,
        title: &grid.title,
        about: &grid.about,
        events: events.collect(),
        rows: grid.rows.iter().map(row).collect(),
    })
}

fn written(value: &impl Serialize) -> String {
    let text = serde_json::to_string_pretty(value);
    text.expect("texts and numbers can be written") + "\n"
}

fn state(node: &Node) -> StateJson<'_> {
    StateJson {
        name: &node.name,
        details: &node.details,
        meaning: &node.meaning,
        kind: node.kind.name(),
        initial: node.initial,
        count: node.count,
    }
}

fn edge((from, to, edge): (usize, usize, &Edge)) -> EdgeJson<'_> {
    EdgeJson {
        from,
        to,
        count: edge.count(),
        labels: edge.labels.iter().map(label).collect(),
    }
}

fn label(label: &Label) -> LabelJson<'_> {
    LabelJson {
        event: &label.event,
        actions: label.actions.as_deref().unwrap_or_default(),
        when: label.when.as_deref(),
        count: label.count,
    }
}

fn row(row: &Row) -> RowJson<'_> {
    let cells = row.cells.iter().map(|cell| {
        let cell = cell.as_ref()?;
        let next = cell.next.iter().map(|next| NextJson {
            state: &next.state,
            when: next.when.as_deref(),
            count: next.count,
        });
        Some(CellJson {
            actions: &cell.actions,
            next: next.collect(),
            note: cell.note.as_deref(),
        })
    });
    RowJson {
        state: StateJson {
            name: &row.name,
            details: &[],
            meaning: &row.meaning,
            kind: row.kind.name(),
            initial: row.initial,
            count: None,
        },
        cells: cells.collect(),
    }
}
