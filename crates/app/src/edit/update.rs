//! Updating skills from where they are from.
//!
//! Invariants: what a person changed is never overwritten without their word; where both changed a skill, but no file of it,
//! both changes are kept; all that is updated is one change, and what was there goes to the trash.

use std::{
    fs,
    path::{Path, PathBuf},
};

use rekindle_domain::{
    ChangedBy, EditNotice, FileHashes, Kind, Row, Scope, SkillUpdate, ThreeWay, UpdateClass, UpdateState, UserError,
    masked_text,
};

use super::{
    find,
    install::{Staged, copy, may_go, stage_update},
    lock::Noted,
    record::Records,
    steps,
};
use crate::{
    error::shown,
    files::{locate::Places, scan::scan},
    install::{
        Fetched, fetch_again, no_source,
        rules::refused,
        scratch,
        scratch::Scratch,
        tree::{Tree, whole},
    },
    provenance::{Known, Provenance, lock_entries},
};

/// What becomes of a skill that was changed here and in its source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// It stays as it is here, and what is new is not offered again.
    Mine,
    /// It becomes as it is in the source.
    Theirs,
}

/// What is wanted of an update.
#[derive(Clone, Copy, Debug)]
pub struct UpdateWish<'a> {
    /// The name of one skill; `None`: all whose source is known.
    pub name: Option<&'a str>,
    /// For which projects they are.
    pub scope: Scope,
    /// Whether it is only asked what is new.
    pub is_check: bool,
    /// What is kept where both changed.
    pub keep: Option<Keep>,
}

/// What was found out, and done.
#[derive(Clone, Debug)]
pub struct Updated {
    /// Each of them.
    pub skills: Vec<SkillUpdate>,
    /// For taking all of it back, if anything changed.
    pub token: Option<String>,
}

/// A skill beside its source.
struct Compared {
    known: Known,
    update: SkillUpdate,
    /// What is to be done with it: a folder that is to take its place, and what will be known of it.
    next: Option<Next>,
    _fetched: Option<(Fetched, Scratch)>,
}

struct Next {
    folder: Option<PathBuf>,
    known: Known,
    /// How the skill was when it was compared.
    here: FileHashes,
}

/// Compares skills with where they are from, and puts what is new in place.
pub fn update_skills(places: &Places, wish: &UpdateWish) -> Result<Updated, UserError> {
    if wish.scope == Scope::Project && !wish.is_check {
        lock_entries(places)?;
    }
    let chosen = chosen(places, wish)?;
    // Fetching may take minutes, in which other changes are made.
    let mut compared: Vec<_> = chosen.into_iter().map(|known| compare(places, wish, known)).collect();
    let mut token = None;
    if !wish.is_check && compared.iter().any(|one| one.next.is_some()) {
        let records = Records::open(places)?;
        compared.iter_mut().for_each(Compared::check_again);
        let nexts: Vec<_> = compared.iter().filter_map(|one| one.next.as_ref()).collect();
        if !nexts.is_empty() {
            token = Some(apply(places, &records, wish.scope, &nexts)?);
        }
        for one in &mut compared {
            if let Some(next) = &one.next {
                one.update.state = if next.folder.is_none() { UpdateState::Kept } else { UpdateState::Updated };
            }
        }
    }
    Ok(Updated { skills: compared.into_iter().map(|one| one.update).collect(), token })
}

/// Those that are meant, of which it is known where they are from.
fn chosen(places: &Places, wish: &UpdateWish) -> Result<Vec<Known>, UserError> {
    let (rows, provenance) = (scan(places, None)?.rows, Provenance::of(places));
    let folder = |row: &Row| Path::new(&row.source).parent().map(Path::to_owned).unwrap_or_default();
    if let Some(name) = wish.name {
        let row = find(&rows, Kind::Skill, name, wish.scope)?;
        let known = provenance.whole(&folder(row)).ok_or_else(|| no_source(&row.name))?;
        return Ok(vec![known]);
    }
    let of_scope = rows.iter().filter(|row| row.kind == Kind::Skill && row.scope == wish.scope);
    let mut known: Vec<_> = of_scope.filter_map(|row| provenance.whole(&folder(row))).collect();
    known.sort_by(|one, other| one.place.cmp(&other.place));
    known.dedup_by(|one, other| one.place == other.place);
    Ok(known)
}

fn compare(places: &Places, wish: &UpdateWish, known: Known) -> Compared {
    let update = SkillUpdate {
        name: known.name.clone(),
        scope: wish.scope,
        place: shown(&known.place),
        source: masked_text(&known.from.shown()),
        resolved: known.from.ours.as_ref().and_then(|ours| ours.resolved.clone()),
        newest: None,
        state: UpdateState::UpToDate,
        class: UpdateClass::None,
        action: UpdateClass::None.action(),
        files: Vec::new(),
    };
    let mut compared = Compared { known, update, next: None, _fetched: None };
    if let Err(error) = compared.fetch(places, wish) {
        compared.update.state = UpdateState::Failed { why: error.what };
        compared.next = None;
    }
    compared
}

