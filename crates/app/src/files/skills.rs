//! Skills, in all the folders where the engine looks.
//!
//! Invariant: a file that did not change is not read again; told what changed, only that is looked
//! at. What comes out is the same in every case, also where there is more than is looked at: that is
//! said, and nothing is claimed of it.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use rekindle_domain::{
    Copied, Fingerprint, Item, ItemId, Kind, Notice, Place, Problem, Row, RowState, Scope, SkillAnswer, SkillNotice,
    Snapshot, Stage,
};
use rekindle_opencode::skill::{
    frontmatter::{self, NotASkill},
    problem,
};
use serde_json::Value;

use super::{
    endless,
    found::{Scan, order, row},
    locate::{Places, SkillFolder},
    stamp::{Kept, Stamp},
    walk::{Cut, Walked, walk_within},
};
use crate::files::foreign::{self, Budget, LARGEST, ReadError};

/// What was found the last time.
#[derive(Debug, Default)]
pub(super) struct Skills {
    roots: Vec<(SkillFolder, Arc<Walked>)>,
    files: HashMap<PathBuf, Kept<Arc<Found>>>,
    collected: Collected,
    /// True when there is more than is looked at: then how much it is has to be counted each time.
    is_cut: bool,
}

/// What all of them together come to.
#[derive(Clone, Debug, Default)]
struct Collected {
    items: Snapshot,
    rows: Vec<Arc<Row>>,
    warnings: Vec<Problem>,
    contested: BTreeMap<String, Vec<Fingerprint>>,
    /// The files and folders of which nothing is claimed.
    unseen: BTreeSet<String>,
    /// Where the engine would wait without end.
    endless: Vec<Problem>,
}

/// What was made of one `SKILL.md`.
#[derive(Debug)]
struct Found {
    item: Arc<Item>,
    row: Arc<Row>,
    is: Is,
    warning: Option<Problem>,
}

/// What the engine takes a `SKILL.md` for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Is {
    Skill,
    /// It reads it, and drops it.
    None,
    /// It may take it for a skill: it is not known what is in it.
    Unseen,
    /// It would wait for its end.
    Endless,
}

impl Found {
    fn with_warning(self, warning: Problem) -> Self {
        let row = Row { warning: Some(warning.what.clone()), ..(*self.row).clone() };
        Self { row: Arc::new(row), warning: Some(warning), ..self }
    }
}

/// The most folders that are looked into because a configuration names them.
const MOST_NAMED: usize = 1000;

/// The folders in which the engine looks for skills. `effective`: its configuration, which may name
/// more of them. `learned`: those that the engine named. The second: those of them that are too many.
pub(super) fn folders(places: &Places, effective: &Value, learned: &[String]) -> (Vec<SkillFolder>, Vec<SkillFolder>) {
    let named = named(effective).chain(learned.iter().map(String::as_str)).map(|path| SkillFolder {
        path: places.skills_named(path),
        scope: Scope::Project,
        has_hidden: false,
    });
    let mut folders = places.skill_folders();
    let mut known: HashSet<_> = folders.iter().map(|folder| folder.path.clone()).collect();
    let mut named: Vec<_> = named.filter(|folder| known.insert(folder.path.clone())).collect();
    let too_many = named.split_off(named.len().min(MOST_NAMED));
    folders.extend(named);
    (folders, too_many)
}

/// What people are told of folders that are too many.
pub(super) fn too_many(places: &Places, folders: &[SkillFolder]) -> Option<Problem> {
    let what = SkillNotice::TooManySkillFolders { most: MOST_NAMED, left: folders.len() };
    (!folders.is_empty()).then(|| Problem::new(&places.directory.display().to_string(), what))
}

