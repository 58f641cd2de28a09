//! What a version of a package that is published says of itself.
//!
//! Invariants: it is fetched as skills are, within the same bounds, into a folder of ours that goes again; nothing of it is
//! run. Whatever is wrong with it keeps nobody from an update.

use std::{
    fs,
    path::{Path, PathBuf},
};

use rekindle_domain::{Changelog, UserError, visible};
use rekindle_opencode::version::Version;
use rekindle_sources::Package;
use serde_json::Value;

use super::changelog::between;
use crate::{
    files::{
        foreign::{self, LARGEST_ASIDE},
        locate::Places,
    },
    install::{Stop, npm, scratch},
};

/// How much of a changelog is looked through, in bytes: the newest is at the top.
const LONGEST: u64 = 1024 * 1024;
/// How such a file is called, without its ending; the first of them counts.
const NAMES: [&str; 4] = ["changelog", "changes", "history", "releases"];

/// What is said of the versions above the one in use, up to the new one.
pub(super) fn changelog(places: &Places, package: &str, from: Option<&str>, to: &str) -> Changelog {
    look(places, package, from, to).unwrap_or_else(|error| Changelog { why: Some(error.what), ..Changelog::default() })
}

fn look(places: &Places, package: &str, from: Option<&str>, to: &str) -> Result<Changelog, UserError> {
    // What is no package, or no version, has nothing to say.
    let Some((package, to)) = Package::of(&format!("{package}@{to}")).zip(Version::parse(to)) else {
        return Ok(Changelog::default());
    };
    let scratch = scratch(places)?;
    let into = scratch.path().join("package");
    npm::fetch(&package, scratch.path(), &into, &Stop::default())?;
    Ok(read(&into, from.and_then(Version::parse).as_ref(), &to))
}

/// What an unpacked archive says.
fn read(unpacked: &Path, from: Option<&Version>, to: &Version) -> Changelog {
    // All of an archive is in one folder, whatever its name.
    let folder = entries(unpacked).into_iter().find(|path| path.join("package.json").is_file());
    let folder = folder.unwrap_or_else(|| unpacked.to_owned());
    let repository = repository(&folder);
    let files = entries(&folder);
    let is_called = |path: &Path, name: &str| path.file_stem().is_some_and(|stem| stem.eq_ignore_ascii_case(name));
    let file = NAMES.iter().find_map(|name| files.iter().find(|path| path.is_file() && is_called(path, name)));
    let text = file.and_then(|file| foreign::beginning(file, LONGEST).ok().flatten());
    let (Some(file), Some(text)) = (file.and_then(|file| file.file_name()), text) else {
        return Changelog { repository, ..Changelog::default() };
    };
    let (sections, is_cut) = between(&text, from, to);
    let file = Some(visible(&file.to_string_lossy()).into_owned());
    Changelog { file, sections, is_cut, repository, why: None }
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> =
        fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok).map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

/// The page of its source, as its description has it.
fn repository(folder: &Path) -> Option<String> {
    let text = foreign::bytes(&folder.join("package.json"), LARGEST_ASIDE).ok()??;
    let description: Value = serde_json::from_slice(&text).ok()?;
    let told = description.get("repository")?;
    page(told.get("url").unwrap_or(told).as_str()?)
}

/// `git+https://host/o/r.git`, `git@host:o/r.git`, `github:o/r` and `o/r` as the address of a page; `None`: it is none.
fn page(told: &str) -> Option<String> {
    let told = told.trim();
    let is_part = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c));
    let short = |text: &str, host: &str| {
        let (owner, name) = text.split_once('/')?;
        (is_part(owner) && is_part(name)).then(|| format!("https://{host}/{owner}/{name}"))
    };
    let hosts =
        [("github:", "github.com"), ("gitlab:", "gitlab.com"), ("bitbucket:", "bitbucket.org"), ("", "github.com")];
    let known = hosts.iter().find_map(|(prefix, host)| short(told.strip_prefix(prefix)?, host));
    let address = known.or_else(|| {
        let rest = told.strip_prefix("git+").unwrap_or(told);
        let rest = ["https://", "http://", "git://", "ssh://git@", "git@"]
            .iter()
            .find_map(|start| rest.strip_prefix(start))?;
        // Whatever stands before an @ may be a password.
        let rest = rest.rsplit('@').next()?.split(['#', '?']).next()?;
        let (host, path) = rest.split_once(['/', ':'])?;
        let path = path.trim_end_matches('/').trim_end_matches(".git");
        (is_part(host) && !path.is_empty() && path.split('/').all(is_part)).then(|| format!("https://{host}/{path}"))
    });
    address.filter(|address| address.len() <= 200)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// G3: the page of the source is told without what may be secret; what is no address is none.
    #[test]
    fn the_source_is_named() {
        let check = |told: &str, expected: Option<&str>| assert_eq!(page(told).as_deref(), expected, "{told}");
        for told in [
            "git+https://github.com/o/r.git",
            "https://github.com/o/r",
            "https://user:secret@github.com/o/r.git#main",
            "git+ssh://git@github.com/o/r.git",
            "git@github.com:o/r.git",
            "git://github.com/o/r.git",
            "github:o/r",
            "o/r",
        ] {
            check(told, Some("https://github.com/o/r"));
        }
        check("gitlab:o/r", Some("https://gitlab.com/o/r"));
        check("https://host.example/a/b/c/", Some("https://host.example/a/b/c"));
        for told in
            ["", "x", "javascript:alert(1)", "https://", "https://host", "https://host/<b>", "file:///etc/passwd"]
        {
            check(told, None);
        }
    }

    /// G3: the changelog of a package is found by its name, and one that has none says where to look.
    #[test]
    fn a_changelog_is_found() {
        let root = tempfile::tempdir().expect("a folder");
        let version = |text: &str| Version::parse(text).expect("a version");
        let read = || read(root.path(), Some(&version("1.0.0")), &version("1.1.0"));
        assert_eq!(read(), Changelog::default());
        let folder = root.path().join("package");
        fs::create_dir(&folder).expect("made");
        let write = |name: &str, text: &str| fs::write(folder.join(name), text).expect("written");
        write("package.json", r#"{"repository": {"url": "git+https://github.com/o/r.git", "directory": "x"}}"#);
        let repository = Some("https://github.com/o/r".to_owned());
        assert_eq!(read(), Changelog { repository: repository.clone(), ..Changelog::default() });
        write("history.md", "## 1.1.0\nold name");
        assert_eq!(read().file.as_deref(), Some("history.md"));
        write("ChangeLog.MD", "## 1.1.0\nnew");
        let found = read();
        assert_eq!((found.file.as_deref(), found.sections[0].text.as_str()), (Some("ChangeLog.MD"), "new"));
        assert_eq!(found.repository, repository);
        write("package.json", "{");
        write("ChangeLog.MD", "## 2.0.0\nother");
        assert_eq!(read(), Changelog { file: Some("ChangeLog.MD".to_owned()), ..Changelog::default() });
    }
}
