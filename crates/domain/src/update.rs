//! What became of the files of a skill since it was installed: in its source, and by a person's own hand.
//!
//! Invariant: what a person changed is never counted as what the source changed, nor the other way round; where it is not
//! known what was installed, nothing is anybody's.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Action, ChangeKind, Notice, Scope};

/// The hashes of files by their paths.
pub type FileHashes = BTreeMap<String, String>;

/// Who changed a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChangedBy {
    /// Whoever the skill is from.
    Source,
    /// The person, or somebody else on this machine.
    You,
    /// Both, and not in the same way; or nobody knows.
    Both,
}

/// A file that is not as it was installed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdatedFile {
    /// Its path in the skill's folder.
    pub path: String,
    /// What became of it: in the source, or else here.
    pub change: ChangeKind,
    /// By whom.
    pub by: ChangedBy,
}

/// What differs, as far as it decides what makes it live.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UpdateClass {
    /// Nothing.
    None,
    /// Only files beside each `SKILL.md`: they are read when they are needed.
    Support,
    /// What is in a `SKILL.md` that stays.
    Content,
    /// A `SKILL.md` came or went: it is another set of skills.
    Cold,
}

impl UpdateClass {
    /// The class of what differs between two states of a folder.
    pub fn of(before: &FileHashes, after: &FileHashes) -> Self {
        let paths = before.keys().chain(after.keys());
        let class = |path: &String| {
            let is_manifest = path.rsplit('/').next() == Some("SKILL.md");
            match (before.get(path), after.get(path)) {
                (one, other) if one == other => Self::None,
                (Some(_), Some(_)) if is_manifest => Self::Content,
                _ if is_manifest => Self::Cold,
                _ => Self::Support,
            }
        };
        paths.map(class).max().unwrap_or(Self::None)
    }

    /// What makes it live in an engine that reads files beside a `SKILL.md` whenever they are needed.
    pub fn action(self) -> Action {
        if self <= Self::Support { Action::None } else { Action::Dispose }
    }
}

/// The files of a skill after an update that keeps what a person changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ThreeWay {
    /// What is not as it was installed.
    pub files: Vec<UpdatedFile>,
    /// The files that stay as they are here, also where the source has others.
    pub kept: Vec<String>,
    /// The files that stay away, although the source has them.
    pub dropped: Vec<String>,
}

impl ThreeWay {
    /// Compares file by file. `base`: as it was installed, if that is known.
    pub fn of(base: Option<&FileHashes>, here: &FileHashes, source: &FileHashes) -> Self {
        let mut all: Vec<_> =
            here.keys().chain(source.keys()).chain(base.into_iter().flatten().map(|(path, _)| path)).collect();
        all.sort();
        all.dedup();
        let mut merged = Self::default();
        for path in all {
            let (mine, theirs) = (here.get(path), source.get(path));
            let was = base.map(|base| base.get(path));
            if mine == theirs {
                continue;
            }
            let (by, before, after) = match was {
                Some(was) if was == mine => (ChangedBy::Source, was, theirs),
                Some(was) if was == theirs => (ChangedBy::You, was, mine),
                Some(was) => (ChangedBy::Both, was, theirs),
                None => (ChangedBy::Both, mine, theirs),
            };
            let change = match (before, after) {
                (None, _) => ChangeKind::Added,
                (_, None) => ChangeKind::Removed,
                _ => ChangeKind::Changed,
            };
            if by == ChangedBy::You {
                if mine.is_some() { merged.kept.push(path.clone()) } else { merged.dropped.push(path.clone()) }
            }
            merged.files.push(UpdatedFile { path: path.clone(), change, by });
        }
        merged
    }

    /// Whether any file was changed by these.
    pub fn has(&self, by: ChangedBy) -> bool {
        self.files.iter().any(|file| file.by == by)
    }
}

/// How a skill is beside its source.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum UpdateState {
    /// As it is in the source.
    UpToDate,
    /// Only the person changed it.
    Yours,
    /// The source has something new.
    Available,
    /// Both changed the same file.
    Conflict,
    /// What is new was seen, and is not wanted.
    Kept,
    /// What was new is in its place.
    Updated,
    /// It is not known.
    Failed {
        /// Why not.
        why: Notice,
    },
}

/// What an update of a skill would do, or did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SkillUpdate {
    /// Its name.
    pub name: String,
    /// Whom it is for.
    pub scope: Scope,
    /// Its folder.
    pub place: String,
    /// Where it is from.
    pub source: String,
    /// Which state of the source it has.
    pub resolved: Option<String>,
    /// Which one is the newest.
    pub newest: Option<String>,
    /// How it is.
    #[serde(flatten)]
    pub state: UpdateState,
    /// What of it would change.
    pub class: UpdateClass,
    /// What makes the change live.
    pub action: Action,
    /// What is not as it was installed.
    pub files: Vec<UpdatedFile>,
}

