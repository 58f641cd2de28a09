//! A fake language model: it speaks a word, and goes on only when it is told to.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
};

/// The model. Every answer waits until [`Model::finish`].
pub struct Model {
    port: u16,
    finished: Arc<watch::Sender<bool>>,
}

impl Model {
    /// Starts it on a free port.
    pub async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let finished = Arc::new(watch::channel(false).0);
        let wait = finished.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer(stream, wait.subscribe()));
            }
        });
        Self { port, finished }
    }

    /// What a configuration needs to use it.
    pub fn configuration(&self) -> Value {
        json!({
            "model": "fake/slow",
            "small_model": "fake/slow",
            "provider": {"fake": {
                "npm": "@ai-sdk/openai-compatible",
                "name": "Fake",
                "options": {"baseURL": format!("http://127.0.0.1:{}/v1", self.port), "apiKey": "none"},
                "models": {"slow": {"name": "Slow"}}
            }}
        })
    }

    /// Lets all answers come to their end.
    pub fn finish(&self) {
        self.finished.send_replace(true);
    }
}

async fn answer(mut stream: TcpStream, mut finished: watch::Receiver<bool>) {
    let mut request = vec![0; 64 * 1024];
    // The head is enough: what is asked does not matter.
    if stream.read(&mut request).await.is_err() {
        return;
    }
    let chunk = |delta: Value, reason: Value| {
        let chunk = json!({"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "slow",
            "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]});
        format!("data: {chunk}\n\n")
    };
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
    let first = chunk(json!({"role": "assistant", "content": "Working"}), Value::Null);
    if stream.write_all(format!("{head}{first}").as_bytes()).await.is_err() {
        return;
    }
    if finished.wait_for(|finished| *finished).await.is_err() {
        return;
    }
    let last = chunk(json!({}), json!("stop"));
    // The engine may have hung up.
    drop(stream.write_all(format!("{last}data: [DONE]\n\n").as_bytes()).await);
}
