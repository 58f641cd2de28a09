//! The changes that Rekindle makes for a person: declaring and removing plugins, MCP servers, agents and commands,
//! importing and removing skills; and taking them back.
//!
//! Invariants: every change can be undone, byte for byte, as long as nobody else has touched what it
//! left, and is written down before it is made; what is removed goes to a trash folder under the state
//! folder, never away.

mod agents;
mod begin;
mod declare;
mod draft;
mod entry;
mod extent;
mod install;
mod keys;
pub mod last_good;
mod list;
mod lock;
mod new_plugin;
mod place;
pub(crate) mod record;
mod relocate;
mod replace;
mod servers;
mod setting;
mod several;
mod steps;
mod text;
pub(crate) mod trash;
mod turn;
mod turned_off;
mod undo;
mod update;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use rekindle_domain::{Copied, EditNotice, ErrorCode, Kind, Made, Notice, PluginOrigin, Row, Scope, UserError};

pub use rekindle_domain::Keep;

pub use self::{
    agents::{Begun, NewEntry, new_entry, remove_entry, switch_agent},
    begin::new_skill,
    declare::{add_plugin, add_plugin_with},
    draft::{check_draft, check_skill_text, draft, save_draft},
    entry::{Changed, To, move_plugin, set_version, spec_of},
    install::{Landing, There},
    keys::{KeyEdit, Operation, edit_keys, edit_keys_in, file_for_keys},
    new_plugin::{NewPlugin, new_plugin},
    servers::{
        Addition, Given, WantedServers, add_chosen_servers, add_servers, preview_servers, read_servers, remarks,
        server_stays, shown_entry, switch_server,
    },
    setting::{SetKey, set_key, unset_key},
    turn::{Chosen, Turned, chosen_skills, name_set, turn_skills},
    turned_off::{TurnedOff, turn_off, turn_on, turned_off},
    undo::undo,
    update::{Compared, UpdateWish, Updated, compare_skill, update_skills},
};
use self::{
    entry::Declared,
    extent::{Extent, extent},
    lock::Noted,
    record::Records,
    steps::Step,
    text::edit_text,
    trash::not_moved,
    undo::Undo,
};
pub(crate) use self::{entry::kept_version, install::check_place, setting::parse_key};
use crate::{
    error::shown,
    files::{locate::Places, scan::scan},
    install::{Fetched, candidate::Candidate, only_one, scratch},
};

/// What was installed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installed {
    /// The folders, one for each skill.
    pub places: Vec<PathBuf>,
    /// For taking all of it back.
    pub token: String,
    /// What a person should know of it.
    pub remark: Option<Notice>,
}

/// Puts skills in place, all of them or none.
pub fn install_skills(places: &Places, fetched: &Fetched, landing: &Landing) -> Result<Installed, UserError> {
    only_one(fetched, landing.name)?;
    let records = Records::open(places)?;
    let skills = places.skills_to_edit(fetched.scope, landing.to);
    let staged = install::stage(places, &fetched.skills, &skills, landing)?;
    let noted = Noted::installed(places, fetched, &staged)?;
    let steps = staged.steps(places)?.into_iter().chain(noted.steps).collect();
    let token = steps::carry_out(&records, places, steps)?;
    Ok(Installed { places: staged.landed(), token, remark: noted.remark })
}

/// Finds out what keeps a skill from being installed in a folder of skills, by copying it into one of ours.
pub(crate) fn try_skill(
    places: &Places,
    skill: &Candidate,
    skills: &Path,
    name: &str,
    there: There,
) -> Result<(), UserError> {
    check_place(places, skill, skills, name, there)?;
    let scratch = scratch(places)?;
    let landing = Landing { name: Some(name), ..Landing::default() };
    install::stage(places, std::slice::from_ref(skill), &scratch.path().join("tried"), &landing).map(drop)
}

/// What was removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removed {
    /// The file in which it was declared, or what was moved to the trash.
    pub path: PathBuf,
    /// For taking it back.
    pub token: String,
    /// What a person should know of it.
    pub remark: Option<Notice>,
}

