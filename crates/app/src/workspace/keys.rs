//! The keys of the configuration for a person at a window.
//!
//! Invariants: what is listed is read anew each time; a key is edited only in the very file that it is shown with.

use std::{
    collections::BTreeSet,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use rekindle_domain::{KeyHelp, KeyLine, KeyList, KeyOrigin, KeyRow, Made, Scope, UserError};
use rekindle_opencode::config::schema::Schema;
use serde_json::Value;

use super::{App, Source, blocking};
use crate::{
    edit::{SetKey, parse_key, set_key, unset_key},
    files::{locate::Places, settled::settled},
};

/// How much of a value is listed, in characters: a line has no room for more.
const LONGEST: usize = 400;
/// A longer text is not edited in one line, in bytes.
const LONGEST_TYPED: usize = 2000;
/// What stands for what may be a secret.
const MASK: char = '•';

/// The files and folders that were listed last: they were found on disk.
#[derive(Clone, Default)]
pub(super) struct Listed(Arc<Mutex<BTreeSet<String>>>);

impl Listed {
    /// Whether this is one of them.
    pub(super) fn has(&self, path: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(path)
    }

    fn follow(&self, list: &KeyList) {
        let sources = list.keys.iter().map(|line| line.source.source.clone()).collect();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = sources;
    }
}

impl App {
    /// What is configured, and by which file.
    pub async fn config_keys(&self) -> Result<KeyList, UserError> {
        let (places, schema) = (self.places_of_engine(), self.schema().await);
        // Files beside someone else's engine may be those of others.
        let is_ours = !matches!(self.source, Source::Client { .. });
        let list = blocking(move || {
            let found = settled(&places, schema.as_deref());
            let keys = found.keys.into_iter().map(|row| line(row, &places, is_ours)).collect();
            Ok(KeyList { keys, problems: found.problems })
        })
        .await?;
        self.listed.follow(&list);
        Ok(list)
    }

    /// What may be written at a key, as far as that is known.
    pub async fn key_help(&self, key: &str) -> Result<KeyHelp, UserError> {
        let schema = self.schema().await;
        let schema = schema.as_deref().or(Schema::measured());
        let accepts = parse_key(key)?.keys().zip(schema).and_then(|(keys, schema)| schema.accepts_at(&keys));
        let accepts = accepts.unwrap_or_default();
        Ok(KeyHelp { values: accepts.values, description: accepts.description })
    }

    /// Sets a key to what a person typed.
    pub async fn set_config_key(&self, key: String, text: String, scope: Scope) -> Result<Made, UserError> {
        let schema = self.schema().await;
        self.change(move |places| set_key(places, schema.as_deref(), &key, &text, scope).map(made)).await
    }

    /// Takes a key out of the file that sets it.
    pub async fn unset_config_key(&self, key: String, scope: Scope) -> Result<Made, UserError> {
        let schema = self.schema().await;
        self.change(move |places| unset_key(places, schema.as_deref(), &key, scope).map(made)).await
    }

    /// What the engine accepts, if it said so.
    async fn schema(&self) -> Option<Arc<Schema>> {
        let target = self.seen.borrow().as_ref().map(|seen| seen.target.clone())?;
        target.engine.schema(target.places()).await
    }
}

fn made(set: SetKey) -> Made {
    Made { token: set.operation.map(|operation| operation.token), remark: set.remarks.into_iter().next() }
}

fn line(row: KeyRow, places: &Places, is_ours: bool) -> KeyLine {
    let typed = typed(&row).filter(|_| is_ours && is_to_edit(&row, places));
    let overrides = row.overrides.into_iter().map(|other| (short(&other.value), other.source)).collect();
    KeyLine { key: row.key, value: short(&row.value), source: row.source, overrides, typed }
}

/// Whether a change of the key would be made where it is shown, and the key has no commands of its own, which know more of it.
fn is_to_edit(row: &KeyRow, places: &Places) -> bool {
    let is_item = match row.path.as_slice() {
        [first, ..] if first == "plugin" => true,
        [first] | [first, _] => first == "mcp",
        _ => false,
    };
    let is_entry = row.key.ends_with(']');
    let is_there = || places.configs_to_edit(row.source.scope).iter().any(|path| path == Path::new(&row.source.source));
    row.source.origin == KeyOrigin::File && !is_item && !is_entry && is_there()
}

/// What a person would type for a value: a text as it is, unless it could be taken for something else.
fn typed(row: &KeyRow) -> Option<String> {
    match &row.value {
        Value::String(text) => {
            let is_a_line = text.len() <= LONGEST_TYPED && !text.contains(|c: char| c == MASK || c.is_control());
            let is_json = serde_json::from_str::<Value>(text).is_ok();
            is_a_line.then(|| if is_json { row.value.to_string() } else { text.clone() })
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => Some(row.value.to_string()),
        Value::Array(_) | Value::Object(_) => None,
    }
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::files::environment::Environment;

    /// V5, H2: only single values that may be seen are edited, each in the file that is shown; what is typed means what is there.
    #[test]
    fn what_is_edited_is_what_is_shown() {
        let root = tempfile::tempdir().expect("a folder");
        let home = root.path().canonicalize().expect("there");
        let write = |path: &str, text: &str| {
            let path = home.join(path);
            fs::create_dir_all(path.parent().expect("a parent")).expect("made");
            fs::write(path, text).expect("written");
        };
        fs::create_dir_all(home.join("p/.git")).expect("made");
        write("p/opencode.json", r#"{"snapshot": false}"#);
        write(".config/opencode/opencode.json", r#"{"model": "a/b", "share": "auto"}"#);
        let ours = r#"{"share": "manual", "subagent_depth": 2, "username": "5", "plugin": ["a"], "instructions": ["a.md"],
            "mcp": {"m": {"type": "local", "command": ["x"], "enabled": true, "environment": {"A": "b"}}, "n": {"enabled": false}},
            "provider": {"x": {"options": {"apiKey": "hunter2", "baseURL": "{env:X}"}, "name": "two\nlines"}}}"#;
        write("p/sub/opencode.json", ours);
        write("etc/opencode.json", r#"{"autoupdate": false}"#);
        let variables = [("HOME", home.clone()), ("OPENCODE_TEST_MANAGED_CONFIG_DIR", home.join("etc"))];
        let environment: Environment =
            variables.into_iter().map(|(name, value)| (name.to_owned(), value.display().to_string())).collect();
        let places = Places::in_environment(&home.join("p/sub"), environment).expect("places");
        let lines = |is_ours| -> Vec<_> {
            settled(&places, None).keys.into_iter().map(|row| line(row, &places, is_ours)).collect()
        };
        let all = lines(true);
        let edited: Vec<_> = all.iter().filter_map(|line| Some((line.key.as_str(), line.typed.as_deref()?))).collect();
        let expected = [
            ("mcp.m.enabled", "true"),
            ("mcp.m.type", "local"),
            ("mcp.n.enabled", "false"),
            ("model", "a/b"),
            ("provider.x.options.baseURL", "{env:X}"),
            ("share", "manual"),
            ("subagent_depth", "2"),
            ("username", "\"5\""),
        ];
        assert_eq!(edited, expected, "{all:#?}");
        let secret = all.iter().find(|line| line.key.ends_with("apiKey")).map(|line| line.value.as_str());
        assert_eq!(secret, Some("\"••••\""));
        let share = all.iter().find(|line| line.key == "share").expect("there");
        assert_eq!(share.overrides.iter().map(|(value, _)| value.as_str()).collect::<Vec<_>>(), ["\"auto\""]);
        assert!(lines(false).iter().all(|line| line.typed.is_none()));
    }
}
