//! A site that answers requests for files, on a port of its own: a registry, a download.

use std::{collections::BTreeMap, sync::Arc};

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

/// The site.
pub struct Shelf {
    port: u16,
}

impl Shelf {
    /// Starts it. `files`: what stands at each path, once the address of the site is known.
    pub async fn start(files: impl FnOnce(&str) -> BTreeMap<String, Vec<u8>>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let shelf = Self { port: listener.local_addr().expect("an address").port() };
        let files = Arc::new(files(&shelf.url()));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer(stream, files.clone()));
            }
        });
        shelf
    }

    /// Its address, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

async fn answer(stream: TcpStream, files: Arc<BTreeMap<String, Vec<u8>>>) {
    let mut lines = BufReader::new(stream).lines();
    let Ok(Some(first)) = lines.next_line().await else { return };
    while matches!(lines.next_line().await, Ok(Some(line)) if !line.is_empty()) {}
    let path = first.split(' ').nth(1).unwrap_or_default();
    let (status, body) = match files.get(path) {
        Some(body) => ("200 OK", &body[..]),
        None => ("404 Not Found", &b"{}"[..]),
    };
    let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
    // Whoever asked may have hung up.
    drop(lines.get_mut().get_mut().write_all(&[head.as_bytes(), body].concat()).await);
}
