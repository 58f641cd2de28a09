//! Where the engine looks for things, and where Rekindle keeps its own.
//!
//! Invariant: this is the only file that knows these paths. Source: `docs/engine.md`, "Places and
//! precedence".

use std::{
    env, io,
    path::{Path, PathBuf},
};

use rekindle_domain::{ErrorCode, FileNotice, Fingerprint, Place, Scope, UserError};
use rekindle_opencode::config::shape::plain;

use super::{environment::Environment, worktree::worktree_of};
use crate::{error::shown, state};

/// The directory is not there, or is not a folder.
fn no_directory(path: &Path, why: Option<io::Error>) -> UserError {
    let (path, why) = (shown(path), why.map(|error| error.to_string()));
    UserError::new(ErrorCode::NoDirectory, FileNotice::NotAFolder { path: path.clone(), why }).about(path)
}

/// A path from the current folder on. Whoever names a whole path needs none.
fn absolute(path: &Path) -> Result<PathBuf, UserError> {
    if path.is_absolute() {
        return Ok(path.to_owned());
    }
    let here = env::current_dir().map_err(|error| {
        UserError::new(ErrorCode::NoDirectory, FileNotice::NoCurrentFolder { why: error.to_string() })
    });
    Ok(here?.join(path))
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

/// A folder that holds agents, commands, plugins, skills and tools, whether it exists or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigFolder {
    /// The folder.
    pub path: PathBuf,
    /// Whom it is for.
    pub scope: Scope,
    /// True when the engine reads configuration files in it, too.
    pub has_config: bool,
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
    /// What the engine's environment says.
    pub environment: Environment,
    /// The engine's log.
    pub engine_log: PathBuf,
    /// Where the engine keeps what people sign in to MCP servers with.
    pub sign_ins: PathBuf,
    /// Where the engine keeps packages of plugins.
    pub packages: PathBuf,
    /// Where the engine keeps locks, among them those of what it is installing.
    pub engine_locks: PathBuf,
    /// Our state of this directory's engine: `$XDG_STATE_HOME/rekindle/engines/<key>`.
    pub state: PathBuf,
    /// Our state that belongs to no directory: `$XDG_STATE_HOME/rekindle`.
    pub common_state: PathBuf,
    /// Our settings: `$XDG_CONFIG_HOME/rekindle/settings.json`.
    pub settings: PathBuf,
    /// The directory and its ancestors up to the worktree's root, nearest first.
    ancestors: Vec<PathBuf>,
    /// True when nothing counts that is for every project.
    is_alone: bool,
}

const CONFIG_NAMES: [&str; 2] = ["opencode.json", "opencode.jsonc"];

impl Places {
    /// The places for a directory, which has to exist, for an engine with the environment of this
    /// process.
    pub fn of(directory: &Path) -> Result<Self, UserError> {
        Self::in_environment(directory, Environment::of_process())
    }

    /// The places of a project alone, as they are on every machine: nothing that is for every project, and nothing that
    /// this process's environment adds.
    pub fn of_project(directory: &Path) -> Result<Self, UserError> {
        let environment = Environment::of_process().without_places();
        Ok(Self { is_alone: true, ..Self::in_environment(directory, environment)? })
    }

    /// The places for a directory, which has to exist, for an engine with this environment.
    pub fn in_environment(directory: &Path, environment: Environment) -> Result<Self, UserError> {
        let found = dunce::canonicalize(absolute(directory)?).map_err(|error| no_directory(directory, Some(error)))?;
        if !found.is_dir() {
            return Err(no_directory(directory, None));
        }
        Self::at(found, environment)
    }

    /// The same for a directory that may be gone meanwhile: what Rekindle keeps of it is still there. One of
    /// which nothing is kept has to exist.
    pub fn even_if_gone(directory: &Path) -> Result<Self, UserError> {
        Self::of(directory).or_else(|error| {
            let Ok(path) = absolute(directory) else { return Err(error) };
            let places = Self::at(real(&path), Environment::of_process())?;
            // What is kept and cannot be read is told by whoever reads it.
            let is_gone = !places.directory.exists() && state::folder(&places.state).unwrap_or(true);
            if is_gone { Ok(places) } else { Err(error) }
        })
    }

    /// False when the directory is gone.
    pub fn is_there(&self) -> bool {
        self.directory.is_dir()
    }

