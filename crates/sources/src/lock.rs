//! The lock file in which a project says where its skills are from: `skills-lock.json`, version 1, of the tool `skills`
//! (npm, measured on 1.7.4; `docs/skills.md`). Text in, text out.
//!
//! Invariants: what another tool wrote stays, also what is not known here; a text that is not such a lock is not changed.
//! Where it is laid out as that tool does it, it still is after a change.

mod order;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use url::Url;

pub use self::order::as_they_sort;
use crate::{
    paste::paste,
    source::{Address, Folder, Git, Origin, Remote, Revision, Source, is_revision, without_user},
};

/// The name of the file, in the folder of the project.
pub const NAME: &str = "skills-lock.json";
/// The version that is written.
const VERSION: u64 = 1;
/// The key of the entries.
const SKILLS: &str = "skills";
/// The key of what only Rekindle keeps in an entry.
const OURS: &str = "rekindle";

/// Why a text is not such a lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LockFault {
    /// It is no JSON.
    NotJson {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// What the parser says.
        why: String,
    },
    /// It is JSON, and no lock.
    NotALock,
    /// It is of a version that is not known.
    OtherVersion,
}

/// Where a skill is from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Locked {
    /// `owner/repository`, an address, a path, or `npm:name`.
    pub source: String,
    /// The address, where `source` is none that everybody understands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_url: Option<String>,
    /// The branch, the tag or the commit that was asked for.
    #[serde(default, rename = "ref", skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
    /// `github`, `gitlab`, `git`, `local`; `npm` and `download` only in what Rekindle keeps.
    pub source_type: String,
    /// The `SKILL.md` in the repository.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skill_path: Option<String>,
    /// The hash of its files as that tool computes it.
    #[serde(default)]
    pub computed_hash: String,
    /// What only Rekindle keeps.
    #[serde(default, rename = "rekindle", skip_serializing_if = "Option::is_none")]
    pub ours: Option<Ours>,
}

/// What only Rekindle keeps of a skill.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ours {
    /// Its folder, from the folder of the project on.
    pub place: String,
    /// The commit, or `name@version`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved: Option<String>,
    /// `sha256:…` of its files.
    pub tree: String,
}

impl Locked {
    /// Where a skill is from that was found in a source. `skill_path`: its `SKILL.md` in the source.
    pub fn of(origin: &Origin, skill_path: Option<String>) -> Self {
        let mut locked = Self { skill_path, ..Self::default() };
        match origin {
            Origin::Local(path) => {
                (locked.source, locked.source_type, locked.skill_path) = (path.clone(), "local".to_owned(), None);
            }
            Origin::Npm(package) => {
                let range = package.range().map(|range| format!("@{range}")).unwrap_or_default();
                (locked.source, locked.source_type) = (format!("npm:{}{range}", package.name()), "npm".to_owned());
            }
            Origin::Web(address) => {
                (locked.source, locked.source_type) = (address.shown(), "download".to_owned());
            }
            Origin::Git(git) => {
                if let Revision::Named(name) = &git.revision {
                    locked.revision = Some(name.clone());
                }
                let address = git.remote.shown();
                let url = Url::parse(&address).ok();
                let host = url.as_ref().and_then(Url::host_str).unwrap_or_default().to_owned();
                let path = url.as_ref().map_or("", |url| url.path()).trim_matches('/').trim_end_matches(".git");
                match host.as_str() {
                    "github.com" if path.split('/').count() == 2 => {
                        (locked.source, locked.source_type) = (path.to_owned(), "github".to_owned());
                    }
                    host => {
                        let kind = if host == "gitlab.com" { "gitlab" } else { "git" };
                        (locked.source, locked.source_type) = (address.clone(), kind.to_owned());
                        locked.source_url = Some(address);
                    }
                }
            }
        }
        locked
    }

