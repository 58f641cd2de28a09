//! Turning skills off and on, by the engine's own `permission`.
//!
//! Invariant: all that is turned is one change of one file; where another file has the last word, that is told.

use rekindle_domain::{Kind, Notice, Scope, SkillNotice, UserError};
use rekindle_opencode::skill::turned::{Edit, is_off, turn};

use super::{KeyEdit, Operation, edit_keys_in, file_for_keys, keys::value_at, nothing_to_remove};
use crate::files::{file, locate::Places, scan::scan};

/// What was turned.
#[derive(Clone, Debug)]
pub struct Turned {
    /// The edit. `None`: all of them are so already.
    pub operation: Option<Operation>,
    /// What a person should know of it.
    pub remark: Option<Notice>,
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
