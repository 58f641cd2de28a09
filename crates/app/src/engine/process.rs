//! The engine's process: brought up with its keeper, and ended cleanly.
//!
//! Invariants: a start is bounded, and nothing is left of one that failed; the engine's instances are
//! dropped before its process is ended.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use rekindle_domain::{EngineMode, EngineNotice, EngineState, ErrorCode, UserError};
use tokio::{
    io::{AsyncWriteExt, BufReader},
    process::{Child, ChildStdin, Command},
    sync::mpsc,
    time::{sleep, timeout},
};

use super::{
    access::Access,
    client::{Client, ClientError, Credentials, PASSWORD_VARIABLE, USERNAME, USERNAME_VARIABLE},
    descendants::{Generation, new_mark},
    directories::{self, Following},
    find,
    host::error::{ended, gone, not_spawned, silent},
    keeper::{self, Group},
    listeners::our_uid,
    mark::{MARK, mark_of},
    output::{Output, forward},
    program::program,
};
use crate::{
    clock,
    files::locate::Places,
    state::{memory::Identity, record::Record, settings},
};

/// How long an engine may take until it listens.
const START: Duration = Duration::from_secs(60);
/// How long one request may take while the engine starts: between opening its port and being ready
/// it never answers, so a request that waits longer only waits for nothing.
const POLL: Duration = Duration::from_millis(400);
/// How long to wait before it is asked again.
const OFTEN: Duration = Duration::from_millis(10);
/// How often it is asked.
const TRIES: u32 = 100;
/// How long the engine may take to drop its instances before it is ended anyway.
const DROP: Duration = Duration::from_secs(5);
/// How long the engine may take to end when asked.
const END: Duration = Duration::from_secs(3);

/// What a start needs.
pub(super) struct Start<'a> {
    pub(super) places: &'a Places,
    /// The program that runs as keeper.
    pub(super) keeper: &'a Path,
    pub(super) access: &'a Access,
    pub(super) output: &'a Output,
}

/// A running engine and its keeper.
pub(super) struct Running {
    keeper: Child,
    commands: ChildStdin,
    pub(super) pid: u32,
    mark: String,
    pub(super) client: Client,
    following: Following,
}

impl Running {
    /// Brings an engine up, until it answers.
    pub(super) async fn launch(start: Start<'_>) -> Result<(Self, Record), UserError> {
        // Each time anew: the person may have chosen another.
        let binary = find::find(&settings::read(start.places).engine)?;
        let (program, mark) = (program(&binary), new_mark(start.places));
        start.output.begin(start.places);
        let mut keeper = start.command(&binary, &mark).spawn().map_err(|error| not_spawned(start.keeper, &error))?;
        let (lines, mut inbox) = mpsc::channel(64);
        if let Some(out) = keeper.stdout.take() {
            tokio::spawn(forward(BufReader::new(out), start.output.clone(), lines.clone()));
        }
        if let Some(out) = keeper.stderr.take() {
            tokio::spawn(forward(BufReader::new(out), start.output.clone(), lines));
        }
        let Some(commands) = keeper.stdin.take() else { return Err(gone()) };
        let (pid, url) = match timeout(START, ready_line(&mut inbox, start.access.port)).await {
            Ok(Some(ready)) => ready,
            Ok(None) => return Err(ended(start.output.tail())),
            // Dropping its input ends the keeper, and the keeper the engine.
            Err(_) => {
                let notice = EngineNotice::EngineNotReady { seconds: START.as_secs() };
                return Err(UserError::new(ErrorCode::EngineSilent, notice));
            }
        };
        tokio::spawn(async move { while inbox.recv().await.is_some() {} });
        let directory = start.places.directory.display().to_string();
        let credentials = Credentials { username: USERNAME.to_owned(), password: Some(start.access.password.clone()) };
        let client = Client::new(&url, &directory, credentials).and_then(|client| client.of_user(our_uid(), pid));
        let client = client.map_err(silent)?;
        let version = first_health(&client).await.map_err(silent)?;
        let record = Record {
            mode: EngineMode::Host,
            url,
            username: USERNAME.to_owned(),
            password_file: start.access.file.clone(),
            pid,
            version,
            state: EngineState::Running,
            started_at: clock::now(),
            directory,
            generation: Some(mark.clone()),
            program,
            moved_from: None,
            password_changed: false,
        };
        // Before anyone is told of the engine, so that no instance is created unseen.
        let following = directories::follow(start.places, client.clone(), Identity::of(&record)).await;
        Ok((Self { keeper, commands, pid, mark, client, following }, record))
    }

    /// Waits for the end of the process.
    pub(super) async fn ended(&mut self) {
        drop(self.keeper.wait().await);
    }

    /// Ends the engine's group, when its keeper has ended: it may have been killed alone.
    pub(super) fn end_group(&self) {
        Group(self.pid).kill();
    }

