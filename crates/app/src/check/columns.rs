//! Columns in the units of others.

use rekindle_domain::CheckReport;

use crate::files::foreign::{self, Budget, ReadError};

/// The columns of all findings in units of UTF-16, from 1, as the protocols of editors count them. What cannot be read any
/// more stays as it is.
pub fn in_utf16(report: &CheckReport) -> Vec<Option<usize>> {
    let mut budget = Budget::of_files();
    // Findings are in the order of their paths.
    let (mut path, mut text) = ("", None);
    let columns = report.findings.iter().map(|finding| {
        let (line, column) = finding.line.zip(finding.column)?;
        if path != finding.path {
            path = &finding.path;
            text = read(path, &mut budget).ok().flatten();
        }
        Some(text.as_deref().and_then(|text| utf16(text, line, column)).unwrap_or(column))
    });
    columns.collect()
}

fn read(path: &str, budget: &mut Budget) -> Result<Option<String>, ReadError> {
    Ok(budget.bytes(path.as_ref())?.map(foreign::lossy))
}

/// `None`: there is no such line.
fn utf16(text: &str, line: usize, column: usize) -> Option<usize> {
    let before = column.checked_sub(1)?;
    let line = text.split('\n').nth(line.checked_sub(1)?)?;
    // One past the end of a line is a place, too.
    let past = before.saturating_sub(line.chars().count());
    Some(line.chars().take(before).map(char::len_utf16).sum::<usize>() + past + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_emoji_is_two_units() {
        let check = |line, column, expected| assert_eq!(utf16("a\n😀é😀x", line, column), expected, "{line}:{column}");
        check(1, 1, Some(1));
        check(1, 2, Some(2));
        check(2, 1, Some(1));
        check(2, 2, Some(3));
        check(2, 4, Some(6));
        check(2, 6, Some(8));
        check(3, 1, None);
        check(1, 0, None);
    }
}
