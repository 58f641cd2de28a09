//! Talking to the engine over HTTP.
//!
//! Invariants: every request has a time-out, and every answer a bound; an answer that is not JSON is an error,
//! because the engine answers unknown routes with a page and 200; what the engine says in its own words is
//! masked and short before anyone sees it. Source of routes and shapes: `docs/engine.md`, "Asking and reading".

mod address;
mod answers;
mod body;
mod connection;
mod error;
mod runs;
mod servers;
mod words;

use std::time::{Duration, Instant};

use rekindle_domain::{BusyRun, EngineNotice, Notice, chain};
use rekindle_opencode::config::{schema, text::whole};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::{Map, Value, json};

pub(crate) use self::connection::web_client;
use self::{
    address::Address,
    connection::{guarded, http},
    runs::{add_titles, busy_runs},
    words::{beginning, reason_of},
};
pub use self::{
    error::{ClientError, Reason},
    servers::{Connection, SignedIn},
};

/// How long an ordinary answer may take.
pub const SHORT: Duration = Duration::from_secs(5);
/// How long an answer of an instance that is there may take before it is asked for again.
const ANSWER: Duration = Duration::from_secs(10);
/// How long MCP servers may take to connect before they are told to be connecting still. What waits
/// for them holds up nothing else for longer.
pub const CONNECTING: Duration = Duration::from_secs(5);

/// The user name with which our engines are protected.
pub const USERNAME: &str = "opencode";

/// The variable with the password of someone else's engine. No program that we start is given it.
pub const PASSWORD_VARIABLE: &str = "REKINDLE_ENGINE_PASSWORD";
/// The variable with the user name for it.
pub const USERNAME_VARIABLE: &str = "REKINDLE_ENGINE_USERNAME";
/// A user name and a password.
#[derive(Clone)]
pub struct Credentials {
    /// The user name.
    pub username: String,
    /// The password; `None`: the engine has none.
    pub password: Option<String>,
}

impl Credentials {
    /// Those that a person gives for someone else's engine. From the environment only: arguments
    /// can be seen by other users.
    pub fn from_environment() -> Self {
        let read = |name| std::env::var(name).ok().filter(|value: &String| !value.is_empty());
        Self {
            username: read(USERNAME_VARIABLE).unwrap_or_else(|| USERNAME.to_owned()),
            password: read(PASSWORD_VARIABLE),
        }
    }
}

/// One engine, asked about one directory.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    url: String,
    directory: String,
    credentials: Credentials,
    /// True when others on the network could read what is sent.
    is_in_clear: bool,
}

impl Client {
    /// A client for the engine at an address such as `http://127.0.0.1:4096`.
    pub fn new(url: &str, directory: &str, credentials: Credentials) -> Result<Self, ClientError> {
        let Some(address) = Address::parse(url) else {
            return Err(ClientError::BadUrl { url: address::shown(url) });
        };
        Ok(Self {
            http: http(address.is_encrypted)?,
            is_in_clear: !address.is_encrypted && !address.is_here,
            url: address.url,
            directory: directory.to_owned(),
            credentials,
        })
    }

    /// The same, for an engine of this process that was started by the user with this id on this machine: nothing is said
    /// to whoever else listens there (`listeners`).
    pub(crate) fn of_user(mut self, uid: u32, pid: u32) -> Result<Self, ClientError> {
        let port = reqwest::Url::parse(&self.url).ok().and_then(|url| url.port());
        if let Some(port) = port {
            self.http = guarded(uid, port, pid)?;
        }
        Ok(self)
    }

    /// What people should know about the way to the engine.
    pub fn caveat(&self) -> Option<Notice> {
        let sends_password = self.is_in_clear && self.credentials.password.is_some();
        sends_password.then(|| EngineNotice::PasswordInClear { url: self.url.clone() }.into())
    }

    /// Its address, without credentials.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The directory it is asked about.
    pub fn directory(&self) -> &str {
        &self.directory
    }

    /// The engine's version. Creates no instance and is true even of a stuck directory.
    pub async fn health(&self, bound: Duration) -> Result<String, ClientError> {
        let answer: Value = self.get("/global/health", bound).await?;
        Ok(answer["version"].as_str().unwrap_or("unknown").chars().take(64).collect())
    }

