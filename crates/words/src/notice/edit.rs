//! Adding, installing and removing items, taking changes back, the trash, and the last good files.

use rekindle_domain::{EditNotice, Kind, Notice, UndoChoice, Unremoved};

use super::{Front, hint_or};
use crate::{text::counted, window::undo::choice};

pub(super) fn said(notice: &EditNotice, front: Front) -> String {
    let told = |why: &Notice| super::said(why, front);
    let fixed = match notice {
        EditNotice::NotAPlugin { spec, why } => return format!("“{spec}” is not a plugin: {}", told(why)),
        EditNotice::PluginFileMissing { path } => return format!("there is no file {path}"),
        EditNotice::PluginNotCode { path } => return format!("{path} is not code"),
        EditNotice::AlreadyDeclared { name, path } => return format!("“{name}” is already declared in {path}"),
        EditNotice::NothingToRemove { kind, name } => {
            return format!("there is no {} “{name}” that can be removed", noun(*kind));
        }
        EditNotice::SeveralOfName { name, first, second } => {
            return format!("“{name}” exists more than once: {first} and {second}");
        }
        EditNotice::NotRemoved { path, why } => {
            let why = match why {
                Unremoved::InState => "it is in the folder where Rekindle keeps its state",
                Unremoved::NotReadable => "part of its folder is unreadable",
                Unremoved::NotKnown => "Rekindle could not find out what else is in its folder",
            };
            return format!("{path} was not removed: {why}");
        }
        EditNotice::NotMoved { path, why } => return format!("could not move {path}: {}", told(why)),
        EditNotice::NotRecorded { why } => {
            return format!("nothing was changed, because the way to undo it could not be saved: {}", told(why));
        }
        EditNotice::ChangeUnderWay => "another Rekindle is changing something in this directory",
        EditNotice::LedElsewhere { folder, now, before, .. } => {
            return format!("{folder} now leads to {now}; when this was done, it led to {before}");
        }
        EditNotice::HalfDone { done, why } => {
            return format!("{}, and that could neither be finished nor undone: {}", told(done), told(why));
        }
        EditNotice::FileChanged { path } => return format!("{path} was changed"),
        EditNotice::ItemMoved { path, to } => return format!("{path} was moved to {to}"),
        EditNotice::ItemCreated { path } => return format!("{path} was created"),
        EditNotice::ItemsChanged { paths } => return format!("{} were changed", paths.join(", ")),
        EditNotice::FilesRestored { paths } => {
            let were = if paths.len() == 1 { "was" } else { "were" };
            return format!("{} {were} restored", paths.join(", "));
        }
        EditNotice::OfFolderBefore { count } => {
            let belong = if *count == 1 { "belongs" } else { "belong" };
            return format!(
                "there is nothing to undo in this folder: {} {belong} to the folder that was here before",
                counted(*count, "change")
            );
        }
        EditNotice::NothingToUndo => "there is nothing to undo",
        EditNotice::UndoUnreadable { path, .. } => return format!("the way to undo the change is unreadable: {path}"),
        EditNotice::ChangedSince { path, .. } => {
            return format!("{path} has changed since, so it was left as it is");
        }
        EditNotice::NoSkillFolder { path } => return format!("{path} is not a folder with a SKILL.md"),
        EditNotice::SkillNotRead { why } => return format!("the skill could not be read: {}", told(why)),
        EditNotice::SkillWouldNotLoad { why } => return format!("OpenCode would not load this skill: {}", told(why)),
        EditNotice::SkillNotKnown { why } => {
            return format!("whether OpenCode would load this skill is not known: {}", told(why));
        }
        EditNotice::BadFolderName { name } => return format!("“{name}” cannot be the name of a folder"),
        EditNotice::SkillThere { path } => return format!("{path} already exists"),
        EditNotice::SkillNotReplaced { path } => {
            return format!("{path} may hold more than a skill, so it is not replaced");
        }
        EditNotice::SkillTooManyFiles { most } => {
            return format!("the folder is too large for a skill: more than {most} files");
        }
        EditNotice::SkillTooLarge { mebibytes } => {
            return format!("the folder is too large for a skill: more than {mebibytes} MiB");
        }
        EditNotice::SkillTooDeep { most } => {
            return format!("the folder is too large for a skill: folders more than {most} deep");
        }
        EditNotice::SkillIntoItself { path } => {
            return format!("the folder {path} contains the place where it would be copied to");
        }
        EditNotice::SkillWritten { path } => {
            return format!("{path} has changed since you started editing it, so your text was not saved");
        }
        EditNotice::SkillChanged { path } | EditNotice::MoveChanged { path } => {
            return format!("{path} was changed while it was copied");
        }
        EditNotice::SkillNotCopied { path, why } | EditNotice::MoveNotCopied { path, why } => {
            return format!("could not copy {path}: {}", told(why));
        }
        EditNotice::MoveSpecial { path } => {
            return format!("{path} is a pipe, a socket or a device, which cannot be moved to another file system");
        }
        EditNotice::MoveMount { path } => return format!("another file system is mounted at {path}"),
        EditNotice::MoveNotOurs { path } => return format!("{path} belongs to another user and could not be removed"),
        EditNotice::MoveTooMuch { path } => {
            return format!("{path} contains too much to be moved to another file system");
        }
        EditNotice::MoveShared { path } => {
            return format!("{path} is the same file as one elsewhere (a hard link), and would be separated from it");
        }
        EditNotice::MoveSetUid { path } => {
            return format!(
                "{path} runs with its owner's permissions (set-uid or set-gid), which only one of the two file systems \
                 honors"
            );
        }
        EditNotice::MoveKept { path, why } => return format!("not all of {path} can be removed: {}", told(why)),
        EditNotice::MoveAside { path, aside, why } => {
            return format!("{path} is now at {aside} and could not be put back: {}", told(why));
        }
        EditNotice::FilesNotKept { why } => {
            return format!("could not keep a copy of the configuration files: {}", told(why));
        }
        EditNotice::RestoreUnderWay => "another Rekindle is keeping or restoring files",
        EditNotice::NothingToRestore => "there is nothing to restore",
        EditNotice::CopyNotWhole => "this copy of the configuration files is incomplete or damaged",
        EditNotice::FileNotKept { path } => {
            return format!("{path} cannot be copied first, so nothing was restored");
        }
        EditNotice::FileNotRestored { path, why } => {
            return format!("could not restore {path}, so everything is as it was: {}", told(why));
        }
        EditNotice::HalfRestored { path, left, why } => {
            return format!("could not restore {path}, and {left} stayed restored: {}", told(why));
        }
    };
    fixed.to_owned()
}

