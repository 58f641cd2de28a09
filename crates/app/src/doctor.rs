//! What is wrong, and how to fix it.
//!
//! Invariant: looking has no side effect on the engine or the files; each finding that is not well
//! says what to do.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use rekindle_domain::{
    DoctorNotice, EngineChoice, EngineMode, EngineState, Examined, Finding, FindingLevel, Fingerprint, Leftover,
    Notice, RowState, UserError,
};
use rekindle_opencode::Profile;
use tokio::{process::Command, time::timeout};

use crate::{
    edit::record::Strays,
    engine::{
        client::{PASSWORD_VARIABLE, USERNAME_VARIABLE},
        descendants::{self, Process},
        find,
        output::last_words,
    },
    error::{cause, problem_error},
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
    let problems = observation.problems.iter();
    findings.extend(
        problems.map(|problem| found(FindingLevel::Error, Examined::Configuration, problem_error(problem).what)),
    );
    if observation.problems.is_empty() && target.places().is_there() {
        let files = target.places().config_files().into_iter().filter(|config| config.path.exists()).count();
        findings.push(found(FindingLevel::Ok, Examined::Configuration, DoctorNotice::ConfigurationFine { files }));
    }
    findings.extend(unread(observation));
    findings.extend(contested(observation));
    findings.extend(observation.failures.iter().map(|(id, why)| {
        let failed = DoctorNotice::ItemFailed { item: id.to_string(), why: Box::new(why.clone()) };
        found(FindingLevel::Error, Examined::Plugin, failed)
    }));
    findings
}