    /// The part of the engine's description of itself that has the schema of its configuration.
    pub async fn doc(&self) -> Result<Value, ClientError> {
        let doc: Value = self.get("/doc", SHORT * 2).await?;
        Ok(schema::part_of_doc(&doc).unwrap_or(doc))
    }

    /// The merged configuration of the instance; creates it when there is none.
    pub async fn config(&self, bound: Duration) -> Result<Value, ClientError> {
        self.get_again::<Map<String, Value>>("/config", bound, bound).await.map(Value::Object)
    }

    /// The same engine, asked about another directory.
    #[must_use]
    pub fn for_directory(&self, directory: &str) -> Self {
        Self { directory: directory.to_owned(), ..self.clone() }
    }

    /// What is running in this directory.
    pub async fn busy(&self) -> Result<Vec<BusyRun>, ClientError> {
        self.runs(true).await
    }

    /// The same; terminals are left out when there can be none: the first question for them makes an
    /// instance load what nothing else of ours needs.
    pub(crate) async fn runs(&self, with_terminals: bool) -> Result<Vec<BusyRun>, ClientError> {
        let terminals = async {
            match with_terminals {
                true => self.get("/pty", SHORT).await,
                false => Ok(Vec::new()),
            }
        };
        let (status, permissions, questions, terminals) = tokio::join!(
            self.get("/session/status", SHORT),
            self.get("/permission", SHORT),
            self.get("/question", SHORT),
            terminals,
        );
        // An answer of another shape is no answer: nobody knows what runs.
        let (permissions, questions): (Vec<_>, Vec<_>) = (permissions?, questions?);
        let mut runs = busy_runs(&status?, &permissions, &questions, &terminals?);
        // Only now: a directory has many sessions, and seldom one that runs.
        if !runs.is_empty()
            && let Ok(sessions) = self.get("/session", SHORT).await
        {
            add_titles(&mut runs, &sessions);
        }
        Ok(runs)
    }

    /// Has the instance of this directory dropped. The answer comes before the end of it; the end
    /// is the event `server.instance.disposed`.
    pub async fn dispose(&self) -> Result<(), ClientError> {
        self.post("/instance/dispose", SHORT).await
    }

    /// Has all instances dropped, for stopping the engine cleanly.
    pub async fn dispose_all(&self) -> Result<(), ClientError> {
        self.post("/global/dispose", SHORT).await
    }

    /// Says something to a session, with the agent and the model that it had. What comes of it is not waited for.
    pub async fn prompt(&self, session: &str, text: &str) -> Result<(), ClientError> {
        let route = format!("/session/{session}");
        let known: Value = self.get(&route, SHORT).await?;
        let mut body = Map::from_iter([("parts".to_owned(), json!([{ "type": "text", "text": text }]))]);
        for key in ["agent", "model"] {
            let said = known.get(key).filter(|said| !said.is_null());
            body.extend(said.map(|said| (key.to_owned(), said.clone())));
        }
        // The session says `id` where a prompt says `modelID`.
        if let Some(Value::Object(model)) = body.get_mut("model")
            && let Some(id) = model.get("id").cloned()
        {
            model.insert("modelID".to_owned(), id);
        }
        let route = format!("{route}/prompt_async");
        let request = self.request(reqwest::Method::POST, &route).json(&body).timeout(SHORT);
        let response = request.send().await.map_err(|cause| self.broken(&route, SHORT, cause))?;
        let status = response.status();
        if status.is_success() {
            return Ok(());
        }
        let body = body::read(response, &route, |cause| self.broken(&route, SHORT, cause)).await?;
        Err(ClientError::Status { route, status: status.as_u16(), reason: beginning(&body) })
    }

    /// Has the engine write a line into its log. It creates no instance.
    pub(super) async fn log(&self, message: &str) -> Result<(), ClientError> {
        let line = serde_json::json!({ "service": "rekindle", "level": "info", "message": message });
        let request = self.request(reqwest::Method::POST, "/log").json(&line);
        self.answer::<IgnoredAny>(request, "/log", SHORT).await.map(drop)
    }

    /// Opens the stream of events of all directories. It creates no instance.
    pub(super) async fn open_events(&self) -> Result<reqwest::Response, ClientError> {
        let route = "/global/event";
        let request = self.request(reqwest::Method::GET, route).header("accept", "text/event-stream").send();
        let response = tokio::time::timeout(SHORT, request)
            .await
            .map_err(|_| self.timed_out(route, SHORT))?
            .map_err(|cause| self.broken(route, SHORT, cause))?;
        if response.status() == 401 {
            return Err(ClientError::Unauthorized);
        }
        if !is_type(&response, "text/event-stream") {
            return Err(ClientError::NotJson { route: route.to_owned() });
        }
        Ok(response)
    }

