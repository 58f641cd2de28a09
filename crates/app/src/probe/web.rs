//! A server at an address: each message is a request, and its answer JSON or a stream of events.

use std::time::Duration;

use rekindle_domain::{ServerNotice, chain};
use serde_json::Value;
use tokio::time::timeout;

use super::{Link, PROTOCOL, answer, message};
use crate::engine::client::web_client;

/// The header with the session that a server began.
const SESSION: &str = "mcp-session-id";
/// What a request is given beyond its limit, so that it is told to be late and not out of reach.
const MARGIN: Duration = Duration::from_secs(1);
/// The most bytes that are read of an answer.
const MOST: usize = 16 * 1024 * 1024;

/// A server's address.
pub(super) struct Web {
    name: String,
    url: String,
    headers: Vec<(String, String)>,
    http: reqwest::Client,
    session: Option<String>,
    limit: Duration,
    last: u64,
}

impl Web {
    pub(super) fn to(name: &str, entry: &Value, limit: Duration) -> Result<Self, ServerNotice> {
        let url = entry.get("url").and_then(Value::as_str).unwrap_or_default().to_owned();
        let headers = entry.get("headers").and_then(Value::as_object).into_iter().flatten();
        let headers = headers.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect();
        let name = name.to_owned();
        let http =
            web_client().map_err(|error| ServerNotice::ServerUnreachable { name: name.clone(), why: chain(&error) })?;
        Ok(Self { name, url, headers, http, session: None, limit, last: 0 })
    }

    async fn post(&mut self, message: &Value) -> Result<reqwest::Response, ServerNotice> {
        let mut request = self.http.post(&self.url).json(message).timeout(self.limit + MARGIN);
        request = request.header("accept", "application/json, text/event-stream");
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        if let Some(session) = &self.session {
            request = request.header(SESSION, session).header("mcp-protocol-version", PROTOCOL);
        }
        let response = request.send().await.map_err(|error| self.not_reached(error))?;
        let session = response.headers().get(SESSION).and_then(|value| value.to_str().ok());
        self.session = session.map(str::to_owned).or_else(|| self.session.take());
        match response.status().as_u16() {
            401 | 403 => Err(ServerNotice::ServerWantsSignIn { name: self.name.clone() }),
            status if !(200..300).contains(&status) => {
                Err(ServerNotice::ServerStatus { name: self.name.clone(), status })
            }
            _ => Ok(response),
        }
    }

    fn not_reached(&self, error: reqwest::Error) -> ServerNotice {
        ServerNotice::ServerUnreachable { name: self.name.clone(), why: chain(&error.without_url()) }
    }

    /// Reads the answer to a request: all of it if that is JSON, or until its event comes.
    async fn read(&self, mut response: reqwest::Response, method: &str, id: u64) -> Result<Value, ServerNotice> {
        let kind = response.headers().get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let is_stream = kind.starts_with("text/event-stream");
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.not_reached(error))? {
            body.extend_from_slice(&chunk);
            if is_stream && let Some(found) = self.event(&body, method, id) {
                return found;
            }
            if body.len() > MOST {
                break;
            }
        }
        let text = String::from_utf8_lossy(&body);
        let found = match is_stream {
            true => self.event(&body, method, id),
            false => serde_json::from_str(&text).ok().and_then(|read| answer(&self.name, method, id, &read)),
        };
        let line = super::told(text.lines().next().unwrap_or_default());
        found.unwrap_or(Err(ServerNotice::ServerSpeaksOther { name: self.name.clone(), line }))
    }

    fn event(&self, body: &[u8], method: &str, id: u64) -> Option<Result<Value, ServerNotice>> {
        let text = String::from_utf8_lossy(body);
        let data = text.lines().filter_map(|line| line.strip_prefix("data:"));
        let mut read = data.filter_map(|data| serde_json::from_str(data.trim()).ok());
        read.find_map(|read: Value| answer(&self.name, method, id, &read))
    }
}

impl Link for Web {
    async fn ask(&mut self, method: &str, params: Value) -> Result<Value, ServerNotice> {
        self.last += 1;
        let (id, limit) = (self.last, self.limit);
        let asked = async {
            let response = self.post(&message(Some(id), method, params)).await?;
            self.read(response, method, id).await
        };
        match timeout(limit, asked).await {
            Ok(answer) => answer,
            Err(_) => Err(ServerNotice::ServerSilent {
                name: self.name.clone(),
                method: method.to_owned(),
                seconds: u64::try_from(limit.as_millis().div_ceil(1000)).unwrap_or(u64::MAX),
            }),
        }
    }

    async fn tell(&mut self, method: &str) -> Result<(), ServerNotice> {
        self.post(&message(None, method, Value::Null)).await.map(drop)
    }
}
