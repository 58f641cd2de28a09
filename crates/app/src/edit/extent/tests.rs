use rekindle_domain::Scope;

use super::*;
use crate::files::environment::Environment;

/// N16: a folder moves only if nothing speaks against it.
#[test]
fn a_folder_moves_only_if_it_is_a_skills_alone() {
    let skills_own = Facts { is_among_skills: true, ..Facts::default() };
    let nothing = |facts: Facts| matches!(facts.extent(), Extent::Nothing(_));
    assert_eq!(skills_own.extent(), Extent::Folder);
    assert_eq!(Facts::default().extent(), Extent::File);
    for more in [
        Facts { is_place: true, ..skills_own },
        Facts { is_mount: true, ..skills_own },
        Facts { holds_skill: true, ..skills_own },
        Facts { holds_repository: true, ..skills_own },
        Facts { is_large: true, ..skills_own },
        Facts { is_project: true, ..skills_own },
        Facts { is_link: true, holds_skill: true, ..skills_own },
        Facts { is_link: true, is_place: true, ..skills_own },
        Facts { is_link: true, is_among_skills: false, ..skills_own },
    ] {
        assert_eq!(more.extent(), Extent::File, "{more:?}");
        assert!(nothing(Facts { is_ours: true, ..more }), "{more:?}");
    }
    assert!(nothing(Facts { is_unknown: true, ..skills_own }));
    // A link moves without what it leads to.
    let link = Facts { is_link: true, is_mount: true, holds_repository: true, is_large: true, ..skills_own };
    assert_eq!(link.extent(), Extent::Folder);
}

struct World {
    root: tempfile::TempDir,
    places: Places,
}

impl World {
    fn new() -> Self {
        let root = tempfile::tempdir().expect("a folder");
        let base = root.path().canonicalize().expect("there");
        let directory = base.join("home/code/pro ject 😀");
        for folder in [".git/objects", ".git/refs"] {
            fs::create_dir_all(directory.join(folder)).expect("made");
        }
        fs::write(directory.join(".git/HEAD"), "ref: refs/heads/main\n").expect("written");
        let environment: Environment =
            [("HOME".to_owned(), base.join("home").display().to_string())].into_iter().collect();
        let places = Places::in_environment(&directory, environment).expect("places");
        Self { root, places }
    }

    fn path(&self, path: &str) -> PathBuf {
        match path.strip_prefix("~/") {
            Some(rest) => self.places.home.join(rest),
            None => self.places.directory.join(path),
        }
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("made");
        fs::write(path, text).expect("written");
    }

    fn extent(&self, path: &str) -> Extent {
        self.write(path, "---\nname: s\n---\n");
        extent(&self.places, &self.path(path))
    }
}

/// N16: no repository moves with a skill, of whatever kind it is and wherever in its folder.
#[test]
fn a_repository_does_not_move_with_a_skill() {
    let world = World::new();
    let kinds = [
        ".git",
        ".hg/store",
        ".svn/wc.db",
        ".jj/repo",
        ".bzr/branch",
        "_darcs/format",
        ".fslckout",
        "_FOSSIL_",
        "x.fossil",
    ];
    for (number, kind) in kinds.into_iter().enumerate() {
        for (place, inside) in [("top", ""), ("deep", "a/b/")] {
            let skill = format!(".opencode/skills/{place}{number}");
            world.write(&format!("{skill}/{inside}{kind}"), "x");
            assert_eq!(world.extent(&format!("{skill}/SKILL.md")), Extent::File, "{place}, {kind}");
        }
    }
    for (name, parts, extent) in [
        ("bare", &["HEAD", "objects/x", "refs/x"][..], Extent::File),
        ("deep", &["a/x.git/HEAD", "a/x.git/objects/x", "a/x.git/refs/x"][..], Extent::File),
        ("apart", &["HEAD", "a/objects/x", "b/refs/x"][..], Extent::Folder),
        ("half", &["objects/x", "refs/x", "hg/x", "git/x"][..], Extent::Folder),
    ] {
        for part in parts {
            world.write(&format!(".opencode/skills/{name}/{part}"), "x");
        }
        assert_eq!(world.extent(&format!(".opencode/skills/{name}/SKILL.md")), extent, "{name}");
    }
}