    fn at(directory: PathBuf, environment: Environment) -> Result<Self, UserError> {
        // The engine resolves what the environment says by text, whatever is there, and starts in the directory.
        let from_here = |path: &str| plain(&directory.join(path));
        let home = match environment.get("HOME") {
            Some(home) if cfg!(unix) => from_here(home),
            _ => etcetera::home_dir().map_err(|error| {
                UserError::new(ErrorCode::NoHome, FileNotice::NoHomeFolder { why: error.to_string() })
            })?,
        };
        // It uses these folders on every system.
        let base = |name, otherwise| match environment.get(name).filter(|path| !path.is_empty()) {
            Some(path) => from_here(path),
            None => home.join(otherwise),
        };
        // What is ours follows the standard, by which a relative path does not count.
        let own = |name, otherwise| match environment.get(name).filter(|path| Path::new(path).is_absolute()) {
            Some(path) => from_here(path),
            None => home.join(otherwise),
        };
        let common_state = own("XDG_STATE_HOME", ".local/state").join("rekindle");
        let (config, data) = (base("XDG_CONFIG_HOME", ".config"), base("XDG_DATA_HOME", ".local/share"));
        let key = Fingerprint::of_bytes(directory.as_os_str().as_encoded_bytes());
        Ok(Self {
            global: config.join("opencode"),
            engine_log: data.join("opencode/log/opencode.log"),
            sign_ins: data.join("opencode/mcp-auth.json"),
            packages: base("XDG_CACHE_HOME", ".cache").join("opencode/packages"),
            engine_locks: base("XDG_STATE_HOME", ".local/state").join("opencode/locks"),
            settings: own("XDG_CONFIG_HOME", ".config").join("rekindle/settings.json"),
            state: common_state.join("engines").join(key.short()),
            common_state,
            ancestors: ancestors_of(&directory, &environment),
            home,
            environment,
            directory,
            is_alone: false,
        })
    }

    /// The same places as they are now: a directory may have become part of a worktree.
    pub fn refreshed(&self) -> Self {
        Self { ancestors: ancestors_of(&self.directory, &self.environment), ..self.clone() }
    }

    /// The directory and its ancestors up to the worktree's root, nearest first.
    pub fn ancestors(&self) -> &[PathBuf] {
        &self.ancestors
    }

    /// The configuration files that the engine reads once in its life; later ones win.
    pub fn global_files(&self) -> Vec<ConfigFile> {
        if self.is_alone {
            return Vec::new();
        }
        let names = ["config.json"].into_iter().chain(CONFIG_NAMES);
        names
            .map(|name| ConfigFile { path: self.global.join(name), scope: Scope::Global, place: Place::GlobalConfig })
            .collect()
    }

    /// The file that `OPENCODE_CONFIG` names.
    pub fn named_file(&self) -> Option<ConfigFile> {
        let path = plain(&self.directory.join(self.environment.get("OPENCODE_CONFIG")?));
        Some(ConfigFile { scope: self.scope_of(&path), path, place: Place::InstanceConfig })
    }

    /// The configuration files of the project, from the worktree's root down; later ones win.
    pub fn project_files(&self) -> Vec<ConfigFile> {
        if self.environment.is_on("OPENCODE_DISABLE_PROJECT_CONFIG") {
            return Vec::new();
        }
        self.ancestors.iter().rev().flat_map(|folder| in_folder(folder, Scope::Project)).collect()
    }

    /// The configuration files of whoever administers this machine.
    pub fn managed_files(&self) -> Vec<ConfigFile> {
        if self.is_alone {
            return Vec::new();
        }
        let folder = match self.environment.get("OPENCODE_TEST_MANAGED_CONFIG_DIR") {
            Some(folder) => PathBuf::from(folder),
            None if cfg!(target_os = "macos") => "/Library/Application Support/opencode".into(),
            None if cfg!(windows) => {
                Path::new(&env::var_os("ProgramData").unwrap_or_else(|| r"C:\ProgramData".into())).join("opencode")
            }
            None => "/etc/opencode".into(),
        };
        in_folder(&folder, Scope::Global)
    }

    /// All configuration files; later ones win.
    pub fn config_files(&self) -> Vec<ConfigFile> {
        self.own_files().into_iter().chain(self.managed_files()).collect()
    }

    /// The same without those of whoever administers this machine.
    pub fn own_files(&self) -> Vec<ConfigFile> {
        let folders = self.config_folders();
        let dotted = folders.iter().filter(|folder| folder.has_config);
        self.global_files()
            .into_iter()
            .chain(self.named_file())
            .chain(self.project_files())
            .chain(dotted.flat_map(|folder| in_folder(&folder.path, folder.scope)))
            .collect()
    }

