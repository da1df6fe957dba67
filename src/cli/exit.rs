//! What the shell is told of runs.

use std::collections::BTreeSet;
use std::process::ExitCode;

use crate::replay::Verdict;

/// The exit code for runs that showed these.
pub(super) fn exit_code(verdicts: impl Iterator<Item = Verdict>) -> ExitCode {
    ExitCode::from(code(verdicts))
}

fn code(verdicts: impl Iterator<Item = Verdict>) -> u8 {
    let code = |verdict| match verdict {
        Verdict::Violation => 1,
        Verdict::Unsupported | Verdict::Stopped => 3,
        _ => 0,
    };
    let codes: BTreeSet<u8> = verdicts.map(code).collect();
    let worst = [1, 3].into_iter().find(|code| codes.contains(code));
    worst.unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_stopped_is_never_a_success() {
        let code = |verdicts: &[Verdict]| code(verdicts.iter().copied());
        assert_eq!(code(&[Verdict::TornRead]), 0);
        assert_eq!(code(&[Verdict::TornRead, Verdict::Stopped]), 3);
        assert_eq!(code(&[Verdict::Violation, Verdict::Stopped]), 1);
    }
}
