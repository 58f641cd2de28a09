//! How another process asks the owner of an engine for what only the owner can do.
//!
//! Invariants: nothing is done for a request that does not begin with the token from a file that only this user can
//! read; nobody can end the owner, or keep others out, by connecting: those who have said nothing are few at a time, make
//! room for who comes next, and are waited for briefly; an error of the system is outlived; and only a request that says
//! so stops anything, never the end of a channel or of a connection.

use std::{collections::VecDeque, io, sync::Arc, time::Duration};

use rekindle_domain::{EngineNotice, ErrorCode, Notice, UserError, chain};
use serde::{Deserialize, Serialize};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    sync::{Semaphore, mpsc},
    task::AbortHandle,
    time::{sleep, timeout},
};

use super::{
    door::{Listener, Wire},
    host::Host,
};
use crate::{
    error::{ours, told},
    files::locate::Places,
    state::{
        record::{ControlAddress, Records},
        unusable,
    },
};

/// How long an owner may take: a restart includes a start.
const BOUND: Duration = Duration::from_secs(90);
/// The longest request, in bytes.
const LONGEST: u64 = 4096;
/// The longest reply, in bytes.
const LONGEST_REPLY: u64 = 1024 * 1024;
/// How long it may take to say a request, or to take a reply.
const SAID: Duration = Duration::from_secs(5);
/// How many may have said nothing yet at a time. Who comes next takes the place of who came first.
const SILENT: usize = 16;
/// How many requests may be carried out at a time.
const AT_WORK: usize = 8;
/// How long to wait after an error of the system before the next one is let in.
const PAUSE: Duration = Duration::from_millis(100);
/// How often somebody who was not heard asks again.
const TRIES: u32 = 200;
/// How long to wait before that.
const AGAIN: Duration = Duration::from_millis(50);

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
    error: Option<Notice>,
}

/// Why the owner did not do it.
#[derive(Debug)]
pub enum ControlError {
    /// Nobody owns an engine for the directory.
    NoOwner,
    /// It does not listen yet, or not any more.
    NotThere,
    /// It is another version of Rekindle, which is asked in another way.
    OtherVersion {
        /// The owner's process.
        pid: u64,
    },
    /// The owner can't be reached.
    Silent {
        /// The owner's process, where it is known.
        pid: Option<u32>,
        /// What the system said.
        cause: io::Error,
    },
    /// The owner tried and could not.
    Failed(Notice),
}

told!(ControlError);

impl From<&ControlError> for UserError {
    fn from(error: &ControlError) -> Self {
        match error {
            ControlError::NoOwner => UserError::new(ErrorCode::NoEngineRunning, EngineNotice::NoEngineRunning),
            ControlError::NotThere => UserError::new(ErrorCode::OwnerNotThere, EngineNotice::OwnerNotThere),
            ControlError::OtherVersion { pid } => {
                UserError::new(ErrorCode::OtherVersion, EngineNotice::OwnerOtherVersion { pid: *pid })
            }
            ControlError::Silent { pid, cause } => {
                UserError::new(ErrorCode::OwnerSilent, EngineNotice::OwnerSilent { pid: *pid, why: cause.to_string() })
            }
            ControlError::Failed(why) => {
                UserError::new(ErrorCode::EngineFailed, EngineNotice::OwnerFailed { why: Box::new(why.clone()) })
            }
        }
    }
}

/// Passes requests on to the program that owns the engine.
#[derive(Clone)]
pub struct PassOn(mpsc::Sender<Request>);

/// What the program that owns the engine is asked.
pub struct Inbox(mpsc::Receiver<Request>);

/// A way for requests to the program that owns the engine.
pub fn inbox() -> (PassOn, Inbox) {
    let (sender, receiver) = mpsc::channel(4);
    (PassOn(sender), Inbox(receiver))
}

impl Inbox {
    /// The next request. That nobody is left who could ask is no request: then this waits for ever.
    pub async fn next(&mut self) -> Request {
        match self.0.recv().await {
            Some(request) => request,
            None => std::future::pending().await,
        }
    }
}

impl PassOn {
    async fn send(&self, request: Request) {
        if self.0.send(request).await.is_err() {
            tracing::debug!("the program is ending already");
        }
    }
}

/// Listens for requests as long as the host lives. `Stop` and `Show` are also passed on to the
/// program, which ends or comes to the front.
pub async fn listen(places: &Places, host: Host, pass_on: PassOn, has_window: bool) -> Result<(), UserError> {
    let first = open(places, has_window).await.map_err(unusable(places, ErrorCode::CannotStart))?;
    let places = places.clone();
    tokio::spawn(async move {
        let mut opened = Some(first);
        let mut closed = 0;
        loop {
            let (listener, token) = match opened.take() {
                Some(opened) => opened,
                None => match open(&places, has_window).await {
                    Ok(opened) => opened,
                    Err(error) => {
                        tracing::warn!(error = chain(&error), "nobody can ask for anything");
                        sleep(SAID).await;
                        continue;
                    }
                },
            };
            let desk = Arc::new(Desk { token, host: host.clone(), pass_on: pass_on.clone(), at_work: at_work() });
            let left = tokio::select! {
                never = attend(&listener, |wire| hear(wire, desk.clone())) => match never {},
                is_left = host.left() => Some(is_left),
                () = host.closed(&mut closed) => None,
            };
            drop(listener);
            // A window may own the directory again, with another folder for its state.
            let is_needed = match left {
                None => true,
                Some(is_left) => is_left && host.regained().await,
            };
            if !is_needed {
                return;
            }
        }
    });
    Ok(())
}

