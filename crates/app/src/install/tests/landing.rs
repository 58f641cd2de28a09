//! Where skills land, and what becomes of what is there.

use std::collections::BTreeMap;

use rekindle_domain::UndoChoice;

use super::*;
use crate::edit::{self, Installed, There};

/// What is below a folder: what each file holds, and where each link leads; but for our own state.
pub(super) fn tree(folder: &Path) -> BTreeMap<String, String> {
    let entries = walkdir::WalkDir::new(folder).into_iter().map(|entry| entry.expect("listed"));
    let held = |entry: walkdir::DirEntry| {
        let path = entry.path().strip_prefix(folder).expect("below").display().to_string();
        let held = match entry.file_type() {
            kind if kind.is_dir() => "a folder".to_owned(),
            kind if kind.is_symlink() => fs::read_link(entry.path()).expect("a link").display().to_string(),
            _ => String::from_utf8_lossy(&fs::read(entry.path()).expect("read")).into_owned(),
        };
        (path, held)
    };
    entries.map(held).collect()
}

/// Writes a source with one skill of this name and this text; its path.
pub(super) fn source(world: &World, name: &str, body: &str) -> String {
    let folder = world.path("source").join(name);
    fs::create_dir_all(folder.join("docs")).expect("made");
    fs::write(folder.join(SKILL), format!("{}{body}", named(name))).expect("written");
    fs::write(folder.join("docs/a.md"), body).expect("written");
    folder.display().to_string()
}

fn replacing(to: SkillsOf) -> Landing<'static> {
    Landing { to, there: There::IsReplaced, ..Landing::default() }
}

pub(super) fn install(world: &World, source: &str, landing: &Landing) -> Result<Installed, UserError> {
    edit::install_skills(&world.places, &world.fetch(source).expect("fetched"), landing)
}

/// B10: among whose skills one lands, for one project or for all.
#[test]
fn a_skill_lands_where_it_was_said() {
    let mut world = World::new();
    world.places.home = world.path("home");
    world.places.global = world.path("home/.config/opencode");
    let source = source(&world, "s", "one");
    let before = tree(world.root.path());
    let check = |scope: Scope, to: SkillsOf, expected: &str| {
        let wanted = Wanted { source: &source, scope: Some(scope), skills: &[], all: All::NotWanted };
        let fetched = fetch(&world.places, &wanted).expect("fetched");
        let landing = Landing { to, ..Landing::default() };
        let installed = edit::install_skills(&world.places, &fetched, &landing).expect("installed");
        let base = if scope == Scope::Project { world.places.directory.clone() } else { world.path("home") };
        assert_eq!(installed.places, [base.join(expected)]);
        assert!(world.places.reads_skills_in(installed.places[0].parent().expect("a parent")));
        assert_eq!(fs::read_dir(base.join(expected).parent().expect("a parent")).expect("listed").count(), 1);
        assert_eq!(fs::read_to_string(base.join(expected).join("docs/a.md")).expect("read"), "one");
        edit::undo(&world.places, None, None).expect("undone");
    };
    check(Scope::Project, SkillsOf::OpenCode, ".opencode/skills/s");
    check(Scope::Project, SkillsOf::Agents, ".agents/skills/s");
    check(Scope::Project, SkillsOf::Claude, ".claude/skills/s");
    check(Scope::Global, SkillsOf::OpenCode, ".config/opencode/skills/s");
    check(Scope::Global, SkillsOf::Agents, ".agents/skills/s");
    check(Scope::Global, SkillsOf::Claude, ".claude/skills/s");
    let is_ours = |path: &String| path.starts_with("state");
    let mut after = tree(world.root.path());
    after.retain(|path, held| !is_ours(path) && (held != "a folder" || before.contains_key(path)));
    assert_eq!(after, before.into_iter().filter(|(path, _)| !is_ours(path)).collect());
}

