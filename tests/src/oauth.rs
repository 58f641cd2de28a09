//! A remote MCP server that wants people to sign in (OAuth with registration), on a port of its own, with the page on which
//! they would: whoever opens it has agreed.

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

use crate::world::World;

const TOKEN: &str = "a-token-of-the-test";

/// The server.
pub struct OauthServer {
    port: u16,
    callback: u16,
}

impl OauthServer {
    /// Starts it.
    pub async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        // The engine listens there for the browser: one of its own for each test.
        let callback =
            std::net::TcpListener::bind(("127.0.0.1", 0)).and_then(|l| l.local_addr()).expect("a port").port();
        let server = Self { port: listener.local_addr().expect("an address").port(), callback };
        let base = server.base();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer(stream, base.clone()));
            }
        });
        server
    }

    /// Its entry in a configuration.
    pub fn entry(&self) -> Value {
        let url = format!("{}/mcp", self.base());
        json!({"type": "remote", "url": url, "oauth": {"callbackPort": self.callback}})
    }

    fn base(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

/// A `PATH` on which the engine finds no browser.
pub fn without_browser(world: &World) -> String {
    use std::os::unix::fs::PermissionsExt;
    let folder = world.outside("no-browser");
    crate::world::write(&folder.join("xdg-open"), "#!/bin/sh\nexit 3\n");
    std::fs::set_permissions(folder.join("xdg-open"), std::fs::Permissions::from_mode(0o755)).expect("a program");
    format!("{}:{}", folder.display(), std::env::var("PATH").expect("a path"))
}

/// Signs in as a person does who opens an address, and says whether that went well.
pub async fn open_in_browser(address: &str) -> bool {
    // Fails when another test did it first.
    drop(rustls::crypto::ring::default_provider().install_default());
    let page = reqwest::get(address).await.expect("a page").text().await.expect("a text");
    page.contains("Authorization successful")
}

async fn answer(stream: TcpStream, base: String) {
    let mut stream = BufReader::new(stream);
    let mut first = String::new();
    if stream.read_line(&mut first).await.is_err() {
        return;
    }
    let (mut length, mut is_allowed) = (0, false);
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.is_err() || line.trim().is_empty() {
            break;
        }
        let (name, value) = line.split_once(':').unwrap_or_default();
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().unwrap_or(0),
            "authorization" => is_allowed = value.trim() == format!("Bearer {TOKEN}"),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    if stream.read_exact(&mut body).await.is_err() {
        return;
    }
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let (status, headers, value) = respond(&first, &body, is_allowed, &base);
    let text = if value.is_null() { String::new() } else { value.to_string() };
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\n{headers}content-length: {}\r\nconnection: close\r\n\r\n",
        text.len()
    );
    // Whoever asked may have hung up.
    drop(stream.get_mut().write_all(format!("{head}{text}").as_bytes()).await);
}

fn respond(first: &str, body: &Value, is_allowed: bool, base: &str) -> (&'static str, String, Value) {
    let mut words = first.split(' ');
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let address = reqwest::Url::parse(&format!("{base}{target}")).expect("an address");
    let ok = |value| ("200 OK", String::new(), value);
    match (method, address.path()) {
        (_, path) if path.starts_with("/.well-known/oauth-protected-resource") => {
            ok(json!({"resource": format!("{base}/mcp"), "authorization_servers": [base]}))
        }
        (_, path) if path.starts_with("/.well-known/oauth-authorization-server") => ok(json!({
            "issuer": base,
            "authorization_endpoint": format!("{base}/authorize"),
            "token_endpoint": format!("{base}/token"),
            "registration_endpoint": format!("{base}/register"),
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["none"],
        })),
        (_, "/register") => {
            let mut client = body.clone();
            client["client_id"] = json!("a-client");
            ("201 Created", String::new(), client)
        }
        (_, "/authorize") => {
            let asked =
                |name: &str| address.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
            let back = format!(
                "{}?code=a-code&state={}",
                asked("redirect_uri").expect("a way back"),
                asked("state").expect("a state")
            );
            ("302 Found", format!("location: {back}\r\n"), Value::Null)
        }
        (_, "/token") => ok(json!({"access_token": TOKEN, "token_type": "Bearer", "expires_in": 3600})),
        ("POST", "/mcp") if is_allowed => match body["method"].as_str() {
            Some("initialize") => ok(json!({"jsonrpc": "2.0", "id": body["id"], "result": {
                "protocolVersion": body["params"]["protocolVersion"],
                "capabilities": {"tools": {}},
                "serverInfo": {"name": "test", "version": "1.0.0"},
            }})),
            Some("tools/list") => ok(json!({"jsonrpc": "2.0", "id": body["id"], "result": {"tools": []}})),
            _ => ("202 Accepted", String::new(), Value::Null),
        },
        (_, "/mcp") if is_allowed => ("405 Method Not Allowed", String::new(), Value::Null),
        (_, "/mcp") => {
            let metadata = format!("{base}/.well-known/oauth-protected-resource");
            ("401 Unauthorized", format!("www-authenticate: Bearer resource_metadata=\"{metadata}\"\r\n"), json!({}))
        }
        _ => ("404 Not Found", String::new(), json!({})),
    }
}
