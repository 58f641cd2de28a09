//! What people paste, and what becomes of it.

use proptest::prelude::*;

use super::*;

/// Each text, the servers in it as JSON, and what is told.
fn check(table: &[(&str, Value, &[&str])]) {
    for (text, expected, told) in table {
        let found = servers(text).unwrap_or_else(|error| panic!("{text}: {error:?}"));
        let entries =
            found.servers.iter().map(|server| (server.name.clone().unwrap_or_default(), server.entry.clone()));
        assert_eq!(Value::Object(entries.collect()), *expected, "{text}");
        let codes: Vec<_> = found.told.iter().map(|notice| format!("{notice:?}")).collect();
        assert_eq!(codes.len(), told.len(), "{text}: {codes:?}");
        for (code, part) in codes.iter().zip(*told) {
            let parts: Vec<_> = part.split(' ').collect();
            assert!(parts.iter().all(|part| code.contains(part)), "{text}: {code} has not {part}");
        }
    }
}

/// V2: what Claude, Cursor, Cline, Windsurf and Zed show.
#[test]
fn common_shapes_are_understood() {
    check(&[
        (
            r#"{"mcpServers": {"fs": {"command": "npx", "args": ["-y", "@s/fs", "/tmp"], "env": {"A": "1", "N": 2}}}}"#,
            json!({"fs": {"type": "local", "command": ["npx", "-y", "@s/fs", "/tmp"], "environment": {"A": "1", "N": "2"}}}),
            &[],
        ),
        (
            "```json\n{\n  // mine\n  \"mcpServers\": {\"a\": {\"url\": \"https://a/mcp\", \"type\": \"http\", \"headers\": {\"Authorization\": \"Bearer ${TOKEN}\",},},},\n}\n```\nmore",
            json!({"a": {"type": "remote", "url": "https://a/mcp", "headers": {"Authorization": "Bearer {env:TOKEN}"}}}),
            &[],
        ),
        (
            r#""a": {"command": "x", "disabled": true, "alwaysAllow": ["t"], "timeout": 60, "cwd": "${workspaceFolder}/sub"},"#,
            json!({"a": {"type": "local", "command": ["x"], "enabled": false, "timeout": 60000, "cwd": "./sub"}}),
            &["KeyLeftOut alwaysAllow", "TimeoutInSeconds 60"],
        ),
        (
            r#"{"mcpServers": {"a": {"command": "npx -y 'a b'", "envFile": "${workspaceFolder}/.env", "timeout": 5000}}}"#,
            json!({"a": {"type": "local", "command": ["npx", "-y", "a b"], "timeout": 5000}}),
            &["KeyLeftOut envFile"],
        ),
        (
            r#"{"mcpServers": {"a": {"command": "/My Apps/x y", "args": ["${A:-secret}", "${config:b}", "${unclosed"]}}}"#,
            json!({"a": {"type": "local", "command": ["/My Apps/x y", "{env:A}", "${config:b}", "${unclosed"]}}),
            &["DefaultLeftOut args \"A\"", "ReferenceKept ${config:b}"],
        ),
        (
            r#"{"mcpServers": {"a": {"serverUrl": "https://a/sse", "oauth": {"clientId": "c", "scopes": ["x", "y"], "authServerMetadataUrl": "z"}, "headersHelper": "h"}}}"#,
            json!({"a": {"type": "remote", "url": "https://a/sse", "oauth": {"clientId": "c", "scope": "x y"}}}),
            &["KeyLeftOut authServerMetadataUrl", "KeyLeftOut headersHelper"],
        ),
        (
            r#"{"context_servers": {"z": {"source": "custom", "command": {"path": "z", "args": ["-a"], "env": {"K": "v"}}, "settings": {}}}}"#,
            json!({"z": {"type": "local", "command": ["z", "-a"], "environment": {"K": "v"}}}),
            &["KeyLeftOut settings"],
        ),
    ]);
}

/// V2: VS Code's files, and what it asks for.
#[test]
fn shapes_of_vs_code_are_understood() {
    let told: &[&str] = &["InputFromVariable \"Your key\" GITHUB_KEY"];
    let servers = json!({"g": {"type": "stdio", "command": "g", "env": {"KEY": "${input:github-key}"}}});
    let inputs = json!([{"id": "github-key", "type": "promptString", "description": "Your key", "password": true}]);
    let expected = json!({"g": {"type": "local", "command": ["g"], "environment": {"KEY": "{env:GITHUB_KEY}"}}});
    check(&[
        (&json!({"inputs": inputs, "servers": servers}).to_string(), expected.clone(), told),
        (&json!({"editor": 1, "mcp": {"inputs": inputs, "servers": servers}}).to_string(), expected.clone(), told),
        (
            r#"code --add-mcp '{"name": "n", "command": "npx", "args": ["-y", "n"]}'"#,
            json!({"n": {"type": "local", "command": ["npx", "-y", "n"]}}),
            &[],
        ),
    ]);
}

