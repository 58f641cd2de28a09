//! Where installed skills are from: as the lock of the project says, the global one of the tool `skills`, and what Rekindle
//! keeps itself.
//!
//! Invariants: nothing is asked of a network, and nothing is written here; where a lock and what Rekindle keeps differ, the
//! lock is right, because it is shared; of what nobody knows nothing is claimed. `docs/skills.md`.

use std::{
    collections::{BTreeMap, HashMap},
    fs,
    path::{Path, PathBuf},
};

use rekindle_domain::{ErrorCode, Fingerprint, InstallNotice, Kind, Row, Scope, SkillFrom, UserError};
use rekindle_sources::lock::{self, LockFault, Locked};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    error::shown,
    files::{
        file,
        locate::{Places, SkillsOf, real},
    },
    install::tree::{Tree, whole},
};

/// What is known of where an installed skill is from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// Its folder.
    pub place: PathBuf,
    /// Its name in the source.
    pub name: String,
    /// The source.
    pub from: Locked,
    /// `sha256:…` of what was downloaded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) digest: Option<String>,
    /// The files as they were installed, by path; `None`: it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) files: Option<BTreeMap<String, String>>,
    /// The tree of an upstream that the person has seen, and does not want.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) seen: Option<String>,
}

impl Known {
    /// The same as it is now, where it is not known how it was installed and nobody changed it since.
    fn with_files(self, now: impl Fn() -> Option<Tree>) -> Self {
        let is_tree = |files: &BTreeMap<String, String>| self.tree().is_none_or(|tree| tree == whole(files));
        if self.files.as_ref().is_some_and(is_tree) {
            return self;
        }
        let hash = &self.from.computed_hash;
        let is_as_installed = |now: &Tree| match self.tree() {
            Some(tree) => now.whole() == tree,
            None => !hash.is_empty() && now.theirs == *hash,
        };
        let files = now().filter(is_as_installed).map(|now| now.files);
        Self { files, ..self }
    }

    fn tree(&self) -> Option<&str> {
        self.from.ours.as_ref().map(|ours| ours.tree.as_str())
    }
}

/// Where what Rekindle keeps of a skill is.
pub(crate) fn file_of(places: &Places, place: &Path) -> PathBuf {
    let key = Fingerprint::of_bytes(place.as_os_str().as_encoded_bytes());
    folder(places).join(format!("{}.json", key.as_str()))
}

fn folder(places: &Places) -> PathBuf {
    places.common_state.join("skills")
}

/// The lock of the project.
pub(crate) fn lock_of(places: &Places) -> PathBuf {
    places.directory.join(lock::NAME)
}

/// The entries of the lock of the project. `None`: it is of a version that is not known, so it is left alone.
pub(crate) fn lock_entries(places: &Places) -> Result<Option<Map<String, Value>>, UserError> {
    let path = lock_of(places);
    let text = file::read(&path)?.unwrap_or_default();
    match lock::entries(&text) {
        Ok(entries) => Ok(Some(entries)),
        Err(LockFault::OtherVersion) => Ok(None),
        Err(fault) => Err(broken(&path, fault)),
    }
}

/// A lock that cannot be read is not written.
pub(crate) fn broken(path: &Path, fault: LockFault) -> UserError {
    let (line, column, why) = match fault {
        LockFault::NotJson { line, column, why } => (Some(line), Some(column), Some(why)),
        LockFault::NotALock | LockFault::OtherVersion => (None, None, None),
    };
    let notice = InstallNotice::LockBroken { path: shown(path), why };
    UserError { line, column, ..UserError::new(ErrorCode::NotJson, notice).about(shown(path)) }
}

/// The folder of the skill of an entry: where it says, or where the tool whose lock it is puts it.
pub(crate) fn place_of(places: &Places, name: &str, locked: &Locked) -> Option<PathBuf> {
    if let Some(ours) = &locked.ours {
        let place = places.directory.join(&ours.place);
        return real(&place).starts_with(real(&places.directory)).then_some(place);
    }
    let name = lock::folder_name(name);
    let all = [SkillsOf::Agents, SkillsOf::Claude, SkillsOf::OpenCode].into_iter();
    let mut places = all.map(|of| places.skills_to_edit(Scope::Project, of).join(&name));
    places.find(|place| !name.is_empty() && place.is_dir() && !place.is_symlink())
}

