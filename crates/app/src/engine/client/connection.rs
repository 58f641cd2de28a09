//! The connections to engines: shared, and only to whom they are meant for.

use std::sync::{Mutex, OnceLock, PoisonError};

use super::{ClientError, SHORT};
use crate::engine::listeners;

pub(super) fn http(encrypted: bool) -> Result<reqwest::Client, ClientError> {
    static HTTP: [OnceLock<reqwest::Client>; 2] = [const { OnceLock::new() }; 2];
    let ready = &HTTP[usize::from(encrypted)];
    if let Some(client) = ready.get() {
        return Ok(client.clone());
    }
    // Reading the system's hundreds of certificates takes longer than an engine's answer.
    let builder = if encrypted { builder() } else { builder().tls_certs_only([]) };
    let client = builder.build().map_err(ClientError::NotReady)?;
    Ok(ready.get_or_init(|| client).clone())
}

/// Connects only to what this user has started. One pool for each process of an engine: a new client finds the connections
/// of the one before, and never those to a process that has ended, each of which would be reset.
pub(super) fn guarded(uid: u32, port: u16, pid: u32) -> Result<reqwest::Client, ClientError> {
    /// The user, the port and the process that a client is for.
    type For = (u32, u16, u32);
    static GUARDED: Mutex<Option<(For, reqwest::Client)>> = Mutex::new(None);
    let mut last = GUARDED.lock().unwrap_or_else(PoisonError::into_inner);
    let engine = (uid, port, pid);
    if let Some((of, client)) = &*last
        && *of == engine
    {
        return Ok(client.clone());
    }
    let guard = tower::util::AndThenLayer::new(move |connection| async move {
        // After the connection, so that whoever it leads to is there already.
        listeners::is_started_by(uid, port).map(|()| connection)
    });
    // Never one without the guard in its place.
    let client = builder().tls_certs_only([]).connector_layer(guard).build().map_err(ClientError::NotReady)?;
    Ok(last.insert((engine, client)).1.clone())
}

/// For an address that is no engine's.
pub(crate) fn web_client() -> Result<reqwest::Client, ClientError> {
    builder().build().map_err(ClientError::NotReady)
}

fn builder() -> reqwest::ClientBuilder {
    // Fails only when someone else installed one before, which is as good.
    drop(rustls::crypto::ring::default_provider().install_default());
    reqwest::Client::builder().no_proxy().connect_timeout(SHORT).redirect(reqwest::redirect::Policy::none())
}
