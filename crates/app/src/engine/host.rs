//! Host mode: one engine for one directory, started, watched, restarted and stopped by us.
//!
//! Invariants: whoever has a [`Host`] holds the directory's lock, so there is never a second engine
//! for it; the engine ends with the host, however the host ends (see `keeper`); a start is bounded.

use std::{net::TcpListener, path::PathBuf, sync::Arc};

use rekindle_domain::{EngineMode, EngineState, EngineView};
use tokio::sync::{mpsc, oneshot, watch};

use super::{
    client::{Client, ClientError},
    descendants, find,
    keeper::Group,
    output::Output,
    process::{Running, Start},
    record::{Lock, Record, Records},
};
use crate::{config::file::FileError, disk::locate::Places};

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
    /// it is given [`ARGUMENT`](super::keeper::ARGUMENT).
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
            url: None,
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
        message: message.or_else(|| record.and_then(Record::moved)),
    }
}

/// An engine whose owner and keeper were both killed is still there: it is ours, and nobody's.
fn end_orphan(places: &Places) {
    let record = Records(places).last_record();
    // In the middle of a restart, too. Process ids are used again: only what carries the mark of that very start is it.
    if let Some(record) = record.filter(descendants::is_engine) {
        tracing::warn!(pid = record.pid, "ending an engine that its owner left behind");
        Group(record.pid).kill();
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
    url: Option<String>,
    closing: watch::Receiver<bool>,
    _lock: Lock,
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
                            if let Some(generation) = running.stop().await {
                                // It does not keep the next engine from starting.
                                tokio::spawn(generation.end_rest());
                            }
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
                        running.end_group();
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
        // The same address as before, unless somebody else has it by now.
        let port = match self.port.filter(|port| is_free(*port)) {
            Some(port) => port,
            None => free_port().map_err(|cause| HostError::Spawn { program: self.keeper.clone(), cause })?,
        };
        let started = Running::launch(Start {
            places: &self.places,
            keeper: &self.keeper,
            password: &self.password,
            password_file: &self.password_file,
            port,
            output: &self.output,
            closing: self.closing.clone(),
        });
        let (running, mut record) = started.await?;
        record.moved_from = self.url.take().filter(|url| *url != record.url);
        self.url = Some(record.url.clone());
        self.port = Some(port);
        Ok((running, record))
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
        Some(running) => running.ended().await,
        None => std::future::pending().await,
    }
}

/// Ends the engine and what it left behind.
async fn stop(running: Running) {
    if let Some(generation) = running.stop().await {
        generation.end_rest().await;
    }
}

fn is_free(port: u16) -> bool {
    TcpListener::bind(("127.0.0.1", port)).is_ok()
}

fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}
