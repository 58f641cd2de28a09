//! `rekindle status` as a whole process, against the engine's own commands that print what it would
//! load: in the same folder and environment, and with the same answer.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use rekindle_tests::{
    raw,
    world::{World, plugin, write},
};
use serde_json::{Value, json};

use crate::{
    skills,
    table::{Row, median, ms, times},
};

/// How many skills there are.
const SKILLS: usize = 100;
/// How often `rekindle` is run.
const OURS: usize = 31;
/// How often each command of the engine is run.
const THEIRS: usize = 5;

/// Measures, and prints rows.
pub(crate) fn run() {
    let world = world();
    let ours = Program { world: &world, path: World::program("rekindle") };
    let theirs = Program { world: &world, path: raw::binary() };
    ours.run(&["engine", "start", "--quiet"]);
    same_answer(&ours, &theirs);

    let status = ours.time(&["status"], OURS);
    let config = theirs.time(&["debug", "config"], THEIRS);
    let skill = theirs.time(&["debug", "skill"], THEIRS);
    let both = config + skill;
    Row {
        what: "opencode debug config, debug skill".to_owned(),
        measured: format!("{} and {}", ms(config), ms(skill)),
        ..Row::default()
    }
    .print();
    let ratio = times(both, status);
    Row {
        what: format!("rekindle status, engine running, {SKILLS} skills"),
        measured: ms(status),
        ratio: format!("{ratio:.0} × faster than both"),
        target: Some(("50 ×".to_owned(), ratio >= 50.0)),
    }
    .print();
    memory(&ours, &theirs);
}

fn memory(ours: &Program<'_>, theirs: &Program<'_>) {
    let [Some(status), Some(config), Some(skill)] =
        [(ours, &["status"][..]), (theirs, &["debug", "config"]), (theirs, &["debug", "skill"])]
            .map(|(program, arguments)| program.memory(arguments))
    else {
        let measured = "not measured: GNU time is not there".to_owned();
        Row { what: "memory of rekindle status".to_owned(), measured, ..Row::default() }.print();
        return;
    };
    let ratio = config.max(skill) / status;
    Row {
        what: "peak memory of the same processes".to_owned(),
        measured: format!("{status:.0} MB; engine {config:.0} and {skill:.0} MB"),
        ratio: format!("{ratio:.1} × less"),
        target: Some(("10 ×".to_owned(), ratio >= 10.0)),
    }
    .print();
}

/// Some of everything.
fn world() -> World {
    let world = World::named("bench").with_all_models();
    skills::many(&world, SKILLS);
    let config = json!({
        "model": "fake/slow", "permission": {"bash": "ask"}, "username": "someone",
        "mcp": {"files": {"type": "local", "command": ["true"], "enabled": false}},
    });
    world.write("opencode.json", &config.to_string());
    world.write(".opencode/plugins/greet.ts", &plugin("greet"));
    world.write(".opencode/agents/review.md", "---\ndescription: Reviews\nmode: subagent\n---\nReview.\n");
    world.write(".opencode/commands/tidy.md", "---\ndescription: Tidies\n---\nTidy up.\n");
    write(&world.home(".config/opencode/opencode.json"), r#"{"share": "disabled"}"#);
    world
}

/// Nothing is pending, and every item has the same name, and the same file where the engine tells it.
fn same_answer(ours: &Program<'_>, theirs: &Program<'_>) {
    assert_eq!(ours.json(&["status", "--json"])["changes"], json!([]));
    let rows = ours.json(&["list", "--json"]);
    let row = |row: &Value| {
        let text = |key: &str| row[key].as_str().unwrap_or_default().to_owned();
        match row["kind"].as_str() {
            Some("skill") => format!("skill {} {}", text("name"), text("source")),
            Some("plugin") => format!("plugin file://{}", text("source")),
            _ => format!("{} {}", text("kind"), text("name")),
        }
    };
    let our_items: BTreeSet<_> = rows.as_array().expect("a list").iter().map(row).collect();

    let mut their_items = BTreeSet::new();
    let skills = theirs.json(&["debug", "skill"]);
    for skill in skills.as_array().expect("a list") {
        let [name, file] = ["name", "location"].map(|key| skill[key].as_str().expect("text"));
        if file != "<built-in>" {
            their_items.insert(format!("skill {name} {file}"));
        }
    }
    let config = theirs.json(&["debug", "config"]);
    for (key, value) in config.as_object().expect("an object") {
        match (key.as_str(), value) {
            // What editors read, what has become agents by then, and a note that only this command prints.
            ("$schema" | "mode" | "plugin_origins", _) => {}
            ("plugin", Value::Array(list)) => {
                their_items.extend(list.iter().filter_map(Value::as_str).map(|spec| format!("plugin {spec}")));
            }
            ("agent" | "command" | "mcp", Value::Object(map)) => {
                their_items.extend(map.keys().map(|name| format!("{key} {name}")));
            }
            _ => drop(their_items.insert(format!("config {key}"))),
        }
    }
    let differ: Vec<_> = our_items.symmetric_difference(&their_items).collect();
    assert!(differ.is_empty(), "the engine and Rekindle differ in {differ:?}");
}

/// A program, run in a world.
struct Program<'a> {
    world: &'a World,
    path: PathBuf,
}

impl Program<'_> {
    fn run(&self, arguments: &[&str]) -> Answer {
        self.answer(Command::new(&self.path).args(arguments))
    }

    fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_slice(&self.run(arguments).out).unwrap_or_else(|error| panic!("{arguments:?}: {error}"))
    }

    /// How long it takes to start it, to see it end, and to read its output.
    fn time(&self, arguments: &[&str], runs: usize) -> Duration {
        let run = |_| {
            let began = Instant::now();
            self.run(arguments);
            began.elapsed()
        };
        // The first run only fills the page cache.
        median(&(0..=runs).map(run).collect::<Vec<_>>()[1..])
    }

    /// The most memory that it had at a time, in MB, as GNU time tells it; the median of some runs.
    fn memory(&self, arguments: &[&str]) -> Option<f64> {
        const TIME: &str = "/usr/bin/time";
        let mut all: Vec<f64> = Vec::new();
        for _ in 0..if Path::new(TIME).exists() { THEIRS } else { 0 } {
            let answer = self.answer(Command::new(TIME).args(["-q", "-f", "%M"]).arg(&self.path).args(arguments));
            all.push(answer.err.lines().last()?.parse::<f64>().ok()? / 1024.0);
        }
        all.sort_by(f64::total_cmp);
        all.get(all.len() / 2).copied()
    }

    fn answer(&self, command: &mut Command) -> Answer {
        // Into a file: what the engine's commands write into a pipe is cut off after 64 KiB.
        let file = self.world.outside("output");
        command.current_dir(self.world.project()).envs(self.world.environment());
        command.stdin(Stdio::null()).stdout(fs::File::create(&file).expect("a file")).stderr(Stdio::piped());
        let output = command.output().expect("it runs");
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{command:?}: {err}");
        Answer { out: fs::read(&file).expect("its output"), err }
    }
}

/// What a program printed.
struct Answer {
    out: Vec<u8>,
    err: String,
}