/// The folders of skills that a configuration names.
pub(super) fn named(effective: &Value) -> impl Iterator<Item = &str> {
    effective.pointer("/skills/paths").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

impl Skills {
    /// Finds all skills. `changed`: what changed since the last time; `None`: anything may have.
    pub(super) fn scan(
        &mut self,
        places: &Places,
        folders: &[SkillFolder],
        changed: Option<&[PathBuf]>,
        scan: &mut Scan,
    ) {
        let mut budget = Budget::of_files();
        let before: HashMap<_, _> = self.roots.iter().map(|root| (root.0.path.as_path(), root)).collect();
        let mut walked = |folder: &SkillFolder| {
            let known = before.get(folder.path.as_path()).filter(|(known, _)| known == folder);
            self.walked(folder, known.map(|(_, walked)| walked), changed, &mut budget)
        };
        let roots: Vec<_> = folders.iter().map(|folder| (folder.clone(), walked(folder))).collect();
        scan.skill_folders.extend(roots.iter().map(|(_, walked)| walked.clone()));
        let is_same =
            |((_, a), (_, b)): (&(_, Arc<Walked>), &(_, Arc<Walked>))| Arc::ptr_eq(a, b) && a.links.is_empty();
        let nothing_came = roots.len() == self.roots.len() && roots.iter().zip(&self.roots).all(is_same);
        if let Some(changed) = changed.filter(|_| nothing_came && !self.is_cut)
            && self.patch(places, changed)
        {
            self.collected.clone().into_scan(scan);
            return;
        }
        let mut before = std::mem::take(&mut self.files);
        let mut seen = HashSet::new();
        let mut files = Vec::new();
        for (folder, walked) in &roots {
            for path in walked.files.iter().filter(|path| seen.insert(path.as_path())) {
                files.push((path, folder.scope, before.remove(path), is_touched(path, walked, changed)));
            }
        }
        type One<'a> = (&'a PathBuf, Scope, Option<Kept<Arc<Found>>>, bool);
        let look = |(path, scope, known, is_touched): One<'_>, budget: &mut Budget| {
            let kept = match known {
                Some(known) if !is_touched => budget.spend(path, known.size()).map(|()| known),
                known => read(places, path, scope, known, budget),
            };
            kept.map(|kept| (path.clone(), kept))
        };
        let (kept, spent): (Vec<_>, Vec<_>) = in_two(files, budget, look).into_iter().partition(Result::is_ok);
        let kept: Vec<_> = kept.into_iter().filter_map(Result::ok).collect();
        let spent: Vec<_> = spent.into_iter().filter_map(Result::err).collect();
        let mut all: Vec<_> = kept.iter().map(|(_, kept)| kept.made.clone()).collect();
        for (folder, walked) in &roots {
            let dangling = walked.links.iter().filter(|path| is_skill_file(path) && !path.exists());
            all.extend(dangling.filter(|path| seen.insert(path.as_path())).map(|path| {
                let warning = problem::dangling(path);
                Arc::new(not_read(places, path, folder.scope, Some(warning.what.clone()), warning))
            }));
        }
        self.files = kept.into_iter().collect();
        self.collected = Collected::of(&all);
        self.collected.add_cut(roots.iter().map(|(folder, walked)| (&*folder.path, walked.cut)), &spent);
        self.is_cut = !self.collected.unseen.is_empty();
        self.roots = roots;
        self.collected.clone().into_scan(scan);
    }

    /// Takes in what changed in files that were there before; false when that is not enough.
    fn patch(&mut self, places: &Places, changed: &[PathBuf]) -> bool {
        for path in changed {
            let Some(known) = self.files.get(path) else { continue };
            let before = known.made.clone();
            let known = self.files.remove(path);
            let Ok(kept) = read(places, path, before.item.scope, known, &mut Budget::of_files()) else { return false };
            let now = kept.made.clone();
            self.files.insert(path.clone(), kept);
            let is_alone = |found: &Found| !self.collected.contested.contains_key(&found.item.name);
            let has_same_place = before.is == Is::Skill && now.is == Is::Skill && before.item.id == now.item.id;
            let is_well = before.warning.is_none() && now.warning.is_none();
            if !has_same_place || !is_well || !is_alone(&before) {
                return false;
            }
            let Some(row) = self.collected.rows.iter_mut().find(|row| Arc::ptr_eq(row, &before.row)) else {
                return false;
            };
            *row = now.row.clone();
            self.collected.items.insert(now.item.clone());
        }
        true
    }

    /// The files of a folder: as they were, if nothing in it came or went.
    fn walked(
        &self,
        folder: &SkillFolder,
        known: Option<&Arc<Walked>>,
        changed: Option<&[PathBuf]>,
        budget: &mut Budget,
    ) -> Arc<Walked> {
        let again = |budget: &mut Budget| {
            Arc::new(walk_within(&folder.path, None, folder.has_hidden, |name| name == "SKILL.md", budget))
        };
        let (Some(known), Some(changed)) = (known, changed) else { return again(budget) };
        let mut inside = changed.iter().filter(|path| path.starts_with(&folder.path) || folder.path.starts_with(path));
        let came_or_went = inside.any(|path| match fs::symlink_metadata(path) {
            Ok(metadata) => !metadata.is_file() || (is_skill_file(path) && !self.files.contains_key(path)),
            Err(_) => true,
        });
        if came_or_went || !budget.steps(known.entries) { again(budget) } else { known.clone() }
    }
}

