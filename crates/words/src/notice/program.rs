//! Rekindle's own programs: the window and the command line.

use rekindle_domain::ProgramNotice;

use super::Front;

pub(super) fn said(notice: &ProgramNotice, _front: Front) -> String {
    let fixed = match notice {
        ProgramNotice::WorkEndedEarly => "the work ended early",
        ProgramNotice::ReloadEndedEarly => "the reload ended early",
        ProgramNotice::CannotBegin { why } => return format!("Rekindle cannot start: {why}"),
        ProgramNotice::NoProgram { why } => return format!("Rekindle cannot find its own program: {why}"),
        ProgramNotice::NotAPlan => "that is not the fingerprint of a plan",
        ProgramNotice::OpenElsewhere => "another window shows this folder",
        ProgramNotice::NoWindow { why } => return format!("could not open the window: {why}"),
        ProgramNotice::NoCore => "this window cannot connect to Rekindle",
        ProgramNotice::NoClipboard => "the clipboard is not available",
        ProgramNotice::NoLongerThere { path } => return format!("{path} no longer exists"),
        ProgramNotice::NotShownHere { path } => return format!("{path} is not shown here"),
        ProgramNotice::NotOpened { why } | ProgramNotice::Unforeseen { why } => return why.clone(),
    };
    fixed.to_owned()
}

pub(super) fn hint(notice: &ProgramNotice, front: Front) -> String {
    let hint = match (notice, front) {
        (ProgramNotice::WorkEndedEarly | ProgramNotice::ReloadEndedEarly | ProgramNotice::CannotBegin { .. }, _) => {
            "try again"
        }
        (ProgramNotice::NoProgram { .. }, _) => "reinstall Rekindle",
        (ProgramNotice::NotAPlan, Front::Command) => "copy it from: rekindle plan",
        (ProgramNotice::OpenElsewhere, _) => "it has come to the front",
        (ProgramNotice::NoWindow { .. }, _) => "reinstall Rekindle; if this persists, report it",
        (ProgramNotice::NoCore, _) => "close the window and reopen Rekindle",
        (ProgramNotice::NoClipboard, _) => "allow Rekindle to use the clipboard, then try again",
        (ProgramNotice::NoLongerThere { .. } | ProgramNotice::NotShownHere { .. }, _) => "look at the list again",
        (ProgramNotice::NotOpened { .. }, _) => "open it from your editor or file manager",
        (ProgramNotice::Unforeseen { .. } | ProgramNotice::NotAPlan, _) => "",
    };
    hint.to_owned()
}
