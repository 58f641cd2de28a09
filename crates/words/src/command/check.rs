//! What is wrong with the files of a directory, in lines.

use rekindle_domain::{CheckFinding, CheckReport, CheckSummary, FindingLevel};

use crate::{
    notice::{Front, hint, said},
    text::{capital, counted},
};

/// What was found, and how much that is. `shown`: a path, as it is told here.
pub fn report(report: &CheckReport, shown: &dyn Fn(&str) -> String) -> Vec<String> {
    let lines = report.findings.iter().flat_map(|one| {
        let place = [one.line, one.column].into_iter().flatten().map(|number| format!(":{number}")).collect::<String>();
        let first = format!("{}{place}: {}: {} [{}]", shown(&one.path), level(one.level), message(one), one.code);
        let hint = hint(&one.what, Front::Command);
        [first].into_iter().chain((!hint.is_empty()).then(|| format!("    {hint}")))
    });
    lines.chain([summary(report.summary)]).collect()
}

/// What is wrong.
pub fn message(finding: &CheckFinding) -> String {
    said(&finding.what, Front::Command)
}

/// The same and what to do about it, for where there is one text for both.
pub fn whole(finding: &CheckFinding) -> String {
    crate::notice::sentences(&finding.what, Front::Command)
}

/// What a code is about, for where its rule wants a name.
pub fn rule(code: &str) -> String {
    capital(&code.replace('-', " "))
}

/// `2 errors, 1 warning in 14 files.`
pub fn summary(summary: CheckSummary) -> String {
    let CheckSummary { errors, warnings, files } = summary;
    let counts = [(errors, "error"), (warnings, "warning")].into_iter().filter(|(number, _)| *number > 0);
    let counts: Vec<_> = counts.map(|(number, noun)| counted(number, noun)).collect();
    let found = if counts.is_empty() { "No errors or warnings".to_owned() } else { counts.join(", ") };
    format!("{found} in {}.", counted(files, "file"))
}

/// How bad it is.
pub fn level(level: FindingLevel) -> &'static str {
    match level {
        FindingLevel::Ok => "note",
        FindingLevel::Warning => "warning",
        FindingLevel::Error => "error",
    }
}

#[cfg(test)]
mod tests {
    use rekindle_domain::{ConfigNotice, FindingLevel, Problem, SkillNotice};

    use super::*;

    /// N13: a line that editors and people find the place by, and below it what to do.
    #[test]
    fn a_finding_is_a_line_and_a_hint() {
        let comma = Problem { line: Some(3), column: Some(5), ..Problem::new("/p/a.json", ConfigNotice::CommaMissing) };
        let found = vec![
            CheckFinding::new(FindingLevel::Error, comma),
            CheckFinding::new(FindingLevel::Warning, Problem::new("/p/b", SkillNotice::NoDescription)),
        ];
        let report = CheckReport::new("/p".to_owned(), found, 2);
        let lines = super::report(&report, &|path| path.replace("/p/", ""));
        assert_eq!(lines[0], "a.json:3:5: error: expected “,” or a closing bracket [comma-missing]");
        assert_eq!(lines[1], "    a comma is missing before this");
        assert!(lines[2].starts_with("b: warning: ") && lines[2].ends_with(" [no-description]"), "{lines:?}");
        assert_eq!(lines.last().map(String::as_str), Some("1 error, 1 warning in 2 files."));
    }

    #[test]
    fn a_summary_counts_what_there_is() {
        let check = |errors, warnings, files, expected: &str| {
            assert_eq!(summary(CheckSummary { errors, warnings, files }), expected);
        };
        check(0, 0, 1, "No errors or warnings in 1 file.");
        check(0, 1, 0, "1 warning in 0 files.");
        check(2, 3, 4, "2 errors, 3 warnings in 4 files.");
    }
}
