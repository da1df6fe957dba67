//! What conditions ask and what actions do, in compiled form. `self` is the controller that
//! meets the event; `sender`, `requester` and `acks` are those of the message that it meets.

/// A controller's instance, as an expression names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NodeExpr {
    /// The one that meets the event.
    Me,
    /// Who sent the message.
    Sender,
    /// For whom the message was sent in the end.
    Requester,
    /// The member of the set that a spontaneous event is for.
    Member,
    /// No one.
    Nobody,
    /// The value of a variable.
    Var(u8),
    /// A controller that there is one of.
    Single(u8),
}

/// One part of a set expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SetTerm {
    /// The value of a variable.
    Var(u8),
    /// One node.
    Node(NodeExpr),
    /// No nodes.
    Empty,
    /// All instances of a controller.
    All(u8),
}

/// A set of nodes: terms added (true) and taken away (false), from left to right.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SetExpr(pub Box<[(bool, SetTerm)]>);

/// One part of a count expression.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum CountTerm {
    /// A number.
    Number(i32),
    /// The value of a variable.
    Var(u8),
    /// The count that the message carries.
    Message,
    /// How many nodes are in a set.
    Size(SetExpr),
}

/// A count: terms added (true) and subtracted (false).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CountExpr(pub Box<[(bool, CountTerm)]>);

/// How two counts compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `!=`
    Unequal,
    /// `<`
    Less,
    /// `>`
    Greater,
}

/// What must hold for an event to be the one that a message, or the controller itself, causes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Condition {
    /// Two counts compare.
    Counts(CountExpr, Comparison, CountExpr),
    /// Two nodes are the same (true) or not.
    Nodes(NodeExpr, bool, NodeExpr),
    /// Two sets are the same (true) or not.
    Sets(SetExpr, bool, SetExpr),
    /// A node is in a set (true) or not.
    Member(NodeExpr, bool, SetExpr),
    /// A node is an instance of a controller (true) or not.
    Instance(NodeExpr, bool, u8),
    /// The wire of a channel is high (true) or not.
    Wire(u8, bool),
}

/// One thing that a cell does.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// A message to each node of a set.
    Send {
        /// Of which kind.
        kind: u8,
        /// To whom.
        to: SetExpr,
        /// The count that it carries.
        acks: Option<CountExpr>,
        /// For whom; none for the requester of the message that is met, or oneself if none is.
        requester: Option<NodeExpr>,
    },
    /// The line that the message carries becomes the controller's.
    TakeLine,
    /// The core's load is answered from the controller's line.
    Load,
    /// The core's store is performed in the controller's line.
    Store,
    /// The event waits, and with it what is behind it in an ordered channel.
    Stall,
    /// The wire of a channel goes high until its next broadcast.
    Raise(u8),
    /// A variable takes a count.
    SetCount(u8, CountExpr),
    /// A variable takes a node.
    SetNode(u8, NodeExpr),
    /// A variable takes a set.
    SetSet(u8, SetExpr),
}
