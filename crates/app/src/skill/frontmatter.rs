//! The YAML between `---` lines at the top of a Markdown file.
//!
//! Invariant: what the engine can read can be read here. Source: `docs/engine.md`, "Skills"; it
//! also reads values with unquoted colons, which YAML itself does not.

use serde_json::Value;

/// The fields above, and the text below.
#[derive(Clone, Debug, PartialEq)]
pub struct FrontMatter {
    /// What stands between the `---` lines; an empty object when nothing does.
    pub fields: Value,
    /// What follows.
    pub body: String,
}

/// Why a file is no skill. The engine drops it without a word.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotASkill {
    /// It does not begin with `---`.
    #[error("SKILL.md has no front matter: it must begin with a line ---")]
    NoFrontMatter,
    /// There is no second `---`.
    #[error("the front matter of SKILL.md is never closed: a second line --- is missing")]
    Unclosed,
    /// It is not YAML.
    #[error("the front matter of SKILL.md is not YAML: {message}")]
    NotYaml {
        /// What the parser said.
        message: String,
    },
    /// It has no name, or one that is not a text.
    #[error("the front matter of SKILL.md has no “name”")]
    NoName,
    /// Its description is not a text.
    #[error("the “description” in SKILL.md is not a text")]
    DescriptionNotText,
}

/// A skill as the engine would load it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SkillText {
    /// Its name.
    pub name: String,
    /// Its description.
    pub description: Option<String>,
    /// Its body.
    pub body: String,
}

/// Reads a `SKILL.md`.
pub fn skill(text: &str) -> Result<SkillText, NotASkill> {
    let FrontMatter { fields, body } = split(text)?;
    let Some(Value::String(name)) = fields.get("name") else { return Err(NotASkill::NoName) };
    let description = match fields.get("description") {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) => Some(text.clone()),
        Some(_) => return Err(NotASkill::DescriptionNotText),
    };
    Ok(SkillText { name: name.clone(), description, body })
}

/// Takes a file apart.
pub fn split(text: &str) -> Result<FrontMatter, NotASkill> {
    let text = text.trim_start_matches('\u{feff}');
    let first = text.lines().next().unwrap_or_default();
    if first.trim_end() != "---" {
        return Err(NotASkill::NoFrontMatter);
    }
    let start = text.find('\n').map_or(text.len(), |at| at + 1);
    let mut at = start;
    for line in text[start..].split_inclusive('\n') {
        if line.trim_end() == "---" {
            let fields = yaml(&text[start..at])?;
            return Ok(FrontMatter { fields, body: text[at + line.len()..].to_owned() });
        }
        at += line.len();
    }
    Err(NotASkill::Unclosed)
}

fn yaml(text: &str) -> Result<Value, NotASkill> {
    if text.trim().is_empty() {
        return Ok(Value::Object(serde_json::Map::new()));
    }
    serde_saphyr::from_str::<Value>(text).or_else(|error| {
        serde_saphyr::from_str(&with_quoted_colons(text)).map_err(|_| NotASkill::NotYaml {
            message: error.to_string().lines().next().unwrap_or_default().to_owned(),
        })
    })
}

/// Turns `key: a: b` into a text block, as the engine does when YAML itself gives up.
fn with_quoted_colons(text: &str) -> String {
    text.lines()
        .map(|line| match line.split_once(':') {
            Some((key, value))
                if !key.is_empty()
                    && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
                    && value.contains(':')
                    && !value.trim_start().starts_with(['"', '\'', '|', '>', '[', '{']) =>
            {
                format!("{key}: |-\n  {}\n", value.trim())
            }
            _ => format!("{line}\n"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn skills_are_read_as_the_engine_reads_them() {
        let check = |text: &str, expected: Result<(&str, Option<&str>), NotASkill>| {
            let found = skill(text).map(|skill| (skill.name, skill.description));
            let expected = expected.map(|(name, d)| (name.to_owned(), d.map(str::to_owned)));
            match (&found, &expected) {
                (Err(NotASkill::NotYaml { .. }), Err(NotASkill::NotYaml { .. })) => {}
                _ => assert_eq!(found, expected, "{text:?}"),
            }
        };
        check("---\nname: a\ndescription: b\n---\nbody", Ok(("a", Some("b"))));
        check("---\r\nname: a\r\n---\r\nbody", Ok(("a", None)));
        check("\u{feff}---\nname: \"s p 😀\"\n---\n", Ok(("s p 😀", None)));
        check("---\nname: a\ndescription: Use when: always\n---\n", Ok(("a", Some("Use when: always"))));
        check("---\nname: a\ndescription: >\n  folded\n  text\n---\n", Ok(("a", Some("folded text\n"))));
        check("no front matter", Err(NotASkill::NoFrontMatter));
        check("", Err(NotASkill::NoFrontMatter));
        check("---\nname: a\n", Err(NotASkill::Unclosed));
        check("---\ndescription: b\n---\n", Err(NotASkill::NoName));
        check("---\nname: 5\n---\n", Err(NotASkill::NoName));
        check("---\nname: a\ndescription: [1]\n---\n", Err(NotASkill::DescriptionNotText));
        check("---\nname: [a\n---\n", Err(NotASkill::NotYaml { message: String::new() }));
    }

    #[test]
    fn the_body_is_what_follows() {
        assert_eq!(skill("---\nname: a\n---\n\nbody\n---\nend").map(|s| s.body), Ok("\nbody\n---\nend".to_owned()));
    }
}
