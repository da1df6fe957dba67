//! What is asked and computed, in Murphi's words.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::names::Names;
use super::shape::{ControllerShape, Shape};
use super::text::Text;
use crate::protocol::network::{
    Comparison, Condition, CountExpr, CountTerm, NodeExpr, SetExpr, SetTerm, TriggeredEvent,
};

/// Where an expression stands.
pub(super) struct Scope<'a> {
    pub(super) shape: &'a Shape<'a>,
    pub(super) of: &'a ControllerShape<'a>,
    /// The message's sender; of kinds that nobody asks for it any.
    pub(super) sender: String,
    pub(super) requester: String,
    pub(super) acks: String,
    /// Functions for the sizes of sets: their text by their heads.
    pub(super) sizes: &'a RefCell<Sizes>,
}

/// Functions that count a set's members, by what they return.
#[derive(Debug, Default)]
pub(super) struct Sizes {
    known: BTreeMap<String, String>,
    names: Names,
    /// Their text, in the order in which they were first needed.
    text: Vec<(String, Vec<String>)>,
}

impl Scope<'_> {
    fn variable(&self, variable: u8) -> String {
        let name = &self.of.variables[usize::from(variable)];
        format!("{}.{name}", self.of.stored("n"))
    }

    /// A node's number, and whether it may be no one.
    pub(super) fn node(&self, node: NodeExpr) -> (String, bool) {
        match node {
            NodeExpr::Me => (self.of.me().to_owned(), false),
            NodeExpr::Sender => (self.sender.clone(), false),
            NodeExpr::Requester => (self.requester.clone(), false),
            NodeExpr::Member => ("member".to_owned(), false),
            NodeExpr::Nobody => ("nobody".to_owned(), true),
            NodeExpr::Var(variable) => (self.variable(variable), true),
            NodeExpr::Single(controller) => (
                self.shape.controllers[usize::from(controller)].node.clone(),
                false,
            ),
        }
    }

    /// Whether the node `x` is in a set.
    pub(super) fn within(&self, set: &SetExpr, x: &str) -> String {
        let mut all: Option<String> = None;
        for &(add, term) in &set.0 {
            let term = match term {
                SetTerm::Var(variable) => format!("{}[{x}]", self.variable(variable)),
                SetTerm::Node(node) => format!("{x} = {}", self.node(node).0),
                SetTerm::Empty => "false".to_owned(),
                SetTerm::All(controller) => self.is_instance(x, controller),
            };
            all = Some(match (all, add) {
                (None, true) => term,
                (None, false) => "false".to_owned(),
                (Some(all), true) => format!("({all} | {term})"),
                (Some(all), false) => format!("({all} & !({term}))"),
            });
        }
        all.unwrap_or_else(|| "false".to_owned())
    }

    fn is_instance(&self, x: &str, controller: u8) -> String {
        let of = &self.shape.controllers[usize::from(controller)];
        match of.is_many() {
            false => format!("{x} = {}", of.node),
            true => format!("({x} >= {} & {x} <= {})", of.first, of.first + of.count - 1),
        }
    }

    /// A count; of a set that takes a function.
    pub(super) fn count(&self, count: &CountExpr) -> String {
        let mut all = String::new();
        for (add, term) in &count.0 {
            let term = match term {
                CountTerm::Number(number) => number.to_string(),
                CountTerm::Var(variable) => self.variable(*variable),
                CountTerm::Message => self.acks.clone(),
                CountTerm::Size(set) => self.size(set),
            };
            match (all.is_empty(), add) {
                (true, true) => all = term,
                (true, false) => all = format!("0 - {term}"),
                (false, true) => all += &format!(" + {term}"),
                (false, false) => all += &format!(" - {term}"),
            }
        }
        all
    }

    /// A call of the function that counts the set's members.
    fn size(&self, set: &SetExpr) -> String {
        let mut sizes = self.sizes.borrow_mut();
        let of_message =
            |wanted: NodeExpr| set.0.iter().any(|(_, term)| *term == SetTerm::Node(wanted));
        let mut parameters = Vec::new();
        let mut arguments = Vec::new();
        if self.of.is_many() {
            parameters.push(format!("n: {}", self.of.node));
            arguments.push("n".to_owned());
        }
        let mut inner = Scope {
            sender: self.sender.clone(),
            requester: self.requester.clone(),
            acks: String::new(),
            ..*self
        };
        for (node, name, value) in [
            (NodeExpr::Sender, "sender", &self.sender),
            (NodeExpr::Requester, "requester", &self.requester),
            (NodeExpr::Member, "member", &"member".to_owned()),
        ] {
            if of_message(node) {
                parameters.push(format!("{name}: node"));
                arguments.push(value.clone());
            }
        }
        (inner.sender, inner.requester) = ("sender".to_owned(), "requester".to_owned());
        let within = inner.within(set, "x");
        let key = format!("({}) {within}", parameters.join("; "));

        let known = sizes.known.get(&key).cloned();
        let name = known
            .clone()
            .unwrap_or_else(|| sizes.names.add(&format!("{}_set_size", self.of.name)));
        if known.is_none() {
            sizes.known.insert(key, name.clone());
            let head = format!("function {name}({}): count_value;", parameters.join("; "));
            sizes.text.push((
                head,
                vec![
                    "var k: count_value;".to_owned(),
                    "begin".to_owned(),
                    "  k := 0;".to_owned(),
                    "  for x: node do".to_owned(),
                    format!("    if {within} then k := k + 1; endif;"),
                    "  endfor;".to_owned(),
                    "  return k;".to_owned(),
                    "end;".to_owned(),
                ],
            ));
        }
        format!("{name}({})", arguments.join(", "))
    }

    /// Whether all that an event asks for holds; none if it asks for nothing.
    pub(super) fn all(&self, event: &TriggeredEvent) -> Option<String> {
        let all: Vec<String> = event.when.iter().map(|when| self.holds(when)).collect();
        (!all.is_empty()).then(|| all.join(" & "))
    }

    fn holds(&self, condition: &Condition) -> String {
        match condition {
            Condition::Counts(left, comparison, right) => {
                let sign = match comparison {
                    Comparison::Equal => "=",
                    Comparison::Unequal => "!=",
                    Comparison::Less => "<",
                    Comparison::Greater => ">",
                };
                format!("{} {sign} {}", self.count(left), self.count(right))
            }
            Condition::Nodes(left, same, right) => {
                let sign = if *same { "=" } else { "!=" };
                format!("{} {sign} {}", self.node(*left).0, self.node(*right).0)
            }
            Condition::Sets(left, same, right) => {
                let (left, right) = (self.within(left, "x"), self.within(right, "x"));
                let not = if *same { "" } else { "!" };
                format!("{not}(forall x: node do ({left}) = ({right}) endforall)")
            }
            Condition::Member(node, within, set) => {
                let (node, maybe) = self.node(*node);
                let not = if *within { "" } else { "!" };
                let someone = match maybe {
                    true => format!("{node} != nobody & "),
                    false => String::new(),
                };
                format!("{not}({someone}{})", self.within(set, &node))
            }
            Condition::Instance(node, is, controller) => {
                let (node, _) = self.node(*node);
                let not = if *is { "" } else { "!" };
                format!("{not}({})", self.is_instance(&node, *controller))
            }
            Condition::Wire(channel, high) => {
                let wire = self.shape.channels[usize::from(*channel)].wire.as_ref();
                let not = if *high { "" } else { "!" };
                format!(
                    "{not}{}",
                    wire.expect("a wire that is asked for has a name")
                )
            }
        }
    }
}

impl Sizes {
    /// None yet; they will have names that are not taken.
    pub(super) fn new(names: Names) -> Sizes {
        Sizes {
            names,
            ..Sizes::default()
        }
    }

    /// Writes the functions.
    pub(super) fn write(&self, out: &mut Text) {
        for (head, lines) in &self.text {
            out.line(head);
            lines.iter().for_each(|line| out.line(line));
            out.blank();
        }
    }
}
