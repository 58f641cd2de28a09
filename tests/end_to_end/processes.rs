//! Processes: what an engine starts, what is left of it, and what a restart interrupts and keeps.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    process::{Child, Command, Stdio},
};

use rekindle_app::{
    engine::{
        control::{self, Request},
        descendants::{Dropped, Generation},
    },
    state::{history::History, record::Records},
    workspace::{App, Source, target::Target},
};
use rekindle_domain::{Action, Banner, BusyState, Counts, EngineState, Leftover, ProcessKind, Receipt, ReceiptResult};
use rekindle_tests::{
    model::Model,
    raw::installed,
    wait,
    world::{MCP_SERVER, World, is_alive, kill, parent, skill, write},
};
use reqwest::Method;
use serde_json::{Value, json};

/// Runs until it is ended.
const FOREVER: &str = "setInterval(() => {}, 1e6)";
/// The same, and does not end when it is asked to.
const STUBBORN: &str = "process.on('SIGTERM', () => {}); setInterval(() => {}, 1e6)";

/// A world whose MCP server starts two processes out of its group: a stubborn one that stays below it,
/// and one that forks twice and so leaves it.
fn world_of_a_detaching_server() -> World {
    let world = World::new();
    let detach = format!(
        "import {{ spawn }} from \"node:child_process\"\n\
         const own = {{ detached: true, stdio: \"ignore\" }}\n\
         spawn(\"node\", [\"-e\", \"{STUBBORN}\", \"stubborn\", process.argv[2]], own)\n\
         spawn(\"sh\", [\"-c\", `setsid node -e '{FOREVER}' gone \"$0\" &`, process.argv[2]], own)\n"
    );
    world.write("server.mjs", &format!("{detach}{MCP_SERVER}"));
    let server = json!({"type": "local", "command": ["node", "server.mjs", tag(&world)]});
    world.write("opencode.json", &json!({"mcp": {"detaching": server}}).to_string());
    world
}

/// What tells the processes of one world from those of another.
fn tag(world: &World) -> String {
    let root = world.outside("");
    root.file_name().expect("a name").to_string_lossy().into_owned()
}

/// The living processes of a world whose arguments end with this word and the world's tag.
fn named(world: &World, word: &str) -> Vec<u32> {
    let end = format!("\0{word}\0{}\0", tag(world));
    let ids = fs::read_dir("/proc").expect("/proc").filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    let is_it = |pid: &u32| {
        let line = fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        line.starts_with("node\0") && line.ends_with(&end) && is_alive(*pid)
    };
    ids.filter(is_it).collect()
}

/// The one process of that name, as soon as it is there, but this one.
async fn the(world: &World, word: &str, but: u32) -> u32 {
    wait::until(word, async || named(world, word).into_iter().find(|pid| *pid != but)).await
}

/// A process that is not the engine's, with the command and in the folder of one that is.
struct Stranger(Child);

impl Stranger {
    fn start(world: &World, word: &str) -> Self {
        let mut command = Command::new("node");
        command.args(["-e", FOREVER, word, &tag(world)]).current_dir(world.project()).stdin(Stdio::null());
        // A group of its own, as an engine has.
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        Self(command.spawn().expect("node runs"))
    }

