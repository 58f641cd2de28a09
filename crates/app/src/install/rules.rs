//! What may be in a skill, whatever it comes from: names that every system takes, links that stay, and no more than a skill
//! needs.
//!
//! Invariant: a path that was let in is relative, has no `..`, and is no other one's on any system.

use std::{
    collections::HashMap,
    path::{Component, Path, PathBuf},
};

use rekindle_domain::{EditNotice, EntryFault, ErrorCode, InstallNotice, Notice, UserError, visible};
use unicode_normalization::UnicodeNormalization;

/// The most files and folders of a skill.
pub(crate) const MOST_ENTRIES: usize = 10_000;
/// The most bytes of a skill.
pub(crate) const MOST_BYTES: u64 = 512 * 1024 * 1024;
/// The most bytes of an archive.
pub(crate) const MOST_PACKED: u64 = 128 * 1024 * 1024;
/// The deepest nesting of a skill.
pub(crate) const DEEPEST: usize = 16;
/// The longest path in a skill, in bytes.
const LONGEST_PATH: usize = 1024;
/// The longest name, in bytes.
const LONGEST_NAME: usize = 255;

/// The error of what is not installed: nothing was changed.
pub(crate) fn refused(why: impl Into<Notice>) -> UserError {
    UserError::new(ErrorCode::NotInstalled, why)
}

/// The error of an entry that keeps all of it from being installed.
pub(crate) fn refused_entry(entry: &str, why: EntryFault) -> UserError {
    /// What is longer is told by its beginning, in characters.
    const TOLD: usize = 200;
    let told: String = entry.chars().take(TOLD).collect();
    refused(InstallNotice::EntryRefused { entry: visible(&told).into_owned(), why })
}

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EntryKind {
    /// A folder. It may be told of more than once.
    Folder,
    /// Anything else, of which there is one at a path.
    Other,
}

/// What was let in so far.
#[derive(Debug, Default)]
pub(crate) struct Rules {
    /// Each path by what systems that tell no case apart take it for, with what it is.
    seen: HashMap<String, (String, EntryKind)>,
    bytes: u64,
}

impl Rules {
    /// Lets an entry in; its path. The folders above it count as told of.
    pub(crate) fn admit(&mut self, name: &str, kind: EntryKind) -> Result<PathBuf, UserError> {
        let names = names_of(name).map_err(|why| refused_entry(name, why))?;
        let mut path = String::new();
        for (index, name) in names.iter().enumerate() {
            if index > 0 {
                path.push('/');
            }
            path.push_str(name);
            self.add(&path, if index + 1 == names.len() { kind } else { EntryKind::Folder })?;
        }
        // The outermost folder of what is installed is at depth 0.
        if names.len() > DEEPEST + 1 {
            return Err(refused(EditNotice::SkillTooDeep { most: DEEPEST }));
        }
        Ok(names.iter().collect())
    }

    fn add(&mut self, path: &str, kind: EntryKind) -> Result<(), UserError> {
        let folded = path.nfd().collect::<String>().to_uppercase().to_lowercase().nfc().collect();
        if let Some((other, is)) = self.seen.get(&folded) {
            let both_folders = *is == EntryKind::Folder && kind == EntryKind::Folder;
            return match (*other == path, both_folders) {
                (true, true) => Ok(()),
                (true, false) => Err(refused_entry(path, EntryFault::Twice)),
                (false, _) => Err(refused_entry(path, EntryFault::Clash { with: visible(other).into_owned() })),
            };
        }
        if self.seen.len() >= MOST_ENTRIES {
            return Err(refused(EditNotice::SkillTooManyFiles { most: MOST_ENTRIES }));
        }
        self.seen.insert(folded, (path.to_owned(), kind));
        Ok(())
    }

    /// Counts bytes that are about to be written.
    pub(crate) fn spend(&mut self, bytes: u64) -> Result<(), UserError> {
        self.bytes = self.bytes.saturating_add(bytes);
        match self.bytes > MOST_BYTES {
            true => Err(refused(EditNotice::SkillTooLarge { mebibytes: MOST_BYTES / 1024 / 1024 })),
            false => Ok(()),
        }
    }
}

/// The names in a path, the outermost first.
fn names_of(path: &str) -> Result<Vec<&str>, EntryFault> {
    let is_drive = path.as_bytes().get(1) == Some(&b':') && path.starts_with(|c: char| c.is_ascii_alphabetic());
    if path.starts_with(['/', '\\']) || is_drive {
        return Err(EntryFault::Absolute);
    }
    // Some tools write backslashes; so that none of them leads out, they part names here, too.
    if path.split(['/', '\\']).any(|name| name == "..") {
        return Err(EntryFault::Outside);
    }
    let names: Vec<_> = path.split('/').filter(|name| !matches!(*name, "" | ".")).collect();
    if names.is_empty() {
        return Err(EntryFault::BadName);
    }
    names.iter().try_for_each(|name| check_name(name))?;
    match path.len() > LONGEST_PATH {
        true => Err(EntryFault::TooLong),
        false => Ok(names),
    }
}

