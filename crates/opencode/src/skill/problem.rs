//! What is told of a Markdown file that the engine drops, or would read otherwise than a person meant.
//!
//! Invariant: none of it keeps the engine from loading the rest.

use std::path::Path;

use rekindle_domain::{Problem, chain};

use super::frontmatter::{NotASkill, NotRead, NotYaml, unquoted_colon};

/// A `SKILL.md` that is no skill, or of which that is not known.
pub fn dropped(path: &Path, text: &str, why: &NotASkill) -> Problem {
    let (hint, key) = match why {
        NotASkill::NotRead(error) => return not_looked_at(path, error),
        NotASkill::NoFrontMatter => ("begin it with a line ---, a line name: and its name, and a line ---", None),
        NotASkill::NotYaml { .. } => (YAML, None),
        NotASkill::NoName => ("add a line name: and its name", Some("name")),
        NotASkill::DescriptionNotText => ("put the description in quotes", Some("description")),
    };
    let offset = key.and_then(|key| text.find(&format!("\n{key}:"))).map_or(0, |at| at + 1);
    problem(path, format!("OpenCode silently ignores this skill: {why}"), hint).at(text, offset)
}

/// A file that the engine can read only the first time in its life.
pub fn read_once(path: &Path, text: &str) -> Problem {
    let message = "its front matter has an unquoted colon, which OpenCode can read only once per process; \
        a reload would lose it, so Rekindle restarts the engine";
    problem(path, message, "put the text in quotes").at(text, unquoted_colon(text).unwrap_or(0))
}

/// A file that Rekindle does not read; the engine may.
pub fn not_looked_at(path: &Path, why: &NotRead) -> Problem {
    let hint = match why {
        NotRead::Code => "read that code before OpenCode does; write it as YAML, with nothing behind the first ---",
        NotRead::TooMuch { .. } | NotRead::Yaml(_) => "make it smaller and simpler",
    };
    problem(path, format!("Rekindle does not say what is in this file: {}", chain(why)), hint)
}

/// An agent, mode or command that the engine leaves out.
pub fn left_out(path: &Path, text: &str, error: &NotYaml) -> Problem {
    problem(path, format!("OpenCode silently ignores this file: {error}"), YAML).at(text, 0)
}

/// An agent, mode or command whose front matter is part of the prompt.
pub fn all_text(path: &Path, text: &str, error: &NotYaml) -> Problem {
    problem(path, format!("OpenCode takes all of this file for its prompt: {error}"), YAML).at(text, 0)
}

/// A file that is not in UTF-8. `text`: what is made of it.
pub fn encoding(path: &Path, text: &str) -> Problem {
    let message = "this file is not in UTF-8: what cannot be read stands as “\u{fffd}” in it";
    problem(path, message, "save it as UTF-8").at(text, text.find('\u{fffd}').unwrap_or(0))
}

/// A link that leads nowhere.
pub fn dangling(path: &Path) -> Problem {
    problem(path, "this skill is a link to a file that is not there", "mend the link, or remove it")
}

/// A mode with a wrong type in its front matter.
pub fn refused_mode(path: &Path) -> Problem {
    problem(path, "OpenCode silently ignores this mode: a field has the wrong type", "mend its front matter")
}

const YAML: &str = "mend the YAML between the lines ---; a string that contains a colon needs quotes";

fn problem(path: &Path, message: impl Into<String>, hint: &str) -> Problem {
    Problem::new(&path.display().to_string(), message, hint)
}
