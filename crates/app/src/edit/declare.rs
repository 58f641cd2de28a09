//! Declaring a plugin: in which file, and as which path.
//!
//! Invariants: it goes where the list is that counts, nothing is declared twice among the files of a scope, and a path
//! leads from the file to what the person meant from the directory.

use std::path::{Path, PathBuf};

use rekindle_domain::{
    EditNotice, ErrorCode, Notice, PackageNotice, PluginNotice, PluginOrigin, Scope, SpecMistake, UserError,
};
use rekindle_opencode::{
    PluginSpec,
    config::{
        edit,
        shape::{entry_file, plain},
    },
    is_archive, spec_mistake,
};
use serde_json::Value;
use walkdir::WalkDir;

use super::{
    list::entries_of,
    text::edit_text,
    undo::{Entries, LIST, has_list},
};
use crate::{
    error::shown,
    files::{
        file,
        foreign::{self, Budget, LARGEST_ASIDE},
        is_code,
        locate::Places,
        skipped,
    },
};

/// Declares a plugin; a token for taking it back.
pub fn add_plugin(places: &Places, spec: &str, scope: Scope) -> Result<String, UserError> {
    add_plugin_with(places, spec, None, scope)
}

/// Declares a plugin with options, which are a JSON object; a token for taking it back.
pub fn add_plugin_with(places: &Places, typed: &str, options: Option<&str>, scope: Scope) -> Result<String, UserError> {
    let typed = places.expanded(typed);
    let options = options.map(|options| options_of(&typed, options)).transpose()?;
    refuse_mistakes(places, &typed)?;
    let mut spec = PluginSpec::parse(&typed);
    if let Some(why) = spec.objection() {
        return Err(no_plugin(told(&spec.text), why));
    }
    // Known only of one that was installed before; the network is not asked.
    let passed_over = skipped::why(places, &spec.text, None, &mut Budget::of_files());
    if spec.origin == PluginOrigin::Npm && passed_over == Some(PluginNotice::ExportsNothing) {
        return Err(no_plugin(spec.text, PackageNotice::ForTerminal));
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
        if target.is_dir()
            && let Some(why) = refused_folder(&target)
        {
            return Err(no_plugin(spec.text, why));
        }
        let is_possible = encoded || target.is_dir() || target.is_file() && is_code(&target);
        if !is_possible {
            let why = EditNotice::PluginNotCode { path: shown(&target) };
            return Err(no_plugin(spec.text, why));
        }
    }
    refuse_declared(&files, &path, &spec)?;
    let entry = match options {
        Some(options) => Value::Array(vec![Value::from(spec.text.as_str()), options]),
        None => Value::from(spec.text.as_str()),
    };
    edit_text(places, &path, |text| edit::append(text, LIST, &entry), |_| Entries::Added(vec![entry.clone()]))
}

/// That no file of a scope declares a plugin. `edited`: the one that is to be edited, and therefore has to be well.
pub(super) fn refuse_declared(files: &[PathBuf], edited: &Path, spec: &PluginSpec) -> Result<(), UserError> {
    let is_it = |entry: &String| same_plugin(&PluginSpec::parse(entry), spec);
    for file in files {
        let declares = match declared_in(file) {
            Ok(declared) => declared.iter().any(is_it),
            Err(error) if *file == edited => return Err(error),
            Err(_) => false,
        };
        if declares {
            let notice = EditNotice::AlreadyDeclared { name: spec.name.clone(), path: shown(file) };
            return Err(UserError::new(ErrorCode::Declared, notice));
        }
    }
    Ok(())
}

/// What is told of what was typed: something longer by its beginning.
fn told(typed: &str) -> String {
    /// In characters.
    const TOLD: usize = 200;
    let is_long = typed.chars().nth(TOLD).is_some();
    typed.chars().take(TOLD).chain(is_long.then_some('…')).collect()
}

fn options_of(typed: &str, options: &str) -> Result<Value, UserError> {
    let value = serde_json::from_str::<Value>(options).ok().filter(Value::is_object);
    value.ok_or_else(|| no_plugin(told(typed), PackageNotice::OptionsNotAnObject))
}

/// What is known to be written otherwise is answered with the form that the engine takes.
fn refuse_mistakes(places: &Places, typed: &str) -> Result<(), UserError> {
    // A folder of that name is meant by its path.
    let is_there = |typed: &str| typed.contains('/') && places.directory.join(typed).exists();
    let written = |mistake, specs, options: Option<Value>| {
        let options = options.map(|options| options.to_string());
        Err(no_plugin(told(typed), PackageNotice::WrittenOtherwise { mistake, specs, options }))
    };
    // Behind the single word, only a relative one: the engine would take it from wherever it was started.
    let relative = typed.strip_prefix("file:").filter(|path| path.starts_with('.'));
    let path = typed.strip_prefix("file://").or(relative).unwrap_or(typed);
    if is_archive(path) && (path.starts_with(['.', '/']) || is_there(path)) {
        let spec = format!("file:{}", plain(&places.directory.join(path)).display());
        return written(SpecMistake::ArchivePath, vec![spec], None);
    }
    if is_there(typed) && !typed.starts_with(['.', '/', '@']) {
        return written(SpecMistake::Shorthand, vec![format!("./{typed}")], None);
    }
    match spec_mistake(typed) {
        Some(found) => written(found.mistake, found.specs, found.options),
        None => Ok(()),
    }
}

