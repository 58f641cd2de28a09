//! Talking to the engine over HTTP.
//!
//! Invariants: every request has a time-out, and every answer a bound; an answer that is not JSON is an error,
//! because the engine answers unknown routes with a page and 200; what the engine says in its own words is
//! masked and short before anyone sees it. Source of routes and shapes: `docs/engine.md`, "Asking and reading".

mod address;
mod body;
mod error;
mod runs;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, OnceLock, PoisonError},
    time::{Duration, Instant},
};

use rekindle_domain::{
    AgentAnswer, Answers, BusyRun, EngineNotice, McpAnswer, Notice, Question, SkillAnswer, chain, masked_text,
};
use rekindle_opencode::{
    config::{schema, text::whole},
    decoded, plugin_spec, put_in_order,
};
use serde::{
    Deserialize,
    de::{DeserializeOwned, IgnoredAny},
};
use serde_json::{Map, Value, json};

use self::{
    address::Address,
    runs::{add_titles, busy_runs},
};
use super::listeners;
pub use error::{ClientError, Reason};

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
/// How much of what an engine says in its own words is kept, in characters.
const WORDS: usize = 2000;

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

/// An agent, of which one of another shape is one, too.
#[derive(Deserialize)]
#[serde(untagged)]
enum Agent {
    Told(AgentAnswer),
    Other(IgnoredAny),
}

