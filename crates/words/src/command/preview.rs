//! What would be installed, in lines.

use rekindle_domain::{FindingLevel, Preview, SkillFinding, SkillPreview};

use crate::{
    notice::{Front, inline},
    text::{counted, size},
};

/// What a source would install.
pub fn preview(preview: &Preview) -> Vec<String> {
    let mut lines = vec![format!("From {}:", from(preview))];
    for skill in &preview.skills {
        lines.push(String::new());
        lines.extend(skill_lines(skill));
    }
    lines.push(String::new());
    let is_error = |one: &SkillFinding| one.level == FindingLevel::Error;
    let last = match preview.skills.iter().flat_map(|skill| &skill.findings).any(is_error) {
        true => "Nothing was installed, and cannot be while there are errors.",
        false => "Nothing was installed. To install it, leave out --dry-run.",
    };
    lines.push(last.to_owned());
    lines
}

fn from(preview: &Preview) -> String {
    let source = &preview.source;
    let exact = source.resolved.iter().chain(&source.digest).cloned().collect::<Vec<_>>();
    match exact.is_empty() {
        true => source.given.clone(),
        false => format!("{} ({})", source.given, exact.join(", ")),
    }
}

fn skill_lines(skill: &SkillPreview) -> Vec<String> {
    let mut lines = vec![format!("{}  {}", skill.name, skill.place)];
    let mut add = |line: String| lines.push(format!("  {line}"));
    if let Some(description) = &skill.description {
        add(description.split_whitespace().collect::<Vec<_>>().join(" "));
    }
    let bytes = skill.files.iter().map(|file| file.bytes).sum();
    add(format!("{}, {}", counted(skill.files.len(), "file"), size(bytes)));
    for file in &skill.files {
        let program = if file.executable { ", executable" } else { "" };
        add(format!("  {}  {}{program}", file.path, size(file.bytes)));
    }
    if !skill.tools.is_empty() {
        add(format!("may use without asking: {}", skill.tools.join(", ")));
    }
    let tokens = skill.tokens;
    add(format!("about {} in every session, {} more when it is used", counted(tokens.listed, "token"), tokens.body));
    skill.findings.iter().for_each(|one| add(finding(one)));
    lines
}

/// `warning: SKILL.md:3:5: …`.
pub fn finding(finding: &SkillFinding) -> String {
    let level = match finding.level {
        FindingLevel::Ok => "note",
        FindingLevel::Warning => "warning",
        FindingLevel::Error => "error",
    };
    let numbers =
        finding.line.zip(finding.column).map(|(line, column)| format!(":{line}:{column}")).unwrap_or_default();
    let place = finding.path.as_ref().map(|path| format!("{path}{numbers}: ")).unwrap_or_default();
    format!("{level}: {place}{}", inline(&finding.what, Front::Command))
}
