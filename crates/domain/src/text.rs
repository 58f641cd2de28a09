//! Places in the text of a file.
//!
//! Invariant: a place is found in a time that does not grow with the line that it is in, nor with how many
//! were found before it; an offset that points nowhere has a place, too.

use std::{borrow::Cow, cell::Cell};

use crate::Problem;

/// The text of a file in which many problems may have a place: finding one takes no longer for a long line.
pub struct Text<'a> {
    text: Cow<'a, str>,
    /// Where each line begins.
    lines: Vec<usize>,
    /// How many characters begin before each block of the text.
    blocks: Vec<usize>,
    /// How many problems were shown with the lines around them.
    excerpts: Cell<usize>,
}

/// More lines than those around so many problems of one file nobody reads.
const MOST_EXCERPTS: usize = 100;
/// The bytes of a block.
const BLOCK: usize = 4096;
/// How much of a line is shown, in characters.
const SHOWN: usize = 160;

impl<'a> Text<'a> {
    /// Finds the lines of a text.
    pub fn new(text: impl Into<Cow<'a, str>>) -> Self {
        let text = text.into();
        let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at.saturating_add(1))).collect();
        let counts = text.as_bytes().chunks(BLOCK).scan(0, |sum: &mut usize, block| {
            let before = *sum;
            *sum = sum.saturating_add(beginnings(block));
            Some(before)
        });
        Self { lines, blocks: counts.collect(), text, excerpts: Cell::new(0) }
    }

    /// The problem at a byte offset of the text; the first hundred of them with the lines around it.
    #[must_use]
    pub fn place(&self, problem: Problem, offset: usize) -> Problem {
        // From 1; a line begins at the offset, or before it.
        let line = self.lines.partition_point(|start| *start <= offset).max(1);
        let start = self.lines.get(line.saturating_sub(1)).copied().unwrap_or_default();
        let before = self.characters(offset).saturating_sub(self.characters(start));
        let last = if self.excerpts.get() < MOST_EXCERPTS { line.saturating_add(1).min(self.count()) } else { 0 };
        self.excerpts.set(self.excerpts.get().saturating_add(1));
        Problem {
            line: Some(line),
            column: Some(before.saturating_add(1)),
            excerpt: (line.saturating_sub(2).max(1)..=last).map(|number| (number, self.shown(number))).collect(),
            ..problem
        }
    }

    /// How many characters there are before an offset.
    fn characters(&self, offset: usize) -> usize {
        let offset = self.text.floor_char_boundary(offset);
        let block = offset / BLOCK;
        let rest = self.text.as_bytes().get(block.saturating_mul(BLOCK)..offset).unwrap_or_default();
        // Behind the last whole block nothing is left.
        let before = self.blocks.get(block).copied();
        before.map_or_else(|| beginnings(self.text.as_bytes()), |before| before.saturating_add(beginnings(rest)))
    }

    /// The beginning of a line, from 1, as it may be shown.
    fn shown(&self, number: usize) -> String {
        let start = self.lines.get(number.saturating_sub(1)).copied().unwrap_or(self.text.len());
        let end = self.lines.get(number).copied().unwrap_or(self.text.len()).min(start.saturating_add(BLOCK));
        let line = crate::masked_lines(&self.text, start..end).into_iter().next().unwrap_or_default();
        line.chars().take(SHOWN).collect()
    }

    /// How many lines there are; behind the last line break none begins.
    fn count(&self) -> usize {
        let ends = self.text.is_empty() || self.text.ends_with('\n');
        self.lines.len().saturating_sub(usize::from(ends))
    }
}

/// How many characters begin in these bytes of a text.
fn beginnings(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte & 0xC0 != 0x80).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// B1: line and column in characters, and the lines around it, wherever the offset points.
    #[test]
    fn a_place_has_a_line_and_a_column() {
        let check = |text: &str, offset: usize, expected: (usize, usize), lines: &[usize]| {
            let problem = Problem::new("/p", "").at(text, offset);
            assert_eq!(problem.line.zip(problem.column), Some(expected), "{text:?} at {offset}");
            assert_eq!(problem.excerpt.iter().map(|(number, _)| *number).collect::<Vec<_>>(), lines, "{text:?}");
        };
        check("", 0, (1, 1), &[]);
        check("a", 5, (1, 2), &[1]);
        check("é\nüx\n", 2, (1, 2), &[1, 2]);
        check("é\nüx\n", 4, (2, 1), &[1, 2]);
        check("é\nüx\n", 5, (2, 2), &[1, 2]);
        check("é\nüx\n", 7, (3, 1), &[1, 2]);
        check("1\n2\n3\n4\n5", 4, (3, 1), &[1, 2, 3, 4]);
        let text = Text::new("a");
        let shown = (0..=MOST_EXCERPTS).map(|_| text.place(Problem::new("/p", ""), 0));
        assert_eq!(shown.filter(|problem| !problem.excerpt.is_empty()).count(), MOST_EXCERPTS);
        let long = "é".repeat(BLOCK * 3);
        for characters in [0, 1, BLOCK / 2, BLOCK, BLOCK * 3 - 1, BLOCK * 3] {
            check(&long, characters * 2, (1, characters + 1), &[1]);
        }
        let problem = Problem::new("/p", "").at(&format!("{{\"apiKey\": \"{long}\"}}"), 0);
        assert!(problem.text().is_some_and(|text| text.contains('•') && !text.contains('é')), "{problem:?}");
    }
}
