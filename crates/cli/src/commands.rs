//! One function a command: ask the core, print, and choose the exit code.

mod agent;
mod check;
mod config;
mod mcp;
mod plugin;
mod skill;

use std::{cell::Cell, convert::Infallible, process::ExitCode, time::Duration};

use clap::CommandFactory;
use rekindle_app::{
    doctor,
    edit::{
        self, Removed, Turned,
        last_good::{self, LastGood},
    },
    files::{locate::Places, scan::scan},
    state::{history::History, settings},
    terminal,
    workspace::{
        App,
        look::{Observation, loading, observe, observe_within},
        reload::{Ended, Recovered, last, recover, waits},
        target::Target,
    },
};
use rekindle_domain::{
    AtLeast, Banner, Cause, Consent, EngineState, FindingLevel, Fingerprint, Kind, Phase, Plan, Problem, ReceiptResult,
    Resume, Scope, UndoChoice, UserError, Whose, Wish,
};
use serde::Serialize;
use serde_json::json;

use crate::{
    arguments::{Arguments, Command, ReloadArguments, UndoArguments},
    context, engine, print,
    words::{self, edits, failures},
};

/// Exit code: a reload is required, or not everything is proved.
const PENDING: u8 = 1;
/// Exit code: nothing was touched.
const REFUSED: u8 = 3;

pub(crate) async fn run(arguments: &Arguments) -> ExitCode {
    warn_of_settings(arguments);
    let result = match &arguments.command {
        Command::Engine(command) => engine::run(arguments, command).await,
        Command::Host => match context::places(arguments) {
            Ok(places) => engine::host(&places).await,
            Err(error) => Err(error),
        },
        Command::Status => status(arguments).await,
        Command::Plan => plan(arguments).await,
        Command::Reload(options) => run_reload(arguments, options).await,
        Command::Watch => watch_statuses(arguments).await,
        Command::List { kind } => list(arguments, kind.map(Kind::from)).await,
        Command::Plugin(command) => plugin::run(arguments, command).await,
        Command::Skill(command) => skill::run(arguments, command).await,
        Command::Config(command) => config::run(arguments, command).await,
        Command::Check(options) => check::run(arguments, options),
        Command::Mcp(command) => mcp::run(arguments, command).await,
        Command::Agent(command) => agent::run(arguments, command).await,
        Command::Slash(command) => agent::run_command(arguments, command).await,
        Command::Undo(options) => undo(arguments, options).await,
        Command::History { last } => history(arguments, *last),
        Command::Doctor { end_leftovers } => run_doctor(arguments, *end_leftovers).await,
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Arguments::command(), "rekindle", &mut script);
            terminal::print_own(&String::from_utf8_lossy(&script));
            Ok(ExitCode::SUCCESS)
        }
    };
    result.unwrap_or_else(|error| print::failure(arguments, &error))
}

/// Settings that cannot be read are told with every command: it goes on without what was chosen.
fn warn_of_settings(arguments: &Arguments) {
    let places = context::places_even_if_gone(arguments).ok();
    if let Some(unread) = places.and_then(|places| settings::look(&places).1) {
        print::warn(arguments, &words::note(&unread));
    }
}

/// How long a person is kept waiting for an engine that loads the directory.
const PATIENCE: Duration = Duration::from_secs(15);

async fn look(arguments: &Arguments) -> Result<(Target, Observation), UserError> {
    let target = context::target(arguments).await?;
    finish_cut_off(arguments, &target).await;
    let patience = arguments.wait.map_or(PATIENCE, |_| loading());
    let observation = observe_within(&target, patience).await;
    Ok((target, observation))
}

/// A reload that was cut off is judged before anything else is said.
async fn finish_cut_off(arguments: &Arguments, target: &Target) {
    if let Recovered::Ended(receipt) = recover(target, false).await {
        print::note(arguments, &[vec![words::cut_off(&receipt.id)], words::receipt(&receipt)].concat());
    }
}

