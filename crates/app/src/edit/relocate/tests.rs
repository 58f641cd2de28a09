use std::{
    fs::{File, FileTimes},
    os::unix::fs::symlink,
};

use rekindle_domain::Notice;

use super::{
    tree::{DEEPEST, Traits, device, heeds_lent_rights},
    *,
};
use crate::files::file::our_user;

/// A folder, and one on another file system.
fn two_systems() -> (tempfile::TempDir, tempfile::TempDir) {
    let there = tempfile::tempdir_in("/dev/shm").expect("/dev/shm is there, and open to everyone");
    let of = |folder: &tempfile::TempDir| device(&folder.path().metadata().expect("there"));
    let mut folders = [std::env::temp_dir(), PathBuf::from(env!("CARGO_MANIFEST_DIR"))].into_iter();
    let here = folders.find_map(|folder| tempfile::tempdir_in(folder).ok().filter(|here| of(here) != of(&there)));
    (here.expect("the temporary folder or the sources are on another file system than /dev/shm"), there)
}

/// Everything in a tree: kind and content, mode, and time.
fn told(top: &Path) -> BTreeMap<PathBuf, (String, u32, Option<std::time::SystemTime>)> {
    let parts = survey(top).expect("surveyed").into_iter().map(|part| {
        let path = at(top, &part.below);
        let content = match part.kind {
            Kind::Folder => "folder".to_owned(),
            Kind::Link(target) => format!("-> {}", target.display()),
            Kind::File => String::from_utf8_lossy(&fs::read(path).expect("read")).into_owned(),
            Kind::Same(first) => format!("= {}", first.display()),
        };
        (part.below, (content, part.traits.mode, part.traits.modified))
    });
    parts.collect()
}

/// How long a file is that holds next to nothing.
const HOLES: u64 = 64 << 20;

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
    file("bin/lends", "#!/bin/sh\n", 0o755);
    fs::hard_link(top.join("bin/lends"), top.join("scripts/same")).expect("linked");
    fs::hard_link(top.join("SKILL.md"), top.join("bin/SKILL.md")).expect("linked");
    let holes = File::create(top.join("holes")).expect("made");
    holes.set_len(HOLES).expect("a hole");
    for place in [1 << 20, HOLES - 5] {
        std::os::unix::fs::FileExt::write_all_at(&holes, b"some", place).expect("written");
    }
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

