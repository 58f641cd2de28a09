//! An engine whose faults a test decides, in host mode and across restarts.
//!
//! The program `rekindle-faulty-engine` stands in for the engine: it starts the real one on a port
//! of its own and puts the proxy on the port that it was given. What happens to a request it asks
//! here, over a socket, one line for the question and one for the answer.
//!
//! Invariant: the real engine ends with the stand-in, however that ends.

use std::sync::{Arc, Mutex};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{UnixListener, UnixStream},
};

use crate::{
    proxy::{Fault, Faults},
    raw,
    world::{Engine, Ran, World},
};

/// The name under which a start is asked about, before anything is done.
pub const START: &str = "START";
/// Names the socket for the stand-in.
pub const SOCKET: &str = "REKINDLE_TESTS_FAULTS";
/// Names the real engine for the stand-in.
pub const REAL: &str = "REKINDLE_TESTS_REAL_ENGINE";

/// What the stand-in says.
#[derive(Serialize, Deserialize)]
pub enum Said {
    /// This is about to happen: a request, or [`START`].
    Asked(String),
    /// The real engine listens.
    Ready(Real),
}

/// The real engine behind a stand-in.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Real {
    /// Where it listens.
    pub url: String,
    /// Its process.
    pub pid: u32,
}

/// The side of the test.
pub struct FaultyEngine {
    /// What goes wrong, and what was asked.
    pub faults: Faults,
    real: Arc<Mutex<Vec<Real>>>,
    socket: std::path::PathBuf,
}

impl FaultyEngine {
    /// Listens for stand-ins; none is started.
    pub fn new(world: &World) -> Self {
        let socket = world.outside("faults.sock");
        let listener = UnixListener::bind(&socket).expect("a socket");
        let (faults, real) = (Faults::default(), Arc::<Mutex<Vec<Real>>>::default());
        let (judge, started) = (faults.clone(), real.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer(stream, judge.clone(), started.clone()));
            }
        });
        Self { faults, real, socket }
    }

    /// Starts a stand-in in the background, as `rekindle engine start` does.
    pub async fn start(&self, world: &World) -> Ran {
        let text = |path: std::path::PathBuf| path.display().to_string();
        let environment = [
            ("REKINDLE_ENGINE", text(World::program("rekindle-faulty-engine"))),
            (SOCKET, text(self.socket.clone())),
            (REAL, text(raw::binary())),
        ];
        let environment = environment.each_ref().map(|(name, value)| (*name, value.as_str()));
        world.rekindle_with(&["engine", "start", "--json"], &environment).await
    }

    /// The real engines that were started so far, the last one last.
    pub fn started(&self) -> Vec<Real> {
        self.real.lock().expect("the engines").clone()
    }

    /// The real engine that was started last, asked past all faults.
    pub fn past_faults(&self, world: &World) -> Engine {
        let mut engine = world.engine();
        engine.url = self.started().pop().expect("a started engine").url;
        engine
    }
}

/// Asks the test, on a connection of its own, what happens to something. `None`: the test is gone.
pub async fn ask(stream: UnixStream, what: &str) -> Option<Fault> {
    say(stream, &Said::Asked(what.to_owned())).await
}

/// Tells the test that the real engine listens.
pub async fn tell(stream: UnixStream, real: Real) -> Option<Fault> {
    say(stream, &Said::Ready(real)).await
}

async fn say(stream: UnixStream, said: &Said) -> Option<Fault> {
    let mut stream = BufReader::new(stream);
    write(&mut stream, said).await?;
    read(&mut stream).await
}

async fn answer(stream: UnixStream, faults: Faults, started: Arc<Mutex<Vec<Real>>>) -> Option<()> {
    let mut stream = BufReader::new(stream);
    let fault = match read(&mut stream).await? {
        Said::Asked(what) => faults.judge(&what).await,
        Said::Ready(real) => {
            started.lock().expect("the engines").push(real);
            Fault::None
        }
    };
    write(&mut stream, &fault).await
}

async fn write(stream: &mut BufReader<UnixStream>, value: &impl Serialize) -> Option<()> {
    let line = serde_json::to_string(value).expect("JSON");
    stream.write_all(format!("{line}\n").as_bytes()).await.ok()
}

async fn read<T: DeserializeOwned>(stream: &mut BufReader<UnixStream>) -> Option<T> {
    let mut line = String::new();
    stream.read_line(&mut line).await.ok()?;
    serde_json::from_str(&line).ok()
}