    /// Drops all instances, so that no run is cut off in the middle of a word, then ends the process.
    /// What it had started by then, for ending the rest of it.
    pub(super) async fn stop(mut self) -> Option<Generation> {
        let pid = self.pid;
        let generation = tokio::task::spawn_blocking(move || Generation::of(pid)).await.ok().flatten();
        // Heard by a stream that is open for long: a new one hears nothing in its first moments.
        let dropped = self.following.all_dropped();
        if self.client.dispose_all().await.is_ok() && timeout(DROP, dropped).await.is_err() {
            tracing::warn!("the engine did not drop its instances in time");
        }
        let mut has_ended = false;
        for command in [keeper::TERM, keeper::KILL] {
            // A broken pipe means that the keeper has ended.
            drop(self.commands.write_all(format!("{command}\n").as_bytes()).await);
            has_ended = timeout(END, self.keeper.wait()).await.is_ok();
            if has_ended {
                break;
            }
        }
        // A keeper that was killed itself has ended nothing. Without one, the engine is told by its mark:
        // another process may have the id by now.
        if !has_ended || mark_of(self.pid).is_some_and(|mark| mark == self.mark) {
            Group(self.pid).kill();
        }
        drop(self.keeper.kill().await);
        generation
    }
}

impl Start<'_> {
    fn command(&self, binary: &PathBuf, mark: &str) -> Command {
        let mut command = Command::new(self.keeper);
        command
            .arg(keeper::ARGUMENT)
            .arg(mark)
            .arg(binary)
            .args(["serve", "--hostname", "127.0.0.1", "--port", &self.access.port.to_string()])
            .current_dir(&self.places.directory)
            .env("OPENCODE_SERVER_USERNAME", USERNAME)
            .env("OPENCODE_SERVER_PASSWORD", &self.access.password)
            // The mark is the engine's; we may have been started from a terminal of another one.
            .env_remove(MARK)
            // Nor is what opens someone else's engine anything for this one and its servers.
            .env_remove(PASSWORD_VARIABLE)
            .env_remove(USERNAME_VARIABLE)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        // A group of its own: Ctrl-C in a terminal is for us, and the keeper hears it from us.
        #[cfg(unix)]
        command.process_group(0);
        command
    }
}

/// The engine's process and address, once both were said; `None` when its output ended before. The process is what the
/// keeper says before the engine can say anything; the address is on the loopback and has the port that the engine was
/// given, whatever else is printed of listening.
async fn ready_line(lines: &mut mpsc::Receiver<String>, port: u16) -> Option<(u32, String)> {
    let mut pid = None;
    loop {
        let line = lines.recv().await?;
        if let (None, Some(text)) = (pid, line.strip_prefix(keeper::PID_LINE)) {
            pid = text.parse().ok();
        }
        if let (Some(pid), Some((_, url))) = (pid, line.split_once("listening on ")) {
            let url = url.trim();
            if is_address(url, port) {
                return Some((pid, url.to_owned()));
            }
        }
    }
}

/// Whether an engine that was given this port may be at this address.
fn is_address(url: &str, port: u16) -> bool {
    reqwest::Url::parse(url).is_ok_and(|url| {
        let is_here = matches!(url.host_str(), Some("127.0.0.1" | "localhost"));
        url.scheme() == "http" && is_here && url.port() == Some(port) && url.path() == "/"
    })
}

async fn first_health(client: &Client) -> Result<String, ClientError> {
    let mut last = client.health(POLL).await;
    for _ in 1..TRIES {
        match last {
            Err(ClientError::TimedOut { .. } | ClientError::Unreachable { .. }) => {
                sleep(OFTEN).await;
                last = client.health(POLL).await;
            }
            _ => break,
        }
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;

    /// N16: what else is printed tells neither another process nor another address.
    #[tokio::test]
    async fn an_engine_is_what_was_started() {
        let check = async |lines: &[&str], expected: Option<(u32, &str)>| {
            let (sender, mut inbox) = mpsc::channel(64);
            for line in lines {
                sender.send((*line).to_owned()).await.expect("room");
            }
            drop(sender);
            let found = ready_line(&mut inbox, 4096).await;
            assert_eq!(found.as_ref().map(|(pid, url)| (*pid, url.as_str())), expected, "{lines:?}");
        };
        let (pid, listens) = ("rekindle-keeper pid 17", "opencode server listening on http://127.0.0.1:4096");
        check(&[pid, "Warning: x", listens], Some((17, "http://127.0.0.1:4096"))).await;
        check(&[pid, "rekindle-keeper pid 1", listens], Some((17, "http://127.0.0.1:4096"))).await;
        check(&[pid, "a server is listening on http://127.0.0.1:9", listens], Some((17, "http://127.0.0.1:4096")))
            .await;
        check(&[pid, "listening on http://192.0.2.1:4096"], None).await;
        check(&[pid, "listening on http://127.0.0.1:4096@192.0.2.1:4096/"], None).await;
        check(&[pid, "listening on port 4096", "listening on "], None).await;
        check(&[listens], None).await;
    }
}
