//! States that differ only in the numbers of cores, or in which value is which, behave alike:
//! one of them stands for all. Scalarsets in the words of Ip and Dill, "Better verification
//! through symmetry" (1996); the choice is canonical, not heuristic.
//!
//! Values: the latest becomes 0. Cores: they are sorted by what can be said of each without
//! naming another; those of which the same is said are tried in every order, and the smallest
//! state is taken.

use super::layout::{Code, Field, Layout, Part};
use super::raw::{Raw, kind_number, kind_of};
use super::space::{Rights, Size, System};
use crate::protocol::network::VarKind;

/// As many as there are nodes at most.
const MAX_CORES: usize = 8;

/// In place of a core.
const AT_NONE: u8 = u8::MAX;

/// How cores and values change places.
#[derive(Clone, Debug)]
pub(super) struct Symmetry {
    cores: usize,
    values: u8,
    /// How many nodes stand at each core. Those of one rank stand together, in the order of
    /// cores, before all that stand at none.
    ranks: usize,
    /// For each node its core; `AT_NONE` if it stands at none.
    core_of: [u8; MAX_CORES],
    /// For each node its place among those at the same core.
    rank: [u8; MAX_CORES],
    /// For each line the fields that name nodes, and whether as a set: those that stand at no
    /// core, and those in cores' blocks.
    alone: Vec<Vec<(Field, bool)>>,
    in_blocks: Vec<Vec<(Field, bool)>>,
    /// For each kind of message where it names nodes.
    names: Vec<Names>,
    /// For each node and state whether a later step can read the line.
    lives: Vec<Vec<bool>>,
    /// The orders of the values other than 0.
    orders: Vec<Vec<u8>>,
}

/// Where the code of a message names nodes.
#[derive(Clone, Debug, Default)]
struct Names {
    /// The parts, and which role the node has there: sender, receiver or requester.
    parts: Vec<(Part, u32)>,
    /// The bits of all of them.
    bits: u32,
}

impl Names {
    fn of(kind: &Code) -> Names {
        let parts = [kind.from, kind.to, kind.requester].into_iter().zip(0..);
        let parts: Vec<(Part, u32)> = parts.filter(|(part, _)| part.bits > 0).collect();
        Names {
            bits: parts
                .iter()
                .fold(0, |bits, (part, _)| bits | bits_of(*part)),
            parts,
        }
    }

    /// The code with the nodes' new names.
    #[inline]
    fn renamed(&self, code: u32, names: &[u8; MAX_CORES]) -> u32 {
        self.parts
            .iter()
            .fold(code & !self.bits, |renamed, (part, _)| {
                renamed | u32::from(names[usize::from(part.get(code))]) << part.shift
            })
    }
}

impl Symmetry {
    /// None if what stands at one core does not fit a word.
    pub(super) fn new(
        system: &System,
        layout: &Layout,
        controllers: &[usize],
        rights: &[Vec<Rights>],
        size: Size,
    ) -> Option<Symmetry> {
        if layout
            .lines
            .iter()
            .flat_map(|line| &line.blocks)
            .any(|block| block.bits > 64)
        {
            return None;
        }
        let ranks = match system {
            System::Bus(_) => 1,
            System::Network(network) => network.controllers.network().at_core(),
        };
        let (mut core_of, mut rank) = ([AT_NONE; MAX_CORES], [0; MAX_CORES]);
        for node in 0..ranks * size.cores {
            core_of[node] = (node % size.cores) as u8;
            rank[node] = (node / size.cores) as u8;
        }
        let kinds = |node: usize| match system {
            System::Bus(_) => Vec::new(),
            System::Network(network) => {
                let controller = &network.controllers.network().controllers[controllers[node]];
                controller
                    .variables
                    .iter()
                    .map(|variable| variable.kind)
                    .collect()
            }
        };
        let naming = |at_core: bool| {
            let lines = layout.lines.iter().map(|line| {
                let nodes = line.nodes.iter().enumerate();
                let nodes = nodes.filter(|&(node, _)| (core_of[node] != AT_NONE) == at_core);
                let fields = nodes
                    .flat_map(|(node, fields)| fields.variables.iter().copied().zip(kinds(node)));
                let naming = fields.filter(|&(_, kind)| kind != VarKind::Count);
                naming
                    .map(|(field, kind)| (field, kind == VarKind::Set))
                    .collect()
            });
            lines.collect()
        };
        let lives = controllers.iter().map(|&controller| {
            rights[controller]
                .iter()
                .map(|rights| rights.line_lives)
                .collect()
        });
        Some(Symmetry {
            cores: size.cores,
            values: size.values,
            ranks,
            rank,
            alone: naming(false),
            in_blocks: naming(true),
            names: layout.codes.iter().map(Names::of).collect(),
            lives: lives.collect(),
            orders: orders(size.values),
            core_of,
        })
    }

