//! Reads one condition or one action: a few words, separated by spaces.

use super::expression::{
    Action, Comparison, Condition, CountExpr, CountTerm, NodeExpr, SetExpr, SetTerm,
};
use super::table::{Channel, Kind, Place, VarKind, Variable};
use crate::toml_file::{listed, shown};

/// The names that words can mean.
pub(super) struct Names<'a> {
    /// All channels.
    pub(super) channels: &'a [Channel],
    /// All kinds of messages.
    pub(super) kinds: &'a [Kind],
    /// All controllers, with their places.
    pub(super) controllers: &'a [(String, Place)],
    /// The variables of the controller at hand.
    pub(super) variables: &'a [Variable],
}

/// What is wrong, what was expected.
pub(super) type Mistake = (String, String);

/// A condition, as in `sender = owner`.
pub(super) fn condition(text: &str, names: &Names<'_>) -> Result<Condition, Mistake> {
    let mut words = Words::new(text, names);
    let condition = words.condition()?;
    words.end()?;
    Ok(condition)
}

/// An action, as in `send Inv to sharers - requester`.
pub(super) fn action(text: &str, names: &Names<'_>) -> Result<Action, Mistake> {
    let mut words = Words::new(text, names);
    let action = words.action()?;
    words.end()?;
    Ok(action)
}

/// Whether a word has a meaning of its own, so that nothing can be named by it.
pub(super) fn is_taken(word: &str) -> bool {
    const WORDS: [&str; 26] = [
        "self",
        "sender",
        "requester",
        "member",
        "none",
        "{}",
        "message.acks",
        "message",
        "line",
        "send",
        "load",
        "store",
        "stall",
        "raise",
        "to",
        "for",
        "in",
        "is",
        "not",
        "=",
        "!=",
        "<",
        ">",
        "+",
        "-",
        "|",
    ];
    WORDS.contains(&word) || word.parse::<u8>().is_ok() || word.contains('|')
}

/// A value of one of the three types.
enum Value {
    Count(CountExpr),
    Node(NodeExpr),
    Set(SetExpr),
}

struct Words<'a> {
    words: Vec<&'a str>,
    at: usize,
    names: &'a Names<'a>,
}

impl<'a> Words<'a> {
    fn new(text: &'a str, names: &'a Names<'a>) -> Words<'a> {
        let words = text.split_whitespace().flat_map(bars_apart).collect();
        Words {
            words,
            at: 0,
            names,
        }
    }

    fn peek(&self) -> Option<&'a str> {
        self.words.get(self.at).copied()
    }

