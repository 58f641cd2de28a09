//! The changes that Rekindle makes for a person: declaring and removing plugins, importing and
//! removing skills; and taking them back.
//!
//! Invariants: every change can be undone, byte for byte, as long as nobody else has touched what it
//! left; what is removed goes to a trash folder under the state folder, never away.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use rekindle_domain::{Kind, PluginOrigin, PluginSpec, Row, Scope, UserError};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    clock,
    config::{
        edit,
        file::{self, FileError, create_private_dir},
    },
    disk::{locate::Places, scan::declared_id, walk::walk},
    engine::record::{load, write_json},
    error::{Tell, chain, user_error},
    skill::install::{self, InstallError},
};

/// Why a change was not made. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// What was typed is no plugin.
    #[error("“{spec}” is not a plugin")]
    BadSpec {
        /// What was typed.
        spec: String,
        /// Why not.
        why: String,
    },
    /// It is declared already.
    #[error("“{name}” is declared already in {path}")]
    Declared {
        /// The plugin.
        name: String,
        /// Where.
        path: PathBuf,
    },
    /// A file could not be changed.
    #[error(transparent)]
    File(#[from] FileError),
    /// A skill could not be installed.
    #[error(transparent)]
    Install(#[from] InstallError),
    /// There is no such item, or not just one.
    #[error("there is no {kind} “{name}” that can be removed")]
    NotFound {
        /// The kind.
        kind: &'static str,
        /// The name.
        name: String,
    },
    /// There is more than one of that name.
    #[error("“{name}” is there more than once: {} and {}", .places[0], .places[1])]
    Ambiguous {
        /// The name.
        name: String,
        /// Where.
        places: [String; 2],
    },
    /// It could not be moved to the trash or back.
    #[error("could not move {path}")]
    Move {
        /// What was to be moved.
        path: PathBuf,
        /// What the system said.
        #[source]
        cause: io::Error,
    },
    /// There is nothing to undo.
    #[error("there is nothing to undo")]
    NothingToUndo,
    /// Somebody has changed what we left.
    #[error("{path} was changed since, so it was left as it is")]
    ChangedSince {
        /// The file or folder.
        path: PathBuf,
    },
}

impl Tell for ChangeError {
    fn tell(&self) -> UserError {
        match self {
            Self::BadSpec { why, .. } => user_error("bad-spec", self.to_string(), why),
            Self::Declared { .. } => {
                user_error("declared", self.to_string(), "remove it first to declare another version")
            }
            Self::File(error) => error.tell(),
            Self::Install(error) => user_error("not-installed", chain(error), install_hint(error)),
            Self::NotFound { .. } => user_error("not-found", self.to_string(), "look at the list of what is there"),
            Self::Ambiguous { .. } => {
                user_error("ambiguous", self.to_string(), "name the one you mean by its path: rekindle list")
            }
            Self::Move { .. } => {
                user_error("cannot-move", chain(self), "check the permissions and the free disk space")
            }
            Self::NothingToUndo => {
                user_error("nothing-to-undo", self.to_string(), "only changes made by Rekindle can be undone")
            }
            Self::ChangedSince { .. } => user_error("changed-since", self.to_string(), "change it back by hand"),
        }
    }
}

fn install_hint(error: &InstallError) -> &'static str {
    match error {
        InstallError::NoSkill { .. } => "choose a folder that holds a file named SKILL.md",
        InstallError::File(_) => "check the file's permissions",
        InstallError::Invalid { .. } => "SKILL.md begins with ---, then name: and description:, then ---",
        InstallError::BadName { .. } => "change the name in SKILL.md, or give the folder another name",
        InstallError::Exists { .. } => "remove the skill that is there first",
        InstallError::Link { .. } => "put the file itself in its place",
        InstallError::TooLarge { .. } => "choose the skill's own folder, without build output",
        InstallError::IntoItself { .. } => "choose a folder elsewhere",
        InstallError::Copy { .. } => "check the permissions and the free disk space",
    }
}

/// What takes a change back.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "was", rename_all = "kebab-case")]
enum Undo {
    /// A text was put in place of another.
    Edited { path: PathBuf, before: Option<String>, after: Option<String> },
    /// Something was moved to the trash.
    Removed { from: PathBuf, trash: PathBuf },
    /// A folder was created.
    Created { path: PathBuf },
}

