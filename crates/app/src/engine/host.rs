//! Host mode: one engine for one directory, started, watched, restarted and stopped by us.
//!
//! Invariants: whoever has a [`Host`] holds the directory's lock, so there is never a second engine
//! for it; the engine ends with the host, however the host ends (see `keeper`); a start is bounded.

use std::{fs, net::TcpListener, path::PathBuf, process::Stdio, sync::Arc, time::Duration};

use rekindle_domain::{EngineMode, EngineState, EngineView};
use tokio::{
    io::{AsyncWriteExt, BufReader},
    process::{Child, ChildStdin, Command},
    sync::{mpsc, oneshot, watch},
    time::{sleep, timeout},
};

use super::{
    client::{Client, ClientError, Credentials},
    events::Events,
    find,
    keeper::{self, Group},
    output::{Output, forward, log},
    record::{Lock, Record, Records},
};
use crate::{clock, config::file::FileError, disk::locate::Places, settings};

/// How long an engine may take until it listens.
const START: Duration = Duration::from_secs(60);
/// How long one request may take while the engine starts: between opening its port and being ready
/// it never answers, so a request that waits longer only waits for nothing.
const POLL: Duration = Duration::from_millis(400);
/// How long the engine may take to drop its instances before it is ended anyway.
const DROP: Duration = Duration::from_secs(5);
/// How long the engine may take to end when asked.
const END: Duration = Duration::from_secs(3);
/// The user name with which our engines are protected.
pub const USERNAME: &str = "opencode";

