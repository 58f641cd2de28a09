//! The pre-flight: would the engine load these files?
//!
//! Invariant: what passes here does not brick a directory. A file is checked as the engine reads
//! it: JSONC, then the engine's own schema (`GET /doc`) with its tolerance for unknown keys, then
//! the files that it refers to. Source: `docs/engine.md`, "Broken files".

use std::path::Path;

use rekindle_domain::{ConfigNotice, Notice, Problem, SkillNotice};
use rekindle_opencode::{
    config::{
        fault::Fault,
        schema::Schema,
        shape, text,
        variables::{self, VariableError},
    },
    skill::frontmatter::{self, NotRead},
};
use serde_json::{Map, Value, json};

use super::references::References;
use crate::files::{
    endless,
    entries::{MarkdownFile, markdown_files},
    foreign::{Budget, ReadError},
    locate::Places,
    worktree::{Repository, repository_of},
};

/// Every problem that would keep the engine from loading a directory. Without a schema only what
/// can be told without one is found.
pub fn check(places: &Places, schema: Option<&Schema>) -> Vec<Problem> {
    let mut budget = Budget::of_configuration();
    let mut references = References::beginnings(&mut budget);
    let configs = places.config_files();
    let mut found: Vec<_> =
        configs.iter().flat_map(|config| check_text(&config.path, places, schema, &mut references)).collect();
    for folder in places.config_folders() {
        let files = markdown_files(&folder.path, &mut budget).files;
        found.extend(files.iter().flat_map(|file| check_markdown(file, schema, &mut budget)));
    }
    found.extend(repository_of(&places.directory).iter().flat_map(Repository::endless));
    let folders = places.config_folders().into_iter().map(|folder| folder.path);
    found.extend(folders.chain([places.directory.clone()]).filter_map(|folder| endless::of_package(&folder)));
    found
}

/// What would keep the engine from loading one configuration file.
pub fn check_config(path: &Path, places: &Places, schema: Option<&Schema>) -> Vec<Problem> {
    check_text(path, places, schema, &mut References::beginnings(&mut Budget::of_configuration()))
}

fn check_text(path: &Path, places: &Places, schema: Option<&Schema>, references: &mut References<'_>) -> Vec<Problem> {
    let shown = path.display().to_string();
    let text = match references.budget().text(path) {
        Ok(Some(text)) => text,
        Ok(None) => return Vec::new(),
        Err(error) => return vec![unread(&shown, &error)],
    };
    let folder = path.parent().unwrap_or(Path::new("/"));
    let of = |name: &str| places.environment.get(name).unwrap_or_default().to_owned();
    let replaced = match variables::replace(&text, folder, &places.home, of, references) {
        Ok(replaced) => replaced,
        Err(error @ VariableError::BadReference { offset, .. }) => {
            return vec![Problem::new(&shown, error.notice()).at(&text, offset)];
        }
        Err(error @ VariableError::TooLong) => return vec![Problem::new(&shown, not_checked(error.notice()))],
    };
    let value = match text::value(&replaced.text) {
        Ok(value) => value,
        Err(error) => {
            let (offset, variable) = replaced.origin(&text, error.offset);
            let what = match variable {
                Some(variable) => {
                    let what = Box::new(error.what.into());
                    ConfigNotice::VariableMisplaced { variable: variable.to_owned(), what }
                }
                None => error.what,
            };
            return vec![Problem::new(&shown, what).at(&text, offset)];
        }
    };
    if let Some(path) = newer_permissions(&value) {
        let what = ConfigNotice::NewerPermissions { key: path.join(".") };
        return vec![Problem::new(&shown, what).at(&text, text::offset_of(&text, &path))];
    }
    let shaped = shape::lowered(value);
    let problem =
        |Fault { path, what }: Fault| Problem::new(&shown, what.at(&path)).at(&text, text::offset_of(&text, &path));
    schema.map(|schema| schema.faults(&shaped)).unwrap_or_default().into_iter().map(problem).collect()
}

