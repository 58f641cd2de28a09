//! MCP servers through the command line: declared from what was pasted, proved, switched, connected anew, tested.

use std::fs;

use rekindle_tests::{
    oauth::{OauthServer, open_in_browser, without_browser},
    wait,
    world::{MCP_SERVER, World, is_alive},
};
use serde_json::{Value, json};

/// A server that says what it is and has two tools.
fn with_tools() -> String {
    let tools = r#""tools/list": () => ({ tools: [{ name: "read", description: "Reads a file", inputSchema: {} }, { name: "write" }] })"#;
    MCP_SERVER.replace(r#""tools/list": () => ({ tools: [] })"#, tools)
}

/// V2, V4, B9: what a page shows is declared, pending, proved, turned off, removed, and undone byte for byte.
#[tokio::test(flavor = "multi_thread")]
async fn a_pasted_server_becomes_live() {
    let world = World::new();
    world.write("good.mjs", MCP_SERVER);
    let before =
        "{\n  // mine\n  \"$schema\": \"https://opencode.ai/config.json\",\n  \"username\": \"me\", // kept\n}\n";
    world.write("opencode.jsonc", before);
    let engine = world.start_engine().await;
    let pasted = json!({"mcpServers": {"good": {"command": "node", "args": ["good.mjs"], "alwaysAllow": ["read"],
        "env": {"API_TOKEN": "hunter2", "OTHER": "${REKINDLE_TEST_UNSET}"}}}});
    world.write("pasted.json", &pasted.to_string());
    let from = world.path("pasted.json").display().to_string();

    let shown = world.rekindle(&["mcp", "add", "--from", &from, "--dry-run", "--json"]).await;
    assert_eq!(shown.code, 0, "{shown:?}");
    assert!(!shown.out.contains("hunter2"), "{shown:?}");
    assert_eq!(shown.json()["servers"]["good"]["command"], json!(["node", "good.mjs"]));
    assert_eq!(shown.json()["notices"].as_array().map(Vec::len), Some(3), "{shown:?}");
    let moved = world.rekindle(&["mcp", "add", "--from", &from, "--dry-run", "--json", "--secrets-from-env"]).await;
    assert_eq!(moved.json()["servers"]["good"]["environment"]["API_TOKEN"], "{env:API_TOKEN}", "{moved:?}");
    assert_eq!(world.read("opencode.jsonc"), before);

    let added = world.rekindle(&["mcp", "add", "--from", &from]).await;
    assert_eq!(added.code, 0, "{added:?}");
    for part in ["alwaysAllow", "environment.API_TOKEN", "{env:API_TOKEN}", "REKINDLE_TEST_UNSET"] {
        assert!(added.err.contains(part), "{part}: {added:?}");
    }
    assert!(!added.err.contains("hunter2"), "{added:?}");
    let again = world.rekindle(&["mcp", "add", "--from", &from, "--json"]).await;
    assert_eq!((again.code, &again.json()["error"]["code"]), (2, &json!("declared")));

    let status = world.rekindle(&["status", "--json"]).await.json();
    assert_eq!((&status["changes"][0]["kind"], &status["changes"][0]["name"]), (&json!("mcp"), &json!("good")));
    let receipt = world.rekindle(&["reload", "--json"]).await;
    assert_eq!((receipt.code, &receipt.json()["items"][0]["state"]), (0, &json!("active")), "{receipt:?}");
    assert_eq!(engine.get("/mcp").await["good"]["status"], "connected");

    let off = world.rekindle(&["mcp", "disable", "good"]).await;
    assert_eq!(off.code, 0, "{off:?}");
    assert_eq!(world.rekindle(&["reload"]).await.code, 0);
    assert_eq!(engine.get("/mcp").await["good"]["status"], "disabled");
    let row = |rows: Value| rows[0]["removable"].clone();
    assert_eq!(row(world.rekindle(&["mcp", "list", "--json"]).await.json()), true);
    let removed = world.rekindle(&["mcp", "remove", "good"]).await;
    assert_eq!((removed.code, world.read("opencode.jsonc")), (0, before.to_owned()), "{removed:?}");
    for _ in 0..3 {
        assert_eq!(world.rekindle(&["undo"]).await.code, 0);
    }
    assert_eq!(world.read("opencode.jsonc"), before);
}

/// V1: a server that failed is connected anew without a reload, and disconnected.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_failed_is_connected_anew() {
    let world = World::new();
    world.write("good.mjs", MCP_SERVER);
    let command = ["sh", "-c", "test -e there && exec node good.mjs; exit 3"];
    let servers = json!({"mcp": {"flaky": {"type": "local", "command": command}}});
    world.write("opencode.json", &servers.to_string());
    let engine = world.start_engine().await;
    let disposes = engine.count_disposes().await;
    let failed = world.rekindle(&["mcp", "retry", "flaky", "--json"]).await;
    assert_eq!((failed.code, &failed.json()["status"]), (1, &json!("failed")), "{failed:?}");
    assert!(failed.json()["reason"].is_string());
    world.write("there", "");
    let connected = world.rekindle(&["mcp", "connect", "flaky"]).await;
    assert_eq!((connected.code, connected.out.trim()), (0, "flaky: connected"), "{connected:?}");
    let ended = world.rekindle(&["mcp", "disconnect", "flaky", "--json"]).await;
    assert_eq!((ended.code, &ended.json()["status"]), (0, &json!("disabled")), "{ended:?}");
    assert_eq!(disposes.so_far(), 0);
    let unknown = world.rekindle(&["mcp", "retry", "no/such one", "--json"]).await;
    assert_eq!((unknown.code, &unknown.json()["error"]["code"]), (2, &json!("not-found")));
    let theirs = world.rekindle(&["--engine", &engine.url, "mcp", "retry", "flaky", "--json"]).await;
    assert_eq!((theirs.code, &theirs.json()["error"]["code"]), (3, &json!("client-mode")));
}