/// Declares a plugin; a token for taking it back.
pub fn add_plugin(places: &Places, spec: &str, scope: Scope) -> Result<String, ChangeError> {
    let spec = PluginSpec::parse(&expand_home(places, spec));
    if let Some(why) = spec.objection() {
        return Err(ChangeError::BadSpec { spec: spec.text.clone(), why: why.to_owned() });
    }
    let path = places.config_to_edit(scope);
    if spec.origin == PluginOrigin::File {
        let named = spec.text.strip_prefix("file://").unwrap_or(&spec.text);
        let target = path.parent().unwrap_or(Path::new("/")).join(named);
        let encoded = spec.text.contains('%');
        if !encoded && !target.exists() {
            let why = format!("there is no file {}", target.display());
            return Err(ChangeError::BadSpec { spec: spec.text, why });
        }
    }
    let declared = declared_in(&path)?;
    if declared.iter().any(|entry| same_plugin(&PluginSpec::parse(entry), &spec)) {
        return Err(ChangeError::Declared { name: spec.name, path });
    }
    let edited = file::edit(&path, |text| edit::append(text, "plugin", &Value::from(spec.text.as_str())))?;
    remember(places, Undo::Edited { path: edited.path, before: edited.before, after: edited.after })
}

/// The engine reads `~/x` as a package's name; a person means their home folder.
fn expand_home(places: &Places, spec: &str) -> String {
    match spec.trim().strip_prefix("~/") {
        Some(rest) => places.home.join(rest).display().to_string(),
        None => spec.trim().to_owned(),
    }
}

fn same_plugin(a: &PluginSpec, b: &PluginSpec) -> bool {
    match (a.origin, b.origin) {
        (PluginOrigin::Npm, PluginOrigin::Npm) => a.name == b.name,
        _ => a.text == b.text,
    }
}

fn declared_in(path: &Path) -> Result<Vec<String>, ChangeError> {
    let text = file::read(path)?.unwrap_or_default();
    // What does not parse is reported by the edit, with its place.
    let config = crate::config::text::value(&text).unwrap_or_default();
    let entries = config["plugin"].as_array().into_iter().flatten();
    Ok(entries.filter_map(|entry| Some(entry.as_str().or_else(|| entry[0].as_str())?.to_owned())).collect())
}

/// Imports a folder as a skill; its place, and a token for taking it back.
pub fn import_skill(
    places: &Places,
    source: &str,
    scope: Scope,
    name: Option<&str>,
) -> Result<(PathBuf, String), ChangeError> {
    let source = PathBuf::from(expand_home(places, source));
    let place = install::install(&places.directory.join(source), &places.skills_to_edit(scope), name)?;
    let token = remember(places, Undo::Created { path: place.clone() })?;
    Ok((place, token))
}

/// Removes the item of a row; a token for taking it back.
pub fn remove(places: &Places, row: &Row) -> Result<String, ChangeError> {
    let source = Path::new(&row.source);
    match (row.kind, row.origin) {
        (Kind::Plugin, Some(PluginOrigin::Found)) => trash(places, source),
        (Kind::Plugin, _) => {
            let is_it = |entry: &Value| {
                let text = entry.as_str().or_else(|| entry[0].as_str()).unwrap_or_default();
                declared_id(places, source, row.scope, text) == row.id
            };
            let edited = file::edit(source, |text| edit::remove(text, "plugin", &row.name, is_it))?;
            remember(places, Undo::Edited { path: edited.path, before: edited.before, after: edited.after })
        }
        (Kind::Skill, _) => trash(places, skill_folder(places, source)),
        _ => Err(ChangeError::NotFound { kind: row.kind.word(), name: row.name.clone() }),
    }
}

/// A skill's folder; the `SKILL.md` alone where the folder holds more than this skill.
fn skill_folder<'a>(places: &Places, file: &'a Path) -> &'a Path {
    let Some(folder) = file.parent() else { return file };
    let is_root = places.skill_folders().iter().any(|root| root.path == folder);
    let skills = walk(folder, None, true)
        .files
        .into_iter()
        .filter(|path| path.file_name().is_some_and(|name| name == "SKILL.md"));
    if is_root || skills.count() > 1 { file } else { folder }
}