/// A file that could not be read, or that Rekindle does not read: what was not checked must not be loaded.
fn unread(shown: &str, error: &ReadError) -> Problem {
    if error.is_bound_of_ours() {
        return Problem::new(shown, not_checked(error.why()));
    }
    Problem::new(shown, error.why())
}

fn not_checked(why: impl Into<Notice>) -> ConfigNotice {
    ConfigNotice::NotChecked { why: Box::new(why.into()) }
}

/// The engine refuses the one newer spelling that it could misread.
fn newer_permissions(config: &Value) -> Option<Vec<String>> {
    const KEY: &str = "permissions";
    if config.get(KEY).is_some() {
        return Some(vec![KEY.to_owned()]);
    }
    let groups =
        ["agents", "agent", "mode"].into_iter().filter_map(|group| Some((group, config.get(group)?.as_object()?)));
    let mut agents = groups.flat_map(|(group, agents)| agents.iter().map(move |(name, agent)| (group, name, agent)));
    let (group, name, _) = agents.find(|(_, _, agent)| agent.get(KEY).is_some())?;
    Some(vec![group.to_owned(), name.clone(), KEY.to_owned()])
}

/// An agent or command in Markdown whose front matter has a wrong type. A mode like that is skipped by
/// the engine and does no harm.
fn check_markdown(file: &MarkdownFile, schema: Option<&Schema>, budget: &mut Budget) -> Vec<Problem> {
    if let Some(problem) = endless::problem(&file.path) {
        return vec![problem];
    }
    let shown = file.path.display().to_string();
    let text = match budget.text(&file.path) {
        Ok(Some(text)) => text,
        Ok(None) | Err(ReadError::Refused { .. }) => return Vec::new(),
        Err(error) => return vec![unread(&shown, &error)],
    };
    let parsed = match frontmatter::parse(&text) {
        Ok(parsed) => parsed,
        Err(error @ (NotRead::TooMuch(_) | NotRead::Code)) => {
            return vec![Problem::new(&shown, not_checked(error.notice()))];
        }
        Err(NotRead::Yaml(_)) => return Vec::new(),
    };
    let mut fields = parsed.fields;
    let at = |field: &str| text.find(&format!("\n{field}:")).map_or(0, |at| at + 1);
    if let Some((field, _)) = fields.iter().find(|(_, value)| frontmatter::is_infinite(value)) {
        let what = SkillNotice::NumberInfinite { field: field.clone() };
        return vec![Problem::new(&shown, what).at(&text, at(field))];
    }
    let Some(schema) = schema.filter(|_| file.key != "mode") else { return Vec::new() };
    fields.insert(if file.key == "command" { "template" } else { "prompt" }.to_owned(), Value::from(parsed.body));
    let value = json!({ file.key: Map::from_iter([(file.name.clone(), Value::Object(fields))]) });
    let problem = |Fault { path, what }: Fault| {
        let field = path.get(2).cloned().unwrap_or_default();
        let offset = at(&field);
        let wrong = value.get(file.key).and_then(|all| all.get(&file.name)?.get(&field));
        if wrong.is_some_and(frontmatter::is_moment) {
            return Problem::new(&shown, SkillNotice::DateWithoutQuotes { field }).at(&text, offset);
        }
        Problem::new(&shown, what.at(&[field])).at(&text, offset)
    };
    schema.faults(&value).into_iter().map(problem).collect()
}

#[cfg(test)]
mod tests {
    use rekindle_domain::{Expected, ValueKind};

    use super::*;

    mod mistakes;

    fn schema() -> Schema {
        Schema::from_doc(&json!({"components": {"schemas": {"Config": {
            "type": "object",
            "additionalProperties": false,
            "properties": {
                "model": {"type": "string"},
                "plugin": {"type": "array", "items": {"type": "string"}},
                "share": {"type": "string", "enum": ["manual", "auto"]},
                "autoupdate": {"anyOf": [{"type": "boolean"}, {"type": "string", "enum": ["notify"]}]},
                "mcp": {"type": "object", "additionalProperties": {"anyOf": [
                    {"type": "object", "required": ["type", "command"], "properties": {
                        "type": {"type": "string", "enum": ["local"]},
                        "command": {"type": "array", "items": {"type": "string"}},
                    }},
                    {"type": "object", "required": ["type", "url"], "properties": {
                        "type": {"type": "string", "enum": ["remote"]},
                        "url": {"type": "string"},
                    }},
                ]}},
            }
        }}}}))
        .expect("a schema")
    }

