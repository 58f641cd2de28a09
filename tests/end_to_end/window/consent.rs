//! What runs, and a reload that would interrupt it.

use rekindle_domain::{Cause, Consent, Wish};
use rekindle_tests::{
    model::Model,
    wait,
    window::Window,
    world::{World, is_alive, plugin},
};
use reqwest::Method;
use serde_json::json;

const PROVED: &str = "[data-banner='ended'][data-result='proved']";

/// B4: a plan that no longer fits is refused, and the one that fits is shown. P8, P9: what runs is named, with
/// what it loses; when more began to run than was named, nothing is touched and the question comes again; what
/// was ticked goes on afterwards, and nothing else.
#[tokio::test(flavor = "multi_thread")]
async fn only_what_was_named_is_interrupted() {
    let world = World::new();
    let model = Model::start().await;
    world.write("opencode.json", &model.configuration().to_string());
    let window = Window::open(&world).await;
    window.engine_runs().await;
    let engine = world.engine();
    world.write(".opencode/plugins/one.ts", &plugin("one_tool"));
    window.banner("pending").await;
    window.text_with("plan", "Disposes the instance · interrupts nothing").await;
    let stale = json!({"cause": Cause::Window, "agreed": "0".repeat(64)});
    window.command("reload", json!({ "wish": stale })).await;
    window.text_with("refused", "this is the new plan").await;
    assert!(!engine.has_tool("one_tool").await);

    let first = engine.start_run("Fix flaky login test").await;
    let banner = window.banner("busy").await;
    assert!(banner.contains("Fix flaky login test"), "{banner}");
    assert!(window.has("[data-testid='reload'][disabled]").await);
    window.text_with("plan", "interrupts 1 run").await;
    window.click("reload-anyway").await;
    let run = window.text_with("confirm-run", "Fix flaky login test").await;
    assert!(run.contains("is running") && run.contains("loses its tool call"), "{run}");
    window.escape().await;

    let second = engine.start_run("Write the changelog").await;
    engine.ask(Method::POST, "/pty", Some(json!({"title": "Build"}))).await;
    let wish = Wish { consent: Consent::Force, named: Some(vec![first.clone()]), ..Wish::new(Cause::Window) };
    window.command("reload", json!({"wish": wish})).await;
    window.find("confirm-again").await;
    window.count("confirm-run", 3).await;
    // A terminal cannot go on.
    window.count("goes-on", 2).await;
    assert!(!engine.has_tool("one_tool").await);
    let tick = format!("[data-testid='confirm-run'][data-id='{first}'] [data-testid='goes-on']");
    window.find_css(&tick).await.click().await.expect("ticked");
    window.click("confirm-reload").await;
    window.find_css(PROVED).await;
    window.find_css(&format!("[data-testid='resumed'][data-id='{first}']")).await;
    window.count("resumed", 1).await;
    assert!(engine.has_tool("one_tool").await);
    let status = wait::until("the session that goes on", async || {
        let status = engine.get("/session/status").await;
        (status[&first]["type"] == "busy").then_some(status)
    })
    .await;
    assert!(status[&second].is_null(), "{status}");
    window.close().await;
}

/// B5, P9: with a slow run going on, a reload waits for its end and then proves the change; while it waits, it
/// says for what, can be cancelled, and can still be insisted on.
#[tokio::test(flavor = "multi_thread")]
async fn a_reload_waits_for_the_end_of_a_run() {
    let world = World::new();
    let model = Model::start().await;
    world.write("opencode.json", &model.configuration().to_string());
    let window = Window::open(&world).await;
    window.engine_runs().await;
    let engine = world.engine();
    engine.start_run("Fix flaky login test").await;
    let pty = engine.ask(Method::POST, "/pty", Some(json!({"title": "Build"}))).await.1;
    world.write(".opencode/plugins/hello.ts", &plugin("hello_tool"));
    window.banner("busy").await;
    window.click("reload-when-idle").await;
    window.banner("waiting").await;
    window.text_with("runs", "Build").await;
    let pty = format!("/pty/{}", pty["id"].as_str().expect("an id"));
    engine.ask(Method::DELETE, &pty, None).await;
    window.gone("[data-testid='runs']").await;
    window.text_with("banner-body", "Fix flaky login test").await;
    window.click("reload-anyway").await;
    window.count("confirm-run", 1).await;
    window.escape().await;
    window.click("cancel-reload").await;
    window.banner("busy").await;
    window.click("nav-overview").await;
    window.click("overview-restart").await;
    window.text_with("toast", "“Fix flaky login test” is running").await;
    assert!(is_alive(engine.pid));
    window.click("reload-when-idle").await;
    window.banner("waiting").await;
    assert!(!engine.has_tool("hello_tool").await);
    model.finish();
    window.find_css(PROVED).await;
    assert!(engine.has_tool("hello_tool").await);
    window.close().await;
}
