//! A home folder, a project and an engine of a test's own.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use rekindle_app::{
    engine::{accepted, program::program},
    files::{file, locate::Places},
    workspace::{App, Source},
};
use serde_json::{Value, json};

use crate::{
    faulty::FaultyEngine,
    hostile::VERSION,
    proxy::Rule,
    raw::{self, OFFLINE, installed},
    wait,
};

/// What a run of `rekindle` came to.
#[derive(Debug)]
pub struct Ran {
    /// The exit code.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Ran {
    /// Standard output as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// A world of a test's own. Its engine is stopped when it ends.
pub struct World {
    root: tempfile::TempDir,
    project: PathBuf,
    home: PathBuf,
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

impl World {
    /// An empty project in a folder whose name has a space, a quote and an emoji.
    pub fn new() -> Self {
        Self::named("acme's api 😀")
    }

    /// An empty project in a folder of this name.
    pub fn named(name: &str) -> Self {
        let root = tempfile::tempdir().expect("a folder");
        let base = root.path().canonicalize().expect("the folder");
        let home = base.join("home");
        let world = Self { project: home.join("code").join(name), home, root };
        // What git, and so the engine, takes for a repository.
        for folder in ["objects", "refs"] {
            fs::create_dir_all(world.project.join(".git").join(folder)).expect("a project");
        }
        fs::write(world.project.join(".git/HEAD"), "ref: refs/heads/main\n").expect("written");
        // The engine installs what plugins may need from the network; here it finds it done.
        for folder in [world.project.join(".opencode"), world.home.join(".config/opencode")] {
            installed(&folder);
        }
        short_list_of_models(&world.outside(MODELS));
        teach(&world);
        world
    }

    /// The same where nothing was ever learnt of what an engine accepts.
    #[must_use]
    pub fn untaught(self) -> Self {
        drop(fs::remove_file(accepted(&self)));
        self
    }

    /// The same with the engine's own list of all models in the world, as people have it. To read it costs
    /// an engine as much time as to start (measured, `docs/engine.md`).
    #[must_use]
    pub fn with_all_models(self) -> Self {
        fs::remove_file(self.outside(MODELS)).expect("the short list");
        self
    }

    /// The project.
    pub fn project(&self) -> &Path {
        &self.project
    }

    /// A path in the project.
    pub fn path(&self, relative: &str) -> PathBuf {
        self.project.join(relative)
    }

    /// A path in the home folder.
    pub fn home(&self, relative: &str) -> PathBuf {
        self.home.join(relative)
    }

    /// A path outside of both.
    pub fn outside(&self, relative: &str) -> PathBuf {
        self.root.path().join(relative)
    }

    /// Writes a file of the project.
    pub fn write(&self, relative: &str, text: &str) {
        write(&self.path(relative), text);
    }

    /// Reads a file of the project.
    pub fn read(&self, relative: &str) -> String {
        fs::read_to_string(self.path(relative)).unwrap_or_else(|error| panic!("{relative}: {error}"))
    }

    /// The files of the project, without those that the engine itself makes.
    pub fn files(&self) -> BTreeMap<String, String> {
        const OF_THE_ENGINE: [&str; 5] =
            [".gitignore", "package.json", "package-lock.json", "bun.lock", "node_modules"];
        let entries = walkdir::WalkDir::new(self.project()).into_iter().filter_entry(|entry| {
            let is_in_its_folder = entry.path().parent().is_some_and(|folder| folder.ends_with(".opencode"));
            !(is_in_its_folder && OF_THE_ENGINE.iter().any(|name| entry.file_name() == *name))
        });
        let files = entries.filter_map(Result::ok).filter(|entry| entry.file_type().is_file());
        files
            .map(|entry| {
                let text = std::fs::read(entry.path()).expect("read");
                (entry.path().display().to_string(), String::from_utf8_lossy(&text).into_owned())
            })
            .collect()
    }

    /// A program that was built with the tests.
    pub fn program(name: &str) -> PathBuf {
        let tests = std::env::current_exe().expect("this program");
        let folder = tests.ancestors().nth(2).expect("the folder of the build");
        let program = folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
        assert!(program.exists(), "{} is not built: run npm test", program.display());
        program
    }