/// V3: a server that works, and those that do not start, end, hang, or say something else; nothing of them is left.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_is_tested() {
    let world = World::new();
    world.write("good.mjs", &with_tools());
    let local = |command: &[&str]| json!({"type": "local", "command": command, "timeout": 20_000});
    let quick = |script: &str| json!({"type": "local", "command": ["sh", "-c", script], "timeout": 700});
    let servers = json!({
        "good": local(&["node", "good.mjs"]),
        "missing": local(&["rekindle-no-such-program"]),
        "dies": local(&["sh", "-c", "echo it needs a key >&2; echo token=hunter2 >&2; exit 3"]),
        "hangs": quick("sleep 600 & echo $! > child; wait"),
        "garbage": quick("echo hello there; sleep 600"),
    });
    world.write("opencode.json", &json!({ "mcp": servers }).to_string());
    let good = world.rekindle(&["mcp", "test", "good", "--json"]).await;
    assert_eq!(good.code, 0, "{good:?}");
    let good = good.json();
    assert_eq!((&good["server"], &good["version"]), (&json!("test"), &json!("1.0.0")));
    assert_eq!((&good["tools"][0]["name"], good["tools"].as_array().map(Vec::len)), (&json!("read"), Some(2)));
    assert!(good["tokens"].as_u64().is_some_and(|tokens| tokens > 0));
    let check = async |name: &str, parts: &[&str]| {
        let ran = world.rekindle(&["mcp", "test", name, "--json"]).await;
        let error = &ran.json()["error"];
        assert_eq!((ran.code, &error["code"]), (2, &json!("server-failed")), "{ran:?}");
        let message = error["message"].as_str().expect("a message");
        assert!(parts.iter().all(|part| message.contains(part)), "{message}");
        assert!(!message.contains("hunter2"), "{message}");
    };
    check("missing", &["could not be started"]).await;
    check("dies", &["ended before it answered", "it needs a key"]).await;
    check("hangs", &["did not answer", "initialize"]).await;
    check("garbage", &["hello there"]).await;
    let child: u32 = world.read("child").trim().parse().expect("a process id");
    wait::until("the end of what it started", async || (!is_alive(child)).then_some(())).await;
    let unknown = world.rekindle(&["mcp", "test", "none", "--json"]).await;
    assert_eq!((unknown.code, &unknown.json()["error"]["code"]), (2, &json!("not-found")));
}