/// Does the work on two threads when there is much of it; the order stays.
fn in_two<T: Send, U: Send>(mut all: Vec<T>, mut budget: Budget, work: impl Fn(T, &mut Budget) -> U + Sync) -> Vec<U> {
    /// Fewer than this are done before a thread has started.
    const MUCH: usize = 128;
    if all.len() < MUCH {
        return all.into_iter().map(|one| work(one, &mut budget)).collect();
    }
    let second = all.split_off(all.len() / 2);
    let (mut budget, mut other) = budget.halves();
    std::thread::scope(|scope| {
        let second = scope.spawn(|| second.into_iter().map(|one| work(one, &mut other)).collect::<Vec<_>>());
        let mut done: Vec<_> = all.into_iter().map(|one| work(one, &mut budget)).collect();
        done.extend(second.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        done
    })
}

fn is_skill_file(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == "SKILL.md")
}

fn is_touched(path: &Path, walked: &Walked, changed: Option<&[PathBuf]>) -> bool {
    let Some(changed) = changed else { return true };
    // What is behind a link changes elsewhere.
    !walked.links.is_empty() || changed.iter().any(|changed| path.starts_with(changed))
}

/// `Err`: it is one too many for this look.
fn read(
    places: &Places,
    path: &Path,
    scope: Scope,
    known: Option<Kept<Arc<Found>>>,
    budget: &mut Budget,
) -> Result<Kept<Arc<Found>>, ReadError> {
    let read = SystemTime::now();
    let stamp = Stamp::at(path);
    // Of one that is too large nothing is read.
    budget.spend(path, stamp.map_or(0, |stamp| stamp.size()).min(LARGEST))?;
    if let (Some(stamp), Some(known)) = (&stamp, known)
        && known.holds(stamp)
    {
        return Ok(known);
    }
    let made = Arc::new(match foreign::bytes_or_nothing(path, LARGEST) {
        Ok(bytes) => {
            let bytes = bytes.unwrap_or_default();
            let is_utf8 = std::str::from_utf8(&bytes).is_ok();
            let text = foreign::lossy(bytes);
            let found = found(places, path, scope, &text);
            if is_utf8 || found.warning.is_some() { found } else { found.with_warning(problem::encoding(path, &text)) }
        }
        Err(error) => {
            let why = error.why();
            let endless = endless::problem(path);
            let is_endless = endless.is_some();
            let warning = endless.unwrap_or_else(|| Problem::new(&path.display().to_string(), why.clone()));
            let why = (!error.is_bound_of_ours()).then_some(why);
            let found = not_read(places, path, scope, why, warning);
            if is_endless { Found { is: Is::Endless, ..found } } else { found }
        }
    });
    Ok(match stamp {
        Some(stamp) => Kept::new(stamp, read, made),
        // It went away in the moment it was read.
        None => Kept::never(made),
    })
}

