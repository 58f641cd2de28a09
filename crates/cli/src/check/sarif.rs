//! SARIF 2.1.0, as code scanning reads it.
//!
//! Invariant: a place in the worktree is told from its root, `%SRCROOT%`, wherever that is on this machine.

use std::{collections::BTreeMap, fmt::Write};

use rekindle_domain::{CheckFinding, CheckReport};
use serde_json::{Map, Value, json};

use super::Base;
use crate::words::check::{level, rule, whole};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// The log of a run. `columns`: those of the findings, in units of UTF-16.
pub(crate) fn sarif(report: &CheckReport, columns: &[Option<usize>], root: &Base) -> Value {
    let mut rules = BTreeMap::new();
    for finding in &report.findings {
        rules.entry(finding.code.as_str()).or_insert(0);
    }
    for (at, index) in rules.values_mut().enumerate() {
        *index = at;
    }
    let columns = columns.iter().copied().chain(std::iter::repeat(None));
    let results: Vec<_> =
        report.findings.iter().zip(columns).map(|(finding, column)| result(finding, column, &rules, root)).collect();
    let rules: Vec<_> = rules.keys().map(|code| descriptor(code)).collect();
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {"name": "Rekindle", "semanticVersion": env!("CARGO_PKG_VERSION"), "rules": rules}},
            "columnKind": "utf16CodeUnits",
            "results": results,
        }],
    })
}

/// What a code is about. Code scanning wants each of these texts.
fn descriptor(code: &str) -> Value {
    let text = json!({ "text": rule(code) });
    json!({ "id": code, "shortDescription": text, "fullDescription": text, "help": text })
}

fn result(finding: &CheckFinding, column: Option<usize>, rules: &BTreeMap<&str, usize>, root: &Base) -> Value {
    let mut physical = Map::new();
    physical.insert("artifactLocation".to_owned(), artifact(&finding.path, root));
    if let Some(line) = finding.line {
        let mut region = Map::new();
        region.insert("startLine".to_owned(), line.into());
        region.extend(column.map(|column| ("startColumn".to_owned(), column.into())));
        physical.insert("region".to_owned(), region.into());
    }
    json!({
        "ruleId": finding.code,
        "ruleIndex": rules.get(finding.code.as_str()),
        "level": level(finding.level),
        "message": {"text": whole(finding)},
        "locations": [{"physicalLocation": physical}],
    })
}

fn artifact(path: &str, root: &Base) -> Value {
    match root.relative(path) {
        Some(relative) => json!({ "uri": encoded(&relative), "uriBaseId": "%SRCROOT%" }),
        None => json!({ "uri": format!("file://{}", encoded(path)) }),
    }
}

/// A path as part of a URI.
fn encoded(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => uri.push(char::from(byte)),
            // A string takes all that is written to it.
            other => write!(uri, "%{other:02X}").unwrap_or_default(),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use rekindle_domain::{FindingLevel, Problem};

    use super::*;

    #[test]
    fn a_path_is_a_uri() {
        let check = |path: &str, expected: &str| assert_eq!(encoded(path), expected);
        check("skills/a-b_c.d~/SKILL.md", "skills/a-b_c.d~/SKILL.md");
        check("a b/ü😀", "a%20b/%C3%BC%F0%9F%98%80");
        check("a:b/c%20?#\"\n\\", "a%3Ab/c%2520%3F%23%22%0A%5C");
    }

    /// N13: what a log holds: rules by their codes, levels, and places from the root of the sources.
    #[test]
    fn a_log_names_rules_and_places() {
        let found = vec![
            CheckFinding::new(
                FindingLevel::Error,
                Problem { line: Some(2), column: Some(3), ..Problem::new("/w/a b", "x") },
            ),
            CheckFinding::new(FindingLevel::Warning, Problem::new("/far", "y")),
        ];
        let report = CheckReport::new("/w".to_owned(), found, 2);
        let root = Base::new(Path::new("/w"), [PathBuf::from("/w")]);
        let log = sarif(&report, &[None, Some(4)], &root);
        let run = &log["runs"][0];
        assert_eq!((&log["version"], &run["columnKind"]), (&json!("2.1.0"), &json!("utf16CodeUnits")));
        assert_eq!(run["tool"]["driver"]["rules"][0]["id"], "verbatim");
        let [far, near] = [&run["results"][0], &run["results"][1]];
        assert_eq!(
            (&near["level"], &near["ruleIndex"], &far["level"]),
            (&json!("error"), &json!(0), &json!("warning"))
        );
        let place = &near["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"], json!({"uri": "a%20b", "uriBaseId": "%SRCROOT%"}));
        assert_eq!(place["region"], json!({"startLine": 2, "startColumn": 4}));
        assert_eq!(far["locations"][0]["physicalLocation"], json!({"artifactLocation": {"uri": "file:///far"}}));
    }
}
