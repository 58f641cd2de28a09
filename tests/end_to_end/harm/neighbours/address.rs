//! Others take the engine's port while it restarts.

use std::{
    fs,
    io::Read,
    net::TcpListener,
    os::unix::fs::PermissionsExt,
    process::Stdio,
    sync::{Arc, Mutex},
    time::Duration,
};

use rekindle_app::{
    engine::control::{self, Request},
    workspace::{App, Source},
};
use rekindle_tests::{
    faulty::{FaultyEngine, START},
    proxy::{Fault, Rule},
    users::is_root_or_passed_as_root,
    wait,
    world::{Engine, World, kill, write},
};
use tokio::io::AsyncReadExt;

/// A program at a port that notes what it is sent.
struct StandIn(Arc<Mutex<String>>);

impl StandIn {
    fn at(url: &str) -> Self {
        let listener = TcpListener::bind(url.trim_start_matches("http://")).expect("the port is free");
        let heard = Arc::<Mutex<String>>::default();
        let note = heard.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { continue };
                stream.set_read_timeout(Some(Duration::from_millis(200))).expect("bounded");
                let mut buffer = [0; 4096];
                let read = stream.read(&mut buffer).unwrap_or_default();
                note.lock().expect("the notes").push_str(&String::from_utf8_lossy(&buffer[..read]));
            }
        });
        Self(heard)
    }

    fn heard(&self) -> String {
        self.0.lock().expect("the notes").clone()
    }
}

/// How often a terminal that is attached tries again does not matter here: this one tries at once.
async fn try_again(engine: &Engine) {
    let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(5)).build().expect("a client");
    let request = client.get(format!("{}/global/event", engine.url)).basic_auth("opencode", Some(engine.password()));
    drop(request.send().await);
}

/// The value of the header that says this password.
fn header(password: &str) -> String {
    use reqwest::header::AUTHORIZATION;
    let request = reqwest::Client::new().get("http://127.0.0.1/").basic_auth("opencode", Some(password));
    let request = request.build().expect("a request");
    request.headers()[AUTHORIZATION].to_str().expect("a text").to_owned()
}

/// What the engine that runs now answers to a password: the status.
async fn status_for(url: &str, password: &str) -> u16 {
    let client = reqwest::Client::builder().no_proxy().timeout(wait::BOUND).build().expect("a client");
    let request = client.get(format!("{url}/config")).basic_auth("opencode", Some(password));
    request.send().await.expect("an answer").status().as_u16()
}

/// Restarts the engine; `meanwhile` happens while nobody listens at its port.
async fn restart<T>(world: &World, faulty: &FaultyEngine, meanwhile: impl AsyncFnOnce() -> T) -> T {
    let mut start = faulty.faults.hold(Rule::once(START, Fault::None));
    let places = world.places();
    let (restarted, made) = tokio::join!(control::ask(&places, Request::Restart), async {
        start.arrived().await;
        let made = meanwhile().await;
        start.release();
        made
    });
    restarted.expect("an engine");
    made
}