pub(super) fn hint(notice: &EditNotice, front: Front) -> String {
    const ROOM: &str = "check the permissions and the free disk space";
    let list = match front {
        Front::Command => "see what is there with: rekindle list",
        Front::Window => "look at the list of what is there",
    };
    let fixed = match (notice, front) {
        (EditNotice::NotAPlugin { why, .. }, _) => {
            return hint_or(why, front, "use an npm package, a file path or a git URL");
        }
        (EditNotice::PluginFileMissing { .. }, _) => "check the path",
        (EditNotice::PluginNotCode { .. }, _) => "choose a .ts, .js or similar file, which OpenCode loads",
        (EditNotice::AlreadyDeclared { .. }, _) => "remove it first to declare another version",
        (EditNotice::NothingToRemove { .. }, _) => list,
        (EditNotice::SeveralOfName { .. }, Front::Command) => "name the one you mean by its path: rekindle list",
        (EditNotice::SeveralOfName { .. }, Front::Window) => "remove one of them in your file manager",
        (EditNotice::NotRemoved { .. }, _) => "nothing was changed; remove it by hand",
        (EditNotice::NotMoved { why, .. }, _) => return hint_or(why, front, ROOM),
        (EditNotice::NotRecorded { .. }, _) => {
            "check the state folder's permissions and the free disk space, then try again"
        }
        (EditNotice::ChangeUnderWay, _) => "nothing was changed; try again in a moment",
        (EditNotice::LedElsewhere { trash, .. }, _) => {
            let kept = trash.as_ref().map(|trash| format!("; what was removed stays at {trash}")).unwrap_or_default();
            let ways = ways(&[UndoChoice::Leave], front, "leave it as it is");
            return format!("nothing was changed; put the folder back and undo again, or {ways}{kept}");
        }
        (EditNotice::HalfDone { .. }, _) => "check the permissions and the free disk space, then move it by hand",
        (EditNotice::OfFolderBefore { .. }, _) => {
            "nothing was changed; bring that folder back to undo them there, or look for what was removed in the trash \
             folder of Rekindle's state"
        }
        (EditNotice::NothingToUndo, _) => "only changes that Rekindle made in this very folder can be undone",
        (EditNotice::UndoUnreadable { choices, .. }, _) => {
            let ways = ways(choices, front, "skip it");
            return format!("what it removed is in the trash folder of Rekindle's state; {ways}");
        }
        (EditNotice::ChangedSince { choices, .. }, _) if choices.is_empty() => "nothing of that change is left to undo",
        (EditNotice::ChangedSince { choices, .. }, Front::Window) => {
            let names: Vec<_> = choices.iter().map(|one| format!("“{}”", choice(*one))).collect();
            return format!("choose {}", or(&names));
        }
        (EditNotice::ChangedSince { choices, .. }, Front::Command) => {
            let ways: Vec<_> = choices.iter().map(|one| way(*one).to_owned()).collect();
            return or(&ways);
        }
        (EditNotice::NoSkillFolder { .. }, _) => "choose a folder that contains a file named SKILL.md",
        (EditNotice::SkillNotRead { why }, _) => return hint_or(why, front, "check the file's permissions"),
        (EditNotice::SkillWouldNotLoad { why }, _) => {
            return hint_or(why, front, "begin SKILL.md with name: and description: between two lines of three dashes");
        }
        (EditNotice::SkillNotKnown { why }, _) => {
            return hint_or(why, front, "make the front matter of SKILL.md smaller, or less nested");
        }
        (EditNotice::BadFolderName { .. }, Front::Command) => {
            "change the name in SKILL.md, or give the folder another one with --name"
        }
        (EditNotice::BadFolderName { .. }, Front::Window) => "change the name in SKILL.md",
        (EditNotice::SkillThere { .. }, Front::Window) => "remove the skill that is there first",
        (EditNotice::SkillThere { .. }, Front::Command) => {
            "replace it with --yes (it goes to the trash), or choose another folder with --name"
        }
        (EditNotice::SkillNotReplaced { .. }, _) => "move it elsewhere first",
        (
            EditNotice::SkillTooManyFiles { .. } | EditNotice::SkillTooLarge { .. } | EditNotice::SkillTooDeep { .. },
            _,
        ) => "choose the skill's own folder, without build output",
        (EditNotice::SkillIntoItself { .. }, _) => "choose a folder elsewhere",
        (EditNotice::SkillWritten { .. }, _) => "copy what you wrote, and edit the skill again",
        (EditNotice::SkillChanged { .. }, _) => "try again when nothing is writing to it",
        (EditNotice::SkillNotCopied { why, .. }, _) => return hint_or(why, front, ROOM),
        (EditNotice::MoveSpecial { .. }, _) => {
            "nothing was moved; remove it, or move it elsewhere yourself, then try again"
        }
        (EditNotice::MoveMount { .. }, _) => "nothing was moved; unmount it first, then try again",
        (EditNotice::MoveNotOurs { .. }, _) => "nothing was moved; do it as the user whom it belongs to",
        (EditNotice::MoveTooMuch { .. }, _) => "nothing was moved; move it elsewhere yourself",
        (EditNotice::MoveShared { .. }, _) => "nothing was moved; put a copy in its place, then try again",
        (EditNotice::MoveSetUid { .. }, Front::Command) => {
            "nothing was moved; take that permission from it (chmod ug-s), then try again"
        }
        (EditNotice::MoveSetUid { .. }, Front::Window) => {
            "nothing was moved; take that permission from it, then try again"
        }
        (EditNotice::MoveChanged { .. }, _) => "nothing was moved; try again when nothing is writing to it",
        (EditNotice::MoveKept { .. }, Front::Command) => {
            "it is as it was; see what protects it (lsattr, the file system), then try again"
        }
        (EditNotice::MoveKept { .. }, Front::Window) => {
            "it is as it was; see what protects it, such as a file attribute or the file system, then try again"
        }
        (EditNotice::MoveAside { .. }, Front::Command) => {
            "a copy is in the trash; see what is in the way, then put it back with: rekindle undo"
        }
        (EditNotice::MoveAside { .. }, Front::Window) => {
            "a copy is in the trash; see what is in the way, then undo the change"
        }
        (EditNotice::MoveNotCopied { why, .. }, _) => {
            return hint_or(why, front, "nothing was moved; check the permissions and the free disk space");
        }
        (EditNotice::FilesNotKept { .. }, _) => "check the state folder's permissions and the free disk space",
        (EditNotice::RestoreUnderWay, _) => "try again in a moment",
        (EditNotice::NothingToRestore, _) => "as far as is known, the files are as the engine last loaded them",
        (EditNotice::CopyNotWhole, _) => "nothing was changed; fix the files by hand",
        (EditNotice::FileNotKept { .. }, _) => "move it away, then try again",
        (EditNotice::FileNotRestored { why, .. }, _) => return super::hint(why, front),
        (EditNotice::HalfRestored { .. }, _) => "check the permissions and the free disk space, then try again",
        (
            EditNotice::FileChanged { .. }
            | EditNotice::ItemMoved { .. }
            | EditNotice::ItemCreated { .. }
            | EditNotice::ItemsChanged { .. }
            | EditNotice::FilesRestored { .. },
            _,
        ) => "",
    };
    fixed.to_owned()
}

