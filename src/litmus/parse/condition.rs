//! What stands after the instructions: what is shown, what is filtered, and the question.

use super::cursor::Cursor;
use super::draft::Draft;
use super::lexer::{Bad, Kind, Token};
use super::limits;
use crate::litmus::{Address, Atom, Comparison, Condition, Place, Proposition, Quantifier, Value};

/// The last part of a test.
pub(super) struct Question {
    pub(super) shown: Vec<Place>,
    pub(super) filter: Option<Proposition>,
    pub(super) condition: Condition,
}

/// Reads all that is left.
pub(super) fn read<'a>(cursor: &mut Cursor<'a>, draft: &mut Draft<'a>) -> Result<Question, Bad> {
    let mut reader = Reader {
        cursor,
        draft,
        depth: 0,
    };
    let located = reader.cursor.peek().is_word("locations");
    let shown = reader.locations()?;
    let filter = match reader.cursor.accept_word("filter") {
        true => Some(reader.proposition()?),
        false => None,
    };
    let condition = match reader.cursor.peek().kind {
        // herd7 takes a file without a question, which then only shows its final states.
        Kind::End if located => Condition {
            quantifier: Quantifier::ForAll,
            proposition: Proposition::Constant(true),
        },
        _ => reader.condition()?,
    };
    reader.cursor.accept(";");
    match reader.cursor.peek() {
        end if end.kind == Kind::End => Ok(Question {
            shown,
            filter,
            condition,
        }),
        other => Err(other.unexpected("`/\\`, `\\/`, `=>` or the end of the file")),
    }
}

fn too_deep(token: Token<'_>) -> Bad {
    let label = format!("expected at most {} levels", limits::NESTING);
    token.bad("the proposition is nested too deeply", label)
}

struct Reader<'r, 'a> {
    cursor: &'r mut Cursor<'a>,
    draft: &'r mut Draft<'a>,
    /// How deep the proposition is nested.
    depth: usize,
}

