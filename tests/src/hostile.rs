//! An engine that means harm, or is broken: it says what a test has it say, whatever that is.
//!
//! Invariants: it listens on the loopback alone; what has no end ends when nobody reads it any more, or after a
//! bound. What no route says otherwise is what an engine says that has loaded nothing.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    time::{Duration, timeout},
};

/// The version that it claims to be.
pub const VERSION: &str = "1.18.33";
/// How much is said of what has no end, in bytes.
const MOST: usize = 6 * 1024 * 1024 * 1024;
/// How long a stream of events is held open.
const OPEN: Duration = Duration::from_secs(120);

/// What it says to a question.
#[derive(Clone)]
pub enum Said {
    /// What an engine says that has loaded nothing.
    Usual,
    /// A good answer.
    Json(Value),
    /// A status, more of a head, and a body.
    Raw(u16, String, Vec<u8>),
    /// A good head, a beginning, and this again and again.
    Endless(String, Vec<u8>),
    /// A stream of events: these, and then this again and again, or nothing.
    Events(Vec<u8>, Option<Vec<u8>>),
    /// Nothing at all.
    Nothing,
}

impl Said {
    /// An event as the engine sends it.
    pub fn event(directory: &str, kind: &str, properties: Value) -> Vec<u8> {
        let event = json!({"directory": directory, "payload": {"type": kind, "properties": properties}});
        format!("data: {event}\n\n").into_bytes()
    }
}

/// What it was asked.
#[derive(Default)]
struct Asked {
    heads: Mutex<Vec<String>>,
    now: AtomicUsize,
    most: AtomicUsize,
}

/// The engine. It ends with its value.
pub struct Hostile {
    /// Its address.
    pub url: String,
    asked: Arc<Asked>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Hostile {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Hostile {
    /// Starts it on a free port. `say`: what it says to a route.
    pub async fn start(say: impl Fn(&str) -> Said + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let (asked, say) = (Arc::new(Asked::default()), Arc::new(say));
        let hears = asked.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (say, asked) = (say.clone(), hears.clone());
                tokio::spawn(async move {
                    // Whoever hangs up wants no more.
                    drop(answer(stream, &*say, &asked).await);
                });
            }
        });
        Self { url, asked, task }
    }

    /// The heads of all requests so far, each as it was sent.
    pub fn heads(&self) -> Vec<String> {
        self.asked.heads.lock().expect("what was asked").clone()
    }

    /// How often a route was asked for.
    pub fn count(&self, route: &str) -> usize {
        let of_route = |head: &&String| head.split([' ', '?']).nth(1) == Some(route);
        self.heads().iter().filter(of_route).count()
    }

    /// How many questions about sessions were unanswered at a time, at the most.
    pub fn most_at_a_time(&self) -> usize {
        self.asked.most.load(Ordering::SeqCst)
    }
}

async fn answer(stream: TcpStream, say: &(dyn Fn(&str) -> Said + Send + Sync), asked: &Asked) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if stream.read_line(&mut head).await? == 0 {
            return Ok(());
        }
    }
    let route = head.split([' ', '?']).nth(1).unwrap_or_default().to_owned();
    asked.heads.lock().expect("what was asked").push(head);
    let said = match say(&route) {
        Said::Usual => usual(&route),
        said => said,
    };
    if route == "/session/status" {
        let now = asked.now.fetch_add(1, Ordering::SeqCst) + 1;
        asked.most.fetch_max(now, Ordering::SeqCst);
        // Long enough for others to come meanwhile, if there are any.
        tokio::time::sleep(Duration::from_millis(50)).await;
        asked.now.fetch_sub(1, Ordering::SeqCst);
    }
    let good = |kind: &str| format!("HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\nconnection: close\r\n");
    match said {
        Said::Json(value) => {
            let body = value.to_string();
            let head = format!("{}content-length: {}\r\n\r\n", good("application/json"), body.len());
            stream.write_all(&[head.as_bytes(), body.as_bytes()].concat()).await?;
        }
        Said::Raw(status, more, body) => {
            let head =
                format!("HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: {}\r\n{more}\r\n", body.len());
            stream.write_all(&[head.as_bytes(), &body].concat()).await?;
        }
        Said::Endless(first, again) => {
            stream.write_all(format!("{}\r\n{first}", good("application/json")).as_bytes()).await?;
            without_end(&mut stream, &again).await?;
        }
        Said::Events(first, again) => {
            let connected = Said::event("global", "server.connected", json!({}));
            let head = format!("{}\r\n", good("text/event-stream"));
            stream.write_all(&[head.as_bytes(), &connected, &first].concat()).await?;
            let talk = async {
                if let Some(again) = again {
                    without_end(&mut stream, &again).await?;
                }
                // Until nobody listens any more.
                stream.read(&mut [0; 1]).await.map(drop)
            };
            return timeout(OPEN, talk).await.unwrap_or(Ok(()));
        }
        Said::Nothing | Said::Usual => {
            return timeout(OPEN, stream.read(&mut [0; 1])).await.map_or(Ok(()), |read| read.map(drop));
        }
    }
    stream.shutdown().await
}

async fn without_end(stream: &mut BufReader<TcpStream>, again: &[u8]) -> std::io::Result<()> {
    let piece = again.repeat((256 * 1024 / again.len()).max(1));
    for _ in 0..MOST / piece.len() {
        stream.write_all(&piece).await?;
    }
    Ok(())
}

fn usual(route: &str) -> Said {
    Said::Json(match route {
        "/global/health" => json!({"healthy": true, "version": VERSION}),
        "/doc" => json!({"components": {"schemas": {"Config": {"type": "object"}}}}),
        "/config" | "/global/config" | "/mcp" | "/session/status" => json!({}),
        "/config/providers" => json!({"providers": []}),
        "/global/event" => return Said::Events(Vec::new(), None),
        _ => json!([]),
    })
}