/// What is known of all skills.
#[derive(Debug, Default)]
pub struct Provenance {
    known: HashMap<PathBuf, Known>,
}

impl Provenance {
    /// Reads it. What cannot be read is not known.
    pub fn of(places: &Places) -> Self {
        let mut provenance = Self::default();
        provenance.add_global(places);
        for entry in fs::read_dir(folder(places)).into_iter().flatten().filter_map(Result::ok) {
            let known =
                file::read(&entry.path()).ok().flatten().and_then(|text| serde_json::from_str::<Known>(&text).ok());
            let known = known.filter(|known| file_of(places, &known.place) == entry.path());
            provenance.known.extend(known.map(|known| (known.place.clone(), known)));
        }
        for (name, entry) in lock_entries(places).ok().flatten().unwrap_or_default() {
            let Some(locked) = lock::locked(&entry) else { continue };
            let Some(place) = place_of(places, &name, &locked) else { continue };
            provenance.add_locked(places, name, locked, place);
        }
        provenance
    }

    fn add_locked(&mut self, places: &Places, name: String, mut locked: Locked, place: PathBuf) {
        let kept = self.known.get(&place);
        let is_same = |kept: &&Known| match &locked.ours {
            Some(ours) => kept.tree() == Some(&ours.tree),
            None => kept.from.computed_hash == locked.computed_hash,
        };
        if let Some(kept) = kept.filter(is_same) {
            // Where it is fetched from is what was written down here, whatever the lock says by now.
            let Locked { source, source_url, source_type, revision, .. } = kept.from.clone();
            let known = Known { from: Locked { source, source_url, source_type, revision, ..locked }, ..kept.clone() };
            self.known.insert(place, known);
            return;
        }
        if let Some(path) = locked.path() {
            // A lock comes with a project: it leads to nothing outside of it.
            let path = places.directory.join(path);
            if !real(&path).starts_with(real(&places.directory)) {
                return;
            }
            if locked.source_type == "local" {
                locked.source = shown(&path);
            }
        }
        let known = Known { place: place.clone(), name, from: locked, digest: None, files: None, seen: None };
        self.known.insert(place, known);
    }

    /// What the tool `skills` wrote down of global ones, which it keeps in `~/.agents/skills`.
    fn add_global(&mut self, places: &Places) {
        let state = places.environment.get("XDG_STATE_HOME").filter(|path| !path.is_empty());
        let path = match state {
            Some(state) => places.directory.join(state).join("skills/.skill-lock.json"),
            None => places.home.join(".agents/.skill-lock.json"),
        };
        let text = file::read(&path).ok().flatten().unwrap_or_default();
        let value: Value = serde_json::from_str(&text).unwrap_or_default();
        let Some(skills) = value.get("skills").and_then(Value::as_object) else { return };
        for (name, entry) in skills {
            let Some(mut locked) = lock::locked(entry) else { continue };
            let place = places.skills_to_edit(Scope::Global, SkillsOf::Agents).join(lock::folder_name(name));
            // Of a repository of GitHub it is the hash that git gives a folder.
            let hash = entry.get("skillFolderHash").and_then(Value::as_str).filter(|hash| hash.len() == 64);
            locked.computed_hash = hash.unwrap_or_default().to_owned();
            locked.ours = None;
            let known =
                Known { place: place.clone(), name: name.clone(), from: locked, digest: None, files: None, seen: None };
            self.known.insert(place, known);
        }
    }

    /// What is known of the skill in a folder, or behind a link.
    pub fn find(&self, folder: &Path) -> Option<&Known> {
        self.known.get(folder).or_else(|| self.known.get(&real(folder)))
    }

    /// The same, with the files that were installed as far as that can be told.
    pub(crate) fn whole(&self, folder: &Path) -> Option<Known> {
        self.find(folder).map(|known| known.clone().with_files(|| Tree::of(&known.place).ok()))
    }

    /// Adds it to rows.
    pub fn tell(&self, rows: &mut [Row]) {
        if self.known.is_empty() {
            return;
        }
        for row in rows.iter_mut().filter(|row| row.kind == Kind::Skill) {
            let known = Path::new(&row.source).parent().and_then(|folder| self.find(folder));
            row.from = known.map(|known| SkillFrom {
                source: rekindle_domain::masked_text(&known.from.shown()),
                path: known.from.skill_path.clone(),
                resolved: known.from.ours.as_ref().and_then(|ours| ours.resolved.clone()),
            });
        }
    }
}