    /// The skill of this name in the source, for fetching it again. `None`: the entry names no source that is known here.
    pub fn again(&self, name: &str) -> Option<Source> {
        let address = self.source_url.as_ref().unwrap_or(&self.source);
        let origin = match self.source_type.as_str() {
            "local" => Origin::Local(self.source.clone()),
            "npm" => {
                let pasted = paste(&self.source, |_| false).ok().map(|pasted| pasted.source.origin);
                pasted.filter(|origin| matches!(origin, Origin::Npm(_)))?
            }
            "download" => Origin::Web(Address::of(Url::parse(&self.source).ok()?)?),
            "github" | "gitlab" | "git" => {
                let is_short = self.source_type == "github" && !address.contains(':');
                let address = if is_short {
                    format!("https://github.com/{}.git", address.trim_end_matches(".git"))
                } else {
                    address.clone()
                };
                let url = Url::parse(&address).ok().and_then(|url| Remote::of_url(&url));
                let remote = url.or_else(|| Remote::of_ssh(&address))?;
                let revision = match &self.revision {
                    Some(name) => Revision::Named(Some(name.clone()).filter(|name| is_revision(name))?),
                    None => Revision::Default,
                };
                let path = self.skill_path.as_deref().unwrap_or_default();
                let folder = path.strip_suffix("SKILL.md").unwrap_or(path);
                Origin::Git(Git { remote, revision, folder: Folder::of(folder)? })
            }
            _ => return None,
        };
        Some(Source { origin, skills: vec![name.to_owned()] })
    }

    /// Whether the tool whose file it is can make something of it: it knows neither packages nor downloads.
    pub fn is_theirs(&self) -> bool {
        !matches!(self.source_type.as_str(), "npm" | "download")
    }

    /// As a person sees the source: the address that it is fetched from, unless its short form means that very one.
    pub fn shown(&self) -> String {
        let revision = self.revision.as_ref().map(|revision| format!("#{revision}")).unwrap_or_default();
        let short = format!("https://github.com/{}", self.source.trim_end_matches(".git"));
        let is_other = |address: &&String| {
            let address = address.trim_end_matches(".git");
            address != self.source.trim_end_matches(".git") && !(self.source_type == "github" && address == short)
        };
        let address = self.source_url.as_ref().filter(is_other);
        let address = address.map(|address| Url::parse(address).map_or(address.clone(), |url| without_user(&url)));
        format!("{}{revision}", address.as_ref().unwrap_or(&self.source))
    }

    /// The path on this machine that the source leads to, if it leads to one.
    pub fn path(&self) -> Option<PathBuf> {
        match self.source_type.as_str() {
            "local" => Some(PathBuf::from(&self.source)),
            _ => Url::parse(self.source_url.as_ref().unwrap_or(&self.source)).ok()?.to_file_path().ok(),
        }
    }
}

/// A path from the folder of the lock on, as that tool writes it: with slashes, and `./` before what is below.
pub fn portable(path: &Path, folder: &Path) -> String {
    let slashes =
        |path: &Path| path.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/");
    if let Ok(below) = path.strip_prefix(folder) {
        let below = slashes(below);
        return if below.is_empty() { ".".to_owned() } else { format!("./{below}") };
    }
    let above = folder.ancestors().position(|above| path.starts_with(above));
    match above.zip(above.and_then(|count| folder.ancestors().nth(count))) {
        Some((count, above)) => {
            let below = slashes(path.strip_prefix(above).unwrap_or(path));
            format!("{}{below}", "../".repeat(count)).trim_end_matches('/').to_owned()
        }
        None => path.display().to_string(),
    }
}

/// The name of a folder that that tool gives a skill of this name.
pub fn folder_name(name: &str) -> String {
    let mut folder = String::new();
    for letter in name.to_lowercase().chars() {
        let is_plain = letter.is_ascii_lowercase() || letter.is_ascii_digit() || matches!(letter, '.' | '_');
        match is_plain {
            true => folder.push(letter),
            false if folder.ends_with('-') => {}
            false => folder.push('-'),
        }
    }
    folder.trim_matches(['.', '-']).chars().take(255).collect()
}

