//! The words of an update, before it is made.

use rekindle_domain::{
    ChangeKind, ChangedBy, Changelog, PluginUpdate, SkillUpdate, UpdateBy, UpdateState, UpdatedFile,
};

pub use crate::changelogs::CUT;
use crate::{
    changelogs,
    notice::{Front, sentences},
};

pub const PLUGIN_TITLE: &str = "Update plugin";
pub const SKILL_TITLE: &str = "Update skill";
pub const ASKING: &str = "Checking for updates…";
pub const COMPARING: &str = "Comparing it with its source…";
pub const UPDATE: &str = "Update";
pub const CLOSE: &str = "Close";
pub const KEEP_MINE: &str = "Keep mine";
pub const TAKE_THEIRS: &str = "Take the source's";
pub const CHANGELOG: &str = "Changelog";
/// What the sides of a difference are.
pub const SIDES: [&str; 2] = ["yours", "in the source"];

/// From which version to which, or that there is none.
pub fn versions(update: &PluginUpdate) -> String {
    let name = &update.name;
    let from = update.from.as_deref().unwrap_or("not installed");
    let Some(to) = update.to.as_deref().filter(|_| update.by != UpdateBy::Nothing) else {
        return format!("{name}: {from}. Its entry allows nothing newer.");
    };
    let date = update.published.as_deref().and_then(|time| time.get(..10));
    let date = date.map(|date| format!(", published {date}")).unwrap_or_default();
    let how = match update.by {
        UpdateBy::Cache => " OpenCode's copy goes to the trash, and the new version is installed.",
        UpdateBy::Entry | UpdateBy::Nothing => "",
    };
    format!("{name}: {from} → {to}{date}.{how}")
}

/// The choice of a version that the entry does not allow.
pub fn beyond(version: &str) -> String {
    format!("Update to {version}, which the entry does not allow so far")
}

/// Why there is nothing to be read of the changes.
pub fn silence(changelog: &Changelog) -> Option<String> {
    changelogs::silence(changelog, Front::Window)
}

/// How a skill is beside its source.
pub fn state(update: &SkillUpdate) -> String {
    let has = |by: ChangedBy| update.files.iter().any(|file| file.by == by);
    let what = match &update.state {
        UpdateState::UpToDate => "It is as in its source.",
        UpdateState::Yours => "The source has nothing new. What you changed stays.",
        UpdateState::Available if has(ChangedBy::You) => "The source has changed. What you changed stays.",
        UpdateState::Available => "The source has changed.",
        UpdateState::Conflict => {
            "You and the source changed the same file. Keep your files, or take all of the source's: yours go to the trash."
        }
        UpdateState::Kept => "You decided to keep your files. You can still take the source's: yours go to the trash.",
        UpdateState::Updated => "It is up to date.",
        UpdateState::Failed { why } => return sentences(why, Front::Window),
    };
    what.to_owned()
}

/// What became of a file, and by whom.
pub fn file(file: &UpdatedFile) -> String {
    let change = match file.change {
        ChangeKind::Added => "added",
        ChangeKind::Changed => "changed",
        ChangeKind::Removed => "removed",
    };
    let by = match file.by {
        ChangedBy::Source => "in the source",
        ChangedBy::You => "by you",
        ChangedBy::Both => "by you and in the source",
    };
    format!("{change} {by}")
}

#[cfg(test)]
mod tests {
    use rekindle_domain::{Scope, UpdateClass};

    use super::*;

    /// G3: from which version to which is said, and when there is none.
    #[test]
    fn versions_are_told() {
        let check = |to: Option<&str>, by: UpdateBy, expected: &str| {
            let update = PluginUpdate {
                name: "acme".to_owned(),
                scope: Scope::Project,
                from: Some("1.0.0".to_owned()),
                to: to.map(str::to_owned),
                published: to.map(|_| "2026-01-31T00:00:00.000Z".to_owned()),
                by,
                changelog: None,
                undo: None,
                error: None,
            };
            assert_eq!(versions(&update), expected);
        };
        check(None, UpdateBy::Nothing, "acme: 1.0.0. Its entry allows nothing newer.");
        check(Some("1.1.0"), UpdateBy::Entry, "acme: 1.0.0 → 1.1.0, published 2026-01-31.");
        let again = "acme: 1.0.0 → 1.1.0, published 2026-01-31. OpenCode's copy goes to the trash, and the new version is installed.";
        check(Some("1.1.0"), UpdateBy::Cache, again);
    }

    /// S4: whose change it is is said of each file, and whether yours stays.
    #[test]
    fn changes_have_an_author() {
        let check = |by: ChangedBy, state_of: UpdateState, expected: (&str, &str)| {
            let changed = UpdatedFile { path: "a.md".to_owned(), change: ChangeKind::Changed, by };
            let update = SkillUpdate {
                name: "s".to_owned(),
                scope: Scope::Project,
                place: String::new(),
                source: String::new(),
                resolved: None,
                newest: None,
                state: state_of,
                class: UpdateClass::Content,
                action: UpdateClass::Content.action(),
                files: vec![changed.clone()],
            };
            assert_eq!((file(&changed).as_str(), state(&update).as_str()), expected);
        };
        check(ChangedBy::Source, UpdateState::Available, ("changed in the source", "The source has changed."));
        let stays = ("changed by you", "The source has changed. What you changed stays.");
        check(ChangedBy::You, UpdateState::Available, stays);
        let failed = UpdateState::Failed { why: "no network".into() };
        check(ChangedBy::Both, failed, ("changed by you and in the source", "No network."));
    }
}