    /// B1: file, line and column of what the engine would refuse.
    #[test]
    fn problems_have_a_place() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("opencode.json");
        let places = Places::of(folder.path()).expect("places");
        let check = |text: &str, expected: Option<(usize, usize)>| {
            std::fs::write(&path, text).expect("written");
            let problem = check_config(&path, &places, Some(&schema())).into_iter().next();
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

    /// B1: all that is wrong in a file is told at once, each thing once and in its place.
    #[test]
    fn all_problems_of_a_file_are_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("opencode.json");
        let places = Places::of(folder.path()).expect("places");
        let text = "{\n  \"model\": 1,\n  \"share\": 2,\n  \"autoupdate\": \"x\",\n  \"plugin\": [1, \"a\", 2]\n}";
        std::fs::write(&path, text).expect("written");
        let mut found: Vec<_> = check_config(&path, &places, Some(&schema()))
            .into_iter()
            .map(|problem| match problem.what {
                Notice::Config(ConfigNotice::AtKey { key, .. }) => (problem.line, key),
                other => panic!("{other:?}"),
            })
            .collect();
        found.sort();
        let expected = [(2, "model"), (3, "share"), (4, "autoupdate"), (5, "plugin.0"), (5, "plugin.2")];
        assert_eq!(found, expected.map(|(line, place)| (Some(line), place.to_owned())));
    }

