//! A terminal that is attached to the directory's engine.
//!
//! Invariants: it is given the address and the password of an engine that runs, never those of one that did; when the
//! engine has another address or another password, the terminal is ended and attached anew, because it would go on
//! saying the old password to whoever listens at the old address.

use std::{path::Path, process::ExitStatus, time::Duration};

use rekindle_domain::{EngineNotice, EngineState, ErrorCode, Notice, UserError};
use tokio::{
    process::{Child, Command},
    time::{sleep, timeout},
};

use super::{
    client::{PASSWORD_VARIABLE, USERNAME_VARIABLE},
    control::ControlError,
    find,
    host::error::not_spawned,
    listeners,
};
use crate::{
    files::locate::Places,
    state::{
        record::{Record, Records},
        settings,
    },
};

/// How often to look whether the engine is where it was.
const OFTEN: Duration = Duration::from_millis(500);
/// How long a terminal may take to put itself in order when it is asked to end.
const END: Duration = Duration::from_secs(3);

/// Attaches a terminal until it is closed; `tell` is told when that has to be done anew.
pub async fn attach(places: &Places, tell: impl Fn(&Notice)) -> Result<ExitStatus, UserError> {
    loop {
        let (record, mut terminal) = start(places)?;
        let moved = tokio::select! {
            ended = terminal.wait() => {
                return ended.map_err(|error| not_spawned(Path::new("opencode"), &error));
            }
            moved = moved(places, &record) => moved,
        };
        end(&mut terminal).await;
        tell(&moved.moved().unwrap_or_else(|| EngineNotice::EngineNowAt { url: moved.url }.into()));
    }
}

fn start(places: &Places) -> Result<(Record, Child), UserError> {
    let record = Records(places).record().ok_or(ControlError::NoOwner)?;
    if record.state != EngineState::Running {
        return Err(not_running());
    }
    let password = record.password().ok_or_else(not_running)?;
    let port = reqwest::Url::parse(&record.url).ok().and_then(|url| url.port());
    if port.is_some_and(|port| listeners::is_started_by(record.user(), port).is_err()) {
        return Err(UserError::new(ErrorCode::Stranger, EngineNotice::Stranger { url: record.url }));
    }
    let program = find::find(&settings::read(places).engine)?;
    let mut command = Command::new(&program);
    command.arg("attach").arg(&record.url).arg("--dir").arg(&places.directory).current_dir(&places.directory);
    // By the environment: arguments can be seen by other users.
    command
        .env_remove(PASSWORD_VARIABLE)
        .env_remove(USERNAME_VARIABLE)
        .env("OPENCODE_SERVER_USERNAME", &record.username)
        .env("OPENCODE_SERVER_PASSWORD", password);
    let terminal = command.spawn().map_err(|error| not_spawned(&program, &error))?;
    Ok((record, terminal))
}

fn not_running() -> UserError {
    UserError::new(ErrorCode::NoEngineRunning, EngineNotice::EngineNotRunning)
}

/// Waits until the engine runs at another address, or with another password. As long as it does not run, the terminal
/// tells that itself, and finds the engine again.
async fn moved(places: &Places, from: &Record) -> Record {
    loop {
        sleep(OFTEN).await;
        let now = Records(places).record().filter(|record| record.state == EngineState::Running);
        if let Some(now) = now
            && (&now.url, &now.password_file) != (&from.url, &from.password_file)
        {
            return now;
        }
    }
}

/// Ends a terminal such that it leaves the screen as it was (measured: a tenth of a second).
async fn end(terminal: &mut Child) {
    #[cfg(unix)]
    if let Some(pid) = terminal.id().and_then(|pid| rustix::process::Pid::from_raw(i32::try_from(pid).ok()?)) {
        if let Err(error) = rustix::process::kill_process(pid, rustix::process::Signal::TERM) {
            tracing::debug!(%error, "the terminal has ended");
        }
        if timeout(END, terminal.wait()).await.is_ok() {
            return;
        }
    }
    if let Err(error) = terminal.kill().await {
        tracing::warn!(%error, "the terminal");
    }
}