/// The one row that a person means by a name, an id or a path.
pub fn find<'a>(rows: &'a [Arc<Row>], kind: Kind, name: &str, scope: Scope) -> Result<&'a Row, ChangeError> {
    let mut matching = rows.iter().filter(|row| {
        row.kind == kind
            && row.removable
            && (row.id.as_str() == name
                || row.scope == scope && (row.name == name || row.place == name || row.source == name))
    });
    let found = matching.next().ok_or_else(|| ChangeError::NotFound { kind: kind.word(), name: name.to_owned() })?;
    match matching.find(|other| other.source != found.source) {
        Some(other) => {
            Err(ChangeError::Ambiguous { name: name.to_owned(), places: [found.place.clone(), other.place.clone()] })
        }
        None => Ok(found),
    }
}

fn trash(places: &Places, path: &Path) -> Result<String, ChangeError> {
    let failed = |cause| ChangeError::Move { path: path.to_owned(), cause };
    let folder = places.common_state.join("trash").join(clock::new_id());
    create_private_dir(&folder).map_err(failed)?;
    let trash = folder.join(path.file_name().unwrap_or_default());
    move_to(path, &trash).map_err(failed)?;
    remember(places, Undo::Removed { from: path.to_owned(), trash })
}

/// Takes a change back: the one with this token, or the last one.
pub fn undo(places: &Places, token: Option<&str>) -> Result<PathBuf, ChangeError> {
    let folder = undo_folder(places);
    let token = match token {
        Some(token) if token.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') => token.to_owned(),
        Some(_) => return Err(ChangeError::NothingToUndo),
        None => last_token(&folder).ok_or(ChangeError::NothingToUndo)?,
    };
    let record = folder.join(format!("{token}.json"));
    let path = match load::<Undo>(&record).ok_or(ChangeError::NothingToUndo)? {
        Undo::Edited { path, before, after } => {
            if !file::replace(&path, after.as_deref(), before.as_deref())? {
                set_aside(&record);
                return Err(ChangeError::ChangedSince { path });
            }
            path
        }
        Undo::Removed { from, trash } => {
            if from.symlink_metadata().is_ok() {
                set_aside(&record);
                return Err(ChangeError::ChangedSince { path: from });
            }
            let failed = |cause| ChangeError::Move { path: from.clone(), cause };
            fs::create_dir_all(from.parent().unwrap_or(Path::new("/"))).map_err(failed)?;
            move_to(&trash, &from).map_err(failed)?;
            from
        }
        Undo::Created { path } => {
            if path.symlink_metadata().is_err() {
                set_aside(&record);
                return Err(ChangeError::ChangedSince { path });
            }
            // To the trash and not away: files may have been added since.
            let trashed = trash(places, &path)?;
            // Taking back is no change of its own to be taken back.
            set_aside(&folder.join(format!("{trashed}.json")));
            path
        }
    };
    if let Err(error) = fs::remove_file(&record) {
        tracing::warn!(%error, "an undo record stays");
    }
    Ok(path)
}

/// What can't be undone must not stand in the way of what was done before it.
fn set_aside(record: &Path) {
    if let Err(error) = fs::rename(record, record.with_extension("stale")) {
        tracing::warn!(%error, "an undo record stays");
    }
}

fn undo_folder(places: &Places) -> PathBuf {
    places.state.join("undo")
}

fn last_token(folder: &Path) -> Option<String> {
    let names = fs::read_dir(folder).ok()?.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let tokens = names.filter_map(|name| name.strip_suffix(".json").map(str::to_owned));
    tokens.max()
}

fn remember(places: &Places, undo: Undo) -> Result<String, ChangeError> {
    // Tokens sort by time, to the microsecond.
    let token = format!("{}-{}", jiff::Timestamp::now().as_microsecond(), std::process::id());
    write_json(&undo_folder(places).join(format!("{token}.json")), &undo)?;
    Ok(token)
}

/// Moves a file or folder, also to another file system.
fn move_to(from: &Path, to: &Path) -> io::Result<()> {
    match fs::rename(from, to) {
        Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {
            copy_all(from, to)?;
            if from.is_dir() && !from.is_symlink() { fs::remove_dir_all(from) } else { fs::remove_file(from) }
        }
        result => result,
    }
}

