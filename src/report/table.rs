//! Text tables: columns as wide as their widest cell, numbers to the right.

use std::fmt;

/// Rows of cells, the first row the heading.
#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(super) fn new(heading: impl IntoIterator<Item = String>) -> Table {
        Table {
            rows: vec![heading.into_iter().collect()],
        }
    }

    pub(super) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let cell = |row: &Vec<String>, at: usize| row.get(at).cloned().unwrap_or_default();
        let width = |at: usize| {
            self.rows
                .iter()
                .map(|row| cell(row, at).chars().count())
                .max()
        };
        let is_number = |text: &str| {
            text.chars()
                .all(|c| c.is_ascii_digit() || ".-% ".contains(c))
        };
        let right = |at: usize| {
            self.rows
                .iter()
                .skip(1)
                .all(|row| is_number(&cell(row, at)))
        };
        for row in &self.rows {
            let mut line = String::new();
            for at in 0..columns {
                let (text, width) = (cell(row, at), width(at).unwrap_or(0));
                line += &match right(at) {
                    true => format!("  {text:>width$}"),
                    false => format!("  {text:<width$}"),
                };
            }
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}
