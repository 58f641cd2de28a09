//! Writing down where skills are from: in the lock of the project, and in what Rekindle keeps.
//!
//! Invariants: of a lock only the entries change that are meant, whoever else writes to it; taken back, it is as it was byte
//! for byte, or, where somebody else changed other entries since, those stay.

use std::path::{Path, PathBuf};

use rekindle_domain::{InstallNotice, Notice, Scope, UserError};
use rekindle_opencode::config::edit;
use rekindle_sources::lock::{self, Locked, portable};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    install::{OneStaged, Staged},
    place::Room,
    steps::Step,
    undo::{Entries, Undo},
};
use crate::{
    error::shown,
    files::{
        file::{self, Content, Edited, TRIES, contended, create_private_dir, not_written},
        locate::{Places, real},
    },
    install::{
        Fetched,
        candidate::Candidate,
        tree::{Tree, whole},
    },
    provenance::{Known, broken, file_of, lock_entries, lock_of, place_of},
};

/// A change of entries of the lock.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct LockEdit {
    pub(super) path: PathBuf,
    /// The text before; `None`: there was no lock.
    before: Option<String>,
    /// The text after; `None`: the last entry was taken out, and the lock went with it.
    after: Option<String>,
    entries: Vec<EntryEdit>,
    pub(super) room: Room,
}

/// What becomes of one of them.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct EntryEdit {
    name: String,
    was: Option<Value>,
    is: Option<Value>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    There,
    Back,
}

impl EntryEdit {
    fn change(&self, way: Way) -> (Option<&Value>, Option<&Value>) {
        let (was, is) = (self.was.as_ref(), self.is.as_ref());
        if way == Way::There { (was, is) } else { (is, was) }
    }
}

impl LockEdit {
    /// The entries of these skills, each with what it is to be. `None`: nothing changes, or the lock is left alone.
    pub(super) fn of(places: &Places, entries: Vec<(String, Option<Value>)>) -> Result<Option<Self>, UserError> {
        let Some(present) = lock_entries(places)? else { return Ok(None) };
        let edit = |(name, is): (String, Option<Value>)| EntryEdit { was: present.get(&name).cloned(), name, is };
        let entries: Vec<_> = entries.into_iter().map(edit).filter(|entry| entry.was != entry.is).collect();
        if entries.is_empty() {
            return Ok(None);
        }
        let path = lock_of(places);
        let before = file::read(&path)?;
        let mut edit = Self { room: Room::of(&path), path, after: None, before: before.clone(), entries };
        let only_removes = edit.entries.iter().all(|entry| entry.is.is_none());
        let after = edit.applied(before.as_deref().unwrap_or_default(), Way::There)?;
        edit.after = Some(after).filter(|after| !(only_removes && is_empty(after)));
        Ok(Some(edit))
    }

    /// Writes the entries, whatever else was written since.
    pub(super) fn make(&self) -> Result<(), UserError> {
        self.write(Way::There)
    }

    /// Takes the entries back if they are as we left them; true when it did.
    pub(super) fn take_back(&self) -> Result<bool, UserError> {
        if file::replace(&self.path, self.after.as_deref(), self.before.as_deref())? {
            return Ok(true);
        }
        if !self.was_made() {
            return Ok(false);
        }
        self.write(Way::Back).map(|()| true)
    }

    /// Makes the entries as they were, whatever they are now.
    pub(super) fn make_as_before(&self) -> Result<(), UserError> {
        self.write(Way::Back)
    }

    pub(super) fn was_made(&self) -> bool {
        self.is(Way::There)
    }

    pub(super) fn was_taken_back(&self) -> bool {
        self.is(Way::Back)
    }

    /// Whether the file is as it was before, if there was none.
    fn is(&self, way: Way) -> bool {
        let Ok(text) = file::read(&self.path) else { return false };
        let whole = if way == Way::There { &self.after } else { &self.before };
        if text == *whole {
            return true;
        }
        let entries = text.map_or(Ok(serde_json::Map::new()), |text| lock::entries(&text));
        let Ok(entries) = entries else { return false };
        self.entries.iter().all(|edit| entries.get(&edit.name) == edit.change(way).1)
    }

    fn write(&self, way: Way) -> Result<(), UserError> {
        for _ in 0..TRIES {
            let present = file::read(&self.path)?;
            let text = present.clone().unwrap_or_default();
            let changed = self.applied(&text, way)?;
            // One in which nothing is left goes, if it came with these entries or goes with them.
            let then = if way == Way::There { &self.after } else { &self.before };
            let goes = then.is_none() && is_empty(&changed);
            let changed = Some(changed).filter(|changed| !(goes || present.is_none() && changed.is_empty()));
            if present == changed || file::replace(&self.path, present.as_deref(), changed.as_deref())? {
                return Ok(());
            }
        }
        Err(contended(&self.path))
    }

    fn applied(&self, text: &str, way: Way) -> Result<String, UserError> {
        let set = |text: String, edit: &EntryEdit| lock::set(&text, &edit.name, edit.change(way).1, splice);
        self.entries.iter().try_fold(text.to_owned(), set).map_err(|fault| broken(&self.path, fault))
    }
}

fn is_empty(text: &str) -> bool {
    lock::set("", "", Some(&Value::Null), |_, _, _| None)
        .and_then(|one| lock::set(&one, "", None, |_, _, _| None))
        .is_ok_and(|empty| empty == text)
}

