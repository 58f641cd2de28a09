//! MCP servers of the instance: connecting, disconnecting, signing in and out. Measured: the routes for connections answer
//! `true` when they are done, whatever came of it, so that is asked afterwards; for a name that the instance does not know
//! all of them answer 404.

use std::{collections::BTreeMap, time::Duration};

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use rekindle_domain::McpAnswer;
use reqwest::Method;
use serde::de::IgnoredAny;

use super::{Client, ClientError, SHORT};

/// How long a server may take: the engine gives it 30 s, if its entry says nothing else.
const PATIENCE: Duration = Duration::from_secs(90);

/// How long a person may take to sign in: the engine waits five minutes, and then gives up.
const SIGN_IN: Duration = Duration::from_secs(330);

/// What became of signing in.
#[derive(Debug)]
pub enum SignedIn {
    /// How the server is now.
    To(McpAnswer),
    /// The instance has no server of that name.
    Unknown,
    /// The server is none that one signs in to: it is local, or its entry turns signing in off.
    NotOffered,
    /// It was refused, or it came to nothing in time; the engine tells only its log why.
    Failed,
}

/// What becomes of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Connection {
    /// It is made anew.
    Connect,
    /// It is ended, and the server with it, until it is made again or the instance is.
    Disconnect,
}

impl Client {
    /// Connects or disconnects a server, and says how it is then. `None`: the instance has none of that name. The instance
    /// goes by the configuration that it has loaded.
    pub async fn switch_server(&self, name: &str, to: Connection) -> Result<Option<McpAnswer>, ClientError> {
        let word = match to {
            Connection::Connect => "connect",
            Connection::Disconnect => "disconnect",
        };
        let route = route(name, word);
        match self.post(&route, PATIENCE).await {
            Err(ClientError::Status { status: 404, .. }) => return Ok(None),
            done => done?,
        }
        self.server(name).await
    }

    /// Signs in to a server: the engine opens the person's browser, waits for them, keeps what they are given, and connects.
    pub(in crate::engine) async fn authenticate(&self, name: &str) -> Result<SignedIn, ClientError> {
        match self.send(Method::POST, &route(name, "auth/authenticate"), SIGN_IN).await {
            Ok(answer) => Ok(SignedIn::To(answer)),
            Err(ClientError::Status { status: 404, .. }) => Ok(SignedIn::Unknown),
            Err(ClientError::Status { status: 400, .. }) => Ok(SignedIn::NotOffered),
            Err(ClientError::Status { status: 500.., .. }) => Ok(SignedIn::Failed),
            Err(error) => Err(error),
        }
    }

    /// Signs out of a server, and says how it is then; `None`: the instance has none of that name. The engine forgets what it
    /// was given, and goes on using the connection that it has (measured), so that one is made anew.
    pub async fn sign_out(&self, name: &str) -> Result<Option<McpAnswer>, ClientError> {
        match self.send::<IgnoredAny>(Method::DELETE, &route(name, "auth"), SHORT).await {
            Err(ClientError::Status { status: 404, .. }) => return Ok(None),
            done => done?,
        };
        match self.server(name).await? {
            Some(server) if server.status == "connected" => self.switch_server(name, Connection::Connect).await,
            server => Ok(server),
        }
    }

    async fn server(&self, name: &str) -> Result<Option<McpAnswer>, ClientError> {
        let mut all: BTreeMap<String, McpAnswer> = self.get("/mcp", PATIENCE).await?;
        Ok(all.remove(name))
    }
}

fn route(name: &str, deed: &str) -> String {
    format!("/mcp/{}/{deed}", utf8_percent_encode(name, NON_ALPHANUMERIC))
}
