use std::{collections::BTreeMap, fs};

use rekindle_domain::{Notice, RowState, UndoChoice};

use super::{undo::Entries, *};
use crate::{
    edit::last_good::LastGood,
    files::{scan::scan, walk::walk},
    install::{self, All, Wanted},
};

pub(super) fn places() -> (tempfile::TempDir, Places) {
    let root = tempfile::tempdir().expect("a folder");
    let directory = root.path().join("pro ject 😀");
    fs::create_dir_all(directory.join(".git")).expect("made");
    let mut places = Places::of(&directory).expect("places");
    places.state = root.path().join("state");
    places.common_state = root.path().join("state");
    places.global = root.path().join("global");
    (root, places)
}

/// Installs the one skill of a source for this project; its place, and a token for taking it back.
fn import_skill(places: &Places, source: &str) -> Result<(PathBuf, String), UserError> {
    let wanted = Wanted { source, scope: Some(Scope::Project), skills: &[], all: All::NotWanted };
    let mut installed = install_skills(places, &install::fetch(places, &wanted)?, &Landing::default())?;
    Ok((installed.places.remove(0), installed.token))
}

/// Whether a text is among what an error tells.
fn names(error: &UserError, text: &str) -> bool {
    format!("{:?}", error.what).contains(text)
}

/// P1: added, removed and taken back, byte for byte.
/// B9: what is declared in a file that would not load is listed, and can be removed and taken back, as long as the text
/// parses.
#[test]
fn a_file_that_would_not_load_hides_nothing() {
    let (_root, places) = places();
    let path = places.directory.join("opencode.json");
    let text = r#"{"username": "{file:none.txt}", "mcp": {"m": {"type": "local", "command": ["x"]}}}"#;
    fs::write(&path, text).expect("written");
    add_plugin(&places, "a@1", Scope::Project).expect("added");
    let found = scan(&places, None).expect("no fault");
    assert!(found.disk.items.iter().all(|item| item.name != "a" && item.name != "m"), "it is not live");
    let rows = found.rows.iter().filter(|row| row.kind != Kind::Config);
    let states: Vec<_> = rows.map(|row| (&*row.name, &row.state)).collect();
    assert!(matches!(states[..], [("a", RowState::NotRead { .. }), ("m", RowState::NotRead { .. })]), "{states:?}");
    remove(&places, find(&found.rows, Kind::Plugin, "a", Scope::Project).expect("listed")).expect("removed");
    assert_eq!(fs::read_to_string(&path).expect("read"), text);
    undo(&places, None, None).expect("undone");
    undo(&places, None, None).expect("undone");
    assert_eq!(fs::read_to_string(&path).expect("read"), text);
}

#[test]
fn plugins_come_and_go() {
    let (_root, places) = places();
    let path = places.directory.join("opencode.jsonc");
    let text = "{\n  // mine\n  \"plugin\": [\"a@1\",],\n}\n";
    fs::write(&path, text).expect("written");
    let token = add_plugin(&places, "b@2", Scope::Project).expect("added");
    assert_eq!(fs::read_to_string(&path).expect("read"), text.replace("\"a@1\",", "\"a@1\", \"b@2\","));
    assert!(matches!(add_plugin(&places, "b@3", Scope::Project), Err(UserError { code: ErrorCode::Declared, .. })));
    undo(&places, Some(&token), None).expect("undone");
    assert_eq!(fs::read_to_string(&path).expect("read"), text);
    let rows = scan(&places, None).expect("no fault").rows;
    let row = find(&rows, Kind::Plugin, "a", Scope::Project).expect("listed");
    remove(&places, row).expect("removed");
    assert_eq!(fs::read_to_string(&path).expect("read"), "{\n  // mine\n}\n");
    fs::write(&path, "{}").expect("someone else writes");
    assert!(matches!(undo(&places, None, None), Err(UserError { code: ErrorCode::ChangedSince, .. })));
    assert_eq!(fs::read_to_string(&path).expect("read"), "{}");
    undo(&places, None, Some(UndoChoice::Leave)).expect("left");
    assert_eq!(fs::read_to_string(&path).expect("read"), "{}");
    assert!(
        matches!(undo(&places, None, None), Err(UserError { code: ErrorCode::NothingToUndo, .. })),
        "it does not stand in the way"
    );
}

