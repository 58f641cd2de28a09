//! Where the engine looks for things, and where Rekindle keeps its own.
//!
//! Invariant: this is the only file that knows these paths. Source: `docs/engine.md`, "Places and
//! precedence".

use std::{
    env,
    path::{Path, PathBuf},
};

use etcetera::BaseStrategy;
use rekindle_domain::{Fingerprint, Place, Scope};

/// Why the places can't be told.
#[derive(Debug, thiserror::Error)]
pub enum LocateError {
    /// The directory is not there, or is not a folder.
    #[error("{path} is not a folder")]
    NoDirectory {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        #[source]
        cause: Option<std::io::Error>,
    },
    /// There is no home folder.
    #[error("the home folder cannot be found")]
    NoHome(#[source] etcetera::HomeDirError),
}

/// One configuration file that takes part, whether it exists or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigFile {
    /// The file.
    pub path: PathBuf,
    /// Whom it is for.
    pub scope: Scope,
    /// When the engine reads it.
    pub place: Place,
}

/// The places for one directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    /// The directory, absolute and without symlinks.
    pub directory: PathBuf,
    /// The home folder.
    pub home: PathBuf,
    /// `~/.config/opencode`, or under `$XDG_CONFIG_HOME`.
    pub global: PathBuf,
    /// The engine's log.
    pub engine_log: PathBuf,
    /// Our state of this directory's engine: `$XDG_STATE_HOME/rekindle/engines/<key>`.
    pub state: PathBuf,
    /// Our state that belongs to no directory: `$XDG_STATE_HOME/rekindle`.
    pub common_state: PathBuf,
    /// Our settings: `$XDG_CONFIG_HOME/rekindle/settings.json`.
    pub settings: PathBuf,
    /// The directory and its ancestors up to the worktree's root, nearest first.
    ancestors: Vec<PathBuf>,
}

const CONFIG_NAMES: [&str; 2] = ["opencode.json", "opencode.jsonc"];

impl Places {
    /// The places for a directory, which has to exist.
    pub fn of(directory: &Path) -> Result<Self, LocateError> {
        let missing = |cause| LocateError::NoDirectory { path: directory.to_owned(), cause };
        let directory = dunce(directory).map_err(|cause| missing(Some(cause)))?;
        if !directory.is_dir() {
            return Err(missing(None));
        }
        let base = etcetera::base_strategy::Xdg::new().map_err(LocateError::NoHome)?;
        let common_state = base.state_dir().unwrap_or_else(|| base.home_dir().join(".local/state")).join("rekindle");
        let key = Fingerprint::of_bytes(directory.as_os_str().as_encoded_bytes());
        let worktree = directory.ancestors().find(|folder| folder.join(".git").exists()).map(Path::to_owned);
        let ancestors = directory
            .ancestors()
            .map(Path::to_owned)
            .take_while(|folder| worktree.as_ref().is_none_or(|root| folder.starts_with(root)))
            .collect();
        Ok(Self {
            home: base.home_dir().to_owned(),
            global: base.config_dir().join("opencode"),
            engine_log: base.data_dir().join("opencode/log/opencode.log"),
            settings: base.config_dir().join("rekindle/settings.json"),
            state: common_state.join("engines").join(&key.as_str()[..16]),
            common_state,
            directory,
            ancestors,
        })
    }

    /// The configuration files in the order in which the engine merges them: later ones win.
    pub fn config_files(&self) -> Vec<ConfigFile> {
        let file = |scope, place| move |path| ConfigFile { path, scope, place };
        let names_in = |folder: PathBuf| CONFIG_NAMES.iter().map(move |name| folder.join(name));
        let global = [self.global.join("config.json")].into_iter().chain(names_in(self.global.clone()));
        let project = self.ancestors.iter().rev().cloned().flat_map(names_in);
        let home = self.home.join(".opencode");
        let dotted = self.dot_folders().into_iter().filter(|folder| *folder != home).flat_map(names_in);
        global
            .map(file(Scope::Global, Place::GlobalConfig))
            .chain(project.chain(dotted).map(file(Scope::Project, Place::InstanceConfig)))
            .chain(names_in(home.clone()).map(file(Scope::Global, Place::InstanceConfig)))
            .collect()
    }

    /// The file to which an entry of a scope is added: the existing one that wins, or a new one.
    pub fn config_to_edit(&self, scope: Scope) -> PathBuf {
        let folder = match scope {
            Scope::Project => &self.directory,
            Scope::Global => &self.global,
        };
        let names = CONFIG_NAMES.iter().rev().map(|name| folder.join(name));
        names.clone().find(|path| path.exists()).unwrap_or_else(|| folder.join("opencode.json"))
    }

    /// The `.opencode` folders from the directory up, nearest first.
    fn dot_folders(&self) -> Vec<PathBuf> {
        self.ancestors.iter().map(|folder| folder.join(".opencode")).collect()
    }