/// A kind, as it is called in a sentence.
fn noun(kind: Kind) -> &'static str {
    match kind {
        Kind::Plugin => "plugin",
        Kind::Skill => "skill",
        other => other.word(),
    }
}

/// What a choice does, with the flag for it.
fn way(choice: UndoChoice) -> &'static str {
    match choice {
        UndoChoice::Ours => "undo only that change with --ours",
        UndoChoice::Before => "go back to before that change with --before (what came after goes to the trash)",
        UndoChoice::Leave => "forget that change with --leave",
    }
}

/// What to do where leaving it is all that is left: by a flag, or by what the window calls that.
fn ways(choices: &[UndoChoice], front: Front, what: &str) -> String {
    match (choices, front) {
        ([UndoChoice::Leave], Front::Command) => format!("{what} with --leave"),
        (_, Front::Command) => or(&choices.iter().map(|one| way(*one).to_owned()).collect::<Vec<_>>()),
        (_, Front::Window) => {
            let names: Vec<_> = choices.iter().map(|one| format!("“{}”", choice(*one))).collect();
            format!("choose {}", or(&names))
        }
    }
}

/// `a, b or c`.
fn or(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [rest @ .., last] => format!("{} or {last}", rest.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How a change can be undone is said with flags on the command line, and with the names of the choices in the window.
    #[test]
    fn choices_are_said_for_whoever_has_them() {
        use UndoChoice::{Before, Leave, Ours};
        let check = |choices: &[UndoChoice], command: &str, window: &str| {
            let notice = EditNotice::ChangedSince { path: "/p".to_owned(), choices: choices.to_vec() };
            assert_eq!(hint(&notice, Front::Command), command);
            assert_eq!(hint(&notice, Front::Window), window);
        };
        check(&[], "nothing of that change is left to undo", "nothing of that change is left to undo");
        check(
            &[Ours, Before, Leave],
            "undo only that change with --ours, go back to before that change with --before (what came after goes to \
             the trash) or forget that change with --leave",
            "choose “Undo only Rekindle's edit”, “Go back to before the edit” or “Leave as is”",
        );
        let unreadable = EditNotice::UndoUnreadable { path: "/p".to_owned(), choices: vec![Leave] };
        let kept = "what it removed is in the trash folder of Rekindle's state";
        assert_eq!(hint(&unreadable, Front::Command), format!("{kept}; skip it with --leave"));
        assert_eq!(hint(&unreadable, Front::Window), format!("{kept}; choose “Leave as is”"));
    }

    /// What another error knows to do is said in its place.
    #[test]
    fn a_cause_keeps_its_hint() {
        let mount = Notice::from(EditNotice::MoveMount { path: "/p/a".to_owned() });
        let moved = |why: Notice| EditNotice::NotMoved { path: "/p".to_owned(), why: Box::new(why) };
        assert_eq!(
            said(&moved(mount.clone()), Front::Window),
            "could not move /p: another file system is mounted at /p/a"
        );
        assert_eq!(hint(&moved(mount), Front::Window), "nothing was moved; unmount it first, then try again");
        let room = "check the permissions and the free disk space";
        assert_eq!(hint(&moved("Permission denied".into()), Front::Command), room);
    }

    #[test]
    fn changes_of_another_folder_are_counted() {
        let said = |count| said(&EditNotice::OfFolderBefore { count }, Front::Command);
        let start = "there is nothing to undo in this folder:";
        assert_eq!(said(1), format!("{start} 1 change belongs to the folder that was here before"));
        assert_eq!(said(2), format!("{start} 2 changes belong to the folder that was here before"));
    }
}
