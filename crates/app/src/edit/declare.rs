//! Declaring a plugin: in which file, and as which path.
//!
//! Invariants: it goes where the list is that counts, nothing is declared twice among the files of a scope, and a path
//! leads from the file to what the person meant from the directory.

use std::path::{Path, PathBuf};

use rekindle_domain::{EditNotice, ErrorCode, Notice, PluginOrigin, Scope, UserError};
use rekindle_opencode::{
    PluginSpec,
    config::{edit, shape::plain},
};
use serde_json::Value;

use super::{
    list::entries_of,
    text::edit_text,
    undo::{Entries, LIST, has_list},
};
use crate::{
    error::shown,
    files::{file, is_code, locate::Places},
};

/// Declares a plugin; a token for taking it back.
pub fn add_plugin(places: &Places, spec: &str, scope: Scope) -> Result<String, UserError> {
    let mut spec = PluginSpec::parse(&places.expanded(spec));
    if let Some(why) = spec.objection() {
        /// What is longer is told by its beginning, in characters.
        const TOLD: usize = 200;
        let is_long = spec.text.chars().nth(TOLD).is_some();
        let told = spec.text.chars().take(TOLD).chain(is_long.then_some('…')).collect();
        return Err(no_plugin(told, why));
    }
    let files = places.configs_to_edit(scope);
    let path = file_for_plugins(places, scope, &files);
    spec = from_the_file(places, &path, spec);
    if spec.origin == PluginOrigin::File {
        let named = spec.text.strip_prefix("file://").unwrap_or(&spec.text);
        let target = plain(&path.parent().unwrap_or(Path::new("/")).join(named));
        let encoded = spec.text.contains('%');
        if !encoded && !target.exists() {
            let why = EditNotice::PluginFileMissing { path: shown(&target) };
            return Err(no_plugin(spec.text, why));
        }
        let is_possible = encoded || target.is_dir() || target.is_file() && is_code(&target);
        if !is_possible {
            let why = EditNotice::PluginNotCode { path: shown(&target) };
            return Err(no_plugin(spec.text, why));
        }
    }
    let is_it = |entry: &String| same_plugin(&PluginSpec::parse(entry), &spec);
    for file in &files {
        let declares = match declared_in(file) {
            Ok(declared) => declared.iter().any(is_it),
            // Only the one that is edited has to be well.
            Err(error) if *file == path => return Err(error),
            Err(_) => false,
        };
        if declares {
            let notice = EditNotice::AlreadyDeclared { name: spec.name, path: shown(file) };
            return Err(UserError::new(ErrorCode::Declared, notice));
        }
    }
    let entry = Value::from(spec.text.as_str());
    edit_text(places, &path, |text| edit::append(text, LIST, &entry), |_| Entries::Added(vec![entry.clone()]))
}

fn no_plugin(spec: String, why: impl Into<Notice>) -> UserError {
    UserError::new(ErrorCode::BadSpec, EditNotice::NotAPlugin { spec, why: Box::new(why.into()) })
}

/// The engine takes a path from the folder of the file that declares it; a person means it from the directory, if it is
/// there and not in that folder.
fn from_the_file(places: &Places, file: &Path, spec: PluginSpec) -> PluginSpec {
    let folder = file.parent().unwrap_or(Path::new("/"));
    let is_relative = spec.origin == PluginOrigin::File && spec.text.starts_with('.');
    if !is_relative || folder.join(&spec.text).exists() || !places.directory.join(&spec.text).exists() {
        return spec;
    }
    match folder.strip_prefix(&places.directory) {
        Ok(below) => {
            let up = "../".repeat(below.components().count());
            PluginSpec::parse(&format!("{up}{}", spec.text.trim_start_matches("./")))
        }
        Err(_) => PluginSpec::parse(&plain(&places.directory.join(&spec.text)).display().to_string()),
    }
}

/// The file in which a plugin is declared: the strongest that has a list of plugins, else the strongest that is there, also
/// as a link that leads nowhere. `files`: the strongest last.
fn file_for_plugins(places: &Places, scope: Scope, files: &[PathBuf]) -> PathBuf {
    let is_there = |path: &&PathBuf| path.symlink_metadata().is_ok();
    // One that cannot be read has no list that counts; if it is edited all the same, the edit says what is wrong.
    let has_list = |path: &&PathBuf| file::read_lossy(path).ok().flatten().is_some_and(|text| has_list(&text));
    let found = files.iter().rev().find(has_list).or_else(|| files.iter().rev().find(is_there));
    let folder = match scope {
        Scope::Project => &places.directory,
        Scope::Global => &places.global,
    };
    found.cloned().unwrap_or_else(|| folder.join("opencode.json"))
}

