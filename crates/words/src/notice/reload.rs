//! What became of an item in a reload, and how a reload ended.

use rekindle_domain::{Refusal, ReloadNotice};

use super::Front;
use crate::{runs, text};

pub(super) fn said(notice: &ReloadNotice, front: Front) -> String {
    let fixed = match notice {
        ReloadNotice::NotShown => "the engine does not show it",
        ReloadNotice::PendingAgain => "it is pending again",
        ReloadNotice::NoTools => "OpenCode can load none of its tools, because one of them is broken",
        ReloadNotice::NoTool => "OpenCode read it, and found no tool in it",
        ReloadNotice::ChangedAgain => "it changed again during the reload and is pending",
        ReloadNotice::ChangedUnheard => "it changed again before the engine reported on it, and is pending",
        ReloadNotice::NotReported => "the engine reread the file and does not report this value",
        ReloadNotice::Connecting => "it is still connecting",
        ReloadNotice::PluginFailed => "it failed to load, and OpenCode does not say why",
        ReloadNotice::ConfigHookFailed { why } if why.is_empty() => {
            "its config hook failed, and OpenCode does not say why"
        }
        ReloadNotice::ConfigHookFailed { why } => return format!("its config hook failed: {why}"),
        ReloadNotice::NoServers => "the engine does not report the state of its servers",
        ReloadNotice::ToolsNotListed => "the engine has not listed its tools yet",
        ReloadNotice::PluginUnheard => "the engine lists it, but its report of failed plugins was lost",
        ReloadNotice::TurnedOff => "turned off",
        ReloadNotice::ServerNotReached => "it could not be started or reached",
        ReloadNotice::ServerNotStarted => {
            "OpenCode starts no server for this entry: something in it is missing or has the wrong type"
        }
        ReloadNotice::ServerNeedsAuth => "it needs you to sign in",
        ReloadNotice::ServerNeedsClientId => "it needs a client id",
        ReloadNotice::MayNotRestart => "only a restart of the engine helps, and this engine is not ours to restart",
        ReloadNotice::NotDropped => "the engine did not drop the instance",
        ReloadNotice::Worse => "something that worked before no longer works",
        ReloadNotice::Refused { refusal } | ReloadNotice::Stopped { refusal, touched: false } => {
            return refused(refusal, front);
        }
        ReloadNotice::Stopped { refusal, touched: true } => return stopped(refusal, front),
        ReloadNotice::NotStarted { why } | ReloadNotice::Failed { why, .. } => return super::said(why, front),
        ReloadNotice::Then { first, then } => {
            return format!("{}; {}", super::said(first, front), super::said(then, front));
        }
        ReloadNotice::GoodFilesBack { then } => {
            return format!("the last good files are back, and {}", super::said(then, front));
        }
        ReloadNotice::StillLoading { seconds, installs } => {
            let why = match installs.as_slice() {
                [] => "a plugin may take its time".to_owned(),
                some => format!("it has to install {} first", some.join(", ")),
            };
            return format!("OpenCode is still loading this directory after {seconds} s; {why}");
        }
        ReloadNotice::LoadedUnwatched => {
            "this engine has plugins and loaded without Rekindle watching, so Rekindle cannot tell what was removed from \
             its configuration since, or which code changed"
        }
        ReloadNotice::RestartsToKeep { names } => {
            return format!(
                "the engine is restarted rather than reloaded, because OpenCode would lose “{}”: it can read front matter \
                 with an unquoted colon only once per process",
                names.join("”, “")
            );
        }
    };
    fixed.to_owned()
}

