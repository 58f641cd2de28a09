//! A proxy between Rekindle and the real engine that answers one route in its own way.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy},
    net::{TcpListener, TcpStream},
};

/// What the proxy does to one request line.
#[derive(Clone, Debug)]
pub struct Fault {
    /// The beginning of the request, for example `POST /instance/dispose`.
    pub request: &'static str,
    /// The whole answer, head and body.
    pub answer: String,
}

impl Fault {
    /// Answers with a status and a body of JSON.
    pub fn status(request: &'static str, status: &str, body: &str) -> Self {
        let length = body.len();
        let answer = format!(
            "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
        );
        Self { request, answer }
    }
}

/// Starts a proxy to an address such as `http://127.0.0.1:4096`; its own address.
pub async fn start(to: &str, fault: Fault) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let to = to.trim_start_matches("http://").to_owned();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            tokio::spawn(pass(client, to.clone(), fault.clone()));
        }
    });
    address
}

async fn pass(client: TcpStream, to: String, fault: Fault) {
    let Ok(engine) = TcpStream::connect(to).await else { return };
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_engine, mut to_engine) = engine.into_split();
    let (stop, mut stopped) = tokio::sync::oneshot::channel();
    let back = tokio::spawn(async move {
        tokio::select! {
            // Either side may hang up.
            _ = copy(&mut from_engine, &mut to_client) => None,
            answer = &mut stopped => answer.ok().map(|answer: String| (to_client, answer)),
        }
    });
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(read @ 1..) = from_client.read(&mut buffer).await {
        if buffer.starts_with(fault.request.as_bytes()) {
            drop(stop.send(fault.answer));
            if let Ok(Some((mut to_client, answer))) = back.await {
                drop(to_client.write_all(answer.as_bytes()).await);
            }
            return;
        }
        if to_engine.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}