/// One of several with the same file name, and one of several skills in a folder.
#[test]
fn only_what_is_meant_is_removed() {
    let (_root, places) = places();
    let path = places.directory.join("opencode.json");
    fs::write(&path, r#"{"plugin": ["./a/index.ts", "./b/index.ts"]}"#).expect("written");
    let write = |path: &str, name: &str| {
        let path = places.directory.join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("made");
        fs::write(path, format!("---\nname: {name}\n---\n")).expect("written");
    };
    write(".opencode/skills/SKILL.md", "root");
    write(".opencode/skills/one/SKILL.md", "one");
    write(".opencode/skills/same/SKILL.md", "same");
    write(".claude/skills/same/SKILL.md", "same");
    let rows = scan(&places, None).expect("no fault").rows;
    let second = rows.iter().find(|row| row.id.as_str().ends_with("b/index.ts")).expect("listed");
    remove(&places, second).expect("removed");
    assert_eq!(fs::read_to_string(&path).expect("read"), r#"{"plugin": ["./a/index.ts"]}"#);
    assert!(matches!(
        find(&rows, Kind::Skill, "same", Scope::Project),
        Err(UserError { code: ErrorCode::Ambiguous, .. })
    ));
    find(&rows, Kind::Skill, ".claude/skills/same/SKILL.md", Scope::Project).expect("named by its path");
    remove(&places, find(&rows, Kind::Skill, "root", Scope::Project).expect("listed")).expect("removed");
    assert!(places.directory.join(".opencode/skills/one/SKILL.md").exists());
}

#[test]
fn what_is_no_plugin_is_not_written() {
    let (_root, places) = places();
    for spec in ["", "two words", "./missing.ts", "~/missing.ts", "a/b"] {
        assert!(
            matches!(add_plugin(&places, spec, Scope::Project), Err(UserError { code: ErrorCode::BadSpec, .. })),
            "{spec:?}"
        );
    }
    assert!(!places.directory.join("opencode.json").exists());
}

/// P2: removed with undo.
#[test]
fn skills_come_and_go() {
    let (root, places) = places();
    let source = root.path().join("source");
    fs::create_dir(&source).expect("made");
    fs::write(source.join("SKILL.md"), "---\nname: s\n---\n").expect("written");
    let (place, token) = import_skill(&places, &source.display().to_string()).expect("imported");
    assert!(place.join("SKILL.md").is_file());
    let rows = scan(&places, None).expect("no fault").rows;
    let removed = remove(&places, find(&rows, Kind::Skill, "s", Scope::Project).expect("listed")).expect("removed");
    assert!(!place.exists());
    undo(&places, Some(&removed.token), None).expect("undone");
    assert!(place.join("SKILL.md").is_file());
    undo(&places, Some(&token), None).expect("undone");
    assert!(!place.exists());
    assert!(matches!(undo(&places, None, None), Err(UserError { code: ErrorCode::NothingToUndo, .. })));
    assert!(matches!(undo(&places, Some("../x"), None), Err(UserError { code: ErrorCode::NothingToUndo, .. })));
}

/// Everything in the trash.
fn trashed(places: &Places) -> Vec<String> {
    let files = walk(&places.common_state.join("trash"), None, true).files;
    files.iter().map(|path| fs::read_to_string(path).expect("read")).collect()
}

/// B2: what somebody else wrote since is asked about, and never lost.
#[test]
fn a_change_of_a_file_that_went_on_is_taken_back_by_choice() {
    use UndoChoice::{Before, Leave, Ours};
    struct Case {
        what: &'static str,
        before: Option<&'static str>,
        is_removal: bool,
        since: Option<&'static str>,
        ours: Option<&'static str>,
    }
    let cases = [
        Case {
            what: "an entry was added, and a comment after it",
            before: Some("{\"plugin\": [\"a@1\"]}"),
            is_removal: false,
            since: Some("{\"plugin\": [\"a@1\", \"b@2\"] /* mine */, \"model\": \"x/y\"}"),
            ours: Some("{\"plugin\": [\"a@1\"] /* mine */, \"model\": \"x/y\"}"),
        },
        Case {
            what: "the entry that was added is gone already",
            before: Some("{\"plugin\": []}"),
            is_removal: false,
            since: Some("{\"plugin\": [], \"model\": \"x/y\"}"),
            ours: None,
        },
        Case {
            what: "the file does not parse any more",
            before: Some("{\"plugin\": []}"),
            is_removal: false,
            since: Some("{\"plugin\": [\"b@2\""),
            ours: None,
        },
        Case {
            what: "the file came with the entry, and somebody added to it",
            before: None,
            is_removal: false,
            since: Some("{\"plugin\": [\"b@2\", \"theirs\"]}"),
            ours: Some("{\"plugin\": [\"theirs\"]}"),
        },
        Case {
            what: "the file is gone",
            before: Some("{\"plugin\": [\"a@1\"]}"),
            is_removal: false,
            since: None,
            ours: None,
        },
        Case {
            what: "an entry was removed, and another one came",
            before: Some("{\"plugin\": [\"b@2\"]}"),
            is_removal: true,
            since: Some("{\"plugin\": [\"theirs\"]}"),
            ours: Some("{\"plugin\": [\"theirs\", \"b@2\"]}"),
        },
        Case {
            what: "the entry that was removed is back",
            before: Some("{\"plugin\": [\"b@2\"]}"),
            is_removal: true,
            since: Some("{\"plugin\": [\"b@2\", \"theirs\"]}"),
            ours: None,
        },
    ];
    for Case { what, before, is_removal, since, ours } in cases {
        for choice in [Ours, Before, Leave] {
            let (_root, places) = places();
            let path = places.directory.join("opencode.json");
            let put = |text: Option<&str>| match text {
                Some(text) => fs::write(&path, text).expect("written"),
                None => fs::remove_file(&path).unwrap_or_default(),
            };
            put(before);
            if is_removal {
                let rows = scan(&places, None).expect("no fault").rows;
                remove(&places, find(&rows, Kind::Plugin, "b", Scope::Project).expect("listed")).expect("removed");
            } else {
                add_plugin(&places, "b@2", Scope::Project).expect("added");
            }
            put(since);
            let possible: Vec<_> = [ours.map(|_| Ours), Some(Before), Some(Leave)].into_iter().flatten().collect();
            let Err(UserError { code: ErrorCode::ChangedSince, choices, .. }) = undo(&places, None, None) else {
                panic!("{what}: somebody else's text was touched")
            };
            assert_eq!(choices, possible, "{what}");
            let expected = match choice {
                Ours if ours.is_none() => {
                    assert!(
                        matches!(undo(&places, None, Some(Ours)), Err(UserError { code: ErrorCode::ChangedSince, .. })),
                        "{what}"
                    );
                    since
                }
                Ours => ours,
                Before => before,
                Leave => since,
            };
            if possible.contains(&choice) {
                undo(&places, None, Some(choice)).expect("done");
                assert!(
                    matches!(undo(&places, None, None), Err(UserError { code: ErrorCode::NothingToUndo, .. })),
                    "{what}: once"
                );
            }
            assert_eq!(fs::read_to_string(&path).ok().as_deref(), expected, "{what}: {choice:?}");
            let kept: Vec<_> = if choice == Before { since.into_iter().collect() } else { Vec::new() };
            assert_eq!(trashed(&places), kept, "{what}: {choice:?}");
        }
    }
}

/// B2: the same for folders: a skill that was edited after it was installed, or installed again after it
/// was removed.
#[test]
fn a_skill_that_went_on_is_taken_back_by_choice() {
    use UndoChoice::{Before, Leave};
    let (root, places) = places();
    let source = root.path().join("source");
    fs::create_dir(&source).expect("made");
    fs::write(source.join("SKILL.md"), "---\nname: s\n---\n").expect("written");
    let import = || import_skill(&places, &source.display().to_string()).expect("imported").0;
    let place = import();
    fs::write(place.join("more.txt"), "theirs").expect("written");
    let choices = |expected: &[UndoChoice]| match undo(&places, None, None) {
        Err(UserError { code: ErrorCode::ChangedSince, choices, .. }) => assert_eq!(choices, expected),
        other => panic!("{other:?}"),
    };
    choices(&[Before, Leave]);
    assert!(place.join("more.txt").exists());
    undo(&places, None, Some(Before)).expect("done");
    assert!(!place.exists());
    assert!(trashed(&places).contains(&"theirs".to_owned()));

    let place = import();
    let rows = scan(&places, None).expect("no fault").rows;
    remove(&places, find(&rows, Kind::Skill, "s", Scope::Project).expect("listed")).expect("removed");
    fs::create_dir_all(&place).expect("made");
    fs::write(place.join("SKILL.md"), "theirs, too").expect("written");
    choices(&[Before, Leave]);
    undo(&places, None, Some(Before)).expect("done");
    assert_eq!(fs::read_to_string(place.join("SKILL.md")).expect("read"), "---\nname: s\n---\n");
    assert!(trashed(&places).contains(&"theirs, too".to_owned()));

    // Someone removed what was installed: what is left to take back is that it is written down, and it is no obstacle.
    fs::remove_dir_all(&place).expect("removed");
    undo(&places, None, None).expect("undone");
    assert!(!places.directory.join("skills-lock.json").exists());
    assert!(matches!(undo(&places, None, None), Err(UserError { code: ErrorCode::NothingToUndo, .. })));
}

/// The files below a folder with their texts; a link with where it leads.
fn tree(folder: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut left = vec![folder.to_owned()];
    while let Some(folder) = left.pop() {
        for entry in fs::read_dir(folder).expect("listed") {
            let path = entry.expect("an entry").path();
            let name = path.display().to_string();
            match path.read_link() {
                Ok(target) => drop(found.insert(name, format!("-> {}", target.display()))),
                Err(_) if path.is_dir() => {
                    found.insert(name, String::new());
                    left.push(path);
                }
                Err(_) => drop(found.insert(name, fs::read_to_string(path).expect("read"))),
            }
        }
    }
    found
}

fn write_skill(places: &Places, path: &str, name: &str) {
    let path = places.directory.join(path).join("SKILL.md");
    fs::create_dir_all(path.parent().expect("a parent")).expect("made");
    fs::write(path, format!("---\nname: {name}\n---\n")).expect("written");
}

fn remove_skill(places: &Places, name: &str) -> Removed {
    let rows = scan(places, None).expect("no fault").rows;
    remove(places, find(&rows, Kind::Skill, name, Scope::Project).expect("listed")).expect("removed")
}

/// N16: what takes a change back is written down first; where it cannot be, nothing is touched, not even a
/// folder is made.
#[test]
fn nothing_is_changed_that_cannot_be_written_down() {
    let (root, places) = places();
    let source = root.path().join("source");
    fs::create_dir(&source).expect("made");
    fs::write(source.join("SKILL.md"), "---\nname: new\n---\n").expect("written");
    fs::write(places.directory.join("opencode.json"), r#"{"plugin": ["a@1"], "model": "a/b"}"#).expect("written");
    fs::create_dir_all(places.directory.join(".opencode/plugins")).expect("made");
    fs::write(places.directory.join(".opencode/plugins/p.ts"), "export {}").expect("written");
    write_skill(&places, ".claude/skills/s", "s");
    let last_good = LastGood::of(&places);
    let good = last_good
        .keep(&scan(&places, None).expect("no fault"), crate::edit::last_good::Standing::Loaded)
        .expect("kept");
    fs::write(places.directory.join("opencode.json"), r#"{"plugin": ["a@1"]}"#).expect("written");
    fs::write(places.state.join("undo"), "no folder").expect("written");
    let before = tree(&places.directory);
    let rows = scan(&places, None).expect("no fault").rows;
    let row = |kind, name| find(&rows, kind, name, Scope::Project).expect("listed");
    let source = source.display().to_string();
    type Change<'a> = (&'a str, &'a dyn Fn() -> Result<(), UserError>);
    let changes: [Change<'_>; 6] = [
        ("declare", &|| add_plugin(&places, "b@1", Scope::Project).map(drop)),
        ("no more", &|| remove(&places, row(Kind::Plugin, "a")).map(drop)),
        ("a plugin's file", &|| remove(&places, row(Kind::Plugin, "p.ts")).map(drop)),
        ("a skill", &|| remove(&places, row(Kind::Skill, "s")).map(drop)),
        ("import", &|| import_skill(&places, &source).map(drop)),
        ("restore", &|| last_good.restore(&good).map(drop)),
    ];
    for (what, change) in changes {
        let error = change().expect_err(what);
        assert_eq!(error.code.word(), "not-recorded", "{what}: {error:?}");
        assert_eq!(tree(&places.directory), before, "{what}");
    }
    fs::remove_file(places.state.join("undo")).expect("removed");
    for (what, change) in changes {
        change().expect(what);
    }
    for (what, _) in changes {
        undo(&places, None, None).expect(what);
    }
    let now = tree(&places.directory);
    assert!(before.iter().all(|entry| now.get(entry.0) == Some(entry.1)), "{now:?}");
    assert!(trashed(&places).contains(&"---\nname: new\n---\n".to_owned()), "only what was imported is in the trash");
}

/// N16: a change that was made and cannot be noted is taken back; one that cannot be taken back either says what
/// was done, and can be taken back later.
#[test]
fn a_change_that_cannot_be_noted_is_taken_back() {
    let (_root, places) = places();
    let path = places.directory.join("opencode.json");
    let undo_of = || Undo::Edited {
        path: path.clone(),
        before: None,
        after: Some("{}".to_owned()),
        entries: Entries::Unknown,
        room: None,
    };
    let lose_record = || {
        for entry in fs::read_dir(places.state.join("undo")).expect("listed") {
            let record = entry.expect("an entry").path();
            if record.extension().is_some_and(|ending| ending == "intended") {
                fs::remove_file(record).expect("removed");
            }
        }
    };
    let records = Records::open(&places).expect("open");
    let made = records.carry_out(&places, &undo_of(), || {
        fs::write(&path, "{}").expect("written");
        lose_record();
        Ok::<_, UserError>(())
    });
    assert!(matches!(made, Err(UserError { code: ErrorCode::NotRecorded, .. })), "{made:?}");
    assert!(!path.exists());
    let made = records.carry_out(&places, &undo_of(), || {
        fs::write(&path, "somebody else's").expect("written");
        lose_record();
        Ok::<_, UserError>(())
    });
    let told = made.expect_err("not noted");
    assert_eq!(told.code.word(), "half-done");
    let changed = EditNotice::FileChanged { path: path.display().to_string() };
    let is_told = |what: &Notice| matches!(what, Notice::Edit(EditNotice::HalfDone { done, .. }) if **done == changed);
    assert!(is_told(&told.what), "{told:?}");
}

/// N16: whoever comes after a crash finds out what became of a change, in each moment of it.
#[test]
fn a_change_that_was_cut_off_is_judged_by_what_is_on_disk() {
    let undo_folder = |places: &Places| places.state.join("undo");
    let set_stage = |places: &Places, token: &str, stage: &str| {
        let record = undo_folder(places).join(token);
        fs::rename(record.with_extension("json"), record.with_extension(stage)).expect("renamed");
    };
    // Of each kind: how it is done, and how to bring about by hand what was before.
    type Kind<'a> = (&'a str, &'a dyn Fn(&Places) -> String, &'a dyn Fn(&Places));
    let kinds: [Kind<'_>; 3] = [
        ("declared", &|places| add_plugin(places, "b@1", Scope::Project).expect("added"), &|places| {
            fs::remove_file(places.directory.join("opencode.json")).expect("removed")
        }),
        ("removed", &|places| remove_skill(places, "s").token, &|places| {
            let trash = walk(&places.common_state.join("trash"), None, true).files;
            let place = trash[0].parent().expect("a folder");
            fs::rename(place, places.directory.join(".opencode/skills/s")).expect("moved");
        }),
        (
            "imported",
            &|places| {
                let source = places.directory.join("source").display().to_string();
                import_skill(places, &source).expect("imported").1
            },
            &|places| {
                fs::remove_dir_all(places.directory.join(".opencode/skills/new")).expect("removed");
                fs::remove_dir_all(places.common_state.join("skills")).expect("removed");
                fs::remove_file(places.directory.join("skills-lock.json")).expect("removed");
            },
        ),
    ];
    for (what, change, revert) in kinds {
        for (stage, is_made) in [("intended", true), ("intended", false), ("undoing", true), ("undoing", false)] {
            let (_root, places) = places();
            write_skill(&places, ".opencode/skills/s", "s");
            write_skill(&places, "source", "new");
            let token = change(&places);
            set_stage(&places, &token, stage);
            if !is_made {
                revert(&places);
            }
            let undone = undo(&places, None, None);
            match is_made {
                true => assert!(undone.is_ok(), "{what}, {stage}: {undone:?}"),
                false => assert!(
                    matches!(undone, Err(UserError { code: ErrorCode::NothingToUndo, .. })),
                    "{what}, {stage}: {undone:?}"
                ),
            }
            assert!(!places.directory.join("opencode.json").exists(), "{what}, {stage}, {is_made}");
            assert!(places.directory.join(".opencode/skills/s/SKILL.md").exists(), "{what}, {stage}, {is_made}");
            assert!(!places.directory.join(".opencode/skills/new").exists(), "{what}, {stage}, {is_made}");
            let left: Vec<_> = fs::read_dir(undo_folder(&places))
                .expect("listed")
                .map(|entry| entry.expect("it").file_name())
                .collect();
            assert_eq!(left.len(), 2, "the lock and the counter: {left:?}");
        }
    }
}

/// N16: a skill that could be neither moved as a whole nor put back can be taken back: it comes from where it was left.
#[test]
fn what_a_move_left_aside_comes_back() {
    for stage in ["json", "intended"] {
        let (_root, places) = places();
        write_skill(&places, ".opencode/skills/s", "s");
        let token = remove_skill(&places, "s").token;
        let record = places.state.join("undo").join(token);
        fs::rename(record.with_extension("json"), record.with_extension(stage)).expect("renamed");
        let trash = walk(&places.common_state.join("trash"), None, true).files;
        let place = trash[0].parent().and_then(Path::parent).and_then(Path::file_name).expect("its own");
        let aside = format!(".opencode/skills/.rekindle-{}", place.to_str().expect("a name"));
        write_skill(&places, &aside, "s");
        fs::write(places.directory.join(&aside).join("since.txt"), "theirs").expect("written");
        let undone = undo(&places, None, None);
        // Whoever comes after a crash puts it back at once, and then there was no removal.
        assert!(
            undone.is_ok()
                || stage == "intended" && matches!(undone, Err(UserError { code: ErrorCode::NothingToUndo, .. })),
            "{undone:?}"
        );
        let text = fs::read_to_string(places.directory.join(".opencode/skills/s/since.txt")).expect("it is back");
        assert_eq!((text.as_str(), places.directory.join(&aside).exists()), ("theirs", false), "{stage}");
        assert!(trash[0].exists(), "{stage}: the copy stays");
    }
}

/// N16: the last change is the one that was made last, whatever the clock said; records of an earlier version,
/// which were ordered by it, are read as well.
#[test]
fn the_order_is_that_of_a_counter() {
    let (_root, places) = places();
    for name in ["one", "two", "old", "older"] {
        write_skill(&places, &format!(".opencode/skills/{name}"), name);
    }
    let old_record = |name: &str, token: &str| {
        let (from, trash) = (
            places.directory.join(".opencode/skills").join(name),
            places.common_state.join("trash").join(name).join(name),
        );
        fs::create_dir_all(trash.parent().expect("a parent")).expect("made");
        fs::rename(&from, &trash).expect("moved");
        let record = serde_json::json!({"was": "removed", "from": from, "trash": trash});
        fs::create_dir_all(places.state.join("undo")).expect("made");
        fs::write(places.state.join(format!("undo/{token}.json")), record.to_string()).expect("written");
    };
    // In a year that has not come yet, and of a length that an earlier year has not.
    old_record("old", "99999999999999999-7");
    old_record("older", "1700000000000000-4242");
    remove_skill(&places, "one");
    let token = remove_skill(&places, "two").token;
    let is_back = |name: &str| places.directory.join(".opencode/skills").join(name).join("SKILL.md").exists();
    for name in ["two", "one", "old", "older"] {
        assert!(!is_back(name));
        undo(&places, None, None).expect(name);
        assert!(is_back(name), "{name}");
    }
    let later = remove_skill(&places, "one").token;
    assert!(later > token, "a number is not used again: {later}");
    assert!(matches!(undo(&places, Some(&token), None), Err(UserError { code: ErrorCode::NothingToUndo, .. })));
}

/// N16: a record that cannot be read is told, and nothing older is taken back in its place; a counter that is damaged
/// is counted on from the records.
#[test]
fn what_cannot_be_read_is_not_passed_over() {
    let (_root, places) = places();
    let records = places.state.join("undo");
    write_skill(&places, ".opencode/skills/one", "one");
    write_skill(&places, ".opencode/skills/two", "two");
    let first = remove_skill(&places, "one").token;
    fs::write(records.join("sequence"), u64::MAX.to_string()).expect("written");
    let token = remove_skill(&places, "two").token;
    assert!(token > first, "{token}");
    let place = places.directory.join(".opencode/skills/one/SKILL.md");
    for damaged in ["{", "", "[]", "\u{0}"] {
        fs::write(records.join(format!("{token}.json")), damaged).expect("written");
        assert!(
            matches!(undo(&places, None, None), Err(UserError { code: ErrorCode::UnreadableRecord, .. })),
            "{damaged:?}"
        );
        assert!(!place.exists(), "{damaged:?}");
    }
    undo(&places, None, Some(UndoChoice::Leave)).expect("passed over");
    undo(&places, None, None).expect("taken back");
    assert!(place.exists());
}

/// N16: what was done in a folder is nothing of another folder that came to be at its path.
#[test]
fn a_record_belongs_to_the_folder_and_not_to_its_path() {
    let (root, places) = places();
    write_skill(&places, ".opencode/skills/s", "s");
    let token = remove_skill(&places, "s").token;
    let aside = root.path().join("aside");
    fs::rename(&places.directory, &aside).expect("moved");
    fs::create_dir_all(places.directory.join(".git")).expect("a new project");
    for token in [None, Some(token.as_str())] {
        let refused = undo(&places, token, None).expect_err("the other's");
        assert_eq!(refused.what, Notice::from(EditNotice::OfFolderBefore { count: 1 }));
    }
    assert_eq!(tree(&places.directory).len(), 1, "nothing came into it");
    fs::remove_dir_all(&places.directory).expect("removed");
    fs::rename(&aside, &places.directory).expect("moved back");
    undo(&places, None, None).expect("it is the folder");
    assert!(places.directory.join(".opencode/skills/s/SKILL.md").exists());
    // Made anew at once, a folder often gets the number of the one that was removed.
    remove_skill(&places, "s");
    fs::remove_dir_all(&places.directory).expect("removed");
    fs::create_dir_all(&places.directory).expect("a new project");
    write_skill(&places, ".opencode/skills/new", "new");
    remove_skill(&places, "new");
    undo(&places, None, None).expect("its own");
    let error = undo(&places, None, None).expect_err("the other's");
    assert_eq!(error.code.word(), "nothing-to-undo");
    assert_eq!(error.what, Notice::from(EditNotice::OfFolderBefore { count: 1 }));
}

/// N16: a directory that is gone comes back, or what was in it; its places are told from its path.
#[test]
fn a_directory_that_is_gone_can_be_undone() {
    let (_root, places) = places();
    let names = ["a", "b", "c"];
    for name in names {
        write_skill(&places, &format!(".opencode/skills/{name}"), name);
        remove_skill(&places, name);
    }
    let is_there = |name: &str| places.directory.join(".opencode/skills").join(name).join("SKILL.md").exists();
    for times in 0..2 {
        fs::remove_dir_all(&places.directory).expect("removed");
        undo(&places, None, None).expect("undone");
        assert_eq!(names.map(is_there), [false, times == 1, times == 0], "the last one that is left");
    }
    // It was made by the undo, so it is the same folder as before to what else was done there.
    undo(&places, None, None).expect("undone");
    assert_eq!(names.map(is_there), [true, true, false]);
    assert!(matches!(undo(&places, None, None), Err(UserError { code: ErrorCode::NothingToUndo, .. })));
}

/// N16: state that cannot be read is not taken for none.
#[cfg(unix)]
#[test]
fn what_is_kept_and_cannot_be_read_is_not_nothing() {
    type Damage<'a> = (&'a str, &'a dyn Fn(&Places));
    let in_place_of = |folder: &Path| {
        fs::rename(folder, folder.with_extension("aside")).expect("moved");
        fs::write(folder, "").expect("written");
    };
    let damages: [Damage<'_>; 3] = [
        ("the state is a file", &|places| in_place_of(&places.state)),
        ("the records are a file", &|places| in_place_of(&places.state.join("undo"))),
        ("the records are a loop of links", &|places| {
            fs::rename(places.state.join("undo"), places.state.join("aside")).expect("moved");
            std::os::unix::fs::symlink("undo", places.state.join("undo")).expect("linked");
        }),
    ];
    for (what, damage) in damages {
        let (_root, places) = places();
        add_plugin(&places, "a@1", Scope::Project).expect("added");
        damage(&places);
        let error = undo(&places, None, None).expect_err(what);
        assert_eq!(error.code.word(), "unreadable-state", "{what}");
        assert!(
            matches!(error.what, Notice::State(_)) && names(&error, &places.state.display().to_string()),
            "{error:?}"
        );
        assert!(record::Strays::of(&places).is_err(), "{what}");
    }
}

/// N16: what is kept and leads nowhere can be found: records that cannot be read, and what no record refers to.
#[test]
fn what_leads_nowhere_is_found() {
    let (_root, places) = places();
    let found = || {
        let strays = record::Strays::of(&places).expect("read");
        (strays.records, strays.trash)
    };
    assert_eq!(found(), (vec![], vec![]), "nothing was ever done");
    write_skill(&places, ".opencode/skills/a", "a");
    write_skill(&places, ".opencode/skills/b", "b");
    let tokens = ["a", "b"].map(|name| remove_skill(&places, name).token);
    assert_eq!(found(), (vec![], vec![]));
    let record = places.state.join(format!("undo/{}.json", tokens[0]));
    fs::write(&record, "{").expect("written");
    let (records, trash) = found();
    assert_eq!((records, trash.len()), (vec![record], 1));
    assert!(trash[0].join("SKILL.md").exists());
    undo(&places, None, Some(UndoChoice::Leave)).expect("passed over");
    assert_eq!(found().1.len(), 2);
    // Those of another directory are not this one's.
    let other = places.common_state.join("engines/other/undo");
    fs::create_dir_all(&other).expect("made");
    let left = serde_json::json!({"was": "removed", "from": "/a", "trash": trash[0]}).to_string();
    fs::write(other.join("s000000000001.json"), left).expect("written");
    assert_eq!(found().1.len(), 1);
}

/// N16: a removal that was cut off when the original was aside is one that can be taken back, also if somebody put
/// something in its place since: that is asked about.
#[test]
fn a_removal_that_was_cut_off_is_not_forgotten_for_what_came_since() {
    for aside in ["", "-spent"] {
        let (_root, places) = places();
        write_skill(&places, ".opencode/skills/s", "s");
        let Removed { path, token, .. } = remove_skill(&places, "s");
        let trashed = walk(&places.common_state.join("trash"), None, true).files.remove(0);
        let in_trash = trashed.parent().expect("a folder");
        let id = in_trash.parent().and_then(Path::file_name).expect("a name").to_string_lossy().into_owned();
        // As it is when it is cut off between two steps of a move to another file system.
        let left = path.with_file_name(format!(".rekindle-{id}{aside}"));
        let copied = std::process::Command::new("cp").arg("-a").args([in_trash, &left]).status().expect("runs");
        assert!(copied.success());
        let records = places.state.join("undo");
        fs::rename(records.join(format!("{token}.json")), records.join(format!("{token}.intended"))).expect("cut off");
        fs::create_dir(&path).expect("made");
        fs::write(path.join("theirs"), "").expect("written");
        let Err(UserError { code: ErrorCode::ChangedSince, choices, .. }) = undo(&places, None, None) else {
            panic!("{aside}: it is asked what is to become of theirs");
        };
        assert!(choices.contains(&UndoChoice::Before), "{aside}: {choices:?}");
        assert!(path.join("theirs").exists() && !left.exists(), "{aside}");
        undo(&places, None, Some(UndoChoice::Before)).expect("taken back");
        assert!(path.join("SKILL.md").exists() && !path.join("theirs").exists(), "{aside}");
    }
}

/// N16: an edit, and a folder that was made, are taken back where they were made, and not through a link that took the place
/// of their folder, also if what is behind it looks the same.
#[test]
#[cfg(unix)]
fn what_was_made_is_taken_back_in_its_place_alone() {
    for what in ["edited", "created"] {
        let (root, places) = places();
        let dot = places.directory.join(".opencode");
        fs::create_dir_all(dot.join("skills")).expect("made");
        fs::write(dot.join("opencode.json"), r#"{"plugin": []}"#).expect("written");
        if what == "edited" {
            add_plugin(&places, "acme", Scope::Project).expect("declared");
        } else {
            let source = root.path().join("source");
            fs::create_dir(&source).expect("made");
            fs::write(source.join("SKILL.md"), "---\nname: s\ndescription: d\n---\n").expect("written");
            import_skill(&places, &source.display().to_string()).expect("imported");
        }
        let elsewhere = root.path().join("elsewhere");
        let copied = std::process::Command::new("cp").arg("-r").args([&dot, &elsewhere]).status().expect("runs");
        assert!(copied.success());
        fs::remove_dir_all(&dot).expect("removed");
        std::os::unix::fs::symlink(&elsewhere, &dot).expect("linked");
        let tree =
            || walk(&elsewhere, None, true).files.iter().map(|file| fs::read(file).expect("read")).collect::<Vec<_>>();
        let before = tree();
        let error = undo(&places, None, None).expect_err(what);
        assert_eq!((error.code.word(), tree() == before), ("changed-since", true), "{what}: {error:?}");
        assert!(names(&error, "elsewhere"), "{error:?}");
    }
}

/// N16: what was removed does not come back through a link that took the place of its folder, or of one above it; a
/// folder that was moved and is linked, and one that was made anew, are the place.
#[test]
#[cfg(unix)]
fn what_was_removed_comes_back_to_its_place_alone() {
    use std::os::unix::fs::symlink;
    type Change<'a> = (&'a str, &'a dyn Fn(&Path, &Path), bool);
    let gone = |folder: &Path| fs::remove_dir_all(folder).expect("removed");
    let moved = |from: &Path, to: &Path| {
        fs::rename(from, to).expect("moved");
        symlink(to, from).expect("linked");
    };
    let changes: [Change<'_>; 7] = [
        ("nothing", &|_, _| {}, true),
        ("the folder is gone", &|dot, _| gone(&dot.join("skills")), true),
        ("all is gone", &|dot, _| gone(dot), true),
        ("moved and linked", &|dot, elsewhere| moved(&dot.join("skills"), &elsewhere.join("skills")), true),
        ("moved and linked above", &|dot, elsewhere| moved(dot, &elsewhere.join("dot")), true),
        (
            "a link to another folder",
            &|dot, elsewhere| {
                gone(&dot.join("skills"));
                symlink(elsewhere, dot.join("skills")).expect("linked");
            },
            false,
        ),
        (
            "a link above",
            &|dot, elsewhere| {
                gone(dot);
                symlink(elsewhere, dot).expect("linked");
            },
            false,
        ),
    ];
    for (what, change, comes_back) in changes {
        let (root, places) = places();
        let elsewhere = root.path().join("elsewhere");
        fs::create_dir(&elsewhere).expect("made");
        write_skill(&places, ".opencode/skills/s", "s");
        let removed = remove_skill(&places, "s");
        change(&places.directory.join(".opencode"), &elsewhere);
        let undone = undo(&places, None, None);
        if comes_back {
            assert_eq!(undone.expect(what), removed.path);
            assert!(removed.path.join("SKILL.md").exists(), "{what}");
            continue;
        }
        let error = undone.expect_err(what);
        assert_eq!((error.code.word(), &error.choices[..]), ("changed-since", &[UndoChoice::Leave][..]), "{what}");
        assert!(names(&error, "elsewhere"), "{error:?}");
        assert_eq!(fs::read_dir(&elsewhere).expect("listed").count(), 0, "{what}");
        // It comes back as soon as the place is there again, and may be left as well.
        undo(&places, None, None).expect_err("still elsewhere");
        undo(&places, None, Some(UndoChoice::Leave)).expect("left");
        assert!(matches!(undo(&places, None, None), Err(UserError { code: ErrorCode::NothingToUndo, .. })), "{what}");
    }
}

/// N16: the same when whoever brought the directory back was cut off before that was noted.
#[test]
fn what_belongs_to_a_directory_that_came_back_follows_after_a_crash() {
    let (_root, places) = places();
    for name in ["one", "two"] {
        write_skill(&places, &format!(".opencode/skills/{name}"), name);
    }
    remove_skill(&places, "one");
    let Removed { path, token, .. } = remove_skill(&places, "two");
    fs::remove_dir_all(&places.directory).expect("removed");
    // Another folder is likely to get the number of the one before, but not the time when it was made.
    let trashed = walk(&places.common_state.join("trash"), None, true).files;
    let is_two = |file: &&PathBuf| file.ends_with("two/SKILL.md");
    let from = trashed.iter().find(is_two).and_then(|file| file.parent()).expect("in the trash");
    let records = places.state.join("undo");
    fs::rename(records.join(format!("{token}.json")), records.join(format!("{token}.undoing"))).expect("begun");
    fs::create_dir_all(path.parent().expect("a parent")).expect("made");
    fs::rename(from, &path).expect("moved back");
    undo(&places, None, None).expect("what was done before it");
    assert!(places.directory.join(".opencode/skills/one/SKILL.md").exists());
    assert!(matches!(undo(&places, None, None), Err(UserError { code: ErrorCode::NothingToUndo, .. })));
}

/// N16: that files were restored can be taken back like every change; what somebody changed since is kept.
#[test]
fn a_restore_is_a_change_like_any_other() {
    use crate::edit::last_good::Standing;
    let (_root, places) = places();
    let (path, agent) = (places.directory.join("opencode.json"), places.directory.join(".opencode/agent/a.md"));
    fs::create_dir_all(agent.parent().expect("a parent")).expect("made");
    let last_good = LastGood::of(&places);
    let bad = || {
        fs::write(&path, "{ broken").expect("written");
        fs::write(&agent, "new").expect("written");
    };
    fs::write(&path, "{}").expect("written");
    let good = last_good.keep(&scan(&places, None).expect("no fault"), Standing::Loaded).expect("kept");
    bad();
    last_good.restore(&good).expect("restored");
    assert_eq!((fs::read_to_string(&path).expect("read"), agent.exists()), ("{}".to_owned(), false));
    undo(&places, None, None).expect("undone");
    assert_eq!(fs::read_to_string(&path).expect("read"), "{ broken");
    assert_eq!(fs::read_to_string(&agent).expect("read"), "new");
    last_good.restore(&good).expect("restored");
    fs::write(&path, "{\"model\": \"theirs/since\"}").expect("written");
    let Err(UserError { code: ErrorCode::ChangedSince, choices, .. }) = undo(&places, None, None) else {
        panic!("theirs is touched")
    };
    assert_eq!(choices, [UndoChoice::Before, UndoChoice::Leave]);
    assert!(!agent.exists(), "nothing is half done");
    undo(&places, None, Some(UndoChoice::Before)).expect("undone");
    assert_eq!(fs::read_to_string(&path).expect("read"), "{ broken");
    let objects = walk(&places.state.join("last-good/objects"), None, true).files;
    assert!(objects.iter().any(|path| fs::read_to_string(path).expect("read").contains("theirs/since")), "it is kept");
}

/// N16: a restore whose copies are kept no more cannot be taken back, says so once, and is no obstacle to what was done
/// before it; nothing of it is half done.
#[test]
fn a_restore_whose_copies_are_gone_is_told() {
    use crate::edit::last_good::Standing;
    let (_root, places) = places();
    let path = places.directory.join("opencode.json");
    let last_good = LastGood::of(&places);
    let keep = |text: &str, verdict| {
        fs::write(&path, text).expect("written");
        last_good.keep(&scan(&places, None).expect("no fault"), verdict).expect("kept")
    };
    write_skill(&places, ".opencode/skills/s", "s");
    remove_skill(&places, "s");
    let good = keep("{}", Standing::Loaded);
    fs::write(&path, "{ broken").expect("written");
    last_good.restore(&good).expect("restored");
    for at in 0..60 {
        keep(&format!("{{ broken {at}"), Standing::Seen);
    }
    for text in ["{}", "{ broken", "{ theirs"] {
        fs::write(&path, text).expect("written");
        let undone = undo(&places, None, Some(UndoChoice::Before).filter(|_| text == "{ broken"));
        match text {
            "{}" => assert!(
                matches!(&undone, Err(UserError { code: ErrorCode::ChangedSince, choices, .. }) if choices.is_empty())
            ),
            "{ broken" => assert!(undone.is_ok(), "what was done before it: {undone:?}"),
            _ => assert!(matches!(undone, Err(UserError { code: ErrorCode::NothingToUndo, .. })), "{undone:?}"),
        }
        assert_eq!(fs::read_to_string(&path).expect("read"), text);
    }
    assert!(places.directory.join(".opencode/skills/s/SKILL.md").exists());
}

/// N16: through a link that leads to nothing, nothing is made, neither a file nor folders; the link says where it
/// leads.
#[cfg(unix)]
#[test]
fn nothing_is_made_behind_a_link_that_leads_to_nothing() {
    use std::os::unix::fs::symlink;
    for (name, chain) in [("opencode.json", false), ("opencode.jsonc", false), ("opencode.json", true)] {
        let (root, places) = places();
        let target = root.path().join("elsewhere/deep/target.json");
        match chain {
            false => symlink(&target, places.directory.join(name)).expect("linked"),
            true => {
                symlink(&target, places.directory.join("second")).expect("linked");
                symlink("second", places.directory.join(name)).expect("linked");
            }
        }
        let before = tree(&places.directory);
        let error = add_plugin(&places, "b@1", Scope::Project).expect_err("refused");
        assert_eq!(error.code.word(), "dangling-link");
        assert!(names(&error, &target.display().to_string()), "{error:?}");
        assert_eq!(tree(&places.directory), before);
        assert!(!root.path().join("elsewhere").exists());
        assert!(matches!(undo(&places, None, None), Err(UserError { code: ErrorCode::NothingToUndo, .. })));
        // Where it leads to a file, the file is changed and the link stays.
        fs::create_dir_all(target.parent().expect("a parent")).expect("made");
        fs::write(&target, "{}").expect("written");
        add_plugin(&places, "b@1", Scope::Project).expect("added");
        assert!(places.directory.join(name).is_symlink());
        undo(&places, None, None).expect("undone");
        assert_eq!(fs::read_to_string(&target).expect("read"), "{}");
    }
    // A folder on the way there may be such a link, too.
    let (root, places) = places();
    symlink(root.path().join("nowhere"), places.directory.join(".opencode")).expect("linked");
    let source = root.path().join("source");
    fs::create_dir(&source).expect("made");
    fs::write(source.join("SKILL.md"), "---\nname: s\n---\n").expect("written");
    let error = import_skill(&places, &source.display().to_string()).expect_err("refused");
    assert!(
        matches!(error.what, Notice::Edit(EditNotice::SkillNotCopied { .. })) && names(&error, "nowhere"),
        "{error:?}"
    );
    assert!(!root.path().join("nowhere").exists());
}
