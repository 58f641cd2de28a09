use std::{collections::BTreeMap, os::unix::fs::symlink};

use super::*;

/// A folder, and one on another file system, if this machine has one.
fn two_systems() -> Option<(tempfile::TempDir, tempfile::TempDir)> {
    let here = tempfile::tempdir().expect("a folder");
    let of = |path: &Path| path.metadata().ok().map(|metadata| device(&metadata));
    let others = ["/dev/shm", "/run/lock", "/var/tmp", "/run"];
    let other =
        others.iter().map(Path::new).find(|path| of(path).is_some_and(|other| Some(other) != of(here.path())))?;
    tempfile::tempdir_in(other).ok().map(|there| (here, there))
}

/// Everything in a tree: kind and content, mode, and time.
fn told(top: &Path) -> BTreeMap<PathBuf, (String, u32, Option<std::time::SystemTime>)> {
    let parts = survey(top).expect("surveyed").into_iter().map(|part| {
        let path = at(top, &part.below);
        let content = match part.kind {
            Kind::Folder => "folder".to_owned(),
            Kind::Link(target) => format!("-> {}", target.display()),
            Kind::File => String::from_utf8_lossy(&fs::read(path).expect("read")).into_owned(),
        };
        (part.below, (content, part.traits.mode, part.traits.modified))
    });
    parts.collect()
}

fn make_tree(top: &Path) {
    let file = |path: &str, text: &str, mode| {
        let path = top.join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("made");
        fs::write(&path, text).expect("written");
        set_mode(&path, mode).expect("mode set");
    };
    file("SKILL.md", "---\nname: s\n---\n", 0o640);
    file("scripts/run 😀.sh", "#!/bin/sh\n", 0o755);
    file("locked/in.txt", "in", 0o400);
    file("empty.bin", "", 0o600);
    file("large.bin", &"0123456789abcdef".repeat(20_000), 0o644);
    symlink("SKILL.md", top.join("relative")).expect("linked");
    symlink("/no/such/file", top.join("dangling")).expect("linked");
    symlink("..", top.join("loop")).expect("linked");
    symlink("scripts", top.join("to folder")).expect("linked");
    let old = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::new(1_234_567_890, 123_456_789);
    for path in ["SKILL.md", "scripts"] {
        File::open(top.join(path)).expect("open").set_times(FileTimes::new().set_modified(old)).expect("set");
    }
    set_mode(&top.join("locked"), 0o555).expect("mode set");
}

/// N16: to another file system and back, everything is what it was: bytes, links, modes and times; nothing is left
/// beside.
#[test]
fn what_goes_to_another_file_system_comes_back_the_same() {
    let Some((here, there)) = two_systems() else { return };
    let (from, to) = (here.path().join("skill"), there.path().join("skill"));
    make_tree(&from);
    let before = told(&from);
    assert_eq!(before.len(), 12);
    for (from, to) in [(&from, &to), (&to, &from)] {
        relocate(from, to, "one").expect("moved");
        assert!(from.symlink_metadata().is_err());
        assert_eq!(told(to), before);
        assert_eq!(fs::read_dir(from.parent().expect("a parent")).expect("listed").count(), 0);
        assert_eq!(fs::read_dir(to.parent().expect("a parent")).expect("listed").count(), 1);
    }
    // A file and a link alone.
    symlink("/no/such/file", here.path().join("link")).expect("linked");
    relocate(&here.path().join("link"), &there.path().join("link"), "two").expect("moved");
    assert_eq!(there.path().join("link").read_link().expect("a link"), Path::new("/no/such/file"));
    relocate(&from.join("large.bin"), &there.path().join("large.bin"), "three").expect("moved");
    assert_eq!(fs::metadata(there.path().join("large.bin")).expect("there").len(), 320_000);
}

/// N16: what cannot be copied is refused before anything moved, and nobody waits for it; what lends a program
/// its owner's rights does not get to a file system that may heed it.
#[test]
fn what_cannot_be_copied_stays_whole() {
    let Some((here, there)) = two_systems() else { return };
    type Special<'a> = (&'a str, &'a dyn Fn(&Path));
    let make: [Special<'_>; 3] = [
        ("a pipe", &|path| {
            assert!(std::process::Command::new("mkfifo").arg(path).status().expect("runs").success());
        }),
        ("a socket", &|path| drop(std::os::unix::net::UnixListener::bind(path).expect("bound"))),
        ("too deep", &|path| {
            (0..DEEPEST + 2).fold(path.to_owned(), |path, _| {
                fs::create_dir(&path).expect("made");
                path.join("d")
            });
        }),
    ];
    for (what, make) in make {
        let (from, to) = (here.path().join(what), there.path().join(what));
        fs::create_dir_all(from.join("deep")).expect("made");
        fs::write(from.join("SKILL.md"), "x").expect("written");
        make(&from.join("deep/it"));
        let error = relocate(&from, &to, "id").expect_err(what);
        assert!(error.get_ref().is_some_and(|error| error.is::<Refusal>()), "{what}: {error}");
        assert!(from.join("SKILL.md").exists() && from.join("deep/it").symlink_metadata().is_ok(), "{what}");
        assert_eq!(fs::read_dir(there.path()).expect("listed").count(), 0, "{what}");
        // On the same file system nothing has to be copied.
        relocate(&from, &here.path().join("moved").join(what), "id").expect_err("no such folder");
        relocate(&from, &here.path().join(format!("{what} moved")), "id").expect("renamed");
    }
    let (from, to) = (here.path().join("s"), there.path().join("s"));
    fs::write(&from, "x").expect("written");
    set_mode(&from, 0o4755).expect("mode set");
    relocate(&from, &to, "id").expect("moved");
    assert_eq!(crate::config::file::mode(&to), Some(0o755));
}

/// N16: nothing that is there is replaced, on one file system and between two; a place that cannot be written to
/// leaves the source whole.
#[test]
fn nothing_that_is_there_is_replaced() {
    let Some((here, there)) = two_systems() else { return };
    for folder in [here.path(), there.path()] {
        let (from, to) = (here.path().join("from"), folder.join("to"));
        for is_folder in [true, false] {
            fs::write(&from, "ours").expect("written");
            match is_folder {
                true => fs::create_dir(&to).expect("made"),
                false => fs::write(&to, "theirs").expect("written"),
            }
            assert_eq!(relocate(&from, &to, "id").expect_err("taken").kind(), io::ErrorKind::AlreadyExists);
            assert_eq!(fs::read_to_string(&from).expect("read"), "ours");
            match is_folder {
                true => fs::remove_dir(&to).expect("removed"),
                false => assert_eq!(fs::read_to_string(&to).expect("read"), "theirs"),
            }
        }
        assert!(relocate(&from, &folder.join("none/to"), "id").is_err());
        assert!(from.exists());
        fs::remove_file(&to).expect("removed");
    }
    assert_eq!(fs::read_dir(there.path()).expect("listed").count(), 0, "nothing is left beside");
}

/// N16: what was written while it was copied is not lost.
#[test]
fn what_changes_meanwhile_is_not_moved() {
    let Some((here, there)) = two_systems() else { return };
    let from = here.path().join("s");
    fs::create_dir(&from).expect("made");
    fs::write(from.join("a"), "one").expect("written");
    let before = survey(&from).expect("surveyed");
    fs::write(from.join("a"), "longer").expect("written");
    assert!(copy(&before, &from, &there.path().join("s")).is_err());
    fs::write(from.join("b"), "new").expect("written");
    assert_ne!(survey(&from).expect("surveyed"), before);
}
