//! The check of the files before a reload, which is made twice or more each time.

use std::{collections::BTreeMap, time::Duration};

use rekindle_app::files::{check::check, locate::Places, scan::scan};
use rekindle_opencode::config::schema::Schema;
use rekindle_tests::{
    raw::RawEngine,
    world::{World, plugin},
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    scan::timed,
    skills,
    table::{Row, median, ms},
};

/// How often.
const ROUNDS: usize = 51;

/// Measures, and prints rows.
pub(crate) fn run() {
    let doc = doc();
    let mut compiled = Vec::new();
    for _ in 0..ROUNDS {
        let (schema, time) = timed(|| Schema::from_doc(&doc));
        assert!(schema.is_some());
        compiled.push(time);
    }
    Row { what: "the engine's schema made ready".to_owned(), measured: ms(median(&compiled)), ..Row::default() }
        .print();
    let schema = Schema::from_doc(&doc).expect("a schema");
    for count in [0, 100, 1_000] {
        let world = World::named("bench");
        skills::many(&world, count);
        configure(&world);
        let environment: BTreeMap<_, _> = world.environment().into_iter().collect();
        let environment = environment.into_iter().map(|(name, value)| (name.to_owned(), value.display().to_string()));
        let places = Places::in_environment(world.project(), environment.collect()).expect("places");
        let mut checked = Vec::new();
        for _ in 0..ROUNDS {
            let (problems, time) = timed(|| check(&places.refreshed(), Some(&schema)));
            assert_eq!(problems, []);
            checked.push(time);
        }
        assert_eq!(scan(&places, Some(&schema)).expect("no fault").warnings, []);
        let time = median(&checked);
        Row {
            what: format!("check of a typical configuration beside {count} skills"),
            measured: ms(time),
            target: Some(("3 ms".to_owned(), time <= Duration::from_millis(3))),
            ..Row::default()
        }
        .print();
    }
}

fn doc() -> Value {
    let world = World::named("schema");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let engine = RawEngine::start(world.project(), &world.environment()).await;
        engine.ask(Method::GET, "/doc", world.project()).await.1
    })
}

/// Two files of configuration, eight of Markdown, three of code.
fn configure(world: &World) {
    let server = json!({"type": "local", "command": ["node", "server.mjs"], "environment": {"TOKEN": "{env:TOKEN}"}});
    let config = json!({
        "$schema": "https://opencode.ai/config.json",
        "model": "anthropic/claude",
        "share": "manual",
        "plugin": ["./plug/declared.ts", "package@1.0.0"],
        "mcp": {"one": server, "two": {"type": "remote", "url": "https://example.com/mcp"}},
        "agent": {"reviewer": {"description": "Reviews", "prompt": "{file:./prompt.txt}", "tools": {"edit": false}}},
        "permission": {"bash": {"git *": "allow", "*": "ask"}},
    });
    world.write("opencode.jsonc", &format!("// Ours\n{config:#}\n"));
    world.write(".opencode/opencode.json", "{\"username\": \"me\"}");
    world.write("prompt.txt", "Review it.");
    world.write("plug/declared.ts", &plugin("declared"));
    for number in 0..4 {
        let matter = "---\ndescription: What it is for\nmodel: anthropic/claude\n---\n\nDo it well.\n";
        world.write(&format!(".opencode/agents/agent-{number}.md"), matter);
        world.write(&format!(".opencode/commands/command-{number}.md"), matter);
    }
    for name in ["a", "b"] {
        world.write(&format!(".opencode/plugins/{name}.ts"), &plugin(name));
    }
}
