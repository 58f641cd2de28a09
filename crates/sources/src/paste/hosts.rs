//! The pages of hosts: a repository, a folder of it, a `SKILL.md`.

use percent_encoding::percent_decode_str;
use rekindle_domain::InstallNotice;
use url::Url;

use crate::source::{Folder, Git, Origin, Remote, Revision, Source, is_revision};

/// What else a page may be.
enum Other {
    /// A file to download, or nothing of a host that is known.
    Address,
    /// It shows neither a repository nor a part of one.
    Page,
}

/// What a page of a host shows; `None`: it is an address like any other.
pub(super) fn page(url: &Url) -> Option<Result<Source, InstallNotice>> {
    let host = url.host_str()?.trim_start_matches("www.");
    let names: Vec<String> = url
        .path_segments()?
        .filter(|name| !name.is_empty())
        .map(|name| percent_decode_str(name).decode_utf8_lossy().into_owned())
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut skills = Vec::new();
    let read = match host {
        "github.com" => github(&names),
        "gist.github.com" => gist(&names),
        "skills.sh" => {
            skills.extend(names.get(2).map(|name| (*name).to_owned()));
            registry(&names)
        }
        "bitbucket.org" => bitbucket(&names),
        _ if names.contains(&"_git") => azure(url, &names),
        _ if names.contains(&"-") => gitlab(url, &names),
        "gitlab.com" if names.len() > 1 => whole(&address(url, &names)),
        "codeberg.org" if names.len() == 2 => whole(&address(url, &names)),
        _ => forge(url, &names),
    };
    match read {
        Ok(git) => Some(Ok(Source { origin: Origin::Git(git), skills })),
        Err(Other::Page) => Some(Err(InstallNotice::SourceOtherPage { host: host.to_owned() })),
        Err(Other::Address) => None,
    }
}

/// `/o/r`, `/o/r/tree/REF/path`, `/o/r/blob/REF/path/SKILL.md`, `/o/r/commit/ID`, `/o/r/releases/tag/TAG`.
fn github(names: &[&str]) -> Result<Git, Other> {
    let [owner, name, rest @ ..] = names else { return Err(Other::Page) };
    let address = format!("https://github.com/{owner}/{name}");
    match rest {
        [] => whole(&address),
        ["tree", place @ ..] => below(&address, place),
        ["blob", place @ ..] => below(&address, without_file(place)?),
        ["commit", revision] | ["releases", "tag", revision] => at(&address, revision),
        ["raw" | "archive" | "zipball" | "tarball", ..] | ["releases", "download" | "latest", ..] => {
            Err(Other::Address)
        }
        _ => Err(Other::Page),
    }
}

/// `/USER/ID`, or `/ID`.
fn gist(names: &[&str]) -> Result<Git, Other> {
    match names {
        [.., "raw"] | [_, _, "raw", ..] => Err(Other::Address),
        [id] | [_, id] => whole(&format!("https://gist.github.com/{id}")),
        _ => Err(Other::Page),
    }
}

/// `/o/r` and `/o/r/skill`: the list of skills that stand on GitHub.
fn registry(names: &[&str]) -> Result<Git, Other> {
    match names {
        [owner, name] | [owner, name, _] => whole(&format!("https://github.com/{owner}/{name}")),
        _ => Err(Other::Page),
    }
}

/// `/o/r`, `/o/r/src/REF/path`.
fn bitbucket(names: &[&str]) -> Result<Git, Other> {
    let [owner, name, rest @ ..] = names else { return Err(Other::Page) };
    let address = format!("https://bitbucket.org/{owner}/{name}");
    match rest {
        [] => whole(&address),
        ["src", place @ ..] => below(&address, without_skill(place)),
        ["raw" | "get" | "downloads", ..] => Err(Other::Address),
        _ => Err(Other::Page),
    }
}

