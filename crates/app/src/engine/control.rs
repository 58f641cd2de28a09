//! How another process asks the owner of an engine for what only the owner can do.
//!
//! Invariant: the owner listens on the loopback only, and does nothing for a request that does not
//! begin with the token from a file that only this user can read.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    time::timeout,
};

use super::{
    host::Host,
    record::{ControlAddress, Records},
};
use crate::disk::locate::Places;

/// How long an owner may take: a restart includes a start.
const BOUND: Duration = Duration::from_secs(90);
/// The longest request, in bytes.
const LONGEST: u64 = 4096;

/// What can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Request {
    /// Replace the engine's process.
    Restart,
    /// Stop the engine and end.
    Stop,
    /// Bring the window to the front.
    Show,
}

#[derive(Serialize, Deserialize)]
struct Envelope {
    token: String,
    request: Request,
}

#[derive(Serialize, Deserialize)]
struct Reply {
    error: Option<String>,
}

/// Why the owner did not do it.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// Nobody owns an engine for the directory.
    #[error("no engine of Rekindle runs for this directory")]
    NoOwner,
    /// The owner can't be reached.
    #[error("the owner of the engine does not answer")]
    Silent(#[source] std::io::Error),
    /// The owner tried and could not.
    #[error("{0}")]
    Failed(String),
}

/// Listens for requests as long as the host lives. `Stop` and `Show` are also passed on to the
/// program, which ends or comes to the front.
pub async fn listen(
    places: &Places,
    host: Host,
    pass_on: mpsc::Sender<Request>,
    has_window: bool,
) -> std::io::Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let token: String = rand::random_iter::<u8>().take(16).map(|byte| format!("{byte:02x}")).collect();
    let address = ControlAddress {
        port: listener.local_addr()?.port(),
        token: token.clone(),
        pid: std::process::id(),
        has_window,
    };
    Records(places).write_control(&address).map_err(std::io::Error::other)?;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, token.clone(), host.clone(), pass_on.clone()));
        }
    });
    Ok(())
}

async fn serve(mut stream: TcpStream, token: String, host: Host, pass_on: mpsc::Sender<Request>) {
    let mut line = String::new();
    let (from, mut to) = stream.split();
    let read = BufReader::new(from.take(LONGEST)).read_line(&mut line).await;
    let envelope = read.ok().and_then(|_| serde_json::from_str::<Envelope>(&line).ok());
    let Some(envelope) = envelope.filter(|envelope| envelope.token == token) else { return };
    let error = match envelope.request {
        Request::Restart => host.restart().await.err().map(|error| crate::error::chain(&error)),
        Request::Stop => {
            host.stop().await;
            None
        }
        Request::Show => None,
    };
    let reply = serde_json::to_string(&Reply { error }).unwrap_or_default();
    // Whoever asked may be gone.
    drop(to.write_all(format!("{reply}\n").as_bytes()).await);
    if envelope.request != Request::Restart && pass_on.send(envelope.request).await.is_err() {
        tracing::debug!("the program is ending already");
    }
}

/// Asks the owner of a directory's engine.
pub async fn ask(places: &Places, request: Request) -> Result<(), ControlError> {
    let address = Records(places).control().ok_or(ControlError::NoOwner)?;
    let talk = async {
        let mut stream = TcpStream::connect(("127.0.0.1", address.port)).await?;
        let line = serde_json::to_string(&Envelope { token: address.token, request }).unwrap_or_default();
        stream.write_all(format!("{line}\n").as_bytes()).await?;
        let mut answer = String::new();
        BufReader::new(stream).read_line(&mut answer).await?;
        serde_json::from_str::<Reply>(&answer).map_err(std::io::Error::other)
    };
    let late = || ControlError::Silent(std::io::ErrorKind::TimedOut.into());
    let reply = timeout(BOUND, talk).await.map_err(|_| late())?.map_err(ControlError::Silent)?;
    reply.error.map_or(Ok(()), |message| Err(ControlError::Failed(message)))
}