async fn status(arguments: &Arguments) -> Result<ExitCode, UserError> {
    let (target, observation) = look(arguments).await?;
    let mut status = observation.status(&target, observation.plan());
    status.notices.extend(waits(&target));
    // Else it was said before.
    status.notices.extend(settings::look(target.places()).1.filter(|_| arguments.json || arguments.quiet));
    let rows = observation.rows(target.places());
    status.past = observation.past(last(&target, &observation).as_ref(), &rows);
    let difference = observation.differences();
    print::result(arguments, &status, || words::status(&status, &rows, &|change| difference(change.id.as_str())));
    // A file that would not load is on disk and not in the engine, too.
    Ok(match status.engine.state {
        EngineState::Unreachable | EngineState::Unauthorized | EngineState::Starting => ExitCode::from(print::ERROR),
        _ if observation.fault.is_some() => ExitCode::from(print::ERROR),
        EngineState::Stuck => ExitCode::from(PENDING),
        _ if status.reload_required || !status.problems.is_empty() => ExitCode::from(PENDING),
        _ => ExitCode::SUCCESS,
    })
}

/// What `plan --json` prints.
#[derive(Serialize)]
struct Planned<'a> {
    #[serde(flatten)]
    plan: &'a Plan,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    warnings: &'a [Problem],
}

async fn plan(arguments: &Arguments) -> Result<ExitCode, UserError> {
    let target = context::running(arguments).await?;
    finish_cut_off(arguments, &target).await;
    let observation = observe(&target).await;
    if let Some(problem) = observation.problems.first() {
        return Err(rekindle_app::error::problem_error(problem));
    }
    let view = observation.view.as_ref().unwrap_or(&target.engine.view);
    if observation.answers.is_none() && view.state != EngineState::Stuck {
        // Without its answer nobody knows what would change.
        return Err(failures::no_answer(view.message.as_ref()));
    }
    let (plan, warnings) = (target.plan(&observation).await, &observation.scan.warnings[..]);
    print::result(arguments, &Planned { plan: &plan, warnings }, || {
        let difference = observation.differences();
        words::plan(&plan, warnings, &|change| difference(change.id.as_str()))
    });
    Ok(if plan.changes.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(PENDING) })
}

async fn watch_statuses(arguments: &Arguments) -> Result<ExitCode, UserError> {
    let places = context::places(arguments)?;
    if let Some(url) = &arguments.engine {
        context::check(arguments, &places, url)?;
    }
    let app = App::start(places, context::source(arguments), 0);
    let mut states = app.watch();
    let mut last = None;
    loop {
        let status = states.borrow_and_update().status.clone();
        if app.has_looked() && last.as_ref() != Some(&status) {
            if !print::line(&status) {
                // Nobody reads any more.
                return Ok(ExitCode::SUCCESS);
            }
            last = Some(status);
        }
        tokio::select! {
            changed = states.changed() => if changed.is_err() { return Ok(ExitCode::SUCCESS) },
            _ = tokio::signal::ctrl_c() => return Ok(ExitCode::SUCCESS),
        }
    }
}