/// The entries of a lock, as they are written.
///
/// # Errors
///
/// The text is not such a lock.
pub fn entries(text: &str) -> Result<Map<String, Value>, LockFault> {
    Ok(read(text)?.1)
}

/// What an entry says; `None`: it says no source.
pub fn locked(entry: &Value) -> Option<Locked> {
    serde_json::from_value(entry.clone()).ok()
}

/// An entry for a skill in the place of another one, of which what is not known here stays if it is from the same source.
pub fn entry(locked: &Locked, before: Option<&Value>) -> Value {
    const KNOWN: [&str; 8] =
        ["source", "sourceUrl", "ref", "sourceType", "skillPath", "computedHash", "wellKnownDigest", OURS];
    let new = serde_json::to_value(locked).unwrap_or_default();
    let old = before.and_then(Value::as_object).filter(|old| old.get("source") == new.get("source"));
    let (Value::Object(mut new), Some(old)) = (new.clone(), old) else { return new };
    new.extend(
        old.iter().filter(|(key, _)| !KNOWN.contains(&key.as_str())).map(|(key, value)| (key.clone(), value.clone())),
    );
    Value::Object(new)
}

/// The text with an entry, or without it. An empty text becomes a lock. `splice` does the same to a text that is laid out
/// otherwise than that tool does it, and touches nothing else.
///
/// # Errors
///
/// The text is not such a lock, or `splice` failed, which is told the same.
pub fn set(
    text: &str,
    name: &str,
    entry: Option<&Value>,
    splice: impl Fn(&str, &[&str; 2], Option<&Value>) -> Option<String>,
) -> Result<String, LockFault> {
    if text.is_empty() && entry.is_none() {
        return Ok(String::new());
    }
    let (mut whole, mut skills) = read(text)?;
    if skills.get(name) == entry {
        return Ok(text.to_owned());
    }
    let is_laid_out = text.is_empty() || laid_out(&whole) == text;
    if !is_laid_out {
        return splice(text, &[SKILLS, name], entry).ok_or(LockFault::NotALock);
    }
    match entry {
        Some(entry) => drop(skills.insert(name.to_owned(), entry.clone())),
        None => drop(skills.shift_remove(name)),
    }
    let mut names: Vec<_> = skills.keys().cloned().collect();
    // By the units of UTF-16, as its language sorts.
    names.sort_by(|one, other| one.encode_utf16().cmp(other.encode_utf16()));
    let sorted = names.into_iter().filter_map(|name| skills.shift_remove(&name).map(|entry| (name, entry)));
    let sorted = Value::Object(sorted.collect());
    whole.insert(SKILLS.to_owned(), sorted);
    Ok(laid_out(&whole))
}

type Object = Map<String, Value>;

/// All of a lock, and its entries.
fn read(text: &str) -> Result<(Object, Object), LockFault> {
    if text.is_empty() {
        let whole = [("version", Value::from(VERSION)), (SKILLS, Value::Object(Map::new()))];
        return Ok((whole.into_iter().map(|(key, value)| (key.to_owned(), value)).collect(), Map::new()));
    }
    let whole: Value = serde_json::from_str(text).map_err(|error| {
        let said = error.to_string();
        let why = said.split(" at line ").next().unwrap_or_default().to_owned();
        LockFault::NotJson { line: error.line().max(1), column: error.column().max(1), why }
    })?;
    let Value::Object(whole) = whole else { return Err(LockFault::NotALock) };
    let version = whole.get("version").and_then(Value::as_f64).ok_or(LockFault::NotALock)?;
    let Some(Value::Object(skills)) = whole.get(SKILLS).cloned() else { return Err(LockFault::NotALock) };
    match (version - 1.0).abs() < f64::EPSILON {
        true => Ok((whole, skills)),
        false => Err(LockFault::OtherVersion),
    }
}

fn laid_out(whole: &Map<String, Value>) -> String {
    serde_json::to_string_pretty(whole).unwrap_or_default() + "\n"
}

#[cfg(test)]
mod tests;