    fn next(&mut self, expected: &str) -> Result<&'a str, Mistake> {
        let word = self.peek().ok_or_else(|| {
            (
                "something is missing at the end".to_owned(),
                format!("expected {expected}"),
            )
        })?;
        self.at += 1;
        Ok(word)
    }

    fn take(&mut self, word: &str) -> bool {
        let found = self.peek() == Some(word);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, word: &str) -> Result<(), Mistake> {
        match self.next(&format!("`{word}`"))? {
            found if found == word => Ok(()),
            found => Err(unexpected(found, &format!("`{word}`"))),
        }
    }

    fn end(&self) -> Result<(), Mistake> {
        match self.peek() {
            None => Ok(()),
            Some(word) => Err(unexpected(word, "nothing more")),
        }
    }

    fn condition(&mut self) -> Result<Condition, Mistake> {
        let holds = !self.take("not");
        if let Some(channel) = self.peek().and_then(|word| self.wire(word)) {
            self.at += 1;
            return Ok(Condition::Wire(channel, holds));
        }
        if !holds {
            return Err((
                "`not` stands only before a wire".to_owned(),
                self.known_wires(),
            ));
        }
        let left = self.value()?;
        let operator = self.next("`=`, `!=`, `<`, `>`, `in`, `not in`, `is` or `is not`")?;
        match operator {
            "is" => {
                let holds = !self.take("not");
                let name = self.next("a controller")?;
                let index = self.controller(name)?;
                Ok(Condition::Instance(node(left, operator)?, holds, index))
            }
            "in" => Ok(Condition::Member(node(left, operator)?, true, self.set()?)),
            "not" => {
                self.expect("in")?;
                Ok(Condition::Member(node(left, operator)?, false, self.set()?))
            }
            "=" | "!=" | "<" | ">" => self.compare(left, operator),
            word => Err(unexpected(
                word,
                "`=`, `!=`, `<`, `>`, `in`, `not in`, `is` or `is not`",
            )),
        }
    }

    fn compare(&mut self, left: Value, operator: &str) -> Result<Condition, Mistake> {
        let comparison = match operator {
            "=" => Comparison::Equal,
            "!=" => Comparison::Unequal,
            "<" => Comparison::Less,
            _ => Comparison::Greater,
        };
        let same = match comparison {
            Comparison::Equal => Some(true),
            Comparison::Unequal => Some(false),
            _ => None,
        };
        let right = self.value()?;
        match (left, right, same) {
            (Value::Count(left), Value::Count(right), _) => {
                Ok(Condition::Counts(left, comparison, right))
            }
            (Value::Node(left), Value::Node(right), Some(same)) => {
                Ok(Condition::Nodes(left, same, right))
            }
            (Value::Set(left), right, Some(same)) => Ok(Condition::Sets(left, same, set(right)?)),
            (Value::Node(left), Value::Set(right), Some(same)) => {
                Ok(Condition::Sets(of_node(left), same, right))
            }
            (_, _, None) => Err((
                format!("`{operator}` compares counts only"),
                "expected a number, a count variable, `acks` or `|set|` on both sides".to_owned(),
            )),
            _ => Err((
                "the two sides are not of the same type".to_owned(),
                "expected two counts, two nodes or two sets".to_owned(),
            )),
        }
    }

    fn action(&mut self) -> Result<Action, Mistake> {
        let word = self.next("an action")?;
        match word {
            "send" => self.send(),
            "load" => Ok(Action::Load),
            "store" => Ok(Action::Store),
            "stall" => Ok(Action::Stall),
            "raise" => {
                let name = self.next("a wire")?;
                let wire = self.wire(name);
                let wire = wire.ok_or_else(|| unknown("wire", name, self.known_wires()))?;
                Ok(Action::Raise(wire))
            }
            "line" => {
                self.expect("=")?;
                self.expect("message")?;
                Ok(Action::TakeLine)
            }
            _ => self.assign(word),
        }
    }

    fn send(&mut self) -> Result<Action, Mistake> {
        let name = self.next("a message")?;
        let kinds = self.names.kinds;
        let kind = kinds
            .iter()
            .position(|kind| kind.name == name)
            .ok_or_else(|| {
                let known = listed(kinds.iter().map(|kind| &*kind.name));
                unknown("message", name, format!("known messages: {known}"))
            })?;
        self.expect("to")?;
        let to = self.set()?;
        let acks = if self.take("acks") {
            Some(self.count()?)
        } else {
            None
        };
        let requester = if self.take("for") {
            Some(node(self.value()?, "for")?)
        } else {
            None
        };
        match (kinds[kind].acks, acks.is_some()) {
            (true, false) => Err((
                format!("`{name}` carries a count"),
                "expected `acks …` after the receivers".to_owned(),
            )),
            (false, true) => Err((
                format!("`{name}` carries no count"),
                "expected no `acks`, or `carries = [\"acks\"]` at the message".to_owned(),
            )),
            _ => Ok(Action::Send {
                kind: kind as u8,
                to,
                acks,
                requester,
            }),
        }
    }

    fn assign(&mut self, name: &str) -> Result<Action, Mistake> {
        let variables = self.names.variables;
        let index = variables.iter().position(|variable| variable.name == name);
        let Some(index) = index else {
            let known = listed(variables.iter().map(|variable| &*variable.name));
            let expected = format!(
                "expected send, load, store, stall, raise, `line = message`, or a variable: {known}"
            );
            return Err((format!("unknown action `{}`", shown(name)), expected));
        };
        self.expect("=")?;
        let index_u8 = index as u8;
        Ok(match variables[index].kind {
            VarKind::Count => Action::SetCount(index_u8, self.count()?),
            VarKind::Node => Action::SetNode(index_u8, node(self.value()?, "=")?),
            VarKind::Set => Action::SetSet(index_u8, self.set()?),
        })
    }

    fn set(&mut self) -> Result<SetExpr, Mistake> {
        set(self.value()?)
    }

    fn count(&mut self) -> Result<CountExpr, Mistake> {
        match self.value()? {
            Value::Count(count) => Ok(count),
            _ => Err((
                "a count is missing".to_owned(),
                "expected a number, a count variable, `acks` or `|set|`".to_owned(),
            )),
        }
    }

    /// Terms with `+` and `-` between them, all counts or all nodes and sets.
    fn value(&mut self) -> Result<Value, Mistake> {
        let first = self.term()?;
        if !matches!(self.peek(), Some("+" | "-")) {
            return Ok(first);
        }
        let mut terms = vec![(true, first)];
        while let Some(sign) = self.peek().filter(|word| matches!(*word, "+" | "-")) {
            self.at += 1;
            terms.push((sign == "+", self.term()?));
        }
        if matches!(terms[0].1, Value::Count(_)) {
            let mut all = Vec::new();
            for (sign, term) in terms {
                let Value::Count(CountExpr(inner)) = term else {
                    return Err(mixed());
                };
                all.extend(inner.into_iter().map(|(own, term)| (own == sign, term)));
            }
            return Ok(Value::Count(CountExpr(all.into())));
        }
        let mut all = Vec::new();
        for (sign, term) in terms {
            let SetExpr(inner) = set(term).map_err(|_| mixed())?;
            all.extend(inner.into_iter().map(|(own, term)| (own == sign, term)));
        }
        Ok(Value::Set(SetExpr(all.into())))
    }

    fn term(&mut self) -> Result<Value, Mistake> {
        let word = self.next("a value")?;
        if word == "|" {
            let inner = self.set()?;
            self.expect("|")?;
            return Ok(one_count(CountTerm::Size(inner)));
        }
        if let Ok(number) = word.parse::<u8>() {
            return Ok(one_count(CountTerm::Number(i32::from(number))));
        }
        let node = match word {
            "self" => NodeExpr::Me,
            "sender" => NodeExpr::Sender,
            "requester" => NodeExpr::Requester,
            "member" => NodeExpr::Member,
            "none" => NodeExpr::Nobody,
            "acks" if self.variable("acks").is_none() => return Ok(one_count(CountTerm::Message)),
            "message.acks" => return Ok(one_count(CountTerm::Message)),
            "{}" => return Ok(Value::Set(SetExpr(Box::new([(true, SetTerm::Empty)])))),
            _ => return self.named(word),
        };
        Ok(Value::Node(node))
    }

    fn named(&self, word: &str) -> Result<Value, Mistake> {
        if let Some((index, kind)) = self.variable(word) {
            return Ok(match kind {
                VarKind::Count => one_count(CountTerm::Var(index)),
                VarKind::Node => Value::Node(NodeExpr::Var(index)),
                VarKind::Set => Value::Set(SetExpr(Box::new([(true, SetTerm::Var(index))]))),
            });
        }
        let index = self
            .controller(word)
            .map_err(|_| self.unknown_value(word))?;
        Ok(match self.names.controllers[usize::from(index)].1 {
            Place::Core => Value::Set(SetExpr(Box::new([(true, SetTerm::All(index))]))),
            Place::Memory | Place::Alone => Value::Node(NodeExpr::Single(index)),
        })
    }

    fn unknown_value(&self, word: &str) -> Mistake {
        let fixed = [
            "self",
            "sender",
            "requester",
            "member",
            "none",
            "{}",
            "message.acks",
        ];
        let variables = self.names.variables.iter().map(|variable| &*variable.name);
        let controllers = self.names.controllers.iter().map(|(name, _)| &**name);
        let known = listed(variables.chain(controllers).chain(fixed));
        unknown(
            "value",
            word,
            format!("expected a number, |set|, or one of {known}"),
        )
    }

    fn variable(&self, name: &str) -> Option<(u8, VarKind)> {
        let variables = self.names.variables;
        let index = variables
            .iter()
            .position(|variable| variable.name == name)?;
        Some((index as u8, variables[index].kind))
    }

    fn controller(&self, name: &str) -> Result<u8, Mistake> {
        let controllers = self.names.controllers;
        let index = controllers.iter().position(|(known, _)| known == name);
        index.map(|index| index as u8).ok_or_else(|| {
            let known = listed(controllers.iter().map(|(name, _)| &**name));
            unknown("controller", name, format!("known controllers: {known}"))
        })
    }

    fn wire(&self, name: &str) -> Option<u8> {
        let channels = self.names.channels;
        let index = channels
            .iter()
            .position(|channel| channel.wire.as_deref() == Some(name));
        index.map(|index| index as u8)
    }

    fn known_wires(&self) -> String {
        let wires = self
            .names
            .channels
            .iter()
            .filter_map(|channel| channel.wire.as_deref());
        format!("known wires: {}", listed(wires))
    }
}

