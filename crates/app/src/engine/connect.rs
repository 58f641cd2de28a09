//! How any part of Rekindle gets to a directory's engine.
//!
//! Invariant: an engine that Rekindle started for the directory is host mode for every process of
//! this user; any other engine is client mode.

use std::sync::Arc;

use rekindle_domain::{EngineMode, EngineNotice, EngineState, EngineView, Notice};

use crate::{
    engine::{
        client::{Client, ClientError, Credentials, SHORT},
        control::{self, Request},
        host::{Host, HostState},
    },
    error::Tell,
    files::locate::Places,
    state::{
        memory::Identity,
        record::{Record, Records},
    },
    workspace::target::Target,
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
    pub async fn restart(&self, places: &Places) -> Result<Target, Notice> {
        match self {
            Self::Own(host) => {
                host.restart().await.map_err(|error| error.tell().what)?;
                let state = host.watch();
                Ok(by_host(places, &state.borrow()))
            }
            Self::Attached => {
                control::ask(places, Request::Restart).await.map_err(|error| error.tell().what)?;
                Ok(by_record(places))
            }
            Self::Client { .. } => Err(EngineNotice::NotOurEngine.into()),
        }
    }
}

/// The engine that Rekindle runs for the directory, if it does.
pub fn by_record(places: &Places) -> Target {
    let records = Records(places);
    let Some(record) = records.record() else {
        // Whoever owns the directory writes the first record when the engine runs, and again when it was removed.
        let state = if records.is_owned() { EngineState::Starting } else { EngineState::Stopped };
        return none(places, state, None);
    };
    if record.state != EngineState::Running {
        return none(places, record.state, None);
    }
    // Another password has another file: this record is old by now, and what it says is not to be relied on.
    let Some(password) = record.password() else {
        return none(places, EngineState::Starting, Some(EngineNotice::NoPasswordFile.into()));
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
            Target {
                places: records.places_of_engine(record.pid),
                view,
                client: Some(client),
                identity: Identity::of(&record),
                program: record.program.clone(),
                caveat: None,
                scanner: Arc::default(),
            }
        }
        Err(error) => none(places, EngineState::Unreachable, Some(error.tell().what)),
    }
}

/// An engine of ours that does not run any more.
pub(crate) fn stopped(places: &Places, last: &Record) -> Target {
    let target = none(places, EngineState::Stopped, None);
    let view = EngineView { version: Some(last.version.clone()), ..target.view.clone() };
    Target { view, program: last.program.clone(), ..target }
}

/// The engine that this process owns.
pub fn by_host(places: &Places, state: &HostState) -> Target {
    let identity = state.record.as_ref().map(Identity::of).unwrap_or_default();
    Target {
        places: places.clone(),
        view: state.view.clone(),
        client: state.client.clone(),
        identity,
        program: state.record.as_ref().and_then(|record| record.program.clone()),
        caveat: None,
        scanner: Arc::default(),
    }
}

/// Someone else's engine.
pub async fn by_url(places: &Places, url: &str, credentials: Credentials) -> Result<Target, ClientError> {
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
        message: health.as_ref().err().map(|error| error.tell().what),
    };
    let client = health.is_ok().then_some(client);
    Ok(Target { client, identity: Identity::of_url(url), caveat, ..nowhere(places, view) })
}

/// Whether an address can be one, before anything is asked; and what people should know before it is.
pub fn check_url(places: &Places, url: &str, credentials: Credentials) -> Result<Option<Notice>, ClientError> {
    Client::new(url, &places.directory.display().to_string(), credentials).map(|client| client.caveat())
}

/// Someone else's engine before it was asked.
pub fn unknown(places: &Places, url: &str) -> Target {
    let mut target = none(places, EngineState::Starting, None);
    target.view.mode = EngineMode::Client;
    target.view.url = Some(url.to_owned());
    target
}

/// Someone else's engine that cannot even be asked.
pub fn failed(places: &Places, error: &ClientError) -> Target {
    let mut target = none(places, EngineState::Unreachable, Some(error.tell().what));
    target.view.mode = EngineMode::Client;
    target
}

fn none(places: &Places, state: EngineState, message: Option<Notice>) -> Target {
    let view = EngineView { mode: EngineMode::Host, url: None, version: None, pid: None, state, message };
    nowhere(places, view)
}

/// An engine that is not there.
fn nowhere(places: &Places, view: EngineView) -> Target {
    Target {
        places: places.clone(),
        view,
        client: None,
        identity: Identity::default(),
        program: None,
        caveat: None,
        scanner: Arc::default(),
    }
}
