//! What an MCP server says of itself when it is tested.

use serde::{Deserialize, Serialize};

/// What a server answered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerTest {
    /// The name under which it is declared.
    pub name: String,
    /// The version of the protocol that it chose.
    pub protocol: String,
    /// What it calls itself.
    pub server: String,
    /// Its version.
    pub version: String,
    /// Its tools.
    pub tools: Vec<ServerTool>,
    /// How many tokens their descriptions take in every session, estimated.
    pub tokens: usize,
}

/// A tool of a server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerTool {
    /// Its name.
    pub name: String,
    /// How many tokens its description takes, estimated.
    pub tokens: usize,
}