/// S6: what is there is replaced only if that was said, goes to the trash, and comes back byte for byte. A link goes, and what
/// it leads to stays.
#[test]
#[cfg(unix)]
fn what_is_there_comes_back() {
    let world = World::new();
    let source = source(&world, "s", "new");
    let skills = world.places.directory.join(".claude/skills");
    let shared = world.places.directory.join(".agents/skills/s");
    for (folder, name) in [(&skills.join("s"), "s"), (&shared, "s")] {
        fs::create_dir_all(folder.join("mine")).expect("made");
        fs::write(folder.join(SKILL), named(name)).expect("written");
        fs::write(folder.join("mine/notes"), "mine 😀").expect("written");
    }
    let check = |what: &str| {
        let before = tree(&world.places.directory);
        let error =
            install(&world, &source, &Landing { to: SkillsOf::Claude, ..Landing::default() }).expect_err("there");
        assert!(matches!(error.what, Notice::Edit(EditNotice::SkillThere { .. })), "{error:?}");
        assert_eq!(tree(&world.places.directory), before, "{what}");
        let installed = install(&world, &source, &replacing(SkillsOf::Claude)).expect("installed");
        assert_eq!(fs::read_to_string(installed.places[0].join("docs/a.md")).expect("read"), "new", "{what}");
        assert!(!installed.places[0].is_symlink() && !installed.places[0].join("mine").exists(), "{what}");
        assert_eq!(fs::read_to_string(shared.join("mine/notes")).expect("read"), "mine 😀", "{what}");
        // Somebody changed it: nothing is taken back without their choice.
        fs::write(installed.places[0].join("docs/a.md"), "changed").expect("written");
        assert_eq!(edit::undo(&world.places, None, None).expect_err("changed").code, ErrorCode::ChangedSince);
        fs::write(installed.places[0].join("docs/a.md"), "new").expect("written");
        edit::undo(&world.places, None, None).expect("undone");
        assert_eq!(tree(&world.places.directory), before, "{what}");
        install(&world, &source, &replacing(SkillsOf::Claude)).expect("installed");
        fs::write(installed.places[0].join("docs/a.md"), "changed").expect("written");
        edit::undo(&world.places, None, Some(UndoChoice::Before)).expect("undone");
        assert_eq!(tree(&world.places.directory), before, "{what}");
    };
    check("a folder");
    fs::remove_dir_all(skills.join("s")).expect("removed");
    std::os::unix::fs::symlink("../../.agents/skills/s", skills.join("s")).expect("linked");
    check("a link");
    fs::remove_file(skills.join("s")).expect("removed");
    std::os::unix::fs::symlink("nowhere", skills.join("s")).expect("linked");
    check("a link that leads nowhere");
}

/// S6: what may be more than a skill is not replaced.
#[test]
fn what_may_be_more_stays() {
    let world = World::new();
    let source = source(&world, "s", "new");
    let place = world.places.skills_to_edit(Scope::Project, SkillsOf::OpenCode).join("s");
    for (file, is_more) in [("x/.git/HEAD", true), ("inner/SKILL.md", true), ("package.json", false)] {
        fs::create_dir_all(place.join(file).parent().expect("a parent")).expect("made");
        fs::write(place.join(SKILL), named("s")).expect("written");
        fs::write(place.join(file), named("inner")).expect("written");
        let before = tree(&world.places.directory);
        match install(&world, &source, &replacing(SkillsOf::OpenCode)) {
            Ok(_) => {
                assert!(!is_more, "{file}");
                edit::undo(&world.places, None, None).expect("undone");
            }
            Err(error) => {
                let told = matches!(error.what, Notice::Edit(EditNotice::SkillNotReplaced { .. }));
                assert!(is_more && told, "{file}: {error:?}");
            }
        }
        assert_eq!(tree(&world.places.directory), before, "{file}");
        fs::remove_dir_all(&place).expect("removed");
    }
    let inside = place.display().to_string();
    fs::create_dir_all(&place).expect("made");
    fs::write(place.join(SKILL), named("s")).expect("written");
    let error = install(&world, &inside, &replacing(SkillsOf::OpenCode)).expect_err("it is itself");
    assert!(matches!(error.what, Notice::Edit(EditNotice::SkillIntoItself { .. })), "{error:?}");
}