/// N16: to another file system and back, everything is what it was: bytes, holes, links of both kinds, modes and
/// times; nothing is left beside.
#[test]
fn what_goes_to_another_file_system_comes_back_the_same() {
    let (here, there) = two_systems();
    let (from, to) = (here.path().join("skill"), there.path().join("skill"));
    make_tree(&from);
    let before = told(&from);
    assert_eq!(before.len(), 17);
    for (from, to) in [(&from, &to), (&to, &from)] {
        relocate(from, to, "one").expect("moved");
        assert!(from.symlink_metadata().is_err());
        assert_eq!(told(to), before);
        let room = std::os::unix::fs::MetadataExt::blocks(&fs::metadata(to.join("holes")).expect("there"));
        assert!(room * 512 < HOLES / 16, "{room}");
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

/// N16: what cannot be copied is refused before anything moved, and nobody waits for it.
#[test]
fn what_cannot_be_copied_stays_whole() {
    let (here, there) = two_systems();
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
        assert!(matches!(*cause(&error), Notice::Edit(_)), "{what}: {error}");
        assert!(from.join("SKILL.md").exists() && from.join("deep/it").symlink_metadata().is_ok(), "{what}");
        assert_eq!(fs::read_dir(there.path()).expect("listed").count(), 0, "{what}");
        // On the same file system nothing has to be copied.
        relocate(&from, &here.path().join("moved").join(what), "id").expect_err("no such folder");
        relocate(&from, &here.path().join(format!("{what} moved")), "id").expect("renamed");
    }
}

/// N16: a file that has another name outside is not parted from it, wherever it is.
#[test]
fn what_is_shared_with_elsewhere_stays() {
    let (here, there) = two_systems();
    let (from, to, outside) = (here.path().join("s"), there.path().join("s"), here.path().join("outside"));
    make_tree(&from);
    for shared in ["SKILL.md", "scripts/run 😀.sh", "bin/lends"] {
        fs::hard_link(from.join(shared), &outside).expect("linked");
        let error = relocate(&from, &to, "id").expect_err(shared);
        assert!(matches!(*cause(&error), Notice::Edit(EditNotice::MoveShared { .. })), "{error}");
        assert!(from.join(shared).exists() && fs::read_dir(there.path()).expect("listed").count() == 0, "{shared}");
        fs::remove_file(&outside).expect("removed");
    }
    relocate(&from, &to, "id").expect("moved");
}

/// N16: what lends its owner's rights comes back as it was; what is not one's own to lend stays where only one of the
/// two file systems would heed it.
#[test]
fn what_lends_rights_comes_back_or_stays() {
    let (here, there) = two_systems();
    let heeded = [here.path(), there.path()].iter().all(|folder| heeds_lent_rights(folder).expect("told"));
    for mode in [0o4755, 0o2755, 0o6711] {
        let (from, to) = (here.path().join("s"), there.path().join("s"));
        fs::write(&from, "x").expect("written");
        set_mode(&from, mode).expect("mode set");
        match relocate(&from, &to, "id") {
            Ok(()) => {
                assert!(heeded || our_user() != Some(0), "{mode:o}");
                assert_eq!(crate::files::file::mode(&to), Some(mode));
                relocate(&to, &from, "id").expect("moved back");
            }
            Err(error) => assert!(!heeded && our_user() == Some(0) && error.to_string().contains("set-uid"), "{error}"),
        }
        assert_eq!(crate::files::file::mode(&from), Some(mode));
        assert!(to.symlink_metadata().is_err());
        fs::remove_file(from).expect("removed");
    }
    // The rule itself, for whoever runs this: one's own is, root's and a stranger's is not.
    for owner in [0, 12_345, our_user().unwrap_or_default()] {
        let traits = Traits { bytes: 0, modified: None, mode: 0o4755, owner: (owner, 0) };
        let part = Part { below: PathBuf::new(), kind: Kind::File, traits };
        let is_own = owner != 0 && our_user() == Some(owner);
        let refused = refuse_what_lends(&[part], &here.path().join("s"), &there.path().join("s"));
        assert_eq!(refused.is_ok(), is_own || heeded, "{owner}");
    }
}

/// N16: of what is nothing but holes nothing is read, and what differs is found wherever it is.
#[test]
fn holes_cost_no_time_and_hide_nothing() {
    use std::os::unix::fs::FileExt;
    const FAR: u64 = 1 << 40;
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, length: u64, bytes: &[(u64, &[u8])]| {
        let path = folder.path().join(name);
        let file = File::create(&path).expect("made");
        file.set_len(length).expect("made long");
        bytes.iter().for_each(|(at, bytes)| file.write_all_at(bytes, *at).expect("written"));
        path
    };
    type Told<'a> = (u64, &'a [(u64, &'a [u8])]);
    let cases: [(Told<'_>, Told<'_>, bool); 7] = [
        ((0, &[]), (0, &[]), true),
        ((0, &[]), (1, &[]), false),
        ((FAR, &[]), (FAR, &[]), true),
        ((FAR, &[]), (FAR, &[(7, b"\0\0")]), true),
        ((FAR, &[]), (FAR, &[(FAR - 1, b"x")]), false),
        ((FAR, &[(FAR / 2, b"x")]), (FAR, &[(FAR / 2, b"y")]), false),
        ((FAR, &[(5, b"x")]), (FAR + 1, &[(5, b"x")]), false),
    ];
    for (one, other, expected) in cases {
        let (one, other) = (file("one", one.0, one.1), file("other", other.0, other.1));
        for (one, other) in [(&one, &other), (&other, &one)] {
            let open = |path: &Path| open_plain(path).expect("open");
            assert_eq!(is_same(open(one), open(other)).expect("read"), expected);
        }
    }
}

/// N16: nothing that is there is replaced, on one file system and between two; a place that cannot be written to
/// leaves the source whole.
#[test]
fn nothing_that_is_there_is_replaced() {
    let (here, there) = two_systems();
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
    let (here, there) = two_systems();
    let from = here.path().join("s");
    fs::create_dir(&from).expect("made");
    fs::write(from.join("a"), "one").expect("written");
    let before = survey(&from).expect("surveyed");
    fs::write(from.join("a"), "longer").expect("written");
    assert!(copy(&before, &from, &there.path().join("s")).is_err());
    fs::write(from.join("b"), "new").expect("written");
    assert_ne!(survey(&from).expect("surveyed"), before);
}

/// N16: an original that was changed while it was copied, and cannot be put back, is there twice; the move says where,
/// and it is put back as soon as that can be done.
#[test]
fn what_cannot_be_put_back_is_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let (from, copy, aside) = (at("skill"), at("trash/skill"), beside(&at("skill"), "id"));
    fs::create_dir(at("trash")).expect("made");
    fs::write(&from, "ours, changed").expect("written");
    fs::write(&copy, "ours").expect("written");
    let somebody_is_there = |_: &Path| {
        fs::write(&from, "theirs").expect("written");
        false
    };
    let error = give_up(&from, &copy, "id", somebody_is_there, discard).expect_err("taken").to_string();
    assert!(error.contains(&aside.display().to_string()), "{error}");
    let texts = || [&from, &copy, &aside].map(|path| fs::read_to_string(path).unwrap_or_default());
    assert_eq!(texts(), ["theirs", "ours", "ours, changed"]);
    for tidied in [false, true] {
        match tidied {
            true => assert!(!tidy(&from, &copy, "id")),
            false => drop(put_back(&from, &copy, "id").expect_err("taken")),
        }
        assert_eq!(texts(), ["theirs", "ours", "ours, changed"]);
    }
    fs::remove_file(&from).expect("removed");
    assert!(!tidy(&from, &copy, "id"), "it is back");
    assert_eq!(texts(), ["ours, changed", "ours", ""]);
    assert!(!put_back(&from, &copy, "id").expect("nothing to do"));
    // Where nobody is, it goes back at once.
    let error = give_up(&from, &copy, "id", |_| false, discard).expect_err("changed");
    assert!(matches!(*cause(&error), Notice::Edit(EditNotice::MoveChanged { .. })), "{error}");
    assert_eq!(texts(), ["ours, changed", "", ""]);
}

/// N16: an original of which something cannot be removed is whole where it was, whatever of it was gone already: its
/// modes, times, links and names of one file, too; the move failed, and says why.
#[test]
fn what_can_be_removed_only_in_part_stays_whole() {
    let paths = ["SKILL.md", "bin", "bin/SKILL.md", "bin/lends", "scripts", "scripts/same", "locked", "loop", "holes"];
    let stays_alone = |top: &Path, stays: &str| {
        for part in survey(top).expect("surveyed").into_iter().rev() {
            if !Path::new(stays).starts_with(&part.below) && !part.below.as_os_str().is_empty() {
                let path = at(top, &part.below);
                open_folders(top);
                let removed = if part.kind == Kind::Folder { fs::remove_dir(path) } else { fs::remove_file(path) };
                assert!(removed.is_ok() || part.below.starts_with(stays), "{removed:?}");
            }
        }
        Err(io::Error::from(io::ErrorKind::PermissionDenied))
    };
    for stays in paths.into_iter().chain([""]) {
        let (here, there) = two_systems();
        let (from, to) = (here.path().join("skill"), there.path().join("skill"));
        make_tree(&from);
        let before = told(&from);
        let of_before = survey(&from).expect("surveyed");
        copy(&of_before, &from, &to).expect("copied");
        let error = give_up(&from, &to, "id", |_| true, |spent| stays_alone(spent, stays)).expect_err("stays");
        let Notice::Edit(EditNotice::MoveKept { why, .. }) = *cause(&error) else { panic!("{error}") };
        assert!(format!("{why:?}").contains("ermission"), "{why:?}");
        assert_eq!(told(&from), before, "{stays}");
        assert_eq!(fs::read_dir(here.path()).expect("listed").count(), 1, "{stays}");
        assert_eq!(fs::read_dir(there.path()).expect("listed").count(), 0, "{stays}");
        // The same when it was cut off there, and is taken back.
        copy(&of_before, &from, &to).expect("copied");
        let spent = spent(&from, "id");
        rename_new(&from, &spent).expect("put aside");
        stays_alone(&spent, stays).expect_err("stays");
        assert!(put_back(&from, &to, "id").expect("put back"), "{stays}");
        assert_eq!((told(&from), spent.exists(), to.exists()), (before, false, true), "{stays}");
    }
}

/// N16: after a move that was cut off, the original is removed only if the copy has all of it.
#[test]
fn an_original_is_removed_only_for_its_copy() {
    type Change<'a> = (&'a str, &'a dyn Fn(&Path), bool);
    let time = |path: &Path| File::open(path).and_then(|file| file.metadata()?.modified()).expect("a time");
    let changes: [Change<'_>; 7] = [
        ("nothing", &|_| {}, true),
        ("half removed", &|path| fs::remove_file(path.join("large.bin")).expect("removed"), true),
        ("a file more", &|path| fs::write(path.join("new"), "").expect("written"), false),
        ("another text", &|path| fs::write(path.join("SKILL.md"), "new").expect("written"), false),
        (
            "as long, of the same time",
            &|path| {
                let file = path.join("scripts/run 😀.sh");
                let before = time(&file);
                fs::write(&file, "#!/bin/zz\n").expect("written");
                let options = fs::OpenOptions::new().write(true).open(file).expect("open");
                options.set_times(FileTimes::new().set_modified(before)).expect("set");
            },
            false,
        ),
        (
            "another link",
            &|path| {
                fs::remove_file(path.join("loop")).expect("removed");
                symlink("elsewhere", path.join("loop")).expect("linked");
            },
            false,
        ),
        ("another mode", &|path| set_mode(&path.join("empty.bin"), 0o644).expect("mode set"), false),
    ];
    for (what, change, is_removed) in changes {
        let folder = tempfile::tempdir().expect("a folder");
        let (from, to) = (folder.path().join("skill"), folder.path().join("trash/skill"));
        fs::create_dir(folder.path().join("trash")).expect("made");
        let aside = beside(&from, "id");
        make_tree(&aside);
        copy(&survey(&aside).expect("surveyed"), &aside, &to).expect("copied");
        change(&aside);
        assert_eq!(tidy(&from, &to, "id"), is_removed, "{what}");
        assert_eq!((from.exists(), aside.exists(), to.exists()), (!is_removed, false, true), "{what}");
    }
}
