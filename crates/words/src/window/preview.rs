//! The words of a preview: what would be installed, before it is.

use rekindle_domain::{PreviewFile, Previewed, SkillFinding, SkillPreview, UserError};

pub use crate::previews::{left_out, received};
use crate::{
    notice::{Front, inline},
    previews,
    text::{counted, sentence, size},
    window::remark,
};

pub const TITLE: &str = "Install skills";
pub const ADVICE: &str =
    "A skill contains instructions that agents follow and scripts that they may run. Read it first.";
pub const FILES: &str = "Files";
pub const NO_TEXT: &str = "This file is not text, or is too large to show.";
pub const CHOOSE_ALL: &str = "Choose all";

/// While a source is fetched.
pub fn fetching(source: &str) -> String {
    format!("Fetching {source}…")
}

/// What would go for it, if something would.
pub fn replaces(skill: &SkillPreview) -> Option<&'static str> {
    skill.replaces.is_some().then_some("Replaces what is there now, which goes to the trash.")
}

/// Where it is from.
pub fn from(previewed: &Previewed) -> String {
    previews::from(&previewed.preview.source)
}

/// Its description, on one line.
pub fn description(skill: &SkillPreview) -> Option<String> {
    skill.description.as_deref().map(previews::on_one_line)
}

/// What it costs.
pub fn weight(skill: &SkillPreview) -> String {
    sentence(&previews::weight(skill.tokens))
}

/// What it asks for.
pub fn tools(skill: &SkillPreview) -> Option<String> {
    (!skill.tools.is_empty()).then(|| sentence(&previews::tools(&skill.tools)))
}

/// How many files, and how large.
pub fn files(skill: &SkillPreview) -> String {
    previews::files(skill)
}

/// What is to be known of a file beside its path.
pub fn file(file: &PreviewFile) -> String {
    let program = if file.executable { ", executable" } else { "" };
    format!("{}{program}", size(file.bytes))
}

/// Where something is that a person should know of, and what it is.
pub fn finding(finding: &SkillFinding) -> (Option<String>, String) {
    (previews::place(finding), remark(&finding.what))
}

/// What is in the source and would not load.
pub fn skipped(error: &UserError) -> String {
    let path = error.path.as_deref().unwrap_or_default();
    sentence(&format!("skipped {path}: {}", inline(&error.what, Front::Window)))
}

/// The button, for so many skills.
pub fn install(number: usize) -> String {
    match number {
        0 | 1 => "Install".to_owned(),
        _ => format!("Install {}", counted(number, "skill")),
    }
}

/// They are where the engine finds them.
pub fn installed(names: &[String]) -> String {
    match names {
        [name] => format!("Installed {name}"),
        names => format!("Installed {}", counted(names.len(), "skill")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_installed_is_counted() {
        assert_eq!(install(0), "Install");
        assert_eq!(install(1), "Install");
        assert_eq!(install(3), "Install 3 skills");
        assert_eq!(installed(&["a".to_owned()]), "Installed a");
        assert_eq!(installed(&["a".to_owned(), "b".to_owned()]), "Installed 2 skills");
    }
}
