//! Adding, installing and removing items, taking changes back, the trash, and the last good files.

use serde::{Deserialize, Serialize};

use super::{Notice, notices};
use crate::{Kind, UndoChoice};

/// Why nothing of a skill was removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unremoved {
    /// It is in the folder where Rekindle keeps its state.
    InState,
    /// Not all of its folder can be read.
    NotReadable,
    /// What else is in its folder could not be found out.
    NotKnown,
}

notices! {
    /// What is to be said of a change that Rekindle makes, or takes back.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub enum EditNotice {
        /// What was typed is no plugin.
        NotAPlugin {
            /// What was typed.
            spec: String,
            /// Why not.
            why: Box<Notice>,
        },
        /// The file of a plugin is not there.
        PluginFileMissing {
            /// The file.
            path: String,
        },
        /// The file of a plugin is not code.
        PluginNotCode {
            /// The file.
            path: String,
        },
        /// A plugin is declared already.
        AlreadyDeclared {
            /// The plugin.
            name: String,
            /// Where.
            path: String,
        },
        /// There is no such item that can be removed.
        NothingToRemove {
            /// The kind.
            kind: Kind,
            /// The name.
            name: String,
        },
        /// There is more than one of that name.
        SeveralOfName {
            /// The name.
            name: String,
            /// Where one is.
            first: String,
            /// Where another is.
            second: String,
        },
        /// It is not certain what would be removed.
        NotRemoved {
            /// The file.
            path: String,
            /// Why it is not.
            why: Unremoved,
        },
        /// Something could not be moved to the trash or back.
        NotMoved {
            /// What was to be moved.
            path: String,
            /// Why not.
            why: Box<Notice>,
        },
        /// How to take a change back could not be written down.
        NotRecorded {
            /// Why not.
            why: Box<Notice>,
        },
        /// Another process of ours is changing something.
        ChangeUnderWay,
        /// The folder in which something was changed is another one now. The change can be left as it is.
        LedElsewhere {
            /// The folder.
            folder: String,
            /// Where it leads.
            now: String,
            /// Where it led.
            before: String,
            /// Where what was removed is kept.
            trash: Option<String>,
        },
        /// Something was done, and could neither be finished nor taken back.
        HalfDone {
            /// What was done.
            done: Box<Notice>,
            /// What the system said.
            why: Box<Notice>,
        },
        /// A file was changed.
        FileChanged {
            /// The file.
            path: String,
        },
        /// Something was moved.
        ItemMoved {
            /// What.
            path: String,
            /// Where it is.
            to: String,
        },
        /// Something was created.
        ItemCreated {
            /// What.
            path: String,
        },
        /// Several things were changed at once.
        ItemsChanged {
            /// What.
            paths: Vec<String>,
        },
        /// Files were restored.
        FilesRestored {
            /// The files.
            paths: Vec<String>,
        },
        /// What could be undone was done in a folder that was here before.
        OfFolderBefore {
            /// How many changes.
            count: usize,
        },
        /// There is nothing to undo.
        NothingToUndo,
        /// What takes a change back cannot be read.
        UndoUnreadable {
            /// The record.
            path: String,
            /// How to get past it.
            choices: Vec<UndoChoice>,
        },
        /// Somebody has changed what we left.
        ChangedSince {
            /// The file or folder.
            path: String,
            /// How the change can be taken back all the same; empty: there is nothing left of it.
            choices: Vec<UndoChoice>,
        },
        /// There is no such folder, or it holds no `SKILL.md`.
        NoSkillFolder {
            /// What was given.
            path: String,
        },
        /// The `SKILL.md` cannot be read.
        SkillNotRead {
            /// Why not.
            why: Box<Notice>,
        },
        /// The engine would not take it for a skill.
        SkillWouldNotLoad {
            /// Why not.
            why: Box<Notice>,
        },
        /// Rekindle does not read it; the engine may.
        SkillNotKnown {
            /// Why it was not read.
            why: Box<Notice>,
        },
        /// A name cannot be that of a folder.
        BadFolderName {
            /// The name.
            name: String,
        },
        /// There is something at the skill's place.
        SkillThere {
            /// The place.
            path: String,
        },
        /// What is at the skill's place may be more than a skill.
        SkillNotReplaced {
            /// The place.
            path: String,
        },
        /// The skill has too many files.
        SkillTooManyFiles {
            /// How many it may have.
            most: usize,
        },
        /// The skill has too many bytes.
        SkillTooLarge {
            /// How many mebibytes it may have.
            mebibytes: u64,
        },
        /// The skill's folders are nested too deep.
        SkillTooDeep {
            /// How deep they may be.
            most: usize,
        },
        /// The place of the copy lies in what is copied.
        SkillIntoItself {
            /// The folder.
            path: String,
        },
        /// Somebody else wrote to a skill while a person edited it.
        SkillWritten {
            /// Its file.
            path: String,
        },
        /// Somebody wrote to it while it was copied.
        SkillChanged {
            /// The file.
            path: String,
        },
        /// The system refused to copy something of a skill.
        SkillNotCopied {
            /// What was being copied.
            path: String,
            /// Why not.
            why: Box<Notice>,
        },
        /// A pipe, a socket or a device cannot be moved to another file system.
        MoveSpecial {
            /// What it is.
            path: String,
        },
        /// It is the place of another file system.
        MoveMount {
            /// The place.
            path: String,
        },
        /// It is another user's, and could not be removed.
        MoveNotOurs {
            /// What it is.
            path: String,
        },
        /// It is too much to be moved to another file system.
        MoveTooMuch {
            /// What it is.
            path: String,
        },
        /// It has another name elsewhere (a hard link).
        MoveShared {
            /// What it is.
            path: String,
        },
        /// It runs with its owner's rights, and only one of the two file systems heeds that.
        MoveSetUid {
            /// What it is.
            path: String,
        },
        /// It was changed while it was copied.
        MoveChanged {
            /// What it is.
            path: String,
        },
        /// Not all of it can be removed.
        MoveKept {
            /// What it is.
            path: String,
            /// Why not.
            why: Box<Notice>,
        },
        /// It could not be put back.
        MoveAside {
            /// What it is.
            path: String,
            /// Where it is now.
            aside: String,
            /// Why not.
            why: Box<Notice>,
        },
        /// It could not be copied.
        MoveNotCopied {
            /// What it is.
            path: String,
            /// Why not.
            why: Box<Notice>,
        },
        /// No copy of the configuration files could be kept.
        FilesNotKept {
            /// Why not.
            why: Box<Notice>,
        },
        /// Another process keeps or restores files.
        RestoreUnderWay,
        /// Nothing better is known than what is on disk.
        NothingToRestore,
        /// A part of the copy is missing or damaged.
        CopyNotWhole,
        /// Of what is there now no copy can be kept.
        FileNotKept {
            /// The file or folder.
            path: String,
        },
        /// A file could not be restored, and everything is as it was.
        FileNotRestored {
            /// The file.
            path: String,
            /// Why not.
            why: Box<Notice>,
        },
        /// A file could not be restored, and another one stayed restored.
        HalfRestored {
            /// The file.
            path: String,
            /// One that should have been put back.
            left: String,
            /// Why not.
            why: Box<Notice>,
        },
    }
}