impl<'a> Reader<'_, 'a> {
    /// `locations [x; 0:rax;]`; a whole array stands for its elements.
    fn locations(&mut self) -> Result<Vec<Place>, Bad> {
        let mut shown = Vec::new();
        if !self.cursor.accept_word("locations") {
            return Ok(shown);
        }
        self.cursor.expect("[")?;
        while !self.cursor.accept("]") {
            let first = self.cursor.peek();
            let (place, token) = self.any_place()?;
            let length = match &place {
                Place::Location {
                    location,
                    element: None,
                    ..
                } => self.draft.locations[usize::from(*location)].length,
                _ => None,
            };
            match (place, length) {
                (Place::Location { name, location, .. }, Some(length)) => {
                    shown.extend((0..length).map(|element| Place::Location {
                        name: name.clone(),
                        location,
                        element: Some(element as u16),
                    }));
                }
                (place, _) => shown.push(place),
            }
            if shown.len() > limits::SHOWN {
                let label = format!("expected at most {}", limits::SHOWN);
                return Err(first.bad("too many places are to be shown", label));
            }
            let next = self.cursor.peek();
            if !self.cursor.accept(";") && !next.is("]") {
                let after = format!("`;` or `]` after `{}`", token.shown());
                return Err(next.unexpected(&after));
            }
        }
        Ok(shown)
    }

    fn condition(&mut self) -> Result<Condition, Bad> {
        let first = self.cursor.peek();
        let quantifier = if first.is("~") || first.is_word("not") {
            self.cursor.next();
            match self.cursor.accept_word("exists") {
                true => Quantifier::NotExists,
                false => return Err(self.cursor.peek().unexpected("`exists`")),
            }
        } else if self.cursor.accept_word("exists") || self.cursor.accept_word("final") {
            Quantifier::Exists
        } else if self.cursor.accept_word("forall") {
            Quantifier::ForAll
        } else if first.is("(") {
            Quantifier::Exists
        } else {
            let expected = "the question: `exists`, `~exists` or `forall`, and a proposition";
            return Err(first.unexpected(expected));
        };
        let proposition = self.proposition()?;
        Ok(Condition {
            quantifier,
            proposition,
        })
    }

    /// A proposition that is not nested too deeply, however many parentheses it is written with: so
    /// what is read can be written and read again.
    fn proposition(&mut self) -> Result<Proposition, Bad> {
        let first = self.cursor.peek();
        let proposition = self.or()?;
        match proposition.depth() > limits::NESTING {
            true => Err(too_deep(first)),
            false => Ok(proposition),
        }
    }

    /// Counts a level of what is written around what `inner` reads. Each level of a proposition may
    /// be written with a `not` and a parenthesis, and some more are let pass.
    fn nested(
        &mut self,
        inner: impl FnOnce(&mut Self) -> Result<Proposition, Bad>,
    ) -> Result<Proposition, Bad> {
        if self.depth == 4 * limits::NESTING {
            return Err(too_deep(self.cursor.peek()));
        }
        self.depth += 1;
        let read = inner(self);
        self.depth -= 1;
        read
    }

    fn or(&mut self) -> Result<Proposition, Bad> {
        let mut all = vec![self.and()?];
        while self.cursor.accept("\\/") {
            all.push(self.and()?);
        }
        Ok(Proposition::any(all))
    }

    fn and(&mut self) -> Result<Proposition, Bad> {
        let mut all = vec![self.implies()?];
        while self.cursor.accept("/\\") {
            all.push(self.implies()?);
        }
        Ok(Proposition::all(all))
    }

    /// Tighter than `/\`, which is unusual but what herd7 does (`%right IMPLIES` comes after
    /// `%left AND` in its stateParser.mly).
    fn implies(&mut self) -> Result<Proposition, Bad> {
        let first = self.not()?;
        if !self.cursor.accept("=>") {
            return Ok(first);
        }
        let second = self.nested(Reader::implies)?;
        Ok(Proposition::Implies(Box::new([first, second])))
    }

    fn not(&mut self) -> Result<Proposition, Bad> {
        if self.cursor.accept("~") || self.cursor.accept_word("not") {
            let inner = self.nested(Reader::not)?;
            return Ok(Proposition::Not(Box::new(inner)));
        }
        if self.cursor.accept("(") {
            let inner = self.nested(Reader::or)?;
            if !self.cursor.peek().is(")") {
                return Err(self.cursor.peek().unexpected("`)`, `/\\`, `\\/` or `=>`"));
            }
            self.cursor.next();
            return Ok(inner);
        }
        for constant in [true, false] {
            if self.cursor.accept_word(&constant.to_string()) {
                return Ok(Proposition::Constant(constant));
            }
        }
        self.atom()
    }

    fn atom(&mut self) -> Result<Proposition, Bad> {
        let (place, token) = self.any_place()?;
        if let Place::Location {
            location,
            element: None,
            ..
        } = place
            && let Some(length) = self.draft.locations[usize::from(location)].length
        {
            let name = token.shown();
            let message = format!("`{name}` is an array of {length} elements");
            return Err(token.bad(
                message,
                format!("expected one of them, such as `{name}[0]`"),
            ));
        }
        let comparison = match self.cursor.peek().kind {
            Kind::Sign("=" | "==") => Comparison::Equal,
            Kind::Sign("<>" | "!=") => Comparison::NotEqual,
            _ => return Err(self.cursor.peek().unexpected("`=` or `<>`, and a value")),
        };
        self.cursor.next();
        let value = self.value()?;
        Ok(Proposition::Atom(Atom {
            place,
            comparison,
            value,
        }))
    }

    fn value(&mut self) -> Result<Value, Bad> {
        let token = self.cursor.peek();
        if token.is("[") || self.cursor.is_thread(0) {
            let label = "expected a number or the name of a location, which is its address";
            return Err(token.bad("two places cannot be compared", label));
        }
        if token.kind == Kind::Name {
            self.cursor.next();
            let name = token.text.to_owned();
            let location = Address(self.draft.location(token)?);
            return Ok(Value::Address { name, location });
        }
        let (number, _) = self.cursor.number("a number or the name of a location")?;
        Ok(Value::Number(number))
    }

    /// `0:rax`, `x`, `[x]` or `t[1]`, and its name.
    fn any_place(&mut self) -> Result<(Place, Token<'a>), Bad> {
        if self.cursor.is_thread(0) {
            let (thread, number, token, register) = self.cursor.register()?;
            let thread = self.draft.thread(number, thread)?;
            let name = token.text.to_owned();
            let place = Place::Register {
                thread,
                name,
                register,
            };
            return Ok((place, token));
        }
        let bracket = self.cursor.accept("[");
        let token = self.cursor.name("a place, such as `x` or `0:rax`")?;
        let location = self.draft.location(token)?;
        if bracket {
            self.cursor.expect("]")?;
        }
        let element = match !bracket && self.cursor.accept("[") {
            true => Some(self.element(location, &token)?),
            false => None,
        };
        let name = token.text.to_owned();
        let place = Place::Location {
            name,
            location,
            element,
        };
        Ok((place, token))
    }

    fn element(&mut self, location: u16, name: &Token<'_>) -> Result<u16, Bad> {
        let (element, token) = self.cursor.count("which element of the array")?;
        self.cursor.expect("]")?;
        let Some(length) = self.draft.locations[usize::from(location)].length else {
            let message = format!("`{}` is not an array", name.shown());
            return Err(name.bad(message, "declare it as one: `int64_t t[2]`"));
        };
        if element >= length as u64 {
            let message = format!("there is no element {}", token.shown());
            let label = format!("`{}` has elements 0 to {}", name.shown(), length - 1);
            return Err(token.bad(message, label));
        }
        Ok(element as u16)
    }
}
