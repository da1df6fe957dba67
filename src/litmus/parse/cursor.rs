//! A place between two words, and what may be asked of the next ones.

use super::lexer::{Bad, Kind, Token};
use crate::litmus::Register;

/// How far the words are read.
#[derive(Clone, Debug)]
pub(super) struct Cursor<'a> {
    /// All words; the last is the end.
    tokens: Vec<Token<'a>>,
    at: usize,
}

impl<'a> Cursor<'a> {
    /// Before the first of the words, the last of which is the end.
    pub(super) fn new(tokens: Vec<Token<'a>>) -> Cursor<'a> {
        Cursor { tokens, at: 0 }
    }

    /// The next word.
    pub(super) fn peek(&self) -> Token<'a> {
        self.after(0)
    }

    /// The word after `skipped` others.
    pub(super) fn after(&self, skipped: usize) -> Token<'a> {
        let last = self.tokens.len() - 1;
        self.tokens[(self.at + skipped).min(last)]
    }

    /// Steps over the next word.
    pub(super) fn next(&mut self) -> Token<'a> {
        let token = self.peek();
        self.at = (self.at + 1).min(self.tokens.len() - 1);
        token
    }

    /// Where the last word ends that was read.
    pub(super) fn read_to(&self) -> usize {
        let last = self.at.checked_sub(1);
        last.map_or(0, |last| self.tokens[last].span().end)
    }

    /// Steps over a sign, if it is next.
    pub(super) fn accept(&mut self, sign: &str) -> bool {
        let is = self.peek().is(sign);
        if is {
            self.next();
        }
        is
    }

    /// Steps over a word of the format, if it is next.
    pub(super) fn accept_word(&mut self, word: &str) -> bool {
        let is = self.peek().is_word(word);
        if is {
            self.next();
        }
        is
    }

    /// Steps over a sign, which must be next.
    pub(super) fn expect(&mut self, sign: &str) -> Result<Token<'a>, Bad> {
        match self.peek().is(sign) {
            true => Ok(self.next()),
            false => Err(self.peek().unexpected(&format!("`{sign}`"))),
        }
    }

    /// The next word, which must be a name.
    pub(super) fn name(&mut self, what: &str) -> Result<Token<'a>, Bad> {
        match self.peek().kind {
            Kind::Name => Ok(self.next()),
            _ => Err(self.peek().unexpected(what)),
        }
    }

    /// The next word, which must be a number without a sign.
    pub(super) fn count(&mut self, what: &str) -> Result<(u64, Token<'a>), Bad> {
        match self.peek().kind {
            Kind::Number(number) => Ok((number, self.next())),
            _ => Err(self.peek().unexpected(what)),
        }
    }

    /// The next words, which must be a number; a negative one in two's complement.
    pub(super) fn number(&mut self, what: &str) -> Result<(u64, Token<'a>), Bad> {
        let negative = self.accept("-");
        let (number, token) = self.count(what)?;
        match negative {
            false => Ok((number, token)),
            true if number > 1 << 63 => Err(token.bad(
                format!("the number -{} is too small", token.shown()),
                "expected one of at most 64 bits",
            )),
            true => Ok((number.wrapping_neg(), token)),
        }
    }

    /// Steps over words up to one of these signs, or to the end.
    pub(super) fn skip_to(&mut self, signs: &[&str]) {
        while self.peek().kind != Kind::End && !signs.iter().any(|sign| self.peek().is(sign)) {
            self.next();
        }
    }

    /// Whether `0:` or `P0:` comes after so many words: what a register of a thread begins with.
    pub(super) fn is_thread(&self, skipped: usize) -> bool {
        let token = self.after(skipped);
        let number = matches!(token.kind, Kind::Number(_)) || thread_number(&token).is_some();
        number && self.after(skipped + 1).is(":")
    }

    /// `0:rax`: the thread, and the register's name with what it means.
    pub(super) fn register(&mut self) -> Result<(Token<'a>, u64, Token<'a>, Register), Bad> {
        let thread = self.next();
        let number = match thread.kind {
            Kind::Number(number) => Some(number),
            _ => thread_number(&thread),
        };
        let number = number.ok_or_else(|| thread.unexpected("the number of a thread"))?;
        self.expect(":")?;
        self.accept("%");
        let name = self.name("a register")?;
        let (register, _) = Register::named(name.text).ok_or_else(|| unknown_register(&name))?;
        Ok((thread, number, name, register))
    }
}

/// The number of a thread that is written `P0`.
pub(super) fn thread_number(token: &Token<'_>) -> Option<u64> {
    let digits = token.text.strip_prefix('P')?;
    let plain = digits.bytes().all(|digit| digit.is_ascii_digit());
    digits.parse().ok().filter(|_| plain)
}

/// The name is no register's.
pub(super) fn unknown_register(name: &Token<'_>) -> Bad {
    let high = ["ah", "bh", "ch", "dh"];
    if high.iter().any(|high| high.eq_ignore_ascii_case(name.text)) {
        let message = format!("`{}` is the second byte of a register", name.text);
        let label = "expected low bytes, such as `al`; use `ax` and `and`";
        return name.bad(message, label);
    }
    let message = format!("unknown register `{}`", name.shown());
    let label = "known: rax, rbx, rcx, rdx, rsi, rdi, rbp, rsp, r8 to r15, and their low bytes";
    name.bad(message, label)
}
