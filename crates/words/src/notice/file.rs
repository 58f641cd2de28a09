//! What of files and folders is not read, or seen late, and what of a difference is not a line of theirs.

use rekindle_domain::{Blind, FileKind, FileNotice, Notice};

use super::Front;
use crate::text::counted;

pub(super) fn said(notice: &FileNotice, front: Front) -> String {
    let told = |why: &Notice| super::said(why, front);
    match notice {
        FileNotice::FileRefused { why } => format!("it is unreadable: {why}"),
        FileNotice::NotARegularFile { kind } => format!("it is {}, not a file", kind_of(*kind)),
        FileNotice::NoEnd { kind } => {
            format!("it is {}, not a file: OpenCode would wait for its end and answer nothing more", kind_of(*kind))
        }
        FileNotice::FileTooLarge { most } => {
            format!("it is larger than {}, and Rekindle reads no more of one file", size(*most))
        }
        FileNotice::LookSpent { most } => {
            format!("it was not read: Rekindle reads no more than {} in one look", size(*most))
        }
        FileNotice::FileNotOpened { path, why } => format!("could not open {path}: {}", told(why)),
        FileNotice::HardLinked { path } => {
            format!("{path} is the same file as another one (a hard link), so Rekindle writes nothing to it")
        }
        FileNotice::FolderTooFull { most } => {
            format!("this folder holds too much: Rekindle looked at the nearest {most} files and folders")
        }
        FileNotice::LinksRepeat { paths } => format!(
            "links in this folder lead to the same folders again and again: Rekindle looked at {paths} paths of each"
        ),
        FileNotice::SeenLate { seconds, why } => {
            format!("Rekindle sees changes made elsewhere only every {seconds} s: {}", blind(*why))
        }
        FileNotice::NotAFolder { path, why } => with_why(format!("{path} is not a folder"), why.as_deref()),
        FileNotice::NoCurrentFolder { why } => {
            with_why("the current folder is unknown; it may have been deleted".to_owned(), Some(why))
        }
        FileNotice::NoHomeFolder { why } => with_why("there is no home folder".to_owned(), Some(why)),
        FileNotice::SettingsBroken { place, why } => format!("{place} does not hold settings: {why}"),
        FileNotice::SettingsNotRead { why } => {
            format!("{}; Rekindle leaves the file alone and uses the default settings", told(why))
        }
        FileNotice::SettingsNotSaved { why } => format!("{}, so nothing was saved", told(why)),
        FileNotice::SettingsNotLocked { why } => format!("the settings could not be saved: {}", told(why)),
        FileNotice::SettingsBusy => {
            "the settings could not be saved, because another Rekindle is saving them".to_owned()
        }
        FileNotice::FilesFault => fault("the files of this directory"),
        FileNotice::LookFault => fault("what the files and the engine say"),
        FileNotice::ValueChanged { line } => format!("{line} (another value)"),
        FileNotice::KeyOrder { path, keys } => format!("{path}, in this order: {keys}"),
        FileNotice::RunsBefore { plugin, other } => format!("{plugin}, runs before {other}"),
        FileNotice::RunsAfter { plugin, other } => format!("{plugin}, runs after {other}"),
        FileNotice::MoreLines { lines } => format!("… and {}", counted(*lines, "more line")),
    }
}

