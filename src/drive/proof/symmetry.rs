//! States that differ only in the numbers of cores, or in which value is which, behave alike:
//! one of them stands for all. Scalarsets in the words of Ip and Dill, "Better verification
//! through symmetry" (1996); the choice is canonical, not heuristic.
//!
//! Values: the latest becomes 0. Cores: they are sorted by what can be said of each without
//! naming another; those of which the same is said are tried in every order, and the smallest
//! state is taken.

use super::layout::{Code, Field, Layout, Part};
use super::raw::{Raw, kind_of};
use super::space::{Rights, Size, System};
use crate::protocol::network::VarKind;

/// As many as there are nodes at most.
const MAX_CORES: usize = 8;

/// How cores and values change places.
#[derive(Clone, Debug)]
pub(super) struct Symmetry {
    cores: usize,
    values: u8,
    /// For each node its core.
    core_of: Vec<Option<u8>>,
    /// For each node its place among those at the same core.
    rank: Vec<u8>,
    /// For each core its nodes, in the order of controllers.
    at_core: Vec<Vec<u8>>,
    /// For each line the fields that name nodes, and whether as a set: those that stand at no
    /// core, and those in cores' blocks.
    alone: Vec<Vec<(Field, bool)>>,
    in_blocks: Vec<Vec<(Field, bool)>>,
    /// For each node and state whether a later step can read the line.
    lives: Vec<Vec<bool>>,
    /// The orders of the values other than 0.
    orders: Vec<Vec<u8>>,
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
        let core_of: Vec<Option<u8>> = match system {
            System::Bus(_) => {
                let node = |node| (node < size.cores).then_some(node as u8);
                (0..controllers.len()).map(node).collect()
            }
            System::Network(network) => {
                let core = |node| network.controllers.core(node).map(|core| core as u8);
                (0..controllers.len()).map(core).collect()
            }
        };
        let at_core = (0..size.cores).map(|core| {
            let here = |&node: &u8| core_of[usize::from(node)] == Some(core as u8);
            (0..controllers.len() as u8).filter(here).collect()
        });
        let rank = (0..controllers.len()).map(|node| {
            let same = core_of[..node]
                .iter()
                .filter(|core| core.is_some() && **core == core_of[node]);
            same.count() as u8
        });
        let rank = rank.collect();
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
                let nodes = nodes.filter(|&(node, _)| core_of[node].is_some() == at_core);
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
            at_core: at_core.collect(),
            rank,
            alone: naming(false),
            in_blocks: naming(true),
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
        order.sort_by_key(|&core| keys[usize::from(core)]);
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
            for (core, key) in keys.iter_mut().enumerate().take(self.cores) {
                let block = fields.blocks[core];
                let said = words[usize::from(block.word)] >> block.shift & block.mask();
                *key = spread(*key ^ said);
            }
            for &(field, is_set) in &self.alone[line] {
                let value = raw.get(field);
                for (at_core, key) in self.at_core.iter().zip(&mut keys) {
                    for &node in at_core {
                        let names = if is_set {
                            value >> node & 1 == 1
                        } else {
                            value == node + 1
                        };
                        *key = key.rotate_left(1) ^ u64::from(names);
                    }
                }
            }
        }
        let mut sums = [0_u64; MAX_CORES];
        for &code in raw.messages() {
            let kind = kind_of(layout, code);
            let bare = code & !(bits_of(kind.from) | bits_of(kind.to) | bits_of(kind.requester));
            for (role, part) in [kind.from, kind.to, kind.requester].into_iter().enumerate() {
                if part.bits == 0 {
                    continue;
                }
                let node = part.get(code);
                if let Some(core) = self.core_of[usize::from(node)] {
                    let core = usize::from(core);
                    let said = u64::from(bare) << 8
                        | (role as u64) << 6
                        | u64::from(self.rank[usize::from(node)]);
                    sums[core] = sums[core].wrapping_add(spread(said + 1));
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
        for (new, &old) in order.iter().enumerate() {
            for (&new, &old) in self.at_core[new]
                .iter()
                .zip(&self.at_core[usize::from(old)])
            {
                names[usize::from(old)] = new;
            }
        }
        let mut next = Raw {
            words: raw.words,
            messages: raw.messages,
            count: raw.count,
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
                next.messages[at] =
                    renamed(raw.messages[at], kind_of(layout, raw.messages[at]), &names);
            }
            next.sort(layout);
        }
        next.pack(layout)
    }
}

fn renamed(code: u32, kind: &Code, names: &[u8; MAX_CORES]) -> u32 {
    [kind.from, kind.to, kind.requester]
        .into_iter()
        .fold(code, |code, part| {
            if part.bits == 0 {
                return code;
            }
            replaced(code, part, names[usize::from(part.get(code))])
        })
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