/// A skill that was compared with its source, and waits for a person to decide.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SkillComparison {
    /// What names it to the core.
    pub id: String,
    /// What was found out.
    pub update: SkillUpdate,
}

/// What becomes of a skill that was changed here and in its source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Keep {
    /// It stays as it is here, and what is new is not offered again.
    Mine,
    /// It becomes as it is in the source.
    Theirs,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hashes(files: &str) -> FileHashes {
        files
            .split_whitespace()
            .filter_map(|file| file.split_once('='))
            .map(|(path, hash)| (path.to_owned(), hash.to_owned()))
            .collect()
    }

    /// M2: nothing, support files, what is in a `SKILL.md`, anything else.
    #[test]
    fn each_change_has_its_class() {
        let check = |after: &str, expected| {
            let (before, after) = (hashes("SKILL.md=1 a.md=1 in/SKILL.md=1"), hashes(after));
            assert_eq!(UpdateClass::of(&before, &after), expected, "{after:?}");
        };
        check("SKILL.md=1 a.md=1 in/SKILL.md=1", UpdateClass::None);
        check("SKILL.md=1 a.md=2 in/SKILL.md=1", UpdateClass::Support);
        check("SKILL.md=1 in/SKILL.md=1", UpdateClass::Support);
        check("SKILL.md=1 a.md=1 b.md=1 in/SKILL.md=1", UpdateClass::Support);
        check("SKILL.md=2 a.md=1 in/SKILL.md=1", UpdateClass::Content);
        check("SKILL.md=1 a.md=2 in/SKILL.md=2", UpdateClass::Content);
        check("SKILL.md=1 a.md=1", UpdateClass::Cold);
        check("SKILL.md=2 a.md=1 in/SKILL.md=1 new/SKILL.md=1", UpdateClass::Cold);
        check("SKILL.md=1 a.md=1 in/SKILL.md=1 MYSKILL.md=1", UpdateClass::Support);
        let actions =
            [UpdateClass::None, UpdateClass::Support, UpdateClass::Content, UpdateClass::Cold].map(UpdateClass::action);
        assert_eq!(actions, [Action::None, Action::None, Action::Dispose, Action::Dispose]);
    }

    /// S4: one file, as it was installed, is here and is in the source; nothing that a person changed is anybody else's.
    #[test]
    fn each_file_is_somebodys() {
        use ChangeKind::{Added, Changed, Removed};
        use ChangedBy::{Both, Source, You};
        let check = |base: Option<&str>, here: &str, source: &str, expected: Option<(ChangeKind, ChangedBy)>| {
            let merged = ThreeWay::of(base.map(hashes).as_ref(), &hashes(here), &hashes(source));
            let found = merged.files.first().map(|file| (file.change, file.by));
            assert_eq!(found, expected, "{base:?} {here:?} {source:?}");
            let stays = expected.is_some_and(|(_, by)| by == You);
            assert_eq!(
                (merged.kept.len(), merged.dropped.len()),
                match here {
                    _ if !stays => (0, 0),
                    "" => (0, 1),
                    _ => (1, 0),
                }
            );
        };
        check(Some("a=1"), "a=1", "a=1", None);
        check(Some("a=1"), "a=1", "a=2", Some((Changed, Source)));
        check(Some("a=1"), "a=1", "", Some((Removed, Source)));
        check(Some(""), "", "a=1", Some((Added, Source)));
        check(Some("a=1"), "a=2", "a=1", Some((Changed, You)));
        check(Some("a=1"), "", "a=1", Some((Removed, You)));
        check(Some(""), "a=1", "", Some((Added, You)));
        check(Some("a=1"), "a=2", "a=2", None);
        check(Some("a=1"), "", "", None);
        check(Some("a=1"), "a=2", "a=3", Some((Changed, Both)));
        check(Some("a=1"), "a=2", "", Some((Removed, Both)));
        check(Some("a=1"), "", "a=2", Some((Changed, Both)));
        check(Some(""), "a=1", "a=2", Some((Added, Both)));
        check(None, "a=1", "a=1", None);
        check(None, "a=1", "a=2", Some((Changed, Both)));
        check(None, "a=1", "", Some((Removed, Both)));
        check(None, "", "a=1", Some((Added, Both)));
    }
}
