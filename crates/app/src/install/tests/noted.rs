//! Where installed skills are from, as it is written down.

use serde_json::{Value, json};

use super::{
    landing::{install, source, tree},
    *,
};
use crate::{
    edit::{self, There},
    files::scan::scan,
    provenance::Provenance,
};

/// A lock as the tool `skills` writes it, with an entry of its own and something that nobody here knows.
const THEIRS: &str = "{\n  \"version\": 1,\n  \"more\": true,\n  \"skills\": {\n    \"theirs\": {\n      \"source\": \"o/r\",\n      \"sourceType\": \"github\",\n      \"subagents\": [\n        \"\"\n      ],\n      \"computedHash\": \"00\"\n    }\n  }\n}\n";

fn lock(world: &World) -> PathBuf {
    world.places.directory.join("skills-lock.json")
}

fn entries(world: &World) -> Value {
    let text = fs::read_to_string(lock(world)).expect("a lock");
    serde_json::from_str::<Value>(&text).expect("JSON")["skills"].clone()
}

fn remove(world: &World, name: &str) -> Result<edit::Removed, UserError> {
    let rows = scan(&world.places, None).expect("no fault").rows;
    edit::remove(&world.places, edit::find(&rows, rekindle_domain::Kind::Skill, name, Scope::Project).expect("listed"))
}

fn known(world: &World) -> usize {
    fs::read_dir(world.places.common_state.join("skills")).into_iter().flatten().count()
}

/// A repository with this skill in a folder; its address, and its commit.
pub(super) fn repository(world: &World, files: &[(&str, &str)]) -> (String, String) {
    repository_at(&world.path("repository"), files)
}

pub(super) fn repository_at(folder: &Path, files: &[(&str, &str)]) -> (String, String) {
    let git = |arguments: &[&str]| {
        let mut command = Command::new("git");
        command.current_dir(folder).args(["-c", "user.name=n", "-c", "user.email=e@h.org"]).args(arguments);
        let output = command.output().expect("git runs");
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).expect("text").trim().to_owned()
    };
    fs::create_dir_all(folder).expect("made");
    if !folder.join(".git").exists() {
        git(&["init", "--quiet", "--initial-branch=main"]);
    }
    for (path, text) in files {
        fs::create_dir_all(folder.join(path).parent().expect("a parent")).expect("made");
        fs::write(folder.join(path), text).expect("written");
    }
    git(&["add", "--all"]);
    git(&["commit", "--quiet", "--message=x"]);
    (format!("git+file://{}#main", folder.display()), git(&["rev-parse", "HEAD"]))
}

/// S3: an install and its lock are one change. Taken back, the lock is as it was, byte for byte, also where there was none;
/// removing takes the entry away, and undoing that brings it back.
#[test]
fn a_lock_comes_and_goes_with_the_skill() {
    for before in [None, Some(THEIRS), Some("{\"version\":1,\"skills\":{}}")] {
        let world = World::new();
        let source = source(&world, "s", "one");
        before.into_iter().for_each(|text| fs::write(lock(&world), text).expect("written"));
        let empty = tree(&world.places.directory);
        install(&world, &source, &Landing::default()).expect("installed");
        let whole = tree(&world.places.directory);
        let entry = entries(&world)["s"].clone();
        let [kind, from] = ["sourceType", "source"].map(|key| entry[key].as_str().expect("text"));
        assert_eq!((kind, from, &entry["rekindle"]["place"]), ("local", "../source/s", &json!(".opencode/skills/s")));
        assert!(entry["rekindle"]["tree"].as_str().is_some_and(|tree| tree.starts_with("sha256:")));
        assert_eq!(before == Some(THEIRS), entries(&world)["theirs"]["subagents"] == json!([""]), "theirs stays");
        remove(&world, "s").expect("removed");
        assert_eq!(lock(&world).exists(), before.is_some(), "one that came with the skill goes with it");
        assert!(before.is_none() || entries(&world).get("s").is_none());
        assert_eq!(known(&world), 0);
        edit::undo(&world.places, None, None).expect("undone");
        assert_eq!((tree(&world.places.directory), known(&world)), (whole, 1));
        edit::undo(&world.places, None, None).expect("undone");
        let mut now = tree(&world.places.directory);
        now.retain(|path, held| held != "a folder" || empty.contains_key(path));
        assert_eq!((now, known(&world)), (empty, 0), "{before:?}");
    }
}