    /// The environment in which everything of this world runs.
    pub fn environment(&self) -> Vec<(&'static str, PathBuf)> {
        let models = self.outside(MODELS);
        let models = models.exists().then_some(("OPENCODE_MODELS_PATH", models));
        let all = [
            ("HOME", self.home.clone()),
            ("XDG_CONFIG_HOME", self.home(".config")),
            ("XDG_STATE_HOME", self.home(".local/state")),
            ("XDG_DATA_HOME", self.home(".local/share")),
            ("XDG_CACHE_HOME", self.home(".cache")),
        ];
        let offline = OFFLINE.map(|(name, value)| (name, value.into()));
        all.into_iter().chain(offline).chain(models).collect()
    }

    /// The places of the project, for what runs in this process.
    pub fn places(&self) -> Places {
        let path = std::env::var("PATH").expect("a path");
        let variables =
            self.environment().into_iter().map(|(name, value)| (name.to_owned(), value.display().to_string()));
        let variables = variables.chain([("PATH".to_owned(), path)]);
        Places::in_environment(self.project(), variables.collect()).expect("places")
    }

    /// Runs `rekindle` in the project.
    pub async fn rekindle(&self, arguments: &[&str]) -> Ran {
        self.rekindle_with(arguments, &[]).await
    }

    /// Runs `rekindle` with more environment.
    pub async fn rekindle_with(&self, arguments: &[&str], more: &[(&str, &str)]) -> Ran {
        self.run(tokio::process::Command::new(Self::program("rekindle")), arguments, more).await
    }

    /// Runs `rekindle` with a disk on which nothing more fits: each write to a file fails.
    pub async fn rekindle_on_full_disk(&self, arguments: &[&str]) -> Ran {
        self.rekindle_after("ulimit -f 0", arguments).await
    }

    /// Runs `rekindle` after something that is said to the shell, for example `umask 077`.
    pub async fn rekindle_after(&self, shell: &str, arguments: &[&str]) -> Ran {
        let mut command = tokio::process::Command::new("sh");
        command.args(["-c", &format!("{shell}; exec \"$@\""), "sh"]).arg(Self::program("rekindle"));
        self.run(command, arguments, &[]).await
    }

    /// Runs `rekindle` for the project from another folder, as one has to when the project is gone.
    pub async fn rekindle_from(&self, folder: &Path, arguments: &[&str]) -> Ran {
        let mut command = tokio::process::Command::new(Self::program("rekindle"));
        command.arg("--directory").arg(&self.project);
        self.run_in(folder, command, arguments, &[]).await
    }

    /// Runs `rekindle` with no more than so much memory, in MiB of addresses.
    pub async fn rekindle_within(&self, memory: u32, arguments: &[&str], more: &[(&str, &str)]) -> Ran {
        let mut command = tokio::process::Command::new("sh");
        command.args(["-c", &format!("ulimit -v {}; exec \"$@\"", memory * 1024), "sh"]).arg(Self::program("rekindle"));
        // Each thread would set aside 64 MiB of addresses more, which it hardly uses.
        command.env("MALLOC_ARENA_MAX", "2");
        self.run(command, arguments, more).await
    }

    /// Runs `rekindle` as someone to whom the modes of files apply, also when the tests run as root.
    pub async fn rekindle_without_privileges(&self, arguments: &[&str]) -> Ran {
        self.rekindle_after_without_privileges(":", arguments).await
    }

    /// The same after something that is said to the shell.
    pub async fn rekindle_after_without_privileges(&self, shell: &str, arguments: &[&str]) -> Ran {
        let mut command = tokio::process::Command::new("sh");
        command.args(["-c", &format!("{shell}; exec \"$@\""), "sh"]);
        if fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0) {
            command.args(["setpriv", "--bounding-set", "-dac_override,-dac_read_search"]);
        }
        command.arg(Self::program("rekindle"));
        self.run(command, arguments, &[]).await
    }

    async fn run(&self, command: tokio::process::Command, arguments: &[&str], more: &[(&str, &str)]) -> Ran {
        self.run_in(&self.project, command, arguments, more).await
    }

    async fn run_in(
        &self,
        folder: &Path,
        mut command: tokio::process::Command,
        arguments: &[&str],
        more: &[(&str, &str)],
    ) -> Ran {
        // Whoever runs the tests through npm hands its own configuration on.
        let is_npms = |name: &std::ffi::OsStr| name.to_string_lossy().to_lowercase().starts_with("npm_config_");
        std::env::vars_os().filter(|(name, _)| is_npms(name)).for_each(|(name, _)| {
            command.env_remove(name);
        });
        command.args(arguments).current_dir(folder).envs(self.environment()).envs(more.iter().copied());
        command.stdin(Stdio::null()).kill_on_drop(true);
        let output =
            tokio::time::timeout(wait::BOUND, command.output()).await.expect("rekindle ends").expect("rekindle runs");
        let ran = Ran {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        };
        assert!(!shows_insides(&ran.out) && !shows_insides(&ran.err), "{ran:?}");
        ran
    }

