//! The YAML between `---` lines at the top of a Markdown file.
//!
//! Invariant: a file is taken apart where the engine takes it apart, and what the engine can read
//! can be read here. Source: `docs/engine.md`, "Front matter".

use rekindle_domain::{MatterBound, SkillNotice};
use serde_json::{Map, Value};

pub use super::unread::{NotRead, NotYaml};
use super::yaml::{self, MOST_VALUES, beyond_json};
use crate::config::text::trim;

/// The fields above, and the text below.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Markdown {
    /// What stands between the `---` lines; empty when nothing does.
    pub fields: Map<String, Value>,
    /// What follows; all of the text when there is no front matter.
    pub body: String,
    /// Why what stands between the `---` lines was taken for text, when it was.
    pub not_read: Option<NotYaml>,
    /// True when the engine can read it only after mending it. It does so only the first time in its
    /// life that it reads this text; from then on it takes all of it for text.
    pub is_mended: bool,
}

/// Why a file is no skill. The engine drops it without a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotASkill {
    /// It does not begin with `---`.
    NoFrontMatter,
    /// It is not YAML.
    NotYaml(NotYaml),
    /// It is not known whether it is one: the engine may read it.
    NotRead(NotRead),
    /// It has no name, or one that is not a text.
    NoName,
    /// Its description is not a text.
    DescriptionNotText,
}

impl NotASkill {
    /// What a person should know of it.
    pub fn notice(&self) -> SkillNotice {
        match self {
            Self::NoFrontMatter => SkillNotice::NoFrontMatter,
            Self::NotYaml(error) => error.notice(),
            Self::NotRead(error) => error.notice(),
            Self::NoName => SkillNotice::NoSkillName,
            Self::DescriptionNotText => SkillNotice::DescriptionNotText,
        }
    }
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
    /// True when the engine can read it only once in its life: see [`Markdown::is_mended`].
    pub is_mended: bool,
}

/// Reads a `SKILL.md`.
pub fn skill(text: &str) -> Result<SkillText, NotASkill> {
    let Markdown { fields, body, not_read, is_mended } = parse(text).map_err(|error| match error {
        NotRead::Yaml(error) => NotASkill::NotYaml(error),
        other => NotASkill::NotRead(other),
    })?;
    if let Some(error) = not_read {
        return Err(NotASkill::NotYaml(error));
    }
    let Some(Value::String(name)) = fields.get("name") else {
        return Err(if split(without_bom(text)).is_some() { NotASkill::NoName } else { NotASkill::NoFrontMatter });
    };
    let description = match fields.get("description") {
        None => None,
        Some(Value::String(text)) => Some(text.clone()),
        Some(_) => return Err(NotASkill::DescriptionNotText),
    };
    Ok(SkillText { name: name.clone(), description, body, is_mended })
}

/// Takes a file apart. Front matter that is never closed goes to the end of the file. Front matter
/// that is not YAML is text like the rest, unless the engine tried to mend it: then it skips the
/// file, and this is an error.
pub fn parse(text: &str) -> Result<Markdown, NotRead> {
    let has_bom = text.starts_with('\u{feff}');
    let text = without_bom(text);
    let whole = |not_read| Markdown { fields: Map::new(), body: text.to_owned(), not_read, is_mended: false };
    let Some(parts) = split(text) else { return Ok(whole(None)) };
    if is_empty(parts.matter) {
        return Ok(Markdown { body: parts.body.to_owned(), ..Markdown::default() });
    }
    let read = match parts.language {
        Language::Yaml => yaml,
        Language::Json => json,
        Language::Code => return Err(NotRead::Code),
        Language::Unknown => return Ok(whole(None)),
    };
    let mut is_mended = false;
    let fields = match read(parts.matter) {
        Ok(fields) => fields,
        Err(error @ (NotRead::TooMuch(_) | NotRead::Code)) => return Err(error),
        Err(NotRead::Yaml(error)) => {
            // The engine tries once more with values quoted that hold a colon.
            let mended = with_quoted_colons(parts.matter);
            if mended == parts.matter.strip_suffix('\r').unwrap_or(parts.matter) || !parts.is_plain || has_bom {
                return Ok(whole(Some(error)));
            }
            is_mended = true;
            read(&mended).map_err(|other| match other {
                NotRead::Yaml(_) => NotRead::Yaml(error),
                other => other,
            })?
        }
    };
    Ok(Markdown { fields, body: parts.body.to_owned(), not_read: None, is_mended })
}

fn without_bom(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// What front matter may be written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Language {
    Yaml,
    Json,
    /// JavaScript.
    Code,
    /// Another one, so that all of the file is text.
    Unknown,
}

struct Parts<'a> {
    matter: &'a str,
    body: &'a str,
    language: Language,
    /// The dashes stand alone, and there are some at the end: only then the engine tries to mend it,
    /// and not behind a byte order mark.
    is_plain: bool,
}

/// The front matter and the rest; `None`: there is no front matter.
fn split(text: &str) -> Option<Parts<'_>> {
    let rest = text.strip_prefix("---").filter(|rest| !rest.starts_with('-'))?;
    // Behind the dashes may stand a language.
    let line = rest.split('\n').next().unwrap_or_default();
    let name = trim(line);
    let language = match &*name.to_lowercase() {
        "" | "yaml" | "yml" => Language::Yaml,
        // Of this one alone the case counts.
        "json" if name == "json" => Language::Json,
        "js" | "javascript" => Language::Code,
        _ => Language::Unknown,
    };
    // Without a second line the engine takes it for a language that there is not.
    if !name.is_empty() && line.len() == rest.len() {
        return None;
    }
    // Where no language stands, what is in its place belongs to the front matter.
    let rest = if name.is_empty() { rest } else { &rest[line.len()..] };
    let Some(end) = rest.find("\n---") else {
        return Some(Parts { matter: rest, body: "", language, is_plain: false });
    };
    let is_plain = line.is_empty() || line == "\r";
    let body = &rest[end + "\n---".len()..];
    let body = body.strip_prefix('\r').unwrap_or(body);
    Some(Parts { matter: &rest[..end], body: body.strip_prefix('\n').unwrap_or(body), language, is_plain })
}

