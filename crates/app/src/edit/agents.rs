//! Beginning and removing agents and commands, and turning agents off and on. Either is called an entry here.
//!
//! Invariants: exactly what is meant goes: a Markdown file to the trash (of a link the link), or a key out of its file with
//! every other byte as it was. What the engine, a plugin, a skill or an MCP server adds is no file's, and is never touched. An
//! entry that is left over, or that comes back, is told.

mod begin;
mod declaration;
mod turn;

use std::path::Path;

use rekindle_domain::{AgentNotice, ErrorCode, ItemId, Kind, Notice, Row, Scope, UserError};
use rekindle_opencode::{own, server_in_command};

use self::declaration::{Declaration, declarations, keys_in};
pub use self::{
    begin::{Begun, NewEntry, new_entry},
    turn::switch_agent,
};
use super::{
    KeyEdit, Removed,
    keys::edited,
    lock::Noted,
    nothing_to_remove, set_aside,
    several::{Edit, edit_together},
    steps::Step,
    undo::{Entries, Undo},
};
use crate::{
    error::shown,
    files::{
        file::{self, contended},
        locate::Places,
        scan::scan,
    },
};

/// Removes an entry by its name, its id or its path; its name. `from`: the file, where several declare it.
pub fn remove_entry(
    places: &Places,
    kind: Kind,
    name: &str,
    scope: Scope,
    from: Option<&str>,
) -> Result<(String, Removed), UserError> {
    let all = declarations(places, kind);
    let is_at = |one: &Declaration, place: &str| one.path.as_os_str() == place || places.short(&one.path) == place;
    let is_meant = |one: &&Declaration| {
        let is_named = ItemId::new(kind, one.scope, &one.name).as_str() == name;
        let is_here = one.scope == scope && (one.name == name || is_at(one, name));
        one.path.is_absolute() && (is_named || is_here) && from.is_none_or(|from| is_at(one, from))
    };
    let mut meant: Vec<_> = all.iter().filter(is_meant).collect();
    // The strongest first. Both an agent and a mode of one file are one.
    meant.reverse();
    let mut seen = Vec::new();
    meant.retain(|one| {
        let is_new = !seen.contains(&(&one.path, &one.name));
        seen.push((&one.path, &one.name));
        is_new
    });
    // What only turns an agent off goes with it.
    if meant.iter().any(|one| !one.is_switch()) {
        meant.retain(|one| !one.is_switch());
    }
    match meant[..] {
        [] => match all.iter().rev().find(|one| one.name == name && from.is_none()) {
            Some(other) => Err(not_here(places, kind, other)),
            None => Err(not_ours(places, kind, name)),
        },
        [one] => Ok((one.name.clone(), remove_one(places, kind, one, &all)?)),
        [..] => {
            let paths = meant.iter().map(|one| places.short(&one.path)).collect();
            let notice = AgentNotice::EntryInSeveral { kind, name: name.to_owned(), paths };
            Err(UserError::new(ErrorCode::Ambiguous, notice))
        }
    }
}

/// Removes the entry of a row from the file that the row is about.
pub(super) fn remove_declared(places: &Places, row: &Row) -> Result<Removed, UserError> {
    let all = declarations(places, row.kind);
    let one = all.iter().rev().find(|one| one.name == row.name && one.path == Path::new(&row.source));
    remove_one(places, row.kind, one.ok_or_else(|| nothing_to_remove(row.kind, &row.name))?, &all)
}