/// S3: what another tool writes to the lock meanwhile is neither lost nor in the way.
#[test]
fn entries_of_others_stay_whatever_is_undone() {
    let world = World::new();
    let source = source(&world, "s", "one");
    install(&world, &source, &Landing::default()).expect("installed");
    let theirs = json!({"source": "o/r", "sourceType": "github", "computedHash": "0"});
    let mut whole: Value = serde_json::from_str(&fs::read_to_string(lock(&world)).expect("read")).expect("JSON");
    let skills = whole.get_mut("skills").and_then(Value::as_object_mut).expect("an object");
    skills.insert("theirs".to_owned(), theirs.clone());
    fs::write(lock(&world), serde_json::to_string_pretty(&whole).expect("JSON") + "\n").expect("written");
    edit::undo(&world.places, None, None).expect("undone");
    assert_eq!(entries(&world), json!({"theirs": theirs}));
}

/// S3: a lock that cannot be read keeps a skill from being installed, and from nothing else. One of a later version is left
/// alone.
#[test]
fn a_lock_that_cannot_be_read_is_left_alone() {
    let world = World::new();
    let source = source(&world, "s", "one");
    for text in ["{\n<<<<<<< ours\n", "[]", "{\"version\": 1}"] {
        fs::write(lock(&world), text).expect("written");
        let error = install(&world, &source, &Landing::default()).expect_err("broken");
        assert_eq!((error.code, error.path), (ErrorCode::NotJson, Some(lock(&world).display().to_string())));
        assert!(!world.places.directory.join(".opencode").exists());
        assert_eq!((fs::read_to_string(lock(&world)).expect("read").as_str(), known(&world)), (text, 0));
    }
    let later = "{\"version\": 2, \"skills\": {}}";
    fs::write(lock(&world), later).expect("written");
    let installed = install(&world, &source, &Landing::default()).expect("installed");
    assert!(matches!(installed.remark, Some(Notice::Install(InstallNotice::LockUnknown { .. }))));
    fs::write(lock(&world), "broken").expect("written");
    let removed = remove(&world, "s").expect("removed");
    assert!(matches!(removed.remark, Some(Notice::Install(InstallNotice::LockBroken { .. }))));
    edit::undo(&world.places, None, None).expect("undone");
    edit::undo(&world.places, None, None).expect("undone");
    assert_eq!(fs::read_to_string(lock(&world)).expect("read"), "broken");
}

/// S3: whoever is cut off between the folder and the lock leaves neither.
#[test]
fn an_install_that_was_cut_off_before_its_lock_leaves_nothing() {
    for is_replaced in [false, true] {
        let world = World::new();
        let source = source(&world, "s", "one");
        fs::write(lock(&world), THEIRS).expect("written");
        let place = world.places.directory.join(".opencode/skills/s");
        if is_replaced {
            fs::create_dir_all(&place).expect("made");
            fs::write(place.join(SKILL), named("s")).expect("written");
        }
        fs::create_dir_all(world.places.directory.join(".opencode/skills")).expect("made");
        let before = tree(&world.places.directory);
        let landing = Landing { there: There::IsReplaced, ..Landing::default() };
        let installed = install(&world, &source, &landing).expect("installed");
        let record = |ending: &str| world.places.state.join("undo").join(format!("{}.{ending}", installed.token));
        fs::rename(record("json"), record("intended")).expect("cut off");
        fs::write(lock(&world), THEIRS).expect("not written yet");
        edit::undo(&world.places, None, None).expect_err("nothing to undo");
        assert_eq!((tree(&world.places.directory), known(&world)), (before.clone(), 0), "replaced: {is_replaced}");

        // Undone as far as the lock: that goes on the next time.
        let installed = install(&world, &source, &landing).expect("installed");
        let record = |ending: &str| world.places.state.join("undo").join(format!("{}.{ending}", installed.token));
        fs::rename(record("json"), record("undoing")).expect("cut off");
        fs::write(lock(&world), THEIRS).expect("undone");
        edit::undo(&world.places, None, None).expect("undone");
        assert_eq!((tree(&world.places.directory), known(&world)), (before, 0), "replaced: {is_replaced}");
    }
}

