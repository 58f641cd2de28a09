//! What the engine says of MCP servers, and what waits for them.

use std::time::{Duration, Instant};

use rekindle_app::engine::client::{Client, Credentials};
use rekindle_tests::world::{MCP_SERVER, World};
use reqwest::Method;
use serde_json::json;

use super::engine;

/// N3: the states of servers with the engine's messages, the same after a dispose.
#[tokio::test(flavor = "multi_thread")]
async fn servers_connect_or_say_why_not() {
    let world = World::new();
    world.write("good.mjs", MCP_SERVER);
    let local = |command: &[&str]| json!({"type": "local", "command": command});
    let servers = json!({
        "good": local(&["node", "good.mjs"]),
        "missing": local(&["rekindle-no-such-program"]),
        "ends": local(&["sh", "-c", "exit 3"]),
        "late": {"type": "local", "command": ["sleep", "60"], "timeout": 300},
        "off": {"type": "local", "command": ["node", "good.mjs"], "enabled": false},
    });
    world.write("opencode.json", &json!({ "mcp": servers }).to_string());
    let engine = engine(&world).await;
    for _ in 0..2 {
        let (_, told) = engine.ask(Method::GET, "/mcp", world.project()).await;
        let expected = json!({
            "good": {"status": "connected"},
            "missing": {"status": "failed", "error": "Executable not found in $PATH: \"rekindle-no-such-program\""},
            "ends": {"status": "failed", "error": "MCP error -32000: Connection closed"},
            "late": {"status": "failed", "error": "Operation timed out after 300ms"},
            "off": {"status": "disabled"},
        });
        assert_eq!(told, expected);
        engine.dispose(world.project()).await;
    }
}

/// N3: a server that takes its time holds up what waits for it, for as long as we are willing to wait, and
/// nothing else. That nobody waits any more does not stop it.
#[tokio::test(flavor = "multi_thread")]
async fn a_slow_server_holds_up_nothing_else() {
    let world = World::new();
    world.write("gate.mjs", &format!("import {{ existsSync }} from \"fs\"\nwhile (!existsSync(\"open\")) await new Promise((go) => setTimeout(go, 20))\n{MCP_SERVER}"));
    let server = json!({"type": "local", "command": ["node", "gate.mjs"]});
    world.write("opencode.json", &json!({"mcp": {"slow": server}}).to_string());
    let engine = engine(&world).await;
    let credentials = Credentials { username: String::new(), password: None };
    let client = Client::new(engine.url(), &world.project().display().to_string(), credentials).expect("a client");
    let long = Duration::from_secs(60);
    client.config(long).await.expect("an instance");
    let began = Instant::now();
    let answers = client.answers_within(long, Duration::from_millis(500)).await.expect("answers");
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    assert!(answers.mcp.is_none() && answers.commands.is_none(), "both wait for the server");
    assert!(
        answers.tools.is_some()
            && answers.agents.is_some_and(|agents| !agents.is_empty())
            && !answers.skills.is_empty()
    );
    world.write("open", "");
    let answers = client.answers_within(long, long).await.expect("answers");
    assert_eq!(answers.mcp.expect("told")["slow"].status, "connected");
    assert!(answers.commands.is_some_and(|commands| commands > 0));
}
