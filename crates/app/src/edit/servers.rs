//! Declaring, removing, and turning MCP servers on and off.
//!
//! Invariants: a name that is declared in a scope is replaced only if that was asked for; several servers are one operation;
//! what a person has to know of an entry (a secret in the file, a variable that is not set) is told before it is written.

mod preview;
mod secrets;

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use rekindle_domain::{ErrorCode, InstallNotice, Notice, Scope, ServerNotice, UserError};
use rekindle_sources::servers::{self, Declared, Server};
use serde_json::{Map, Value, json};

pub use self::{
    preview::{add_chosen_servers, preview_servers},
    secrets::{remarks, shown as shown_entry},
};
use super::keys::{KeyEdit, Operation, edit_keys_in, file_for_keys, value_at};
use crate::{
    error::shown,
    files::{file, locate::Places},
};

/// The key below which servers are declared.
const KEY: &str = "mcp";
/// The longest name, in characters.
const LONGEST_NAME: usize = 100;

/// Where servers come from.
#[derive(Clone, Copy, Debug)]
pub enum Given<'a> {
    /// What another program's page shows.
    Text(&'a str),
    /// A file with such a text.
    File(&'a Path),
    /// An address, and what is sent along.
    Address(&'a str, &'a [(String, String)]),
    /// A command, which OpenCode runs.
    Command(&'a [String]),
}

/// What a person wants to declare.
#[derive(Clone, Copy, Debug)]
pub struct WantedServers<'a> {
    /// Where they come from.
    pub given: Given<'a>,
    /// The name, or which of several is meant. `None`: as the source says, all of them.
    pub name: Option<&'a str>,
    /// Variables for those that are run.
    pub environment: &'a [(String, String)],
    /// For which projects; `None`: as the source says, or for this one.
    pub scope: Option<Scope>,
    /// Whether what is declared by the same name may go.
    pub replaces: bool,
    /// Whether what looks like a secret is left out, and read from a variable instead.
    pub takes_variables: bool,
}

/// What would be declared, and where.
#[derive(Clone, Debug)]
pub struct Addition {
    /// The names, and their entries.
    pub servers: Vec<(String, Value)>,
    /// The file.
    pub path: PathBuf,
    /// What a person should know of it.
    pub notices: Vec<Notice>,
    /// Those that are declared already, each with the file; none of them is replaced.
    pub declared: Vec<(String, PathBuf)>,
}

impl Addition {
    /// Leaves out all but the servers of these names.
    pub(crate) fn retain(&mut self, names: &[String]) {
        self.servers.retain(|(server, _)| names.contains(server));
        self.declared.retain(|(server, _)| names.contains(server));
    }

    /// Whether nothing is in the way.
    ///
    /// # Errors
    ///
    /// One is declared already.
    pub fn check(&self) -> Result<(), UserError> {
        let Some((name, path)) = self.declared.first() else { return Ok(()) };
        let notice = ServerNotice::ServerDeclared { name: name.clone(), path: shown(path) };
        Err(UserError::new(ErrorCode::Declared, notice).about(shown(path)))
    }
}

/// Reads what is to be declared. Nothing is written.
pub fn read_servers(places: &Places, wanted: &WantedServers<'_>) -> Result<Addition, UserError> {
    let text;
    let read = match wanted.given {
        Given::Text(given) => servers::servers(given),
        Given::File(path) => {
            text = file::read(path)?.ok_or_else(|| missing(path))?;
            servers::servers(&text)
        }
        Given::Address(url, headers) => Ok(only(with(servers::of_url(url), "headers", headers))),
        Given::Command(words) => Ok(only(servers::of_words(words))),
    };
    let mut declared = read.map_err(not_declared)?;
    if let Some(name) = wanted.name {
        name_them(&mut declared, name)?;
    }
    let scope = wanted.scope.or(declared.scope).unwrap_or(Scope::Project);
    let (mut found, mut taken) = (Vec::new(), BTreeSet::new());
    let mut notices: Vec<Notice> = declared.told.drain(..).map(Notice::from).collect();
    for server in declared.servers {
        let is_local = server.entry.get("type").and_then(Value::as_str) == Some("local");
        let server = if is_local { with(server, "environment", wanted.environment) } else { server };
        let name = server.name.ok_or_else(|| not_declared(ServerNotice::ServerNameless))?;
        if name.trim().is_empty() || name.chars().any(char::is_control) || name.chars().nth(LONGEST_NAME).is_some() {
            return Err(not_declared(ServerNotice::ServerBadName { name }));
        }
        let mut entry = server.entry;
        let moved = match wanted.takes_variables {
            true => secrets::move_to_variables(&name, &mut entry, &mut taken),
            false => Vec::new(),
        };
        let mut more = remarks(places, &name, &entry);
        more.retain(|remark| !secrets::is_told(remark, &moved));
        notices.extend(moved.into_iter().chain(more).map(Notice::from));
        found.push((name, entry));
    }
    let first = found.first().map(|(name, _)| name.as_str()).unwrap_or_default();
    let path = file_for_keys(places, scope, &keys(first));
    let declared = |(name, _): &(String, Value)| {
        let declares = |file: &PathBuf| {
            let text = file::read_lossy(file).ok().flatten().unwrap_or_default();
            path_in(&text, name).is_some()
        };
        let other = places.configs_to_edit(scope).into_iter().rev().find(declares)?;
        // One operation edits one file.
        (!wanted.replaces || other != path).then(|| (name.clone(), other))
    };
    let declared = found.iter().filter_map(declared).collect();
    Ok(Addition { servers: found, path, notices, declared })
}

/// Declares them. `None`: they are declared so already.
pub fn add_servers(places: &Places, addition: &Addition) -> Result<Option<Operation>, UserError> {
    addition.check()?;
    let text = file::read(&addition.path)?.unwrap_or_default();
    let edit = |(name, entry): &(String, Value)| KeyEdit {
        path: path_in(&text, name).unwrap_or_else(|| keys(name)),
        value: Some(entry.clone()),
    };
    edit_keys_in(places, &addition.path, &addition.servers.iter().map(edit).collect::<Vec<_>>())
}

/// Turns a server on or off for a scope: in the file that declares it, else as a switch of its own. `None`: it is so already.
pub fn switch_server(places: &Places, name: &str, scope: Scope, is_on: bool) -> Result<Option<Operation>, UserError> {
    let now = is_server_on(places, name).ok_or_else(|| {
        UserError::new(ErrorCode::NotFound, ServerNotice::ServerNotDeclared { name: name.to_owned() })
    })?;
    if now == is_on {
        return Ok(None);
    }
    let path = file_for_keys(places, scope, &keys(name));
    let text = file::read(&path)?.unwrap_or_default();
    let mut at = path_in(&text, name).unwrap_or_else(|| keys(name));
    at.push("enabled".to_owned());
    edit_keys_in(places, &path, &[KeyEdit { path: at, value: Some(is_on.into()) }])
}

/// What a person should know of a server that was to be turned on or off: another file has the last word.
pub fn server_stays(places: &Places, name: &str, is_on: bool) -> Option<Notice> {
    let stays = is_server_on(places, name).is_some_and(|now| now != is_on);
    stays.then(|| ServerNotice::ServerNotTurned { name: name.to_owned() }.into())
}

/// Whether a server is on, as the files say. `None`: none of them declares it.
fn is_server_on(places: &Places, name: &str) -> Option<bool> {
    let files = [Scope::Global, Scope::Project].into_iter().flat_map(|scope| places.configs_to_edit(scope));
    // The strongest last, as the engine reads them.
    let said: Vec<_> = files
        .filter_map(|file| {
            let text = file::read_lossy(&file).ok().flatten()?;
            value_at(&text, &path_in(&text, name)?)
        })
        .collect();
    let last = said.iter().rev().find_map(|entry| entry.get("enabled")?.as_bool());
    (!said.is_empty()).then(|| last.unwrap_or(true))
}

/// Takes the declaration of a server out of a file.
pub(super) fn remove_server(places: &Places, path: &Path, name: &str) -> Result<Option<Operation>, UserError> {
    let text = file::read(path)?.unwrap_or_default();
    let at = path_in(&text, name).unwrap_or_else(|| keys(name));
    edit_keys_in(places, path, &[KeyEdit { path: at, value: None }])
}

/// Where a text declares a server: below `mcp`, or below `mcp.servers`, as the newer spelling has it.
fn path_in(text: &str, name: &str) -> Option<Vec<String>> {
    let newer = vec![KEY.to_owned(), "servers".to_owned(), name.to_owned()];
    [keys(name), newer].into_iter().find(|path| value_at(text, path).is_some())
}

fn keys(name: &str) -> Vec<String> {
    vec![KEY.to_owned(), name.to_owned()]
}

/// The one that is meant by a name, or the only one under another name.
fn name_them(declared: &mut Declared, name: &str) -> Result<(), UserError> {
    if let [only] = declared.servers.as_mut_slice() {
        only.name = Some(name.to_owned());
        return Ok(());
    }
    let names = declared.servers.iter().filter_map(|server| server.name.clone()).collect();
    declared.servers.retain(|server| server.name.as_deref() == Some(name));
    if declared.servers.is_empty() {
        return Err(not_declared(ServerNotice::ServersOfOtherNames { name: name.to_owned(), names }));
    }
    Ok(())
}

fn only(server: Server) -> Declared {
    Declared { servers: vec![server], ..Declared::default() }
}

fn with(mut server: Server, key: &str, pairs: &[(String, String)]) -> Server {
    if let Some(entry) = server.entry.as_object_mut().filter(|_| !pairs.is_empty()) {
        let map = entry.entry(key).or_insert_with(|| json!({}));
        let pairs = pairs.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str())));
        map.as_object_mut().unwrap_or(&mut Map::new()).extend(pairs);
    }
    server
}

fn not_declared(why: ServerNotice) -> UserError {
    UserError::new(ErrorCode::BadServer, why)
}

fn missing(path: &Path) -> UserError {
    UserError::new(ErrorCode::NotFound, InstallNotice::SourceMissing { path: shown(path) }).about(shown(path))
}

#[cfg(test)]
mod tests;