impl Compared {
    /// What was changed here since it was compared stays as it is.
    fn check_again(&mut self) {
        let Some(next) = &self.next else { return };
        let is_as_before = Tree::of(&self.known.place).is_ok_and(|now| now.files == next.here);
        if !is_as_before {
            let why = EditNotice::SkillChanged { path: shown(&self.known.place) };
            self.update.state = UpdateState::Failed { why: why.into() };
            self.next = None;
        }
    }

    fn fetch(&mut self, places: &Places, wish: &UpdateWish) -> Result<(), UserError> {
        let known = &self.known;
        let source = known.from.again(&known.name).ok_or_else(|| no_source(&known.name))?;
        let fetched = fetch_again(places, &source, &known.from.shown())?;
        let candidate = fetched.skills.first().ok_or_else(|| no_source(&known.name))?;
        let scratch = scratch(places)?;
        // As it would be installed, with a copy in the place of each link.
        let folder = scratch.path().join("source");
        copy(&candidate.folder, &folder)?;
        let (here, theirs) = (Tree::of(&known.place)?, Tree::of(&folder)?);
        let merged = ThreeWay::of(known.files.as_ref(), &here.files, &theirs.files);
        let update = &mut self.update;
        update.newest.clone_from(&fetched.source.resolved);
        update.files.clone_from(&merged.files);
        let (is_new, is_both) = (merged.has(ChangedBy::Source), merged.has(ChangedBy::Both));
        let is_seen = known.seen.as_ref() == Some(&theirs.whole());
        let is_theirs = wish.keep == Some(Keep::Theirs) && !merged.files.is_empty();
        update.state = match () {
            () if is_both && is_seen && !is_theirs => UpdateState::Kept,
            () if is_both => UpdateState::Conflict,
            () if is_new => UpdateState::Available,
            () if merged.has(ChangedBy::You) => UpdateState::Yours,
            () => UpdateState::UpToDate,
        };
        let mut from = fetched.from(candidate);
        from.computed_hash = Tree::of(&candidate.folder)?.theirs;
        if let Some(ours) = &mut from.ours {
            let before = known.from.ours.as_ref();
            ours.tree = whole(&theirs.files);
            ours.place = before.map_or_else(|| below(places, &known.place), |ours| ours.place.clone());
        }
        let next = Known {
            from,
            digest: fetched.source.digest.clone(),
            files: Some(theirs.files.clone()),
            seen: None,
            ..known.clone()
        };
        let is_keepable = is_both && wish.keep == Some(Keep::Mine);
        self.next = match &self.update.state {
            _ if is_theirs => Some(Next { folder: Some(folder.clone()), known: next, here: here.files.clone() }),
            UpdateState::Conflict if is_keepable => Some(Next {
                folder: None,
                known: Known { seen: Some(theirs.whole()), ..known.clone() },
                here: here.files.clone(),
            }),
            UpdateState::Available if !is_both => {
                keep_mine(&known.place, &folder, &merged)?;
                Some(Next { folder: Some(folder.clone()), known: next, here: here.files.clone() })
            }
            _ => None,
        };
        if let Some(Next { folder: Some(folder), .. }) = &self.next {
            may_go(places, &known.place)?;
            if known.place.is_symlink() {
                return Err(refused(EditNotice::SkillNotReplaced { path: shown(&known.place) }));
            }
            self.update.class = UpdateClass::of(&here.files, &Tree::of(folder)?.files);
        } else if is_both && !is_seen {
            self.update.class = UpdateClass::of(&here.files, &theirs.files);
        }
        self.update.action = self.update.class.action();
        self._fetched = Some((fetched, scratch));
        Ok(())
    }
}

/// Brings what a person changed into a copy of what is in the source.
fn keep_mine(here: &Path, copy_of_source: &Path, merged: &ThreeWay) -> Result<(), UserError> {
    let failed = |path: &Path, error: &std::io::Error| {
        refused(EditNotice::SkillNotCopied { path: shown(path), why: crate::error::cause(error) })
    };
    for path in &merged.dropped {
        let path = copy_of_source.join(path);
        fs::remove_file(&path).map_err(|error| failed(&path, &error))?;
    }
    for path in &merged.kept {
        super::install::copy_one(here, Path::new(path), copy_of_source)?;
    }
    Ok(())
}

fn apply(places: &Places, records: &Records, scope: Scope, nexts: &[&Next]) -> Result<String, UserError> {
    let folders = nexts.iter().filter_map(|next| Some((next.known.place.clone(), next.folder.clone()?)));
    let staged =
        folders.map(|(place, folder)| stage_update(places, &place, &folder)).collect::<Result<Vec<Staged>, _>>()?;
    let known: Vec<_> = nexts.iter().map(|next| next.known.clone()).collect();
    let noted = Noted::of(places, scope, &known)?;
    let mut all = Vec::new();
    for one in &staged {
        all.extend(one.steps(places)?);
    }
    all.extend(noted.steps);
    let token = steps::carry_out(records, places, all)?;
    staged.into_iter().for_each(|one| drop(one.landed()));
    Ok(token)
}

fn below(places: &Places, place: &Path) -> String {
    let below = place.strip_prefix(&places.directory).unwrap_or(place);
    below.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}
