//! What the commands say of MCP servers that were connected or tested.

use rekindle_domain::{McpAnswer, ServerTest};

use crate::{
    notice::{Front, inline},
    text::counted,
};

/// How many tools are listed.
const LISTED: usize = 50;

/// How a server is now.
pub fn connection(name: &str, answer: &McpAnswer) -> String {
    match (answer.status.as_str(), answer.failure()) {
        (_, Some(why)) => format!("{name}: not connected, {}", inline(&why, Front::Command)),
        ("disabled", None) => format!("{name}: disconnected"),
        (status, None) => format!("{name}: {status}"),
    }
}

/// What a person has to do now.
pub fn signing_in(name: &str) -> String {
    format!("sign in to {name} in your browser; Ctrl-C cancels")
}

/// The engine could not do it.
pub fn open(address: &str) -> String {
    format!("OpenCode could not open a browser; open this address: {address}")
}

/// What a server answered.
pub fn tested(test: &ServerTest) -> Vec<String> {
    let server = [test.server.as_str(), test.version.as_str()].join(" ");
    let server = if server.trim().is_empty() { "it does not say what it is" } else { server.trim() };
    let protocol = if test.protocol.is_empty() { "unknown" } else { &test.protocol };
    let tools = counted(test.tools.len(), "tool");
    let mut lines = vec![
        format!("{} answers: {server}, protocol {protocol}", test.name),
        format!("{tools}, about {} tokens in every session", test.tokens),
    ];
    lines.extend(test.tools.iter().take(LISTED).map(|tool| format!("  {} ({})", tool.name, tool.tokens)));
    if test.tools.len() > LISTED {
        lines.push(format!("  and {} more", test.tools.len() - LISTED));
    }
    lines
}

#[cfg(test)]
mod tests {
    use rekindle_domain::ServerTool;

    use super::*;

    /// V3: what a server has, and what it costs.
    #[test]
    fn a_test_is_told() {
        let tool = |name: &str, tokens| ServerTool { name: name.to_owned(), tokens };
        let test = ServerTest {
            name: "fs".to_owned(),
            protocol: "2025-06-18".to_owned(),
            server: "files".to_owned(),
            version: "1.0".to_owned(),
            tools: vec![tool("read", 20), tool("write", 30)],
            tokens: 50,
        };
        let expected = [
            "fs answers: files 1.0, protocol 2025-06-18",
            "2 tools, about 50 tokens in every session",
            "  read (20)",
            "  write (30)",
        ];
        assert_eq!(tested(&test), expected);
        let failed = McpAnswer { status: "failed".to_owned(), error: Some("it ended".to_owned()) };
        assert_eq!(connection("a", &failed), "a: not connected, it ended");
        assert_eq!(connection("a", &McpAnswer { status: "connected".to_owned(), error: None }), "a: connected");
    }
}
