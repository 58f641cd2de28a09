use std::fs;

use super::*;
use crate::disk::scan::scan;

fn places() -> (tempfile::TempDir, Places) {
    let root = tempfile::tempdir().expect("a folder");
    let directory = root.path().join("pro ject 😀");
    fs::create_dir_all(directory.join(".git")).expect("made");
    let mut places = Places::of(&directory).expect("places");
    places.state = root.path().join("state");
    places.common_state = root.path().join("state");
    (root, places)
}

/// P1: added, removed and taken back, byte for byte.
#[test]
fn plugins_come_and_go() {
    let (_root, places) = places();
    let path = places.directory.join("opencode.jsonc");
    let text = "{\n  // mine\n  \"plugin\": [\"a@1\",],\n}\n";
    fs::write(&path, text).expect("written");
    let token = add_plugin(&places, "b@2", Scope::Project).expect("added");
    assert_eq!(fs::read_to_string(&path).expect("read"), text.replace("\"a@1\",", "\"a@1\", \"b@2\","));
    assert!(matches!(add_plugin(&places, "b@3", Scope::Project), Err(ChangeError::Declared { .. })));
    undo(&places, Some(&token), None).expect("undone");
    assert_eq!(fs::read_to_string(&path).expect("read"), text);
    let rows = scan(&places, None).expect("no fault").rows;
    let row = find(&rows, Kind::Plugin, "a", Scope::Project).expect("listed");
    remove(&places, row).expect("removed");
    assert_eq!(fs::read_to_string(&path).expect("read"), text.replace("\"a@1\",", ""));
    fs::write(&path, "{}").expect("someone else writes");
    assert!(matches!(undo(&places, None, None), Err(ChangeError::ChangedSince { .. })));
    assert_eq!(fs::read_to_string(&path).expect("read"), "{}");
    undo(&places, None, Some(UndoChoice::Leave)).expect("left");
    assert_eq!(fs::read_to_string(&path).expect("read"), "{}");
    assert!(matches!(undo(&places, None, None), Err(ChangeError::NothingToUndo)), "it does not stand in the way");
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
    assert!(matches!(find(&rows, Kind::Skill, "same", Scope::Project), Err(ChangeError::Ambiguous { .. })));
    find(&rows, Kind::Skill, ".claude/skills/same/SKILL.md", Scope::Project).expect("named by its path");
    remove(&places, find(&rows, Kind::Skill, "root", Scope::Project).expect("listed")).expect("removed");
    assert!(places.directory.join(".opencode/skills/one/SKILL.md").exists());
}

#[test]
fn what_is_no_plugin_is_not_written() {
    let (_root, places) = places();
    for spec in ["", "two words", "./missing.ts", "~/missing.ts", "a/b"] {
        assert!(matches!(add_plugin(&places, spec, Scope::Project), Err(ChangeError::BadSpec { .. })), "{spec:?}");
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
    let (place, token) = import_skill(&places, &source.display().to_string(), Scope::Project, None).expect("imported");
    assert!(place.join("SKILL.md").is_file());
    let rows = scan(&places, None).expect("no fault").rows;
    let removed = remove(&places, find(&rows, Kind::Skill, "s", Scope::Project).expect("listed")).expect("removed");
    assert!(!place.exists());
    undo(&places, Some(&removed), None).expect("undone");
    assert!(place.join("SKILL.md").is_file());
    undo(&places, Some(&token), None).expect("undone");
    assert!(!place.exists());
    assert!(matches!(undo(&places, None, None), Err(ChangeError::NothingToUndo)));
    assert!(matches!(undo(&places, Some("../x"), None), Err(ChangeError::NothingToUndo)));
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
            let Err(ChangeError::ChangedSince { choices, .. }) = undo(&places, None, None) else {
                panic!("{what}: somebody else's text was touched")
            };
            assert_eq!(choices, possible, "{what}");
            let expected = match choice {
                Ours if ours.is_none() => {
                    assert!(matches!(undo(&places, None, Some(Ours)), Err(ChangeError::ChangedSince { .. })), "{what}");
                    since
                }
                Ours => ours,
                Before => before,
                Leave => since,
            };
            if possible.contains(&choice) {
                undo(&places, None, Some(choice)).expect("done");
                assert!(matches!(undo(&places, None, None), Err(ChangeError::NothingToUndo)), "{what}: once");
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
    let import = || import_skill(&places, &source.display().to_string(), Scope::Project, None).expect("imported").0;
    let place = import();
    fs::write(place.join("more.txt"), "theirs").expect("written");
    let choices = |expected: &[UndoChoice]| match undo(&places, None, None) {
        Err(ChangeError::ChangedSince { choices, .. }) => assert_eq!(choices, expected),
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

    // Someone removed what was installed: there is nothing left to take back, and it is no obstacle.
    fs::remove_dir_all(&place).expect("removed");
    choices(&[]);
    assert!(matches!(undo(&places, None, None), Err(ChangeError::NothingToUndo)));
}
