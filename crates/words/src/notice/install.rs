//! Where skills come from: what was pasted, what was fetched, and what is in it.

use rekindle_domain::{EntryFault, InstallNotice};

use super::Front;

/// Every form that is understood.
const FORMS: &str = "use a path, an https address, owner/repository, a git address, npm:package, or a whole command such as \
                     “npx skills add owner/repository”";

pub(super) fn said(notice: &InstallNotice, front: Front) -> String {
    let fixed = match notice {
        InstallNotice::SourceEmpty => "no source was given",
        InstallNotice::SourceNotText => "the source is too long, or contains control characters",
        InstallNotice::SourceNotUnderstood { text } => return format!("“{text}” is not a source that Rekindle knows"),
        InstallNotice::SourceOnlyName { name } => return format!("“{name}” does not say where the skill comes from"),
        InstallNotice::SourceOtherPage { host } => {
            return format!("this page of {host} does not show a repository, a folder or a SKILL.md");
        }
        InstallNotice::SourcePlain { url } => return format!("{url} is not encrypted"),
        InstallNotice::SourceScheme { scheme } => return format!("{scheme}: addresses are not supported"),
        InstallNotice::SourceBadRevision { revision } => {
            return format!("“{revision}” cannot be the name of a branch, a tag or a commit");
        }
        InstallNotice::SourceBadPackage { package } => return format!("“{package}” cannot be an npm package"),
        InstallNotice::SourceBadFolder { folder } => return format!("the folder “{folder}” leads out of the source"),
        InstallNotice::SourceSeveralCommands => "this is more than one command",
        InstallNotice::SourceSeveral { sources } => {
            return format!("this names several sources: {}", sources.join(", "));
        }
        InstallNotice::SourceOtherCommand { command } => return format!("“{command} …” does not install a skill"),
        InstallNotice::SourceMissing { path } => return format!("{path} does not exist"),
        InstallNotice::NoArchive { path } => {
            return format!("{path} is neither a folder, a SKILL.md nor an archive that Rekindle can read");
        }
        InstallNotice::ArchiveBroken { why } => {
            return format!("the archive is damaged or incomplete: {}", super::said(why, front));
        }
        InstallNotice::ArchiveTooLarge { mebibytes } => return format!("the archive is larger than {mebibytes} MiB"),
        InstallNotice::EntryRefused { entry, why } => return refused(entry, why),
        InstallNotice::FetcherMissing { tool } => return format!("{tool} is not installed"),
        InstallNotice::FetchFailed { from, why } => return format!("could not download {from}: {why}"),
        InstallNotice::FetchSlow { from, seconds } => {
            return format!("downloading {from} took longer than {seconds} s");
        }
        InstallNotice::FetchStopped { from } => return format!("downloading {from} was cancelled"),
        InstallNotice::IndexUnknown { schema } => {
            return format!("the site's index of skills has a format that Rekindle does not know (“{schema}”)");
        }
        InstallNotice::IndexTooLong { most } => return format!("the site's index names more than {most} skills"),
        InstallNotice::IndexBadEntry { name } => {
            return format!("the site's index has no address for “{name}”, or an unsafe one");
        }
        InstallNotice::DigestMismatch { name } => {
            return format!("“{name}” does not match its digest in the site's index");
        }
        InstallNotice::PreviewGone => "this preview has expired",
        InstallNotice::FetchTooLarge { from, mebibytes } => return format!("{from} is larger than {mebibytes} MiB"),
        InstallNotice::NoSuchRevision { remote, revision } => {
            return format!("{remote} has no branch, tag or commit “{revision}”");
        }
        InstallNotice::NoSuchFolder { folder } => return format!("the source has no folder “{folder}”"),
        InstallNotice::NoSkills => "the source has no folder with a SKILL.md",
        InstallNotice::SeveralSkills { names } => {
            return format!("the source has {} skills: {}", names.len(), names.join(", "));
        }
        InstallNotice::NoSource { name } => return format!("the source of {name} is not known"),
        InstallNotice::LockBroken { path, why: Some(why) } => return format!("{path} is not JSON: {why}"),
        InstallNotice::LockBroken { path, why: None } => return format!("{path} is not a lock file of skills"),
        InstallNotice::LockUnknown { path } => {
            return format!("{path} has a version that Rekindle does not know, so it was left as it is");
        }
        InstallNotice::NoSuchSkill { name, names } => {
            return format!("the source has no skill “{name}”, only {}", names.join(", "));
        }
    };
    fixed.to_owned()
}

