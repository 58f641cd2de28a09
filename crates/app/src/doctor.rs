//! What is wrong, and how to mend it.
//!
//! Invariant: looking has no side effect on the engine or the files; each finding that is not well
//! says what to do.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use rekindle_domain::{
    EngineChoice, EngineMode, EngineState, Finding, FindingLevel, Fingerprint, Leftover, RowState, chain,
};
use rekindle_opencode::Profile;
use tokio::{process::Command, time::timeout};

use crate::{
    edit::record::Strays,
    engine::{
        client::{PASSWORD_VARIABLE, USERNAME_VARIABLE},
        descendants::{self, EndError, Process},
        find,
        output::last_words,
    },
    error::{Tell, problem_error},
    files::file::create_private_dir,
    state::{history::History, settings},
    workspace::{look::Observation, target::Target},
};

/// Looks at everything that can be wrong.
pub async fn examine(target: &Target, observation: &Observation, choice: &EngineChoice) -> Vec<Finding> {
    let mut findings = vec![binary(choice).await, engine(target, observation), state_folder(target)];
    findings.extend(directory(target));
    findings.extend(unread_settings(target));
    findings.extend(changes(target));
    findings.extend(said(target, observation));
    findings.extend(processes(target));
    findings.extend(observation.problems.iter().map(|problem| {
        let error = problem_error(problem);
        finding(FindingLevel::Error, "Configuration", error.message, &error.hint)
    }));
    if observation.problems.is_empty() && target.places.is_there() {
        let files = target.places.config_files().into_iter().filter(|config| config.path.exists()).count();
        findings.push(finding(FindingLevel::Ok, "Configuration", format!("{files} files, all would load"), ""));
    }
    findings.extend(unread(observation));
    findings.extend(contested(observation));
    findings.extend(observation.failures.iter().map(|(id, message)| {
        let hint = "mend the plugin or remove it; then reload (a restart of the engine is needed)";
        finding(FindingLevel::Error, "Plugin", format!("{id}: {message}"), hint)
    }));
    findings
}

/// What is found of one thing, in one line, whatever is named in it.
fn finding(level: FindingLevel, title: &str, message: String, hint: &str) -> Finding {
    let line = |text: &str| text.split(['\n', '\r']).map(str::trim).collect::<Vec<_>>().join(" ");
    Finding { level, title: title.to_owned(), message: line(&message), hint: line(hint) }
}

async fn binary(choice: &EngineChoice) -> Finding {
    let title = "Engine program";
    let path = match find::find(choice) {
        Ok(path) => path,
        Err(error) => {
            let told = error.tell();
            return finding(FindingLevel::Error, title, told.message, &told.hint);
        }
    };
    let mut command = Command::new(&path);
    command.env_remove(PASSWORD_VARIABLE).env_remove(USERNAME_VARIABLE);
    command.arg("--version").kill_on_drop(true).stdin(std::process::Stdio::null());
    // The current folder may be gone.
    command.current_dir(path.parent().unwrap_or(Path::new("/")));
    let version = match timeout(Duration::from_secs(10), command.output()).await {
        Ok(Ok(output)) if output.status.success() => String::from_utf8_lossy(&output.stdout).trim().to_owned(),
        _ => {
            let message = format!("{} does not run", path.display());
            return finding(
                FindingLevel::Error,
                title,
                message,
                "install OpenCode again, or choose another in the settings",
            );
        }
    };
    let message = format!("OpenCode {version} ({})", path.display());
    match Profile::for_version(&version).caveat(&version) {
        None => finding(FindingLevel::Ok, title, message, ""),
        Some(caveat) => {
            let hint = format!("{caveat}; what needs a dispose and what a restart may differ");
            finding(FindingLevel::Warning, title, message, &hint)
        }
    }
}

fn engine(target: &Target, observation: &Observation) -> Finding {
    let view = observation.view.as_ref().unwrap_or(&target.view);
    let title = "Engine";
    let message = view.message.clone();
    let at = view.url.clone().unwrap_or_default();
    let (level, text, hint) = match view.state {
        EngineState::Running => (FindingLevel::Ok, format!("runs at {at}"), ""),
        EngineState::Starting => {
            (FindingLevel::Warning, "is starting, or busy loading plugins".to_owned(), "wait a minute")
        }
        EngineState::Stopped => (
            FindingLevel::Warning,
            "is not running".to_owned(),
            "start it: rekindle engine start, or the button on the overview",
        ),
        EngineState::Unreachable => (
            FindingLevel::Error,
            format!("cannot be reached at {at}"),
            "check that it runs and that the address is right",
        ),
        EngineState::Unauthorized => (
            FindingLevel::Error,
            "wants another password".to_owned(),
            "set REKINDLE_ENGINE_PASSWORD to the one it was started with",
        ),
        EngineState::Stuck => (
            FindingLevel::Error,
            "is stuck on a configuration that it could not load when it last read it".to_owned(),
            match observation.problems.is_empty() {
                true => "the files are well by now; restart it: rekindle reload, or the button on the overview",
                false => "mend the files first, then restart it: rekindle reload, or the button on the overview",
            },
        ),
    };
    let message = message.map_or(text.clone(), |message| format!("{text}: {message}"));
    finding(level, title, message, hint)
}

