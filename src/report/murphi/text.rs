//! Lines of text, indented.

/// A text that grows line by line.
#[derive(Debug, Default)]
pub(super) struct Text {
    text: String,
    depth: usize,
}

impl Text {
    /// A line at the current depth.
    pub(super) fn line(&mut self, line: impl AsRef<str>) {
        let line = line.as_ref();
        self.text.extend(std::iter::repeat_n("  ", self.depth));
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// An empty line.
    pub(super) fn blank(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    /// A line, what is written by `inner` one step deeper, and a last line.
    pub(super) fn block(
        &mut self,
        first: impl AsRef<str>,
        last: &str,
        inner: impl FnOnce(&mut Text),
    ) {
        self.line(first);
        self.deeper(inner);
        self.line(last);
    }

    /// What is written by `inner` one step deeper.
    pub(super) fn deeper(&mut self, inner: impl FnOnce(&mut Text)) {
        self.depth += 1;
        inner(self);
        self.depth -= 1;
    }

    /// What another text says.
    pub(super) fn append(&mut self, other: Text) {
        self.text.push_str(&other.text);
    }

    /// All of it.
    pub(super) fn finish(self) -> String {
        self.text
    }
}

/// A name of the user's, fit for a comment and for a string.
pub(super) fn plain(name: &str) -> String {
    let fit = |c: char| match c {
        '"' => '\'',
        '\\' => '/',
        '\u{a0}'.. | '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' => '?',
        c => c,
    };
    name.chars().map(fit).collect()
}