fn refused(entry: &str, why: &EntryFault) -> String {
    match why {
        EntryFault::Outside => format!("{entry} leads out of the folder"),
        EntryFault::Absolute => format!("{entry} is an absolute path"),
        EntryFault::Link { to } => format!("{entry} is a link to {to}, which is not a file of the skill"),
        EntryFault::HardLink => format!("{entry} is a hard link"),
        EntryFault::Special => format!("{entry} is not a plain file"),
        EntryFault::Repository => format!("{entry} is part of a repository, which could make other programs run code"),
        EntryFault::BadName => format!("{entry} cannot be a file name on every system"),
        EntryFault::Reserved => format!("{entry} is the name of a device on Windows"),
        EntryFault::Twice => format!("{entry} is there twice"),
        EntryFault::Clash { with } => format!("{entry} and {with} are the same name on some systems"),
        EntryFault::TooLong => format!("the path {entry} is too long"),
        EntryFault::Encrypted => format!("{entry} is encrypted"),
    }
}

pub(super) fn hint(notice: &InstallNotice, front: Front) -> String {
    let fixed = match (notice, front) {
        (
            InstallNotice::SourceEmpty
            | InstallNotice::SourceNotText
            | InstallNotice::SourceNotUnderstood { .. }
            | InstallNotice::SourceScheme { .. },
            _,
        ) => FORMS,
        (InstallNotice::SourceOnlyName { name }, _) if name.starts_with('@') => {
            return format!("use npm:{name} for the npm package");
        }
        (InstallNotice::SourceOnlyName { name }, _) => {
            return format!(
                "use npm:{name} for the npm package, ./{name} for the folder, or owner/{name} for a repository"
            );
        }
        (InstallNotice::SourceOtherPage { .. }, _) => "use the address of the repository, or of a folder in it",
        (InstallNotice::SourcePlain { .. }, _) => "use https, or download it yourself and use its path",
        (InstallNotice::SourceBadRevision { .. } | InstallNotice::NoSuchRevision { .. }, _) => {
            "use the name of a branch or a tag, or a whole commit id"
        }
        (InstallNotice::SourceBadPackage { .. }, _) => "use npm:name, npm:@scope/name or npm:name@version",
        (InstallNotice::SourceBadFolder { .. } | InstallNotice::NoSuchFolder { .. }, _) => {
            "check the folder's path in the source"
        }
        (InstallNotice::SourceSeveralCommands | InstallNotice::SourceSeveral { .. }, _) => "install them one at a time",
        (InstallNotice::SourceOtherCommand { .. }, _) => "use the command that adds a skill, or the source alone",
        (InstallNotice::SourceMissing { .. }, _) => "check the path",
        (InstallNotice::NoArchive { .. }, _) => "use a folder with a SKILL.md, or a .zip, .tar, .tar.gz or .skill file",
        (InstallNotice::ArchiveBroken { .. }, _) => "download it again; nothing was installed",
        (InstallNotice::ArchiveTooLarge { .. } | InstallNotice::FetchTooLarge { .. }, _) => {
            "nothing was installed; download it yourself and use the path of the skill's folder"
        }
        (InstallNotice::EntryRefused { .. }, _) => "nothing was installed; ask its author to change that",
        (InstallNotice::FetcherMissing { tool }, _) => {
            return format!("install {tool}, or download the skill yourself and use its path");
        }
        (InstallNotice::FetchFailed { .. }, _) => {
            "check the address, the network and your access to it; nothing was installed"
        }
        (InstallNotice::FetchSlow { .. }, _) => "check the network, then try again; nothing was installed",
        (InstallNotice::FetchStopped { .. }, _) => "",
        (InstallNotice::IndexUnknown { .. }, _) => "update Rekindle, or use the address of the skill itself",
        (InstallNotice::IndexTooLong { .. }, _) => "use the address of the skill itself",
        (InstallNotice::IndexBadEntry { .. }, _) => "tell the site's owner, or use the address of the skill itself",
        (InstallNotice::DigestMismatch { .. }, _) => {
            "it was changed on the way, or the site's index is out of date; nothing was installed"
        }
        (InstallNotice::PreviewGone, _) => "preview the source again; nothing was installed",
        (InstallNotice::NoSkills, _) => "check the address; a skill is a folder with a file named SKILL.md",
        (InstallNotice::LockBroken { .. }, _) => {
            "repair it (a merge may have left conflict markers in it), or move it away; nothing was changed"
        }
        (InstallNotice::LockUnknown { .. }, _) => "",
        (InstallNotice::NoSource { .. }, Front::Command) => "install it again from its source with --yes",
        (InstallNotice::NoSource { .. }, Front::Window) => "remove it, then install it again from its source",
        (InstallNotice::SeveralSkills { .. }, Front::Command) => "choose with --skill NAME, or install all with --all",
        (InstallNotice::NoSuchSkill { .. }, Front::Command) => "choose one of these with --skill NAME",
        (InstallNotice::SeveralSkills { .. } | InstallNotice::NoSuchSkill { .. }, Front::Window) => {
            "use the folder or the address of one of them, such as owner/repository@name"
        }
    };
    fixed.to_owned()
}
