//! One connection: one request, its fault, its answer.

use std::io;

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    time::sleep,
};

use super::{Fault, Judge, events, fault::LATE};

/// In how many parts an answer drips.
const DROPS: usize = 30;

/// A request as it came.
pub struct Request {
    method: reqwest::Method,
    target: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Request {
    /// Its method and path.
    pub fn name(&self) -> String {
        let path = self.target.split('?').next().unwrap_or_default();
        format!("{} {path}", self.method)
    }

    async fn read(stream: &mut BufReader<TcpStream>) -> Option<Self> {
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            stream.read_line(&mut line).await.ok().filter(|read| *read > 0)?;
            match line.trim_end() {
                "" => break,
                line => lines.push(line.to_owned()),
            }
        }
        let mut first = lines.first()?.split(' ');
        let (method, target) = (first.next()?.parse().ok()?, first.next()?.to_owned());
        let headers = lines[1..].iter().filter_map(|line| line.split_once(": "));
        let headers: Vec<_> = headers.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect();
        let length =
            headers.iter().find(|(name, _)| name == "content-length").and_then(|(_, value)| value.parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        stream.read_exact(&mut body).await.ok()?;
        Some(Self { method, target, headers, body })
    }

    async fn send(self, http: &reqwest::Client, to: &str) -> reqwest::Result<reqwest::Response> {
        const PASSED: [&str; 3] = ["authorization", "content-type", "accept"];
        let mut request = http.request(self.method, format!("{to}{}", self.target)).body(self.body);
        for (name, value) in self.headers.iter().filter(|(name, _)| PASSED.contains(&name.as_str())) {
            request = request.header(name, value);
        }
        request.send().await
    }
}

/// Serves one request. Either side may hang up at any time, which ends it.
pub(super) async fn serve(client: TcpStream, http: reqwest::Client, to: String, judge: Judge) {
    let mut stream = BufReader::new(client);
    let Some(request) = Request::read(&mut stream).await else { return };
    let mut client = stream.into_inner();
    let fault = judge.judge(&request.name()).await;
    // An error means that the client has hung up.
    drop(meet(&mut client, request, &http, &to, fault).await);
}

async fn meet(
    client: &mut TcpStream,
    request: Request,
    http: &reqwest::Client,
    to: &str,
    fault: Fault,
) -> io::Result<()> {
    match fault {
        Fault::Answer { status, kind, body } => return answer(client, status, &kind, body.as_bytes()).await,
        Fault::Early => {
            answer(client, 200, "application/json", b"true").await?;
            sleep(LATE).await;
            drop(request.send(http, to).await);
            return Ok(());
        }
        Fault::Silence => return hung_up(client).await,
        Fault::Reset => return client.set_zero_linger(),
        Fault::Die => std::process::exit(1),
        _ => {}
    }
    let response = tokio::select! {
        response = request.send(http, to) => response,
        ended = hung_up(client) => return ended,
    };
    // An engine that died in between.
    let Ok(response) = response else { return client.set_zero_linger() };
    if fault == Fault::Lost {
        return client.set_zero_linger();
    }
    tell(client, response, fault).await
}

async fn tell(client: &mut TcpStream, response: reqwest::Response, fault: Fault) -> io::Result<()> {
    let status = response.status().as_u16();
    let kind = response.headers().get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or("").to_owned();
    if kind.starts_with("text/event-stream") {
        client.write_all(head(status, &kind, None).as_bytes()).await?;
        let fault = if let Fault::Events(fault) = fault { Some(fault) } else { None };
        return events::pass(response, client, fault).await;
    }
    let Ok(body) = response.bytes().await else { return client.set_zero_linger() };
    let half = body.len() / 2;
    match fault {
        Fault::Stall | Fault::Cut => {
            client.write_all(head(status, &kind, Some(body.len())).as_bytes()).await?;
            client.write_all(&body[..half]).await?;
            if fault == Fault::Stall { hung_up(client).await } else { Ok(()) }
        }
        Fault::Drip => {
            client.write_all(head(status, &kind, Some(body.len())).as_bytes()).await?;
            for drop in body.chunks((body.len() / DROPS).max(1)) {
                client.write_all(drop).await?;
                sleep(LATE / 10).await;
            }
            Ok(())
        }
        _ => answer(client, status, &kind, &body).await,
    }
}

async fn answer(client: &mut TcpStream, status: u16, kind: &str, body: &[u8]) -> io::Result<()> {
    client.write_all(&[head(status, kind, Some(body.len())).as_bytes(), body].concat()).await?;
    client.shutdown().await
}

fn head(status: u16, kind: &str, length: Option<usize>) -> String {
    let length = length.map(|length| format!("content-length: {length}\r\n")).unwrap_or_default();
    format!("HTTP/1.1 {status} \r\ncontent-type: {kind}\r\n{length}connection: close\r\n\r\n")
}

/// Waits until the client hangs up; it has nothing more to say.
async fn hung_up(client: &mut TcpStream) -> io::Result<()> {
    client.read(&mut [0]).await.map(drop)
}