async fn open(places: &Places, has_window: bool) -> io::Result<(Listener, String)> {
    let (listener, door) = Listener::open(&Records(places).socket()).await?;
    let token = super::secret();
    let address = ControlAddress { door, token: token.clone(), pid: std::process::id(), has_window };
    Records(places).write_control(&address).map_err(|error| ours(io::ErrorKind::Other, error.what))?;
    Ok((listener, token))
}

/// Where requests are carried out.
struct Desk {
    token: String,
    host: Host,
    pass_on: PassOn,
    at_work: Arc<Semaphore>,
}

fn at_work() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(AT_WORK))
}

/// Lets everybody in, for ever, and few of them at a time.
async fn attend<F: Future<Output = ()> + Send + 'static>(
    listener: &Listener,
    hear: impl Fn(Box<dyn Wire>) -> F,
) -> std::convert::Infallible {
    let mut heard: VecDeque<AbortHandle> = VecDeque::new();
    loop {
        match listener.accept().await {
            Ok(wire) => {
                heard.retain(|task| !task.is_finished());
                if heard.len() >= SILENT {
                    heard.pop_front().inspect(AbortHandle::abort);
                }
                heard.push_back(tokio::spawn(hear(wire)).abort_handle());
            }
            Err(error) => {
                // Most often there are no more files to be had. What the silent ones hold is given back.
                tracing::warn!(%error, "a request could not be taken");
                heard.drain(..).for_each(|task| task.abort());
                sleep(PAUSE).await;
            }
        }
    }
}

/// Hears a request. Once it is whole, nobody takes its place any more.
async fn hear(mut wire: Box<dyn Wire>, desk: Arc<Desk>) {
    let said = timeout(SAID, line::<Envelope>(&mut wire, LONGEST)).await;
    let Ok(Ok(envelope)) = said else { return };
    if envelope.token == desk.token {
        tokio::spawn(carry_out(envelope.request, wire, desk));
    }
}

async fn carry_out(request: Request, mut wire: Box<dyn Wire>, desk: Arc<Desk>) {
    let Ok(_turn) = desk.at_work.try_acquire() else {
        return reply(&mut wire, &Reply { error: Some(EngineNotice::OwnerBusy.into()) }).await;
    };
    let error = match request {
        Request::Restart => desk.host.restart().await.err().map(|error| error.what),
        Request::Stop => {
            desk.host.stop().await;
            None
        }
        Request::Show => None,
    };
    reply(&mut wire, &Reply { error }).await;
    if request != Request::Restart {
        desk.pass_on.send(request).await;
    }
}

async fn reply(wire: &mut Box<dyn Wire>, reply: &Reply) {
    let line = format!("{}\n", serde_json::to_string(reply).unwrap_or_default());
    // Whoever asked may be gone, or not listen.
    drop(timeout(SAID, wire.write_all(line.as_bytes())).await);
}