fn same_plugin(a: &PluginSpec, b: &PluginSpec) -> bool {
    match (a.origin, b.origin) {
        (PluginOrigin::Npm, PluginOrigin::Npm) => a.name == b.name,
        _ => a.text == b.text,
    }
}

fn declared_in(path: &Path) -> Result<Vec<String>, UserError> {
    let entries = entries_of(&file::read(path)?.unwrap_or_default());
    Ok(entries.iter().filter_map(|entry| Some(entry.as_str().or_else(|| entry.get(0)?.as_str())?.to_owned())).collect())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{super::tests::places, *};

    /// B9: an addition goes where the list is that counts, else into the file that is there, and nothing is declared twice.
    #[test]
    fn an_addition_goes_where_a_person_would_put_it() {
        const LIST: &str = "{\"plugin\": [\"a\"]}";
        let check = |scope: Scope, files: &[(&str, &str)], expected: &str| {
            let (_root, places) = places();
            let base = if scope == Scope::Global { &places.global } else { &places.directory };
            for (name, text) in files {
                fs::create_dir_all(base.join(name).parent().expect("a parent")).expect("made");
                fs::write(base.join(name), text).expect("written");
            }
            let declared = add_plugin(&places, "a@2", scope);
            let is_declared = files.iter().any(|(_, text)| *text == LIST);
            assert_eq!(
                declared.as_ref().is_err_and(|error| error.code == ErrorCode::Declared),
                is_declared,
                "{files:?} {declared:?}"
            );
            add_plugin(&places, "new", scope).expect("added");
            let has_it = |name: &&str| fs::read_to_string(base.join(name)).is_ok_and(|text| text.contains("new"));
            let names = [
                "config.json",
                "opencode.json",
                "opencode.jsonc",
                ".opencode/opencode.json",
                ".opencode/opencode.jsonc",
            ];
            assert_eq!(names.into_iter().filter(|name| has_it(name)).collect::<Vec<_>>(), [expected], "{files:?}");
        };
        check(Scope::Project, &[], "opencode.json");
        check(Scope::Project, &[(".opencode/opencode.jsonc", "{}")], ".opencode/opencode.jsonc");
        check(Scope::Project, &[("opencode.json", "{}"), ("opencode.jsonc", "{}")], "opencode.jsonc");
        check(Scope::Project, &[("opencode.json", LIST), ("opencode.jsonc", "{}")], "opencode.json");
        check(Scope::Project, &[("opencode.json", LIST), (".opencode/opencode.json", LIST)], ".opencode/opencode.json");
        check(
            Scope::Project,
            &[("opencode.json", "{}"), (".opencode/opencode.jsonc", "{\"plugin\": []}")],
            ".opencode/opencode.jsonc",
        );
        check(Scope::Project, &[("opencode.json", "{"), (".opencode/opencode.json", "{}")], ".opencode/opencode.json");
        check(Scope::Global, &[], "opencode.json");
        check(Scope::Global, &[("config.json", LIST), ("opencode.json", "{}")], "config.json");
        check(Scope::Global, &[("config.json", LIST), ("opencode.jsonc", LIST)], "opencode.jsonc");
    }

    /// B9: a path is meant from the directory, wherever it is declared.
    #[test]
    fn a_path_is_meant_from_the_directory() {
        let check = |scope: Scope, file: &str, there: &str, typed: &str, expected: Option<&str>| {
            let (_root, places) = places();
            let base = if scope == Scope::Global { &places.global } else { &places.directory };
            for path in [base.join(file), places.directory.join(there)] {
                fs::create_dir_all(path.parent().expect("a parent")).expect("made");
                fs::write(path, "{}").expect("written");
            }
            let added = add_plugin(&places, typed, scope);
            let text = fs::read_to_string(base.join(file)).expect("read");
            let expected = expected.map(|path| path.replace("HERE", &places.directory.display().to_string()));
            let declared = format!("{{\"plugin\": [{}]}}", Value::from(expected.clone().unwrap_or_default()));
            assert_eq!(text, if expected.is_some() { declared } else { "{}".to_owned() }, "{typed} {added:?}");
        };
        check(Scope::Project, "opencode.json", "a.ts", "./a.ts", Some("./a.ts"));
        check(Scope::Project, ".opencode/opencode.jsonc", "a b/😀.ts", "./a b/😀.ts", Some("../a b/😀.ts"));
        check(Scope::Project, ".opencode/opencode.json", ".opencode/a.ts", "./a.ts", Some("./a.ts"));
        check(Scope::Project, ".opencode/opencode.json", "a.ts", "./none.ts", None);
        check(Scope::Global, "opencode.json", "a.ts", "./a.ts", Some("HERE/a.ts"));
    }
}
