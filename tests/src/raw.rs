//! The engine itself, started by a test, with nothing of Rekindle around it.
//!
//! Invariant: it sees the environment that it is given and no other, and it ends with its value.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
};

use reqwest::Method;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    time::timeout,
};

use crate::{wait, world::write};

/// What every engine of the tests has in its environment, so that it asks nothing of the network: where it wants packages
/// it is refused at once.
pub const OFFLINE: [(&str, &str); 3] = [
    ("OPENCODE_DISABLE_MODELS_FETCH", "1"),
    ("OPENCODE_DISABLE_AUTOUPDATE", "1"),
    ("NPM_CONFIG_REGISTRY", "http://127.0.0.1:1"),
];

/// What an engine has of the environment of the tests: where programs are, and what `npm test` says to its runtime.
pub fn passed_on() -> impl Iterator<Item = (String, String)> {
    std::env::vars().filter(|(name, _)| name == "PATH" || name.starts_with("BUN_JSC_"))
}

/// An engine without a password.
pub struct RawEngine {
    http: reqwest::Client,
    url: String,
    child: Child,
}

impl RawEngine {
    /// Starts it in a folder, and waits until it says where it listens.
    pub async fn start(folder: &Path, environment: &[(&str, PathBuf)]) -> Self {
        // Fails when another test did it first.
        drop(rustls::crypto::ring::default_provider().install_default());
        // A free one: the engine's own choice, 4096, is everyone's.
        let port = std::net::TcpListener::bind(("127.0.0.1", 0)).and_then(|l| l.local_addr()).expect("a port").port();
        let mut child = Command::new(binary())
            .args(["serve", "--hostname", "127.0.0.1", "--port", &port.to_string()])
            .current_dir(folder)
            .env_clear()
            .envs(passed_on())
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("the engine starts");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let url = timeout(wait::BOUND, async {
            while let Some(line) = lines.next_line().await.expect("its output") {
                if let Some((_, url)) = line.split_once("listening on ") {
                    return Some(url.trim().to_owned());
                }
            }
            None
        });
        let url = url.await.expect("the engine is ready in time").expect("the engine says where it listens");
        // Someone has to read on, or it would write into a pipe that is closed.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let http = reqwest::Client::builder().no_proxy().timeout(wait::BOUND).build().expect("a client");
        Self { http, url, child }
    }

    /// The status and the JSON of an answer for a directory.
    pub async fn ask(&self, method: Method, route: &str, directory: &Path) -> (u16, Value) {
        self.send(method, route, directory, None).await
    }

    /// The same with a body of JSON.
    pub async fn tell(&self, method: Method, route: &str, directory: &Path, body: Value) -> (u16, Value) {
        self.send(method, route, directory, Some(body)).await
    }

    /// Its address.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id().expect("it runs")
    }

    /// Says something in a new session of a directory, and waits for the end of the answer.
    pub async fn prompt(&self, text: &str, directory: &Path) {
        let (status, session) = self.send(Method::POST, "/session", directory, Some(json!({}))).await;
        assert_eq!(status, 200, "{session}");
        let route = format!("/session/{}/message", session["id"].as_str().expect("an id"));
        let body = json!({"parts": [{"type": "text", "text": text}]});
        let (status, answer) = self.send(Method::POST, &route, directory, Some(body)).await;
        assert_eq!((status, &answer["info"]["error"]), (200, &Value::Null), "{answer}");
    }

    async fn send(&self, method: Method, route: &str, directory: &Path, body: Option<Value>) -> (u16, Value) {
        let directory = directory.display().to_string();
        let request = self.http.request(method, format!("{}{route}", self.url)).query(&[("directory", directory)]);
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        let response = request.send().await.unwrap_or_else(|error| panic!("{route}: {error}"));
        let status = response.status().as_u16();
        (status, response.json().await.unwrap_or_default())
    }

    /// Drops the instance of a directory. A later question is answered by a new one.
    pub async fn dispose(&self, directory: &Path) {
        let (status, answer) = self.ask(Method::POST, "/instance/dispose", directory).await;
        assert_eq!((status, &answer), (200, &json!(true)), "{}", directory.display());
    }

    /// The version that it tells.
    pub async fn version(&self) -> String {
        let (_, health) = self.ask(Method::GET, "/global/health", Path::new("/")).await;
        health["version"].as_str().expect("a version").to_owned()
    }

    /// Ends it.
    pub async fn stop(mut self) {
        self.child.kill().await.expect("the engine ends");
    }
}

/// Makes a folder of configuration in which the engine finds nothing to install from the network.
pub fn installed(folder: &Path) {
    std::fs::create_dir_all(folder.join("node_modules")).expect("a folder");
    let packages = json!({"": {"dependencies": {"@opencode-ai/plugin": "1.18.33"}}});
    let lock = json!({"name": "x", "lockfileVersion": 3, "packages": packages});
    write(&folder.join("package-lock.json"), &lock.to_string());
}

/// The engine that the tests use: the one that is named, or the pinned one.
pub fn binary() -> PathBuf {
    let named = std::env::var_os("REKINDLE_ENGINE").map(PathBuf::from).filter(|path| path.is_file());
    named.unwrap_or_else(|| {
        let modules = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").join("node_modules");
        let pinned = modules.join("opencode-linux-x64/bin/opencode");
        assert!(pinned.is_file(), "{} is not there: run npm test", pinned.display());
        pinned
    })
}