fn agents_of(list: Vec<Agent>) -> Vec<AgentAnswer> {
    let agent = |agent| match agent {
        Agent::Told(agent) => agent,
        Agent::Other(_) => AgentAnswer::default(),
    };
    list.into_iter().map(agent).collect()
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

    /// Everything that the engine reports. `bound` is for the first answer, which may have to wait
    /// until the instance is created.
    pub async fn answers(&self, bound: Duration) -> Result<Answers, ClientError> {
        self.answers_within(bound, CONNECTING).await
    }

    /// The same with another bound for what waits for MCP servers.
    pub async fn answers_within(&self, bound: Duration, connecting: Duration) -> Result<Answers, ClientError> {
        let config = self.config(bound).await?;
        let (global_config, skills, rest) = tokio::join!(
            self.get_again::<Map<String, Value>>("/global/config", ANSWER, bound),
            self.get_again::<Vec<SkillAnswer>>("/skill", ANSWER, bound),
            self.hear(&Question::ALL, bound, connecting),
        );
        let mut answers = Answers {
            plugins: plugins(&config).map(|(spec, _)| spec).collect(),
            plugin_options: plugins(&config).filter_map(|(spec, options)| Some((spec, options?.clone()))).collect(),
            global_config: Value::Object(global_config?),
            skills: skills?.into_iter().filter(has_place).collect(),
            config,
            ..rest
        };
        put_in_order(&mut answers);
        Ok(answers)
    }

    /// The answers to these questions alone, as far as they come: in `connecting` what waits for MCP servers, in
    /// `bound` the rest.
    pub async fn hear(&self, questions: &[Question], bound: Duration, connecting: Duration) -> Answers {
        let is_asked = |question| questions.contains(&question);
        let (agents, commands, mcp, tools, providers) = tokio::join!(
            when(is_asked(Question::Agents), self.get_again("/agent", ANSWER, bound)),
            when(is_asked(Question::Commands), self.get("/command", connecting)),
            when(is_asked(Question::Servers), self.get::<BTreeMap<String, McpAnswer>>("/mcp", connecting)),
            when(is_asked(Question::Tools), self.get_again("/experimental/tool/ids", ANSWER, bound)),
            when(is_asked(Question::Providers), self.get_again::<ProvidersAnswer>("/config/providers", ANSWER, bound)),
        );
        let mut refused = BTreeSet::new();
        Answers {
            agents: heard(Question::Agents, agents, &mut refused).map(agents_of),
            // They are only counted, and not kept: the texts of all skills are among them.
            commands: heard::<Vec<IgnoredAny>>(Question::Commands, commands, &mut refused).map(|list| list.len()),
            mcp: heard(Question::Servers, mcp, &mut refused).map(told),
            tools: heard(Question::Tools, tools, &mut refused),
            providers: heard(Question::Providers, providers, &mut refused).map(|answer| answer.providers.len()),
            refused,
            ..Answers::default()
        }
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

/// What `GET /config/providers` answers, as far as it concerns us.
#[derive(Deserialize)]
struct ProvidersAnswer {
    #[serde(default)]
    providers: Vec<IgnoredAny>,
}

/// Waits for an answer that is wanted.
async fn when<T>(is_wanted: bool, answer: impl Future<Output = T>) -> Option<T> {
    if is_wanted { Some(answer.await) } else { None }
}

/// What was answered. An error in place of an answer is noted: the engine refuses all of a kind when one of it
/// is broken, and would again. What only did not come in time is neither.
fn heard<T>(question: Question, answer: Option<Result<T, ClientError>>, refused: &mut BTreeSet<Question>) -> Option<T> {
    let error = match answer? {
        Ok(answer) => return Some(answer),
        Err(error) => error,
    };
    tracing::debug!(error = chain(&error), ?question, "not heard");
    if matches!(error, ClientError::Status { .. } | ClientError::TooLong { .. }) {
        refused.insert(question);
    }
    None
}

fn http(encrypted: bool) -> Result<reqwest::Client, ClientError> {
    static HTTP: [OnceLock<reqwest::Client>; 2] = [const { OnceLock::new() }; 2];
    let ready = &HTTP[usize::from(encrypted)];
    if let Some(client) = ready.get() {
        return Ok(client.clone());
    }
    // Reading the system's hundreds of certificates takes longer than an engine's answer.
    let builder = if encrypted { builder() } else { builder().tls_certs_only([]) };
    let client = builder.build().map_err(ClientError::NotReady)?;
    Ok(ready.get_or_init(|| client).clone())
}

/// Connects only to what this user has started. One pool for each process of an engine: a new client finds the connections
/// of the one before, and never those to a process that has ended, each of which would be reset.
fn guarded(uid: u32, port: u16, pid: u32) -> Result<reqwest::Client, ClientError> {
    /// The user, the port and the process that a client is for.
    type For = (u32, u16, u32);
    static GUARDED: Mutex<Option<(For, reqwest::Client)>> = Mutex::new(None);
    let mut last = GUARDED.lock().unwrap_or_else(PoisonError::into_inner);
    let engine = (uid, port, pid);
    if let Some((of, client)) = &*last
        && *of == engine
    {
        return Ok(client.clone());
    }
    let guard = tower::util::AndThenLayer::new(move |connection| async move {
        // After the connection, so that whoever it leads to is there already.
        listeners::is_started_by(uid, port).map(|()| connection)
    });
    // Never one without the guard in its place.
    let client = builder().tls_certs_only([]).connector_layer(guard).build().map_err(ClientError::NotReady)?;
    Ok(last.insert((engine, client)).1.clone())
}

fn builder() -> reqwest::ClientBuilder {
    // Fails only when someone else installed one before, which is as good.
    drop(rustls::crypto::ring::default_provider().install_default());
    reqwest::Client::builder().no_proxy().connect_timeout(SHORT).redirect(reqwest::redirect::Policy::none())
}

fn is_type(response: &reqwest::Response, wanted: &str) -> bool {
    let kind = response.headers().get("content-type").and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with(wanted))
}

fn reason_of(json: &Value) -> Reason {
    let data = &json["data"];
    let issue = &data["issues"][0];
    let message = data["message"].as_str().or_else(|| issue["message"].as_str()).or_else(|| json["message"].as_str());
    let path = data["path"].as_str().map(str::to_owned);
    Reason { path, text: message.and_then(what_is_wrong).map(in_short) }
}

/// What went wrong of a message that may repeat a whole file before it says so; `None`: it says nothing else.
fn what_is_wrong(message: &str) -> Option<&str> {
    const FILE: &str = "--- JSONC Input ---";
    const ERRORS: &str = "--- Errors ---";
    let starts = message.match_indices(ERRORS).map(|(at, _)| at + ERRORS.len());
    let is_line = |at: &usize| {
        message[..at - ERRORS.len()].ends_with('\n') && message[*at..].trim_start_matches('\r').starts_with('\n')
    };
    // A line of the file may say the same; what the engine quotes of it never is a line of its own.
    match starts.filter(is_line).last() {
        Some(start) => Some(&message[start..]),
        None if message.contains(FILE) => None,
        None => Some(message),
    }
}

/// One line of what an engine says in its own words.
pub(super) fn in_short(words: &str) -> String {
    let line = words.trim().lines().next().unwrap_or_default();
    // Masked before it is cut: half a secret is one.
    let line: String = line.chars().take(4 * WORDS).collect();
    masked_text(&line).chars().take(WORDS).collect()
}

/// The beginning of an answer that is none.
fn beginning(body: &[u8]) -> Reason {
    let said = in_short(&String::from_utf8_lossy(&body[..body.len().min(WORDS)]));
    let text: String = said.chars().take(200).collect();
    Reason { path: None, text: Some(text).filter(|text| !text.is_empty()) }
}

/// Why servers failed, for people.
fn told(servers: BTreeMap<String, McpAnswer>) -> BTreeMap<String, McpAnswer> {
    let short = |server: McpAnswer| McpAnswer { error: server.error.as_deref().map(in_short), ..server };
    servers.into_iter().map(|(name, server)| (name, short(server))).collect()
}

/// True when a skill is where the engine says, and not by way of somewhere else.
fn has_place(skill: &SkillAnswer) -> bool {
    let is_plain = skill.location.split(['/', '\\']).all(|part| part != "..");
    if !is_plain {
        tracing::warn!(skill.location, "a skill in no place");
    }
    is_plain
}

/// The plugins of a configuration as the engine names them, with their options; `file:` URLs are
/// decoded.
fn plugins(config: &Value) -> impl Iterator<Item = (String, Option<&Value>)> {
    let entries = config["plugin"].as_array().into_iter().flatten();
    entries.map(|entry| (decoded(plugin_spec(entry)), entry.get(1)))
}

/// An answer in JSON. In one of the engine's, half of a character may stand, which is read as U+FFFD.
fn json_of<T: DeserializeOwned>(body: &[u8]) -> Option<T> {
    let again = || serde_json::from_str(&whole(std::str::from_utf8(body).ok()?)).ok();
    serde_json::from_slice(body).ok().or_else(again)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn reason(path: &str, text: Option<&str>) -> Reason {
        Reason { path: Some(path.to_owned()), text: text.map(str::to_owned) }
    }

    #[test]
    fn reasons_are_short() {
        let long = json!({"name": "ConfigJsonError", "data": {"path": "/p/opencode.json", "message": "\n--- JSONC Input ---\n{\n--- Errors ---\nPropertyNameExpected at line 1, column 18\n   x"}});
        assert_eq!(reason_of(&long), reason("/p/opencode.json", Some("PropertyNameExpected at line 1, column 18")));
        let issues = json!({"data": {"path": "/p/o.json", "issues": [{"message": "Expected string"}]}});
        assert_eq!(reason_of(&issues), reason("/p/o.json", Some("Expected string")));
    }

    /// N16: of a file that the engine repeats nothing is told, whatever stands in it.
    #[test]
    fn a_message_repeats_no_file() {
        let check = |message: &str, expected: Option<&str>| {
            let error = json!({"name": "ConfigJsonError", "data": {"path": "/p/o.json", "message": message}});
            assert_eq!(reason_of(&error), reason("/p/o.json", expected));
        };
        let input =
            "\n--- JSONC Input ---\n{\n--- a comment ---\n\"key\": \"sk-1\"\n--- Errors ---\n\"key\": \"sk-2\"\n";
        check(
            &format!("{input}--- Errors ---\nInvalidSymbol at line 1, column 2\n"),
            Some("InvalidSymbol at line 1, column 2"),
        );
        check("\n--- JSONC Input ---\n{\n\"key\": \"sk-1", None);
        check("x --- Errors --- \"apiKey\": \"sk-1\"", Some("x --- Errors --- \"apiKey\": \"••••\""));
        check("Expected string, got https://me:pw@host", Some("Expected string, got https://••••@host"));
    }
}
