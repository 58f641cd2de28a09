//! A fake language model that remembers what it was told.
//!
//! It answers at once. Told to "use" something, it first calls the `skill` tool for it.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

/// The model.
pub struct Listener {
    port: u16,
    heard: Arc<Mutex<String>>,
}

impl Listener {
    /// Starts it on a free port.
    pub async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let heard = Arc::new(Mutex::new(String::new()));
        let hears = heard.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer(stream, hears.clone()));
            }
        });
        Self { port, heard }
    }

    /// What a configuration needs to use it.
    pub fn configuration(&self) -> Value {
        json!({
            "$schema": "https://opencode.ai/config.json",
            "model": "fake/listener",
            "small_model": "fake/listener",
            "provider": {"fake": {
                "npm": "@ai-sdk/openai-compatible",
                "name": "Fake",
                "options": {"baseURL": format!("http://127.0.0.1:{}/v1", self.port), "apiKey": "none"},
                "models": {"listener": {"name": "Listener", "tool_call": true}}
            }}
        })
    }

    /// All that it was told since it was last asked.
    pub fn take(&self) -> String {
        std::mem::take(&mut *self.heard.lock().expect("what was heard"))
    }
}

async fn answer(stream: TcpStream, heard: Arc<Mutex<String>>) {
    let mut stream = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        // Whoever hangs up within the head has told nothing.
        let Ok(1..) = stream.read_line(&mut line).await else { return };
        let line = line.trim().to_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().expect("a length");
        }
    }
    let mut body = vec![0; length];
    let Ok(_) = stream.read_exact(&mut body).await else { return };
    let request: Value = serde_json::from_slice(&body).expect("a request of JSON");
    for message in request["messages"].as_array().into_iter().flatten() {
        heard.lock().expect("what was heard").push_str(&format!("{}\n", message["content"]));
    }
    let (delta, reason) = match skill_to_use(&request) {
        Some(name) => {
            let call = json!({"name": "skill", "arguments": json!({ "name": name }).to_string()});
            let call = json!({"index": 0, "id": "call_1", "type": "function", "function": call});
            (json!({"role": "assistant", "tool_calls": [call]}), "tool_calls")
        }
        None => (json!({"role": "assistant", "content": "Done"}), "stop"),
    };
    let chunk = |delta: Value, reason: Value| {
        let choice = json!({"index": 0, "delta": delta, "finish_reason": reason});
        let chunk = json!({"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "listener", "choices": [choice]});
        format!("data: {chunk}\n\n")
    };
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
    let text = format!("{head}{}{}data: [DONE]\n\n", chunk(delta, Value::Null), chunk(json!({}), json!(reason)));
    // The engine may have hung up.
    drop(stream.get_mut().write_all(text.as_bytes()).await);
}

/// The skill that the last message wants used, where there are tools to do it.
fn skill_to_use(request: &Value) -> Option<String> {
    request["tools"].as_array()?;
    let last = request["messages"].as_array()?.last()?;
    // A text, or a list of parts with one.
    let content = match &last["content"] {
        Value::Array(parts) => parts.last()?["text"].as_str()?,
        content => content.as_str()?,
    };
    (last["role"] == "user").then(|| content.trim().strip_prefix("use ").map(str::to_owned))?
}
