//! The real engine, in a home of its own.

use std::{
    collections::BTreeSet,
    env,
    path::{Path, PathBuf},
    process::Stdio,
};

use rekindle_domain::Answers;
use rekindle_opencode::put_in_order;
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader},
    process::{Child, Command},
    time::timeout,
};

use super::Asked;
use crate::{
    layout::Home,
    raw::{OFFLINE, passed_on},
    wait,
};

/// A running engine. It ends with this.
pub struct Engine {
    process: Child,
    url: String,
    http: reqwest::Client,
    environment: Vec<(String, String)>,
    global: Value,
}

/// What the engine has where nothing is configured.
#[derive(Default)]
pub struct BuiltIn {
    /// The system's name of the user.
    pub user: String,
    /// The ids of the tools.
    pub tools: BTreeSet<String>,
    /// The names of the agents.
    pub agents: BTreeSet<String>,
    /// The names of the commands.
    pub commands: BTreeSet<String>,
    /// The names of the skills.
    pub skills: BTreeSet<String>,
}

impl BuiltIn {
    /// Asks an engine in an empty home about an empty folder.
    pub async fn learn() -> Self {
        let root = tempfile::tempdir().expect("a folder");
        let base = root.path().canonicalize().expect("the folder");
        let home = Home::empty();
        home.write(&base);
        let asked = Engine::start(&base, &home).await.ask(&base).await;
        let names = |list: &[Value]| list.iter().filter_map(|one| one["name"].as_str()).map(str::to_owned).collect();
        Self {
            user: asked.config["username"].as_str().expect("a name").to_owned(),
            agents: names(&asked.agents),
            commands: names(&asked.commands),
            skills: names(&asked.skills),
            tools: asked.tools.expect("tools"),
        }
    }
}

/// The environment of an engine whose files lie in a folder.
fn environment(base: &Path, home: &Home) -> Vec<(String, String)> {
    let folder = base.join("home").display().to_string();
    let own = home
        .environment
        .iter()
        .map(|(name, value)| (name.clone(), value.replace(crate::layout::HERE, &base.display().to_string())));
    [
        ("HOME", folder.clone()),
        ("XDG_CONFIG_HOME", format!("{folder}/.config")),
        ("XDG_STATE_HOME", format!("{folder}/.local/state")),
        ("XDG_DATA_HOME", format!("{folder}/.local/share")),
        ("XDG_CACHE_HOME", format!("{folder}/.cache")),
        // Plugins are listed and not loaded: nothing is fetched, and no code changes the answer.
        ("OPENCODE_PURE", "1".to_owned()),
    ]
    .into_iter()
    .chain(OFFLINE.map(|(name, value)| (name, value.to_owned())))
    .map(|(name, value)| (name.to_owned(), value))
    .chain(passed_on())
    .chain(own)
    .collect()
}

impl Engine {
    /// `GET /doc`: its description of itself.
    pub async fn doc(&self) -> Value {
        let response = self.http.get(format!("{}/doc", self.url)).send().await.expect("an answer");
        response.json().await.expect("JSON")
    }

    /// Starts one and waits until it listens.
    pub async fn start(base: &Path, home: &Home) -> Self {
        Self::start_with(environment(base, home)).await
    }

    /// Starts one with this environment and nothing else.
    pub async fn start_with(environment: Vec<(String, String)>) -> Self {
        // Fails when another test did it first.
        drop(rustls::crypto::ring::default_provider().install_default());
        let (_, folder) = environment.iter().find(|(name, _)| name == "HOME").expect("a home");
        let folder = PathBuf::from(folder);
        let mut command = Command::new(program());
        command.args(["serve", "--port", "0"]).current_dir(&folder).env_clear().envs(environment.clone());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut process = command.spawn().expect("the engine starts");
        let mut lines = BufReader::new(process.stdout.take().expect("its output")).lines();
        let mut complaints = process.stderr.take().expect("its complaints");
        let complaints = tokio::spawn(async move {
            let mut text = String::new();
            // Read to the end, so that the engine can always write.
            drop(complaints.read_to_string(&mut text).await);
            text
        });
        let listening = async {
            while let Ok(Some(line)) = lines.next_line().await {
                if let Some((_, url)) = line.split_once("listening on ") {
                    return Some(url.trim().to_owned());
                }
            }
            None
        };
        let Some(url) = timeout(wait::BOUND, listening).await.expect("the engine listens") else {
            panic!("the engine ended: {}", complaints.await.expect("its complaints"));
        };
        let http = reqwest::Client::builder().no_proxy().timeout(wait::BOUND).build().expect("a client");
        let mut engine = Self { process, url, http, environment, global: Value::Null };
        engine.global = engine.get("/global/config", &folder).await.expect("the global configuration");
        engine
    }

    /// Its environment.
    pub fn environment(&self) -> &[(String, String)] {
        &self.environment
    }

    /// `GET /global/config`.
    pub fn global(&self) -> &Value {
        &self.global
    }

    /// Its process.
    pub fn pid(&self) -> Option<u32> {
        self.process.id()
    }

    /// What it says about a directory. It reads it at the first question.
    pub async fn ask(&self, directory: &Path) -> Asked {
        let config = match self.get("/config", directory).await {
            Ok(config) => config,
            Err(refused) => return Asked { refused: Some(refused), ..Asked::default() },
        };
        let list = async |route| match self.get(route, directory).await {
            Ok(Value::Array(list)) => list,
            other => panic!("{route} of {}: {other:?}", directory.display()),
        };
        let (skills, agents, commands, tools) =
            tokio::join!(list("/skill"), list("/agent"), list("/command"), self.tools(directory));
        let rules = agents.iter().map(|agent| serde_json::from_value(agent.clone()).expect("an agent")).collect();
        let mut told = Answers { config, agents: Some(rules), ..Answers::default() };
        put_in_order(&mut told);
        let unordered = told.unordered.expect("asked for");
        Asked { config: told.config, unordered, skills, agents, commands, tools, refused: None }
    }

    /// Its tools, if it can load their files: it cannot where a folder's name has a `?` or a `#`.
    async fn tools(&self, directory: &Path) -> Option<BTreeSet<String>> {
        let (status, text) = self.answer("/experimental/tool/ids", directory).await;
        assert!([200, 500].contains(&status), "{status}: {text}");
        (status == 200).then(|| serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}")))
    }

    async fn get(&self, route: &str, directory: &Path) -> Result<Value, String> {
        let (status, text) = self.answer(route, directory).await;
        match status {
            200 => Ok(serde_json::from_str(&text).unwrap_or_else(|error| panic!("{route}: {error}: {text}"))),
            400 => Err(text),
            other => panic!("{route} of {}: {other}: {text}", directory.display()),
        }
    }

    async fn answer(&self, route: &str, directory: &Path) -> (u16, String) {
        let request = self.http.get(format!("{}{route}", self.url));
        // The engine decodes the directory once more than a query is decoded anyway.
        let directory = directory.display().to_string().replace('%', "%25");
        let request = request.query(&[("directory", directory)]);
        let response = request.send().await.expect("an answer");
        (response.status().as_u16(), response.text().await.expect("a text"))
    }
}

/// The engine's program: that of the packages that the repository pins, or another one.
fn program() -> PathBuf {
    let pinned = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../node_modules/opencode-linux-x64/bin/opencode");
    let program = env::var_os("REKINDLE_ENGINE").map_or_else(pinned, PathBuf::from);
    assert!(program.exists(), "{} is not there: run npm install", program.display());
    program
}
