//! `rekindle engine`: an engine in the background, owned by a process of ours.

use std::{
    process::{ExitCode, Stdio},
    time::{Duration, Instant},
};

use rekindle_app::{
    engine::{
        accepted::problems_of_start,
        attach,
        client::{ClientError, PASSWORD_VARIABLE, SHORT, USERNAME_VARIABLE},
        connect,
        control::{self, Request},
        find,
        host::Host,
        mark::MARK,
    },
    error::problem_error,
    files::locate::Places,
    state::{
        record::{Record, Records},
        settings,
    },
    workspace::{App, Source, look, target::Target},
};
use rekindle_domain::{EngineState, UserError};
use tokio::{process::Command, time::sleep};

use crate::{
    arguments::{Arguments, EngineCommand},
    context, print,
    words::{engine as words, failures},
};

/// How long an engine may take to start: the host's own bound, and a little.
const START: Duration = Duration::from_secs(70);
/// How long an engine may take to stop.
const STOP: Duration = Duration::from_secs(20);
/// How often to look whether it has.
const OFTEN: Duration = Duration::from_millis(25);

pub(crate) async fn run(arguments: &Arguments, command: &EngineCommand) -> Result<ExitCode, UserError> {
    let places = match command {
        EngineCommand::Stop | EngineCommand::Info => context::places_even_if_gone(arguments)?,
        EngineCommand::Start | EngineCommand::Attach => context::places(arguments)?,
    };
    if arguments.engine.is_some() {
        return Err(failures::not_ours());
    }
    match command {
        EngineCommand::Start => {
            let record = match Records(&places).record() {
                Some(record) if record.state == EngineState::Running && is_there(&places).await => record,
                Some(record) if record.state == EngineState::Stopped => start_again(arguments, &places).await?,
                Some(_) => await_start(arguments, &places).await?,
                _ => start(arguments, &places).await?,
            };
            show(arguments, &record);
        }
        EngineCommand::Stop => stop(arguments, &places).await?,
        EngineCommand::Info => {
            let record = Records(&places).record().ok_or(control::ControlError::NoOwner)?;
            show(arguments, &record);
        }
        EngineCommand::Attach => return attach(arguments, &places).await,
    }
    Ok(ExitCode::SUCCESS)
}

fn show(arguments: &Arguments, record: &Record) {
    print::result(arguments, record, || {
        let password_file = record.password_file.to_string_lossy();
        words::reach(record.state, &record.version, &record.url, record.pid, &password_file)
    });
}

async fn start(arguments: &Arguments, places: &Places) -> Result<Record, UserError> {
    print::progress(arguments, words::STARTING);
    // So that a missing engine is told here and not in a log.
    let binary = find::find(&settings::read(places).engine)?;
    // The engine would say it, too, and mostly not where.
    if let Some(problem) = problems_of_start(places, &binary).await.first() {
        return Err(problem_error(problem));
    }
    let log = Records(places).begin_log()?;
    let program = std::env::current_exe().map_err(|error| failures::no_program(error.to_string()))?;
    let mut command = Command::new(program);
    command.arg("--directory").arg(&places.directory).arg("__host");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
    // It is nothing of the engine in whose terminal this may have been typed.
    command.env_remove(MARK).env_remove(PASSWORD_VARIABLE).env_remove(USERNAME_VARIABLE);
    // Out of this terminal's reach: Ctrl-C here is not meant for it.
    #[cfg(unix)]
    command.process_group(0);
    let mut owner = command.spawn().map_err(|error| failures::cannot_begin(error.to_string()))?;
    let end = Instant::now() + START;
    loop {
        if let Some(record) = Records(places).record().filter(|record| record.state == EngineState::Running)
            && Records(places).control().is_some_and(|control| Some(control.pid) == owner.id())
        {
            // What is on disk from here on is a change: the instance is loaded before we return.
            look::observe(&Target::by_record(places)).await;
            return Ok(record);
        }
        if let Ok(Some(_)) = owner.try_wait() {
            if Records(places).is_owned() {
                // Somebody else was faster.
                return await_start(arguments, places).await;
            }
            return Err(failures::engine_ended(Records(places).last_of_log().as_deref()));
        }
        if Instant::now() > end {
            return Err(failures::too_slow());
        }
        sleep(OFTEN).await;
    }
}

