//! A folder of ours with a copy of a file, for the engine to say what it thinks of it. Why that is not
//! done: it runs code, stays, and is another question.

use std::fs;

use rekindle_tests::world::{World, write};
use reqwest::Method;
use serde_json::json;

use super::engine;

/// Asking about a folder runs every global plugin for it, and its instance stays until it is disposed.
#[tokio::test(flavor = "multi_thread")]
async fn a_canary_runs_code() {
    let world = World::new();
    let trace = world.outside("trace");
    let traced = json!(trace).to_string();
    let code = format!(
        "import {{ appendFileSync }} from \"fs\"\n\
         export const P = async ({{ directory }}) => {{\n\
           appendFileSync({traced}, \"begins \" + directory + \"\\n\")\n\
           return {{ dispose() {{ appendFileSync({traced}, \"ends \" + directory + \"\\n\") }} }}\n\
         }}\n"
    );
    write(&world.home(".config/opencode/plugins/trace.ts"), &code);
    let engine = engine(&world).await;
    for name in ["one", "two"] {
        let canary = world.outside(name);
        write(&canary.join("opencode.json"), "{}");
        assert_eq!(engine.ask(Method::GET, "/config", &canary).await.0, 200);
    }
    let lines = fs::read_to_string(&trace).expect("a trace");
    let expected = ["one", "two"].map(|name| format!("begins {}\n", world.outside(name).display())).concat();
    assert_eq!(lines, expected, "neither has ended");
}

/// What a project gives and what a copy of its file elsewhere gives are different answers, both ways.
#[tokio::test(flavor = "multi_thread")]
async fn a_canary_answers_another_question() {
    let world = World::new();
    let global = world.home(".config/opencode/opencode.jsonc");
    write(&global, "{}");
    world.write("name.txt", "me");
    let texts = [
        // Relative to its own folder.
        ("{\"username\": \"{file:./name.txt}\"}", (200, 400)),
        // Wrong either way: here they agree.
        ("{\"username\": 5}", (400, 400)),
        ("{\"username\": \"me\"}", (200, 200)),
    ];
    for (at, (text, expected)) in texts.into_iter().enumerate() {
        let (project, canary) = (world.outside(&format!("project {at}")), world.outside(&format!("canary {at}")));
        write(&project.join("name.txt"), "me");
        for folder in [&project, &canary] {
            write(&folder.join("opencode.json"), text);
        }
        let engine = engine(&world).await;
        let ask = async |folder| engine.ask(Method::GET, "/config", folder).await.0;
        assert_eq!((ask(&project).await, ask(&canary).await), expected, "{text}");
    }
    // Global files are not read again for it: it does not see that the next process would not start.
    let engine = engine(&world).await;
    assert_eq!(engine.ask(Method::GET, "/config", world.project()).await.0, 200);
    write(&global, "{\"username\": 5}");
    let canary = world.outside("late");
    write(&canary.join("opencode.json"), "{}");
    assert_eq!(engine.ask(Method::GET, "/config", &canary).await.0, 200);
}
