//! `PATCH /global/config` has the engine read its global files again without a restart. Why that is
//! never done: it writes into a person's file to do so, and not safely.

use std::fs;

use rekindle_tests::{
    wait,
    world::{World, plugin, skill, write},
};
use serde_json::{Value, json};

use super::{configured, engine, patch, read_again};

const SCHEMA: &str = "\"$schema\": \"https://opencode.ai/config.json\"";

/// It is read again only if the text in the file became another one; so no patch leaves the bytes alone,
/// and a second one has to take the first back. That gives the bytes back in few files.
#[tokio::test(flavor = "multi_thread")]
async fn two_patches_seldom_give_the_file_back() {
    let cases = [
        ("opencode.jsonc", format!("{{\n  // mine\n  {SCHEMA},\n  \"username\": \"one\" /* x */\n}}\n"), true),
        ("opencode.json", format!("{{\n  {SCHEMA},\n  \"username\": \"one\"\n}}"), true),
        // With a line end behind it, comments, or another indentation.
        ("opencode.json", format!("{{\n  {SCHEMA},\n  \"username\": \"one\"\n}}\n"), false),
        ("opencode.json", format!("{{\n  // mine\n  {SCHEMA},\n  \"username\": \"one\"\n}}"), false),
        ("opencode.json", format!("{{\n    {SCHEMA},\n    \"username\": \"one\"\n}}"), false),
        // A byte order mark, and a shell that a person chose.
        ("opencode.jsonc", format!("\u{feff}{{\n  {SCHEMA},\n  \"username\": \"one\"\n}}\n"), false),
        (
            "opencode.jsonc",
            format!("{{\n  {SCHEMA},\n  \"shell\": \"/bin/dash\",\n  \"username\": \"one\"\n}}\n"),
            false,
        ),
    ];
    for (name, text, is_given_back) in cases {
        let world = World::new();
        let path = world.home(".config/opencode").join(name);
        write(&path, &text);
        let engine = engine(&world).await;
        assert_eq!(configured(&engine, world.project(), "username").await, "one");
        let text = text.replace("one", "two");
        write(&path, &text);
        assert_eq!(patch(&engine, world.project(), json!({})).await, 200);
        let is_written = fs::read_to_string(&path).expect("read") != text;
        let is_read = configured(&engine, world.project(), "username").await == "two";
        assert_eq!(is_read, is_written, "read again only if there was something to write: {text}");
        read_again(&engine, world.project()).await;
        assert_eq!(configured(&engine, world.project(), "username").await, "two", "{text}");
        let now = fs::read_to_string(&path).expect("read");
        assert_eq!(now == text, is_given_back, "{name}: {text:?} became {now:?}");
    }
}

/// What another program saves between the engine's reading and its writing is lost. The time between
/// them is short; a pipe in the file's place makes it long enough to be seen.
#[tokio::test(flavor = "multi_thread")]
async fn an_edit_meanwhile_is_lost() {
    use std::{io::Write, os::unix::fs::OpenOptionsExt};
    const NON_BLOCKING: i32 = 0o4000;
    let world = World::new();
    let path = world.home(".config/opencode/opencode.jsonc");
    let text = |share: &str| format!("{{\n  {SCHEMA},\n  \"share\": \"{share}\"\n}}\n");
    write(&path, &text("manual"));
    let engine = engine(&world).await;
    assert_eq!(configured(&engine, world.project(), "share").await, "manual");
    fs::remove_file(&path).expect("removed");
    assert!(std::process::Command::new("mkfifo").arg(&path).status().expect("mkfifo runs").success());
    let (status, ()) = tokio::join!(patch(&engine, world.project(), json!({"shell": "/bin/sh"})), async {
        // It can be opened as soon as the engine reads at the other end.
        let open = async || fs::OpenOptions::new().write(true).custom_flags(NON_BLOCKING).open(&path).ok();
        let mut end = wait::until("the engine to read its file", open).await;
        fs::remove_file(&path).expect("removed");
        write(&path, &text("disabled"));
        end.write_all(text("manual").as_bytes()).expect("written");
    });
    assert_eq!(status, 200);
    let now = fs::read_to_string(&path).expect("read");
    assert!(now.contains("/bin/sh") && now.contains("manual"), "the edit is gone: {now}");
}

/// Between the two patches a setting stands in the file that nobody made; where there was no file, one
/// stays behind.
#[tokio::test(flavor = "multi_thread")]
async fn it_leaves_its_traces() {
    let world = World::new();
    let engine = engine(&world).await;
    let path = world.home(".config/opencode/opencode.jsonc");
    assert_eq!(configured(&engine, world.project(), "shell").await, Value::Null);
    fs::remove_file(&path).expect("the engine made it");
    assert_eq!(patch(&engine, world.project(), json!({"shell": "/bin/sh"})).await, 200);
    engine.stop().await;
    assert!(fs::read_to_string(&path).expect("read").contains("\"shell\": \"/bin/sh\""));
    let engine = super::engine(&world).await;
    assert_eq!(configured(&engine, world.project(), "shell").await, "/bin/sh", "after whatever killed the engine");
    assert_eq!(patch(&engine, world.project(), json!({"shell": ""})).await, 200);
    assert!(path.exists());
}

/// It drops the instances of all directories, as a restart does, and reads no code again, as a restart
/// would.
#[tokio::test(flavor = "multi_thread")]
async fn it_disposes_everything_and_reloads_no_code() {
    let world = World::new();
    let other = world.home("code/other");
    rekindle_tests::raw::installed(&other.join(".opencode"));
    write(&world.home(".config/opencode/plugins/p.ts"), &plugin("code_one"));
    write(&world.home(".config/opencode/opencode.jsonc"), &format!("{{\n  {SCHEMA}\n}}\n"));
    let engine = engine(&world).await;
    let has = async |route: &str, what: &str| {
        engine.ask(reqwest::Method::GET, route, &other).await.1.to_string().contains(what)
    };
    assert!(has("/experimental/tool/ids", "code_one").await);
    assert!(!has("/skill", "newly").await);
    write(&other.join(".opencode/skills/newly/SKILL.md"), &skill("newly", "Body."));
    write(&world.home(".config/opencode/plugins/p.ts"), &plugin("code_two"));
    assert!(!has("/skill", "newly").await, "it has its instance still");
    read_again(&engine, world.project()).await;
    wait::until("the other directory's instance dropped", async || has("/skill", "newly").await.then_some(())).await;
    assert!(has("/experimental/tool/ids", "code_one").await && !has("/experimental/tool/ids", "code_two").await);
}
