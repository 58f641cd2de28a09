//! Asking an MCP server ourselves: whether it starts, what it is, and which tools it has.
//!
//! Invariants: it is run as the engine would run it, with its environment and in its directory; time and what it says are
//! bounded; nothing of it is left running, whoever stops waiting. No tool is called.

mod stdio;
mod web;

use std::time::Duration;

use rekindle_domain::{ErrorCode, Notice, ServerNotice, ServerTest, ServerTool, UserError, masked_text, visible};
use rekindle_opencode::{effective, skill::spec::tokens};
use serde_json::{Value, json};

use crate::files::{locate::Places, scan::Scan};

/// The version of the protocol that is spoken.
const PROTOCOL: &str = "2025-06-18";
/// How long a server may take for an answer, if its entry says nothing else: as long as the engine waits.
const PATIENCE: Duration = Duration::from_secs(30);
/// The longest that is waited, whatever the entry says.
const LONGEST: Duration = Duration::from_secs(120);
/// The most pages of tools that are asked for.
const MOST_PAGES: usize = 50;
/// The most tools that are told of.
const MOST_TOOLS: usize = 2000;
/// The longest name or version that is told, in characters.
const TOLD: usize = 200;

/// Something that takes requests: a process or an address.
trait Link {
    /// Sends a request, and waits for its answer.
    async fn ask(&mut self, method: &str, params: Value) -> Result<Value, ServerNotice>;
    /// Sends what wants no answer.
    async fn tell(&mut self, method: &str) -> Result<(), ServerNotice>;
}

/// Tests a server that the files declare, whether the engine runs or not.
pub async fn test_server(places: &Places, scan: &Scan, name: &str) -> Result<ServerTest, UserError> {
    let config = effective(&scan.disk.global, &scan.disk.layers);
    let not_declared =
        || UserError::new(ErrorCode::NotFound, ServerNotice::ServerNotDeclared { name: name.to_owned() });
    let entry = config.get("mcp").and_then(|servers| servers.get(name)).ok_or_else(not_declared)?;
    let limit = entry.get("timeout").and_then(Value::as_u64).map_or(PATIENCE, Duration::from_millis).min(LONGEST);
    let failed = |why: ServerNotice| UserError::new(ErrorCode::ServerFailed, why);
    if entry.get("type").and_then(Value::as_str) == Some("remote") {
        let mut link = web::Web::to(name, entry, limit).map_err(failed)?;
        return talk(name, &mut link).await.map_err(failed);
    }
    let mut link = stdio::Process::start(places, name, entry, limit).map_err(failed)?;
    let heard = talk(name, &mut link).await;
    let words = link.end().await;
    heard.map_err(|why| {
        let why = match words.is_empty() {
            true => Notice::from(why),
            false => ServerNotice::ServerLastWords { why: Box::new(why.into()), words }.into(),
        };
        UserError::new(ErrorCode::ServerFailed, why)
    })
}

/// The handshake, and the list of tools.
async fn talk(name: &str, link: &mut impl Link) -> Result<ServerTest, ServerNotice> {
    let us = json!({ "name": "rekindle", "version": env!("CARGO_PKG_VERSION") });
    let hello =
        link.ask("initialize", json!({ "protocolVersion": PROTOCOL, "capabilities": {}, "clientInfo": us })).await?;
    link.tell("notifications/initialized").await?;
    let said = |place: &str| told(hello.pointer(place).and_then(Value::as_str).unwrap_or_default());
    let mut test = ServerTest {
        name: name.to_owned(),
        protocol: said("/protocolVersion"),
        server: said("/serverInfo/name"),
        version: said("/serverInfo/version"),
        ..ServerTest::default()
    };
    if hello.pointer("/capabilities/tools").is_none() {
        return Ok(test);
    }
    let mut params = json!({});
    for _ in 0..MOST_PAGES {
        let page = link.ask("tools/list", params).await?;
        let tools = page.get("tools").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        test.tools.extend(tools.iter().take(MOST_TOOLS.saturating_sub(test.tools.len())).map(tool));
        match page.get("nextCursor").filter(|cursor| cursor.is_string()) {
            Some(cursor) => params = json!({ "cursor": cursor }),
            None => break,
        }
    }
    test.tokens = test.tools.iter().map(|tool| tool.tokens).sum();
    Ok(test)
}

/// A tool, and what it weighs: its name, its description and the shape of its input are part of every request.
fn tool(tool: &Value) -> ServerTool {
    let part = |key: &str| tool.get(key).map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
    let weight = ["name", "description", "inputSchema"].into_iter().filter_map(part).map(|text| tokens(&text)).sum();
    ServerTool { name: told(tool.get("name").and_then(Value::as_str).unwrap_or_default()), tokens: weight }
}

/// What a server says, for people.
fn told(text: &str) -> String {
    let is_long = text.chars().nth(TOLD).is_some();
    let text: String = text.chars().take(TOLD).chain(is_long.then_some('…')).collect();
    masked_text(&visible(&text))
}

/// A request or, without a number, a notification.
fn message(id: Option<u64>, method: &str, params: Value) -> Value {
    match id {
        Some(id) => json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }),
        None => json!({ "jsonrpc": "2.0", "method": method }),
    }
}

/// The result in a message, if it is the answer to this request.
fn answer(name: &str, method: &str, id: u64, message: &Value) -> Option<Result<Value, ServerNotice>> {
    if message.get("id").and_then(Value::as_u64) != Some(id) || message.get("method").is_some() {
        return None;
    }
    match (message.get("result"), message.get("error")) {
        (Some(result), _) => Some(Ok(result.clone())),
        (None, Some(error)) => {
            let why = error.get("message").and_then(Value::as_str).unwrap_or_default();
            let why = told(why);
            Some(Err(ServerNotice::ServerRefused { name: name.to_owned(), method: method.to_owned(), why }))
        }
        (None, None) => None,
    }
}