    /// Starts the engine in the background.
    pub async fn start_engine(&self) -> Engine {
        let ran = self.rekindle(&["engine", "start", "--json"]).await;
        assert_eq!(ran.code, 0, "{ran:?}");
        self.engine()
    }

    /// The core of the project, once it knows what the engine has: what is written from then on is pending. Before that,
    /// the engine may read it when it is asked for the first time.
    pub async fn core(&self) -> App {
        let app = App::start(self.places(), Source::Attached, 0);
        let state = app.watch();
        wait::until("a first look", async || state.borrow().counts.is_some().then_some(())).await;
        app
    }

    /// Starts an engine in the background whose faults the test decides; its start meets these.
    pub async fn start_faulty_engine(&self, rules: Vec<Rule>) -> FaultyEngine {
        let faulty = FaultyEngine::new(self);
        rules.into_iter().for_each(|rule| faulty.faults.add(rule));
        let ran = faulty.start(self).await;
        assert_eq!(ran.code, 0, "{ran:?}");
        faulty
    }

    /// The processes that run in this world: their ids and command lines.
    pub fn processes(&self) -> Vec<(u32, String)> {
        let home = format!("\0HOME={}\0", self.home.display());
        let processes = fs::read_dir("/proc").expect("the processes").filter_map(|entry| {
            let pid = entry.ok()?.file_name().to_str()?.parse().ok()?;
            let read =
                |name| fs::read(format!("/proc/{pid}/{name}")).map(|text| String::from_utf8_lossy(&text).into_owned());
            let is_ours = format!("\0{}", read("environ").ok()?).contains(&home);
            (is_ours && is_alive(pid)).then(|| Some((pid, read("cmdline").ok()?.replace('\0', " ")))).flatten()
        });
        processes.collect()
    }

    /// The living engines of this world: their processes.
    pub fn engines(&self) -> Vec<u32> {
        let engine = format!("{} serve", raw::binary().display());
        let all = self.processes().into_iter().filter(|(_, line)| line.starts_with(&engine));
        let all: Vec<_> = all.map(|(pid, _)| pid).collect();
        // What an engine starts looks like it until its own program begins.
        let is_started_by_another = |pid: &u32| parent(*pid).is_some_and(|parent| all.contains(&parent));
        all.iter().copied().filter(|pid| !is_started_by_another(pid)).collect()
    }

    /// The engine that runs for the project, whoever started it.
    pub fn engine(&self) -> Engine {
        self.try_engine().expect("a record of an engine")
    }

    /// The same, if there is a record that says that it runs.
    pub fn try_engine(&self) -> Option<Engine> {
        let record: Value = serde_json::from_str(&fs::read_to_string(self.state("engine.json")?).ok()?).ok()?;
        (record["state"] == "running").then(|| Engine::of(&record, &self.project))
    }

    /// A file of the state of this project's engine.
    pub fn state(&self, name: &str) -> Option<PathBuf> {
        let engines = fs::read_dir(self.home(".local/state/rekindle/engines")).ok()?;
        engines.filter_map(|entry| Some(entry.ok()?.path().join(name))).find(|path| path.exists())
    }

