//! What is told of a Markdown file that the engine drops, or would read otherwise than a person meant.
//!
//! Invariant: none of it keeps the engine from loading the rest.

use std::path::Path;

use rekindle_domain::{Notice, Problem, SkillNotice};

use super::frontmatter::{NotASkill, NotRead, NotYaml, unquoted_colon};

/// A `SKILL.md` that is no skill, or of which that is not known.
pub fn dropped(path: &Path, text: &str, why: &NotASkill) -> Problem {
    let key = match why {
        NotASkill::NotRead(error) => return not_looked_at(path, error),
        NotASkill::NoFrontMatter | NotASkill::NotYaml(_) => None,
        NotASkill::NoName => Some("name"),
        NotASkill::DescriptionNotText => Some("description"),
    };
    let offset = key.and_then(|key| text.find(&format!("\n{key}:"))).map_or(0, |at| at + 1);
    problem(path, SkillNotice::SkillIgnored { why: because(why.notice()) }).at(text, offset)
}

/// A file that the engine can read only the first time in its life.
pub fn read_once(path: &Path, text: &str) -> Problem {
    problem(path, SkillNotice::ReadableOnce).at(text, unquoted_colon(text).unwrap_or(0))
}

/// A file that Rekindle does not read; the engine may.
pub fn not_looked_at(path: &Path, why: &NotRead) -> Problem {
    problem(path, SkillNotice::ContentNotKnown { why: because(why.notice()) })
}

/// An agent, mode or command that the engine leaves out.
pub fn left_out(path: &Path, text: &str, error: &NotYaml) -> Problem {
    problem(path, SkillNotice::MarkdownIgnored { why: because(error.notice()) }).at(text, 0)
}

/// An agent, mode or command whose front matter is part of the prompt.
pub fn all_text(path: &Path, text: &str, error: &NotYaml) -> Problem {
    problem(path, SkillNotice::AllIsPrompt { why: because(error.notice()) }).at(text, 0)
}

/// A file that is not in UTF-8. `text`: what is made of it.
pub fn encoding(path: &Path, text: &str) -> Problem {
    problem(path, SkillNotice::NotUtf8).at(text, text.find('\u{fffd}').unwrap_or(0))
}

/// A link that leads nowhere.
pub fn dangling(path: &Path) -> Problem {
    problem(path, SkillNotice::SkillLinkDangling)
}

/// A mode with a wrong type in its front matter.
pub fn refused_mode(path: &Path) -> Problem {
    problem(path, SkillNotice::ModeIgnored)
}

fn because(why: SkillNotice) -> Box<Notice> {
    Box::new(why.into())
}

fn problem(path: &Path, what: SkillNotice) -> Problem {
    Problem::new(&path.display().to_string(), what)
}
