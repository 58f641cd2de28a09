//! What can go wrong with one request.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What happens to a request, or to a start ([`crate::faulty::START`]).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fault {
    /// Nothing: it is passed on.
    None,
    /// This answer comes, and the engine is not asked.
    Answer {
        /// The status.
        status: u16,
        /// The content type.
        kind: String,
        /// The body.
        body: String,
    },
    /// `true` comes at once, and the engine is asked only a moment later.
    Early,
    /// No answer ever comes, and the engine is not asked.
    Silence,
    /// The head and half of the body come, then nothing.
    Stall,
    /// The head and half of the body come, then the end.
    Cut,
    /// The connection is reset, and the engine is not asked.
    Reset,
    /// The engine does what it is asked, and the connection is reset before it can say so.
    Lost,
    /// The answer comes a few bytes at a time.
    Drip,
    /// The answer is a stream of events, and this happens to it.
    Events(EventFault),
    /// The engine's process ends; at a start: it complains and ends.
    Die,
    /// Of a start: TERM does not end the process, only KILL does.
    IgnoreTerm,
    /// Of a start: it leaves a child in a session of its own.
    LeaveChild,
}

/// What can go wrong with a stream of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EventFault {
    /// It ends after so many.
    EndAfter(usize),
    /// Each comes twice.
    Repeat,
    /// Each is overtaken by the next, if that comes soon.
    Reorder,
    /// The ends of disposes are left out.
    NeverDisposed,
}

/// How late what is late comes: later than a program that does not wait for it would look.
pub(super) const LATE: Duration = Duration::from_millis(700);

impl Fault {
    /// An answer of JSON in place of the engine's.
    pub fn json(status: u16, body: &str) -> Self {
        Self::Answer { status, kind: "application/json".to_owned(), body: body.to_owned() }
    }

    /// What an engine says when something unexpected went wrong in it.
    pub fn broken() -> Self {
        Self::json(500, r#"{"name":"UnknownError","data":{"message":"Unexpected server error."}}"#)
    }

    /// The page that the engine answers to unknown routes.
    pub fn page() -> Self {
        let body = "<!doctype html><title>OpenCode</title>".to_owned();
        Self::Answer { status: 200, kind: "text/html".to_owned(), body }
    }

    /// What an engine with another password says.
    pub fn unauthorized() -> Self {
        Self::Answer { status: 401, kind: "text/plain".to_owned(), body: String::new() }
    }

    /// `true`, and nothing is done.
    pub fn nothing() -> Self {
        Self::json(200, "true")
    }
}