    /// The folders that hold plugins, skills, agents and so on, with their scope.
    pub fn config_folders(&self) -> Vec<(PathBuf, Scope)> {
        let home = self.home.join(".opencode");
        let dotted =
            self.dot_folders().into_iter().filter(|folder| *folder != home).map(|folder| (folder, Scope::Project));
        [(self.global.clone(), Scope::Global)]
            .into_iter()
            .chain(dotted)
            .chain([(home.clone(), Scope::Global)])
            .collect()
    }

    /// The folders in which plugin files are looked for (`*.ts` and `*.js`, not deeper).
    pub fn plugin_folders(&self) -> Vec<(PathBuf, Scope)> {
        self.in_config_folders(&["plugin", "plugins"])
    }

    /// The folders in which skills are looked for, at any depth.
    pub fn skill_folders(&self) -> Vec<(PathBuf, Scope)> {
        let elsewhere = |folder: &Path| [folder.join(".claude/skills"), folder.join(".agents/skills")];
        let home = elsewhere(&self.home).map(|folder| (folder, Scope::Global));
        let project = self.ancestors.iter().filter(|folder| **folder != self.home).flat_map(|folder| elsewhere(folder));
        self.in_config_folders(&["skill", "skills"])
            .into_iter()
            .chain(project.map(|folder| (folder, Scope::Project)))
            .chain(home)
            .collect()
    }

    /// The folder into which a skill of a scope is installed.
    pub fn skills_to_edit(&self, scope: Scope) -> PathBuf {
        match scope {
            Scope::Project => self.directory.join(".opencode/skills"),
            Scope::Global => self.global.join("skills"),
        }
    }

    /// The Markdown files of agents, modes and commands, with the key of the configuration under
    /// which the engine merges them.
    pub fn markdown_files(&self) -> Vec<(&'static str, PathBuf)> {
        let kinds = [
            ("agent", "agent"),
            ("agent", "agents"),
            ("mode", "mode"),
            ("mode", "modes"),
            ("command", "command"),
            ("command", "commands"),
        ];
        let folders = self.config_folders();
        let all = folders.iter().flat_map(|(folder, _)| kinds.map(|(key, name)| (key, folder.join(name))));
        all.flat_map(|(key, folder)| {
            walk(&folder, if key == "mode" { 1 } else { 16 })
                .filter(|path| path.extension().is_some_and(|ending| ending == "md"))
                .map(move |path| (key, path))
                .collect::<Vec<_>>()
        })
        .collect()
    }

    /// A path for people: relative to the directory, or with `~`.
    pub fn short(&self, path: &Path) -> String {
        if let Ok(rest) = path.strip_prefix(&self.directory)
            && !rest.as_os_str().is_empty()
        {
            return rest.display().to_string();
        }
        match path.strip_prefix(&self.home) {
            Ok(rest) if rest.as_os_str().is_empty() => "~".to_owned(),
            Ok(rest) => Path::new("~").join(rest).display().to_string(),
            Err(_) => path.display().to_string(),
        }
    }

    fn in_config_folders(&self, names: &[&str]) -> Vec<(PathBuf, Scope)> {
        let folders = self.config_folders();
        folders.iter().flat_map(|(folder, scope)| names.iter().map(|name| (folder.join(name), *scope))).collect()
    }
}

/// All files below a folder down to a depth, links followed, names that begin with a dot left out.
pub fn walk(folder: &Path, depth: usize) -> impl Iterator<Item = PathBuf> {
    ignore::WalkBuilder::new(folder)
        .standard_filters(false)
        .hidden(true)
        .follow_links(true)
        .max_depth(Some(depth))
        .sort_by_file_name(Ord::cmp)
        .build()
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()))
        .map(ignore::DirEntry::into_path)
}

/// The path without symlinks; on Windows without the `\\?\` that few programs understand.
fn dunce(path: &Path) -> std::io::Result<PathBuf> {
    let path = env::current_dir()?.join(path).canonicalize()?;
    let plain = path.to_str().and_then(|text| text.strip_prefix(r"\\?\")).map(PathBuf::from);
    Ok(plain.unwrap_or(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_places_follow_the_worktree() {
        let root = tempfile::tempdir().expect("a folder");
        let root = root.path().canonicalize().expect("there");
        std::fs::create_dir_all(root.join("repo/.git")).expect("made");
        std::fs::create_dir_all(root.join("repo/a b/😀")).expect("made");
        let places = Places::of(&root.join("repo/a b/😀")).expect("places");
        let project: Vec<_> =
            places.config_files().into_iter().filter(|f| f.scope == Scope::Project).map(|f| f.path).collect();
        assert_eq!(project.first(), Some(&root.join("repo/opencode.json")));
        assert_eq!(project.last(), Some(&root.join("repo/.opencode/opencode.jsonc")), "the root's folder wins");
        assert_eq!(project.len(), 12);
        assert_eq!(places.short(&root.join("repo/a b/😀/x.json")), "x.json");
        assert!(matches!(Places::of(&root.join("none")), Err(LocateError::NoDirectory { .. })));
    }
}