    /// The process that owns the engine.
    pub fn owner(&self) -> u32 {
        let text = fs::read_to_string(self.state("control.json").expect("an owner")).expect("read");
        let control: Value = serde_json::from_str(&text).expect("JSON");
        u32::try_from(control["pid"].as_u64().expect("a process")).expect("a process id")
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let mut command = Command::new(Self::program("rekindle"));
        command.args(["engine", "stop", "--quiet"]).current_dir(&self.project).envs(self.environment());
        // Fails where no engine runs.
        drop(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status());
        learn(self);
    }
}

/// What the pinned engine accepts, as it was learnt in an earlier world of this run: it is the same program in all of
/// them, and to ask costs a new world a second.
static LEARNT: Mutex<Option<Vec<u8>>> = Mutex::new(None);

/// Where Rekindle keeps what the pinned engine accepts.
fn accepted(world: &World) -> PathBuf {
    accepted::kept(&world.places(), &program(&raw::binary()).expect("the pinned engine"), VERSION)
}

fn learn(world: &World) {
    let mut learnt = LEARNT.lock().unwrap_or_else(PoisonError::into_inner);
    if learnt.is_none() {
        *learnt = fs::read(accepted(world)).ok();
    }
}

fn teach(world: &World) {
    let learnt = LEARNT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(text) = &*learnt {
        // As Rekindle itself keeps it: for its owner only.
        file::write_private_bytes(&accepted(world), text).expect("written");
    }
}

/// Where the short list of models is.
const MODELS: &str = "models.json";

/// Writes one provider with one model, in the shape of the list that the engine brings along.
pub fn short_list_of_models(path: &Path) {
    let model = json!({
        "id": "free", "name": "Free", "release_date": "2026-01-01", "attachment": false, "reasoning": false,
        "temperature": true, "tool_call": true, "cost": {"input": 0, "output": 0},
        "limit": {"context": 1000, "output": 1000},
    });
    let list = json!({"opencode": {
        "id": "opencode", "name": "One of many", "env": ["OPENCODE_API_KEY"], "npm": "@ai-sdk/openai-compatible",
        "api": "http://127.0.0.1:9/v1", "models": {"free": model},
    }});
    write(path, &list.to_string());
}

/// Writes a file and the folders above it.
pub fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().expect("a parent")).expect("made");
    fs::write(path, text).expect("written");
}

/// A plugin that adds a tool of this name.
pub fn plugin(tool: &str) -> String {
    format!(
        "export const Plugin = async () => ({{ tool: {{ {tool}: {{ description: \"test\", args: {{}}, \
         async execute() {{ return \"{tool}\" }} }} }} }})\n"
    )
}

/// A `SKILL.md`.
pub fn skill(name: &str, body: &str) -> String {
    format!("---\nname: {name}\ndescription: How to {name}\n---\n\n{body}\n")
}

/// An MCP server without tools, for `node`.
pub const MCP_SERVER: &str = r#"
import { createInterface } from "node:readline"
const results = {
  initialize: (params) => ({
    protocolVersion: params.protocolVersion,
    capabilities: { tools: {} },
    serverInfo: { name: "test", version: "1.0.0" },
  }),
  "tools/list": () => ({ tools: [] }),
}
for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, params } = JSON.parse(line)
  // A notification has no id and wants no answer.
  if (id === undefined) continue
  console.log(JSON.stringify({ jsonrpc: "2.0", id, result: results[method]?.(params) ?? {} }))
}
"#;

/// Whether a text shows a notice as the program has it, and not as a sentence.
fn shows_insides(text: &str) -> bool {
    text.contains("Verbatim(\"")
        || SUBJECTS.iter().any(|subject| {
            let begin = format!("{subject}(");
            let mut names =
                text.split(&begin).skip(1).map(|rest| rest.split(|letter: char| !letter.is_alphanumeric()).next());
            names.any(|name| name.is_some_and(|name| name.len() > 3 && name.starts_with(char::is_uppercase)))
        })
}

/// The subjects of notices.
const SUBJECTS: [&str; 15] = [
    "Agent", "Doctor", "Habit", "Reload", "Config", "Server", "Skill", "Engine", "Edit", "State", "Program", "File",
    "Package", "Plugin", "Key",
];

/// Whether a process of this id runs.
pub fn is_alive(pid: u32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|stat| !stat.rsplit(')').next().unwrap_or_default().trim_start().starts_with('Z'))
}

/// Which process started this one.
pub fn parent(pid: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(") ")?.1.split(' ').nth(1)?.parse().ok()
}

/// Ends a process at once.
pub fn kill(pid: u32) {
    let status = Command::new("kill").args(["-9", &pid.to_string()]).status().expect("kill runs");
    assert!(status.success());
}

/// The engine, asked directly, past everything that is tested.
pub struct Engine {
    http: reqwest::Client,
    /// Its address.
    pub url: String,
    /// Its process.
    pub pid: u32,
    password: String,
    directory: String,
}

impl Engine {
    fn of(record: &Value, directory: &Path) -> Self {
        // Fails when another test did it first.
        drop(rustls::crypto::ring::default_provider().install_default());
        let password = fs::read_to_string(record["passwordFile"].as_str().expect("a file")).expect("a password");
        Self {
            http: reqwest::Client::builder().no_proxy().timeout(wait::BOUND).build().expect("a client"),
            url: record["url"].as_str().expect("an address").to_owned(),
            pid: u32::try_from(record["pid"].as_u64().expect("a process")).expect("a process id"),
            password,
            directory: directory.display().to_string(),
        }
    }

