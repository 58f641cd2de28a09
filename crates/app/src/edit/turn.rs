//! Turning skills off and on, by the engine's own `permission`.
//!
//! Invariant: all that is turned is one change of one file; where another file has the last word, that is told.

use std::collections::{BTreeMap, BTreeSet};

use rekindle_domain::{Choice, ErrorCode, Kind, Notice, Row, Scope, SkillNotice, UserError};
use rekindle_opencode::skill::turned::{Edit, is_off, turn};

use super::{KeyEdit, Operation, edit_keys_in, file_for_keys, keys::value_at, nothing_to_remove};
use crate::{
    files::{file, locate::Places, scan::scan},
    provenance::Provenance,
    state::settings,
};

/// What was turned.
#[derive(Clone, Debug)]
pub struct Turned {
    /// The edit. `None`: all of them are so already.
    pub operation: Option<Operation>,
    /// What a person should know of it.
    pub remark: Option<Notice>,
}

/// Which skills are meant.
#[derive(Clone, Copy, Debug, Default)]
pub struct Chosen<'a> {
    /// Their names.
    pub names: &'a [String],
    /// Sets that a person made.
    pub sets: &'a [String],
    /// Sources that they are known to be from.
    pub sources: &'a [String],
}

/// The names of the skills that are meant, each once, and what a person should know of them.
pub fn chosen_skills(places: &Places, chosen: &Chosen<'_>) -> Result<(Vec<String>, Option<Notice>), UserError> {
    let (mut names, mut remark) = (chosen.names.to_vec(), None);
    let rows = scan(places, None)?.rows;
    let mut rows: Vec<Row> = rows.iter().filter(|row| row.kind == Kind::Skill).map(|row| Row::clone(row)).collect();
    Provenance::of(places).tell(&mut rows);
    let sets = settings::read(places).sets;
    for name in chosen.sets {
        let skills = sets.get(name).ok_or_else(|| no_such_set(name, &sets))?;
        let is_there = |skill: &String| skill.contains('*') || rows.iter().any(|row| row.name == *skill);
        let (there, missing): (Vec<_>, Vec<_>) = skills.iter().cloned().partition(is_there);
        match (there.first(), missing.first()) {
            (None, Some(first)) => return Err(nothing_to_remove(Kind::Skill, first)),
            (_, Some(_)) => remark = Some(SkillNotice::SetInPart { name: name.clone(), missing }.into()),
            (_, None) => {}
        }
        names.extend(there);
    }
    for from in chosen.sources {
        let source = |row: &Row| row.from.as_ref().map(|from| from.source.clone());
        let before = names.len();
        names.extend(rows.iter().filter(|row| source(row).as_ref() == Some(from)).map(|row| row.name.clone()));
        if names.len() == before {
            let sources: BTreeSet<_> = rows.iter().filter_map(source).collect();
            let notice = SkillNotice::NothingFrom { from: from.clone(), sources: sources.into_iter().collect() };
            return Err(UserError::new(ErrorCode::NotFound, notice));
        }
    }
    let mut seen = BTreeSet::new();
    names.retain(|name| seen.insert(name.clone()));
    Ok((names, remark))
}

/// Names skills that are turned together; without any, the set is forgotten.
pub fn name_set(places: &Places, name: &str, skills: &[String]) -> Result<(), UserError> {
    let sets = settings::read(places).sets;
    if skills.is_empty() && !sets.contains_key(name) {
        return Err(no_such_set(name, &sets));
    }
    settings::choose(places, &Choice::Set { name: name.to_owned(), skills: skills.to_vec() }).map(drop)
}

fn no_such_set(name: &str, sets: &BTreeMap<String, Vec<String>>) -> UserError {
    let notice = SkillNotice::SetUnknown { name: name.to_owned(), names: sets.keys().cloned().collect() };
    UserError::new(ErrorCode::NotFound, notice)
}

/// Turns skills on or off, by their names; a name with a `*` stands for all that it fits. `scope`: for which projects.
pub fn turn_skills(places: &Places, names: &[String], on: bool, scope: Scope) -> Result<Turned, UserError> {
    let rows = scan(places, None)?.rows;
    let is_there =
        |name: &str| name.contains('*') || rows.iter().any(|row| row.kind == Kind::Skill && row.name == name);
    if let Some(name) = names.iter().find(|name| !is_there(name)) {
        return Err(nothing_to_remove(Kind::Skill, name));
    }
    let first = names.first().map(String::as_str).unwrap_or_default();
    let path = file_for_keys(places, scope, &["permission", "skill", first].map(str::to_owned));
    let text = file::read(&path)?.unwrap_or_default();
    let mut permission = value_at(&text, &["permission".to_owned()]).unwrap_or_default();
    let mut edits: Vec<Edit> = Vec::new();
    for name in names {
        let (more, then) = turn(&permission, name, on);
        edits.extend(more);
        permission = then;
    }
    let edits: Vec<_> = edits.into_iter().map(|(path, value)| KeyEdit { path, value }).collect();
    let operation = if edits.is_empty() { None } else { edit_keys_in(places, &path, &edits)? };
    let now = scan(places, None)?.permission();
    let stays = names.iter().find(|name| !name.contains('*') && is_off(&now, name) == on);
    let remark = stays.map(|name| SkillNotice::NotTurned { name: name.clone() }.into());
    Ok(Turned { operation, remark })
}