    fn pid(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Stranger {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

fn pids(left: &[Leftover]) -> Vec<u32> {
    left.iter().map(|process| process.pid).collect()
}

async fn doctor_names(world: &World) -> Vec<String> {
    let findings = world.rekindle(&["doctor", "--json"]).await.json();
    let findings = findings.as_array().expect("a list").iter();
    let processes = findings.filter(|finding| finding["title"] == "Process");
    processes.map(|finding| finding["message"].as_str().unwrap_or_default().to_owned()).collect()
}

/// N6: after a restart none of the old engine's processes is left but what had detached itself from it;
/// that is named and can be ended, and a stranger with the same command is never touched.
#[tokio::test(flavor = "multi_thread")]
async fn what_an_old_engine_left_behind_is_named_and_can_be_ended() {
    let world = world_of_a_detaching_server();
    let stranger = Stranger::start(&world, "gone");
    let engine = world.start_engine().await;
    let (gone, stubborn) = (the(&world, "gone", stranger.pid()).await, the(&world, "stubborn", 0).await);
    let before = Generation::of(engine.pid).expect("Linux tells");
    assert_eq!(doctor_names(&world).await, [""; 0], "what runs is not left behind");

    control::ask(&world.places(), Request::Restart).await.expect("restarted");
    assert!(!is_alive(engine.pid));
    wait::until("the end of what was below the engine", async || (!is_alive(stubborn)).then_some(())).await;
    let left = before.left(Dropped::Engine);
    assert_eq!(pids(&left), [gone], "{left:?}");
    let named = doctor_names(&world).await;
    assert!(named.len() == 1 && named[0].contains(&format!("process {gone} is left behind: node -e")), "{named:?}");

    assert_eq!(world.rekindle(&["doctor", "--end-leftovers"]).await.code, 0);
    assert!(!is_alive(gone));
    assert!(is_alive(stranger.pid()));
    assert_eq!(doctor_names(&world).await, [""; 0]);
}

/// N6: the same for the instance of one directory. Nothing of another directory is named.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_dropped_instance_left_behind_is_named_and_can_be_ended() {
    let world = world_of_a_detaching_server();
    let stranger = Stranger::start(&world, "gone");
    let engine = world.start_engine().await;
    let gone = the(&world, "gone", stranger.pid()).await;
    // The engine ends everything that is below a server, stubborn or not, some time after the dispose.
    let server = the(&world, "stubborn", 0).await;
    let before = Generation::of(engine.pid).expect("Linux tells");
    let disposes = engine.count_disposes().await;
    engine.ask(Method::POST, "/instance/dispose", None).await;
    wait::until("the dispose", async || (disposes.so_far() > 0).then_some(())).await;
    let left = before.left(Dropped::Instance(world.project()));
    assert!(pids(&left).contains(&gone) && !pids(&left).contains(&stranger.pid()), "{left:?}");
    assert_eq!(before.left(Dropped::Instance(&world.home("code"))), []);

    let told = |process: &Leftover| process.pid == gone || process.pid == server;
    let orphans = left.into_iter().filter(told).collect();
    History::of(&world.places()).add(&receipt(orphans)).expect("written");
    engine.get("/mcp").await;
    let next = wait::until("the next one", async || {
        named(&world, "gone").into_iter().find(|pid| ![gone, stranger.pid()].contains(pid))
    })
    .await;
    assert_eq!(world.rekindle(&["doctor", "--end-leftovers"]).await.code, 0);
    assert!(!is_alive(gone));
    assert!(is_alive(next), "it belongs to the instance that is loaded now");
    assert!(is_alive(stranger.pid()));
}

/// A receipt that tells of processes.
fn receipt(orphans: Vec<Leftover>) -> Receipt {
    Receipt {
        version: 1,
        id: "1".to_owned(),
        at: "2026-01-31T12:00:00Z".to_owned(),
        result: ReceiptResult::Proved,
        action: Action::Dispose,
        duration_ms: 1,
        steps: vec![],
        items: vec![],
        counts: Counts::default(),
        installs: vec![],
        settled_at: None,
        still_pending: vec![],
        left_out: rekindle_domain::LeftOut::default(),
        orphans,
        cause: rekindle_domain::Cause::Command,
        resumed: vec![],
        restored: false,
        message: None,
    }
}

/// N6: what is told of a process hides secrets and says what it is.
#[tokio::test(flavor = "multi_thread")]
async fn processes_are_told_with_their_kind_and_without_secrets() {
    let world = World::new();
    world.write("server.mjs", MCP_SERVER);
    let server = json!({"type": "local", "command": ["node", "server.mjs", "--token", "hush", tag(&world)]});
    world.write("opencode.json", &json!({"mcp": {"quiet": server}}).to_string());
    let engine = world.start_engine().await;
    engine.ask(Method::POST, "/pty", Some(json!({}))).await;
    let generation = Generation::of(engine.pid).expect("Linux tells");
    let all = generation.left(Dropped::Engine);
    let server = all.iter().find(|process| process.command.contains("server.mjs")).expect("the server");
    assert_eq!((server.kind, server.command.contains("hush")), (ProcessKind::Server, false), "{server:?}");
    assert!(all.iter().any(|process| process.kind == ProcessKind::Terminal), "{all:?}");
}

/// P8: a run in another directory counts for a restart, and for a restart only.
#[tokio::test(flavor = "multi_thread")]
async fn a_run_in_another_directory_counts_for_a_restart() {
    let world = World::new();
    let model = Model::start().await;
    let other = world.home("code/other");
    installed(&other.join(".opencode"));
    write(&other.join("opencode.json"), &model.configuration().to_string());
    let engine = world.start_engine().await;
    let there = engine.in_directory(&other);
    there.start_run("Far away").await;
    let target = Target::by_record(&world.places());
    assert_eq!(target.busy(false).await.expect("an answer"), []);
    let runs = target.busy(true).await.expect("an answer");
    let found: Vec<_> = runs.iter().map(|run| (run.title.as_str(), run.state, run.directory.as_deref())).collect();
    assert_eq!(found, [("Far away", BusyState::Busy, other.to_str())]);

    world.write(".opencode/skills/a/SKILL.md", &skill("a", "one"));
    let dispose = world.rekindle(&["plan", "--json"]).await.json();
    assert_eq!(
        (&dispose["action"], &dispose["interrupts"], &dispose["directories"]),
        (&json!("dispose"), &json!([]), &Value::Null)
    );
    write(&world.home(".config/opencode/opencode.json"), "{\"share\": \"manual\"}");
    let restart = world.rekindle(&["plan", "--json"]).await.json();
    assert_eq!((&restart["action"], &restart["interrupts"][0]["directory"]), (&json!("restart"), &json!(other)));
    assert_eq!(restart["directories"], json!([other]));
    let told = world.rekindle(&["plan"]).await.out;
    assert!(told.contains(&format!("“Far away” is running in {}", other.display())), "{told}");

    there.ask(Method::POST, "/instance/dispose", None).await;
    wait::until("the dispose", async || target.other_directories().is_empty().then_some(())).await;
    assert_eq!(target.busy(true).await.expect("an answer"), []);
}

/// P8: an open terminal is busy as long as its process runs.
#[tokio::test(flavor = "multi_thread")]
async fn an_open_terminal_is_busy() {
    let world = World::new();
    let engine = world.start_engine().await;
    let target = Target::by_record(&world.places());
    assert_eq!(target.busy(false).await.expect("an answer"), []);
    let (_, terminal) = engine.ask(Method::POST, "/pty", Some(json!({"title": "Build"}))).await;
    let state = async || Some(target.busy(false).await.ok()?.first()?.state);
    assert_eq!(wait::until("a busy terminal", state).await, BusyState::Terminal);
    let id = terminal["id"].as_str().expect("an id");
    engine.ask(Method::DELETE, &format!("/pty/{id}"), None).await;
    let idle = async || target.busy(false).await.ok()?.is_empty().then_some(());
    wait::until("no terminal", idle).await;
}

/// A plan names the servers that are connected and would be dropped, and how long the last one took.
#[tokio::test(flavor = "multi_thread")]
async fn a_plan_names_servers_and_how_long_it_takes() {
    let world = World::new();
    world.write("server.mjs", MCP_SERVER);
    world.write(
        "opencode.json",
        "{\"mcp\": {\"quiet\": {\"type\": \"local\", \"command\": [\"node\", \"server.mjs\"]}}}",
    );
    world.start_engine().await;
    world.write(".opencode/skills/a/SKILL.md", &skill("a", "one"));
    let plan = world.rekindle(&["plan", "--json"]).await.json();
    assert_eq!((&plan["servers"], &plan["takesMs"]), (&json!(["quiet"]), &Value::Null));
    assert_eq!(world.rekindle(&["reload"]).await.code, 0);
    world.write(".opencode/skills/a/SKILL.md", &skill("a", "two"));
    let plan = world.rekindle(&["plan", "--json"]).await.json();
    assert!(plan["takesMs"].as_u64().is_some_and(|ms| ms > 0), "{plan}");
}

/// P10: whoever is attached finds the engine again after a restart: the address and the password stay. By then the
/// `dispose` hooks of the old instance have finished.
#[tokio::test(flavor = "multi_thread")]
async fn an_attached_client_finds_the_engine_again() {
    let world = World::new();
    let ended = world.path("ended");
    // It tells by a file: an event to another client may be on its way when the engine ends.
    let code = format!(
        "export const Plugin = async () => ({{ async dispose() {{ await Bun.sleep(300); await Bun.write({}, \"\") }} }})\n",
        json!(ended)
    );
    world.write(".opencode/plugins/slow.ts", &code);
    let engine = world.start_engine().await;
    engine.get("/config").await;
    assert!(!ended.exists());
    control::ask(&world.places(), Request::Restart).await.expect("restarted");
    assert!(ended.exists());
    let after = world.engine();
    assert_ne!(after.pid, engine.pid);
    assert_eq!((&after.url, after.password()), (&engine.url, engine.password()));
    // The client of before, with what it knew.
    engine.get("/config").await;
    engine.count_disposes().await;
}

/// P10: a port that somebody took meanwhile is theirs; the engine moves, and says so.
#[tokio::test(flavor = "multi_thread")]
async fn a_port_that_is_taken_is_left_to_its_owner() {
    let world = World::new();
    let engine = world.start_engine().await;
    kill(engine.pid);
    wait::until("its end", async || world.try_engine().is_none().then_some(())).await;
    let port = engine.url.rsplit(':').next().and_then(|port| port.parse::<u16>().ok()).expect("a port");
    let _stranger = std::net::TcpListener::bind(("127.0.0.1", port)).expect("the port is free");
    control::ask(&world.places(), Request::Restart).await.expect("restarted");
    let moved = world.engine();
    assert_ne!(moved.url, engine.url);
    let notices = world.rekindle(&["status", "--json"]).await.json()["notices"].to_string();
    assert!(notices.contains(&engine.url) && notices.contains(&moved.url), "{notices}");
}

/// K9: an engine whose owner and keeper were both killed is ended by the next owner.
#[tokio::test(flavor = "multi_thread")]
async fn an_engine_without_owner_and_keeper_is_ended() {
    let world = World::new();
    let engine = world.start_engine().await;
    let keeper = parent(engine.pid).expect("a keeper");
    // Stopped, so that it does not notice before it is killed, too.
    assert!(Command::new("kill").args(["-STOP", &keeper.to_string()]).status().expect("kill runs").success());
    kill(world.owner());
    kill(keeper);
    let has_no_owner = async || (world.rekindle(&["engine", "info"]).await.code == 2).then_some(());
    wait::until("the end of the owner", has_no_owner).await;
    assert!(is_alive(engine.pid));
    let next = world.start_engine().await;
    wait::until("its end", async || (!is_alive(engine.pid)).then_some(())).await;
    assert!(is_alive(next.pid));
}

/// N5, N6: a keeper that is killed while its engine is being stopped leaves no engine behind.
#[tokio::test(flavor = "multi_thread")]
async fn a_keeper_that_is_killed_leaves_no_engine() {
    let world = World::new();
    let places = world.places();
    // The owner waits for it.
    let slow = "export const Plugin = async () => ({ async dispose() { await Bun.sleep(3000) } })\n";
    world.write(".opencode/plugins/slow.ts", slow);
    let engine = world.start_engine().await;
    let keeper = parent(engine.pid).expect("a keeper");
    let (restarted, ()) = tokio::join!(control::ask(&places, Request::Restart), async {
        let is_stopping = async || Records(&places).record().filter(|record| record.state != EngineState::Running);
        wait::until("the end of its record", is_stopping).await;
        kill(keeper);
    });
    restarted.expect("another engine");
    assert!(!is_alive(engine.pid));
    assert!(is_alive(world.engine().pid));
}

/// N16: what the owner had open is not kept open by the engine: whoever waits for its end is not kept waiting.
#[test]
fn a_keeper_keeps_nothing_open() {
    let world = World::new();
    let pipe = world.outside("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
    let mut shell = Command::new("sh");
    shell.args(["-c", "exec 9>\"$1\"; exec \"$2\" __keep-engine mark sleep 600", "sh"]);
    shell.arg(&pipe).arg(World::program("rekindle")).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut keeper = shell.spawn().expect("a keeper");
    let (told, heard) = std::sync::mpsc::channel();
    // Opening waits for the other end, and reading until nobody has it open.
    std::thread::spawn(move || told.send(fs::read(pipe).map(|read| read.len())));
    let end = heard.recv_timeout(std::time::Duration::from_secs(30));
    let is_running = keeper.try_wait().expect("asked").is_none();
    drop(keeper.stdin.take());
    keeper.wait().expect("the end");
    assert_eq!(end.expect("nobody keeps it open").expect("read"), 0);
    assert!(is_running, "the engine was still there");
}

/// K9: a record may be old, and its process id be used again by another process: that one is not touched,
/// even if it listens where the engine did.
#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_with_the_recorded_id_is_not_touched() {
    let world = World::new();
    let engine = world.start_engine().await;
    assert_eq!(world.rekindle(&["engine", "stop"]).await.code, 0);
    let stranger = Stranger::start(&world, "stranger");
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let path = world.state("engine.json").expect("a record");
    let mut record: Value = serde_json::from_str(&fs::read_to_string(&path).expect("read")).expect("JSON");
    record["pid"] = json!(stranger.pid());
    record["state"] = json!("running");
    record["url"] = json!(url);
    fs::write(&path, record.to_string()).expect("written");
    let next = world.start_engine().await;
    assert!(is_alive(next.pid) && next.pid != engine.pid);
    assert!(is_alive(stranger.pid()));
}

/// P6: a restart by hand is no second hand in a reload.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_restarted_beside_a_reload() {
    let world = World::new();
    let before = world.start_engine().await;
    let app = App::start(world.places(), Source::Attached, 0);
    let turn = Records(&world.places()).reloading().expect("a lock").expect("nobody reloads");
    let mut states = app.watch();
    let other = async {
        let waits = states.wait_for(|state| matches!(state.banner, Banner::Reloading { .. }));
        drop(tokio::time::timeout(wait::BOUND, waits).await.expect("in time").expect("a wish"));
        assert_eq!(world.engine().pid, before.pid);
        drop(turn);
    };
    let (restarted, ()) = tokio::join!(app.restart_engine(), other);
    restarted.expect("nobody reloads any more");
    assert_ne!(world.engine().pid, before.pid);
}

/// N16: whoever starts an engine while another one is starting for the first time, or while nothing is written down of the
/// one that runs, waits for it and starts nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_start_waits_for_another_one() {
    let world = World::new();
    let program = world.outside("slow.sh");
    let engine = std::env::var("REKINDLE_ENGINE").expect("the engine");
    write(&program, &format!("#!/bin/sh\nsleep 2\nexec '{engine}' \"$@\"\n"));
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("a program");
    let slow = [("REKINDLE_ENGINE", program.to_str().expect("a path"))];
    let (first, second) = tokio::join!(
        world.rekindle_with(&["engine", "start", "--json"], &slow),
        world.rekindle_with(&["engine", "start", "--json"], &slow)
    );
    assert_eq!((first.code, second.code), (0, 0), "{first:?} {second:?}");
    assert_eq!(first.json()["pid"], second.json()["pid"], "one engine");
}