    /// The packed form of the state that stands for all that behave alike; none if it does not
    /// fit.
    pub(super) fn canonical<const W: usize>(
        &self,
        raw: &Raw<W>,
        layout: &Layout,
    ) -> Option<[u64; W]> {
        let named = layout.lines.iter().all(|line| raw.get(line.latest) == 0);
        if named && self.values <= 2 {
            return self.sorted(raw, layout);
        }
        let mut raw = *raw;
        for (line, fields) in layout.lines.iter().enumerate() {
            let latest = raw.get(fields.latest);
            if latest != 0 {
                let swap = |value| match value {
                    0 => latest,
                    value if value == latest => 0,
                    value => value,
                };
                self.rename(&mut raw, layout, line, swap);
            }
        }
        if self.values <= 2 {
            return self.sorted(&raw, layout);
        }
        let mut least = None;
        let combinations = self.orders.len().pow(layout.lines.len() as u32);
        for mut combination in 0..combinations {
            let mut renamed = raw;
            for line in 0..layout.lines.len() {
                let order = &self.orders[combination % self.orders.len()];
                combination /= self.orders.len();
                self.rename(&mut renamed, layout, line, |value| {
                    order[usize::from(value)]
                });
            }
            let packed = self.sorted(&renamed, layout)?;
            least = Some(least.map_or(packed, |least| packed.min(least)));
        }
        least
    }

    /// Gives the values of a line other names.
    fn rename<const W: usize>(
        &self,
        raw: &mut Raw<W>,
        layout: &Layout,
        line: usize,
        name: impl Fn(u8) -> u8,
    ) {
        let fields = &layout.lines[line];
        for (node, fields) in fields.nodes.iter().enumerate() {
            if fields.value.bits > 0 && self.lives[node][usize::from(raw.get(fields.state))] {
                raw.set(fields.value, name(raw.get(fields.value)));
            }
        }
        raw.set(fields.latest, name(raw.get(fields.latest)));
        let mut sorted = true;
        for code in &mut raw.messages[..usize::from(raw.count)] {
            let kind = kind_of(layout, *code);
            if kind.carries_line && usize::from(kind.line.get(*code)) == line {
                *code = replaced(*code, kind.value, name(kind.value.get(*code)));
                sorted = false;
            }
        }
        if !sorted {
            raw.sort(layout);
        }
    }

    /// The smallest state of those that differ in the order of cores.
    fn sorted<const W: usize>(&self, raw: &Raw<W>, layout: &Layout) -> Option<[u64; W]> {
        let (keys, named) = self.keys(raw, layout);
        let mut order = [0_u8, 1, 2, 3, 4, 5, 6, 7];
        let order = &mut order[..self.cores];
        for from in 1..self.cores {
            let mut at = from;
            while at > 0 && keys[usize::from(order[at - 1])] > keys[from] {
                order[at] = order[at - 1];
                at -= 1;
            }
            order[at] = from as u8;
        }
        let tie = |pair: &[u8]| {
            let [a, b] = [usize::from(pair[0]), usize::from(pair[1])];
            keys[a] == keys[b] && (named[a] || named[b])
        };
        if !order.windows(2).any(tie) {
            return self.in_order(raw, layout, order);
        }
        let mut least: Option<[u64; W]> = None;
        let mut fits = true;
        permute(
            order,
            0,
            &keys,
            &mut |order| match self.in_order(raw, layout, order) {
                Some(packed) => least = Some(least.map_or(packed, |least| packed.min(least))),
                None => fits = false,
            },
        );
        least.filter(|_| fits)
    }