/// The same change of a text that is laid out in another way.
fn splice(text: &str, path: &[&str; 2], entry: Option<&Value>) -> Option<String> {
    match entry {
        Some(entry) => edit::set(text, path, entry).ok(),
        None => edit::unset(text, path, 1).ok(),
    }
}

/// What writes the lock, if it changes.
pub(super) fn lock_step<'a>(edit: Option<LockEdit>) -> Option<Step<'a>> {
    edit.map(|edit| Step::new(Undo::Locked(edit.clone()), move || edit.make()))
}

/// What keeps what is known of a skill in a folder, or forgets it.
pub(super) fn known_step<'a>(
    places: &Places,
    place: &Path,
    known: Option<&Known>,
) -> Result<Option<Step<'a>>, UserError> {
    let path = file_of(places, place);
    let text = known.and_then(|known| serde_json::to_string_pretty(known).ok());
    let before = file::read(&path)?;
    if before == text {
        return Ok(None);
    }
    let folder = path.parent().unwrap_or(&path);
    create_private_dir(folder).map_err(not_written(folder))?;
    let undo = Undo::of(Edited { path: path.clone(), before: before.clone(), after: text.clone() }, Entries::Unknown);
    Ok(Some(Step::new(undo, move || {
        let content = text.as_ref().map(|text| Content { bytes: text.as_bytes(), mode: Some(0o600) });
        match file::put(&path, before.as_deref().map(str::as_bytes), content)? {
            true => Ok(()),
            false => Err(contended(&path)),
        }
    })))
}

/// What becomes of what is known of skills with a change of them.
#[derive(Default)]
pub(super) struct Noted<'a> {
    /// What writes it down.
    pub(super) steps: Vec<Step<'a>>,
    /// What a person should know of it.
    pub(super) remark: Option<Notice>,
}

impl Noted<'_> {
    /// Of skills that are installed from a source, before they land.
    pub(super) fn installed(places: &Places, fetched: &Fetched, staged: &Staged) -> Result<Self, UserError> {
        let all = fetched.skills.iter().zip(staged.skills());
        let known =
            all.map(|(candidate, one)| known_of(places, fetched, candidate, one)).collect::<Result<Vec<_>, _>>()?;
        Self::of(places, fetched.scope, &known)
    }

    /// Of skills of which this is known from now on.
    pub(super) fn of(places: &Places, scope: Scope, known: &[Known]) -> Result<Self, UserError> {
        let mut noted = Self::default();
        for one in known {
            noted.steps.extend(known_step(places, &one.place, Some(one))?);
        }
        if scope == Scope::Global {
            return Ok(noted);
        }
        let Some(present) = lock_entries(places)? else {
            noted.remark = Some(InstallNotice::LockUnknown { path: shown(&lock_of(places)) }.into());
            return Ok(noted);
        };
        let entry = |one: &Known| {
            let before = present.get(&one.name);
            // A skill of the same name in another folder keeps its entry.
            let elsewhere = before.and_then(lock::locked).and_then(|locked| place_of(places, &one.name, &locked));
            let is_free = elsewhere.is_none_or(|place| real(&place) == real(&one.place) || !place.exists());
            (one.from.is_theirs() && is_free)
                .then(|| (one.name.clone(), Some(lock::entry(&in_lock(places, &one.from), before))))
        };
        noted.steps.extend(lock_step(LockEdit::of(places, known.iter().filter_map(entry).collect())?));
        Ok(noted)
    }

    /// Of a skill that goes, in this folder. A link goes without what it leads to, of which all is known that was.
    pub(super) fn removed(places: &Places, folder: &Path) -> Result<Self, UserError> {
        let mut noted = Self::default();
        if folder.is_symlink() {
            return Ok(noted);
        }
        noted.steps.extend(known_step(places, folder, None)?);
        let entries = match lock_entries(places) {
            Ok(entries) => entries.unwrap_or_default(),
            // What is to go goes all the same.
            Err(error) => {
                noted.remark = Some(error.what);
                return Ok(noted);
            }
        };
        let is_its = |(name, entry): &(&String, &Value)| {
            let place = lock::locked(entry).and_then(|locked| place_of(places, name, &locked));
            place.is_some_and(|place| place == folder || real(&place) == real(folder))
        };
        let gone = entries.iter().filter(is_its).map(|(name, _)| (name.clone(), None)).collect();
        noted.steps.extend(lock_step(LockEdit::of(places, gone)?));
        Ok(noted)
    }
}

/// The entry as it is in the lock, whose paths lead from the folder of the project on.
fn in_lock(places: &Places, from: &Locked) -> Locked {
    match from.source_type.as_str() {
        "local" => Locked { source: portable(Path::new(&from.source), &places.directory), ..from.clone() },
        _ => from.clone(),
    }
}

fn known_of(places: &Places, fetched: &Fetched, candidate: &Candidate, one: &OneStaged) -> Result<Known, UserError> {
    let files = Tree::of(&one.folder)?.files;
    let mut from = fetched.from(candidate);
    // As the tool whose lock it is would compute it, which leaves links out.
    from.computed_hash = Tree::of(&candidate.folder)?.theirs;
    if let Some(ours) = &mut from.ours {
        ours.tree = whole(&files);
        let below = one.target.strip_prefix(&places.directory).unwrap_or(&one.target);
        ours.place = below.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/");
    }
    let (name, place, digest) = (candidate.skill.name.clone(), one.target.clone(), fetched.source.digest.clone());
    Ok(Known { place, name, from, digest, files: Some(files), seen: None })
}