/// S3: where a skill is from is listed; of a repository, which state of it.
#[test]
fn rows_tell_where_a_skill_is_from() {
    let world = World::new();
    let (address, commit) = repository(&world, &[("skills/s/SKILL.md", &named("s")), ("README.md", "x")]);
    install(&world, &address, &Landing { to: SkillsOf::Claude, ..Landing::default() }).expect("installed");
    let entry = entries(&world)["s"].clone();
    assert_eq!((&entry["sourceType"], &entry["ref"]), (&json!("git"), &json!("main")));
    assert_eq!((&entry["skillPath"], &entry["rekindle"]["resolved"]), (&json!("skills/s/SKILL.md"), &json!(commit)));
    let mut rows: Vec<_> =
        scan(&world.places, None).expect("no fault").rows.iter().map(|row| (**row).clone()).collect();
    Provenance::of(&world.places).tell(&mut rows);
    let from = rows.iter().find(|row| row.name == "s").and_then(|row| row.from.clone()).expect("known");
    assert!(from.source.starts_with("file:///") && from.source.ends_with("repository#main"), "{from:?}");
    assert_eq!((from.path.as_deref(), from.resolved), (Some("skills/s/SKILL.md"), Some(commit)));
}

/// S3, S6: of a skill that another tool linked into a second folder the link goes, and the skill and its entry stay.
#[test]
#[cfg(unix)]
fn a_link_goes_without_what_it_leads_to() {
    let world = World::new();
    let source = source(&world, "s", "one");
    install(&world, &source, &Landing { to: SkillsOf::Agents, ..Landing::default() }).expect("installed");
    let claude = world.places.directory.join(".claude/skills");
    fs::create_dir_all(&claude).expect("made");
    std::os::unix::fs::symlink("../../.agents/skills/s", claude.join("s")).expect("linked");
    let before = tree(&world.places.directory);
    let removed = remove(&world, ".claude/skills/s/SKILL.md").expect("removed");
    assert_eq!(removed.path, claude.join("s"));
    let mut without = before.clone();
    without.remove(".claude/skills/s");
    assert_eq!((tree(&world.places.directory), known(&world)), (without, 1));
    edit::undo(&world.places, None, None).expect("undone");
    assert_eq!(tree(&world.places.directory), before);
    // Meant without its place, it is the skill itself.
    let removed = remove(&world, "s").expect("removed");
    assert!(removed.path.ends_with(".agents/skills/s"), "{removed:?}");
    assert_eq!((lock(&world).exists(), known(&world)), (false, 0));
}

/// A lock comes with a project: nothing outside of it is believed to be one of its skills, nor a source.
#[test]
fn a_lock_leads_to_nothing_outside() {
    let world = World::new();
    let entry = |source: &str, place: &str| json!({"source": source, "sourceType": "local", "computedHash": "", "rekindle": {"place": place, "tree": ""}});
    let mut skills = json!({"a": entry("./x", "../../outside"), "b": entry("../source", ".opencode/skills/b"), "c": entry("./x", "/etc"), "d": entry("./x", ".opencode/skills/d")});
    let more = [
        (
            "e",
            json!({"source": "/etc", "sourceType": "npm", "computedHash": "", "rekindle": {"place": ".opencode/skills/e", "tree": ""}}),
        ),
        (
            "f",
            json!({"source": "o/r", "sourceUrl": "file:///etc", "sourceType": "github", "computedHash": "", "rekindle": {"place": ".opencode/skills/f", "tree": ""}}),
        ),
        (
            "g",
            json!({"source": "o/r", "sourceUrl": "https://evil.example/o/r.git", "sourceType": "github", "computedHash": "", "rekindle": {"place": ".opencode/skills/g", "tree": ""}}),
        ),
    ];
    skills.as_object_mut().expect("an object").extend(more.map(|(name, entry)| (name.to_owned(), entry)));
    fs::write(lock(&world), json!({"version": 1, "skills": skills}).to_string()).expect("written");
    let provenance = Provenance::of(&world.places);
    let known = |path: &str| provenance.find(&world.places.directory.join(path));
    assert!(known(".opencode/skills/e").is_some_and(|known| known.from.again("e").is_none()), "a path is no package");
    assert!(known(".opencode/skills/f").is_none());
    let shown = known(".opencode/skills/g").map(|known| known.from.shown());
    assert_eq!(shown.as_deref(), Some("https://evil.example/o/r.git"), "what is shown is what is fetched");
    let is_known = |path: &str| provenance.find(&world.places.directory.join(path)).is_some();
    assert_eq!(
        ["../../outside", ".opencode/skills/b", "/etc", ".opencode/skills/d"].map(is_known),
        [false, false, false, true]
    );
}
