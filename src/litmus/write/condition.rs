//! Conditions in herd7's words: each place by the name under which states show it, and no more
//! parentheses than are needed to read them back.

use std::fmt;

use crate::litmus::{Atom, Comparison, Condition, Place, Proposition, Quantifier, Value};

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.quantifier, self.proposition)
    }
}

impl fmt::Display for Quantifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Quantifier::Exists => "exists",
            Quantifier::NotExists => "~exists",
            Quantifier::ForAll => "forall",
        })
    }
}

impl fmt::Display for Proposition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Proposition::Atom(atom) => atom.fmt(f),
            Proposition::Constant(constant) => constant.fmt(f),
            Proposition::Not(inner) => write!(f, "not ({inner})"),
            Proposition::And(all) => list(f, all, " /\\ ", |inner| {
                matches!(inner, Proposition::Or(_) | Proposition::Implies(_))
            }),
            Proposition::Or(any) => list(f, any, " \\/ ", |inner| {
                matches!(inner, Proposition::Implies(_))
            }),
            Proposition::Implies(both) => {
                let wide = |inner: &_| matches!(inner, Proposition::And(_) | Proposition::Or(_));
                let implies = matches!(both[0], Proposition::Implies(_));
                write_in(f, &both[0], wide(&both[0]) || implies)?;
                f.write_str(" => ")?;
                write_in(f, &both[1], wide(&both[1]))
            }
        }
    }
}

/// Propositions with a sign between them, those that are looser in parentheses.
fn list(
    f: &mut fmt::Formatter<'_>,
    all: &[Proposition],
    sign: &str,
    looser: impl Fn(&Proposition) -> bool,
) -> fmt::Result {
    for (index, inner) in all.iter().enumerate() {
        if index > 0 {
            f.write_str(sign)?;
        }
        write_in(f, inner, looser(inner))?;
    }
    Ok(())
}

fn write_in(f: &mut fmt::Formatter<'_>, inner: &Proposition, parentheses: bool) -> fmt::Result {
    match parentheses {
        true => write!(f, "({inner})"),
        false => write!(f, "{inner}"),
    }
}

impl fmt::Display for Atom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match self.comparison {
            Comparison::Equal => "=",
            Comparison::NotEqual => "<>",
        };
        write!(f, "{}{sign}{}", self.place, self.value)
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Number(number) => number.cast_signed().fmt(f),
            Value::Address { name, .. } => f.write_str(name),
        }
    }
}

impl fmt::Display for Place {
    /// As herd7 shows it in final states: `0:rax`, `[x]` or `t[1]`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Register { thread, name, .. } => write!(f, "{thread}:{name}"),
            Place::Location {
                name,
                element: Some(element),
                ..
            } => write!(f, "{name}[{element}]"),
            Place::Location { name, .. } => write!(f, "[{name}]"),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::litmus::Test;

    /// What is written for a condition.
    fn written(condition: &str) -> String {
        let text = format!("X86_64 T\n{{ int t[2]; }}\n P0 ;\n nop ;\n{condition}\n");
        let test = Test::parse("written", &text).unwrap_or_else(|invalid| panic!("{invalid}"));
        test.condition.to_string()
    }

    #[test]
    fn parentheses_are_written_where_they_are_needed() {
        let same = [
            "exists (x=1)",
            "~exists (0:rax=1 /\\ t[1]<>-1)",
            "forall (true)",
            "exists (not ([x]=1) \\/ false)",
            "exists ([x]=1 /\\ ([y]=1 \\/ [z]=1) \\/ [a]=y)",
            "exists ([x]=1 => [y]=1 => [z]=1)",
            "exists (([x]=1 => [y]=1) => [z]=1)",
            "exists ([x]=1 /\\ ([y]=1 => ([z]=1 \\/ [a]=1)))",
        ];
        for condition in same {
            assert_eq!(written(condition), condition.replace("(x=1)", "([x]=1)"));
        }
        let other = [
            ("(x=1)", "exists ([x]=1)"),
            (
                "exists ((x=1 /\\ y=1) /\\ z=1)",
                "exists ([x]=1 /\\ [y]=1 /\\ [z]=1)",
            ),
            ("final ~ ~x!=0x10", "exists (not (not ([x]<>16)))"),
            // herd7's order of signs, not logic's.
            (
                "forall x=1 /\\ y=1 => z=1",
                "forall ([x]=1 /\\ ([y]=1 => [z]=1))",
            ),
        ];
        for (condition, expected) in other {
            assert_eq!(written(condition), expected);
        }
    }
}