/// Why a folder is no plugin.
fn refused_folder(folder: &Path) -> Option<PackageNotice> {
    /// How deep skills are looked for.
    const DEEPEST: usize = 3;
    let description = foreign::bytes(&folder.join("package.json"), LARGEST_ASIDE).ok().flatten();
    if let Some(description) = description {
        let package: Value = serde_json::from_slice(&description).unwrap_or_default();
        let exports = package.get("exports").and_then(Value::as_object)?;
        let is_run = package.get("main").is_some() || exports.contains_key("./server");
        return (exports.contains_key("./tui") && !is_run).then_some(PackageNotice::ForTerminal);
    }
    if entry_file(folder) != folder {
        return None;
    }
    let path = shown(folder);
    let mut inside = WalkDir::new(folder).max_depth(DEEPEST).into_iter().filter_map(Result::ok);
    Some(match inside.any(|entry| entry.file_name() == "SKILL.md") {
        true => PackageNotice::SkillCollection { path },
        false => PackageNotice::FolderWithoutEntry { path },
    })
}

fn no_plugin(spec: String, why: impl Into<Notice>) -> UserError {
    UserError::new(ErrorCode::BadSpec, EditNotice::NotAPlugin { spec, why: Box::new(why.into()) })
}

/// The engine takes a path from the folder of the file that declares it; a person means it from the directory, if it is
/// there and not in that folder.
pub(super) fn from_the_file(places: &Places, file: &Path, spec: PluginSpec) -> PluginSpec {
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
pub(super) fn file_for_plugins(places: &Places, scope: Scope, files: &[PathBuf]) -> PathBuf {
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

    /// G1: what is written otherwise than the engine takes it is not written, and what to write is told; options are kept.
    #[test]
    fn mistakes_are_answered() {
        let (_root, places) = places();
        for (path, text) in [
            ("skills/one/SKILL.md", "---\nname: one\n---\n"),
            ("empty/readme.txt", ""),
            ("tui/package.json", r#"{"exports": {"./tui": "./t.js"}}"#),
            ("both/package.json", r#"{"exports": {"./tui": "./t.js", "./server": "./s.js"}}"#),
            ("indexed/index.ts", ""),
            ("x.tgz", ""),
            ("o/r/index.ts", ""),
        ] {
            let path = places.directory.join(path);
            fs::create_dir_all(path.parent().expect("a parent")).expect("made");
            fs::write(path, text).expect("written");
        }
        let check = |typed: &str, expected: PackageNotice| {
            let error = add_plugin(&places, typed, Scope::Project).expect_err(typed);
            let Notice::Edit(EditNotice::NotAPlugin { why, .. }) = error.what else { panic!("{error:?}") };
            assert_eq!((error.code, *why), (ErrorCode::BadSpec, expected.into()), "{typed}");
        };
        let otherwise = |mistake, spec: &str| PackageNotice::WrittenOtherwise {
            mistake,
            specs: vec![spec.replace("HERE", &places.directory.display().to_string())],
            options: None,
        };
        check("./x.tgz", otherwise(SpecMistake::ArchivePath, "file:HERE/x.tgz"));
        check("file:./x.tgz", otherwise(SpecMistake::ArchivePath, "file:HERE/x.tgz"));
        check("file:///p/x.tgz", otherwise(SpecMistake::ArchivePath, "file:/p/x.tgz"));
        check("o/r", otherwise(SpecMistake::Shorthand, "./o/r"));
        check("p/r", otherwise(SpecMistake::Shorthand, "r@git+https://github.com/p/r.git"));
        check("./skills", PackageNotice::SkillCollection { path: shown(&places.directory.join("skills")) });
        check("./empty", PackageNotice::FolderWithoutEntry { path: shown(&places.directory.join("empty")) });
        check("./tui", PackageNotice::ForTerminal);
        for options in ["", "[]", "1", "{"] {
            assert!(add_plugin_with(&places, "a", Some(options), Scope::Project).is_err(), "{options}");
        }
        assert!(!places.directory.join("opencode.json").exists(), "nothing was written");
        add_plugin_with(&places, "a@1", Some("{\"b\": [1, \"c\"]}"), Scope::Project).expect("added");
        for spec in ["./both", "./indexed", "file:/p/x.tgz", "s@git+https://host/o/s.git#v1", "t@npm:u@1"] {
            add_plugin(&places, spec, Scope::Project).expect(spec);
        }
        let text = fs::read_to_string(places.directory.join("opencode.json")).expect("read");
        assert!(text.contains(r#"[["a@1",{"b":[1,"c"]}], "./both", "./indexed", "file:/p/x.tgz", "#), "{text}");
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