    /// B1: what is wrong because of what takes the place of a variable is told there, with its name and without its
    /// value.
    #[test]
    fn a_variable_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let values = [("CERT", "sk-secret\nline"), ("QUOTE", "a\" b"), ("FINE", "x"), ("WORD", "0x1F"), ("LINE", "\n")];
        let home = [("HOME", folder.path().to_str().expect("a path"))];
        let environment = values.iter().chain(&home).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let places = Places::in_environment(folder.path(), environment.collect()).expect("places");
        std::fs::write(folder.path().join("cert"), "a\nb\t\"c").expect("written");
        let path = folder.path().join("opencode.json");
        let check = |text: &str, expected: Option<(&str, (usize, usize))>| {
            std::fs::write(&path, text).expect("written");
            let problem = check_config(&path, &places, Some(&schema())).into_iter().next();
            let place = problem.as_ref().and_then(|problem| problem.line.zip(problem.column));
            assert_eq!(place, expected.map(|(_, place)| place), "{text:?} {problem:?}");
            let Some((problem, (expected, _))) = problem.zip(expected) else { return };
            match &problem.what {
                Notice::Config(ConfigNotice::VariableMisplaced { variable, .. }) => assert_eq!(variable, expected),
                other => assert_eq!((other, expected), (&ConfigNotice::CommaMissing.into(), ",")),
            }
            assert!(!format!("{problem:?}").contains("secret"), "{problem:?}");
        };
        check("{\"model\": \"{env:FINE}{file:cert}\"}", None);
        check("{\"model\": \"{env:CERT}\"}", Some(("{env:CERT}", (1, 12))));
        check("{\n  \"model\": \"{env:FINE} {env:FINE}\",\n  \"x\": \"{env:QUOTE}\"}", Some(("{env:QUOTE}", (3, 9))));
        check("{\"model\": \"{file:cert}\", \"x\": {env:WORD}}", Some(("{env:WORD}", (1, 31))));
        check("{\"model\": \"{file:cert} {env:FINE}\" \"x\": 1}", Some((",", (1, 36))));
        check("{\"model\": \"{env:LINE}\"}", Some(("{env:LINE}", (1, 12))));
        check("{\"model\": {file:cert}}", Some(("{file:cert}", (1, 11))));
    }

    /// B1: front matter that the engine reads, and that would leave it without an answer, or refused.
    #[test]
    fn what_markdown_must_not_hold_has_a_place() {
        let folder = tempfile::tempdir().expect("a folder");
        let places = Places::of(folder.path()).expect("places");
        let schema = Schema::from_doc(&json!({"components": {"schemas": {"Config": {"properties": {
            "agent": {"additionalProperties": {"properties": {"description": {"type": "string"}}}},
        }}}}}))
        .expect("a schema");
        let check = |path: &str, text: &str, expected: Option<(Notice, usize)>| {
            let path = folder.path().join(".opencode").join(path);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("made");
            std::fs::write(&path, text).expect("written");
            let found = check(&places, Some(&schema));
            let told = found.into_iter().map(|problem| (problem.what, problem.line.unwrap_or(0)));
            assert_eq!(told.collect::<Vec<_>>(), Vec::from_iter(expected), "{text:?}");
            std::fs::remove_file(path).expect("removed");
        };
        let infinite = |field: &str| SkillNotice::NumberInfinite { field: field.to_owned() }.into();
        let runs = || not_checked(SkillNotice::FrontMatterRuns).into();
        let date = SkillNotice::DateWithoutQuotes { field: "description".to_owned() }.into();
        check("agent/a.md", "---\ndescription: 2024-01-01\n---\n", Some((date, 2)));
        check("agent/a.md", "---\nmore: 2024-01-01\n---\n", None);
        check("agent/a.md", "---\ndescription: '2024-01-01'\n---\n", None);
        check("agent/a.md", "---\na: b\nmore: [{x: .inf}]\n---\n", Some((infinite("more"), 3)));
        check("mode/a.md", "---\ntop_p: .nan\n---\n", Some((infinite("top_p"), 2)));
        check("mode/a.md", "---\ndescription: 2024-01-01\n---\n", None);
        check("command/a.md", "---\nmore: 1e999\n---\n", Some((infinite("more"), 2)));
        check("agent/a.md", "---js\nmodule.exports = {}\n---\n", Some((runs(), 0)));
        check("commands/a.md", "--- JavaScript \n1\n---\n", Some((runs(), 0)));
        check("agent/a.md", "---js\n# nothing\n---\n", None);
    }

    /// B1: what is expected, in words, with the text in question; secrets are not in it.
    #[test]
    fn problems_say_what_to_write() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("opencode.json");
        let places = Places::of(folder.path()).expect("places");
        let check = |text: &str, key: &str, what: ConfigNotice| {
            std::fs::write(&path, text).expect("written");
            let problem = check_config(&path, &places, Some(&schema())).remove(0);
            assert_eq!(problem.what, what.at(&[key.to_owned()]), "{text}");
            assert_eq!(problem.text(), Some(text), "{problem:?}");
        };
        let wrong = |expected: &[Expected], found| ConfigNotice::WrongValue { expected: expected.to_vec(), found };
        let kind = Expected::Kind;
        let word = |word: &str| Expected::Word(word.to_owned());
        let string = ValueKind::String;
        check("{\"model\": 5}", "model", wrong(&[kind(string)], ValueKind::Number));
        check("{\"share\": \"x\"}", "share", wrong(&[word("manual"), word("auto")], string));
        let either = [kind(ValueKind::Boolean), word("notify")];
        check("{\"autoupdate\": \"x\"}", "autoupdate", wrong(&either, string));
        let local = "{\"mcp\": {\"m\": {\"type\": \"local\", \"command\": \"x\"}}}";
        check(local, "mcp.m.command", wrong(&[kind(ValueKind::List)], string));
        let remote = "{\"mcp\": {\"m\": {\"type\": \"remote\"}}}";
        check(remote, "mcp.m", ConfigNotice::RequiredKeyMissing { key: "url".to_owned() });
        std::fs::write(&path, "{\n  \"model\": 5, \"apiKey\": \"sk-1\"\n}").expect("written");
        let problem = check_config(&path, &places, Some(&schema())).remove(0);
        assert!(!format!("{problem:?}").contains("sk-1"), "{problem:?}");
    }
}
