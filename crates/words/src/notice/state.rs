//! The state folder, its locks and records, and what is left of work that was cut off.

use rekindle_domain::{AfterCut, Notice, StateNotice, Untold};

use super::{Front, hint_or};
use crate::text::counted;

pub(super) fn said(notice: &StateNotice, front: Front) -> String {
    let told = |why: &Notice| super::said(why, front);
    match notice {
        StateNotice::KeptLinkBroken { path, target } => {
            unreadable(path, &format!("it is a link to {target}, which leads to no folder"))
        }
        StateNotice::KeptNotAFolder { path, why } | StateNotice::KeptForbidden { path, why } => unreadable(path, why),
        StateNotice::KeptUnreadable { path, why } => unreadable(path, &told(why)),
        StateNotice::StateUnusable { path, why } => format!("the state folder {path} cannot be used: {}", told(why)),
        StateNotice::JournalNotWritten { path, why } => {
            format!("could not write to the state folder {path}: {}", told(why))
        }
        StateNotice::StateLost { path } => format!(
            "the folder {path} was deleted, moved or replaced while the engine ran; the engine was stopped, because \
             nobody could have reached it any more, and there may be another one"
        ),
        StateNotice::ReloadTurnLost { path } => {
            format!("the folder {path} was deleted, moved or replaced meanwhile; another reload may be under way")
        }
        StateNotice::ReloadCutOff { shows, untold } => {
            let shows = match shows {
                AfterCut::All => "the engine now shows all of it",
                AfterCut::NothingPending => "nothing is pending, but not all of it can be proved any more",
                AfterCut::StillPending => "some of it is still pending",
            };
            let untold = match untold {
                Untold::Nobody => String::new(),
                Untold::These { count } => {
                    format!("; {} not told to go on", were(&counted(*count, "interrupted session"), *count))
                }
                Untold::All => "; interrupted sessions were not told to go on".to_owned(),
            };
            format!("Rekindle ended in the middle of this reload; {shows}{untold}")
        }
        StateNotice::ReloadWaits => "a reload that waited until nothing was running was cut off".to_owned(),
    }
}

fn unreadable(path: &str, why: &str) -> String {
    format!("what Rekindle keeps in {path} is unreadable: {why}")
}

fn were(what: &str, count: usize) -> String {
    format!("{what} {}", if count == 1 { "was" } else { "were" })
}

pub(super) fn hint(notice: &StateNotice, front: Front) -> String {
    let hint = match (notice, front) {
        (StateNotice::KeptLinkBroken { .. } | StateNotice::KeptNotAFolder { .. }, _) => {
            "nothing was changed; move away what is in the folder's place"
        }
        (StateNotice::KeptForbidden { .. }, Front::Command) => {
            "nothing was changed; make it readable again (chmod -R u+rwX), or ask its owner"
        }
        (StateNotice::KeptForbidden { .. }, Front::Window) => {
            "nothing was changed; make it readable again, or ask its owner"
        }
        (StateNotice::KeptUnreadable { why, .. }, _) => {
            return hint_or(why, front, "nothing was changed; check what it is, and the disk that it is on");
        }
        (StateNotice::StateUnusable { why, .. } | StateNotice::JournalNotWritten { why, .. }, _) => {
            return hint_or(why, front, "check the permissions of the state folder and the free disk space");
        }
        (StateNotice::StateLost { .. }, Front::Command) => "start the engine again with: rekindle engine start",
        (StateNotice::StateLost { .. }, Front::Window) => "start the engine again on the Overview page",
        (StateNotice::ReloadTurnLost { .. }, _) => "reload again",
        (StateNotice::ReloadCutOff { shows: AfterCut::StillPending, .. }, _) => "reload again for the rest",
        (StateNotice::ReloadWaits, Front::Command) => "go on with it: rekindle reload --when-idle",
        (StateNotice::ReloadCutOff { .. } | StateNotice::ReloadWaits, _) => "",
    };
    hint.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_off_reload_says_what_is_left() {
        let check = |shows, untold, expected: &str| {
            let said = said(&StateNotice::ReloadCutOff { shows, untold }, Front::Window);
            assert_eq!(said, format!("Rekindle ended in the middle of this reload; {expected}"));
        };
        check(AfterCut::All, Untold::Nobody, "the engine now shows all of it");
        let one = "some of it is still pending; 1 interrupted session was not told to go on";
        check(AfterCut::StillPending, Untold::These { count: 1 }, one);
        let two = "some of it is still pending; 2 interrupted sessions were not told to go on";
        check(AfterCut::StillPending, Untold::These { count: 2 }, two);
        let all = "nothing is pending, but not all of it can be proved any more; interrupted sessions were not told to \
                   go on";
        check(AfterCut::NothingPending, Untold::All, all);
    }
}
