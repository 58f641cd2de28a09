//! What went wrong, as a word for programs.
//!
//! Invariant: closed, and one meaning each; they are a contract (`docs/cli.md`, "Codes").

use serde::{Deserialize, Serialize};

macro_rules! codes {
    ($($(#[$meaning:meta])* $code:ident = $word:literal,)*) => {
        /// What went wrong.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum ErrorCode {
            $($(#[$meaning])* #[serde(rename = $word)] $code,)*
        }

        impl ErrorCode {
            /// All of them, by word.
            pub const ALL: &[Self] = &[$(Self::$code,)*];

            /// The word for programs.
            pub fn word(self) -> &'static str {
                match self {
                    $(Self::$code => $word,)*
                }
            }
        }
    };
}

codes! {
    /// Another reload of the same engine is under way.
    AlreadyRunning = "already-running",
    /// A name is that of several items.
    Ambiguous = "ambiguous",
    /// What was given is no key that can be set.
    BadKey = "bad-key",
    /// What was given cannot be the name of an agent or a command.
    BadName = "bad-name",
    /// What was given is not the fingerprint of a plan.
    BadPlan = "bad-plan",
    /// What was given is no server that can be declared.
    BadServer = "bad-server",
    /// What was given is no source of skills.
    BadSource = "bad-source",
    /// What was given cannot name a plugin.
    BadSpec = "bad-spec",
    /// What was given cannot be the address of an engine.
    BadUrl = "bad-url",
    /// The engine does not accept the value at that key.
    BadValue = "bad-value",
    /// Something is running that nobody agreed to interrupt.
    Busy = "busy",
    /// A person cancelled; nothing was touched.
    Cancelled = "cancelled",
    /// A file has no copy that could be restored later, so it was left as it is.
    CannotKeep = "cannot-keep",
    /// The system refused to move it, or something in it cannot be copied to the trash's file system; nothing moved, or the message says where it is.
    CannotMove = "cannot-move",
    /// A file cannot be read.
    CannotRead = "cannot-read",
    /// The engine, or a program of Rekindle's, cannot be started.
    CannotStart = "cannot-start",
    /// A file, or the state folder, cannot be written; nothing was changed.
    CannotWrite = "cannot-write",
    /// What is to be taken back was changed since; `choices` says how it can be taken back all the same.
    ChangedSince = "changed-since",
    /// The engine is someone else's, and that is not done to one.
    ClientMode = "client-mode",
    /// Another program is at it.
    Contended = "contended",
    /// Rekindle ended before anything was touched.
    CutOff = "cut-off",
    /// The file is a link to something that is not there; the message names it.
    DanglingLink = "dangling-link",
    /// The plugin or the server is declared already.
    Declared = "declared",
    /// The engine ended while it started; the message has its last words.
    EngineEnded = "engine-ended",
    /// The owner of the engine could not do what it was asked to.
    EngineFailed = "engine-failed",
    /// The engine ended while it was to be used.
    EngineGone = "engine-gone",
    /// Another program of Rekindle owns the engine of this directory.
    EngineOwned = "engine-owned",
    /// The engine was started and does not answer in time.
    EngineSilent = "engine-silent",
    /// A fault of Rekindle's own; what was known before still stands.
    Fault = "fault",
    /// It comes from the engine itself, from a plugin, a skill or an MCP server, and cannot be removed on its own.
    FromElsewhere = "from-elsewhere",
    /// What was done, and could neither be finished nor taken back; the message says where it is.
    HalfDone = "half-done",
    /// Some files were restored, and others could not be.
    HalfRestored = "half-restored",
    /// The file is the same as another one (a hard link), and the two would be parted; nothing was changed.
    HardLink = "hard-link",
    /// A fault of Rekindle's own.
    Internal = "internal",
    /// A process that an engine left behind is in the way and does not end.
    LeftBehind = "left-behind",
    /// The engine does not say what it has, so nothing can be planned.
    NoAnswer = "no-answer",
    /// The window cannot use the clipboard.
    NoClipboard = "no-clipboard",
    /// The window has no core behind it.
    NoCore = "no-core",
    /// The directory is not there.
    NoDirectory = "no-directory",
    /// There is no program of OpenCode to start.
    NoEngine = "no-engine",
    /// No engine of Rekindle runs for this directory.
    NoEngineRunning = "no-engine-running",
    /// Nobody says where the home folder is.
    NoHome = "no-home",
    /// A plugin has no version that could be changed, or none that is known.
    NoVersion = "no-version",
    /// What stands in a file in the place of a list is none.
    NotAList = "not-a-list",
    /// What stands in a file in the place of an object is none.
    NotAnObject = "not-an-object",
    /// What a skill says is written in a way in which it cannot be edited in part.
    NotEdited = "not-edited",
    /// A process could not be ended.
    NotEnded = "not-ended",
    /// What was given could not be fetched; nothing was installed.
    NotFetched = "not-fetched",
    /// Nothing is there by that name or at that path.
    NotFound = "not-found",
    /// What was given is not a skill that could be installed, or could not be copied.
    NotInstalled = "not-installed",
    /// A file is not JSONC, so it is not edited.
    NotJson = "not-json",
    /// What would be replaced could not be kept, so nothing was restored.
    NotKept = "not-kept",
    /// The system opened no program for it.
    NotOpened = "not-opened",
    /// How to take it back could not be written down, so nothing was changed.
    NotRecorded = "not-recorded",
    /// It is not certain what would be removed; nothing was.
    NotRemoved = "not-removed",
    /// A file could not be restored; those before it were put back.
    NotRestored = "not-restored",
    /// Signing in to an MCP server came to nothing, or it is not offered.
    NotSignedIn = "not-signed-in",
    /// A file is not UTF-8.
    NotText = "not-text",
    /// Of what is to be restored something is missing or damaged; nothing was changed.
    NotWhole = "not-whole",
    /// The file would not stay its owner's.
    NotYours = "not-yours",
    /// The files are as the engine loaded them last, as far as is known.
    NothingToRestore = "nothing-to-restore",
    /// Nothing is, in this very folder; the message says how many changes belong to a folder that was here before.
    NothingToUndo = "nothing-to-undo",
    /// Another window shows this folder, and came to the front.
    OpenElsewhere = "open-elsewhere",
    /// The owner of the engine is another version of Rekindle.
    OtherVersion = "other-version",
    /// Another file has the last word; nothing was changed.
    Outweighed = "outweighed",
    /// The owner of the engine cannot be spoken to at this moment.
    OwnerNotThere = "owner-not-there",
    /// The owner of the engine does not answer, or does not end.
    OwnerSilent = "owner-silent",
    /// Another program answered where the engine should have.
    PortTaken = "port-taken",
    /// The engine was touched, and the reload did not get to its end.
    ReloadFailed = "reload-failed",
    /// The engine did not come up with the new files, and runs with the last good ones.
    RolledBack = "rolled-back",
    /// An MCP server does not start, answer or connect.
    ServerFailed = "server-failed",
    /// The settings cannot be read, so nothing was saved.
    SettingsBroken = "settings-broken",
    /// The source has several skills, and it was not said which.
    SeveralSkills = "several-skills",
    /// The plan that was agreed to no longer fits.
    StalePlan = "stale-plan",
    /// The state folder cannot be used.
    State = "state",
    /// The state folder was deleted or moved, so that the engine is nobody's any more.
    StateLost = "state-lost",
    /// What answers at the engine's address is not the engine; nothing was said to it.
    Stranger = "stranger",
    /// The engine refuses this directory although its files are fine.
    Stuck = "stuck",
    /// The engine did not answer in time.
    TimedOut = "timed-out",
    /// A file is larger than Rekindle reads.
    TooLarge = "too-large",
    /// The engine wants another password.
    Unauthorized = "unauthorized",
    /// It is already as it was asked to be; nothing was changed.
    Unchanged = "unchanged",
    /// An error that no command foresaw.
    Unexpected = "unexpected",
    /// What answers does not speak like an engine of OpenCode.
    UnexpectedAnswer = "unexpected-answer",
    /// The window named a file that it was not shown.
    UnknownPath = "unknown-path",
    /// Nothing answers at the engine's address.
    Unreachable = "unreachable",
    /// How to take the last change back cannot be read; nothing older is taken back in its place. `--leave` passes over it.
    UnreadableRecord = "unreadable-record",
    /// What Rekindle keeps is there, and cannot be read; nothing was changed. Also of `undo --last-good` and `history`.
    UnreadableState = "unreadable-state",
    /// A file would keep the engine from loading the directory; nothing was touched.
    WouldNotLoad = "would-not-load",
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The table in the contract lists each code, in order, and no other.
    #[test]
    fn each_code_is_in_the_contract() {
        let contract = include_str!("../../../docs/cli.md");
        let table = contract.split_once("\n## Codes\n").expect("the table").1;
        let rows = table.lines().skip_while(|line| !line.starts_with("| `")).take_while(|line| line.starts_with("| `"));
        let listed: Vec<_> = rows.filter_map(|row| row.split('`').nth(1)).collect();
        let all: Vec<_> = ErrorCode::ALL.iter().map(|code| code.word()).collect();
        assert_eq!(listed, all);
        assert!(all.is_sorted());
    }

    #[test]
    fn a_code_is_its_word() {
        for code in ErrorCode::ALL {
            assert_eq!(serde_json::to_value(code).expect("JSON"), code.word());
        }
        assert_eq!(ErrorCode::ALL.iter().collect::<BTreeSet<_>>().len(), ErrorCode::ALL.len());
    }
}