pub(super) fn hint(notice: &FileNotice, front: Front) -> String {
    let fixed = match notice {
        FileNotice::FileRefused { .. } => "check its permissions, or move it away",
        FileNotice::NotARegularFile { .. } | FileNotice::NoEnd { .. } => "remove it, or put a file in its place",
        FileNotice::FileTooLarge { .. } | FileNotice::LookSpent { .. } => "make it smaller, or move it away",
        FileNotice::FileNotOpened { why, .. } => return super::hint(why, front),
        FileNotice::HardLinked { .. } => "put a copy in its place",
        FileNotice::FolderTooFull { .. } => "use a folder that holds less, or take out what does not belong there",
        FileNotice::LinksRepeat { .. } => "remove the links that lead to folders beside or above them",
        FileNotice::SeenLate { why: Blind::Exhausted, .. } => {
            "close programs that watch many files, or raise fs.inotify.max_user_watches"
        }
        FileNotice::NotAFolder { .. } => "choose a folder that exists",
        FileNotice::NoCurrentFolder { .. } => match front {
            Front::Window => "open a folder that exists",
            Front::Command => "go to a folder that exists, or name one with --directory",
        },
        FileNotice::NoHomeFolder { .. } => "set the environment variable HOME",
        FileNotice::SettingsBroken { .. } => "fix the file, or move it away",
        FileNotice::SettingsNotRead { why } | FileNotice::SettingsNotSaved { why } => return super::hint(why, front),
        FileNotice::SettingsNotLocked { .. } => "check the folder's permissions",
        FileNotice::SettingsBusy => "try again in a moment",
        FileNotice::FilesFault | FileNotice::LookFault => {
            "Rekindle keeps showing the last known state, reloads nothing, and looks again automatically; if this \
             persists, undo your last edit, restart Rekindle, and report it"
        }
        FileNotice::SeenLate { why: Blind::TooMany | Blind::Silent | Blind::Refused, .. }
        | FileNotice::ValueChanged { .. }
        | FileNotice::KeyOrder { .. }
        | FileNotice::RunsBefore { .. }
        | FileNotice::RunsAfter { .. }
        | FileNotice::MoreLines { .. } => "",
    };
    fixed.to_owned()
}

/// What there is instead of a file.
pub(super) fn kind_of(kind: FileKind) -> &'static str {
    match kind {
        FileKind::Folder => "a folder",
        FileKind::Link => "a link",
        FileKind::Pipe => "a pipe",
        FileKind::Socket => "a socket",
        FileKind::Device => "a device",
    }
}

fn blind(why: Blind) -> &'static str {
    match why {
        Blind::TooMany => "there are more folders than it can watch",
        Blind::Exhausted => "the system has no file watches left",
        Blind::Silent => "this file system does not report changes",
        Blind::Refused => "the system does not let it watch files",
    }
}

fn fault(what: &str) -> String {
    format!("could not read {what} because of a bug in Rekindle")
}

fn with_why(text: String, why: Option<&str>) -> String {
    match why {
        Some(why) => format!("{text}: {why}"),
        None => text,
    }
}

/// A bound: `32 MiB`.
fn size(bytes: u64) -> String {
    match bytes {
        bytes if bytes >= 1024 * 1024 => format!("{} MiB", bytes / 1024 / 1024),
        bytes => format!("{bytes} bytes"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_read_is_told_with_its_bound() {
        let check = |notice: FileNotice, expected: (&str, &str)| {
            for front in [Front::Window, Front::Command] {
                assert_eq!((&*said(&notice, front), &*hint(&notice, front)), expected);
            }
        };
        check(
            FileNotice::NotARegularFile { kind: FileKind::Pipe },
            ("it is a pipe, not a file", "remove it, or put a file in its place"),
        );
        check(
            FileNotice::FileTooLarge { most: 32 * 1024 * 1024 },
            ("it is larger than 32 MiB, and Rekindle reads no more of one file", "make it smaller, or move it away"),
        );
        check(
            FileNotice::LookSpent { most: 13 },
            ("it was not read: Rekindle reads no more than 13 bytes in one look", "make it smaller, or move it away"),
        );
        let why = FileNotice::FileRefused { why: "Permission denied".to_owned() };
        check(
            FileNotice::FileNotOpened { path: "/p/a".to_owned(), why: Box::new(why.into()) },
            ("could not open /p/a: it is unreadable: Permission denied", "check its permissions, or move it away"),
        );
        check(FileNotice::MoreLines { lines: 1 }, ("… and 1 more line", ""));
    }

    #[test]
    fn settings_that_cannot_be_read_are_told_in_whole() {
        let why = FileNotice::SettingsBroken { place: "/s.json:3:1".to_owned(), why: "trailing comma".to_owned() };
        let notice = FileNotice::SettingsNotRead { why: Box::new(why.into()) }.into();
        assert_eq!(
            super::super::sentences(&notice, Front::Command),
            "/s.json:3:1 does not hold settings: trailing comma; Rekindle leaves the file alone and uses the default \
             settings. Fix the file, or move it away."
        );
    }
}
