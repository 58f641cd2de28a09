//! Keeping up with the engine.
//!
//! Invariant: an event becomes an input and nothing else, and many events few inputs; a broken stream is opened
//! again, ever more seldom.

use std::time::Duration;

use tokio::{
    sync::{mpsc, watch},
    time::{Instant, sleep, sleep_until},
};

use super::{Input, SELDOM, Source, pace::Pace, report};
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

/// What an event is a hint of, the more urgent first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Hint {
    Disposed,
    Engine,
    Elsewhere,
}

/// Passes events on until the stream ends or the host says that the engine is another one.
async fn pass_on(
    mut events: Events,
    inputs: &mpsc::WeakSender<Input>,
    mut host: Option<&mut watch::Receiver<HostState>>,
) {
    let mut pace = Pace::new(Instant::now());
    loop {
        let due = async {
            match pace.due() {
                Some(due) => sleep_until(due).await,
                None => std::future::pending().await,
            }
        };
        let changed = async {
            match &mut host {
                Some(state) => drop(state.changed().await),
                None => std::future::pending().await,
            }
        };
        // In this order: a stream that always has another event keeps nothing else waiting.
        let hint = tokio::select! {
            biased;
            () = changed => return,
            () = due => None,
            event = events.next() => match event {
                Some(EngineEvent::Disposed | EngineEvent::AllDisposed) => Some(Hint::Disposed),
                Some(EngineEvent::Activity) => Some(Hint::Engine),
                Some(EngineEvent::Elsewhere) => Some(Hint::Elsewhere),
                Some(EngineEvent::Loading) => continue,
                Some(EngineEvent::PluginFailed(message)) => {
                    tracing::info!(message, "a plugin failed");
                    continue;
                }
                None => return,
            },
        };
        let Some(hint) = hint else {
            for hint in pace.take(Instant::now()) {
                let input = match hint {
                    Hint::Disposed => Input::Disposed,
                    Hint::Engine => Input::Engine,
                    Hint::Elsewhere => Input::Elsewhere,
                };
                if !report(inputs, input).await {
                    return;
                }
            }
            continue;
        };
        pace.add(hint);
    }
}
