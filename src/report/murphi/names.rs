//! Identifiers: the user's names in a form that Murphi takes, each for one thing only.

use std::collections::BTreeSet;

/// Murphi's words in all its dialects, in lower case; none can be a name.
const RESERVED: &str = "abs alias array as assert assume begin boolean by bytes card case choose \
    clear const cover do else elsif end endalias endassert endassume endclear endcover enderror \
    endexists endfor endforall endfunction endif endinvariant endliveness endmultiset \
    endprocedure endprogram endput endrecord endrule endruleset endstartstate endswitch enduclid \
    endwhile enum error exists false flushed for forall from function if import in interleaved \
    invariant ischannel ismember isundefined liveness map max min multiset multisetadd \
    multisetcount multisetremove multisetremovepred new of or and not procedure process program \
    property put real record return rule ruleset scalarset smt startstate switch then to traceuntil \
    true type uclid undefine undefined union var while with xor";

/// All identifiers of a model.
#[derive(Debug, Default)]
pub(super) struct Names {
    taken: BTreeSet<String>,
}

impl Names {
    /// No names but those that the model itself uses.
    pub(super) fn new(own: &str) -> Names {
        let words = RESERVED.split_whitespace().chain(own.split_whitespace());
        Names {
            taken: words.map(str::to_lowercase).collect(),
        }
    }

    /// An identifier for `name`, unlike all others even where case makes no difference.
    pub(super) fn add(&mut self, name: &str) -> String {
        let fit = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
        let mut plain: String = name.chars().map(fit).collect();
        if !plain.starts_with(|c: char| c.is_ascii_alphabetic()) {
            plain.insert(0, 'x');
        }
        let mut found = plain.clone();
        let mut number = 2;
        while !self.taken.insert(found.to_lowercase()) {
            found = format!("{plain}_{number}");
            number += 1;
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::Names;

    #[test]
    fn identifiers_are_plain_and_differ() {
        let mut names = Names::new("v latest");
        let made =
            ["S", "s", "Fwd-GetS", "to", "V", "1st", "Fwd GetS", "", "ï"].map(|n| names.add(n));
        let expected = [
            "S",
            "s_2",
            "Fwd_GetS",
            "to_2",
            "V_2",
            "x1st",
            "Fwd_GetS_2",
            "x",
            "x_",
        ];
        assert_eq!(made, expected);
    }
}