    /// The same engine, asked about another directory.
    #[must_use]
    pub fn in_directory(&self, directory: &Path) -> Self {
        Self {
            http: self.http.clone(),
            url: self.url.clone(),
            pid: self.pid,
            password: self.password.clone(),
            directory: directory.display().to_string(),
        }
    }

    /// The password, for whoever connects by hand.
    pub fn password(&self) -> &str {
        &self.password
    }

    /// The status and the JSON of an answer.
    pub async fn ask(&self, method: reqwest::Method, route: &str, body: Option<Value>) -> (u16, Value) {
        let request =
            self.http.request(method, format!("{}{route}", self.url)).query(&[("directory", &self.directory)]);
        let request = request.basic_auth("opencode", Some(&self.password));
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        let response = request.send().await.expect("an answer");
        let status = response.status().as_u16();
        (status, response.json().await.unwrap_or_default())
    }

    /// The JSON of a route.
    pub async fn get(&self, route: &str) -> Value {
        let (status, value) = self.ask(reqwest::Method::GET, route, None).await;
        assert_eq!(status, 200, "{route}: {value}");
        value
    }

    /// Whether the engine has a tool.
    pub async fn has_tool(&self, tool: &str) -> bool {
        self.get("/experimental/tool/ids").await.as_array().expect("a list").iter().any(|id| id == tool)
    }

    /// An agent as the engine has it.
    pub async fn agent(&self, name: &str) -> Value {
        let agents = self.get("/agent").await;
        let mut agents = agents.as_array().expect("a list").iter();
        agents.find(|agent| agent["name"] == name).unwrap_or_else(|| panic!("no agent {name}")).clone()
    }

    /// Whether the engine has a skill with this text in its body.
    pub async fn has_skill(&self, name: &str, body: &str) -> bool {
        let skills = self.get("/skill").await;
        let mut skills = skills.as_array().expect("a list").iter();
        skills.any(|skill| skill["name"] == name && skill["content"].as_str().unwrap_or_default().contains(body))
    }

    /// Counts how often instances of the project are disposed from now on.
    pub async fn count_disposes(&self) -> Disposes {
        let request = self.http.get(format!("{}/global/event", self.url)).timeout(wait::BOUND * 4);
        let mut response = request.basic_auth("opencode", Some(&self.password)).send().await.expect("events");
        let first = response.chunk().await.expect("connected");
        assert!(first.is_some());
        // The stream says that it is open before it hears anything: it does when it hears this.
        wait::until("a stream that listens", async || {
            self.ask(reqwest::Method::POST, "/session", Some(json!({ "title": "Are you there?" }))).await;
            let heard = tokio::time::timeout(Duration::from_millis(500), response.chunk()).await;
            heard.is_ok_and(|chunk| chunk.is_ok_and(|chunk| chunk.is_some())).then_some(())
        })
        .await;
        let counted = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let count = counted.clone();
        tokio::spawn(async move {
            // An event may come in two pieces.
            let mut line = Vec::new();
            while let Ok(Some(piece)) = response.chunk().await {
                for byte in piece {
                    line.push(byte);
                    if byte == b'\n' {
                        let disposed = String::from_utf8_lossy(&line).contains("\"type\":\"server.instance.disposed\"");
                        count.fetch_add(usize::from(disposed), std::sync::atomic::Ordering::SeqCst);
                        line.clear();
                    }
                }
            }
        });
        Disposes(counted)
    }

    /// Starts a session that is busy until its model has said everything.
    pub async fn start_run(&self, title: &str) -> String {
        let (status, session) = self.ask(reqwest::Method::POST, "/session", Some(json!({ "title": title }))).await;
        assert_eq!(status, 200, "{session}");
        let id = session["id"].as_str().expect("an id").to_owned();
        let body =
            json!({"model": {"providerID": "fake", "modelID": "slow"}, "parts": [{"type": "text", "text": "Go on"}]});
        let (status, answer) =
            self.ask(reqwest::Method::POST, &format!("/session/{id}/prompt_async"), Some(body)).await;
        assert_eq!(status, 204, "{answer}");
        wait::until("a busy session", async || {
            (self.get("/session/status").await[&id]["type"] == "busy").then_some(())
        })
        .await;
        id
    }
}

/// A count that goes on in the background.
pub struct Disposes(std::sync::Arc<std::sync::atomic::AtomicUsize>);

impl Disposes {
    /// How many there were so far.
    pub fn so_far(&self) -> usize {
        self.0.load(std::sync::atomic::Ordering::SeqCst)
    }
}
