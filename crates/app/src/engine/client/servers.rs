//! MCP servers of the instance: connecting and disconnecting one. Measured: the routes answer `true` when they are done,
//! whatever came of it, so that is asked afterwards; for a name that the instance does not know they answer 404.

use std::{collections::BTreeMap, time::Duration};

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use rekindle_domain::McpAnswer;

use super::{Client, ClientError};

/// How long a server may take: the engine gives it 30 s, if its entry says nothing else.
const PATIENCE: Duration = Duration::from_secs(90);

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
        let route = format!("/mcp/{}/{word}", utf8_percent_encode(name, NON_ALPHANUMERIC));
        match self.post(&route, PATIENCE).await {
            Err(ClientError::Status { status: 404, .. }) => return Ok(None),
            done => done?,
        }
        let mut all: BTreeMap<String, McpAnswer> = self.get("/mcp", PATIENCE).await?;
        Ok(all.remove(name))
    }
}
