//! A witness as a sequence diagram.

use std::fmt::Write as _;

use super::WitnessReport;

/// The witness as a Mermaid sequence diagram.
#[must_use]
pub fn mermaid(witness: &WitnessReport) -> String {
    let mut names: Vec<&String> = Vec::new();
    for step in &witness.steps {
        let named = step
            .actor
            .iter()
            .chain(&step.sender)
            .chain(step.changes.iter().map(|change| &change.whose));
        for name in named.chain(step.sent.iter().map(|sent| &sent.to)) {
            if !names.contains(&name) && name != "everyone" {
                names.push(name);
            }
        }
    }
    names.sort();
    let id = |name: &String| {
        format!(
            "n{}",
            names.iter().position(|known| *known == name).unwrap_or(0)
        )
    };
    let mut text = "sequenceDiagram\n".to_owned();
    for name in &names {
        let _ = writeln!(text, "    participant {} as {name}", id(name));
    }
    for (number, step) in (1..).zip(&witness.steps) {
        let what = plain(&step.what);
        let _ = match (&step.sender, &step.actor) {
            (Some(sender), Some(actor)) => {
                writeln!(text, "    {}->>{}: {number}. {what}", id(sender), id(actor))
            }
            (_, Some(actor)) => writeln!(text, "    Note over {}: {number}. {what}", id(actor)),
            (_, None) => writeln!(text, "    Note over {}: {number}. {what}", all(&names, &id)),
        };
        for name in &names {
            let own = step.changes.iter().filter(|change| change.whose == **name);
            let own: Vec<String> = own.map(|change| plain(&change.how)).collect();
            if !own.is_empty() {
                let _ = writeln!(text, "    Note over {}: {}", id(name), own.join(", "));
            }
        }
    }
    let _ = writeln!(
        text,
        "    Note over {}: {}",
        all(&names, &id),
        plain(&witness.wrong)
    );
    text
}

fn all(names: &[&String], id: &dyn Fn(&String) -> String) -> String {
    match names {
        [] => "n0".to_owned(),
        [only] => id(only),
        [first, .., last] => format!("{},{}", id(first), id(last)),
    }
}

/// Without what means something to Mermaid.
pub(in crate::report) fn plain(text: &str) -> String {
    text.replace([';', '#', ':'], ",")
        .replace('{', "[")
        .replace('}', "]")
}
