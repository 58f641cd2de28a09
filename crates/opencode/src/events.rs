//! The engine's events (`GET /global/event`), as far as they concern us.
//!
//! Invariant: an event is a hint or the end of a wait, never a truth about what is loaded.

use std::path::Path;

use serde_json::Value;

use crate::decoded;

/// How much is kept of a message, in characters.
const FAILURE: usize = 2000;

/// What an event means to us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EngineEvent {
    /// The instance of this directory was dropped.
    Disposed,
    /// All instances were dropped.
    AllDisposed,
    /// Sessions, permissions or questions of this directory changed.
    Activity,
    /// The same of another directory, which a restart would interrupt.
    Elsewhere,
    /// An instance is being created, whichever it is; what its plugins fail with comes after this.
    Loading,
    /// A plugin could not be loaded; the engine's message, `file:` URLs decoded.
    PluginFailed(String),
}

/// What an event means for a directory; `None`: nothing.
pub fn meaning(event: &Value, directory: &str) -> Option<EngineEvent> {
    let payload = &event["payload"];
    let kind = payload["type"].as_str()?;
    if kind == "global.disposed" {
        return Some(EngineEvent::AllDisposed);
    }
    if kind == "project.updated" {
        return Some(EngineEvent::Loading);
    }
    let of = event["directory"].as_str().or_else(|| payload["properties"]["directory"].as_str())?;
    if Path::new(of) != Path::new(directory) {
        return is_activity(kind).then_some(EngineEvent::Elsewhere);
    }
    match kind {
        "server.instance.disposed" => Some(EngineEvent::Disposed),
        "session.error" if payload["properties"]["sessionID"].is_null() => {
            let message = payload["properties"]["error"]["data"]["message"].as_str()?;
            Some(EngineEvent::PluginFailed(decoded(message).chars().take(FAILURE).collect()))
        }
        kind => is_activity(kind).then_some(EngineEvent::Activity),
    }
}

/// The address that a person has to open to sign in to an MCP server, if this says that the engine could not open it in a
/// browser. A server names it, so it may be anything that the web has, and nothing else.
pub fn unopened<'a>(event: &'a Value, server: &str) -> Option<&'a str> {
    let payload = &event["payload"];
    let about = &payload["properties"];
    let is_meant = payload["type"] == "mcp.browser.open.failed" && about["mcpName"] == server;
    let address = about["url"].as_str().filter(|_| is_meant)?;
    ["https://", "http://"].iter().any(|start| address.starts_with(start)).then_some(address)
}

/// True for what changes what is running.
fn is_activity(kind: &str) -> bool {
    matches!(kind, "session.status" | "session.idle" | "session.error")
        || ["permission.", "question.", "pty."].iter().any(|start| kind.starts_with(start))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// V1: an address of the web, for the server that is signed in to.
    #[test]
    fn an_address_that_was_not_opened_is_known() {
        let check = |name: &str, url: &str, expected: Option<&str>| {
            let properties = json!({"mcpName": name, "url": url});
            let event = json!({"payload": {"type": "mcp.browser.open.failed", "properties": properties}});
            assert_eq!(unopened(&event, "a"), expected);
        };
        check("a", "https://a.example/x?y", Some("https://a.example/x?y"));
        check("a", "http://127.0.0.1:1/", Some("http://127.0.0.1:1/"));
        check("b", "https://a.example/", None);
        check("a", "file:///etc/passwd", None);
        check("a", "javascript:alert(1)", None);
        assert_eq!(unopened(&json!({"payload": {"type": "server.heartbeat", "properties": {}}}), "a"), None);
    }

    #[test]
    fn only_events_of_the_directory_count() {
        let check = |directory: &str, kind: &str, properties: Value, expected: Option<EngineEvent>| {
            let event = json!({"directory": directory, "payload": {"type": kind, "properties": properties}});
            assert_eq!(meaning(&event, "/p"), expected, "{event}");
        };
        check("/p", "server.instance.disposed", json!({"directory": "/p"}), Some(EngineEvent::Disposed));
        check("/other", "server.instance.disposed", json!({"directory": "/other"}), None);
        check("global", "global.disposed", json!({}), Some(EngineEvent::AllDisposed));
        check("/p", "session.status", json!({"sessionID": "s"}), Some(EngineEvent::Activity));
        check("/other", "session.idle", json!({"sessionID": "s"}), Some(EngineEvent::Elsewhere));
        check("/p", "permission.asked", json!({"sessionID": "s"}), Some(EngineEvent::Activity));
        check("/p", "server.heartbeat", json!({}), None);
        check("global", "project.updated", json!({"worktree": "/"}), Some(EngineEvent::Loading));
        let failed = json!({"error": {"data": {"message": "Failed to load plugin file:///p/a%20b.ts: boom"}}});
        let message = "Failed to load plugin file:///p/a b.ts: boom".to_owned();
        check("/p", "session.error", failed, Some(EngineEvent::PluginFailed(message)));
    }
}
