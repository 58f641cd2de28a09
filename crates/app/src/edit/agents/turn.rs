//! Turning agents off and on, by the engine's own `disable`. It works for the engine's own agents, too.
//!
//! Invariant: an agent that is turned on again leaves no key behind, unless that key has to outweigh another file. Where
//! another file has the last word, nothing is changed.

use std::path::PathBuf;

use rekindle_domain::{AgentNotice, ErrorCode, Kind, Notice, OwnEntry, Scope, UserError};
use rekindle_opencode::{PRIMARY_AGENTS, own};
use serde_json::Value;

use super::{
    super::{KeyEdit, Turned, edit_keys_in, file_for_keys, keys::value_at, undo},
    declaration::{Declaration, declarations, keys_in},
};
use crate::{
    error::shown,
    files::{file, locate::Places, scan::scan},
};

/// Turns an agent on or off, for a scope.
pub fn switch_agent(places: &Places, name: &str, scope: Scope, is_on: bool) -> Result<Turned, UserError> {
    let all = read(places);
    if !all.iter().any(|one| one.name == name) {
        match own(Kind::Agent, name) {
            Some(OwnEntry::Agent) => {}
            Some(own) => {
                let notice = AgentNotice::EntryIsOwn { name: name.to_owned(), own };
                return Err(UserError::new(ErrorCode::FromElsewhere, notice));
            }
            None => {
                let notice = AgentNotice::AgentNotDeclared { name: name.to_owned() };
                return Err(UserError::new(ErrorCode::NotFound, notice));
            }
        }
    }
    if last_word(&all, name).is_none_or(|(off, _)| !off) == is_on {
        return Ok(Turned { operation: None, remark: None });
    }
    let path = file_for_keys(places, scope, &["agent", name].map(str::to_owned));
    let text = file::read(&path)?.unwrap_or_default();
    let (at, said) = place_in(&text, name);
    let others: Vec<_> = all.into_iter().filter(|one| one.path != path).collect();
    let is_enough = last_word(&others, name).is_none_or(|(off, _)| !off);
    let value = if is_on && is_enough && said.is_some() { None } else { Some(Value::Bool(!is_on)) };
    let operation = edit_keys_in(places, &path, &[KeyEdit { path: at, value }])?;
    let now = read(places);
    if let Some((_, decides)) = last_word(&now, name).filter(|(off, _)| *off == is_on) {
        // What makes no difference is not left behind: in other projects it could be an agent of its own.
        if let Some(operation) = operation {
            undo(places, Some(&operation.token), None)?;
        }
        let notice = AgentNotice::AgentNotTurned { name: name.to_owned(), path: places.short(&decides) };
        return Err(UserError::new(ErrorCode::Outweighed, notice).about(shown(&decides)));
    }
    let remark = if is_on { None } else { missing(places, &now, name)? };
    Ok(Turned { operation, remark })
}

/// All that the engine reads of agents.
fn read(places: &Places) -> Vec<Declaration> {
    declarations(places, Kind::Agent).into_iter().filter(|one| one.is_read).collect()
}

/// Whether an agent is off, and which file says so. `None`: no file says anything of that.
fn last_word(all: &[Declaration], name: &str) -> Option<(bool, PathBuf)> {
    let said = all.iter().rev().filter(|one| one.name == name);
    said.filter_map(|one| Some((one.value.get("disable")?.as_bool()?, one.path.clone()))).next()
}

/// The key that turns an agent off in a text, where the text declares it, and what it holds.
fn place_in(text: &str, name: &str) -> (Vec<String>, Option<Value>) {
    let own = || ["agent", name].map(str::to_owned).to_vec();
    let mut at = keys_in(text, Kind::Agent, name).into_iter().next().unwrap_or_else(own);
    // In the newer spelling the entry of another spelling would hide it.
    let key = if at.first().is_some_and(|group| group == "agents") { "disabled" } else { "disable" };
    at.push(key.to_owned());
    let said = value_at(text, &at);
    (at, said)
}

/// What a person should know of an agent that was turned off: prompts have nowhere to go.
fn missing(places: &Places, all: &[Declaration], name: &str) -> Result<Option<Notice>, UserError> {
    if !is_any_left(all) {
        return Ok(Some(AgentNotice::NoAgentLeft.into()));
    }
    let is_default = scan(places, None)?.key("default_agent") == name;
    Ok(is_default.then(|| AgentNotice::DefaultAgentOff { name: name.to_owned() }.into()))
}

/// Whether there is an agent to which a prompt can go.
fn is_any_left(all: &[Declaration]) -> bool {
    let word = |name: &str, key: &str| -> Option<Value> {
        all.iter().rev().filter(|one| one.name == name).find_map(|one| one.value.get(key).cloned())
    };
    let is_true = |name: &str, key: &str| word(name, key) == Some(Value::Bool(true));
    let is_primary = |name: &str| word(name, "mode").is_none_or(|mode| mode != "subagent");
    let may_be = |name: &str| !is_true(name, "disable") && !is_true(name, "hidden") && is_primary(name);
    // One of the engine's own that is no primary agent is one by no file's word.
    let others = all
        .iter()
        .map(|one| one.name.as_str())
        .filter(|name| own(Kind::Agent, name).is_none() || word(name, "mode").is_some_and(|mode| mode != "subagent"));
    others.chain(PRIMARY_AGENTS).any(may_be)
}
