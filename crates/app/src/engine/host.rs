//! Host mode: one engine for one directory, started, watched, restarted and stopped by us.
//!
//! Invariants: an engine runs only while its owner holds the directory's lock, so there is never a second engine
//! for it; the engine ends with the host, however the host ends (see `keeper`); a start is bounded. An owner whose
//! lock is not at its path any more (`lock`) ends its engine, writes nothing, and says so; it takes the directory again
//! when it is told to start the engine, and nobody else has it.

pub(super) mod error;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use rekindle_domain::{EngineMode, EngineNotice, EngineState, EngineView, ErrorCode, Notice, UserError};
use tokio::{
    sync::{mpsc, oneshot, watch},
    time::{MissedTickBehavior, interval, sleep},
};

use self::error::{gone, is_port_taken, not_recorded};
use super::{
    access::Way,
    client::Client,
    descendants,
    output::Output,
    process::{Running, Start},
};
use crate::{
    files::locate::Places,
    state::{
        lock::Lock,
        record::{Record, Records},
    },
};

/// How often an owner looks whether its lock is where it was.
const PULSE: Duration = Duration::from_secs(2);
/// How often an engine is started at another address, when others take its port.
const TRIES: u32 = 3;

/// How the engine is, published with every change.
#[derive(Clone)]
pub struct HostState {
    /// For people.
    pub view: EngineView,
    /// For talking to it, while it runs.
    pub client: Option<Client>,
    /// For other processes, while it runs.
    pub record: Option<Record>,
    /// The state folder that is not this host's any more, and with it the directory.
    pub lost: Option<PathBuf>,
}

enum Order {
    Restart(oneshot::Sender<Result<(), UserError>>),
    Stop(oneshot::Sender<()>),
}

/// A handle to the engine that this process owns.
#[derive(Clone)]
pub struct Host {
    orders: mpsc::Sender<Order>,
    closing: Arc<watch::Sender<bool>>,
    state: watch::Receiver<HostState>,
    /// Counts how often the way to the owner was found gone.
    closed: watch::Receiver<u64>,
    output: Output,
}

impl Host {
    /// Takes the directory's lock and starts to own its engine. The engine itself is started in the
    /// background; [`Host::watch`] tells how it goes. `keeper`: the program that runs as keeper when
    /// it is given [`ARGUMENT`](super::keeper::ARGUMENT).
    pub fn own(places: &Places, keeper: PathBuf) -> Result<Self, UserError> {
        let lock = claim(places)?;
        let (orders, inbox) = mpsc::channel(8);
        let closing = Arc::new(watch::channel(false).0);
        let output = Output::default();
        let view = view(EngineState::Starting, None, None);
        let (publish, state) = watch::channel(HostState { view, client: None, record: None, lost: None });
        let (close, closed) = watch::channel(0);
        let owner = Owner {
            places: places.clone(),
            keeper,
            way: Way::default(),
            output: output.clone(),
            publish,
            last: None,
            closing: closing.subscribe(),
            lock: Some(Arc::new(lock)),
            is_new: true,
            close,
            gaps: 0,
        };
        tokio::spawn(owner.run(inbox));
        Ok(Self { orders, closing, state, closed, output })
    }

    /// How the engine is, now and from now on.
    pub fn watch(&self) -> watch::Receiver<HostState> {
        self.state.clone()
    }

    /// Waits until the engine runs, or until it is clear that it does not.
    pub async fn ready(&self) -> Result<HostState, UserError> {
        let mut state = self.state.clone();
        let settled = state.wait_for(|state| state.view.state != EngineState::Starting).await.map_err(|_| gone())?;
        match settled.view.state {
            EngineState::Running => Ok(settled.clone()),
            _ => {
                let why = settled.view.message.clone().map(Box::new);
                Err(UserError::new(ErrorCode::EngineEnded, EngineNotice::EngineNotUp { why }))
            }
        }
    }

    /// Waits until the directory is not this host's any more, without having been stopped: why.
    pub async fn lost(&self) -> UserError {
        let mut state = self.state.clone();
        match state.wait_for(|state| state.lost.is_some()).await {
            Ok(state) => error::lost(state.lost.as_deref().unwrap_or(Path::new(""))),
            Err(_) if self.is_stopped() => std::future::pending().await,
            Err(_) => gone(),
        }
    }

    /// Waits until the directory is not this host's any more; false: the host has ended.
    pub(super) async fn left(&self) -> bool {
        self.state.clone().wait_for(|state| state.lost.is_some()).await.is_ok()
    }

