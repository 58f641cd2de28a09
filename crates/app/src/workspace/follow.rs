//! Keeping up with the engine.
//!
//! Invariant: an event becomes an input and nothing else, and many events few inputs; a broken stream is opened
//! again, ever more seldom.

use std::time::Duration;

use rekindle_opencode::events::EngineEvent;
use tokio::{
    sync::{mpsc, watch},
    time::{Instant, sleep, sleep_until},
};

use super::{Message, SELDOM, Source, pace::Pace, report};
use crate::{
    engine::{connect, events::Events, host::HostState},
    files::locate::Places,
};

/// Keeps up with the engine: which one it is, and its events.
pub(super) async fn follow(places: Places, source: Source, inputs: mpsc::WeakSender<Message>) {
    let mut host = match &source {
        Source::Own(host) => Some(host.watch()),
        _ => None,
    };
    let mut pause = Duration::from_millis(250);
    loop {
        let engine = match (&source, &mut host) {
            (_, Some(state)) => connect::by_host(&state.borrow_and_update()),
            (Source::Client { url, credentials }, _) => {
                connect::by_url(&places, url, credentials.clone()).await.unwrap_or_else(|error| connect::failed(&error))
            }
            _ => connect::by_record(&places),
        };
        let client = engine.client.clone();
        if !report(&inputs, Message::Engine(Box::new(engine))).await {
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

/// What an event is a hint of, each kind at a pace of its own: that an instance was dropped is not held up by what
/// runs in it.
#[derive(Clone, Copy)]
enum Hint {
    Disposed,
    Engine,
    Elsewhere,
}

/// The more urgent first.
const HINTS: [Hint; 3] = [Hint::Disposed, Hint::Engine, Hint::Elsewhere];

impl Hint {
    fn input(self) -> Message {
        match self {
            Self::Disposed => Message::Disposed,
            Self::Engine => Message::Answers,
            Self::Elsewhere => Message::Elsewhere,
        }
    }
}

/// Passes events on until the stream ends or the host says that the engine is another one.
async fn pass_on(
    mut events: Events,
    inputs: &mpsc::WeakSender<Message>,
    mut host: Option<&mut watch::Receiver<HostState>>,
) {
    let mut paces = [Pace::new(Instant::now()); HINTS.len()];
    loop {
        let due = async {
            match paces.iter().filter_map(Pace::due).min() {
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
                None => break,
            },
        };
        let Some(hint) = hint else {
            let now = Instant::now();
            for (hint, pace) in HINTS.into_iter().zip(&mut paces) {
                if !pace.take(now) {
                    continue;
                }
                if !report(inputs, hint.input()).await {
                    return;
                }
            }
            continue;
        };
        paces.get_mut(hint as usize).into_iter().for_each(Pace::add);
    }
    // What it said last counts, too.
    for (hint, _) in HINTS.into_iter().zip(paces).filter(|(_, pace)| pace.due().is_some()) {
        if !report(inputs, hint.input()).await {
            return;
        }
    }
}