/// Whether the engine of the record answers, or may yet: one that is busy is there. An owner that was killed holds its lock until its
/// last thread has ended, so that for a moment the record tells of an engine that is gone.
async fn is_there(places: &Places) -> bool {
    match &connect::by_record(places).client {
        Some(client) => {
            matches!(client.health(SHORT).await, Ok(_) | Err(ClientError::TimedOut { .. } | ClientError::Unauthorized))
        }
        None => false,
    }
}

/// Its owner is starting it, or replacing it, or ends: that is waited for.
async fn await_start(arguments: &Arguments, places: &Places) -> Result<Record, UserError> {
    let end = Instant::now() + START;
    while Instant::now() < end {
        match Records(places).record() {
            Some(record) if record.state == EngineState::Running && is_there(places).await => {
                look::observe(&Target::by_record(places)).await;
                return Ok(record);
            }
            Some(record) if record.state == EngineState::Stopped => return start_again(arguments, places).await,
            Some(_) => sleep(OFTEN).await,
            // Whoever owns the directory writes the first record when the engine runs.
            None if Records(places).is_owned() => sleep(OFTEN).await,
            None => return Box::pin(start(arguments, places)).await,
        }
    }
    Err(failures::too_slow())
}

/// The engine ended by itself, and its owner is still there: only the owner may start another one.
async fn start_again(arguments: &Arguments, places: &Places) -> Result<Record, UserError> {
    print::progress(arguments, words::STARTING);
    control::ask(places, Request::Restart).await?;
    look::observe(&Target::by_record(places)).await;
    Ok(Records(places).record().ok_or(control::ControlError::NoOwner)?)
}

async fn stop(arguments: &Arguments, places: &Places) -> Result<(), UserError> {
    control::ask(places, Request::Stop).await?;
    let end = Instant::now() + STOP;
    // The lock ends with the owner's process.
    while Records(places).is_owned() {
        if Instant::now() > end {
            return Err(failures::owner_silent());
        }
        sleep(OFTEN).await;
    }
    print::result(arguments, &serde_json::json!({ "state": EngineState::Stopped }), || vec![words::STOPPED.to_owned()]);
    Ok(())
}

async fn attach(arguments: &Arguments, places: &Places) -> Result<ExitCode, UserError> {
    let status =
        attach::attach(places, |moved| print::note(arguments, &[rekindle_words::command::note(moved)])).await?;
    Ok(ExitCode::from(u8::try_from(status.code().unwrap_or(1)).unwrap_or(1)))
}

/// Owns an engine until it is told to stop, or until the directory is not its own any more.
pub(crate) async fn host(places: &Places) -> Result<ExitCode, UserError> {
    let keeper = std::env::current_exe().map_err(|error| failures::no_program(error.to_string()))?;
    let host = Host::own(places, keeper)?;
    let (pass_on, mut inbox) = control::inbox();
    // From the first moment on, so that a start can be stopped, too.
    control::listen(places, host.clone(), pass_on, false).await?;
    let app = async {
        host.ready().await?;
        Ok::<_, UserError>(App::start(places.clone(), Source::Own(host.clone()), 0))
    };
    let stopped = async { while inbox.next().await != Request::Stop {} };
    let ends = async {
        tokio::select! {
            () = stopped => Ok(()),
            () = ended_by_system() => Ok(()),
            error = host.lost() => Err(error),
        }
    };
    tokio::pin!(ends);
    let (_app, ended) = tokio::select! {
        app = app => match app {
            Ok(app) => (Some(app), ends.await),
            Err(_) if host.is_stopped() => (None, ends.await),
            Err(error) => return Err(error),
        },
        ended = &mut ends => (None, ended),
    };
    host.stop().await;
    ended.map(|()| ExitCode::SUCCESS)
}

#[cfg(unix)]
async fn ended_by_system() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut term), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = term.recv() => {}
        _ = interrupt.recv() => {}
    }
}

#[cfg(not(unix))]
async fn ended_by_system() {
    tokio::signal::ctrl_c().await.ok();
}
