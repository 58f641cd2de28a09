//! What is wrong with the files of a directory, told without an engine.
//!
//! Invariant: the names of [`CheckReport`] and what is in it are a contract (`docs/cli.md`): fields may be added, none may
//! change its meaning.

use serde::{Deserialize, Serialize};

use crate::{ConfigNotice, FindingLevel, Notice, Problem};

/// All that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckReport {
    /// The version of this shape: 1.
    pub version: u32,
    /// The absolute path of the directory.
    pub directory: String,
    /// What is wrong, by path and line, each thing once.
    pub findings: Vec<CheckFinding>,
    /// How much that is.
    pub summary: CheckSummary,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckFinding {
    /// How bad it is.
    pub level: FindingLevel,
    /// The code of what it is.
    pub code: String,
    /// What it is.
    pub what: Notice,
    /// The absolute path of the file or folder.
    pub path: String,
    /// The line, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// The column, from 1, in characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<usize>,
    /// The id of the item that the file is, if it is a single one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<String>,
}

/// How much was found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckSummary {
    /// How many errors.
    pub errors: usize,
    /// How many warnings.
    pub warnings: usize,
    /// How many files were looked at.
    pub files: usize,
}

impl CheckFinding {
    /// What is wrong with a file.
    pub fn new(level: FindingLevel, problem: Problem) -> Self {
        let Problem { path, line, column, what, .. } = problem;
        Self { level, code: code(&what), what, path, line, column, item: None }
    }
}

impl CheckReport {
    /// What was found in so many files of a directory: in the order of paths and lines, and of what is told twice the
    /// worse.
    pub fn new(directory: String, mut findings: Vec<CheckFinding>, files: usize) -> Self {
        fn place(one: &CheckFinding) -> (&str, Option<usize>, Option<usize>, &str) {
            (&one.path, one.line, one.column, &one.code)
        }
        // Stable: what is told of one place stays in the order in which it was found.
        findings.sort_by(|a, b| place(a).cmp(&place(b)).then(b.level.cmp(&a.level)));
        let mut kept: Vec<CheckFinding> = Vec::with_capacity(findings.len());
        for finding in findings {
            let mut same = kept.iter().rev().take_while(|other| place(other) == place(&finding));
            if !same.any(|other| other.what == finding.what || other.level > finding.level) {
                kept.push(finding);
            }
        }
        let count = |level| kept.iter().filter(|finding| finding.level == level).count();
        let summary =
            CheckSummary { errors: count(FindingLevel::Error), warnings: count(FindingLevel::Warning), files };
        Self { version: 1, directory, findings: kept, summary }
    }
}

/// The code of what is wrong, wherever in a configuration it is.
fn code(what: &Notice) -> String {
    match what {
        Notice::Config(ConfigNotice::AtKey { what, .. }) => what.code(),
        what => what.code(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{SkillNotice, ValueKind};

    /// N13: the order is that of the files, whoever found what first; nothing is told twice.
    #[test]
    fn each_thing_is_told_once_and_in_its_place() {
        let one = |path: &str, line, level, what: &Notice| {
            CheckFinding::new(level, Problem { line, column: line, ..Problem::new(path, what.clone()) })
        };
        let wrong = |key: &str| {
            let what = ConfigNotice::WrongValue { expected: Vec::new(), found: ValueKind::Number };
            Notice::from(what.at(&[key.to_owned()]))
        };
        let none: Notice = SkillNotice::NoDescription.into();
        use FindingLevel::{Error, Warning};
        let found = vec![
            one("/b", Some(10), Warning, &none),
            one("/b", Some(9), Error, &wrong("a")),
            one("/a", None, Warning, &none),
            one("/b", Some(9), Warning, &wrong("a")),
            one("/b", Some(9), Error, &wrong("b")),
            one("/b", Some(10), Warning, &none),
            one("/b", None, Error, &none),
        ];
        let report = CheckReport::new("/".to_owned(), found, 3);
        let told: Vec<_> =
            report.findings.iter().map(|one| (&*one.path, one.line.unwrap_or(0), one.level, &*one.code)).collect();
        let expected = [
            ("/a", 0, Warning, "no-description"),
            ("/b", 0, Error, "no-description"),
            ("/b", 9, Error, "wrong-value"),
            ("/b", 9, Error, "wrong-value"),
            ("/b", 10, Warning, "no-description"),
        ];
        assert_eq!(told, expected);
        assert_eq!(report.summary, CheckSummary { errors: 3, warnings: 2, files: 3 });
    }
}
