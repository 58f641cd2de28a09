//! What somebody pasted, as a source.
//!
//! Source of the forms: the documentation of the tools that print them (`docs/sources.md`).

mod command;
mod hosts;
#[cfg(test)]
mod tests;

use rekindle_domain::{InstallNotice, Scope, masked_text};
use url::Url;

use crate::source::{Address, Folder, Git, Origin, Package, Remote, Revision, Source, is_revision, without_user};

/// The longest text that is looked at, in bytes.
const LONGEST: usize = 4096;
/// What archives end with.
const ARCHIVES: [&str; 5] = [".zip", ".tar", ".tar.gz", ".tgz", ".skill"];

/// What was pasted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pasted {
    /// Where the skills come from.
    pub source: Source,
    /// Whether they are for this project or for all, if that was said.
    pub scope: Option<Scope>,
    /// What a command of another tool asked for and is not done here, such as `--agent cursor`.
    pub left_out: Vec<String>,
}

/// What a text means that somebody pasted. `is_there` says whether a path, as it is written, leads to something: what is
/// there is meant before what has the same name elsewhere.
pub fn paste(text: &str, is_there: impl Fn(&str) -> bool) -> Result<Pasted, InstallNotice> {
    // A command that goes on in the next line.
    let text = text.replace("\\\r\n", " ").replace("\\\n", " ");
    let text = unwrapped(text.trim());
    if text.is_empty() {
        return Err(InstallNotice::SourceEmpty);
    }
    if text.len() > LONGEST {
        return Err(InstallNotice::SourceNotText);
    }
    if text.lines().filter(|line| !line.trim().is_empty()).count() > 1 {
        return Err(InstallNotice::SourceSeveralCommands);
    }
    if text.chars().any(char::is_control) {
        return Err(InstallNotice::SourceNotText);
    }
    let source = |source| Pasted { source, scope: None, left_out: Vec::new() };
    if is_there(text) {
        return Ok(source(local(text)));
    }
    match command::command(text) {
        Some(read) => read,
        None => one(text, &is_there).map(source),
    }
}

/// A text without the quotes, the angle brackets or the link of Markdown that it stands in.
fn unwrapped(text: &str) -> &str {
    const PAIRS: [(&str, &str); 6] = [("`", "`"), ("\"", "\""), ("'", "'"), ("“", "”"), ("<", ">"), ("[", ")")];
    let inner =
        PAIRS.iter().find_map(|(open, close)| text.strip_prefix(open)?.strip_suffix(close).map(|inner| (*open, inner)));
    match inner {
        Some(("[", inner)) => inner.split_once("](").map_or(text, |(_, address)| address.trim()),
        Some((open, inner)) if !inner.contains(open) => inner.trim(),
        _ => text,
    }
}

/// A source without a command around it.
fn one(text: &str, is_there: &impl Fn(&str) -> bool) -> Result<Source, InstallNotice> {
    if is_path(text) || is_there(text) {
        return Ok(local(text));
    }
    if text.contains(char::is_whitespace) {
        return Err(unknown(text));
    }
    if let Some(package) = text.strip_prefix("npm:") {
        let bad = || InstallNotice::SourceBadPackage { package: package.to_owned() };
        return Package::of(package).map(Origin::Npm).map(plain).ok_or_else(bad);
    }
    if let Some(name) = text.strip_prefix('@')
        && name.contains('/')
        && Package::of(text).is_some()
    {
        return Err(InstallNotice::SourceOnlyName { name: text.to_owned() });
    }
    for (prefix, host) in [("github:", GITHUB), ("gh:", GITHUB), ("gh@", GITHUB), ("gitlab:", "gitlab.com")] {
        if let Some(rest) = text.strip_prefix(prefix) {
            return shorthand(rest, host).unwrap_or(Err(unknown(text)));
        }
    }
    // `git+https://…`, and the same as plugins are declared: `name@git+https://…`.
    if let Some((name, rest)) = text.split_once("git+")
        && (name.is_empty() || name.strip_suffix('@').is_some_and(|name| Package::of(name).is_some()))
    {
        return git(rest);
    }
    if let Some((scheme, _)) = text.split_once("://") {
        return match scheme.to_ascii_lowercase().as_str() {
            "file" => file(text),
            "http" | "https" => web(text),
            "ssh" => git(text),
            other => Err(InstallNotice::SourceScheme { scheme: other.to_owned() }),
        };
    }
    let (address, _) = split_revision(text);
    if let Some(remote) = Remote::of_ssh(address) {
        let (_, revision) = split_revision(text);
        return Ok(plain(Origin::Git(Git { remote, revision: named(revision)?, folder: Folder::default() })));
    }
    if ARCHIVES.iter().any(|ending| text.to_lowercase().ends_with(ending)) && !text.contains('#') {
        return Ok(local(text));
    }
    // No owner has a dot in its name: `skills.sh/o/r/s` is an address.
    let (first, rest) = text.split_once('/').unwrap_or((text, ""));
    if !rest.is_empty() && first.contains('.') && url::Host::parse(first).is_ok() {
        return web(&format!("https://{text}"));
    }
    match shorthand(text, GITHUB) {
        Some(read) => read,
        None if Package::of(text).is_some() => Err(InstallNotice::SourceOnlyName { name: text.to_owned() }),
        None => Err(unknown(text)),
    }
}

