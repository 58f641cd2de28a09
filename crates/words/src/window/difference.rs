//! How a difference is written.
//!
//! Invariant: a sign says what a colour says; the engine's side is always the one that is taken away.

use rekindle_domain::{DiffLine, Mark};

use crate::{
    differences::gap,
    notice::{Front, said},
};

pub const LOADING: &str = "Comparing…";
pub const EMPTY: &str = "There is no text to compare.";

/// What a difference is called, for those who hear it.
pub fn label(name: &str) -> String {
    format!("Differences in {name}")
}

/// What stands in front of a line.
pub fn sign(mark: Mark) -> &'static str {
    match mark {
        Mark::Same => " ",
        Mark::Added => "+",
        Mark::Removed => "−",
        Mark::Gap => "⋯",
    }
}

/// The mark's word, as in JSON; also the name of its style.
pub fn word(mark: Mark) -> &'static str {
    match mark {
        Mark::Same => "same",
        Mark::Added => "added",
        Mark::Removed => "removed",
        Mark::Gap => "gap",
    }
}

/// A line's text. That of a gap says how many lines are left out, as a number or in words.
pub fn text(line: &DiffLine) -> String {
    if line.mark == Mark::Gap { gap(line, Front::Window) } else { said(&line.text, Front::Window) }
}

/// What the sides of a difference between the engine and the disk are.
pub const SIDES: [&str; 2] = ["in the engine", "on disk"];

/// The signs that a difference has, each with what it means.
pub fn legend(lines: &[DiffLine], [before, after]: [&'static str; 2]) -> impl Iterator<Item = (Mark, &'static str)> {
    let meanings = [(Mark::Removed, before), (Mark::Added, after)];
    meanings.into_iter().filter(|(mark, _)| lines.iter().any(|line| line.mark == *mark))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(mark: Mark, text: &str) -> DiffLine {
        DiffLine { mark, text: text.into() }
    }

    #[test]
    fn lines_are_signed() {
        let check = |mark, given, expected: (&str, &str)| {
            assert_eq!((sign(mark), text(&line(mark, given)).as_str()), expected);
        };
        check(Mark::Same, "  indented", (" ", "  indented"));
        check(Mark::Added, "12", ("+", "12"));
        check(Mark::Removed, "", ("−", ""));
        check(Mark::Gap, "12", ("⋯", "12 unchanged lines"));
        check(Mark::Gap, "1", ("⋯", "1 unchanged line"));
        check(Mark::Gap, "⋯ 3 lines that are equal", ("⋯", "3 lines that are equal"));
    }

    #[test]
    fn the_legend_has_what_is_there() {
        let check = |marks: &[Mark], expected: &[&str]| {
            let lines: Vec<_> = marks.iter().map(|mark| line(*mark, "x")).collect();
            assert_eq!(legend(&lines, SIDES).map(|(_, meaning)| meaning).collect::<Vec<_>>(), expected);
        };
        check(&[Mark::Same, Mark::Gap], &[]);
        check(&[Mark::Same, Mark::Added], &["on disk"]);
        check(&[Mark::Added, Mark::Removed], &["in the engine", "on disk"]);
    }
}