    /// The folders that hold agents, commands, plugins and so on, in the order in which the engine
    /// reads them; later ones win.
    pub fn config_folders(&self) -> Vec<ConfigFolder> {
        let home = self.home.join(".opencode");
        let named = self.environment.get("OPENCODE_CONFIG_DIR").map(|folder| plain(&self.directory.join(folder)));
        let project = if self.environment.is_on("OPENCODE_DISABLE_PROJECT_CONFIG") { &[] } else { &self.ancestors[..] };
        let mut folders: Vec<ConfigFolder> = Vec::new();
        let all = std::iter::once(self.global.clone())
            .chain(project.iter().map(|folder| folder.join(".opencode")))
            .chain([home.clone()])
            .chain(named.clone());
        for path in all {
            let is_global = path == self.global || path == home;
            if self.is_alone && is_global || folders.iter().any(|folder| folder.path == path) {
                continue;
            }
            let scope = if is_global { Scope::Global } else { self.scope_of(&path) };
            let has_config = path.ends_with(".opencode") || Some(&path) == named.as_ref();
            folders.push(ConfigFolder { path, scope, has_config });
        }
        folders
    }

    /// Project, if it is in the worktree.
    fn scope_of(&self, path: &Path) -> Scope {
        if self
            .ancestors
            .iter()
            .any(|folder| folder != &self.home && path.starts_with(folder) && folder.parent().is_some())
        {
            Scope::Project
        } else {
            Scope::Global
        }
    }

    /// The configuration files that are a person's to edit, whether they are there or not, the strongest last.
    pub fn configs_to_edit(&self, scope: Scope) -> Vec<PathBuf> {
        let files = match scope {
            Scope::Global => self.global_files(),
            Scope::Project => [self.directory.clone(), self.directory.join(".opencode")]
                .iter()
                .flat_map(|at| in_folder(at, scope))
                .collect(),
        };
        files.into_iter().map(|file| file.path).collect()
    }

    /// All folders in which files are read whatever their names are, but for those of skills.
    pub fn all_folders(&self) -> Vec<PathBuf> {
        const NAMES: [&str; 10] =
            ["agent", "agents", "command", "commands", "mode", "modes", "plugin", "plugins", "tool", "tools"];
        self.in_config_folders(&NAMES).into_iter().map(|(path, _)| path).collect()
    }

    /// The folders in which plugin files are looked for (`*.ts` and `*.js`, not deeper).
    pub fn plugin_folders(&self) -> Vec<(PathBuf, Scope)> {
        self.in_config_folders(&["plugin", "plugins"])
    }

    /// The folders in which tools are looked for, likewise.
    pub fn tool_folders(&self) -> Vec<(PathBuf, Scope)> {
        self.in_config_folders(&["tool", "tools"])
    }

    /// The folders in which skills are looked for, at any depth, but for those that the configuration
    /// names.
    pub fn skill_folders(&self) -> Vec<SkillFolder> {
        let folder = |has_hidden| move |(path, scope)| SkillFolder { path, scope, has_hidden };
        let own = self.in_config_folders(&["skill", "skills"]).into_iter().map(folder(false));
        if self.environment.is_on("OPENCODE_DISABLE_EXTERNAL_SKILLS") {
            return own.collect();
        }
        let off = ["OPENCODE_DISABLE_CLAUDE_CODE", "OPENCODE_DISABLE_CLAUDE_CODE_SKILLS"];
        let claude = !off.iter().any(|name| self.environment.is_on(name));
        let names =
            [".claude/skills", ".agents/skills"].into_iter().filter(move |name| claude || !name.starts_with(".claude"));
        let elsewhere =
            self.ancestors.iter().map(|folder| (folder, Scope::Project)).chain([(&self.home, Scope::Global)]);
        let mut external: Vec<_> =
            elsewhere.flat_map(|(folder, scope)| names.clone().map(move |name| (folder.join(name), scope))).collect();
        // The home folder may be an ancestor; what is in it is for every directory.
        external.retain(|(path, scope)| {
            *scope == Scope::Global || path.parent().and_then(Path::parent) != Some(&self.home)
        });
        external.retain(|(_, scope)| !self.is_alone || *scope == Scope::Project);
        own.chain(external.into_iter().map(folder(true))).collect()
    }

    /// All places that are known by their paths, but for the folders of skills.
    pub fn own_places(&self) -> Vec<PathBuf> {
        let own = [&self.directory, &self.home, &self.global, &self.common_state, &self.state, &self.settings];
        let engines = [&self.engine_log, &self.packages];
        let files = self.config_files().into_iter().map(|file| file.path);
        let folders = self.config_folders().into_iter().map(|folder| folder.path);
        own.into_iter().chain(engines).cloned().chain(files).chain(folders).chain(self.all_folders()).collect()
    }

    /// True when nothing counts that is for every project.
    pub fn is_alone(&self) -> bool {
        self.is_alone
    }