/// V2: Codex's TOML.
#[test]
fn toml_is_understood() {
    check(&[(
        "# mine\n[mcp_servers.docs]\ncommand = \"npx\"\nargs = [\"-y\", \"d\"]\nenv_vars = [\"HOME\"]\nstartup_timeout_sec = 20\ntool_timeout_sec = 5.5\n[mcp_servers.docs.env]\nA = \"b\"\n\n[mcp_servers.\"far off\"]\nurl = \"https://f/mcp\"\nbearer_token_env_var = \"F\"\nhttp_headers = { X = \"1\" }\nenv_http_headers = { Y = \"YY\" }\nenabled = false\n",
        json!({
            "docs": {"type": "local", "command": ["npx", "-y", "d"], "environment": {"HOME": "{env:HOME}", "A": "b"}, "timeout": 20000},
            "far off": {"type": "remote", "url": "https://f/mcp", "headers": {"Authorization": "Bearer {env:F}", "X": "1", "Y": "{env:YY}"}, "enabled": false},
        }),
        &["KeyLeftOut tool_timeout_sec"],
    )]);
    let Err(ServerNotice::ServersBroken { line, .. }) = servers("[mcp_servers.a]\ncommand = ") else {
        panic!("broken")
    };
    assert_eq!(line, 2);
}

/// V2: OpenCode's own entries are kept as they are, but for what it has no setting for.
#[test]
fn own_entries_stay() {
    let entry = json!({"type": "local", "command": ["x", "${A}"], "cwd": "c", "environment": {"B": "{env:B}"}, "enabled": true, "timeout": 50});
    let remote = json!({"type": "remote", "url": "https://r", "oauth": false, "headers": {}});
    check(&[
        (&json!({"mcp": {"a": entry, "r": {"type": "remote", "url": "https://r", "oauth": false}, "off": {"enabled": false}}}).to_string(),
            json!({"a": entry, "r": {"type": "remote", "url": "https://r", "oauth": false}, "off": {"enabled": false}}), &[]),
        (&entry.to_string(), json!({"": entry}), &[]),
        (&json!({"x": remote, "y": {"type": "local", "command": ["y"], "nonsense": 1}}).to_string(),
            json!({"x": {"type": "remote", "url": "https://r", "oauth": false}, "y": {"type": "local", "command": ["y"]}}), &["KeyLeftOut nonsense"]),
    ]);
}

/// V2: a `server.json` of the registry.
#[test]
fn the_registry_is_understood() {
    check(&[
        (
            r#"{"name": "io.github.o/files", "packages": [
                {"registryType": "npm", "identifier": "@o/files", "version": "1.0.0", "transport": {"type": "stdio"},
                 "packageArguments": [{"type": "positional", "valueHint": "folder", "isRequired": true}, {"type": "named", "name": "--log", "value": "x"}],
                 "environmentVariables": [{"name": "API_KEY", "isRequired": true, "isSecret": true}, {"name": "OPT"}, {"name": "MODE", "default": "fast"}]},
                {"registryType": "mcpb", "identifier": "x"}],
               "remotes": [{"type": "sse", "url": "https://f/sse"}]}"#,
            json!({"files": {"type": "local", "command": ["npx", "-y", "@o/files@1.0.0", "{env:FOLDER}", "--log", "x"],
                "environment": {"API_KEY": "{env:API_KEY}", "MODE": "fast"}}}),
            &["KeyLeftOut environment.OPT", "InputFromVariable folder", "WayLeftOut mcpb", "WayLeftOut https://f/sse"],
        ),
        (
            r#"{"server": {"name": "a/b", "packages": [{"registryType": "oci", "identifier": "ghcr.io/o/b", "version": "2", "environmentVariables": [{"name": "T", "isRequired": true}]}]}}"#,
            json!({"b": {"type": "local", "command": ["docker", "run", "-i", "--rm", "-e", "T", "ghcr.io/o/b:2"], "environment": {"T": "{env:T}"}}}),
            &[],
        ),
        (
            r#"{"name": "a/c", "packages": [{"registryType": "pypi", "identifier": "c", "version": "3"}]}"#,
            json!({"c": {"type": "local", "command": ["uvx", "c@3"]}}),
            &[],
        ),
        (
            r#"{"name": "a/d", "remotes": [{"type": "streamable-http", "url": "https://{region}.d/mcp", "headers": [{"name": "X-Key", "isRequired": true}]}]}"#,
            json!({"d": {"type": "remote", "url": "https://{env:REGION}.d/mcp", "headers": {"X-Key": "{env:X_KEY}"}}}),
            &["InputFromVariable region"],
        ),
    ]);
}

