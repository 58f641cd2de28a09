//! How any part of Rekindle gets to a directory's engine.
//!
//! Invariant: an engine that Rekindle started for the directory is host mode for every process of
//! this user; any other engine is client mode.

use rekindle_domain::{EngineMode, EngineNotice, EngineState, EngineView, Notice};

use crate::{
    engine::{
        client::{Client, ClientError, Credentials, SHORT},
        control::{self, Request},
        host::{Host, HostState},
        known::Engine,
    },
    files::locate::Places,
    state::{
        memory::Identity,
        record::{Record, Records},
    },
};

/// Where a directory's engine comes from.
#[derive(Clone)]
pub enum Source {
    /// This process owns it.
    Own(Host),
    /// Another process of ours owns it.
    Attached,
    /// It is someone else's.
    Client {
        /// Its address.
        url: String,
        /// User name and password.
        credentials: Credentials,
    },
}

impl Source {
    /// Replaces the engine's process, or starts one; the engine afterwards.
    pub async fn restart(&self, places: &Places) -> Result<Engine, Notice> {
        match self {
            Self::Own(host) => {
                host.restart().await.map_err(|error| error.what)?;
                let state = host.watch();
                Ok(by_host(&state.borrow()))
            }
            Self::Attached => {
                control::ask(places, Request::Restart).await.map_err(|error| error.what())?;
                Ok(by_record(places))
            }
            Self::Client { .. } => Err(EngineNotice::NotOurEngine.into()),
        }
    }
}

/// The engine that Rekindle runs for the directory, if it does.
pub fn by_record(places: &Places) -> Engine {
    let records = Records(places);
    let Some(record) = records.record() else {
        // Whoever owns the directory writes the first record when the engine runs, and again when it was removed.
        let state = if records.is_owned() { EngineState::Starting } else { EngineState::Stopped };
        return none(state, None);
    };
    if record.state != EngineState::Running {
        return none(record.state, None);
    }
    // Another password has another file: this record is old by now, and what it says is not to be relied on.
    let Some(password) = record.password() else {
        return none(EngineState::Starting, Some(EngineNotice::NoPasswordFile.into()));
    };
    let credentials = Credentials { username: record.username.clone(), password: Some(password) };
    let client = Client::new(&record.url, &record.directory, credentials);
    match client.and_then(|client| client.of_user(record.user(), record.pid)) {
        Ok(client) => {
            let view = EngineView {
                mode: EngineMode::Host,
                url: Some(record.url.clone()),
                version: Some(record.version.clone()),
                pid: Some(record.pid),
                state: EngineState::Running,
                message: record.moved(),
            };
            Engine {
                view,
                client: Some(client),
                identity: Identity::of(&record),
                program: record.program.clone(),
                caveat: None,
                environment: Some(records.environment_of_engine(record.pid)),
            }
        }
        Err(error) => none(EngineState::Unreachable, Some(error.what())),
    }
}

/// An engine of ours that does not run any more.
pub(crate) fn stopped(last: &Record) -> Engine {
    let engine = none(EngineState::Stopped, None);
    let view = EngineView { version: Some(last.version.clone()), ..engine.view.clone() };
    Engine { view, program: last.program.clone(), ..engine }
}

/// The engine that this process owns.
pub fn by_host(state: &HostState) -> Engine {
    let identity = state.record.as_ref().map(Identity::of).unwrap_or_default();
    Engine {
        view: state.view.clone(),
        client: state.client.clone(),
        identity,
        program: state.record.as_ref().and_then(|record| record.program.clone()),
        caveat: None,
        environment: None,
    }
}

/// Someone else's engine.
pub async fn by_url(places: &Places, url: &str, credentials: Credentials) -> Result<Engine, ClientError> {
    let client = Client::new(url, &places.directory.display().to_string(), credentials)?;
    let caveat = client.caveat();
    let health = client.health(SHORT).await;
    let state = match &health {
        Ok(_) => EngineState::Running,
        Err(ClientError::Unauthorized) => EngineState::Unauthorized,
        Err(_) => EngineState::Unreachable,
    };
    let view = EngineView {
        mode: EngineMode::Client,
        url: Some(client.url().to_owned()),
        version: health.as_ref().ok().cloned(),
        pid: None,
        state,
        message: health.as_ref().err().map(|error| error.what()),
    };
    let client = health.is_ok().then_some(client);
    Ok(Engine { client, identity: Identity::of_url(url), caveat, ..Engine::nowhere(view) })
}

/// Whether an address can be one, before anything is asked; and what people should know before it is.
pub fn check_url(places: &Places, url: &str, credentials: Credentials) -> Result<Option<Notice>, ClientError> {
    Client::new(url, &places.directory.display().to_string(), credentials).map(|client| client.caveat())
}

/// Someone else's engine before it was asked.
pub fn unknown(url: &str) -> Engine {
    let mut engine = none(EngineState::Starting, None);
    engine.view.mode = EngineMode::Client;
    engine.view.url = Some(url.to_owned());
    engine
}

/// Someone else's engine that cannot even be asked.
pub fn failed(error: &ClientError) -> Engine {
    let mut engine = none(EngineState::Unreachable, Some(error.what()));
    engine.view.mode = EngineMode::Client;
    engine
}

fn none(state: EngineState, message: Option<Notice>) -> Engine {
    Engine::nowhere(EngineView { mode: EngineMode::Host, url: None, version: None, pid: None, state, message })
}