pub(super) fn hint(notice: &ReloadNotice, front: Front) -> String {
    match (notice, front) {
        (ReloadNotice::ServerNeedsAuth, Front::Command) => "sign in with: rekindle mcp sign-in NAME".to_owned(),
        (ReloadNotice::ServerNeedsAuth, Front::Window) => "sign in on the MCP servers page".to_owned(),
        (ReloadNotice::ServerNeedsClientId, _) => "set oauth.clientId in its entry".to_owned(),
        (ReloadNotice::NotStarted { .. }, Front::Command) => {
            "see what the engine said with: rekindle doctor".to_owned()
        }
        (ReloadNotice::NotStarted { .. }, Front::Window) => "look at the engine's output in Settings".to_owned(),
        (ReloadNotice::Refused { refusal }, _) => refused_hint(refusal, front),
        (ReloadNotice::Failed { restored: true, .. }, Front::Command) => {
            "the engine is back on the last good files; get the newer files back with: rekindle undo".to_owned()
        }
        (ReloadNotice::Failed { restored: true, .. }, Front::Window) => {
            "the engine is back on the last good files; Undo brings the newer files back".to_owned()
        }
        (ReloadNotice::Failed { restored: false, .. }, Front::Command) => {
            "see what the engine said with: rekindle doctor; then reload again, or restore the last good files with: \
             rekindle undo --last-good"
                .to_owned()
        }
        (ReloadNotice::Failed { restored: false, .. }, Front::Window) => {
            "look at the engine's output in Settings; then reload again, or restore the last good files".to_owned()
        }
        (ReloadNotice::StillLoading { .. }, _) => "wait a minute".to_owned(),
        (ReloadNotice::RestartsToKeep { .. }, _) => "put the description in quotes".to_owned(),
        _ => String::new(),
    }
}

fn refused_hint(refusal: &Refusal, front: Front) -> String {
    let hint = match (refusal, front) {
        (Refusal::Problems { problems }, _) => {
            return problems
                .first()
                .map_or("fix the file, then reload again".to_owned(), |problem| super::hint(&problem.what, front));
        }
        (Refusal::Busy { .. }, Front::Window) => "wait until it ends, or stop it in OpenCode",
        (Refusal::Busy { .. }, Front::Command) => "wait for it with --when-idle, or interrupt it with --force",
        (Refusal::StalePlan { .. }, Front::Window) => "look at what is pending now, then reload again",
        (Refusal::StalePlan { .. }, Front::Command) => "see the new plan with: rekindle plan",
        (Refusal::ClientMode, Front::Window) => "ask whoever runs it to restart it",
        (Refusal::ClientMode, Front::Command) => "ask whoever runs it to reload, or add --yes",
        (Refusal::Cancelled, _) => "nothing was touched",
        (Refusal::AlreadyRunning, Front::Window) => "wait until it ends, or cancel it",
        (Refusal::AlreadyRunning, Front::Command) => "wait for it to finish",
        (Refusal::NotWritten { .. }, _) => "free up disk space, and check the permissions of the state folder",
        (Refusal::CutOff, _) => "nothing was touched; reload again",
    };
    hint.to_owned()
}

/// What stood in the way before anything was touched.
pub fn refused(refusal: &Refusal, front: Front) -> String {
    match refusal {
        Refusal::Problems { problems } => match problems.first() {
            None => "the engine could not load a file".to_owned(),
            Some(problem) => super::placed(problem, front),
        },
        Refusal::Busy { runs } => {
            let titles: Vec<_> = runs.iter().map(runs::name).collect();
            format!("{} {} running", titles.join(", "), text::be(runs.len()))
        }
        Refusal::StalePlan { .. } => "the files changed since the plan was made".to_owned(),
        Refusal::ClientMode => "this engine is someone else's".to_owned(),
        Refusal::Cancelled => "cancelled".to_owned(),
        Refusal::AlreadyRunning => "another reload of this engine is under way".to_owned(),
        Refusal::NotWritten { message } => {
            format!("the reload could not be written down: {}", super::said(message, front))
        }
        Refusal::CutOff => "Rekindle ended before anything was touched".to_owned(),
    }
}

/// The same when the engine was touched already.
fn stopped(refusal: &Refusal, front: Front) -> String {
    let refused = refused(refusal, front);
    match refusal {
        Refusal::Problems { .. } => {
            format!("a file broke during the reload ({refused}); fix it, then reload again")
        }
        Refusal::Busy { .. } => format!("a restart would help, but {refused}"),
        _ => refused,
    }
}