/// S4: whoever is cut off between any two steps of a replacement, or of its undoing, leaves what was there or the new skill,
/// and nothing beside it.
#[test]
fn a_replacement_that_was_cut_off_is_judged_by_what_is_on_disk() {
    #[derive(Clone, Copy, Debug)]
    enum At {
        NotBegun,
        NewBeside,
        OldBeside,
        Made,
    }
    let check = |ending: &str, at: At| {
        let is_new = matches!(at, At::Made);
        let world = World::new();
        let source = source(&world, "s", "new");
        let place = world.places.skills_to_edit(Scope::Project, SkillsOf::OpenCode).join("s");
        fs::create_dir_all(&place).expect("made");
        fs::write(place.join(SKILL), named("s")).expect("written");
        let before = tree(&world.places.directory);
        let installed = install(&world, &source, &replacing(SkillsOf::OpenCode)).expect("installed");
        let after = tree(&world.places.directory);
        let record = |ending: &str| world.places.state.join("undo").join(format!("{}.{ending}", installed.token));
        let kept: serde_json::Value = serde_json::from_slice(&fs::read(record("json")).expect("read")).expect("JSON");
        let replaced = if kept["was"] == "together" { kept["parts"][0].clone() } else { kept };
        let path = |key: &str| PathBuf::from(replaced[key].as_str().expect("a path"));
        let (beside, trash) = (path("beside"), path("trash"));
        let back = || {
            fs::rename(&place, world.path("new")).expect("moved");
            fs::rename(&trash, &place).expect("moved");
            fs::remove_dir(trash.parent().expect("a parent")).expect("empty");
        };
        if !is_new {
            // What is written down comes after the folder, and goes before it.
            fs::remove_file(world.places.directory.join("skills-lock.json")).expect("removed");
            fs::remove_dir_all(world.places.common_state.join("skills")).expect("removed");
        }
        match at {
            At::NotBegun => back(),
            At::NewBeside => {
                back();
                fs::rename(world.path("new"), &beside).expect("moved");
            }
            At::OldBeside => fs::rename(&trash, &beside).expect("moved"),
            At::Made => {}
        }
        fs::rename(record("json"), record(ending)).expect("cut off");
        // Whoever comes next judges it, and fails.
        edit::undo(&world.places, Some("none"), None).expect_err("no such change");
        if is_new {
            assert_eq!(tree(&world.places.directory), after, "{ending} {at:?}");
        }
        // What was not yet wholly taken back still can be.
        let is_left = is_new || ending == "undoing" && matches!(at, At::OldBeside);
        assert_eq!(record("json").exists(), is_left, "{ending} {at:?}");
        if is_left {
            edit::undo(&world.places, None, None).expect("undone");
        }
        assert_eq!(tree(&world.places.directory), before, "{ending} {at:?}");
    };
    for at in [At::NotBegun, At::NewBeside, At::OldBeside, At::Made] {
        check("intended", at);
        check("undoing", at);
    }
}

/// M4: whoever reads meanwhile sees the old skill or the new one.
#[test]
#[cfg(target_os = "linux")]
fn a_reader_sees_the_old_one_or_the_new_one() {
    let world = World::new();
    let place = world.places.skills_to_edit(Scope::Project, SkillsOf::OpenCode).join("s");
    let texts = ["one", "two"].map(|body| {
        let long = body.repeat(20_000);
        (source(&world, "s", &long), format!("{}{long}", named("s")))
    });
    install(&world, &texts[1].0, &Landing::default()).expect("installed");
    let is_done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut count = 0;
            while !is_done.load(std::sync::atomic::Ordering::Relaxed) || count < 10_000 {
                let text = fs::read_to_string(place.join(SKILL)).expect("there at any time");
                assert!(texts.iter().any(|(_, whole)| *whole == text), "{} bytes", text.len());
                count += 1;
            }
        });
        for number in 0..60 {
            fs::write(Path::new(&texts[0].0).join(SKILL), &texts[number % 2].1).expect("written");
            install(&world, &texts[0].0, &replacing(SkillsOf::OpenCode)).expect("installed");
        }
        is_done.store(true, std::sync::atomic::Ordering::Relaxed);
        reader.join().expect("read");
    });
}
