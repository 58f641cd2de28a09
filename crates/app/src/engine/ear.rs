//! Listening to an engine while it loads: only its events and its log tell of plugins that fail.
//!
//! Invariant: whoever says that nothing failed has heard the whole of a creation, and says so.

use std::time::Duration;

use rekindle_domain::EngineMode;
use rekindle_opencode::events::EngineEvent;

use super::{client::Client, events::Events, log::LogMark};
use crate::files::locate::Places;

/// An ear on an engine.
#[derive(Default)]
pub struct Ear {
    events: Option<Events>,
    /// Where the engine's log was when it was listened to first.
    log: Option<LogMark>,
}

/// What was heard of failures.
#[derive(Debug, Default)]
pub struct Heard {
    /// The engine's own messages.
    pub failures: Vec<String>,
    /// True when a failure would have been heard: the creation of an instance was, and the log was written up to now.
    pub is_whole: bool,
}

impl Ear {
    /// Listens to its events from now on, if it did not already: a stream says that it is open before it hears everything,
    /// so that this is best done early.
    pub async fn open(&mut self, client: &Client) {
        if self.events.is_none() {
            self.events = Events::open(client).await.ok();
        }
    }

    /// What comes from now on counts, and nothing that came before.
    pub async fn begin(&mut self, places: &Places) {
        if let Some(events) = &mut self.events {
            events.skip().await;
        }
        self.log = Some(LogMark::now(places));
    }

    /// The events are those of another process from now on; what was marked in the log stays.
    pub fn close(&mut self) {
        self.events = None;
    }

    /// Waits for the end of a dispose; false when it was not heard in time. Failures of plugins that come before it are added
    /// to `failures`.
    pub async fn disposed(&mut self, bound: Duration, failures: &mut Vec<String>) -> bool {
        match &mut self.events {
            Some(events) => events.disposed(bound, failures).await,
            None => false,
        }
    }

    /// Ends when something happened to what is running; never, where nothing can be heard.
    pub async fn activity(&mut self, client: &Client) {
        self.open(client).await;
        let Some(events) = &mut self.events else { return std::future::pending().await };
        loop {
            match events.next().await {
                Some(EngineEvent::PluginFailed(_) | EngineEvent::Loading) => {}
                Some(_) => return,
                None => {
                    self.events = None;
                    return;
                }
            }
        }
    }

    /// What was heard of plugins since it began. The log comes late, so an engine of ours is given a line to write and that
    /// is waited for; one that is not ours is told nothing.
    pub async fn failures(&mut self, client: &Client, mode: EngineMode) -> Heard {
        let mut heard = Heard { failures: Vec::new(), is_whole: true };
        if let Some(log) = &self.log {
            let told = if mode == EngineMode::Host { log.settled(client).await } else { Ok(log.failures()) };
            heard.is_whole = told.is_ok();
            heard.failures = told.unwrap_or_else(|some| some);
        }
        if let Some(events) = &mut self.events {
            heard.failures.extend(events.failures().await);
        }
        heard.is_whole &= self.events.as_ref().is_some_and(Events::has_heard_loading);
        heard
    }
}
