//! What is wrong with a user's file, and where: drawn with the place underlined.
//! Not for failures of the world (I/O) or of this program (those are assertions).

use std::fmt;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

/// One thing that is wrong in a file, at one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// The line, from 1.
    pub line: usize,
    /// The text of that line, without its line end.
    pub text: String,
    /// The bytes of `text` that are wrong.
    pub span: Range<usize>,
    /// What stands under the place; mostly what was expected.
    pub label: String,
    /// How to mend it, where there is more to say.
    pub help: Option<String>,
}

impl Problem {
    /// A problem at bytes `span` of `source`, a whole file.
    #[must_use]
    pub fn at(source: &str, span: Range<usize>, message: impl Into<String>) -> Problem {
        let start = floor_boundary(source, span.start);
        let begin = source[..start].rfind('\n').map_or(0, |at| at + 1);
        let end = source[start..]
            .find('\n')
            .map_or(source.len(), |at| start + at);
        let text = source[begin..end].trim_end_matches('\r').to_owned();
        let line = source[..begin].bytes().filter(|&b| b == b'\n').count() + 1;
        let first = (start - begin).min(text.len());
        let last = floor_boundary(&text, span.end.saturating_sub(begin)).max(first);
        Problem {
            message: message.into(),
            line,
            text,
            span: first..last,
            label: String::new(),
            help: None,
        }
    }

    /// The same with `label` under the place.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Problem {
        self.label = label.into();
        self
    }

    /// The same with a line of help below.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Problem {
        self.help = Some(help.into());
        self
    }

    /// The column of the place, from 1, in characters.
    #[must_use]
    pub fn column(&self) -> usize {
        self.text[..self.span.start].chars().count() + 1
    }
}

/// The largest character boundary of `text` that is at most `at`.
fn floor_boundary(text: &str, at: usize) -> usize {
    (0..=at.min(text.len()))
        .rev()
        .find(|&i| text.is_char_boundary(i))
        .unwrap_or(0)
}

/// A file that cannot be used, with everything that is wrong in it. Never without a problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid {
    /// The file, as the user named it.
    pub file: String,
    /// What is wrong, in the order of the file.
    pub problems: Vec<Problem>,
}

impl Invalid {
    /// A file with problems.
    ///
    /// # Panics
    /// When there is no problem.
    #[must_use]
    pub fn new(file: impl Into<String>, mut problems: Vec<Problem>) -> Invalid {
        assert!(!problems.is_empty(), "an invalid file has a problem");
        problems.sort_by_key(|problem| (problem.line, problem.span.start));
        Invalid {
            file: file.into(),
            problems,
        }
    }

    /// All problems drawn, each ending in a line end; coloured for a terminal if asked.
    #[must_use]
    pub fn render(&self, colour: bool) -> String {
        let renderer = if colour {
            Renderer::styled()
        } else {
            Renderer::plain()
        };
        self.problems
            .iter()
            .map(|problem| renderer.render(&self.groups(problem)) + "\n")
            .collect()
    }

    fn groups<'a>(&'a self, problem: &'a Problem) -> [annotate_snippets::Group<'a>; 1] {
        let annotation = AnnotationKind::Primary
            .span(problem.span.clone())
            .label(&*problem.label);
        let snippet = Snippet::source(&*problem.text)
            .line_start(problem.line)
            .path(&*self.file)
            .annotation(annotation);
        let group = Level::ERROR
            .primary_title(&*problem.message)
            .element(snippet);
        [match &problem.help {
            Some(help) => group.element(Level::HELP.message(&**help)),
            None => group,
        }]
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.render(false).trim_end())
    }
}

impl std::error::Error for Invalid {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_shows_its_place() {
        let source = "a = 1\r\nbee = two\r\n";
        let problem = Problem::at(source, 13..16, "unknown word `two`").label("known words: one");
        assert_eq!((problem.line, problem.column()), (2, 7));
        assert_eq!(problem.text, "bee = two");
        let drawn = Invalid::new("x.toml", vec![problem]).to_string();
        assert!(drawn.contains("x.toml:2:7"), "{drawn}");
        assert!(drawn.contains("^^^ known words: one"), "{drawn}");
    }

    #[test]
    fn a_place_outside_the_text_is_drawn_at_its_end() {
        let problem = Problem::at("é", 1..99, "cut inside a letter");
        assert_eq!(problem.span, 0..2);
        let _ = Invalid::new("x", vec![problem, Problem::at("", 0..0, "empty")]).to_string();
    }
}