/// What an engine that does not run said last.
fn said(target: &Target, observation: &Observation) -> Option<Finding> {
    let state = observation.view.as_ref().unwrap_or(&target.view).state;
    if state == EngineState::Running || target.view.mode == EngineMode::Client {
        return None;
    }
    let lines = last_words(&target.places, 20);
    let (title, hint) = ("It said".to_owned(), "mend what it complains about, if it does".to_owned());
    // The one finding of several lines.
    (!lines.is_empty()).then(|| Finding { level: FindingLevel::Warning, title, message: lines.join("\n"), hint })
}

/// What is left of engines that have ended, and of instances that were dropped.
fn processes(target: &Target) -> Vec<Finding> {
    let told = |process: Process| {
        let message = format!("process {} is left behind: {}", process.told.pid, process.told.command);
        finding(FindingLevel::Warning, "Process", message, "end it with: rekindle doctor --end-leftovers")
    };
    left_behind(target).into_iter().map(told).collect()
}

/// The processes that engines of the directory left behind.
fn left_behind(target: &Target) -> Vec<Process> {
    if target.view.mode == EngineMode::Client {
        return Vec::new();
    }
    descendants::left_behind(&target.places, &History::of(&target.places).orphans())
}

/// Ends processes that engines of the directory left behind, and no others; for each, how that went.
pub async fn end_leftovers(
    target: &Target,
    is_meant: impl Fn(&Leftover) -> bool,
) -> Vec<(Leftover, Result<(), EndError>)> {
    let meant = left_behind(target).into_iter().filter(|process| is_meant(&process.told));
    let ends = meant.map(async |process| (process.told.clone(), descendants::end(&process).await));
    futures_util::future::join_all(ends).await
}

fn state_folder(target: &Target) -> Finding {
    let folder = &target.places.state;
    let tried = create_private_dir(folder).and_then(|()| tempfile::tempfile_in(folder).map(drop));
    match tried {
        Ok(()) => finding(FindingLevel::Ok, "State folder", folder.display().to_string(), ""),
        Err(error) => {
            let message = format!("{} cannot be written: {}", folder.display(), chain(&error));
            finding(FindingLevel::Error, "State folder", message, "check its permissions and the free disk space")
        }
    }
}

fn directory(target: &Target) -> Option<Finding> {
    let directory = &target.places.directory;
    let hint = "bring it back (rekindle undo, if Rekindle moved it), or stop its engine: rekindle engine stop";
    let told = || finding(FindingLevel::Error, "Directory", format!("{} is not there", directory.display()), hint);
    (!target.places.is_there()).then(told)
}

fn unread_settings(target: &Target) -> Option<Finding> {
    let hint = "mend the file, or move it away";
    settings::look(&target.places).1.map(|unread| finding(FindingLevel::Warning, "Settings", unread, hint))
}

/// What is kept of changes and leads nowhere.
fn changes(target: &Target) -> Vec<Finding> {
    /// So many are named.
    const MOST: usize = 10;
    let strays = match Strays::of(&target.places) {
        Ok(strays) => strays,
        Err(error) => {
            let told = error.tell();
            return vec![finding(FindingLevel::Error, "Undo", told.message, &told.hint)];
        }
    };
    let unreadable = |path: PathBuf| {
        let message = format!("how to take a change back cannot be read: {}", path.display());
        let hint = "what it removed is in the trash; when it is the last one, pass over it with: rekindle undo --leave";
        finding(FindingLevel::Warning, "Undo", message, hint)
    };
    let mut findings: Vec<_> = strays.records.into_iter().map(unreadable).collect();
    let count = strays.trash.len();
    if count > 0 {
        let named: Vec<_> = strays.trash.iter().take(MOST).map(|path| path.display().to_string()).collect();
        let more = if count > MOST { format!(", and {} more", count - MOST) } else { String::new() };
        let things = if count == 1 { "one thing is".to_owned() } else { format!("{count} things are") };
        let message = format!("{things} there that no undo refers to: {}{more}", named.join(", "));
        let hint = "take out what you need and remove the rest; Rekindle never empties it";
        findings.push(finding(FindingLevel::Ok, "Trash", message, hint));
    }
    findings
}

fn unread(observation: &Observation) -> impl Iterator<Item = Finding> {
    observation.scan.rows.iter().filter_map(|row| {
        let RowState::NotRead { why } = &row.state else { return None };
        let message = format!("{} is not read: {why}", row.place);
        Some(finding(FindingLevel::Warning, "Not read", message, "mend or move the file"))
    })
}

fn contested(observation: &Observation) -> impl Iterator<Item = Finding> {
    let contested = observation.scan.disk.contested_skills.iter();
    let differs = |prints: &[Fingerprint]| prints.windows(2).any(|pair| matches!(pair, [one, other] if one != other));
    contested.filter(move |(_, prints)| differs(prints)).map(|(name, _)| {
        let rows = observation.scan.rows.iter().filter(|row| row.name == *name && row.copy.is_none());
        let places: Vec<_> = rows.map(|row| Path::new(&row.source).display().to_string()).collect();
        let message = format!("the skill “{name}” is there more than once: {}", places.join(", "));
        finding(FindingLevel::Warning, "Skill", message, "remove all but one: the engine picks one at random")
    })
}
