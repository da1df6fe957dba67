//! What is drawn together, and in which format.

use std::fmt;

use super::grid::Grid;
use super::picture::{Picture, TooLarge};
use super::{dot, from_network, from_table, graphml, html, json, markdown, mermaid, svg, text};
use crate::observe::Uses;
use crate::protocol::Protocol;
use crate::protocol::network::Controller;

/// What a drawing is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For people, in a terminal.
    Text,
    /// The language of Graphviz.
    Dot,
    /// A Mermaid flowchart.
    Mermaid,
    /// XML for graph programs.
    Graphml,
    /// JSON for programs.
    Json,
    /// A picture that is laid out.
    Svg,
    /// A page for browsers: picture and grid.
    Html,
    /// A page in Markdown: picture, as Mermaid, and grid.
    Markdown,
}

/// Drawings that belong together.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// What it is called.
    pub title: String,
    /// What is shown, in lines.
    pub about: Vec<String>,
    /// Where the protocol is described; can be empty.
    pub source: String,
    /// The drawings: one part, or one for each controller.
    pub parts: Vec<Part>,
}

/// Drawings of one thing: what of them is there is shown.
#[derive(Clone, Debug, Default)]
pub struct Part {
    /// What is drawn, where a page has several parts.
    pub name: String,
    /// The states as a graph.
    pub picture: Option<Picture>,
    /// The states and events as a grid.
    pub grid: Option<Grid>,
}

/// Why nothing is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Nobody could look at it.
    TooLarge(TooLarge),
    /// The format has graphs, but a grid is wanted.
    NotForGrids,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refused::TooLarge(large) => large.fmt(f),
            Refused::NotForGrids => f.write_str("the format has graphs and no grids"),
        }
    }
}

impl From<TooLarge> for Refused {
    fn from(large: TooLarge) -> Refused {
        Refused::TooLarge(large)
    }
}

impl Page {
    /// A protocol as it is written, or as a run used it: a part for each controller.
    #[must_use]
    pub fn of(protocol: &Protocol, uses: Option<&Uses>) -> Page {
        let title = protocol.name().to_owned();
        let (source, parts) = match protocol {
            Protocol::Bus(table) => {
                let part = Part {
                    name: "cache".to_owned(),
                    picture: Some(from_table::picture(table, uses)),
                    grid: Some(from_table::grid(table, uses)),
                };
                (table.source(), vec![part])
            }
            Protocol::Network(network) => {
                let part = |(index, controller): (usize, &Controller)| Part {
                    name: controller.name.clone(),
                    picture: Some(from_network::picture(network, index, uses)),
                    grid: Some(from_network::grid(network, index, uses)),
                };
                let parts = network.controllers.iter().enumerate().map(part);
                (&*network.source, parts.collect())
            }
        };
        Page {
            title,
            about: Vec::new(),
            source: source.to_owned(),
            parts,
        }
    }

    /// Says what is shown, on the page and in each of its drawings.
    pub fn add_about(&mut self, line: &str) {
        self.about.push(line.to_owned());
        for part in &mut self.parts {
            if let Some(picture) = &mut part.picture {
                picture.add_about(line);
            }
            if let Some(grid) = &mut part.grid {
                grid.about.push(line.to_owned());
            }
        }
    }

    /// The page in a format. Those that are pages show all; the others only the first part, and
    /// of that the picture if there is one.
    ///
    /// # Errors
    /// When it is for the eye and too large for it, or the format cannot show a grid.
    pub fn render(&self, format: Format) -> Result<String, Refused> {
        match format {
            Format::Html => {
                self.check_size()?;
                Ok(html::html(self))
            }
            Format::Markdown => {
                self.check_size()?;
                let drawing = |_: usize, picture: &Picture| {
                    format!("```mermaid\n{}```\n", mermaid::mermaid(picture))
                };
                Ok(markdown::markdown(self, &drawing))
            }
            _ => match self.parts.first() {
                Some(part) => part.render(format),
                None => Ok(String::new()),
            },
        }
    }

    /// The page in Markdown with its drawings in files of their own: `file` names each, by the
    /// number of its part.
    #[must_use]
    pub fn markdown_beside(&self, file: impl Fn(usize) -> String) -> String {
        let drawing = |number: usize, picture: &Picture| {
            let title = picture.title();
            format!("![The states of {title}]({})\n", file(number))
        };
        markdown::markdown(self, &drawing)
    }

    fn check_size(&self) -> Result<(), TooLarge> {
        let mut pictures = self.parts.iter().filter_map(|part| part.picture.as_ref());
        pictures.try_for_each(Picture::check_size)
    }
}

impl Part {
    /// The part in a format that shows one drawing: the picture if there is one.
    ///
    /// # Errors
    /// When it is for the eye and too large for it, or the format cannot show a grid.
    pub fn render(&self, format: Format) -> Result<String, Refused> {
        match (&self.picture, &self.grid) {
            (Some(picture), _) => {
                if matches!(format, Format::Svg | Format::Mermaid) {
                    picture.check_size()?;
                }
                Ok(of_picture(picture, format))
            }
            (None, Some(grid)) => of_grid(grid, format),
            (None, None) => Ok(String::new()),
        }
    }
}

fn of_picture(picture: &Picture, format: Format) -> String {
    match format {
        Format::Text => text::of_picture(picture),
        Format::Dot => dot::dot(picture),
        Format::Mermaid => mermaid::mermaid(picture),
        Format::Graphml => graphml::graphml(picture),
        Format::Json => json::of_picture(picture),
        Format::Svg | Format::Html | Format::Markdown => svg::svg(picture),
    }
}

fn of_grid(grid: &Grid, format: Format) -> Result<String, Refused> {
    match format {
        Format::Text => Ok(text::of_grid(grid)),
        Format::Json => Ok(json::of_grid(grid)),
        _ => Err(Refused::NotForGrids),
    }
}