fn one_count(term: CountTerm) -> Value {
    Value::Count(CountExpr(Box::new([(true, term)])))
}

fn of_node(node: NodeExpr) -> SetExpr {
    SetExpr(Box::new([(true, SetTerm::Node(node))]))
}

fn set(value: Value) -> Result<SetExpr, Mistake> {
    match value {
        Value::Set(set) => Ok(set),
        Value::Node(node) => Ok(of_node(node)),
        Value::Count(_) => Err((
            "a count is not a set of nodes".to_owned(),
            "expected nodes and sets, with `+` and `-` between them".to_owned(),
        )),
    }
}

fn node(value: Value, before: &str) -> Result<NodeExpr, Mistake> {
    match value {
        Value::Node(node) => Ok(node),
        _ => Err((
            format!("`{before}` needs one node"),
            "expected self, sender, requester, member, none, or a node variable".to_owned(),
        )),
    }
}

fn mixed() -> Mistake {
    (
        "counts and nodes are mixed".to_owned(),
        "expected counts only, or nodes and sets only".to_owned(),
    )
}

fn unexpected(word: &str, expected: &str) -> Mistake {
    (
        format!("unexpected `{}`", shown(word)),
        format!("expected {expected}"),
    )
}

fn unknown(what: &str, word: &str, expected: String) -> Mistake {
    (format!("unknown {what} `{}`", shown(word)), expected)
}

/// Cuts the bars of `|set|` off the words beside them.
fn bars_apart(word: &str) -> impl Iterator<Item = &str> {
    let (front, rest) = match word.strip_prefix('|') {
        Some(rest) => (Some("|"), rest),
        None => (None, word),
    };
    let (rest, back) = match rest.strip_suffix('|') {
        Some(rest) => (rest, Some("|")),
        None => (rest, None),
    };
    let middle = Some(rest).filter(|rest| !rest.is_empty());
    front.into_iter().chain(middle).chain(back)
}
