//! The pre-flight: would the engine load these files?
//!
//! Invariant: what passes here does not brick a directory. A file is checked as the engine reads
//! it: JSONC, then the engine's own schema (`GET /doc`) with its tolerance for unknown keys, then
//! the files that it refers to. Source: `docs/engine.md`, "Broken files".

use std::path::{Path, PathBuf};

use rekindle_domain::Problem;
use serde_json::{Map, Value, json};

use super::{file, text};
use crate::{
    disk::locate::Places,
    skill::frontmatter::{self, FrontMatter},
};

/// The engine's schema of its configuration, ready to check with.
pub struct Schema(jsonschema::Validator);

impl Schema {
    /// From the engine's `GET /doc`. `None`: it holds no schema that can be used.
    pub fn from_doc(doc: &Value) -> Option<Self> {
        let mut schemas = doc.pointer("/components/schemas")?.clone();
        schemas.get("Config")?;
        // The engine ignores keys that it does not know; its published schema forbids them.
        allow_unknown_keys(&mut schemas);
        let root = json!({"$ref": "#/components/schemas/Config", "components": {"schemas": schemas}});
        match jsonschema::validator_for(&root) {
            Ok(validator) => Some(Self(validator)),
            Err(error) => {
                tracing::warn!(%error, "the engine's schema cannot be used");
                None
            }
        }
    }

    /// What is wrong with a configuration: the path of keys, and a message.
    fn first_error(&self, value: &Value) -> Option<(Vec<String>, String)> {
        self.0.iter_errors(value).next().map(|error| {
            let pointer = error.instance_path().to_string();
            let path = pointer.split('/').skip(1).map(|step| step.replace("~1", "/").replace("~0", "~")).collect();
            (path, describe(&error))
        })
    }
}

fn describe(error: &jsonschema::ValidationError<'_>) -> String {
    let text = error.masked_with("the value").to_string();
    text.replace('"', "“").replace("the value is not of type “", "expected “")
}

fn allow_unknown_keys(value: &mut Value) {
    match value {
        Value::Object(map) => {
            if map.get("additionalProperties") == Some(&Value::Bool(false)) {
                map.remove("additionalProperties");
            }
            map.values_mut().for_each(allow_unknown_keys);
        }
        Value::Array(list) => list.iter_mut().for_each(allow_unknown_keys),
        _ => {}
    }
}

/// Every problem that would keep the engine from loading a directory. Without a schema only what
/// can be told without one is found.
pub fn check(places: &Places, schema: Option<&Schema>) -> Vec<Problem> {
    let configs = places.config_files().into_iter().filter_map(|config| check_config(&config.path, schema));
    let markdown = places.markdown_files().into_iter().filter_map(|(key, path)| check_markdown(key, &path, schema?));
    configs.chain(markdown).collect()
}

/// What would keep the engine from loading one configuration file.
pub fn check_config(path: &Path, schema: Option<&Schema>) -> Option<Problem> {
    let shown = path.display().to_string();
    let text = match file::read(path) {
        Ok(text) => text?,
        Err(error) => {
            return Some(Problem::new(&shown, error.to_string(), "make it a readable text file, or move it away"));
        }
    };
    let value = match text::value(&text) {
        Ok(value) => value,
        Err(error) => return Some(Problem::new(&shown, error.message.clone(), error.hint).at(&text, error.offset)),
    };
    if let Some((path, message)) = schema.and_then(|schema| schema.first_error(&value)) {
        let place = if path.is_empty() { "the configuration".to_owned() } else { format!("“{}”", path.join(".")) };
        let offset = text::offset_of(&text, &path);
        let message = format!("{place}: {message}");
        return Some(Problem::new(&shown, message, "write what the engine expects here").at(&text, offset));
    }
    missing_reference(path, &text)
}

/// A `{file:path}` whose file is not there: the engine refuses the whole configuration.
fn missing_reference(config: &Path, text: &str) -> Option<Problem> {
    text.match_indices("{file:").find_map(|(offset, start)| {
        let line = text[..offset].rsplit('\n').next().unwrap_or_default();
        let target = text[offset + start.len()..].split('}').next()?.trim();
        if line.trim_start().starts_with("//") || reference_path(config, target).is_file() {
            return None;
        }
        let message = format!("the file “{target}” is not there");
        Some(Problem::new(&config.display().to_string(), message, "create it, or mend the path").at(text, offset))
    })
}

fn reference_path(config: &Path, target: &str) -> PathBuf {
    match target.strip_prefix("~/") {
        Some(rest) => etcetera::home_dir().unwrap_or_default().join(rest),
        None => config.parent().unwrap_or(Path::new("/")).join(target),
    }
}

/// An agent, mode or command in Markdown whose front matter has a wrong type. One whose front
/// matter does not parse is skipped by the engine and does no harm.
fn check_markdown(key: &str, path: &Path, schema: &Schema) -> Option<Problem> {
    let text = file::read(path).ok()??;
    let FrontMatter { fields: Value::Object(mut fields), body } = frontmatter::split(&text).ok()? else { return None };
    let body_key = if key == "command" { "template" } else { "prompt" };
    fields.insert(body_key.to_owned(), Value::from(body));
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let value = json!({ key: Map::from_iter([(name, Value::Object(fields))]) });
    let (at, message) = schema.first_error(&value)?;
    let field = at.get(2).cloned().unwrap_or_default();
    let offset = text.find(&format!("\n{field}:")).map_or(0, |at| at + 1);
    let message = format!("“{field}”: {message}");
    Some(Problem::new(&path.display().to_string(), message, "write what the engine expects here").at(&text, offset))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema() -> Schema {
        Schema::from_doc(&json!({"components": {"schemas": {"Config": {
            "type": "object",
            "additionalProperties": false,
            "properties": {"model": {"type": "string"}, "plugin": {"type": "array", "items": {"type": "string"}}}
        }}}}))
        .expect("a schema")
    }

    /// B1: file, line and column of what the engine would refuse.
    #[test]
    fn problems_have_a_place() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("opencode.json");
        let check = |text: &str, expected: Option<(usize, usize)>| {
            std::fs::write(&path, text).expect("written");
            let problem = check_config(&path, Some(&schema()));
            assert_eq!(problem.as_ref().and_then(|p| p.line.zip(p.column)), expected, "{text:?} {problem:?}");
        };
        check("{\"model\": \"a/b\", \"unknown\": 1}", None);
        check("", None);
        check("{\n  \"model\": 5\n}", Some((2, 12)));
        check("{\n  \"plugin\": [\"ü\", 5]\n}", Some((2, 19)));
        check("{\n  \"model\": \"a\"\n  \"x\": 1\n}", Some((3, 3)));
        check("{\"model\": \"{file:none.txt}\"}", Some((1, 12)));
        check(" ", Some((1, 1)));
    }
}