/// Removes one declaration, and what only turned it off in other files.
fn remove_one(places: &Places, kind: Kind, one: &Declaration, all: &[Declaration]) -> Result<Removed, UserError> {
    let own_files = places.configs_to_edit(one.scope);
    let is_switch_of_it = |other: &&Declaration| {
        other.name == one.name && other.path != one.path && other.is_switch() && own_files.contains(&other.path)
    };
    let mut paths: Vec<_> = all.iter().filter(is_switch_of_it).map(|other| other.path.clone()).collect();
    paths.sort();
    paths.dedup();
    let edits = |text: &str| -> Vec<KeyEdit> {
        keys_in(text, kind, &one.name).into_iter().map(|path| KeyEdit { path, value: None }).collect()
    };
    let removed = if one.is_file {
        set_aside(places, &one.path, |_| {
            let steps = paths.iter().map(|path| step(path, edits)).collect::<Result<_, _>>()?;
            Ok(Noted { steps, remark: None })
        })?
    } else {
        paths.insert(0, one.path.clone());
        let edit = |path: std::path::PathBuf| Edit {
            path,
            change: Box::new(|text| Ok(edited(text, &edits(text))?.0)),
            // The edit has said what is wrong with a text.
            entries: Box::new(|text| {
                edited(text, &edits(text)).map_or(Entries::Unknown, |(_, keys)| Entries::Keys(keys))
            }),
            mode: None,
        };
        let token = edit_together(places, &paths.into_iter().map(edit).collect::<Vec<_>>())?;
        Removed { path: one.path.clone(), token, remark: None }
    };
    Ok(Removed { remark: left(places, kind, &one.name), ..removed })
}

/// What takes keys out of a file together with something else.
fn step<'a>(path: &Path, edits: impl Fn(&str) -> Vec<KeyEdit>) -> Result<Step<'a>, UserError> {
    let computed = file::compute(path, |text| Ok(edited(text, &edits(text))?.0))?;
    let before = computed.before.as_deref().unwrap_or_default();
    let meant = edited(before, &edits(before)).map_or(Entries::Unknown, |(_, keys)| Entries::Keys(keys));
    Ok(Step::new(Undo::of(computed.clone(), meant), move || {
        match file::replace(&computed.path, computed.before.as_deref(), computed.after.as_deref())? {
            true => Ok(()),
            false => Err(contended(&computed.path)),
        }
    }))
}

/// What there still is by the name of something that was removed.
fn left(places: &Places, kind: Kind, name: &str) -> Option<Notice> {
    let name = name.to_owned();
    match declarations(places, kind).into_iter().rev().find(|one| one.name == name) {
        Some(other) => Some(AgentNotice::EntryLeft { kind, name, path: places.short(&other.path) }.into()),
        None => own(kind, &name).map(|own| AgentNotice::OwnEntryBack { name, own }.into()),
    }
}

/// Where something is declared that cannot be removed here.
fn not_here(places: &Places, kind: Kind, other: &Declaration) -> UserError {
    let (name, path) = (other.name.clone(), &other.path);
    if !path.is_absolute() {
        let variable = shown(path);
        return UserError::new(ErrorCode::FromElsewhere, AgentNotice::EntryInVariable { kind, name, variable });
    }
    let notice = AgentNotice::EntryOfOtherScope { kind, name, scope: other.scope, path: places.short(path) };
    UserError::new(ErrorCode::NotFound, notice).about(shown(path))
}

/// Why nothing by a name can be removed, and what it is.
fn not_ours(places: &Places, kind: Kind, name: &str) -> UserError {
    let elsewhere = |notice: AgentNotice| UserError::new(ErrorCode::FromElsewhere, notice);
    if let Some(own) = own(kind, name) {
        return elsewhere(AgentNotice::EntryIsOwn { name: name.to_owned(), own });
    }
    let rows = scan(places, None).map(|scan| scan.rows).unwrap_or_default();
    let of = |kind| rows.iter().filter(move |row| row.kind == kind);
    if kind == Kind::Command {
        let name = name.to_owned();
        if let Some(skill) = of(Kind::Skill).find(|row| row.name == name) {
            let path = skill.place.clone();
            return elsewhere(AgentNotice::CommandIsSkill { name, path }).about(shown(Path::new(&skill.source)));
        }
        let is_of = |row: &&std::sync::Arc<Row>| {
            name.strip_prefix(&server_in_command(&row.name)).is_some_and(|rest| rest.starts_with(':'))
        };
        if let Some(server) = of(Kind::Mcp).find(is_of) {
            return elsewhere(AgentNotice::CommandOfServer { server: server.name.clone(), name });
        }
    }
    nothing_to_remove(kind, name)
}

#[cfg(test)]
mod tests;