/// V1: a person signs in to a server without a reload, even where the engine cannot open a browser, and out again; what the
/// engine keeps for it is not shown. Someone else's engine is left alone.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_is_signed_in_to_and_out_of() {
    let world = World::new();
    let server = OauthServer::start().await;
    let plain = json!({"type": "local", "command": ["node", "good.mjs"]});
    world.write("good.mjs", MCP_SERVER);
    world.write("opencode.json", &json!({"mcp": {"drive": server.entry(), "plain": plain}}).to_string());
    let started = world.rekindle_with(&["engine", "start"], &[("PATH", &without_browser(&world))]).await;
    assert_eq!(started.code, 0, "{started:?}");
    let engine = world.engine();
    let row = async || {
        let rows = world.rekindle(&["mcp", "list", "--json"]).await.json();
        rows.as_array().expect("rows").iter().find(|row| row["name"] == "drive").expect("the server").clone()
    };
    let before = row().await;
    assert_eq!((&before["state"], before.get("signedIn")), (&json!("failed"), None), "{before}");
    assert!(before["since"].is_string(), "{before}");
    let theirs = world.rekindle(&["--engine", &engine.url, "mcp", "sign-in", "drive", "--json"]).await;
    assert_eq!((theirs.code, &theirs.json()["error"]["code"]), (3, &json!("client-mode")));

    let disposes = engine.count_disposes().await;
    let told = world.outside("told");
    let to_file = format!("exec 2> '{}'", told.display());
    let address = async || {
        let text = fs::read_to_string(&told).ok()?;
        text.split_once("this address: ").filter(|_| text.ends_with('\n')).map(|(_, address)| address.trim().to_owned())
    };
    let browser = async { open_in_browser(&wait::until("an address to open", address).await).await };
    let sign_in = ["mcp", "sign-in", "drive", "--json"];
    let (signed_in, went_well) = tokio::join!(world.rekindle_after(&to_file, &sign_in), browser);
    assert!(went_well);
    assert_eq!((signed_in.code, &signed_in.json()["status"]), (0, &json!("connected")), "{signed_in:?}");
    assert!(!signed_in.out.contains("a-token"), "{signed_in:?}");
    let during = row().await;
    assert_eq!((&during["state"], &during["signedIn"]), (&json!("loaded"), &json!(true)), "{during}");
    assert_ne!(during["since"], before["since"], "it is so since then");
    assert_eq!(row().await, during, "who looks again changes nothing");

    let out = world.rekindle(&["mcp", "sign-out", "drive", "--json"]).await;
    assert_eq!((out.code, &out.json()["status"]), (0, &json!("needs_auth")), "{out:?}");
    assert_eq!(row().await.get("signedIn"), None);
    assert_eq!(disposes.so_far(), 0);
    let check = async |name: &str, code: &str| {
        let ran = world.rekindle(&["mcp", "sign-in", name, "--json"]).await;
        assert_eq!((ran.code, &ran.json()["error"]["code"]), (2, &json!(code)), "{ran:?}");
    };
    check("plain", "not-signed-in").await;
    check("no such one", "not-found").await;
}

/// V1: a server that somebody added to the running engine is listed as such, and goes with the next reload.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_of_the_engine_alone_is_told() {
    let world = World::new();
    world.write("good.mjs", MCP_SERVER);
    let engine = world.start_engine().await;
    let entry = json!({"name": "extra", "config": {"type": "local", "command": ["node", "good.mjs"]}});
    assert_eq!(engine.ask(reqwest::Method::POST, "/mcp", Some(entry)).await.0, 200);
    let list = async || world.rekindle(&["mcp", "list", "--json"]).await.json();
    let row = list().await[0].clone();
    assert_eq!(
        (&row["name"], &row["state"], &row["removable"]),
        (&json!("extra"), &json!("loaded"), &json!(false)),
        "{row}"
    );
    assert!(row["warning"].to_string().contains("running engine"), "{row}");
    let ended = world.rekindle(&["mcp", "disconnect", "extra"]).await;
    assert_eq!(ended.code, 0, "{ended:?}");
    assert_eq!(world.rekindle(&["reload", "--restart"]).await.code, 0);
    assert_eq!(list().await, json!([]));
}