const GITHUB: &str = "github.com";

fn plain(origin: Origin) -> Source {
    Source { origin, skills: Vec::new() }
}

fn local(path: &str) -> Source {
    plain(Origin::Local(path.to_owned()))
}

fn unknown(text: &str) -> InstallNotice {
    InstallNotice::SourceNotUnderstood { text: masked_text(text) }
}

/// Whether a text can only be a path: `./s`, `/s`, `~/s`, `C:\s`, `..`.
fn is_path(text: &str) -> bool {
    let is_drive = |text: &str| {
        let mut letters = text.chars();
        letters.next().is_some_and(|letter| letter.is_ascii_alphabetic())
            && letters.next() == Some(':')
            && letters.next().is_some_and(|letter| letter == '\\' || letter == '/')
    };
    matches!(text, "." | ".." | "~")
        || ["./", "../", "/", "~/", ".\\", "..\\", "\\\\"].iter().any(|start| text.starts_with(start))
        || is_drive(text)
}

/// `file:///s`.
fn file(text: &str) -> Result<Source, InstallNotice> {
    let url = Url::parse(text).map_err(|_| unknown(text))?;
    let path = url.to_file_path().map_err(|()| unknown(text))?;
    path.to_str().map(local).ok_or(InstallNotice::SourceNotText)
}

/// A repository at an address of any host, with `#revision` behind it.
fn git(text: &str) -> Result<Source, InstallNotice> {
    let (address, revision) = split_revision(text);
    let url = Url::parse(address).map_err(|_| unknown(text))?;
    let remote = remote(&url)?;
    Ok(plain(Origin::Git(Git { remote, revision: named(revision)?, folder: Folder::default() })))
}

fn remote(url: &Url) -> Result<Remote, InstallNotice> {
    Remote::of_url(url).ok_or_else(|| match url.scheme() {
        "http" => InstallNotice::SourcePlain { url: without_user(url) },
        "https" | "ssh" => unknown(&without_user(url)),
        other => InstallNotice::SourceScheme { scheme: other.to_owned() },
    })
}

/// An address of the web: that of a repository, if it is known to be one.
fn web(text: &str) -> Result<Source, InstallNotice> {
    let mut url = Url::parse(text).map_err(|_| unknown(text))?;
    let plain_text = InstallNotice::SourcePlain { url: without_user(&url) };
    if url.path().ends_with(".git") {
        return git(text);
    }
    if url.scheme() == "https"
        && let Some(read) = hosts::page(&url)
    {
        return read;
    }
    url.set_fragment(None);
    Address::of(url).map(Origin::Web).map(plain).ok_or(plain_text)
}

/// A text, and what stands behind its first `#`.
fn split_revision(text: &str) -> (&str, Option<&str>) {
    text.split_once('#').map_or((text, None), |(address, revision)| (address, Some(revision)))
}

fn named(revision: Option<&str>) -> Result<Revision, InstallNotice> {
    match revision {
        None | Some("") => Ok(Revision::Default),
        Some(revision) if is_revision(revision) => Ok(Revision::Named(revision.to_owned())),
        Some(revision) => Err(InstallNotice::SourceBadRevision { revision: revision.to_owned() }),
    }
}

/// `o/r`, `o/r/sub/dir`, `o/r@skill`, `o/r#ref` and `o/r#ref@skill`; on GitLab groups may be nested, so that what comes after
/// two names is part of the repository's. `None`: it is none of these.
fn shorthand(text: &str, host: &str) -> Option<Result<Source, InstallNotice>> {
    let (place, revision) = split_revision(text);
    // A branch may hold an `@`, the name of a skill none.
    let ((place, skill), revision) = match revision {
        Some(revision) => match revision.rsplit_once('@') {
            Some((revision, skill)) => ((place, Some(skill)), Some(revision)),
            None => ((place, None), Some(revision)),
        },
        None => (place.split_once('@').map_or((place, None), |(place, skill)| (place, Some(skill))), None),
    };
    let names: Vec<_> = place.trim_end_matches('/').split('/').collect();
    let is_name = |name: &&str| {
        !matches!(*name, "" | "." | "..")
            && !name.starts_with('-')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
    };
    let is_owner = |name: &str| host != GITHUB || !name.contains('.');
    let whole = if host == GITHUB { 2 } else { names.len() };
    if names.len() < 2 || !is_owner(names[0]) || !names[..whole].iter().all(is_name) || skill == Some("") {
        return None;
    }
    let (repository, folder) = names.split_at(whole);
    let read = || {
        let path = repository.join("/");
        let url = Url::parse(&format!("https://{host}/{}.git", path.trim_end_matches(".git")));
        let remote = url.ok().and_then(|url| Remote::of_url(&url)).ok_or(unknown(text))?;
        let bad = || InstallNotice::SourceBadFolder { folder: folder.join("/") };
        let folder = Folder::of_names(folder.iter().map(|name| (*name).to_owned())).ok_or_else(bad)?;
        let skills = skill.map(str::to_owned).into_iter().collect();
        Ok(Source { origin: Origin::Git(Git { remote, revision: named(revision)?, folder }), skills })
    };
    Some(read())
}
