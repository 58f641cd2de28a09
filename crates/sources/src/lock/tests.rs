use serde_json::json;

use super::*;

fn no_splice(_: &str, _: &[&str; 2], _: Option<&Value>) -> Option<String> {
    None
}

/// As that tool wrote it for a skill of a repository and one of a package.
const THEIRS: &str = r#"{
  "version": 1,
  "skills": {
    "b": {
      "source": "o/r",
      "ref": "main",
      "sourceType": "github",
      "skillPath": "skills/b/SKILL.md",
      "computedHash": "00"
    },
    "z": {
      "source": "p",
      "sourceType": "node_modules",
      "skillPath": "SKILL.md",
      "version": "1.2.3",
      "computedHash": "01"
    }
  }
}
"#;

/// S3: what others wrote stays byte for byte, and ours comes where they would write it.
#[test]
fn entries_come_and_go() {
    let ours = json!({"source": "./s", "sourceType": "local", "computedHash": "02"});
    let with = set(THEIRS, "m", Some(&ours), no_splice).expect("set");
    assert_eq!(with.replace("    \"m\": {\n      \"source\": \"./s\",\n      \"sourceType\": \"local\",\n      \"computedHash\": \"02\"\n    },\n", ""), THEIRS);
    assert!(with.find("\"m\"") > with.find("\"b\"") && with.find("\"m\"") < with.find("\"z\""));
    assert_eq!(set(&with, "m", None, no_splice).expect("set"), THEIRS);
    assert_eq!(set(THEIRS, "none", None, no_splice).expect("set"), THEIRS);
    let new = set("", "m", Some(&ours), no_splice).expect("set");
    assert_eq!(entries(&new).expect("a lock").get("m"), Some(&ours));
    assert_eq!(set(&new, "m", None, no_splice).expect("set"), "{\n  \"version\": 1,\n  \"skills\": {}\n}\n");
    // What is not known here stays, at the top and in entries.
    let more = THEIRS.replace("\"version\": 1,", "\"version\": 1,\n  \"more\": [\n    1.5,\n    {}\n  ],");
    let with = set(&more, "m", Some(&ours), no_splice).expect("set");
    assert!(with.starts_with("{\n  \"version\": 1,\n  \"more\": [\n    1.5,\n    {}\n  ],"), "{with}");
    assert_eq!(set(&with, "m", None, no_splice).expect("set"), more);
}

#[test]
fn a_text_that_is_laid_out_otherwise_is_spliced() {
    let text = THEIRS.replace("  ", "\t");
    let spliced = set(&text, "m", None, |_, _, _| panic!("there is nothing to take away"));
    assert_eq!(spliced.as_deref(), Ok(&*text));
    let spliced = set(&text, "b", None, |text, path, entry| {
        assert_eq!((*path, entry), (["skills", "b"], None));
        Some(format!("{text} "))
    });
    assert_eq!(spliced, Ok(format!("{text} ")));
}

#[test]
fn what_is_no_lock_is_told() {
    let fault = |text: &str| entries(text).expect_err("no lock");
    assert!(matches!(fault("{\n<<<<<<< HEAD\n"), LockFault::NotJson { line: 2, column: 1, .. }));
    assert!(matches!(fault("{\"version\": 1, \"skills\": {}} // x"), LockFault::NotJson { .. }));
    for text in ["[]", "{}", "{\"version\": \"1\", \"skills\": {}}", "{\"version\": 1, \"skills\": []}"] {
        assert_eq!(fault(text), LockFault::NotALock, "{text}");
    }
    for version in ["2", "0", "1.5"] {
        assert_eq!(fault(&format!("{{\"version\": {version}, \"skills\": {{}}}}")), LockFault::OtherVersion);
    }
}

