//! What an engine prints.

use std::{fs, os::unix::fs::PermissionsExt};

use rekindle_tests::{
    raw,
    world::{World, write},
};

/// The most memory that a process has had, in bytes.
fn most_memory(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("a process");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a size");
    line.trim().trim_end_matches("kB").trim().parse::<u64>().expect("a number") * 1024
}

/// N16: neither one endless line nor lines without end take memory or disk, and what was printed last is known.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_printed_without_end_is_cut() {
    let world = World::new();
    let program = world.outside("loud.sh");
    let script = format!(
        "#!/bin/sh\n[ \"$1\" = serve ] || exec '{real}' \"$@\"\n\
         head -c 300000000 /dev/zero | tr '\\0' x\necho\n\
         yes \"$(printf '%01000d' 0)\" | head -c 50000000\necho\necho 'rekindle-keeper pid 1'\n\
         echo 'listening on http://192.0.2.1:4096'\necho the last >&2\nexec '{real}' \"$@\"\n",
        real = raw::binary().display()
    );
    write(&program, &script);
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("a program");
    let loud = [("REKINDLE_ENGINE", program.to_str().expect("a path"))];
    let ran = world.rekindle_with(&["engine", "start", "--json"], &loud).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    let record = ran.json();
    assert!(record["url"].as_str().is_some_and(|url| url.starts_with("http://127.0.0.1:")), "{record}");
    assert_ne!(record["pid"], 1);

    let memory = most_memory(world.owner());
    assert!(memory < 200_000_000, "the owner had {memory} bytes");
    let state = world.state("engine.log").expect("a log");
    let logs = fs::read_dir(state.parent().expect("a folder")).expect("listed").flatten();
    let logs = logs.filter(|entry| entry.file_name().to_string_lossy().ends_with(".log"));
    let sizes: Vec<_> = logs.map(|entry| (entry.file_name(), entry.metadata().expect("a file").len())).collect();
    assert!(sizes.iter().all(|(_, size)| *size <= 1024 * 1024), "{sizes:?}");
    let said = fs::read_to_string(state).expect("read");
    assert!(said.contains("the last\n"), "{said}");
}
