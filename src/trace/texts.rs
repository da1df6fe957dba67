//! Labels, names of results and quoted texts, each kept in memory once however often a trace
//! repeats it.

use std::sync::Arc;

use rustc_hash::FxHashSet;

/// With more than this many different texts, those so far are forgotten.
const MAX_KEPT: usize = 1024;

/// The texts of a trace that were met so far.
#[derive(Debug, Default)]
pub(super) struct Texts {
    kept: FxHashSet<Arc<str>>,
}

impl Texts {
    /// The text, shared with all that are equal.
    pub(super) fn share(&mut self, text: &str) -> Arc<str> {
        if let Some(kept) = self.kept.get(text) {
            return Arc::clone(kept);
        }
        if self.kept.len() == MAX_KEPT {
            self.kept.clear();
        }
        let text: Arc<str> = text.into();
        self.kept.insert(Arc::clone(&text));
        text
    }
}
