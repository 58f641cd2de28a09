//! What would be installed.

use rekindle_domain::{PreviewSource, SkillFinding, SkillPreview, Tokens};

use crate::text::{counted, size};

/// Where it is from, and which state of it: `owner/name (1a2b3c)`.
pub fn from(source: &PreviewSource) -> String {
    let exact = source.resolved.iter().chain(&source.digest).cloned().collect::<Vec<_>>();
    match exact.is_empty() {
        true => source.given.clone(),
        false => format!("{} ({})", source.given, exact.join(", ")),
    }
}

/// How many files, and how large: `3 files, 12 KB`.
pub fn files(skill: &SkillPreview) -> String {
    let bytes = skill.files.iter().map(|file| file.bytes).sum();
    format!("{}, {}", counted(skill.files.len(), "file"), size(bytes))
}

/// What it costs.
pub fn weight(tokens: Tokens) -> String {
    format!("about {} in every session, {} more when it is used", counted(tokens.listed, "token"), tokens.body)
}

/// What it asks for.
pub fn tools(tools: &[String]) -> String {
    format!("may use without asking: {}", tools.join(", "))
}

/// A description on one line.
pub fn on_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Where a finding is: `SKILL.md:3:5`.
pub fn place(finding: &SkillFinding) -> Option<String> {
    let path = finding.path.as_ref()?;
    let numbers = finding.line.zip(finding.column).map(|(line, column)| format!(":{line}:{column}"));
    Some(format!("{path}{}", numbers.unwrap_or_default()))
}

/// What a command of another tool asked for and is not done.
pub fn left_out(options: &[String]) -> String {
    format!("Ignored {}, which Rekindle does not use.", options.join(", "))
}
