//! A server that is a process of this machine: it is asked over its standard streams, one message a line.

use std::{path::Path, process::Stdio, time::Duration};

use rekindle_domain::{ServerNotice, chain, masked_text, visible};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWriteExt, BufReader},
    process::{Child, ChildStdin, ChildStdout, Command},
    task::JoinHandle,
    time::{Instant, timeout, timeout_at},
};

use super::{Link, answer, message};
use crate::{
    engine::{client::PASSWORD_VARIABLE, keeper::Group},
    files::locate::Places,
};

/// The password of the engine that hands on its environment.
const ENGINE_PASSWORD: &str = "OPENCODE_SERVER_PASSWORD";
/// The most bytes that are read of what a server answers.
const MOST: u64 = 16 * 1024 * 1024;
/// The most bytes that are kept of what it says to people.
const WORDS: usize = 8 * 1024;
/// How many of its last lines are told.
const LINES: usize = 5;
/// How long it may take to end when its input does.
const GRACE: Duration = Duration::from_millis(500);
/// How long its last words may take then.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// A server's process, which ends with this.
pub(super) struct Process {
    name: String,
    child: Child,
    /// Its process group, as long as it has to be ended.
    group: Option<Group>,
    input: Option<ChildStdin>,
    output: BufReader<tokio::io::Take<ChildStdout>>,
    words: Option<JoinHandle<String>>,
    limit: Duration,
    last: u64,
    /// The first line that was no message.
    noise: Option<String>,
}

impl Process {
    pub(super) fn start(places: &Places, name: &str, entry: &Value, limit: Duration) -> Result<Self, ServerNotice> {
        let words = entry.get("command").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        let words: Vec<_> = words.collect();
        let not_started = |why: String| ServerNotice::ServerNotSpawned { name: name.to_owned(), why };
        let Some((program, arguments)) = words.split_first() else {
            return Err(ServerNotice::ServerWithoutTarget { name: name.to_owned() });
        };
        let cwd = entry.get("cwd").and_then(Value::as_str).unwrap_or_default();
        let mut command = Command::new(program);
        command
            .args(arguments)
            .current_dir(places.directory.join(Path::new(cwd)))
            .env_clear()
            .envs(places.environment.variables())
            .env_remove(PASSWORD_VARIABLE)
            .env_remove(ENGINE_PASSWORD)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let variables = entry.get("environment").and_then(Value::as_object).into_iter().flatten();
        command.envs(variables.filter_map(|(name, value)| Some((name, value.as_str()?))));
        #[cfg(unix)]
        command.process_group(0);
        let mut child = command.spawn().map_err(|error| not_started(chain(&error)))?;
        let (Some(input), Some(output), Some(errors)) = (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err(not_started("it has no pipes".to_owned()));
        };
        let group = child.id().map(Group);
        Ok(Self {
            name: name.to_owned(),
            child,
            group,
            input: Some(input),
            output: BufReader::new(output.take(MOST)),
            words: Some(tokio::spawn(last_words(errors))),
            limit,
            last: 0,
            noise: None,
        })
    }

    /// Ends it and all that it started in its group; its last words.
    pub(super) async fn end(mut self) -> String {
        // A server ends when its input does.
        drop(self.input.take());
        let ended = timeout(GRACE, self.child.wait()).await;
        self.kill();
        if ended.is_err() && timeout(GRACE, self.child.wait()).await.is_err() {
            tracing::debug!("a server that was tested does not end");
        }
        match self.words.take() {
            // What it started may keep the pipe open.
            Some(words) => timeout(LAST_WORDS, words).await.ok().and_then(Result::ok).unwrap_or_default(),
            None => String::new(),
        }
    }

    /// Ends it at once, with what it started.
    fn kill(&mut self) {
        if let Some(group) = self.group.take() {
            group.kill();
        }
    }

    async fn send(&mut self, message: &Value) -> Result<(), ServerNotice> {
        let line = format!("{message}\n");
        let Some(input) = &mut self.input else { return Err(self.ended()) };
        let sent = timeout(self.limit, async {
            input.write_all(line.as_bytes()).await?;
            input.flush().await
        });
        match sent.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(self.ended()),
            Err(_) => Err(self.silent("initialize")),
        }
    }

    fn ended(&self) -> ServerNotice {
        let name = self.name.clone();
        match &self.noise {
            Some(line) => ServerNotice::ServerSpeaksOther { name, line: line.clone() },
            None => ServerNotice::ServerEnded { name },
        }
    }

    fn silent(&self, method: &str) -> ServerNotice {
        let (name, seconds) = (self.name.clone(), self.limit.as_millis().div_ceil(1000));
        let seconds = u64::try_from(seconds).unwrap_or(u64::MAX);
        match &self.noise {
            Some(line) => ServerNotice::ServerSpeaksOther { name, line: line.clone() },
            None => ServerNotice::ServerSilent { name, method: method.to_owned(), seconds },
        }
    }
}

impl Link for Process {
    async fn ask(&mut self, method: &str, params: Value) -> Result<Value, ServerNotice> {
        self.last += 1;
        let (id, until) = (self.last, Instant::now() + self.limit);
        self.send(&message(Some(id), method, params)).await?;
        loop {
            let mut line = Vec::new();
            match timeout_at(until, self.output.read_until(b'\n', &mut line)).await {
                Err(_) => return Err(self.silent(method)),
                Ok(Ok(0) | Err(_)) => return Err(self.ended()),
                Ok(Ok(_)) => {}
            }
            let Ok(read) = serde_json::from_slice::<Value>(&line) else {
                // Some say something to people here, which the engine passes over, too.
                let text = String::from_utf8_lossy(&line);
                if self.noise.is_none() && !text.trim().is_empty() {
                    self.noise = Some(super::told(text.trim()));
                }
                continue;
            };
            if let Some(answer) = answer(&self.name, method, id, &read) {
                return answer;
            }
            // It asks us: whether we are there, or for something that we do not have.
            if let (Some(asked), Some(method)) = (read.get("id"), read.get("method").and_then(Value::as_str)) {
                let reply = match method {
                    "ping" => json!({ "jsonrpc": "2.0", "id": asked, "result": {} }),
                    _ => json!({ "jsonrpc": "2.0", "id": asked, "error": { "code": -32601, "message": "not here" } }),
                };
                self.send(&reply).await?;
            }
        }
    }

    async fn tell(&mut self, method: &str) -> Result<(), ServerNotice> {
        self.send(&message(None, method, Value::Null)).await
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Whoever does not wait any more leaves nothing behind.
        self.kill();
    }
}

/// The last lines of what it says to people, masked.
async fn last_words(mut from: impl AsyncRead + Unpin) -> String {
    let mut said = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(count) = from.read(&mut buffer).await
        && count > 0
    {
        said.extend_from_slice(buffer.get(..count).unwrap_or_default());
        let too_much = said.len().saturating_sub(WORDS);
        said.drain(..too_much);
    }
    let text = String::from_utf8_lossy(&said);
    let lines: Vec<_> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let last = lines.get(lines.len().saturating_sub(LINES)..).unwrap_or_default();
    masked_text(&visible(&last.join("; ")))
}