/// True when nothing but comments stands in it.
fn is_empty(matter: &str) -> bool {
    matter.split('\n').all(|line| trim(line).is_empty() || line.trim_start().starts_with('#'))
}

/// The fields as JSON: a moment is a text, and a number that is infinite or none is null.
pub fn written_out(fields: Map<String, Value>) -> Map<String, Value> {
    fields.into_iter().map(|(key, value)| (key, plain(value))).collect()
}

fn plain(value: Value) -> Value {
    match value {
        other if beyond_json(&other).is_some() => beyond_json(&other).cloned().unwrap_or_default(),
        Value::Object(fields) => Value::Object(written_out(fields)),
        Value::Array(list) => Value::Array(list.into_iter().map(plain).collect()),
        other => other,
    }
}

/// True when a value is a moment, which is no text to the engine.
pub fn is_moment(value: &Value) -> bool {
    beyond_json(value).is_some_and(Value::is_string)
}

/// True when a value is, or holds, a number that is infinite or none, with which the engine cannot answer.
pub fn is_infinite(value: &Value) -> bool {
    match value {
        _ if beyond_json(value).is_some_and(Value::is_null) => true,
        Value::Object(fields) => fields.values().any(is_infinite),
        Value::Array(list) => list.iter().any(is_infinite),
        _ => false,
    }
}

fn json(text: &str) -> Result<Map<String, Value>, NotRead> {
    match serde_json::from_str(text) {
        Ok(value) => fields(value),
        Err(error) => Err(match error.to_string() {
            // The engine has no such limit.
            what if what.starts_with("recursion limit") => NotRead::TooMuch(MatterBound::Depth),
            what => NotYaml { why: what.into() }.into(),
        }),
    }
}

fn yaml(text: &str) -> Result<Map<String, Value>, NotRead> {
    fields(yaml::value(text)?)
}

/// What the engine makes of it: a text is spread into its characters and a list into its entries.
fn fields(value: Value) -> Result<Map<String, Value>, NotRead> {
    match value {
        Value::Object(fields) => Ok(fields),
        Value::String(text) if text.len() > MOST_VALUES => Err(yaml::too_many()),
        Value::String(text) => Ok(numbered(text.chars().map(|c| Value::from(c.to_string())))),
        Value::Array(list) => Ok(numbered(list.into_iter())),
        _ => Ok(Map::new()),
    }
}

fn numbered(values: impl Iterator<Item = Value>) -> Map<String, Value> {
    values.enumerate().map(|(index, value)| (index.to_string(), value)).collect()
}

/// Where the first line begins that holds a colon without quotes.
pub fn unquoted_colon(text: &str) -> Option<usize> {
    let lines = text.split_inclusive('\n').scan(0, |at, line| Some((std::mem::replace(at, *at + line.len()), line)));
    lines.skip(1).find(|(_, line)| in_quotes(line.trim_end()).is_some()).map(|(at, _)| at)
}

/// A line `key: a: b` as a text block; `None`: it is none of these.
fn in_quotes(line: &str) -> Option<String> {
    let (key, value) = line.split_once(':')?;
    let key = key.trim_end();
    let is_key = key.chars().next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let value = value.trim();
    (is_key && value.contains(':') && !value.starts_with(['"', '\''])).then(|| format!("{key}: |-\n  {value}"))
}

/// Turns `key: a: b` into a text block, as the engine does when YAML itself gives up.
fn with_quoted_colons(text: &str) -> String {
    // The line end before the closing dashes is not part of it; the engine writes all others anew.
    let text = text.strip_suffix('\r').unwrap_or(text);
    let lines = text.split('\n').map(|text| text.strip_suffix('\r').unwrap_or(text));
    lines.map(|text| in_quotes(text).unwrap_or_else(|| text.to_owned())).collect::<Vec<_>>().join("\n")
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
                (Err(NotASkill::NotYaml(_)), Err(NotASkill::NotYaml(_))) => {}
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
        check("---\nname: a\n", Ok(("a", None)));
        check("--- \nname: a\n---", Ok(("a", None)));
        check("---json\n{\"name\": \"a\"}\n---", Ok(("a", None)));
        check("----\nname: a\n---", Err(NotASkill::NoFrontMatter));
        check("---\ndescription: b\n---\n", Err(NotASkill::NoName));
        check("---\nname: 5\n---\n", Err(NotASkill::NoName));
        check("---\nname: a\ndescription: [1]\n---\n", Err(NotASkill::DescriptionNotText));
        check("---\nname: [a\n---\n", Err(NotASkill::NotYaml(NotYaml { why: "".into() })));
    }

    #[test]
    fn the_body_is_what_follows() {
        let check = |text, expected: &str| assert_eq!(skill(text).expect("a skill").body, expected, "{text:?}");
        check("---\nname: a\n---\n\nbody\n---\nend", "\nbody\n---\nend");
        check("---\r\nname: a\r\n---\r\nbody\r\n", "body\r\n");
        check("---\nname: a\n---same line", "same line");
        check("---\nname: a\n", "");
    }
}