async fn run_reload(arguments: &Arguments, options: &ReloadArguments) -> Result<ExitCode, UserError> {
    let target = context::running(arguments).await?;
    finish_cut_off(arguments, &target).await;
    let wish = Wish {
        resume: if options.resume { Resume::All } else { Resume::None },
        consent: match (options.force, options.when_idle) {
            (true, _) => Consent::Force,
            (_, true) => Consent::WhenIdle,
            _ => Consent::IfIdle,
        },
        at_least: if options.restart { AtLeast::Restart } else { AtLeast::WhatIsPending },
        agreed: options.plan.as_deref().map(fingerprint).transpose()?,
        patience: options.timeout,
        whose: if options.yes { Whose::Anyones } else { Whose::Ours },
        ..Wish::new(Cause::Command)
    };
    let app = App::for_one_reload(target, context::source(arguments));
    let cancels = app.clone();
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            cancels.cancel().await;
            // A second one ends the program; the engine's owner is another process.
            if tokio::signal::ctrl_c().await.is_ok() {
                std::process::exit(130);
            }
        }
    });
    let (is_told, said) = (print::tells_progress(arguments), Cell::new(None));
    let told = move |phase: &Phase| {
        let step = phase.step_name().filter(|step| said.replace(Some(*step)) != Some(*step));
        step.filter(|_| is_told).into_iter().for_each(|step| terminal::tell(words::step(step)));
    };
    let ended = tokio::select! {
        ended = app.reload_to_the_end(wish, told) => ended,
        never = tell_installs(arguments, &app) => match never {},
    };
    let mut ended = ended.ok_or_else(failures::ended_early)?;
    tokio::select! {
        () = app.settle(&mut ended, |receipt| print::progress(arguments, &words::waits(receipt))) => {}
        // It is done; who does not want to know the rest is told what is known.
        _ = tokio::signal::ctrl_c() => {}
    }
    Ok(report(arguments, &ended))
}

/// Tells what the engine installs for a reload, as long as it does.
async fn tell_installs(arguments: &Arguments, app: &App) -> Infallible {
    let (mut states, mut before) = (app.watch(), None);
    loop {
        let now = match &states.borrow_and_update().banner {
            Banner::Reloading { progress, .. } => progress.installing.clone(),
            _ => None,
        };
        if let Some(now) = now.as_ref().filter(|now| before.as_ref() != Some(*now)) {
            print::progress(arguments, &words::installing(now));
        }
        before = now;
        if states.changed().await.is_err() {
            return std::future::pending().await;
        }
    }
}

fn report(arguments: &Arguments, ended: &Ended) -> ExitCode {
    let error = reload_error(&ended.phase);
    let mut value = serde_json::to_value(&ended.receipt).unwrap_or_default();
    if let (Some(error), Some(fields)) = (&error, value.as_object_mut()) {
        fields.insert("error".to_owned(), json!(error));
    }
    let is_answer = error.is_none() || arguments.json;
    if is_answer {
        print::result(arguments, &value, || words::receipt(&ended.receipt));
    } else if let Some(error) = &error {
        print::failure(arguments, error);
    }
    ExitCode::from(match ended.receipt.result {
        ReceiptResult::Proved if ended.receipt.still_pending.iter().any(|change| change.action.needs_reload()) => {
            PENDING
        }
        ReceiptResult::Proved => 0,
        ReceiptResult::Partial => PENDING,
        ReceiptResult::Failed => print::ERROR,
        ReceiptResult::Refused => REFUSED,
    })
}

/// Why a reload did not get to its end, and what to do.
fn reload_error(phase: &Phase) -> Option<UserError> {
    match phase {
        Phase::Failed { failure, .. } => Some(failure.clone().error()),
        Phase::Refused { refusal, .. } => Some(refusal.clone().error()),
        _ => None,
    }
}

fn fingerprint(text: &str) -> Result<Fingerprint, UserError> {
    serde_json::from_value(json!(text)).map_err(|_| failures::bad_plan())
}

async fn list(arguments: &Arguments, kind: Option<Kind>) -> Result<ExitCode, UserError> {
    let (target, observation) = look(arguments).await?;
    if let Some(fault) = &observation.fault {
        return Err(fault.into());
    }
    let mut rows = observation.rows(target.places());
    rows.retain(|row| kind.is_none_or(|kind| row.kind == kind));
    print::result(arguments, &rows, || words::rows(&rows));
    Ok(ExitCode::SUCCESS)
}

fn scope(global: bool) -> Scope {
    if global { Scope::Global } else { Scope::Project }
}

fn remove(arguments: &Arguments, places: &Places, kind: Kind, name: &str, scope: Scope) -> Result<(), UserError> {
    let rows = scan(places, None)?.rows;
    let row = edit::find(&rows, kind, name, scope)?;
    let removed = edit::remove(places, row)?;
    print_removed(arguments, places, row.kind, &row.name, &removed);
    Ok(())
}