/// Whether every system takes a name for that of a file, and none for that of a repository: what is in one is run by many
/// programs that only look.
pub(crate) fn check_name(name: &str) -> Result<(), EntryFault> {
    const DEVICES: [&str; 4] = ["con", "prn", "aux", "nul"];
    let is_bad = |c: char| c.is_control() || r#"<>:"|?*\"#.contains(c);
    if name.chars().any(is_bad) || name.ends_with([' ', '.']) {
        return Err(EntryFault::BadName);
    }
    // What some file systems ignore in a name.
    let plain: String = name
        .chars()
        .filter(
            |c| !matches!(*c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'),
        )
        .collect();
    if matches!(plain.to_lowercase().as_str(), ".git" | "git~1" | ".hg" | ".svn" | ".jj" | ".bzr") {
        return Err(EntryFault::Repository);
    }
    if name.is_empty() {
        return Err(EntryFault::BadName);
    }
    if name.len() > LONGEST_NAME {
        return Err(EntryFault::TooLong);
    }
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_lowercase();
    let is_port = ["com", "lpt"].iter().any(|port| {
        let number = stem.strip_prefix(port).unwrap_or_default();
        number.chars().count() == 1 && number.chars().all(|c| c.is_ascii_digit() || "¹²³".contains(c))
    });
    match DEVICES.contains(&stem.as_str()) || is_port {
        true => Err(EntryFault::Reserved),
        false => Ok(()),
    }
}

/// Where a link leads that stands at a path below a folder, if it stays below it. Paths are relative to that folder.
pub(crate) fn followed(link: &Path, target: &str) -> Option<PathBuf> {
    let mut place: Vec<Component> = link.parent()?.components().collect();
    for part in Path::new(target).components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                place.pop()?;
            }
            Component::Normal(_) => place.push(part),
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(place.iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(names: &[&str]) -> Option<(String, EntryFault)> {
        let mut rules = Rules::default();
        let error = names.iter().find_map(|name| {
            let kind = if name.ends_with('/') { EntryKind::Folder } else { EntryKind::Other };
            rules.admit(name, kind).err()
        })?;
        match error.what {
            Notice::Install(InstallNotice::EntryRefused { entry, why }) => Some((entry, why)),
            other => panic!("{other:?}"),
        }
    }

    /// B10: what leads elsewhere, and what some system would take for something else.
    #[test]
    fn names_are_those_of_every_system() {
        for name in ["a/../../b", "..", "a\\..\\b"] {
            assert_eq!(fault(&[name]), Some((name.to_owned(), EntryFault::Outside)));
        }
        for name in ["/etc/passwd", "C:/x", "c:x", "\\\\server\\x"] {
            assert_eq!(fault(&[name]), Some((name.to_owned(), EntryFault::Absolute)));
        }
        for name in ["a/con", "NUL.txt", "x/Aux.md", "com1", "lpt9.tar.gz", "COM²"] {
            assert_eq!(fault(&[name]), Some((name.to_owned(), EntryFault::Reserved)));
        }
        for name in ["a/.git/config", ".GIT", "x/.git", "git~1/x", ".g\u{200c}it", ".hg/hgrc"] {
            assert_eq!(fault(&[name]).map(|(_, why)| why), Some(EntryFault::Repository), "{name}");
        }
        for name in ["a b.", "a ", "a?b", "ab:c", "a\\b"] {
            assert_eq!(fault(&[name]), Some((name.to_owned(), EntryFault::BadName)));
        }
        assert_eq!(fault(&["a\u{1b}b"]).map(|(_, why)| why), Some(EntryFault::BadName));
        assert!(matches!(fault(&[&"x".repeat(256)]), Some((_, EntryFault::TooLong))));
        let long = "d/".repeat(10) + &"y/".repeat(600);
        assert!(matches!(fault(&[&long]), Some((_, EntryFault::TooLong))));
        for name in
            ["a/./b", "a//b", "./a", "é 😀/x.y.z", ".hidden", ".gitignore", ".github/x", "console.md", "com10", "…"]
        {
            assert_eq!(fault(&[name]), None, "{name}");
        }
    }

    /// B10: two entries that are one somewhere.
    #[test]
    fn no_two_entries_are_one() {
        let clash = |one: &str, other: &str| match fault(&[one, other]) {
            Some((entry, EntryFault::Clash { with })) => (entry, with),
            other => panic!("{other:?}"),
        };
        assert_eq!(clash("a/README.md", "a/readme.md"), ("a/readme.md".to_owned(), "a/README.md".to_owned()));
        assert_eq!(clash("A/x", "a/y"), ("a".to_owned(), "A".to_owned()), "folders that hold them");
        assert_eq!(clash("straße", "STRASSE").1, "straße");
        assert_eq!(clash("caf\u{e9}", "cafe\u{301}").1, "caf\u{e9}");
        assert_eq!(fault(&["a/b", "a/b"]), Some(("a/b".to_owned(), EntryFault::Twice)));
        assert_eq!(fault(&["a", "a/b"]), Some(("a".to_owned(), EntryFault::Twice)), "a file that is a folder");
        assert_eq!(fault(&["a/", "a/b", "a/"]), None);
    }

    #[test]
    fn there_are_limits() {
        let mut rules = Rules::default();
        let deep = "d/".repeat(DEEPEST) + "x";
        assert!(rules.admit(&deep, EntryKind::Other).is_ok());
        let deeper = "d/".repeat(DEEPEST + 1) + "x";
        let error = rules.admit(&deeper, EntryKind::Other).expect_err("too deep");
        assert!(matches!(error.what, Notice::Edit(EditNotice::SkillTooDeep { .. })));
        assert!(rules.spend(MOST_BYTES).is_ok());
        assert!(rules.spend(1).is_err());
        let mut rules = Rules::default();
        assert!((0..MOST_ENTRIES).all(|number| rules.admit(&number.to_string(), EntryKind::Other).is_ok()));
        assert!(rules.admit("one more", EntryKind::Other).is_err());
    }

    #[test]
    fn links_are_followed_by_their_text() {
        let followed = |link: &str, target: &str| followed(Path::new(link), target);
        assert_eq!(followed("a/b/link", "../c"), Some("a/c".into()));
        assert_eq!(followed("link", "./c/d"), Some("c/d".into()));
        assert_eq!(followed("a/link", "../../c"), None);
        assert_eq!(followed("a/link", "/c"), None);
    }
}