fn copy_all(from: &Path, to: &Path) -> io::Result<()> {
    if !from.is_dir() {
        return fs::copy(from, to).map(drop);
    }
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        copy_all(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::scan::scan;

    fn places() -> (tempfile::TempDir, Places) {
        let root = tempfile::tempdir().expect("a folder");
        let directory = root.path().join("pro ject 😀");
        fs::create_dir_all(directory.join(".git")).expect("made");
        let mut places = Places::of(&directory).expect("places");
        places.state = root.path().join("state");
        places.common_state = root.path().join("state");
        (root, places)
    }

    /// P1: added, removed and taken back, byte for byte.
    #[test]
    fn plugins_come_and_go() {
        let (_root, places) = places();
        let path = places.directory.join("opencode.jsonc");
        let text = "{\n  // mine\n  \"plugin\": [\"a@1\",],\n}\n";
        fs::write(&path, text).expect("written");
        let token = add_plugin(&places, "b@2", Scope::Project).expect("added");
        assert_eq!(fs::read_to_string(&path).expect("read"), text.replace("\"a@1\",", "\"a@1\", \"b@2\","));
        assert!(matches!(add_plugin(&places, "b@3", Scope::Project), Err(ChangeError::Declared { .. })));
        undo(&places, Some(&token)).expect("undone");
        assert_eq!(fs::read_to_string(&path).expect("read"), text);
        let rows = scan(&places, None).rows;
        let row = find(&rows, Kind::Plugin, "a", Scope::Project).expect("listed");
        remove(&places, row).expect("removed");
        assert_eq!(fs::read_to_string(&path).expect("read"), text.replace("\"a@1\",", ""));
        fs::write(&path, "{}").expect("someone else writes");
        assert!(matches!(undo(&places, None), Err(ChangeError::ChangedSince { .. })));
        assert_eq!(fs::read_to_string(&path).expect("read"), "{}");
        assert!(matches!(undo(&places, None), Err(ChangeError::NothingToUndo)), "it does not stand in the way");
    }

    /// One of several with the same file name, and one of several skills in a folder.
    #[test]
    fn only_what_is_meant_is_removed() {
        let (_root, places) = places();
        let path = places.directory.join("opencode.json");
        fs::write(&path, r#"{"plugin": ["./a/index.ts", "./b/index.ts"]}"#).expect("written");
        let write = |path: &str, name: &str| {
            let path = places.directory.join(path);
            fs::create_dir_all(path.parent().expect("a parent")).expect("made");
            fs::write(path, format!("---\nname: {name}\n---\n")).expect("written");
        };
        write(".opencode/skills/SKILL.md", "root");
        write(".opencode/skills/one/SKILL.md", "one");
        write(".opencode/skills/same/SKILL.md", "same");
        write(".claude/skills/same/SKILL.md", "same");
        let rows = scan(&places, None).rows;
        let second = rows.iter().find(|row| row.id.as_str().ends_with("b/index.ts")).expect("listed");
        remove(&places, second).expect("removed");
        assert_eq!(fs::read_to_string(&path).expect("read"), r#"{"plugin": ["./a/index.ts"]}"#);
        assert!(matches!(find(&rows, Kind::Skill, "same", Scope::Project), Err(ChangeError::Ambiguous { .. })));
        find(&rows, Kind::Skill, ".claude/skills/same/SKILL.md", Scope::Project).expect("named by its path");
        remove(&places, find(&rows, Kind::Skill, "root", Scope::Project).expect("listed")).expect("removed");
        assert!(places.directory.join(".opencode/skills/one/SKILL.md").exists());
    }

    #[test]
    fn what_is_no_plugin_is_not_written() {
        let (_root, places) = places();
        for spec in ["", "two words", "./missing.ts", "~/missing.ts", "a/b"] {
            assert!(matches!(add_plugin(&places, spec, Scope::Project), Err(ChangeError::BadSpec { .. })), "{spec:?}");
        }
        assert!(!places.directory.join("opencode.json").exists());
    }

    /// P2: removed with undo.
    #[test]
    fn skills_come_and_go() {
        let (root, places) = places();
        let source = root.path().join("source");
        fs::create_dir(&source).expect("made");
        fs::write(source.join("SKILL.md"), "---\nname: s\n---\n").expect("written");
        let (place, token) =
            import_skill(&places, &source.display().to_string(), Scope::Project, None).expect("imported");
        assert!(place.join("SKILL.md").is_file());
        let rows = scan(&places, None).rows;
        let removed = remove(&places, find(&rows, Kind::Skill, "s", Scope::Project).expect("listed")).expect("removed");
        assert!(!place.exists());
        undo(&places, Some(&removed)).expect("undone");
        assert!(place.join("SKILL.md").is_file());
        undo(&places, Some(&token)).expect("undone");
        assert!(!place.exists());
        assert!(matches!(undo(&places, None), Err(ChangeError::NothingToUndo)));
        assert!(matches!(undo(&places, Some("../x")), Err(ChangeError::NothingToUndo)));
    }
}
