//! A proxy between Rekindle and the real engine that does wrong what it is told to.
//!
//! Invariant: a request without a fault reaches the engine as it was, and so does its answer. Each
//! connection serves one request, so that no fault reaches into the next one.

mod connection;
mod events;
mod fault;
mod faults;

use tokio::{
    net::{TcpListener, UnixStream},
    task::JoinSet,
};

pub use connection::Request;
pub use fault::{EventFault, Fault};
pub use faults::{Faults, Held, Rule};

/// Who decides what happens to a request.
#[derive(Clone)]
pub enum Judge {
    /// The rules, in this process.
    Here(Faults),
    /// Whoever listens on this socket, one connection a question; without an answer all is well.
    There(std::path::PathBuf),
}

impl Judge {
    /// What happens to a request, told once that is decided.
    pub async fn judge(&self, request: &str) -> Fault {
        match self {
            Self::Here(faults) => faults.judge(request).await,
            Self::There(socket) => match UnixStream::connect(socket).await {
                Ok(stream) => crate::faulty::ask(stream, request).await.unwrap_or(Fault::None),
                Err(_) => Fault::None,
            },
        }
    }
}

/// Starts a proxy to an address such as `http://127.0.0.1:4096`; its own address.
pub async fn start(to: &str, faults: &Faults) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(serve(listener, to.to_owned(), Judge::Here(faults.clone())));
    address
}

/// Serves until it is dropped; its connections end with it.
pub async fn serve(listener: TcpListener, to: String, judge: Judge) {
    // Fails when another test did it first.
    drop(rustls::crypto::ring::default_provider().install_default());
    let http = reqwest::Client::builder().no_proxy().build().expect("a client");
    let mut connections = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        connections.spawn(connection::serve(client, http.clone(), to.clone(), judge.clone()));
        while connections.try_join_next().is_some() {}
    }
}