/// V2: whole commands.
#[test]
fn commands_are_understood() {
    let local = |name: &str, words: &[&str]| json!({ name: {"type": "local", "command": words} });
    check(&[
        (
            "npx -y @modelcontextprotocol/server-github@1.0",
            local("server-github", &["npx", "-y", "@modelcontextprotocol/server-github@1.0"]),
            &[],
        ),
        (
            "$ uvx mcp-server-git --repository .",
            local("mcp-server-git", &["uvx", "mcp-server-git", "--repository", "."]),
            &[],
        ),
        (
            "docker run -i --rm -e T ghcr.io/github/github-mcp-server:v1 stdio",
            local(
                "github-mcp-server",
                &["docker", "run", "-i", "--rm", "-e", "T", "ghcr.io/github/github-mcp-server:v1", "stdio"],
            ),
            &[],
        ),
        ("./bin/my-server.js --x", local("my-server", &["./bin/my-server.js", "--x"]), &[]),
        (
            "KEY=$MY_KEY npx -y a",
            json!({"a": {"type": "local", "command": ["npx", "-y", "a"], "environment": {"KEY": "{env:MY_KEY}"}}}),
            &[],
        ),
        (
            "https://mcp.example.com/mcp",
            json!({"example": {"type": "remote", "url": "https://mcp.example.com/mcp"}}),
            &[],
        ),
        (
            "claude mcp add -s user fs -e A=1 -- npx -y fs --flag",
            json!({"fs": {"type": "local", "command": ["npx", "-y", "fs", "--flag"], "environment": {"A": "1"}}}),
            &[],
        ),
        ("claude mcp add fs npx -y fs", local("fs", &["npx", "-y", "fs"]), &[]),
        (
            "claude mcp add --transport http s https://s/mcp --header \"Authorization: Bearer $T\" --callback-port=1",
            json!({"s": {"type": "remote", "url": "https://s/mcp", "headers": {"Authorization": "Bearer {env:T}"}}}),
            &["KeyLeftOut --callback-port"],
        ),
        (
            "claude mcp add-json w '{\"type\":\"http\",\"url\":\"https://w\"}'",
            json!({"w": {"type": "remote", "url": "https://w"}}),
            &[],
        ),
        (
            "codex mcp add c --env K=v -- npx c",
            json!({"c": {"type": "local", "command": ["npx", "c"], "environment": {"K": "v"}}}),
            &[],
        ),
        (
            "codex mcp add c --url https://c --bearer-token-env-var T",
            json!({"c": {"type": "remote", "url": "https://c", "headers": {"Authorization": "Bearer {env:T}"}}}),
            &[],
        ),
        (
            "opencode mcp add o --url https://o \\\n --header A=b",
            json!({"o": {"type": "remote", "url": "https://o", "headers": {"A": "b"}}}),
            &[],
        ),
    ]);
    assert_eq!(servers("claude mcp add -s user a -- x").map(|found| found.scope), Ok(Some(Scope::Global)));
}

/// V2: what is not understood says why, and shows no secret.
#[test]
fn what_is_no_server_is_told() {
    let check = |text: &str, expected: &str| {
        let error = format!("{:?}", servers(text).expect_err(text));
        assert!(error.starts_with(expected), "{text}: {error}");
        assert!(!error.contains("hunter2"), "{error}");
    };
    check("", "ServersEmpty");
    check("``` \n```", "ServersEmpty");
    check("hello world", "ServersNotUnderstood");
    check("GITHUB_TOKEN=hunter2 hello", "ServersNotUnderstood");
    check("{\"mcpServers\": {}}", "ServersNone");
    check("{}", "ServersNone");
    check("{\"mcpServers\": ", "ServersBroken");
    check("{\"mcpServers\": {\"a\": 1}}", "ServerBadValue");
    check("{\"mcpServers\": {\"a\": {}}}", "ServerWithoutTarget");
    check("{\"mcpServers\": {\"a\": {\"command\": \"x\", \"args\": \"y\"}}}", "ServerBadValue");
    check("{\"mcpServers\": {\"a\": {\"command\": \"x\", \"timeout\": -1}}}", "ServerBadValue");
    check("{\"mcpServers\": {\"a\": {\"command\": \"\"}}}", "ServerBadValue");
    check("npx -y a && rm -rf x", "ServersSeveralCommands");
    check("npx -y a\nnpx -y b", "ServersSeveralCommands");
    check("npx -y $(cat x)", "ServersSeveralCommands");
    check("claude mcp list", "ServerOtherCommand");
    check("claude mcp add", "ServerWithoutTarget");
    check(&"[".repeat(100), "ServersBroken");
    check(&format!("{{\"a\": {}", "[".repeat(100_000)), "ServersTooLarge");
    check(&"a".repeat(300_000), "ServersTooLarge");
}

proptest! {
    /// Whatever is pasted is answered, and every entry is one of OpenCode's.
    #[test]
    fn anything_is_answered(text in "[{\\[]?(mcp|servers|command|env|url|\\[mcp_servers\\.a\\]|npx|claude mcp add|[ \"':,=$\\n{}\\[\\]a-z0-9-]){0,24}") {
        let Ok(found) = servers(&text) else { return Ok(()) };
        prop_assert!(!found.servers.is_empty());
        for server in found.servers {
            prop_assert!(server.entry["enabled"].is_boolean() || server.entry["type"] == "local" || server.entry["type"] == "remote");
        }
    }
}
