//! A protocol as a model in Murphi's language, for a second opinion: another tool explores the
//! same states, one for one, and checks the same properties. It is made from the tables, not
//! from the code that gives them their meaning here.
//!
//! Reading order: `bus` writes a protocol for an atomic bus. `network` writes one of
//! controllers: `shape` says what is stored, `channels` how messages travel, `cells` what
//! events do, `expressions` what is asked and computed. `names` and `text` are the writing itself.

mod bus;
mod cells;
mod channels;
mod expressions;
mod names;
mod network;
mod shape;
mod text;

use crate::protocol::Protocol;

/// How large the exported model is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MurphiSize {
    /// Caches, or other controllers at cores.
    pub cores: usize,
    /// Values that the line can have.
    pub values: u8,
    /// Messages that a channel has places for; one more is an error. None: as many as
    /// protocols usually need.
    pub messages: Option<usize>,
}

/// The text of a Murphi model of `protocol`, with one line.
#[must_use]
pub fn murphi(protocol: &Protocol, size: MurphiSize) -> String {
    match protocol {
        Protocol::Bus(table) => bus::model(table, size),
        Protocol::Network(network) => network::model(network, size),
    }
}

/// What stands at the top of every model.
fn head(out: &mut text::Text, name: &str, size: MurphiSize) {
    let MurphiSize { cores, values, .. } = size;
    out.line(format!(
        "-- {}: {cores} cores, 1 line, {values} values.",
        text::plain(name)
    ));
    out.line("--");
    out.line(
        "-- Written by `tearline export`. It has the same states as tearline's own proof, one for",
    );
    out.line("-- one. To explore it:");
    out.line(
        "--   rumur --symmetry-reduction off --deadlock-detection off --output model.c model.m",
    );
    out.line("--   cc -std=c11 -O3 -mcx16 model.c -o model -lpthread && ./model");
    out.line(
        "-- A deadlock is an invariant here: that a core can ask for something is no progress.",
    );
    out.blank();
}