    /// Waits until it is this host's again; false: the host has ended.
    pub(super) async fn regained(&self) -> bool {
        self.state.clone().wait_for(|state| state.lost.is_none()).await.is_ok()
    }

    /// Waits until the way to this owner has to be opened again, because somebody removed it. `known`: how often that
    /// was so; it is counted on.
    pub(super) async fn closed(&self, known: &mut u64) {
        let mut closed = self.closed.clone();
        let count = closed.wait_for(|count| count != known).await.map(|count| *count);
        match count {
            Ok(count) => *known = count,
            Err(_) => std::future::pending().await,
        }
    }

    /// True as soon as it was told to stop.
    pub fn is_stopped(&self) -> bool {
        *self.closing.borrow()
    }

    /// Replaces the engine's process, cleanly; starts it when it does not run. The port and the
    /// password stay where that is safe, so that others who are connected find it again.
    pub async fn restart(&self) -> Result<(), UserError> {
        let (reply, answer) = oneshot::channel();
        self.orders.send(Order::Restart(reply)).await.map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
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

fn view(state: EngineState, record: Option<&Record>, message: Option<Notice>) -> EngineView {
    EngineView {
        mode: EngineMode::Host,
        url: record.map(|record| record.url.clone()),
        version: record.map(|record| record.version.clone()),
        pid: record.map(|record| record.pid),
        state,
        message: message.or_else(|| record.and_then(Record::moved)),
    }
}

/// Takes the directory; what the last owner wrote is not true of this one.
fn claim(places: &Places) -> Result<Lock, UserError> {
    let records = Records(places);
    let lock = records.own()?.ok_or_else(|| UserError::new(ErrorCode::EngineOwned, EngineNotice::EngineOwned))?;
    records.forget_control();
    if let Some(last) = records.last_record() {
        records.write(&Record { state: EngineState::Starting, ..last }).map_err(not_recorded)?;
    }
    Ok(lock)
}

/// The task that owns the engine.
struct Owner {
    places: Places,
    keeper: PathBuf,
    way: Way,
    output: Output,
    publish: watch::Sender<HostState>,
    /// The engine before.
    last: Option<Record>,
    closing: watch::Receiver<bool>,
    /// `None`: the directory is not ours any more.
    lock: Option<Arc<Lock>>,
    /// True until nothing is left of whoever owned the directory before.
    is_new: bool,
    close: watch::Sender<u64>,
    /// At how many pulses in a row something of what others need was gone.
    gaps: u32,
}

impl Owner {
    async fn run(mut self, mut inbox: mpsc::Receiver<Order>) {
        let mut engine = self.start().await.ok();
        let mut pulse = interval(PULSE);
        pulse.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                order = inbox.recv() => match order {
                    Some(Order::Restart(reply)) => {
                        let result = self.restart(&mut engine).await;
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
                    // The last handle is gone, and with it whoever the engine is for.
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
                    let message = EngineNotice::EngineEndedItself { output: self.output.tail() };
                    self.set(EngineState::Stopped, None, Some(message.into()));
                }
                _ = pulse.tick() => {
                    self.look_at_lock(&mut engine).await;
                    self.look_at_files();
                }
            }
        }
    }

    /// Gives the directory up, if its lock is not where it was.
    async fn look_at_lock(&mut self, engine: &mut Option<Running>) {
        let Some(lock) = self.lock.clone().filter(|lock| lock.is_lost()) else { return };
        if let Some(running) = engine.take() {
            // First it is told: nobody is to ask an engine that is about to end.
            self.set(EngineState::Stopped, None, Some(error::lost(lock.folder()).what));
            stop(running).await;
        }
        self.give_up();
    }

    /// Writes again what others need to reach the engine and its owner, where somebody removed a part of it. Not at the
    /// first look: whoever deletes the whole folder is not to find a new file in it.
    fn look_at_files(&mut self) {
        if self.lock.as_ref().is_none_or(|lock| lock.is_lost()) {
            return;
        }
        let records = Records(&self.places);
        let record = self.publish.borrow().record.clone();
        let is_known = record.is_none() || record == records.last_record();
        let is_open = records.is_reached_here();
        if is_known && is_open && self.way.is_known() {
            self.gaps = 0;
            return;
        }
        self.gaps += 1;
        if self.gaps < 2 {
            return;
        }
        tracing::warn!(folder = %self.places.state.display(), "a part of it was removed, and is written again");
        if let Err(error) = self.way.tell() {
            tracing::warn!(%error, "the engine's password");
        }
        if !is_known {
            self.write(EngineState::Running, record.as_ref());
        }
        if !is_open {
            self.close.send_modify(|count| *count += 1);
        }
    }

    fn give_up(&mut self) {
        let Some(lock) = self.lock.take() else { return };
        let path = lock.folder().to_owned();
        tracing::warn!(folder = %path.display(), "the state folder was deleted, moved or replaced; the engine is stopped");
        self.way.leave();
        self.last = None;
        let view = view(EngineState::Stopped, None, Some(error::lost(&path).what));
        self.publish.send_replace(HostState { view, client: None, record: None, lost: Some(path) });
    }

    async fn restart(&mut self, engine: &mut Option<Running>) -> Result<(), UserError> {
        self.look_at_lock(engine).await;
        if let Some(running) = engine.take() {
            self.way.watch();
            self.set(EngineState::Starting, None, None);
            if let Some(generation) = running.stop().await {
                // It does not keep the next engine from starting.
                tokio::spawn(generation.end_rest());
            }
        }
        if self.lock.is_none() {
            (self.lock, self.is_new) = (Some(Arc::new(claim(&self.places)?)), true);
        }
        *engine = Some(self.start().await?);
        Ok(())
    }

    async fn start(&mut self) -> Result<Running, UserError> {
        self.set(EngineState::Starting, None, None);
        let Some(lock) = self.lock.clone() else { return Err(gone()) };
        let mut closing = self.closing.clone();
        let result = tokio::select! {
            result = self.launch_somewhere() => result,
            // What was begun ends with its keeper, whose input closes.
            () = lost(&lock) => Err(error::lost(lock.folder())),
            Ok(_) = closing.wait_for(|closing| *closing) => Err(gone()),
        };
        match result {
            Ok((running, record)) => {
                self.last = Some(record.clone());
                self.set(EngineState::Running, Some((record, running.client.clone())), None);
                Ok(running)
            }
            Err(error) if error.code == ErrorCode::StateLost => {
                self.give_up();
                Err(error)
            }
            Err(error) => {
                self.set(EngineState::Stopped, None, Some(error.what.clone()));
                Err(error)
            }
        }
    }

    /// Starts an engine where nobody else listens or has just listened. A port may be taken between finding and using
    /// it; any other reason stays.
    async fn launch_somewhere(&mut self) -> Result<(Running, Record), UserError> {
        if self.is_new {
            descendants::end_predecessors(&self.places).await?;
            self.is_new = false;
        }
        let mut result = self.launch().await;
        for _ in 1..TRIES {
            if !result.as_ref().is_err_and(is_port_taken) {
                break;
            }
            self.way.leave();
            result = self.launch().await;
        }
        result
    }

    async fn launch(&mut self) -> Result<(Running, Record), UserError> {
        let access = self.way.next(&self.places, &self.keeper)?;
        let started =
            Running::launch(Start { places: &self.places, keeper: &self.keeper, access, output: &self.output });
        let (running, mut record) = started.await?;
        if self.way.was_overheard() {
            tracing::warn!(url = record.url, "another program listened where the engine does");
            stop(running).await;
            return Err(UserError::new(ErrorCode::PortTaken, EngineNotice::PortTaken));
        }
        if let Some(last) = &self.last {
            record.moved_from = Some(last.url.clone()).filter(|url| *url != record.url);
            record.password_changed = last.url == record.url && last.password_file != record.password_file;
        }
        Ok((running, record))
    }

    fn set(&self, state: EngineState, running: Option<(Record, Client)>, message: Option<Notice>) {
        let (record, client) = running.unzip();
        // What is there by now may be another owner's.
        if self.lock.as_ref().is_some_and(|lock| !lock.is_lost()) {
            self.write(state, record.as_ref());
        }
        let view = view(state, record.as_ref(), message);
        let lost = self.publish.borrow().lost.clone().filter(|_| self.lock.is_none());
        self.publish.send_replace(HostState { view, client, record, lost });
    }

    fn write(&self, state: EngineState, record: Option<&Record>) {
        let records = Records(&self.places);
        let written = match (record, records.last_record()) {
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
    }
}

/// Waits until a lock is not where it was.
async fn lost(lock: &Lock) {
    while !lock.is_lost() {
        sleep(PULSE).await;
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