/// S3: every source that can be fetched again says so in its entry, without a password.
#[test]
fn an_entry_leads_back_to_its_source() {
    let check = |pasted: &str, path: Option<&str>, source: &str, kind: &str, url: Option<&str>| {
        let pasted = paste(pasted, |_| false).expect("a source").source;
        let locked = Locked::of(&pasted.origin, path.map(str::to_owned));
        assert_eq!((&*locked.source, &*locked.source_type, locked.source_url.as_deref()), (source, kind, url));
        let entry = entry(&locked, None);
        assert!(!entry.to_string().contains("secret"), "{entry}");
        assert_eq!(super::locked(&entry), Some(locked.clone()));
        let again = locked.again("n").expect("a source");
        assert_eq!(Locked::of(&again.origin, path.map(str::to_owned)), locked);
        if let (Origin::Git(git), Some(path)) = (&again.origin, path) {
            assert_eq!(git.folder.to_string(), path.trim_end_matches("SKILL.md").trim_end_matches('/'));
        }
    };
    check("o/r", Some("skills/x/SKILL.md"), "o/r", "github", None);
    check("o/r#v1", Some("SKILL.md"), "o/r", "github", None);
    check(
        "https://u:secret@h.org/a/r.git#v1",
        Some("x/SKILL.md"),
        "https://h.org/a/r.git",
        "git",
        Some("https://h.org/a/r.git"),
    );
    check(
        "gitlab:g/sub/r",
        Some("SKILL.md"),
        "https://gitlab.com/g/sub/r.git",
        "gitlab",
        Some("https://gitlab.com/g/sub/r.git"),
    );
    check("git@h.org:o/r.git", Some("a/SKILL.md"), "git@h.org:o/r.git", "git", Some("git@h.org:o/r.git"));
    check("npm:@s/p@^1.2", None, "npm:@s/p@^1.2", "npm", None);
    check("https://u:secret@h.org/s.zip", None, "https://h.org/s.zip", "download", None);
    check("/a/s", None, "/a/s", "local", None);
}

/// A lock comes with a project, from anyone: what would be another program's option, or leads elsewhere, is no source.
#[test]
fn an_entry_of_anyones_is_read_with_care() {
    let again = |entry: Value| locked(&entry).and_then(|locked| locked.again("n"));
    let of = |more: Value| {
        let mut entry = json!({"source": "o/r", "sourceType": "github", "skillPath": "a/SKILL.md", "computedHash": ""});
        entry.as_object_mut().expect("an object").extend(more.as_object().cloned().expect("an object"));
        entry
    };
    assert!(again(of(json!({}))).is_some());
    for more in [
        json!({"ref": "--upload-pack=x"}),
        json!({"ref": "a b"}),
        json!({"skillPath": "../../x/SKILL.md"}),
        json!({"sourceUrl": "ext::sh -c x"}),
        json!({"sourceUrl": "http://h.org/o/r.git"}),
        json!({"sourceType": "well-known"}),
        json!({"sourceType": 5}),
        json!({"source": null}),
        json!({"sourceType": "npm", "source": "npm:--x"}),
    ] {
        assert!(again(of(more.clone())).is_none(), "{more}");
    }
}

/// Of another tool's entry what is not known here stays, as long as it is the same source.
#[test]
fn unknown_fields_of_an_entry_stay() {
    let before = json!({"source": "o/r", "sourceType": "github", "computedHash": "0", "subagents": ["a"]});
    let locked = Locked { source: "o/r".to_owned(), source_type: "github".to_owned(), ..Locked::default() };
    let new = entry(&locked, Some(&before));
    assert_eq!((&new["subagents"], &new["computedHash"]), (&json!(["a"]), &json!("")));
    let other = Locked { source: "o/s".to_owned(), ..locked };
    assert_eq!(entry(&other, Some(&before)).get("subagents"), None);
}

/// The order of paths, as Node 20 sorts them.
#[test]
fn paths_sort_as_theirs_do() {
    let sorted = [
        "_x",
        "-x",
        ".x",
        "a b",
        "a_b",
        "a-b",
        "a.b",
        "a/b",
        "A/b",
        "ab",
        "aB",
        "Ab",
        "AB",
        "e",
        "E",
        "é",
        "É",
        "ea",
        "éa",
        "f",
        "LICENSE.txt",
        "references/a.md",
        "scripts/run.sh",
        "SKILL.md",
        "日",
    ];
    let mut shuffled: Vec<_> = sorted.iter().rev().copied().collect();
    shuffled.sort_by(|one, other| as_they_sort(one, other));
    assert_eq!(shuffled, sorted);
}

#[test]
fn paths_are_portable() {
    let check = |path: &str, expected: &str| assert_eq!(portable(Path::new(path), Path::new("/a/b")), expected);
    check("/a/b", ".");
    check("/a/b/c d/e", "./c d/e");
    check("/a/x", "../x");
    check("/a", "..");
    check("/x/y", "../../x/y");
    assert_eq!(["My Skill!", "a..b", "-x-", "Ünï"].map(folder_name), ["my-skill", "a..b", "x", "n"].map(str::to_owned));
}
