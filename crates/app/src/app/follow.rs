//! Keeping up with the engine.
//!
//! Invariant: an event becomes an input and nothing else; a broken stream is opened again, ever more
//! seldom.

use std::time::Duration;

use tokio::{
    sync::{mpsc, watch},
    time::sleep,
};

use super::{Input, SELDOM, Source, report};
use crate::{
    connect,
    disk::locate::Places,
    engine::{
        events::{EngineEvent, Events},
        host::HostState,
    },
};

/// Keeps up with the engine: which one it is, and its events.
pub(super) async fn follow(places: Places, source: Source, inputs: mpsc::WeakSender<Input>) {
    let mut host = match &source {
        Source::Own(host) => Some(host.watch()),
        _ => None,
    };
    let mut pause = Duration::from_millis(250);
    loop {
        let target = match (&source, &mut host) {
            (_, Some(state)) => connect::by_host(&places, &state.borrow_and_update()),
            (Source::Client { url, credentials }, _) => connect::by_url(&places, url, credentials.clone())
                .await
                .unwrap_or_else(|error| connect::failed(&places, &error)),
            _ => connect::by_record(&places),
        };
        let client = target.client.clone();
        if !report(&inputs, Input::Target(Box::new(target))).await {
            return;
        }
        let is_there = client.is_some();
        if let Some(client) = client
            && let Ok(events) = Events::open(&client).await
        {
            pause = Duration::from_millis(250);
            pass_on(events, &inputs, host.as_mut()).await;
        } else if let Some(state) = host.as_mut().filter(|_| !is_there) {
            if state.changed().await.is_err() {
                return;
            }
            continue;
        }
        // The stream broke: the engine restarts, or is gone.
        sleep(pause).await;
        pause = (pause * 2).min(SELDOM);
    }
}

/// Passes events on until the stream ends or the host says that the engine is another one.
async fn pass_on(
    mut events: Events,
    inputs: &mpsc::WeakSender<Input>,
    mut host: Option<&mut watch::Receiver<HostState>>,
) {
    loop {
        let changed = async {
            match &mut host {
                Some(state) => drop(state.changed().await),
                None => std::future::pending().await,
            }
        };
        let input = tokio::select! {
            event = events.next() => match event {
                Some(EngineEvent::Disposed | EngineEvent::AllDisposed) => Input::Disposed,
                Some(EngineEvent::Activity) => Input::Engine,
                Some(EngineEvent::Elsewhere) => Input::Elsewhere,
                Some(EngineEvent::Loading) => continue,
                Some(EngineEvent::PluginFailed(message)) => {
                    tracing::info!(message, "a plugin failed");
                    continue;
                }
                None => return,
            },
            () = changed => return,
        };
        if !report(inputs, input).await {
            return;
        }
    }
}