/// N16: what moves, by what the configuration names and what is in the folder.
#[test]
fn what_moves_follows_from_what_is_known_of_a_folder() {
    const PROJECT: &str = "opencode.json";
    const GLOBAL: &str = "~/.config/opencode/opencode.json";
    let deep = "d/".repeat(20) + "file";
    // The configuration, what else is there, the skill's file, and what moves.
    type Case<'a> = (&'a str, &'a str, &'a [&'a str], &'a str, Extent);
    let cases: [Case<'_>; 32] = [
        (PROJECT, "{}", &[], ".opencode/skills/s/SKILL.md", Extent::Folder),
        (PROJECT, "{}", &["../other/SKILL.md"], ".opencode/skills/deep/s/SKILL.md", Extent::Folder),
        (PROJECT, "{}", &[], ".claude/skills/s/SKILL.md", Extent::Folder),
        (PROJECT, "{}", &[], "~/.claude/skills/s/SKILL.md", Extent::Folder),
        (PROJECT, "{}", &[], "~/.config/opencode/skill/s/SKILL.md", Extent::Folder),
        (PROJECT, "{}", &[], ".opencode/skills/SKILL.md", Extent::File),
        (PROJECT, "{}", &[".opencode/skills/s/sub/SKILL.md"], ".opencode/skills/s/SKILL.md", Extent::File),
        (PROJECT, "{}", &[".opencode/skills/s/.git/config"], ".opencode/skills/s/SKILL.md", Extent::File),
        (PROJECT, "{}", &[".opencode/skills/s/vendor/x/.git"], ".opencode/skills/s/SKILL.md", Extent::File),
        (PROJECT, "{}", &[&format!(".opencode/skills/s/{deep}")], ".opencode/skills/s/SKILL.md", Extent::File),
        (PROJECT, r#"{"skills": {"paths": ["."]}}"#, &[], "SKILL.md", Extent::File),
        (PROJECT, r#"{"skills": {"paths": ["."]}}"#, &["src/main.rs"], "src/SKILL.md", Extent::File),
        (PROJECT, r#"{"skills": {"paths": ["./"]}}"#, &[], ".opencode/SKILL.md", Extent::File),
        (PROJECT, r#"{"skills": {"paths": ["./x/.."]}}"#, &[], "deep/er/SKILL.md", Extent::File),
        (PROJECT, r#"{"skills": {"paths": [".."]}}"#, &["../SKILL.md"], "SKILL.md", Extent::File),
        (PROJECT, r#"{"skills": {"paths": ["mine"]}}"#, &[], "mine/s/SKILL.md", Extent::Folder),
        (PROJECT, r#"{"skills": {"paths": ["mine/s"]}}"#, &[], "mine/s/SKILL.md", Extent::File),
        (PROJECT, r#"{"skills": {"paths": ["mine", "mine/s"]}}"#, &[], "mine/s/SKILL.md", Extent::File),
        (PROJECT, r#"{"skills": {"paths": ["mine", "mine/s/inner"]}}"#, &[], "mine/s/SKILL.md", Extent::File),
        (PROJECT, r#"{"skills": {"paths": [".opencode/skills/s"]}}"#, &[], ".opencode/skills/s/SKILL.md", Extent::File),
        // A project in a folder of skills that somebody named; in the engine's own there are skills alone.
        (
            PROJECT,
            r#"{"skills": {"paths": ["packages"]}}"#,
            &["packages/s/package.json"],
            "packages/s/SKILL.md",
            Extent::File,
        ),
        (GLOBAL, r#"{"skills": {"paths": ["~/code"]}}"#, &["~/code/s/go.mod"], "~/code/s/SKILL.md", Extent::File),
        (
            PROJECT,
            r#"{"skills": {"paths": ["mine"]}}"#,
            &["mine/s/scripts/package.json"],
            "mine/s/SKILL.md",
            Extent::Folder,
        ),
        (PROJECT, "{}", &[".opencode/skills/s/package.json"], ".opencode/skills/s/SKILL.md", Extent::Folder),
        // A project's file names a folder outside: nothing of it is the project's to move.
        (PROJECT, r#"{"skills": {"paths": ["../elsewhere"]}}"#, &[], "../elsewhere/SKILL.md", Extent::File),
        (PROJECT, r#"{"skills": {"paths": ["../elsewhere"]}}"#, &[], "../elsewhere/s/SKILL.md", Extent::File),
        (PROJECT, r#"{"skills": {"paths": ["~/elsewhere"]}}"#, &[], "~/elsewhere/s/SKILL.md", Extent::File),
        (PROJECT, r#"{"skills": {"paths": ["~/"]}}"#, &[], "~/Documents/SKILL.md", Extent::File),
        // A person's own does.
        (GLOBAL, r#"{"skills": {"paths": ["~/own"]}}"#, &[], "~/own/s/SKILL.md", Extent::Folder),
        (GLOBAL, r#"{"skills": {"paths": ["~/own"]}}"#, &[], "~/own/SKILL.md", Extent::File),
        (GLOBAL, r#"{"skills": {"paths": ["~/"]}}"#, &[], "~/Documents/SKILL.md", Extent::File),
        (GLOBAL, r#"{"skills": "no object", "x": []}"#, &[], ".opencode/skills/s/SKILL.md", Extent::Folder),
    ];
    for (config, text, others, file, expected) in cases {
        let world = World::new();
        world.write(config, text);
        others.iter().for_each(|path| world.write(path, "x"));
        assert_eq!(world.extent(file), expected, "{text} {others:?} {file}");
    }
}

/// N16: a path that a stronger file does not let count is known all the same, and so is one of a plugin.
#[test]
fn a_root_is_one_wherever_it_is_named() {
    let world = World::new();
    let file = ".opencode/skills/s/SKILL.md";
    assert_eq!(world.extent(file), Extent::Folder);
    world.write("opencode.json", r#"{"skills": {"paths": [".opencode/skills/s"]}}"#);
    world.write("opencode.jsonc", r#"{"skills": {"paths": []}}"#);
    assert_eq!(world.extent(file), Extent::File);
    fs::remove_file(world.path("opencode.json")).expect("removed");
    assert_eq!(world.extent(file), Extent::Folder);
    crate::state::record::write_json(&world.places.learned_skills(), &[".opencode/skills/s"]).expect("kept");
    assert_eq!(world.extent(file), Extent::File);
}

/// N16: what is known of many folders is compared with each of them, and found out once.
#[test]
fn many_roots_are_known_in_a_time_that_grows_with_them() {
    let world = World::new();
    let paths: Vec<_> = (0..20_000).map(|at| format!("more/{at}")).collect();
    world.write("opencode.json", &serde_json::json!({ "skills": { "paths": paths } }).to_string());
    assert_eq!(world.extent(".opencode/skills/s/SKILL.md"), Extent::Folder);
    assert_eq!(world.extent("more/19999/SKILL.md"), Extent::File);
}

/// N16: what was removed before is not removed again.
#[test]
fn nothing_of_the_trash_is_removed() {
    let world = World::new();
    world.write("opencode.json", r#"{"skills": {"paths": ["~/.local/state/rekindle/trash"]}}"#);
    let extent = world.extent("~/.local/state/rekindle/trash/x/s/SKILL.md");
    assert!(matches!(extent, Extent::Nothing(_)), "{extent:?}");
}

/// N16: a link moves as a link; what lies behind one is not the project's.
#[cfg(unix)]
#[test]
fn what_is_behind_a_link_stays() {
    use std::os::unix::fs::symlink;
    let world = World::new();
    world.write("~/elsewhere/s/SKILL.md", "---\nname: s\n---\n");
    world.write(".opencode/skills/mine/SKILL.md", "---\nname: mine\n---\n");
    symlink(world.path("~/elsewhere/s"), world.path(".opencode/skills/one")).expect("linked");
    symlink(world.path("~/elsewhere"), world.path(".opencode/skills/all")).expect("linked");
    symlink("../../..", world.path(".opencode/skills/up")).expect("linked");
    let of = |path: &str| extent(&world.places, &world.path(path));
    assert_eq!(of(".opencode/skills/one/SKILL.md"), Extent::Folder);
    assert_eq!(of(".opencode/skills/all/s/SKILL.md"), Extent::File);
    world.write("~/elsewhere/t/SKILL.md", "---\nname: t\n---\n");
    world.write("~/elsewhere/SKILL.md", "---\nname: all\n---\n");
    assert_eq!(of(".opencode/skills/all/SKILL.md"), Extent::File, "it stands for more than one");
    symlink(".", world.path(".opencode/skills/mine/self")).expect("linked");
    symlink("../../..", world.path(".opencode/skills/mine/up")).expect("linked");
    assert_eq!(of(".opencode/skills/mine/SKILL.md"), Extent::Folder);
    symlink(world.path("~/elsewhere/t"), world.path(".opencode/skills/mine/another")).expect("linked");
    assert_eq!(of(".opencode/skills/mine/SKILL.md"), Extent::File);
    // A root that is a link to somewhere else.
    fs::create_dir_all(world.path(".claude")).expect("made");
    symlink(world.path("~/elsewhere"), world.path(".claude/skills")).expect("linked");
    assert_eq!(of(".claude/skills/s/SKILL.md"), Extent::File);
    let linked_home = world.root.path().join("dotted");
    fs::create_dir_all(linked_home.join("s")).expect("made");
    fs::write(linked_home.join("s/SKILL.md"), "---\nname: h\n---\n").expect("written");
    fs::create_dir_all(world.path("~/.claude")).expect("made");
    symlink(&linked_home, world.path("~/.claude/skills")).expect("linked");
    assert_eq!(of("~/.claude/skills/s/SKILL.md"), Extent::Folder, "where a person keeps their own is their choice");
}

#[test]
fn the_systems_escapes_are_undone() {
    for (text, path) in [
        ("/a/b", "/a/b"),
        ("/a\\040b", "/a b"),
        ("/a\\134040", "/a\\040"),
        ("/a\\", "/a\\"),
        ("/a\\0", "/a\\0"),
        ("/ä\\040ö", "/ä ö"),
    ] {
        assert_eq!(unescaped(text), PathBuf::from(path), "{text}");
    }
}

#[test]
fn a_scope_is_part_of_what_is_known() {
    let world = World::new();
    let known = Known::of(&world.places);
    assert!(known.own_roots.contains(&world.path(".opencode/skills")));
    let globals = world.places.skill_folders().into_iter().filter(|root| root.scope == Scope::Global);
    assert!(globals.into_iter().all(|root| known.own_roots.contains(&root.path)));
}