fn found(places: &Places, path: &Path, scope: Scope, text: &str) -> Found {
    let skill = match frontmatter::skill(text) {
        Ok(skill) => skill,
        Err(why) => {
            let is_unseen = matches!(why, NotASkill::NotRead(_));
            let warning = problem::dropped(path, text, &why);
            return not_read(places, path, scope, (!is_unseen).then(|| why.notice().into()), warning);
        }
    };
    let declared = SkillAnswer::fingerprint(&skill.name, skill.description.as_deref(), &skill.body);
    let mended = skill.is_mended.then(|| Fingerprint::of_bytes(text.as_bytes()));
    let item = Item { value: skill.description, code: mended, ..item(path, scope, skill.name, declared) };
    let mut row = row(places, &item, None, item.value.clone().map(Notice::Verbatim), Stage::Installed);
    let warning = skill.is_mended.then(|| problem::read_once(path, text));
    row.warning = warning.as_ref().map(|warning| warning.what.clone());
    Found { row: Arc::new(row), item: Arc::new(item), is: Is::Skill, warning }
}

/// `why`: what keeps the engine from reading it; `None`: Rekindle did not, and the engine may.
fn not_read(places: &Places, path: &Path, scope: Scope, why: Option<Notice>, warning: Problem) -> Found {
    let folder = path.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy().into_owned();
    let item = item(path, scope, folder, Fingerprint::of_parts(&[]));
    let row = row(places, &item, None, None, Stage::Installed);
    let is = if why.is_none() { Is::Unseen } else { Is::None };
    let row = match why {
        Some(why) => Row { state: RowState::NotRead { why }, ..row },
        None => Row { warning: Some(warning.what.clone()), ..row },
    };
    Found { row: Arc::new(row), item: Arc::new(item), is, warning: Some(warning) }
}

fn item(path: &Path, scope: Scope, name: String, declared: Fingerprint) -> Item {
    Item {
        id: ItemId::new(Kind::Skill, scope, &name),
        kind: Kind::Skill,
        name,
        scope,
        source: path.display().to_string(),
        place: Place::Folder,
        value: None,
        runs_before: None,
        declared,
        code: None,
    }
}

impl Collected {
    /// One item a name. Of several skills of one name any may be taken by the engine.
    fn of(all: &[Arc<Found>]) -> Self {
        let mut skills: Vec<_> = all.iter().filter(|found| found.is == Is::Skill).collect();
        skills.sort_by(|a, b| a.item.name.cmp(&b.item.name));
        let mut items = Vec::with_capacity(skills.len());
        let mut contested = BTreeMap::new();
        let (endless, others): (Vec<_>, Vec<_>) = all.iter().partition(|found| found.is == Is::Endless);
        let told = |found: Vec<&Arc<Found>>| found.into_iter().filter_map(|found| found.warning.clone()).collect();
        let (endless, mut warnings): (_, Vec<_>) = (told(endless), told(others));
        let mut told_rows: HashMap<&str, Row> = HashMap::new();
        for same in skills.chunk_by(|a, b| a.item.name == b.item.name) {
            let [first, others @ ..] = same else { continue };
            if others.is_empty() {
                items.push(first.item.clone());
                continue;
            }
            let prints = same.iter().map(|found| found.item.declared.clone()).collect::<Vec<_>>();
            contested.insert(first.item.name.clone(), prints);
            let files = Files::of(first, same);
            items.push(files.first.item.clone());
            if let Some(conflict) = files.conflict() {
                warnings.extend(files.each().map(|found| Problem::new(&found.item.source, conflict.clone())));
            }
            told_rows.extend(files.rows());
        }
        let rows = all.iter().map(|found| match told_rows.remove(found.item.source.as_str()) {
            Some(row) if found.is == Is::Skill => Arc::new(row),
            _ => found.row.clone(),
        });
        let mut rows: Vec<_> = rows.collect();
        rows.sort_by(|a, b| order(a).cmp(&order(b)));
        let unseen = all.iter().filter(|found| found.is == Is::Unseen).map(|found| found.item.source.clone()).collect();
        Self { rows, items: items.into_iter().collect(), warnings, contested, unseen, endless }
    }