/// Why there is no engine.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// Someone owns an engine for this directory already.
    #[error("an engine for this directory is running already")]
    Owned,
    /// Our state folder can't be used.
    #[error("the state folder {path} cannot be used")]
    State {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        cause: std::io::Error,
    },
    /// A state file can't be written.
    #[error("the engine's record could not be written")]
    Record(#[from] FileError),
    /// There is no engine to start.
    #[error(transparent)]
    NotFound(#[from] find::NotFound),
    /// The program can't be started.
    #[error("{program} could not be started")]
    Spawn {
        /// The program.
        program: PathBuf,
        /// What the system said.
        #[source]
        cause: std::io::Error,
    },
    /// It ended before it listened.
    #[error("the engine ended before it was ready: {output}")]
    Ended {
        /// The last that it said.
        output: String,
    },
    /// It did not come up; why, in words.
    #[error("{0}")]
    Unready(String),
    /// It does not listen in time.
    #[error("the engine was not ready after {seconds} s")]
    Slow {
        /// How long was waited.
        seconds: u64,
    },
    /// It listens and does not answer.
    #[error("the engine does not answer")]
    Silent(#[source] ClientError),
    /// The host is gone.
    #[error("the engine's owner has ended")]
    Gone,
}

/// How the engine is, published with every change.
#[derive(Clone)]
pub struct HostState {
    /// For people.
    pub view: EngineView,
    /// For talking to it, while it runs.
    pub client: Option<Client>,
    /// For other processes, while it runs.
    pub record: Option<Record>,
}

enum Order {
    Restart(oneshot::Sender<Result<(), HostError>>),
    Stop(oneshot::Sender<()>),
}

/// A handle to the engine that this process owns.
#[derive(Clone)]
pub struct Host {
    orders: mpsc::Sender<Order>,
    closing: Arc<watch::Sender<bool>>,
    state: watch::Receiver<HostState>,
    output: Output,
}

impl Host {
    /// Takes the directory's lock and starts to own its engine. The engine itself is started in the
    /// background; [`Host::watch`] tells how it goes. `keeper`: the program that runs as keeper when
    /// it is given [`keeper::ARGUMENT`].
    pub fn own(places: &Places, keeper: PathBuf) -> Result<Self, HostError> {
        let records = Records(places);
        let state_failed = |cause| HostError::State { path: places.state.clone(), cause };
        let lock = records.own().map_err(state_failed)?.ok_or(HostError::Owned)?;
        let password: String = rand::random_iter::<u8>().take(16).map(|byte| format!("{byte:02x}")).collect();
        end_orphan(places);
        // What the last owner wrote is not true of this one.
        records.forget_control();
        if let Some(last) = records.last_record() {
            records.write(&Record { state: EngineState::Starting, ..last })?;
        }
        let password_file = records.write_password(&password)?;
        let (orders, inbox) = mpsc::channel(8);
        let closing = Arc::new(watch::channel(false).0);
        let output = Output::default();
        let view = view(EngineState::Starting, None, None);
        let (publish, state) = watch::channel(HostState { view, client: None, record: None });
        let owner = Owner {
            places: places.clone(),
            keeper,
            password,
            password_file,
            output: output.clone(),
            publish,
            port: None,
            closing: closing.subscribe(),
            _lock: lock,
        };
        tokio::spawn(owner.run(inbox));
        Ok(Self { orders, closing, state, output })
    }

    /// How the engine is, now and from now on.
    pub fn watch(&self) -> watch::Receiver<HostState> {
        self.state.clone()
    }

    /// Waits until the engine runs, or until it is clear that it does not.
    pub async fn ready(&self) -> Result<HostState, HostError> {
        let mut state = self.state.clone();
        let settled =
            state.wait_for(|state| state.view.state != EngineState::Starting).await.map_err(|_| HostError::Gone)?;
        match settled.view.state {
            EngineState::Running => Ok(settled.clone()),
            _ => Err(HostError::Unready(settled.view.message.clone().unwrap_or_default())),
        }
    }

    /// Replaces the engine's process, cleanly; starts it when it does not run. The port and the
    /// password stay where possible, so that others who are connected find it again.
    pub async fn restart(&self) -> Result<(), HostError> {
        let (reply, answer) = oneshot::channel();
        self.orders.send(Order::Restart(reply)).await.map_err(|_| HostError::Gone)?;
        answer.await.map_err(|_| HostError::Gone)?
    }

    /// Stops the engine cleanly, and gives up the lock.
    pub async fn stop(&self) {
        // An engine that is still starting is not waited for.
        self.closing.send_replace(true);
        let (reply, answer) = oneshot::channel();
        if self.orders.send(Order::Stop(reply)).await.is_ok() {
            // An error means that the owner has ended already, which is what was wanted.
            drop(answer.await);
        }
    }

    /// What the engine printed last.
    pub fn output(&self) -> &Output {
        &self.output
    }
}

fn view(state: EngineState, record: Option<&Record>, message: Option<String>) -> EngineView {
    EngineView {
        mode: EngineMode::Host,
        url: record.map(|record| record.url.clone()),
        version: record.map(|record| record.version.clone()),
        pid: record.map(|record| record.pid),
        state,
        message,
    }
}

/// An engine whose owner and keeper were both killed is still there: it is ours, and nobody's.
fn end_orphan(places: &Places) {
    let records = Records(places);
    if let Some(record) = records.last_record().filter(|record| record.state == EngineState::Running) {
        let group = Group(record.pid);
        // Process ids are used again: only the process that has our port open is ours.
        let port = record.url.rsplit(':').next().and_then(|port| port.trim_end_matches('/').parse().ok());
        let listens = port.is_some_and(|port: u16| TcpListener::bind(("127.0.0.1", port)).is_err());
        if group.is_alive() && listens {
            tracing::warn!(pid = record.pid, "ending an engine that its owner left behind");
            group.kill();
        }
    }
}

/// The task that owns the engine.
struct Owner {
    places: Places,
    keeper: PathBuf,
    password: String,
    password_file: PathBuf,
    output: Output,
    publish: watch::Sender<HostState>,
    port: Option<u16>,
    closing: watch::Receiver<bool>,
    _lock: Lock,
}

/// A running engine and its keeper.
struct Running {
    keeper: Child,
    commands: ChildStdin,
    pid: u32,
    client: Client,
}

impl Owner {
    async fn run(mut self, mut inbox: mpsc::Receiver<Order>) {
        let mut engine = self.start().await.ok();
        loop {
            tokio::select! {
                order = inbox.recv() => match order {
                    Some(Order::Restart(reply)) => {
                        if let Some(running) = engine.take() {
                            self.set(EngineState::Starting, None, None);
                            stop(running).await;
                        }
                        let started = self.start().await;
                        let result = started.map(|running| engine = Some(running));
                        // Whoever asked may have stopped waiting.
                        drop(reply.send(result));
                    }
                    Some(Order::Stop(reply)) => {
                        if let Some(running) = engine.take() {
                            stop(running).await;
                        }
                        self.set(EngineState::Stopped, None, None);
                        // Ending is the answer; whoever asked may have stopped waiting.
                        reply.send(()).ok();
                        return;
                    }
                    None => {
                        if let Some(running) = engine.take() {
                            stop(running).await;
                        }
                        return;
                    }
                },
                () = ended(&mut engine) => {
                    if let Some(running) = engine.take() {
                        // The keeper may have been killed alone.
                        Group(running.pid).kill();
                    }
                    let message = format!("the engine ended by itself: {}", self.output.tail());
                    self.set(EngineState::Stopped, None, Some(message));
                }
            }
        }
    }

    async fn start(&mut self) -> Result<Running, HostError> {
        self.set(EngineState::Starting, None, None);
        let mut result = self.launch().await;
        // The port may have been taken between finding and using it; any other reason stays.
        for _ in 0..2 {
            if !matches!(&result, Err(HostError::Ended { output }) if output.contains("ServeError")) {
                break;
            }
            self.port = None;
            result = self.launch().await;
        }
        match result {
            Ok((running, record)) => {
                self.set(EngineState::Running, Some((record, running.client.clone())), None);
                Ok(running)
            }
            Err(error) => {
                self.set(EngineState::Stopped, None, Some(crate::error::chain(&error)));
                Err(error)
            }
        }
    }

    async fn launch(&mut self) -> Result<(Running, Record), HostError> {
        // Each time anew: the person may have chosen another.
        let binary = find::find(&settings::read(&self.places).engine)?;
        let spawn_failed = |cause| HostError::Spawn { program: self.keeper.clone(), cause };
        let port = match self.port {
            Some(port) => port,
            None => free_port().map_err(spawn_failed)?,
        };
        self.output.clear();
        if let Err(error) = fs::write(log(&self.places), "") {
            tracing::debug!(%error, "the engine's log");
        }
        let mut command = Command::new(&self.keeper);
        command
            .arg(keeper::ARGUMENT)
            .arg(&binary)
            .args(["serve", "--hostname", "127.0.0.1", "--port", &port.to_string()])
            .current_dir(&self.places.directory)
            .env("OPENCODE_SERVER_USERNAME", USERNAME)
            .env("OPENCODE_SERVER_PASSWORD", &self.password)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        // A group of its own: Ctrl-C in a terminal is for us, and the keeper hears it from us.
        #[cfg(unix)]
        command.process_group(0);
        let mut keeper = command.spawn().map_err(spawn_failed)?;
        let (lines, mut inbox) = mpsc::channel(64);
        if let Some(out) = keeper.stdout.take() {
            tokio::spawn(forward(BufReader::new(out), self.output.clone(), log(&self.places), lines.clone()));
        }
        if let Some(out) = keeper.stderr.take() {
            tokio::spawn(forward(BufReader::new(out), self.output.clone(), log(&self.places), lines));
        }
        let Some(commands) = keeper.stdin.take() else { return Err(HostError::Gone) };
        let ready = tokio::select! {
            ready = timeout(START, ready_line(&mut inbox)) => ready,
            Ok(_) = self.closing.wait_for(|closing| *closing) => return Err(HostError::Gone),
        };
        let (pid, url) = match ready {
            Ok(Some(ready)) => ready,
            Ok(None) => return Err(HostError::Ended { output: self.output.tail() }),
            // Dropping its input ends the keeper, and the keeper the engine.
            Err(_) => return Err(HostError::Slow { seconds: START.as_secs() }),
        };
        tokio::spawn(async move { while inbox.recv().await.is_some() {} });
        let directory = self.places.directory.display().to_string();
        let credentials = Credentials { username: USERNAME.to_owned(), password: Some(self.password.clone()) };
        let client = Client::new(&url, &directory, credentials).map_err(HostError::Silent)?;
        let version = first_health(&client).await.map_err(HostError::Silent)?;
        self.port = Some(port);
        let record = Record {
            mode: EngineMode::Host,
            url,
            username: USERNAME.to_owned(),
            password_file: self.password_file.clone(),
            pid,
            version,
            state: EngineState::Running,
            started_at: clock::now(),
            directory,
        };
        Ok((Running { keeper, commands, pid, client }, record))
    }

    fn set(&self, state: EngineState, running: Option<(Record, Client)>, message: Option<String>) {
        let records = Records(&self.places);
        let (record, client) = running.unzip();
        let written = match (&record, records.last_record()) {
            (Some(record), _) => {
                let environment = records.write_environment(&self.places.environment.places());
                environment.and_then(|()| records.write(record))
            }
            (None, Some(last)) => records.write(&Record { state, ..last }),
            (None, None) => Ok(()),
        };
        if let Err(error) = written {
            tracing::warn!(%error, "the engine's record");
        }
        self.publish.send_replace(HostState { view: view(state, record.as_ref(), message), client, record });
    }
}

async fn ended(engine: &mut Option<Running>) {
    match engine {
        Some(running) => drop(running.keeper.wait().await),
        None => std::future::pending().await,
    }
}

/// Drops all instances, so that no run is cut off in the middle of a word, then ends the process.
async fn stop(mut running: Running) {
    if let Ok(mut events) = Events::open(&running.client).await
        && running.client.dispose_all().await.is_ok()
        && !events.disposed(true, DROP, &mut Vec::new()).await
    {
        tracing::warn!("the engine did not drop its instances in time");
    }
    for command in [keeper::TERM, keeper::KILL] {
        // A broken pipe means that the keeper has ended.
        drop(running.commands.write_all(format!("{command}\n").as_bytes()).await);
        if timeout(END, running.keeper.wait()).await.is_ok() {
            return;
        }
    }
    Group(running.pid).kill();
    drop(running.keeper.kill().await);
}

fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// The engine's process and address, once it has said both; `None` when its output ended before.
async fn ready_line(lines: &mut mpsc::Receiver<String>) -> Option<(u32, String)> {
    let mut pid = None;
    loop {
        let line = lines.recv().await?;
        if let Some(text) = line.strip_prefix(keeper::PID_LINE) {
            pid = text.parse().ok();
        }
        if let (Some(pid), Some((_, url))) = (pid, line.split_once("listening on ")) {
            return Some((pid, url.trim().to_owned()));
        }
    }
}

async fn first_health(client: &Client) -> Result<String, ClientError> {
    const TRIES: u32 = 40;
    let mut last = client.health(POLL).await;
    for _ in 1..TRIES {
        match last {
            Err(ClientError::TimedOut { .. } | ClientError::Unreachable { .. }) => {
                sleep(Duration::from_millis(50)).await;
                last = client.health(POLL).await;
            }
            _ => break,
        }
    }
    last
}