/// N16: whoever has the engine's port for as long as a restart, or for a moment of it, or after the engine's end, learns
/// no password that is worth anything; whoever is attached is attached anew.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_address_has_a_new_password() {
    let world = World::new();
    let faulty = world.start_faulty_engine(Vec::new()).await;
    let first = world.engine();
    // Some who are attached: a window, and the terminal of `engine attach`.
    let _app = App::start(world.places(), Source::Attached, 0);
    let notes = world.outside("attached");
    let program = world.outside("terminal.sh");
    let script = format!(
        "#!/bin/sh\ntrap 'exit 0' TERM\necho \"$2 $OPENCODE_SERVER_PASSWORD\" >>'{}'\nwhile kill -0 $PPID 2>/dev/null; do sleep 0.1; done\n",
        notes.display()
    );
    write(&program, &script);
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("a program");
    let mut command = tokio::process::Command::new(World::program("rekindle"));
    command.args(["engine", "attach"]).current_dir(world.project()).envs(world.environment());
    command.env("REKINDLE_ENGINE", &program).stdin(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true);
    let attached = command.spawn().expect("it runs");
    let attached_to = async |engine: &Engine| {
        let line = format!("{} {}\n", engine.url, engine.password());
        let is_told = async || fs::read_to_string(&notes).is_ok_and(|text| text.ends_with(&line)).then_some(());
        wait::until("the terminal at the engine", is_told).await;
    };
    attached_to(&first).await;

    let nothing = restart(&world, &faulty, async || try_again(&first).await).await;
    let same = world.engine();
    assert_eq!((&same.url, same.password(), nothing), (&first.url, first.password(), ()), "nobody else was there");

    let stand_in = restart(&world, &faulty, async || {
        let stand_in = StandIn::at(&first.url);
        try_again(&first).await;
        stand_in
    })
    .await;
    let second = world.engine();
    assert!(stand_in.heard().contains(&header(first.password())), "whoever is attached tries again");
    assert!(!stand_in.heard().contains(&header(second.password())), "{}", stand_in.heard());
    assert_ne!(second.url, first.url);
    let real = || faulty.past_faults(&world).url;
    assert_eq!(status_for(&real(), first.password()).await, 401);
    assert_eq!(status_for(&real(), second.password()).await, 200);
    let info = world.rekindle(&["engine", "info", "--json"]).await.json();
    assert_eq!(info["movedFrom"], first.url);
    let status = world.rekindle(&["status"]).await.out;
    assert!(status.contains("and its password with it"), "{status}");
    attached_to(&second).await;

    // Only for a moment: it is gone before the engine comes.
    let heard = restart(&world, &faulty, async || {
        let listener = tokio::net::TcpListener::bind(second.url.trim_start_matches("http://")).await.expect("free");
        let (heard, ()) = tokio::join!(
            async {
                let (mut stream, _) = listener.accept().await.expect("somebody");
                let mut buffer = [0; 4096];
                let read = stream.read(&mut buffer).await.expect("something");
                String::from_utf8_lossy(&buffer[..read]).into_owned()
            },
            try_again(&second)
        );
        // Terminals try again every second or more seldom: nobody stays for less.
        tokio::time::sleep(Duration::from_millis(200)).await;
        heard
    })
    .await;
    let third = world.engine();
    assert!(heard.contains(&header(second.password())), "{heard}");
    assert_eq!(status_for(&real(), second.password()).await, 401);
    attached_to(&third).await;

    // The engine ends by itself, and nobody knows who listens then.
    kill(third.pid);
    wait::until("its end", async || world.try_engine().is_none().then_some(())).await;
    control::ask(&world.places(), Request::Restart).await.expect("an engine");
    let fourth = world.engine();
    assert_ne!(fourth.password(), third.password());
    assert_eq!(status_for(&real(), third.password()).await, 401);
    attached_to(&fourth).await;
    drop(attached);
}

/// A process that stands still.
struct Paused(u32);

impl Paused {
    fn new(pid: u32) -> Self {
        let paused = Self(pid);
        paused.signal("-STOP");
        paused
    }

    fn signal(&self, name: &str) {
        let status = std::process::Command::new("kill").args([name, &self.0.to_string()]).status();
        assert!(status.expect("kill runs").success());
    }
}

impl Drop for Paused {
    fn drop(&mut self) {
        self.signal("-CONT");
    }
}

/// N16: nothing is said to another user's program that listens where the engine did, though the record still names it.
#[tokio::test(flavor = "multi_thread")]
async fn another_users_program_is_told_nothing() {
    if !is_root_or_passed_as_root("harm::neighbours::address::another_users_program_is_told_nothing") {
        return;
    }
    let world = World::new();
    let engine = world.start_engine().await;
    // It does not notice that its engine has ended.
    let paused = Paused::new(world.owner());
    kill(engine.pid);
    let port = engine.url.rsplit(':').next().expect("a port");
    // Its port is its own until the last of it has ended.
    let address = engine.url.trim_start_matches("http://");
    wait::until("a free port", async || tokio::net::TcpStream::connect(address).await.is_err().then_some(())).await;
    let program = "require('net').createServer((socket) => socket.on('error', () => {}) \
        .on('data', (data) => console.log(String(data)))) \
        .listen(Number(process.argv[1]), '127.0.0.1', () => console.log('listens'))";
    let mut command = tokio::process::Command::new("setpriv");
    command.args(["--reuid", "65534", "--regid", "65534", "--clear-groups", "node", "-e", program, "--", port]);
    command.current_dir("/").stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
    let mut stranger = command.spawn().expect("setpriv runs");
    let mut out = stranger.stdout.take().expect("its output");
    let mut first = [0; 8];
    tokio::time::timeout(wait::BOUND, out.read_exact(&mut first)).await.expect("in time").expect("it listens");
    let status = world.rekindle(&["status", "--json"]).await;
    assert_eq!((status.code, status.json()["engine"]["state"].as_str()), (2, Some("unreachable")), "{status:?}");
    for arguments in [["plan"], ["list"], ["doctor"]] {
        world.rekindle(&arguments).await;
    }
    let ran = world.rekindle(&["engine", "attach"]).await;
    assert!(ran.err.contains("another user's program listens"), "{ran:?}");
    drop(paused);
    wait::until("its end", async || world.try_engine().is_none().then_some(())).await;
    stranger.kill().await.expect("ended");
    let mut heard = String::new();
    out.read_to_string(&mut heard).await.expect("read");
    assert_eq!(heard.trim(), "", "it was told something");
}