/// Removes the item of a row.
pub fn remove(places: &Places, row: &Row) -> Result<Removed, UserError> {
    let source = Path::new(&row.source);
    let folder = source.parent().unwrap_or(source);
    match (row.kind, row.origin) {
        (Kind::Plugin, Some(PluginOrigin::Found)) => set_aside(places, source, |_| Ok(Noted::default())),
        (Kind::Plugin, _) => {
            let declared = Declared::of(places, row)?;
            let token = edit_text(places, source, |text| declared.taken_out(text), |text| declared.removed(text))?;
            Ok(Removed { path: source.to_owned(), token, remark: None })
        }
        (Kind::Skill, _) => match extent(places, source) {
            Extent::Folder => set_aside(places, folder, |places| Noted::removed(places, folder)),
            Extent::File => set_aside(places, source, |places| Noted::removed(places, folder)),
            Extent::Nothing(why) => {
                let path = shown(source);
                Err(UserError::new(ErrorCode::NotRemoved, EditNotice::NotRemoved { path: path.clone(), why })
                    .about(path))
            }
        },
        (Kind::Mcp, _) => {
            let removed = servers::remove_server(places, source, &row.name)?;
            removed.map(Removed::from).ok_or_else(|| nothing_to_remove(row.kind, &row.name))
        }
        (Kind::Agent | Kind::Command, _) => agents::remove_declared(places, row),
        _ => Err(nothing_to_remove(row.kind, &row.name)),
    }
}

impl From<Operation> for Removed {
    fn from(Operation { path, token }: Operation) -> Self {
        Self { path, token, remark: None }
    }
}

/// Turns the plugin, the skill, the agent or the server of a row on or off, where it is.
pub fn switch(places: &Places, id: &str, is_on: bool) -> Result<Made, UserError> {
    let made = |changed: Changed| Made { token: Some(changed.token), remark: None };
    if is_on && let Some(scope) = turned_off::scope_of(places, id) {
        return turn_on(places, id, scope).map(made);
    }
    let rows = scan(places, None)?.rows;
    let row = rows.iter().find(|row| row.id.as_str() == id && row.is_on().is_some());
    let row = row.ok_or_else(|| nothing_to_remove(Kind::Skill, id))?;
    let (operation, remark) = match row.kind {
        Kind::Plugin if is_on => return Ok(Made { token: None, remark: None }),
        Kind::Plugin => return turn_off(places, row).map(made),
        Kind::Skill => {
            let Turned { operation, remark } = turn_skills(places, std::slice::from_ref(&row.name), is_on, row.scope)?;
            (operation, remark)
        }
        Kind::Agent => {
            let Turned { operation, remark } = switch_agent(places, &row.name, row.scope, is_on)?;
            (operation, remark)
        }
        _ => {
            let operation = switch_server(places, &row.name, row.scope, is_on)?;
            (operation, server_stays(places, &row.name, is_on))
        }
    };
    Ok(Made { token: operation.map(|operation| operation.token), remark })
}

/// The one row that a person means by a name, an id or a path.
pub fn find<'a>(rows: &'a [Arc<Row>], kind: Kind, name: &str, scope: Scope) -> Result<&'a Row, UserError> {
    let mut matching = rows.iter().filter(|row| {
        // Another name of a file is meant only where it is named.
        let is_meant = row.copy != Some(Copied::Link) || row.place == name || row.source == name;
        row.kind == kind
            && row.removable
            && is_meant
            && (row.id.as_str() == name
                || row.scope == scope && (row.name == name || row.place == name || row.source == name))
    });
    let found = matching.next().ok_or_else(|| nothing_to_remove(kind, name))?;
    match matching.find(|other| other.source != found.source) {
        Some(other) => {
            let (name, first, second) = (name.to_owned(), found.place.clone(), other.place.clone());
            Err(UserError::new(ErrorCode::Ambiguous, EditNotice::SeveralOfName { name, first, second }))
        }
        None => Ok(found),
    }
}

fn nothing_to_remove(kind: Kind, name: &str) -> UserError {
    UserError::new(ErrorCode::NotFound, EditNotice::NothingToRemove { kind, name: name.to_owned() })
}

/// Moves something to the trash.
pub(crate) fn put_away(places: &Places, path: &Path) -> Result<Removed, UserError> {
    set_aside(places, path, |_| Ok(Noted::default()))
}

/// The same. `noted`: what else changes with it.
fn set_aside<'a>(
    places: &'a Places,
    path: &'a Path,
    noted: impl Fn(&'a Places) -> Result<Noted<'a>, UserError>,
) -> Result<Removed, UserError> {
    let failed = not_moved(path);
    let records = Records::open(places)?;
    let noted = noted(places)?;
    let trash = trash::place_for(places, path).map_err(&failed)?;
    let move_it = || trash::put_in(path, &trash).map_err(&failed);
    let steps = std::iter::once(Step::new(Undo::of_removal(path, &trash), move_it)).chain(noted.steps).collect();
    let moved = steps::carry_out(&records, places, steps);
    // A place that was not needed is no more; one that holds something stays.
    let token = moved.inspect_err(|_| trash::forget(&trash))?;
    Ok(Removed { path: path.to_owned(), token, remark: noted.remark })
}

#[cfg(test)]
mod tests;