    /// What can be said of each core without naming another, and whether a message or another
    /// core's variable names it.
    fn keys<const W: usize>(
        &self,
        raw: &Raw<W>,
        layout: &Layout,
    ) -> ([u64; MAX_CORES], [bool; MAX_CORES]) {
        let mut keys = [0; MAX_CORES];
        let mut named = [false; MAX_CORES];
        for (line, fields) in layout.lines.iter().enumerate() {
            // What names other nodes is left out of what is said of a core.
            let mut words = raw.words;
            for &(field, _) in &self.in_blocks[line] {
                words[usize::from(field.word)] &= !(field.mask() << field.shift);
                named = [true; MAX_CORES];
            }
            for (key, block) in keys.iter_mut().zip(&fields.blocks) {
                let said = words[usize::from(block.word)] >> block.shift & block.mask();
                *key = spread(*key ^ said);
            }
            for &(field, is_set) in &self.alone[line] {
                let value = u64::from(raw.get(field));
                let set = match (is_set, value) {
                    (true, set) => set,
                    (false, 0) => 0,
                    (false, node) => 1 << (node - 1),
                };
                for rank in 0..self.ranks {
                    let set = set >> (rank * self.cores);
                    for (core, key) in keys.iter_mut().enumerate() {
                        *key = key.rotate_left(1) ^ (set >> core & 1);
                    }
                }
            }
        }
        let mut sums = [0_u64; MAX_CORES];
        for &code in raw.messages() {
            let names = &self.names[usize::from(kind_number(layout, code))];
            let said = spread(u64::from(code & !names.bits));
            for &(part, role) in &names.parts {
                let node = usize::from(part.get(code));
                if self.core_of[node] != AT_NONE {
                    let core = usize::from(self.core_of[node]);
                    let as_what = role << 4 | u32::from(self.rank[node]);
                    sums[core] = sums[core].wrapping_add(said.rotate_left(as_what));
                    named[core] = true;
                }
            }
        }
        for core in 0..self.cores {
            keys[core] = spread(keys[core]) ^ sums[core];
        }
        (keys, named)
    }

    /// The packed state in which the core `order[i]` is called `i`.
    fn in_order<const W: usize>(
        &self,
        raw: &Raw<W>,
        layout: &Layout,
        order: &[u8],
    ) -> Option<[u64; W]> {
        if order
            .iter()
            .enumerate()
            .all(|(new, &old)| new == usize::from(old))
        {
            return raw.pack(layout);
        }
        let mut names = [0_u8, 1, 2, 3, 4, 5, 6, 7];
        for rank in 0..self.ranks {
            for (new, &old) in order.iter().enumerate() {
                names[rank * self.cores + usize::from(old)] = (rank * self.cores + new) as u8;
            }
        }
        let mut next = Raw {
            count: raw.count,
            words: raw.words,
            ..Raw::empty()
        };
        for (line, fields) in layout.lines.iter().enumerate() {
            for (new, &old) in order.iter().enumerate() {
                next.set_block(
                    fields.blocks[new],
                    raw.block(fields.blocks[usize::from(old)]),
                );
            }
            for &(field, is_set) in self.alone[line].iter().chain(&self.in_blocks[line]) {
                let value = next.get(field);
                let renamed = match (is_set, value) {
                    (false, 0) => 0,
                    (false, node) => names[usize::from(node - 1)] + 1,
                    (true, set) => (0..8)
                        .filter(|node| set >> node & 1 == 1)
                        .fold(0, |set, node: usize| set | 1 << names[node]),
                };
                next.set(field, renamed);
            }
        }
        if raw.count > 0 {
            for at in 0..usize::from(raw.count) {
                let code = raw.messages[at];
                let kind = usize::from(kind_number(layout, code));
                next.messages[at] = self.names[kind].renamed(code, &names);
            }
            next.sort(layout);
        }
        next.pack(layout)
    }
}

fn replaced(code: u32, part: Part, value: u8) -> u32 {
    code & !bits_of(part) | u32::from(value) << part.shift
}

fn bits_of(part: Part) -> u32 {
    ((1_u32 << part.bits) - 1) << part.shift
}

/// Every order of cores in which the keys still rise, from position `at` on.
fn permute(order: &mut [u8], at: usize, keys: &[u64; MAX_CORES], each: &mut impl FnMut(&[u8])) {
    if at == order.len() {
        each(order);
        return;
    }
    for other in at..order.len() {
        if keys[usize::from(order[other])] != keys[usize::from(order[at])] {
            break;
        }
        order.swap(at, other);
        permute(order, at + 1, keys, each);
        order.swap(at, other);
    }
}

/// The permutations of so many values that leave 0 where it is.
fn orders(values: u8) -> Vec<Vec<u8>> {
    let mut orders = vec![vec![0]];
    for value in 1..values {
        orders = orders
            .into_iter()
            .flat_map(|order| {
                (1..=order.len()).map(move |at| {
                    let mut longer = order.clone();
                    longer.insert(at, value);
                    longer
                })
            })
            .collect();
    }
    orders
}

/// Spreads bits over a word: multiplication by the golden ratio (Knuth, The Art of Computer
/// Programming, volume 3, section 6.4), folded. Cores for which it gives the same by chance are
/// merely tried in every order.
fn spread(bits: u64) -> u64 {
    let product = u128::from(bits ^ 0x9e37_79b9_7f4a_7c15) * 0x9e37_79b9_7f4a_7c15;
    (product >> 64) as u64 ^ product as u64
}
