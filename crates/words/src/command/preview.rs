//! What would be installed, in lines.

use rekindle_domain::{FindingLevel, Preview, SkillFinding, SkillPreview};

use crate::{
    notice::{Front, inline},
    previews,
    text::size,
};

/// What a source would install.
pub fn preview(preview: &Preview) -> Vec<String> {
    let mut lines = vec![format!("From {}:", previews::from(&preview.source))];
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

fn skill_lines(skill: &SkillPreview) -> Vec<String> {
    let mut lines = vec![format!("{}  {}", skill.name, skill.place)];
    let mut add = |line: String| lines.push(format!("  {line}"));
    if let Some(description) = &skill.description {
        add(previews::on_one_line(description));
    }
    add(previews::files(skill));
    for file in &skill.files {
        let program = if file.executable { ", executable" } else { "" };
        add(format!("  {}  {}{program}", file.path, size(file.bytes)));
    }
    if !skill.tools.is_empty() {
        add(previews::tools(&skill.tools));
    }
    add(previews::weight(skill.tokens));
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
    let place = previews::place(finding).map(|place| format!("{place}: ")).unwrap_or_default();
    format!("{level}: {place}{}", inline(&finding.what, Front::Command))
}