    /// The root of the worktree, or the directory itself where git has no part in it.
    pub fn project_root(&self) -> &Path {
        self.ancestors.last().filter(|root| root.parent().is_some()).unwrap_or(&self.directory)
    }

    /// Where Rekindle keeps which folders of skills an engine named.
    pub fn learned_skills(&self) -> PathBuf {
        self.state.join("skill-folders.json")
    }

    /// The folder of skills that a configuration names by this path.
    pub fn skills_named(&self, path: &str) -> PathBuf {
        plain(&match path.strip_prefix("~/") {
            Some(rest) => self.home.join(rest),
            None => self.directory.join(path),
        })
    }

    /// The folder into which a skill of a scope is installed, among those of a tool.
    pub fn skills_to_edit(&self, scope: Scope, of: SkillsOf) -> PathBuf {
        let base = if scope == Scope::Project { &self.directory } else { &self.home };
        match (of, scope) {
            (SkillsOf::OpenCode, Scope::Project) => base.join(".opencode/skills"),
            (SkillsOf::OpenCode, Scope::Global) => self.global.join("skills"),
            (SkillsOf::Agents, _) => base.join(".agents/skills"),
            (SkillsOf::Claude, _) => base.join(".claude/skills"),
        }
    }

    /// False where the environment keeps the engine from looking into a folder of skills.
    pub fn reads_skills_in(&self, folder: &Path) -> bool {
        self.skill_folders().iter().any(|one| one.path == folder)
    }

    /// A path that somebody typed, which may begin with `~/`: a person means their home folder.
    pub(crate) fn expanded(&self, typed: &str) -> String {
        match typed.trim().strip_prefix("~/").or_else(|| (typed.trim() == "~").then_some("")) {
            Some(rest) => self.home.join(rest).display().to_string(),
            None => typed.trim().to_owned(),
        }
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
        folders.iter().flat_map(|folder| names.iter().map(|name| (folder.path.join(name), folder.scope))).collect()
    }
}

/// Whose folder of skills it is. The engine reads all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SkillsOf {
    /// OpenCode's own.
    #[default]
    OpenCode,
    /// The one that several tools share.
    Agents,
    /// Claude Code's.
    Claude,
}

/// A folder in which skills are looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SkillFolder {
    /// The folder.
    pub path: PathBuf,
    /// Whom it is for.
    pub scope: Scope,
    /// True when the engine also looks into folders whose name begins with a dot.
    pub has_hidden: bool,
}

fn in_folder(folder: &Path, scope: Scope) -> Vec<ConfigFile> {
    let file = |name| ConfigFile { path: folder.join(name), scope, place: Place::InstanceConfig };
    CONFIG_NAMES.map(file).into()
}

fn ancestors_of(directory: &Path, environment: &Environment) -> Vec<PathBuf> {
    // One that the directory is not in ends nothing.
    let worktree = worktree_of(directory, environment).filter(|root| directory.starts_with(root));
    let is_inside = |folder: &&Path| worktree.as_ref().is_none_or(|root| folder.starts_with(root));
    directory.ancestors().take_while(is_inside).map(Path::to_owned).collect()
}

/// The path without symlinks and `..`, as far as anything is there; what is not there is as it is written.
pub(crate) fn real(path: &Path) -> PathBuf {
    let there = path.ancestors().find_map(|above| Some((above, dunce::canonicalize(above).ok()?)));
    let Some((above, there)) = there else { return plain(path) };
    match path.strip_prefix(above) {
        Ok(rest) if !rest.as_os_str().is_empty() => plain(&there.join(rest)),
        _ => there,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_places_follow_the_worktree() {
        let root = tempfile::tempdir().expect("a folder");
        let root = root.path().canonicalize().expect("there");
        for folder in ["repo/.git/objects", "repo/.git/refs"] {
            std::fs::create_dir_all(root.join(folder)).expect("made");
        }
        std::fs::write(root.join("repo/.git/HEAD"), "ref: refs/heads/main\n").expect("written");
        std::fs::create_dir_all(root.join("repo/a b/😀")).expect("made");
        let places = Places::of(&root.join("repo/a b/😀")).expect("places");
        let project: Vec<_> =
            places.config_files().into_iter().filter(|f| f.scope == Scope::Project).map(|f| f.path).collect();
        assert_eq!(project.first(), Some(&root.join("repo/opencode.json")));
        assert_eq!(project.last(), Some(&root.join("repo/.opencode/opencode.jsonc")), "the root's folder wins");
        assert_eq!(project.len(), 12);
        assert_eq!(places.short(&root.join("repo/a b/😀/x.json")), "x.json");
        assert_eq!(Places::of(&root.join("none")).expect_err("not there").code, ErrorCode::NoDirectory);
    }
}
