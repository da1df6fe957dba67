//! Where each state is in its store: a flat table of 32-bit entries with open addressing.
//!
//! An entry is an index plus one; the bits that indexes do not need hold a tag, some bits of
//! the state's hash, so that almost no state is looked at in vain. The capacity is no power of
//! two (the place comes from the high half of a product: Lemire, "Fast random integer
//! generation in an interval", 2019), so the table grows by two fifths and is never much
//! larger than it needs.

/// Smaller tables double: then no memory is saved that counts.
const SMALL: usize = 1 << 12;
/// Numerator and denominator of the largest load.
const LOAD: (usize, usize) = (77, 100);
/// The same of the growth.
const GROWTH: (usize, usize) = (7, 5);
/// Entries of the first table.
const FIRST: usize = 64;

pub(super) struct Table {
    entries: Vec<u32>,
    /// Bits of an entry that hold an index.
    index_mask: u32,
    /// How many indexes it may hold.
    room: usize,
}

impl Table {
    pub(super) fn new() -> Table {
        Table::with_capacity(FIRST)
    }

    fn with_capacity(capacity: usize) -> Table {
        let room = capacity * LOAD.0 / LOAD.1;
        let bits = usize::BITS - room.leading_zeros();
        assert!(bits <= 32, "a shard has less than 2^32 states");
        Table {
            entries: vec![0; capacity],
            index_mask: u32::MAX >> (32 - bits),
            room,
        }
    }

    /// Whether `len` indexes are as many as it may hold.
    pub(super) fn is_full(&self, len: usize) -> bool {
        len >= self.room
    }

    /// Makes room for more, given the hashes of all that are in it, in their order.
    pub(super) fn grow(&mut self, hashes: impl Iterator<Item = u64>) {
        let capacity = match self.entries.len() {
            small @ ..SMALL => 2 * small,
            large => large * GROWTH.0 / GROWTH.1,
        };
        self.entries = Vec::new(); // first, so that there are never two tables
        *self = Table::with_capacity(capacity);
        for (index, hash) in hashes.enumerate() {
            let mut slot = self.home(hash);
            while self.entries[slot] != 0 {
                slot = self.after(slot);
            }
            self.entries[slot] = self.entry(hash, index);
        }
    }

    /// Where the search for a hash begins.
    #[inline]
    fn home(&self, hash: u64) -> usize {
        ((u128::from(hash) * self.entries.len() as u128) >> 64) as usize
    }

    #[inline]
    fn after(&self, slot: usize) -> usize {
        let next = slot + 1;
        if next == self.entries.len() { 0 } else { next }
    }

    /// The tag is taken from the bits that have the least influence on the place.
    #[inline]
    fn entry(&self, hash: u64, index: usize) -> u32 {
        (hash as u32 & !self.index_mask) | (index as u32 + 1)
    }

    /// The entry where the search for a hash begins. Asked for many hashes in a row, it brings
    /// their places into the processor's cache all at once.
    #[inline]
    pub(super) fn touch(&self, hash: u64) -> u32 {
        self.entries[self.home(hash)]
    }

    /// The first index that may be this hash's; 0 if there is none.
    #[inline]
    pub(super) fn likely(&self, hash: u64) -> u32 {
        let mut slot = self.home(hash);
        loop {
            let entry = self.entries[slot];
            if entry == 0 {
                return 0;
            }
            if (entry ^ hash as u32) & !self.index_mask == 0 {
                return (entry & self.index_mask) - 1;
            }
            slot = self.after(slot);
        }
    }

    /// The index in an entry, if it may be this hash's.
    #[inline]
    fn index(&self, hash: u64, entry: u32) -> Option<usize> {
        let same_tag = (entry ^ hash as u32) & !self.index_mask == 0;
        same_tag.then(|| (entry & self.index_mask) as usize - 1)
    }

    /// The index of what has this hash and is the right one; else the slot where it belongs.
    #[inline]
    pub(super) fn find(&self, hash: u64, is_it: impl Fn(usize) -> bool) -> Result<usize, Vacant> {
        let mut slot = self.home(hash);
        loop {
            let entry = self.entries[slot];
            if entry == 0 {
                return Err(Vacant(slot));
            }
            match self.index(hash, entry) {
                Some(index) if is_it(index) => return Ok(index),
                _ => slot = self.after(slot),
            }
        }
    }

    #[inline]
    pub(super) fn put(&mut self, vacant: &Vacant, hash: u64, index: usize) {
        self.entries[vacant.0] = self.entry(hash, index);
    }

    pub(super) fn bytes(&self) -> usize {
        self.entries.capacity() * size_of::<u32>()
    }
}

/// A slot without an entry.
pub(super) struct Vacant(usize);