    /// Says what was not looked at: folders in which there is too much, and files that are too many.
    fn add_cut<'a>(&mut self, roots: impl Iterator<Item = (&'a Path, Option<Cut>)>, spent: &[ReadError]) {
        for (folder, cut) in roots.filter_map(|(folder, cut)| Some((folder, cut?))) {
            if matches!(cut, Cut::TooMuch(_)) {
                self.unseen.insert(folder.display().to_string());
            }
            self.warnings.push(cut.problem(folder));
        }
        if let Some(first) = spent.first() {
            let path = first.path().display().to_string();
            let what = SkillNotice::SkillsNotRead { why: Box::new(first.why()), count: spent.len() };
            self.warnings.push(Problem::new(&path, what));
        }
        self.unseen.extend(spent.iter().map(|error| error.path().display().to_string()));
    }

    fn into_scan(mut self, scan: &mut Scan) {
        scan.disk.items.shared().for_each(|item| self.items.insert(item.clone()));
        scan.disk.items = self.items;
        scan.disk.contested_skills = self.contested;
        scan.disk.unseen.extend(self.unseen);
        scan.rows.extend(self.rows);
        scan.endless.extend(self.endless);
        scan.warnings.extend(self.warnings);
    }
}

/// Skills of one name: the files, each with the other names that lead to it.
struct Files<'a> {
    first: &'a Found,
    all: Vec<(&'a Found, Vec<&'a Found>)>,
}

impl<'a> Files<'a> {
    fn of(first: &'a Found, same: &[&'a Arc<Found>]) -> Self {
        let (mut all, mut places) = (Vec::<(&Found, Vec<&Found>)>::new(), HashMap::new());
        for found in same {
            let path = Path::new(&found.item.source);
            let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
            // The file itself is what is removed, not a link to it.
            let is_own = real == path;
            let at = *places.entry(real).or_insert(all.len());
            match all.get_mut(at) {
                None => all.push((found, Vec::new())),
                Some((own, names)) if is_own => names.push(std::mem::replace(own, found)),
                Some((_, names)) => names.push(found),
            }
        }
        Self { first: all.first().map_or(first, |(own, _)| own), all }
    }

    fn each(&self) -> impl Iterator<Item = &'a Found> {
        self.all.iter().map(|(found, _)| *found)
    }

    /// Where their texts differ: what is wrong.
    fn conflict(&self) -> Option<SkillNotice> {
        let differs = self.each().any(|found| found.item.declared != self.first.item.declared);
        differs.then_some(SkillNotice::SameSkillName { count: self.all.len() })
    }

    /// The rows of all, by their paths: one for each file that differs, with the places at which it is, too.
    fn rows(&self) -> Vec<(&'a str, Row)> {
        let conflict = self.conflict();
        let warning = conflict.clone().map(Notice::from);
        let copied =
            |found: &'a Found, copy| (found.item.source.as_str(), Row { copy: Some(copy), ..(*found.row).clone() });
        let places = |names: &[&Found]| names.iter().map(|found| found.row.place.clone()).collect::<Vec<_>>();
        let mut rows = Vec::new();
        for (at, (own, names)) in self.all.iter().enumerate() {
            rows.extend(names.iter().map(|found| copied(found, Copied::Link)));
            if conflict.is_none() && at > 0 {
                rows.push(copied(own, Copied::Text));
                continue;
            }
            let mut also = places(names);
            if conflict.is_none() {
                let copies = self.all.iter().skip(1);
                also.extend(
                    copies.flat_map(|(own, names)| std::iter::once(own.row.place.clone()).chain(places(names))),
                );
            }
            let warning = warning.clone().or_else(|| own.row.warning.clone());
            rows.push((own.item.source.as_str(), Row { also, warning, ..(*own.row).clone() }));
        }
        rows
    }
}
