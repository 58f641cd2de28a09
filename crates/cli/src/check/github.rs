//! Annotations of GitHub Actions: `::error file=…,line=…,col=…,title=…::message`.
//!
//! Invariant: a value ends neither its property nor its line. Source: “Workflow commands for GitHub Actions”, and how its
//! toolkit escapes them.

use rekindle_domain::{CheckFinding, CheckReport, FindingLevel};

use super::Base;
use crate::words::check::whole;

/// A line for each finding.
pub(crate) fn github(report: &CheckReport, base: &Base) -> Vec<String> {
    report.findings.iter().map(|finding| line(finding, &base.relative(&finding.path))).collect()
}

fn line(finding: &CheckFinding, relative: &Option<String>) -> String {
    let command = match finding.level {
        FindingLevel::Error => "error",
        FindingLevel::Warning => "warning",
        FindingLevel::Ok => "notice",
    };
    let number = |number: Option<usize>| number.map(|number| number.to_string());
    let properties = [
        ("file", Some(relative.clone().unwrap_or_else(|| finding.path.clone()))),
        ("line", number(finding.line)),
        ("col", number(finding.line.and(finding.column))),
        ("title", Some(finding.code.clone())),
    ];
    let properties: Vec<_> =
        properties.iter().filter_map(|(name, value)| Some(format!("{name}={}", property(value.as_ref()?)))).collect();
    format!("::{command} {}::{}", properties.join(","), message(&whole(finding)))
}

/// The text of a command. Ends of lines stay what they are there, and all else is made visible by the door to the terminal.
fn message(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A value in a command.
fn property(text: &str) -> String {
    message(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use rekindle_domain::Problem;

    use super::*;

    /// N13: the documented escapes, each once.
    #[test]
    fn nothing_ends_a_command() {
        let check = |path: &str, message: &str, expected: &str| {
            let problem = Problem { line: Some(2), column: Some(7), ..Problem::new(path, message) };
            let finding = CheckFinding::new(FindingLevel::Error, problem);
            assert_eq!(line(&finding, &Some(path.to_owned())), expected);
        };
        check("a.json", "no", "::error file=a.json,line=2,col=7,title=verbatim::No.");
        check("a,b:c%.md", "100%: a,b", "::error file=a%2Cb%3Ac%25.md,line=2,col=7,title=verbatim::100%25: a,b.");
        check("a\r\nb", "x\r\n::error::y", "::error file=a%0D%0Ab,line=2,col=7,title=verbatim::X%0D%0A::error::y.");
    }

    #[test]
    fn what_is_not_known_is_left_out() {
        let finding = CheckFinding::new(FindingLevel::Warning, Problem::new("/far/a", "no"));
        assert_eq!(line(&finding, &None), "::warning file=/far/a,title=verbatim::No.");
    }
}
