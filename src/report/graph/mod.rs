//! Drawings: a graph of states and a grid of states and events, made from a protocol's table or
//! from anything else that goes from state to state. The formats know only [`Picture`] and
//! [`Grid`]; petgraph and the layout library are known in here alone.

mod dot;
mod from_chart;
mod from_heap;
mod from_network;
mod from_place;
mod from_table;
mod graphml;
mod grid;
mod html;
mod json;
mod label;
mod lanes;
mod layout;
mod markdown;
mod mermaid;
mod page;
mod picture;
mod route;
mod svg;
mod text;
pub(super) mod xml;

pub use grid::{Column, Entry, Grid, Next, Row};
pub use json::VERSION;
pub use label::Label;
pub(super) use layout::text_width;
pub use page::{Format, Page, Part, Refused};
pub use picture::{Edge, Kind, Node, Picture, TooLarge};
pub(super) use route::number;