/// Reads one line of JSON of at most so many bytes.
async fn line<T: serde::de::DeserializeOwned>(wire: &mut Box<dyn Wire>, most: u64) -> io::Result<T> {
    let mut line = Vec::new();
    BufReader::new(wire.take(most)).read_until(b'\n', &mut line).await?;
    if line.last() != Some(&b'\n') {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(serde_json::from_slice(&line)?)
}

/// Asks the owner of a directory's engine.
pub async fn ask(places: &Places, request: Request) -> Result<(), ControlError> {
    let asked = async {
        let mut tries = TRIES;
        loop {
            let result = match address(places) {
                Ok(address) => {
                    say(&address, request).await.map_err(|cause| ControlError::Silent { pid: Some(address.pid), cause })
                }
                Err(error) => Err(error),
            };
            match result {
                Err(error) if error.is_passing() && tries > 0 => {
                    tracing::debug!(error = chain(&error), "asking again");
                    tries -= 1;
                    sleep(AGAIN).await;
                }
                result => return result,
            }
        }
    };
    let pid = || address(places).ok().map(|address| address.pid);
    let late = || ControlError::Silent { pid: pid(), cause: io::ErrorKind::TimedOut.into() };
    let reply = timeout(BOUND, asked).await.map_err(|_| late())??;
    reply.error.map_or(Ok(()), |message| Err(ControlError::Failed(message)))
}

fn address(places: &Places) -> Result<ControlAddress, ControlError> {
    let records = Records(places);
    if !records.is_owned() {
        return Err(ControlError::NoOwner);
    }
    records.control().ok_or_else(|| match records.owner() {
        Some(pid) => ControlError::OtherVersion { pid },
        None => ControlError::NotThere,
    })
}

async fn say(address: &ControlAddress, request: Request) -> io::Result<Reply> {
    let mut wire = address.door.enter().await?;
    let line_out = serde_json::to_string(&Envelope { token: address.token.clone(), request })?;
    wire.write_all(format!("{line_out}\n").as_bytes()).await?;
    line(&mut wire, LONGEST_REPLY).await
}

impl ControlError {
    /// Whether the owner may well be there in the next moment: it lets in few at a time, and an owner that is busy with
    /// others ends a connection before it has heard the request, never afterwards.
    fn is_passing(&self) -> bool {
        use io::ErrorKind::{
            BrokenPipe, ConnectionAborted, ConnectionRefused, ConnectionReset, NotFound, UnexpectedEof, WouldBlock,
        };
        match self {
            Self::NotThere => true,
            Self::Silent { cause, .. } => matches!(
                cause.kind(),
                BrokenPipe
                    | ConnectionAborted
                    | ConnectionRefused
                    | ConnectionReset
                    | NotFound
                    | UnexpectedEof
                    | WouldBlock
            ),
            Self::NoOwner | Self::OtherVersion { .. } | Self::Failed(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::engine::door::Door;

    /// A door behind which what is said is noted.
    async fn noted() -> (tempfile::TempDir, Door, Arc<Mutex<Vec<Request>>>) {
        let folder = tempfile::tempdir().expect("a folder");
        let (listener, door) = Listener::open(&folder.path().join("control.sock")).await.expect("open");
        let heard = Arc::<Mutex<Vec<Request>>>::default();
        let note = heard.clone();
        tokio::spawn(async move {
            attend(&listener, |mut wire| {
                let note = note.clone();
                async move {
                    let said = timeout(SAID, line::<Envelope>(&mut wire, LONGEST)).await;
                    if let Ok(Ok(envelope)) = said {
                        note.lock().expect("the notes").push(envelope.request);
                        reply(&mut wire, &Reply { error: None }).await;
                    }
                }
            })
            .await
        });
        (folder, door, heard)
    }

    fn address_of(door: &Door) -> ControlAddress {
        ControlAddress { door: door.clone(), token: "t".to_owned(), pid: 1, has_window: false }
    }

    /// N16: whoever says nothing, too much or nonsense keeps nobody out and does nothing.
    #[tokio::test]
    async fn what_is_no_request_is_dropped() {
        let (_folder, door, heard) = noted().await;
        let mut silent = Vec::new();
        for _ in 0..4 * SILENT {
            silent.push(door.enter().await.expect("let in"));
        }
        let whole = format!("{}\n", serde_json::json!({"token": "t", "request": "stop"}));
        let long = format!("{}{whole}", " ".repeat(usize::try_from(LONGEST).expect("a size")));
        let texts = [
            "\n",
            "stop\n",
            "{\"token\":\"t\"}\n",
            "{\"token\":\"t\",\"request\":\"burn\"}\n",
            "\u{0}\n",
            &whole[..whole.len() - 1],
            &long,
        ];
        for text in texts {
            let mut wire = door.enter().await.expect("let in");
            wire.write_all(text.as_bytes()).await.expect("said");
            wire.shutdown().await.expect("that was all");
            let mut answer = Vec::new();
            // It may also be ended with a reset, where more was said than was read.
            wire.read_to_end(&mut answer).await.ok();
            assert_eq!(answer, b"", "{text:?}");
        }
        assert_eq!(*heard.lock().expect("the notes"), []);
        say(&address_of(&door), Request::Show).await.expect("an answer");
        assert_eq!(*heard.lock().expect("the notes"), [Request::Show]);
        drop(silent);
    }

    /// N16: that nobody is left who could ask for anything asks for nothing.
    #[tokio::test]
    async fn the_end_of_all_who_could_ask_is_no_request() {
        let (pass_on, mut inbox) = inbox();
        pass_on.send(Request::Show).await;
        drop(pass_on);
        assert_eq!(inbox.next().await, Request::Show);
        assert!(timeout(Duration::from_millis(50), inbox.next()).await.is_err());
    }

    /// N16: an owner of another version, and one that does not listen yet, are told as what they are.
    #[tokio::test]
    async fn an_owner_that_cannot_be_asked_is_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut places = Places::of(folder.path()).expect("places");
        places.state = folder.path().join("state");
        let records = Records(&places);
        assert!(matches!(address(&places), Err(ControlError::NoOwner)));
        let _lock = records.own().expect("locked").expect("free");
        assert!(matches!(address(&places), Err(ControlError::NotThere)));
        let path = places.state.join("control.json");
        std::fs::write(&path, r#"{"port": 4096, "token": "t", "pid": 17, "has_window": false}"#).expect("written");
        assert!(matches!(address(&places), Err(ControlError::OtherVersion { pid: 17 })));
        std::fs::write(&path, "{").expect("written");
        assert!(matches!(address(&places), Err(ControlError::NotThere)));
        records.write_control(&address_of(&Door::Port(1))).expect("written");
        assert_eq!(address(&places).expect("an address").door, Door::Port(1));
    }
}
