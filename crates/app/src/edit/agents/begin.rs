//! An agent or a command to begin with, as a Markdown file in the folder in which the engine looks.
//!
//! Invariant: nothing that is there is written to, and nothing of that name is put together with it by accident: what is
//! declared for the same projects is in the way, and what is declared otherwise is told.

use std::path::PathBuf;

use rekindle_domain::{AgentNotice, ErrorCode, Kind, Notice, Scope, UserError};
use rekindle_opencode::own;

use super::{
    super::{
        several::{Edit, edit_together},
        undo::Entries,
    },
    declaration::declarations,
};
use crate::{error::shown, files::locate::Places};

/// The longest name, in bytes.
const LONGEST: usize = 100;

/// What is to be begun.
#[derive(Clone, Copy, Debug)]
pub struct NewEntry<'a> {
    /// An agent or a command.
    pub kind: Kind,
    /// Its name; with slashes, it is in folders.
    pub name: &'a str,
    /// For which projects.
    pub scope: Scope,
    /// What its file holds.
    pub text: &'a str,
}

/// What was begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Begun {
    /// Its file.
    pub path: PathBuf,
    /// For taking it back.
    pub token: String,
    /// What a person should know of it.
    pub remarks: Vec<Notice>,
}

/// Writes the file of a new agent or command.
pub fn new_entry(places: &Places, new: &NewEntry<'_>) -> Result<Begun, UserError> {
    let NewEntry { kind, scope, .. } = *new;
    let name = name_of(new)?;
    let base = match scope {
        Scope::Project => places.directory.join(".opencode"),
        Scope::Global => places.global.clone(),
    };
    let names = if kind == Kind::Agent { ["agents", "agent"] } else { ["commands", "command"] };
    let folders = names.map(|folder| base.join(folder));
    // The one that is in use.
    let folder = folders.iter().find(|folder| folder.is_dir()).or(folders.first()).cloned().unwrap_or(base.clone());
    let path = folder.join(format!("{name}.md"));
    let all = declarations(places, kind);
    let (here, elsewhere): (Vec<_>, Vec<_>) =
        all.iter().rev().filter(|one| one.name == name).partition(|one| one.scope == scope);
    let at_place =
        folders.iter().map(|folder| folder.join(format!("{name}.md"))).find(|path| path.symlink_metadata().is_ok());
    if let Some(there) = here.first().map(|one| one.path.clone()).or(at_place) {
        let notice = AgentNotice::EntryThere { kind, name: name.to_owned(), path: places.short(&there) };
        return Err(UserError::new(ErrorCode::Declared, notice).about(shown(&there)));
    }
    let mut remarks: Vec<Notice> = Vec::new();
    if let Some(other) = elsewhere.first() {
        let path = places.short(&other.path);
        remarks.push(AgentNotice::EntryJoined { kind, name: name.to_owned(), path }.into());
    }
    if let Some(own) = own(kind, name) {
        remarks.push(AgentNotice::EntryOverOwn { name: name.to_owned(), own }.into());
    }
    if !places.config_folders().iter().any(|folder| folder.path == base) {
        // Before all others: where only one is told, it is this.
        remarks.insert(0, AgentNotice::EntryNotRead { path: places.short(&path) }.into());
    }
    let edit = Edit {
        path: path.clone(),
        // What came to its place meanwhile stays.
        change: Box::new(|text| Ok(if text.is_empty() { new.text.to_owned() } else { text.to_owned() })),
        entries: Box::new(|_| Entries::Unknown),
        mode: None,
    };
    let token = edit_together(places, &[edit])?;
    Ok(Begun { path, token, remarks })
}

/// The name as a path below the folder, if it is one.
fn name_of<'a>(new: &NewEntry<'a>) -> Result<&'a str, UserError> {
    let name = new.name.strip_suffix(".md").unwrap_or(new.name);
    // As it is typed where it is used.
    let name = name.strip_prefix(if new.kind == Kind::Agent { '@' } else { '/' }).unwrap_or(name);
    let is_letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let is_part = |part: &str| !part.is_empty() && !part.starts_with('-') && part.chars().all(is_letter);
    if name.len() > LONGEST || !name.split('/').all(is_part) {
        let notice = AgentNotice::EntryBadName { kind: new.kind, name: new.name.to_owned() };
        return Err(UserError::new(ErrorCode::BadName, notice));
    }
    Ok(name)
}