    async fn get<T: DeserializeOwned>(&self, route: &str, bound: Duration) -> Result<T, ClientError> {
        self.send(reqwest::Method::GET, route, bound).await
    }

    /// Asks a second time where the first answer may have been lost on the way: `first` is how long that
    /// one may take, `bound` how long both may.
    async fn get_again<T: DeserializeOwned>(
        &self,
        route: &str,
        first: Duration,
        bound: Duration,
    ) -> Result<T, ClientError> {
        let began = Instant::now();
        let answer = self.get(route, first.min(bound)).await;
        let left = bound.saturating_sub(began.elapsed());
        match answer {
            Err(error) if error.is_passing() && !left.is_zero() => {
                tracing::debug!(error = chain(&error), "asking again");
                self.get(route, left).await
            }
            answer => answer,
        }
    }

    async fn post(&self, route: &str, bound: Duration) -> Result<(), ClientError> {
        self.send::<IgnoredAny>(reqwest::Method::POST, route, bound).await.map(drop)
    }

    async fn send<T: DeserializeOwned>(
        &self,
        method: reqwest::Method,
        route: &str,
        bound: Duration,
    ) -> Result<T, ClientError> {
        self.answer(self.request(method, route), route, bound).await
    }

    async fn answer<T: DeserializeOwned>(
        &self,
        request: reqwest::RequestBuilder,
        route: &str,
        bound: Duration,
    ) -> Result<T, ClientError> {
        let broken = |cause| self.broken(route, bound, cause);
        let response = request.timeout(bound).send().await.map_err(broken)?;
        let status = response.status();
        if status == 401 {
            return Err(ClientError::Unauthorized);
        }
        let is_json = is_type(&response, "application/json");
        let body = body::read(response, route, broken).await?;
        if status.is_success() {
            return is_json
                .then(|| json_of(&body))
                .flatten()
                .ok_or_else(|| ClientError::NotJson { route: route.to_owned() });
        }
        let json = is_json.then(|| json_of::<Value>(&body)).flatten();
        let reason = json.as_ref().map_or_else(|| beginning(&body), reason_of);
        match json.as_ref().and_then(|json| json["name"].as_str()) {
            Some(name) if status == 400 && name.starts_with("Config") => Err(ClientError::Stuck { reason }),
            _ => Err(ClientError::Status { route: route.to_owned(), status: status.as_u16(), reason }),
        }
    }

    fn request(&self, method: reqwest::Method, route: &str) -> reqwest::RequestBuilder {
        let request =
            self.http.request(method, format!("{}{route}", self.url)).query(&[("directory", encoded(&self.directory))]);
        match &self.credentials.password {
            Some(password) => request.basic_auth(&self.credentials.username, Some(password)),
            None => request,
        }
    }

    fn broken(&self, route: &str, bound: Duration, cause: reqwest::Error) -> ClientError {
        if cause.is_timeout() {
            return self.timed_out(route, bound);
        }
        ClientError::Unreachable { url: self.url.clone(), cause: cause.without_url() }
    }

    fn timed_out(&self, route: &str, bound: Duration) -> ClientError {
        ClientError::TimedOut { route: route.to_owned(), seconds: bound.as_secs() }
    }
}

/// A directory as a parameter: the engine decodes it once more than a query is decoded anyway, so that
/// `%20` in a folder's name would become a space.
fn encoded(directory: &str) -> String {
    percent_encoding::utf8_percent_encode(directory, percent_encoding::NON_ALPHANUMERIC).to_string()
}

fn is_type(response: &reqwest::Response, wanted: &str) -> bool {
    let kind = response.headers().get("content-type").and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with(wanted))
}

/// An answer in JSON. In one of the engine's, half of a character may stand, which is read as U+FFFD.
fn json_of<T: DeserializeOwned>(body: &[u8]) -> Option<T> {
    let again = || serde_json::from_str(&whole(std::str::from_utf8(body).ok()?)).ok();
    serde_json::from_slice(body).ok().or_else(again)
}
