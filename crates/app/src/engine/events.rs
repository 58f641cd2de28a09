//! The engine's events, as far as they concern us.
//!
//! Invariants: an event is a hint or the end of a wait, never a truth about what is loaded. The stream ends when
//! the connection does; whoever needs more opens it again. No wait for a silence lasts longer than its bound: an
//! engine may never be silent.

mod frames;

use std::time::Duration;

use rekindle_opencode::events::{EngineEvent, meaning};
use serde_json::Value;
use tokio::time::{Instant, sleep_until};

use self::frames::Frames;
use super::client::{Client, ClientError};

/// How long a stream may be silent; the engine's heart beats every 10 s.
const SILENCE: Duration = Duration::from_secs(35);
/// How long what has arrived by now may take to be read.
const ARRIVED: Duration = Duration::from_millis(500);
/// How many answers are awaited before a new stream is relied on.
const ANSWERS: u32 = 2;
/// How many events are read in a second, and how many bytes. An engine that says more, whoever's it is, waits: a session
/// at work says some hundred, and none keeps a core of this machine busy.
const EVENTS: usize = 5000;
const BYTES: usize = 32 * 1024 * 1024;
/// How many failures of plugins are kept.
const FAILURES: usize = 500;

/// All events of an engine, as they come.
pub(super) struct Stream {
    response: reqwest::Response,
    frames: Frames,
    pace: Pace,
}

impl Stream {
    /// Opens the stream and waits until the engine says that it is connected.
    pub(super) async fn open(client: &Client) -> Result<Self, ClientError> {
        let response = match client.open_events().await {
            // A connection to the process before may be kept, and break only now.
            Err(error @ ClientError::Unreachable { .. }) if !error.is_refused() => client.open_events().await?,
            response => response?,
        };
        let mut events = Self { response, frames: Frames::default(), pace: Pace::new(Instant::now()) };
        let route = "/global/event".to_owned();
        let bound = super::client::SHORT;
        if !matches!(tokio::time::timeout(bound, events.read()).await, Ok(Some(_))) {
            return Err(ClientError::TimedOut { route, seconds: bound.as_secs() });
        }
        // It says so before it listens. It does one thing after the other: once it has answered something else,
        // it most often does (measured on a busy machine: 6 of 8 streams heard what came next, 16 of 16 after this).
        for _ in 0..ANSWERS {
            if let Err(error) = client.health(bound).await {
                tracing::debug!(%error, "a stream that may not listen yet");
            }
        }
        Ok(events)
    }

    /// The next event; `None` when the connection ended.
    pub(super) async fn next(&mut self) -> Option<Value> {
        // A connection without a heartbeat is dead, whatever the system says of it.
        tokio::time::timeout(SILENCE, self.read()).await.ok()?
    }

    /// Nothing is lost when nobody waits for it any more.
    async fn read(&mut self) -> Option<Value> {
        loop {
            // Whoever stops waiting here waits again.
            while let Some(end) = self.pace.pause(Instant::now()) {
                sleep_until(end).await;
            }
            if let Some(event) = self.frames.next() {
                self.pace.events += 1;
                return Some(event);
            }
            let piece = self.response.chunk().await.ok()??;
            self.pace.bytes += piece.len();
            self.frames.take(&piece);
        }
    }
}

/// What was read in a second.
struct Pace {
    since: Instant,
    events: usize,
    bytes: usize,
}

impl Pace {
    fn new(now: Instant) -> Self {
        Self { since: now, events: 0, bytes: 0 }
    }

    /// When more may be read, if this second had its share.
    fn pause(&mut self, now: Instant) -> Option<Instant> {
        let end = self.since + Duration::from_secs(1);
        if now >= end {
            *self = Self::new(now);
        }
        (self.events >= EVENTS || self.bytes >= BYTES).then_some(end)
    }
}

/// The events that concern one directory.
pub struct Events {
    stream: Stream,
    directory: String,
    has_loading: bool,
}

impl Events {
    /// Opens the stream and waits until the engine says that it is connected.
    pub async fn open(client: &Client) -> Result<Self, ClientError> {
        Ok(Self { stream: Stream::open(client).await?, directory: client.directory().to_owned(), has_loading: false })
    }

    /// The next event that concerns us; `None` when the connection ended.
    pub async fn next(&mut self) -> Option<EngineEvent> {
        loop {
            let event = self.stream.next().await?;
            if let Some(meant) = meaning(&event, &self.directory) {
                self.has_loading |= meant == EngineEvent::Loading;
                return Some(meant);
            }
        }
    }

    /// Waits for the end of a dispose; false when it did not come in time. Failures of plugins that
    /// come before it are added to `failures`.
    pub async fn disposed(&mut self, bound: Duration, failures: &mut Vec<String>) -> bool {
        let wait = async {
            while let Some(event) = self.next().await {
                match event {
                    EngineEvent::AllDisposed | EngineEvent::Disposed => return true,
                    EngineEvent::PluginFailed(message) => keep(failures, message),
                    _ => {}
                }
            }
            false
        };
        tokio::time::timeout(bound, wait).await.unwrap_or(false)
    }

    /// Leaves out what has arrived by now.
    pub async fn skip(&mut self) {
        let all = async { while let Ok(Some(_)) = tokio::time::timeout(Duration::ZERO, self.next()).await {} };
        // In time or not: what is left is no more than a hint too many.
        drop(tokio::time::timeout(ARRIVED, all).await);
        self.has_loading = false;
    }

    /// Whether an instance has been heard being created since, so that a failure would have been heard,
    /// too: a stream hears nothing in its first moments.
    pub fn has_heard_loading(&self) -> bool {
        self.has_loading
    }

    /// The failures of plugins that have arrived by now.
    pub async fn failures(&mut self) -> Vec<String> {
        let mut failures = Vec::new();
        let all = async {
            // What the engine sent before it answered the last request has been read by then.
            while let Ok(Some(event)) = tokio::time::timeout(Duration::from_millis(30), self.next()).await {
                if let EngineEvent::PluginFailed(message) = event {
                    keep(&mut failures, message);
                }
            }
        };
        // An engine that goes on talking has said by then what it had to say.
        drop(tokio::time::timeout(ARRIVED, all).await);
        failures
    }
}

fn keep(failures: &mut Vec<String>, message: String) {
    if failures.len() < FAILURES {
        failures.push(message);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// N16: who reads without end reads so much in a second, in events and in bytes.
    #[test]
    fn a_flood_is_read_at_a_pace() {
        let began = Instant::now();
        let read = |events: usize, bytes: usize| {
            let (mut now, mut pace) = (began, Pace::new(began));
            for _ in 0..20 * EVENTS {
                while let Some(end) = pace.pause(now) {
                    assert!(end > now);
                    now = end;
                }
                pace.events += events;
                pace.bytes += bytes;
                now += Duration::from_micros(1);
            }
            (now - began).as_secs()
        };
        assert_eq!(read(1, 1), 19);
        assert_eq!(read(0, BYTES / EVENTS + 1), 19);
        assert_eq!(read(0, 1), 0, "what is little is read at once");
    }
}