/// GitLab, wherever it runs: `/g/sub/r/-/tree/REF/path`, `/-/blob/REF/path/SKILL.md`, `/-/commit/ID`, `/-/tags/TAG`.
fn gitlab(url: &Url, names: &[&str]) -> Result<Git, Other> {
    let mut halves = names.splitn(2, |name| *name == "-");
    let (repository, rest) = (halves.next().unwrap_or_default(), halves.next().unwrap_or_default());
    let address = address(url, repository);
    match rest {
        _ if repository.len() < 2 => Err(Other::Address),
        ["tree", place @ ..] => below(&address, place),
        ["blob", place @ ..] => below(&address, without_file(place)?),
        ["commit" | "tags", revision] => at(&address, revision),
        // Others have such addresses, too.
        _ => Err(Other::Address),
    }
}

/// Gitea and its kin: `/o/r/src/branch/REF/path`, and the same with `tag` and `commit`.
fn forge(url: &Url, names: &[&str]) -> Result<Git, Other> {
    match names {
        [owner, name, "src", "branch" | "tag" | "commit", place @ ..] => {
            below(&address(url, &[owner, name]), without_skill(place))
        }
        _ => Err(Other::Address),
    }
}

/// Azure Repos: `/ORGANISATION/PROJECT/_git/R?path=/s&version=GBmain`, where `GB`, `GT` and `GC` say branch, tag and commit.
fn azure(url: &Url, names: &[&str]) -> Result<Git, Other> {
    let end = names.iter().position(|name| *name == "_git").ok_or(Other::Page)? + 2;
    if names.len() != end {
        return Err(Other::Page);
    }
    let mut git = Git { remote: remote(&joined(url, names))?, revision: Revision::Default, folder: Folder::default() };
    for (key, value) in url.query_pairs() {
        match &*key {
            "path" => git.folder = Folder::of(value.trim_end_matches("SKILL.md")).ok_or(Other::Page)?,
            "version" => {
                let revision = ["GB", "GT", "GC"].iter().find_map(|kind| value.strip_prefix(kind));
                let revision = revision.filter(|revision| is_revision(revision)).ok_or(Other::Page)?;
                git.revision = Revision::Named(revision.to_owned());
            }
            _ => {}
        }
    }
    Ok(git)
}

/// A repository, whole.
fn whole(address: &str) -> Result<Git, Other> {
    Ok(Git { remote: remote(&with_ending(address))?, revision: Revision::Default, folder: Folder::default() })
}

/// A repository as it is at a tag or a commit.
fn at(address: &str, revision: &str) -> Result<Git, Other> {
    let named = is_revision(revision).then(|| Revision::Named(revision.to_owned())).ok_or(Other::Page)?;
    Ok(Git { revision: named, ..whole(address)? })
}

/// The place behind the address of a repository: a branch, a tag or a commit, and a folder.
fn below(address: &str, place: &[&str]) -> Result<Git, Other> {
    let place = Folder::of_names(place.iter().map(|name| (*name).to_owned())).ok_or(Other::Page)?;
    // More of it may belong to the name of a branch, which only the repository knows.
    if !place.names().first().is_some_and(|name| is_revision(name)) {
        return Err(Other::Page);
    }
    Ok(Git { revision: Revision::Page(place), ..whole(address)? })
}

/// The folder of a file of which the page is shown: a skill, if it is its `SKILL.md`.
fn without_file<'a, 'b>(place: &'a [&'b str]) -> Result<&'a [&'b str], Other> {
    match place {
        [folder @ .., "SKILL.md"] => Ok(folder),
        _ => Err(Other::Page),
    }
}

/// The same where pages of files and folders have the same address.
fn without_skill<'a, 'b>(place: &'a [&'b str]) -> &'a [&'b str] {
    without_file(place).unwrap_or(place)
}

/// The address of a repository on the host of a page.
fn address(url: &Url, names: &[&str]) -> String {
    joined(url, names).trim_end_matches('/').to_owned()
}

fn joined(url: &Url, names: &[&str]) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    if let Ok(mut path) = url.path_segments_mut() {
        path.clear().extend(names);
    }
    url.into()
}

fn with_ending(address: &str) -> String {
    format!("{}.git", address.trim_end_matches(".git"))
}

fn remote(address: &str) -> Result<Remote, Other> {
    Url::parse(address).ok().and_then(|url| Remote::of_url(&url)).ok_or(Other::Page)
}
