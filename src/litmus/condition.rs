//! The question of a litmus test: a proposition about final states, and how it is meant.

use super::instruction::{Address, Register};

/// Something that a final state has a value for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// A register of a thread.
    Register {
        /// Of which thread.
        thread: u16,
        /// The register as it is written; two spellings of one register are shown apart.
        name: String,
        /// Which it is.
        register: Register,
    },
    /// A location, or an element of one.
    Location {
        /// Its name.
        name: String,
        /// By its place in [`Test::locations`](super::Test::locations).
        location: u16,
        /// Which element; none if no index is written.
        element: Option<u16>,
    },
}

/// How a value is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// It is the same (`=`).
    Equal,
    /// It is another one (`<>`).
    NotEqual,
}

/// What a place is compared with.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Value {
    /// A number; negative ones in two's complement of 64 bits. What is compared is as many low
    /// bytes as the place has.
    Number(u64),
    /// The address of a location.
    Address {
        /// The location's name.
        name: String,
        /// Which it is.
        location: Address,
    },
}

/// One comparison.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Atom {
    /// Of what.
    pub place: Place,
    /// How.
    pub comparison: Comparison,
    /// With what.
    pub value: Value,
}

/// What a final state may show.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Proposition {
    /// A comparison.
    Atom(Atom),
    /// `true` or `false`.
    Constant(bool),
    /// `not p` or `~p`.
    Not(Box<Proposition>),
    /// `p /\ q`: all of them, at least two, none of them such a list (as [`Proposition::all`]
    /// makes it).
    And(Vec<Proposition>),
    /// `p \/ q`: one of them, at least two, none of them such a list.
    Or(Vec<Proposition>),
    /// `p => q`.
    Implies(Box<[Proposition; 2]>),
}

/// How the proposition is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Quantifier {
    /// Some final state shows it (`exists`).
    Exists,
    /// None does (`~exists`).
    NotExists,
    /// All do (`forall`).
    ForAll,
}

/// The question of a test.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Condition {
    /// How it is meant.
    pub quantifier: Quantifier,
    /// What about.
    pub proposition: Proposition,
}

impl Proposition {
    /// That all of these hold: without an `And` in an `And`, and the only one if it is one.
    #[must_use]
    pub fn all(all: Vec<Proposition>) -> Proposition {
        let flat = all.into_iter().flat_map(|inner| match inner {
            Proposition::And(all) => all,
            other => vec![other],
        });
        let mut flat: Vec<Proposition> = flat.collect();
        match flat.len() {
            0 => Proposition::Constant(true),
            1 => flat.remove(0),
            _ => Proposition::And(flat),
        }
    }

    /// That one of these holds: without an `Or` in an `Or`, and the only one if it is one.
    #[must_use]
    pub fn any(any: Vec<Proposition>) -> Proposition {
        let flat = any.into_iter().flat_map(|inner| match inner {
            Proposition::Or(any) => any,
            other => vec![other],
        });
        let mut flat: Vec<Proposition> = flat.collect();
        match flat.len() {
            0 => Proposition::Constant(false),
            1 => flat.remove(0),
            _ => Proposition::Or(flat),
        }
    }

    /// How deep it is nested: 1 for a comparison or a constant.
    #[must_use]
    pub fn depth(&self) -> usize {
        let deepest = |all: &[Proposition]| all.iter().map(Proposition::depth).max().unwrap_or(0);
        1 + match self {
            Proposition::Atom(_) | Proposition::Constant(_) => 0,
            Proposition::Not(inner) => inner.depth(),
            Proposition::And(all) | Proposition::Or(all) => deepest(all),
            Proposition::Implies(both) => deepest(&both[..]),
        }
    }

    /// All places that it names, in the order in which it names them, some perhaps twice.
    #[must_use]
    pub fn places(&self) -> Vec<&Place> {
        match self {
            Proposition::Atom(atom) => vec![&atom.place],
            Proposition::Constant(_) => Vec::new(),
            Proposition::Not(inner) => inner.places(),
            Proposition::And(all) | Proposition::Or(all) => {
                all.iter().flat_map(Proposition::places).collect()
            }
            Proposition::Implies(both) => both.iter().flat_map(Proposition::places).collect(),
        }
    }

    /// Whether it holds, where `holds` says so of each comparison.
    pub fn holds(&self, holds: &impl Fn(&Atom) -> bool) -> bool {
        match self {
            Proposition::Atom(atom) => holds(atom),
            Proposition::Constant(constant) => *constant,
            Proposition::Not(inner) => !inner.holds(holds),
            Proposition::And(all) => all.iter().all(|inner| inner.holds(holds)),
            Proposition::Or(all) => all.iter().any(|inner| inner.holds(holds)),
            Proposition::Implies(both) => !both[0].holds(holds) || both[1].holds(holds),
        }
    }
}
