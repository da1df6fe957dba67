//! What caches hold before a test begins: its `Prefetch=` line, as diy writes it and litmus7 takes
//! it (herdtools7 manual, "Running tests with litmus7: cache preload"). Without one all is in memory.

use super::test::Test;

/// What a core has done to a location before the test begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prefetch {
    /// Which one: its thread.
    pub thread: u16,
    /// The location, by its place in the test.
    pub location: u16,
    /// What.
    pub how: Preload,
}

/// What is done to a location beforehand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preload {
    /// It is in no cache (`F`), as if nothing were said.
    Flush,
    /// It is read (`T`).
    Touch,
    /// It is written (`W`).
    Write,
}

/// What a test's `Prefetch=0:x=F,0:y=W,1:x=T` asks for, in its order. It is a hint about how to run
/// a test, no part of what it means: entries that cannot be read, or that name what the test does
/// not have, are passed over.
#[must_use]
pub fn prefetches(test: &Test) -> Vec<Prefetch> {
    let hints = test.info.iter().filter(|(key, _)| key == "Prefetch");
    let entries = hints.flat_map(|(_, value)| value.split(','));
    entries
        .filter_map(|entry| prefetch(test, entry.trim()))
        .collect()
}

fn prefetch(test: &Test, entry: &str) -> Option<Prefetch> {
    let (thread, rest) = entry.split_once(':')?;
    let (name, how) = rest.split_once('=')?;
    let thread: u16 = thread.parse().ok()?;
    let named = |location: &super::Location| location.name == name;
    let location = test.locations.iter().position(named)?;
    let how = match how {
        "F" => Preload::Flush,
        "T" => Preload::Touch,
        "W" => Preload::Write,
        _ => return None,
    };
    (usize::from(thread) < test.threads.len()).then_some(Prefetch {
        thread,
        location: location as u16,
        how,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hints_that_cannot_be_followed_are_passed_over() {
        let text = "X86_64 T\nPrefetch=0:x=F,0:y=W,1:x=T,2:x=T,0:z=T,0:x=S,y=W,0:x\n{ x=0; y=0; }\n \
                    P0 | P1 ;\n movq $1,(x) | movq (y),%rax ;\nexists (1:rax=1)\n";
        let test = Test::parse("t.litmus", text).unwrap_or_else(|invalid| panic!("{invalid}"));
        let seen = prefetches(&test);
        let seen: Vec<_> = seen
            .iter()
            .map(|one| (one.thread, one.location, one.how))
            .collect();
        use Preload::{Flush, Touch, Write};
        assert_eq!(seen, [(0, 0, Flush), (0, 1, Write), (1, 0, Touch)]);
    }
}
