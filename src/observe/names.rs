//! The results that a trace gives names to: what a litmus test asks about.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::machine::{Event, Note, Observer};

/// The last value of each name; none where a map had no such key.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Named {
    /// By name.
    pub values: BTreeMap<Arc<str>, Option<u128>>,
}

impl<P> Observer<P> for Named {
    fn observe(&mut self, event: &Event<'_, P>) {
        if let Event::Note {
            note: Note::Named { name, value },
            ..
        } = event
        {
            self.values.insert(Arc::clone(name), *value);
        }
    }
}
