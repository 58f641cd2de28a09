//! Where the owner of an engine is asked for something.

use std::{
    fs,
    io::{Read, Write},
    net::Shutdown,
    os::unix::{
        fs::{MetadataExt, PermissionsExt},
        net::UnixStream,
    },
    path::{Path, PathBuf},
    process::Command,
};

use rekindle_app::engine::control::{self, Request};
use rekindle_tests::{
    users::is_root_or_passed_as_root,
    wait,
    world::{World, is_alive},
};
use serde_json::{Value, json};

/// How many connect and say nothing.
const SILENT: usize = 2000;

fn control(world: &World) -> Value {
    let text = fs::read_to_string(world.state("control.json").expect("an owner")).expect("read");
    serde_json::from_str(&text).expect("JSON")
}

fn socket(world: &World) -> PathBuf {
    control(world)["door"]["socket"].as_str().expect("a socket").into()
}

/// Lets a process have so many open files from now on.
fn limit_files(pid: u32, most: usize) {
    let limit = Command::new("prlimit").args([format!("--pid={pid}"), format!("--nofile={most}:")]).status();
    assert!(limit.expect("prlimit runs").success());
}

fn open_files(pid: u32) -> usize {
    fs::read_dir(format!("/proc/{pid}/fd")).expect("its files").count()
}

/// What is answered to a text, up to the end of the connection.
fn say(socket: &Path, text: &[u8]) -> String {
    let mut stream = UnixStream::connect(socket).expect("somebody listens");
    stream.set_read_timeout(Some(wait::BOUND)).expect("bounded");
    // It may be ended before all of it was said.
    stream.write_all(text).and_then(|()| stream.shutdown(Shutdown::Write)).ok();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok();
    String::from_utf8_lossy(&answer).into_owned()
}

/// N16: thousands who connect and say nothing, or nonsense, or who take the last of the owner's files, end nothing, hold
/// nobody up, and are not obeyed.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_connects_ends_nothing() {
    let world = World::new();
    let engine = world.start_engine().await;
    let (owner, socket) = (world.owner(), socket(&world));
    assert_eq!(fs::metadata(&socket).expect("a socket").permissions().mode() & 0o777, 0o600);
    assert_eq!(socket.parent().and_then(|folder| fs::metadata(folder).ok()).expect("a folder").mode() & 0o777, 0o700);

    limit_files(std::process::id(), 4096);
    let enough = open_files(owner) + 40;
    limit_files(owner, enough);
    let silent: Vec<_> = (0..SILENT).map(|_| UnixStream::connect(&socket).expect("somebody listens")).collect();
    assert_eq!(world.rekindle(&["status"]).await.code, 0);
    control::ask(&world.places(), Request::Show).await.expect("an answer");
    assert!(open_files(owner) < enough);

    let token = control(&world)["token"].as_str().expect("a token").to_owned();
    let stop = |token: &str| json!({"token": token, "request": "stop"}).to_string();
    let texts = [
        b"stop\n".to_vec(),
        vec![0xff; 100],
        vec![b'{'; 100_000],
        format!("{}\n", stop("")).into_bytes(),
        format!("{}\n", stop(&token[1..])).into_bytes(),
        // Whole but for its end, and whole behind too much.
        stop(&token).into_bytes(),
        format!("{}{}\n", " ".repeat(10_000), stop(&token)).into_bytes(),
    ];
    for text in texts {
        assert_eq!(say(&socket, &text), "", "{}", String::from_utf8_lossy(&text));
    }
    assert!(is_alive(owner) && is_alive(engine.pid));

    // Not one more file: what comes in cannot be taken, and waits.
    limit_files(owner, open_files(owner));
    let places = world.places();
    let asked = tokio::spawn(async move { control::ask(&places, Request::Show).await });
    let more: Vec<_> = (0..40).filter_map(|_| UnixStream::connect(&socket).ok()).collect();
    assert_eq!(world.rekindle(&["status"]).await.code, 0);
    assert!(is_alive(owner) && is_alive(engine.pid));
    limit_files(owner, enough);
    asked.await.expect("no panic").expect("an answer");
    drop((silent, more));
    assert_eq!(world.engine().pid, engine.pid);

    let path = world.state("control.json").expect("an owner");
    let known = fs::read_to_string(&path).expect("read");
    let old = json!({"port": 4096, "token": token, "pid": owner, "has_window": false});
    fs::write(&path, old.to_string()).expect("written");
    let ran = world.rekindle(&["engine", "stop"]).await;
    assert!(ran.code == 2 && ran.err.contains(&format!("another version of Rekindle (process {owner})")), "{ran:?}");
    fs::write(&path, known).expect("written");

    let ran = world.rekindle(&["engine", "stop"]).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    wait::until("the end", async || super::are_gone(&[owner, engine.pid])).await;
}

/// N16: another user is not heard, even one who can reach the socket and knows the token.
#[tokio::test(flavor = "multi_thread")]
async fn another_user_is_not_heard() {
    const SOMEBODY: &str = "65534";
    if !is_root_or_passed_as_root("harm::neighbours::door::another_user_is_not_heard") {
        return;
    }
    let world = World::new();
    let engine = world.start_engine().await;
    let socket = socket(&world);
    let token = control(&world)["token"].clone();
    let line = json!({"token": token, "request": "stop"}).to_string();
    let program = "const [, path, line] = process.argv; \
        require('net').connect(path).on('error', (error) => console.log(error.code)) \
            .on('connect', function () { console.log('in'); this.end(line + '\\n') }) \
            .on('data', (data) => console.log(String(data)))";
    let say = || {
        let mut command = Command::new("setpriv");
        command.args(["--reuid", SOMEBODY, "--regid", SOMEBODY, "--clear-groups", "node", "-e", program, "--"]);
        let output = command.arg(&socket).arg(&line).current_dir("/").output().expect("setpriv runs");
        assert!(output.status.success(), "{output:?}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    assert_eq!(say().trim(), "EACCES");
    // As if somebody had opened all of it.
    for path in socket.ancestors().take_while(|path| *path != Path::new("/tmp") && *path != Path::new("/")) {
        fs::set_permissions(path, fs::Permissions::from_mode(0o777)).expect("opened");
    }
    let said = say();
    assert!(said.starts_with("in\n") && !said.contains("error"), "{said}");
    assert_eq!(world.rekindle(&["status"]).await.code, 0);
    assert!(is_alive(engine.pid));
}