fn found(level: FindingLevel, subject: Examined, what: impl Into<Notice>) -> Finding {
    Finding { level, title: DoctorNotice::Examined { subject }.into(), what: what.into() }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

async fn binary(choice: &EngineChoice) -> Finding {
    let subject = Examined::Program;
    let path = match find::find(choice) {
        Ok(path) => path,
        Err(error) => return found(FindingLevel::Error, subject, error.what),
    };
    let mut command = Command::new(&path);
    command.env_remove(PASSWORD_VARIABLE).env_remove(USERNAME_VARIABLE);
    command.arg("--version").kill_on_drop(true).stdin(std::process::Stdio::null());
    // The current folder may be gone.
    command.current_dir(path.parent().unwrap_or(Path::new("/")));
    let version = match timeout(Duration::from_secs(10), command.output()).await {
        Ok(Ok(output)) if output.status.success() => String::from_utf8_lossy(&output.stdout).trim().to_owned(),
        _ => return found(FindingLevel::Error, subject, DoctorNotice::ProgramFails { path: shown(&path) }),
    };
    let caveat = Profile::for_version(&version).caveat(&version).map(|caveat| Box::new(Notice::from(caveat)));
    let level = if caveat.is_some() { FindingLevel::Warning } else { FindingLevel::Ok };
    found(level, subject, DoctorNotice::ProgramRuns { version, path: shown(&path), caveat })
}

fn engine(target: &Target, observation: &Observation) -> Finding {
    let view = observation.view.as_ref().unwrap_or(&target.engine.view);
    let level = match view.state {
        EngineState::Running => FindingLevel::Ok,
        EngineState::Starting | EngineState::Stopped => FindingLevel::Warning,
        EngineState::Unreachable | EngineState::Unauthorized | EngineState::Stuck => FindingLevel::Error,
    };
    let is = DoctorNotice::EngineIs {
        state: view.state,
        url: view.url.clone().unwrap_or_default(),
        has_problems: !observation.problems.is_empty(),
        why: view.message.clone().map(Box::new),
    };
    found(level, Examined::Engine, is)
}

/// What an engine that does not run said last.
fn said(target: &Target, observation: &Observation) -> Option<Finding> {
    let state = observation.view.as_ref().unwrap_or(&target.engine.view).state;
    if state == EngineState::Running || target.engine.view.mode == EngineMode::Client {
        return None;
    }
    let lines = last_words(target.places(), 20);
    let said = || DoctorNotice::EngineSaid { text: lines.join("\n") };
    (!lines.is_empty()).then(|| found(FindingLevel::Warning, Examined::Output, said()))
}

/// What is left of engines that have ended, and of instances that were dropped.
fn processes(target: &Target) -> Vec<Finding> {
    let told = |Process { told, .. }: Process| {
        let left = DoctorNotice::ProcessLeft { pid: told.pid, command: told.command };
        found(FindingLevel::Warning, Examined::Process, left)
    };
    left_behind(target).into_iter().map(told).collect()
}

/// The processes that engines of the directory left behind.
fn left_behind(target: &Target) -> Vec<Process> {
    if target.engine.view.mode == EngineMode::Client {
        return Vec::new();
    }
    descendants::left_behind(target.places(), &History::of(target.places()).orphans())
}

/// Ends processes that engines of the directory left behind, and no others; for each, how that went.
pub async fn end_leftovers(
    target: &Target,
    is_meant: impl Fn(&Leftover) -> bool,
) -> Vec<(Leftover, Result<(), UserError>)> {
    let meant = left_behind(target).into_iter().filter(|process| is_meant(&process.told));
    let ends = meant.map(async |process| (process.told.clone(), descendants::end(&process).await));
    futures_util::future::join_all(ends).await
}

fn state_folder(target: &Target) -> Finding {
    let (folder, subject) = (&target.places().state, Examined::State);
    let tried = create_private_dir(folder).and_then(|()| tempfile::tempfile_in(folder).map(drop));
    match tried {
        Ok(()) => found(FindingLevel::Ok, subject, DoctorNotice::StateWritable { path: shown(folder) }),
        Err(error) => {
            let why = cause(&error);
            found(FindingLevel::Error, subject, DoctorNotice::StateNotWritable { path: shown(folder), why })
        }
    }
}

fn directory(target: &Target) -> Option<Finding> {
    let gone = || DoctorNotice::DirectoryGone { path: shown(&target.places().directory) };
    (!target.places().is_there()).then(|| found(FindingLevel::Error, Examined::Directory, gone()))
}

fn unread_settings(target: &Target) -> Option<Finding> {
    settings::look(target.places()).1.map(|unread| found(FindingLevel::Warning, Examined::Settings, unread))
}

/// What is kept of changes and leads nowhere.
fn changes(target: &Target) -> Vec<Finding> {
    /// So many are named.
    const MOST: usize = 10;
    let strays = match Strays::of(target.places()) {
        Ok(strays) => strays,
        Err(error) => return vec![found(FindingLevel::Error, Examined::Undo, error.what)],
    };
    let unreadable =
        |path: PathBuf| found(FindingLevel::Warning, Examined::Undo, DoctorNotice::UndoNotRead { path: shown(&path) });
    let mut findings: Vec<_> = strays.records.into_iter().map(unreadable).collect();
    let count = strays.trash.len();
    if count > 0 {
        let paths = strays.trash.iter().take(MOST).map(|path| shown(path)).collect();
        findings.push(found(FindingLevel::Ok, Examined::Trash, DoctorNotice::TrashUnused { count, paths }));
    }
    findings
}

fn unread(observation: &Observation) -> impl Iterator<Item = Finding> {
    observation.scan.rows.iter().filter_map(|row| {
        let RowState::NotRead { why } = &row.state else { return None };
        let unread = DoctorNotice::RowNotRead { place: row.place.clone(), why: Box::new(why.clone()) };
        Some(found(FindingLevel::Warning, Examined::Unread, unread))
    })
}

fn contested(observation: &Observation) -> impl Iterator<Item = Finding> {
    let contested = observation.scan.disk.contested_skills.iter();
    let differs = |prints: &[Fingerprint]| prints.windows(2).any(|pair| matches!(pair, [one, other] if one != other));
    contested.filter(move |(_, prints)| differs(prints)).map(|(name, _)| {
        let rows = observation.scan.rows.iter().filter(|row| row.name == *name && row.copy.is_none());
        let places = rows.map(|row| shown(Path::new(&row.source))).collect();
        let contested = DoctorNotice::SkillContested { name: name.clone(), places };
        found(FindingLevel::Warning, Examined::Skill, contested)
    })
}
