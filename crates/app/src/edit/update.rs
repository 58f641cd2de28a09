//! Updating skills from where they are from.
//!
//! Invariants: what a person changed is never overwritten without their word; where both changed a skill, but no file of it,
//! both changes are kept; all that is updated is one change, and what was there goes to the trash.

use std::{
    fs,
    path::{Path, PathBuf},
};

use rekindle_domain::{
    ChangedBy, EditNotice, ErrorCode, FileHashes, Keep, Kind, Row, Scope, SkillUpdate, ThreeWay, UpdateClass,
    UpdateState, UserError, masked_text,
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
        preview::text as text_in,
        rules::refused,
        scratch,
        scratch::Scratch,
        tree::{Tree, whole},
    },
    provenance::{Known, Provenance, lock_entries},
};

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
pub struct Compared {
    known: Known,
    update: SkillUpdate,
    source: Option<Theirs>,
    /// What is to be done with it: a folder that is to take its place, and what will be known of it.
    next: Option<Next>,
}

/// What is in the source.
struct Theirs {
    /// A copy of it, as it would be installed.
    folder: PathBuf,
    merged: ThreeWay,
    here: FileHashes,
    tree: Tree,
    /// What will be known of the skill when it is in place.
    known: Known,
    fetched: Fetched,
    _scratch: Scratch,
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
    let mut compared = Compared { known, update, source: None, next: None };
    if let Err(error) = compared.fetch(places).and_then(|()| compared.decide(places, wish.keep)) {
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

    fn fetch(&mut self, places: &Places) -> Result<(), UserError> {
        let known = &self.known;
        let source = known.from.again(&known.name).ok_or_else(|| no_source(&known.name))?;
        let fetched = fetch_again(places, &source, &known.from.shown())?;
        let candidate = fetched.skills.first().ok_or_else(|| no_source(&known.name))?;
        let scratch = scratch(places)?;
        // As it would be installed, with a copy in the place of each link.
        let folder = scratch.path().join("source");
        copy(&candidate.folder, &folder)?;
        let (here, tree) = (Tree::of(&known.place)?.files, Tree::of(&folder)?);
        let merged = ThreeWay::of(known.files.as_ref(), &here, &tree.files);
        self.update.newest.clone_from(&fetched.source.resolved);
        self.update.files.clone_from(&merged.files);
        let mut from = fetched.from(candidate);
        from.computed_hash = Tree::of(&candidate.folder)?.theirs;
        if let Some(ours) = &mut from.ours {
            let before = known.from.ours.as_ref();
            ours.tree = whole(&tree.files);
            ours.place = before.map_or_else(|| below(places, &known.place), |ours| ours.place.clone());
        }
        let known = Known {
            from,
            digest: fetched.source.digest.clone(),
            files: Some(tree.files.clone()),
            seen: None,
            ..known.clone()
        };
        self.source = Some(Theirs { folder, merged, here, tree, known, fetched, _scratch: scratch });
        Ok(())
    }

    /// Says what is to be done, by what a person keeps where both changed.
    fn decide(&mut self, places: &Places, keep: Option<Keep>) -> Result<(), UserError> {
        let Self { known, update, source: Some(theirs), next } = self else { return Ok(()) };
        let theirs = &*theirs;
        let Theirs { folder, merged, here, tree, .. } = theirs;
        let (is_new, is_both) = (merged.has(ChangedBy::Source), merged.has(ChangedBy::Both));
        let is_seen = known.seen.as_ref() == Some(&tree.whole());
        let is_theirs = keep == Some(Keep::Theirs) && !merged.files.is_empty();
        update.state = match () {
            () if is_both && is_seen && !is_theirs => UpdateState::Kept,
            () if is_both => UpdateState::Conflict,
            () if is_new => UpdateState::Available,
            () if merged.has(ChangedBy::You) => UpdateState::Yours,
            () => UpdateState::UpToDate,
        };
        let whole = || Next { folder: Some(folder.clone()), known: theirs.known.clone(), here: here.clone() };
        let is_keepable = is_both && keep == Some(Keep::Mine);
        *next = match &update.state {
            _ if is_theirs => Some(whole()),
            UpdateState::Conflict if is_keepable => Some(Next {
                folder: None,
                known: Known { seen: Some(tree.whole()), ..known.clone() },
                here: here.clone(),
            }),
            UpdateState::Available if !is_both => {
                keep_mine(&known.place, folder, merged)?;
                Some(whole())
            }
            _ => None,
        };
        if let Some(Next { folder: Some(folder), .. }) = next {
            may_go(places, &known.place)?;
            if known.place.is_symlink() {
                return Err(refused(EditNotice::SkillNotReplaced { path: shown(&known.place) }));
            }
            update.class = UpdateClass::of(here, &Tree::of(folder)?.files);
        } else if is_both && !is_seen {
            update.class = UpdateClass::of(here, &tree.files);
        }
        update.action = update.class.action();
        Ok(())
    }
}

/// Compares one skill with where it is from, for a person to decide. `name`: its name, its path or its id.
pub fn compare_skill(places: &Places, name: &str, scope: Scope) -> Result<Compared, UserError> {
    // An id may be that of one for every project.
    let scope = find(&scan(places, None)?.rows, Kind::Skill, name, scope)?.scope;
    let wish = UpdateWish { name: Some(name), scope, is_check: true, keep: None };
    let known = chosen(places, &wish)?.into_iter().next().ok_or_else(|| no_source(name))?;
    Ok(compare(places, &wish, known))
}

impl Compared {
    /// What was found out.
    pub fn update(&self) -> &SkillUpdate {
        &self.update
    }

    /// The texts of a file that differs: here, and in the source. `None`: it does not, or is no text.
    pub(crate) fn texts(&self, path: &str) -> Option<(String, String)> {
        self.update.files.iter().find(|file| file.path == path)?;
        let candidate = self.source.as_ref()?.fetched.skills.first()?;
        let text = |folder: &Path| match folder.join(path) {
            file if file.symlink_metadata().is_ok() => text_in(&file),
            _ => Some(String::new()),
        };
        Some((text(&self.known.place)?, text(&candidate.folder)?))
    }

    /// Puts what was compared in place; for taking it back, if there was anything to be done. `keep`: what is kept where both
    /// changed.
    ///
    /// # Errors
    ///
    /// The skill was changed since, or cannot be replaced.
    pub fn take(&mut self, places: &Places, keep: Option<Keep>) -> Result<Option<String>, UserError> {
        if self.update.scope == Scope::Project {
            lock_entries(places)?;
        }
        if self.next.is_none() {
            self.decide(places, keep)?;
        }
        let records = Records::open(places)?;
        self.check_again();
        if let UpdateState::Failed { why } = &self.update.state {
            return Err(UserError::new(ErrorCode::NotInstalled, why.clone()));
        }
        let Some(next) = &self.next else { return Ok(None) };
        apply(places, &records, self.update.scope, &[next]).map(Some)
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
