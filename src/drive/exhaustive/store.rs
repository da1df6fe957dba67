//! States in the order in which they were found: an array that only grows, in chunks, so that
//! it never moves and never holds much more than it needs.

/// States of a chunk: at 16 bytes each, half a page, so that few states need little.
const CHUNK: usize = 128;

pub(super) struct Store<P> {
    chunks: Vec<Box<[P; CHUNK]>>,
    len: usize,
}

impl<P: Copy> Store<P> {
    pub(super) fn new() -> Store<P> {
        Store {
            chunks: Vec::new(),
            len: 0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    #[inline]
    pub(super) fn get(&self, index: usize) -> &P {
        &self.chunks[index / CHUNK][index % CHUNK]
    }

    pub(super) fn push(&mut self, state: P) {
        let within = self.len % CHUNK;
        if within == 0 {
            let chunk = vec![state; CHUNK].into_boxed_slice();
            let chunk = chunk.try_into().ok().expect("a chunk has CHUNK states");
            self.chunks.push(chunk);
        } else {
            self.chunks[self.len / CHUNK][within] = state;
        }
        self.len += 1;
    }

    /// All of them, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &P> {
        let all = self.chunks.iter().flat_map(|chunk| chunk.iter());
        all.take(self.len)
    }

    pub(super) fn bytes(&self) -> usize {
        self.chunks.len() * CHUNK * size_of::<P>()
            + self.chunks.capacity() * size_of::<Box<[P; CHUNK]>>()
    }
}
