//! The real core with the real engine, while much happens to the files at once.

use std::{collections::BTreeSet, fs, process::Command, sync::mpsc, time::Instant};

use rekindle_app::{
    files::{
        scan::Scanner,
        watch::{WINDOW, Watch},
    },
    workspace::App,
};
use rekindle_domain::EngineState;
use rekindle_tests::{
    wait,
    world::{World, skill},
};

/// Waits until exactly these items are pending.
async fn pending(app: &App, names: &BTreeSet<String>) {
    let state = app.watch();
    let some: Vec<_> = names.iter().take(3).collect();
    wait::until(&format!("{} pending items: {some:?} …", names.len()), async || {
        let status = &state.borrow().status;
        let is_known = status.engine.state == EngineState::Running && status.detected_at.is_some() != names.is_empty();
        let found: BTreeSet<_> = status.changes.iter().map(|change| change.name.clone()).collect();
        (is_known && found == *names).then_some(())
    })
    .await;
}

fn git(world: &World, arguments: &[&str]) {
    let mut command = Command::new("git");
    command.args(["-c", "user.name=test", "-c", "user.email=test@example.com"]).args(arguments);
    let output = command.current_dir(world.project()).envs(world.environment()).output().expect("git runs");
    assert!(output.status.success(), "{arguments:?}: {output:?}");
}

/// P12: `git checkout` replaces a thousand files, some hundred of which mean something. What is pending
/// is right at the end, and the watcher asks for few looks.
#[tokio::test(flavor = "multi_thread")]
async fn a_checkout_of_a_thousand_files_ends_right() {
    let world = World::new();
    fs::remove_dir_all(world.path(".git")).expect("removed");
    git(&world, &["init", "--quiet", "--initial-branch", "one"]);
    world.write(".gitignore", "node_modules\npackage-lock.json\npackage.json\n.opencode/.gitignore\n");
    let write = |branch: &str| {
        for number in 0..1000 {
            world.write(&format!("src/{}/{number}.rs", number % 10), branch);
            if number % 5 == 0 {
                // Every other one is the same in both.
                let body = if number % 2 == 0 { "same" } else { branch };
                world.write(&format!(".opencode/skills/s{number}/SKILL.md"), &skill(&format!("s{number}"), body));
            }
        }
    };
    write("one");
    git(&world, &["add", "--all"]);
    git(&world, &["commit", "--quiet", "--message", "one"]);
    git(&world, &["checkout", "--quiet", "-b", "two"]);
    write("two");
    fs::remove_dir_all(world.path(".opencode/skills/s0")).expect("removed");
    world.write(".opencode/skills/more/SKILL.md", &skill("more", "two"));
    world.write("opencode.json", r#"{"share": "manual"}"#);
    git(&world, &["add", "--all"]);
    git(&world, &["commit", "--quiet", "--message", "two"]);
    git(&world, &["checkout", "--quiet", "one"]);
    world.start_engine().await;
    let app = world.core().await;
    pending(&app, &BTreeSet::new()).await;

    let places = world.places();
    let (send, hints) = mpsc::channel();
    let mut watch = Watch::start(&places, move |hint| send.send(hint).unwrap_or_default());
    watch.follow(&places, &Scanner::default().scan(&places, None).expect("no fault"));
    let began = Instant::now();
    git(&world, &["checkout", "--quiet", "two"]);
    let changed = (0..1000).filter(|number| number % 5 == 0 && number % 2 == 1).map(|number| format!("s{number}"));
    let others = ["s0", "more", "share"].map(str::to_owned);
    pending(&app, &changed.chain(others).collect()).await;
    let (found, most) = (hints.try_iter().count(), began.elapsed().as_millis() / WINDOW.as_millis() + 1);
    assert!((1..=most).contains(&(found as u128)), "{found} looks, where {most} are enough");
    git(&world, &["checkout", "--quiet", "one"]);
    pending(&app, &BTreeSet::new()).await;
}

/// P12: a project that is moved away and comes back otherwise is followed; back as it was, nothing is
/// pending.
#[tokio::test(flavor = "multi_thread")]
async fn a_project_that_comes_back_is_followed() {
    let world = World::new();
    let path = ".opencode/skills/s/SKILL.md";
    world.write(path, &skill("s", "one"));
    world.start_engine().await;
    let app = world.core().await;
    let elsewhere = world.outside("elsewhere");
    let away = || fs::rename(world.project(), &elsewhere).expect("moved");
    let back = || fs::rename(&elsewhere, world.project()).expect("moved");
    away();
    pending(&app, &["s".to_owned()].into()).await;
    back();
    pending(&app, &BTreeSet::new()).await;
    away();
    fs::write(elsewhere.join(path), skill("s", "two")).expect("written");
    fs::create_dir_all(elsewhere.join(".opencode/skills/t")).expect("made");
    fs::write(elsewhere.join(".opencode/skills/t/SKILL.md"), skill("t", "new")).expect("written");
    back();
    pending(&app, &["s".to_owned(), "t".to_owned()].into()).await;
}