fn print_removed(arguments: &Arguments, places: &Places, kind: Kind, name: &str, removed: &Removed) {
    if let Some(remark) = &removed.remark {
        print::warn(arguments, &words::note(remark));
    }
    let text = edits::removed(kind, name, &places.short(&removed.path));
    print_change(arguments, &json!({ "undo": removed.token, "path": removed.path }), text);
}

/// Skills or an agent are turned on or off.
fn print_turned(arguments: &Arguments, places: &Places, names: &[String], on: bool, turned: &Turned) {
    let operation = turned.operation.as_ref();
    let file = operation.map(|operation| places.short(&operation.path));
    let value = json!({ "undo": operation.map(|one| &one.token), "path": operation.map(|one| &one.path) });
    turned.remark.iter().for_each(|remark| print::warn(arguments, &words::note(remark)));
    print_change(arguments, &value, edits::turned(names, on, file.as_deref()));
}

fn print_change(arguments: &Arguments, value: &serde_json::Value, text: String) {
    print::result(arguments, value, || vec![text]);
}

async fn undo(arguments: &Arguments, options: &UndoArguments) -> Result<ExitCode, UserError> {
    if options.last_good {
        return restore(arguments);
    }
    let places = context::places_even_if_gone(arguments)?;
    let choice = match (options.ours, options.before, options.leave) {
        (true, _, _) => Some(UndoChoice::Ours),
        (_, true, _) => Some(UndoChoice::Before),
        (_, _, true) => Some(UndoChoice::Leave),
        _ => None,
    };
    let path = edit::undo(&places, None, choice)?;
    print::result(arguments, &json!({ "path": path }), || vec![edits::undone(choice, &path.to_string_lossy())]);
    Ok(ExitCode::SUCCESS)
}

fn restore(arguments: &Arguments) -> Result<ExitCode, UserError> {
    let places = context::places_of_engine(arguments)?;
    let last_good = LastGood::of(&places);
    // After a fault in reading all files, the configuration files alone are looked at and put back.
    let seen = scan(&places, None).unwrap_or_default();
    last_good.check()?;
    let offer = last_good.offer(&seen).ok_or_else(last_good::nothing);
    let restored = offer.and_then(|offer| last_good.restore(&offer.id))?;
    print::result(arguments, &restored, || edits::restored(&restored));
    Ok(ExitCode::SUCCESS)
}

fn history(arguments: &Arguments, last: usize) -> Result<ExitCode, UserError> {
    let history = History::of(&context::places_even_if_gone(arguments)?);
    history.check()?;
    let receipts = history.last(last);
    match history.passed_over() {
        0 => {}
        number => print::warn(arguments, &words::passed_over(number)),
    }
    print::result(arguments, &receipts, || words::history(&receipts));
    Ok(ExitCode::SUCCESS)
}

async fn run_doctor(arguments: &Arguments, end_leftovers: bool) -> Result<ExitCode, UserError> {
    let places = context::places_even_if_gone(arguments)?;
    // An engine that is asked for a directory loads it, whether it is there or not.
    let (target, observation) = match (places.is_there(), &arguments.engine) {
        (true, _) | (false, Some(_)) => look(arguments).await?,
        (false, None) => (Target::by_record(&places), Observation::default()),
    };
    if end_leftovers {
        for (process, result) in doctor::end_leftovers(&target, |_| true).await {
            result?;
            print::progress(arguments, &words::ended(&process));
        }
    }
    let findings = doctor::examine(&target, &observation, &settings::read(target.places()).engine).await;
    print::result(arguments, &findings, || words::findings(&findings));
    let bad = findings.iter().any(|finding| finding.level == FindingLevel::Error);
    Ok(if bad { ExitCode::from(print::ERROR) } else { ExitCode::SUCCESS })
}
