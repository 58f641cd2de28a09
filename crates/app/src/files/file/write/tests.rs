use super::*;
use crate::{
    files::file::{adopt, create_private_dir},
    users::is_root_or_passed_as_root,
};

#[cfg(unix)]
fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("mode set");
}

#[cfg(unix)]
fn mode(path: &Path) -> u32 {
    owner::mode(path).expect("there")
}

/// N16: a new file has the mode that the system gives it; one that is there keeps its own, without what lends
/// its owner's rights.
#[cfg(unix)]
#[test]
fn modes_are_those_of_the_system_or_of_the_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let (path, any) = (folder.path().join("deep/new.json"), folder.path().join("any"));
    fs::write(&any, "").expect("written");
    assert!(put(&path, None, Some(Content { bytes: b"{}", mode: None })).expect("put"));
    assert_eq!(mode(&path), mode(&any));
    for (before, after) in [(0o600, 0o600), (0o640, 0o640), (0o444, 0o444), (0o4755, 0o755), (0o6777, 0o777)] {
        set_mode(&path, before);
        let text = fs::read(&path).expect("read");
        assert!(put(&path, Some(&text), Some(Content { bytes: b"{ }", mode: None })).expect("put"));
        assert_eq!(mode(&path), after, "{before:o}");
    }
    assert!(put(&path, Some(b"{ }"), Some(Content { bytes: b"{}", mode: Some(0o4711) })).expect("put"));
    assert_eq!(mode(&path), 0o711);
}

/// N16: a file that somebody made in the meantime is not replaced, nor is one removed that nobody expected.
#[test]
fn what_is_not_expected_stays() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("x.json");
    fs::write(&path, "theirs").expect("written");
    assert!(!put(&path, None, Some(Content { bytes: b"ours", mode: None })).expect("no error"));
    assert!(!put(&path, None, None).expect("no error"));
    assert!(!put(&path, Some(b"else"), None).expect("no error"));
    assert_eq!(fs::read_to_string(&path).expect("read"), "theirs");
    let other = folder.path().join("other");
    fs::write(&other, "mine").expect("written");
    assert_eq!(rename_new(&other, &path).expect_err("taken").kind(), io::ErrorKind::AlreadyExists);
    assert!(put(&folder.path().join("none"), None, None).expect("nothing to do"));
    assert_eq!(fs::read_dir(folder.path()).expect("listed").count(), 2);
}

/// N16: a file with two names is not parted from the other one, by whatever name or link it is reached; it can be
/// removed under one of them, and written once it has only one.
#[cfg(unix)]
#[test]
fn hard_links_are_not_parted() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    fs::write(at("one"), "{}").expect("written");
    fs::hard_link(at("one"), at("two")).expect("linked");
    std::os::unix::fs::symlink("two", at("link")).expect("linked");
    for name in ["one", "two", "link"] {
        let refused = put(&at(name), Some(b"{}"), Some(Content { bytes: b"{ }", mode: None }));
        assert_eq!(refused.expect_err(name).code, ErrorCode::HardLink);
        let refused = super::super::compute(&at(name), |text| Ok(text.to_owned()));
        assert_eq!(refused.expect_err(name).code, ErrorCode::HardLink);
        assert_eq!(fs::read_to_string(at(name)).expect("read"), "{}");
    }
    assert_eq!(fs::read_dir(folder.path()).expect("listed").count(), 3, "nothing is left beside");
    assert!(put(&at("one"), Some(b"{}"), None).expect("removed"));
    assert_eq!(fs::read_to_string(at("two")).expect("read"), "{}");
    assert!(put(&at("link"), Some(b"{}"), Some(Content { bytes: b"{ }", mode: None })).expect("one name"));
    assert_eq!(fs::read_to_string(at("two")).expect("read"), "{ }");
}

/// N16: what root writes stays whose it was, and what root makes in somebody's folder is theirs.
#[cfg(unix)]
#[test]
fn what_root_writes_is_not_roots() {
    use std::os::unix::fs::{MetadataExt, chown};
    let owner = |path: &Path| fs::metadata(path).map(|file| (file.uid(), file.gid())).expect("there");
    let folder = tempfile::tempdir().expect("a folder");
    let base = folder.path();
    if !is_root_or_passed_as_root("config::file::write::tests::what_root_writes_is_not_roots") {
        return;
    }
    let (home, theirs) = (base.join("home"), (12_345, 23_456));
    fs::create_dir(&home).expect("made");
    chown(&home, Some(theirs.0), Some(theirs.1)).expect("given");
    let new = home.join(".config/opencode/opencode.json");
    assert!(put(&new, None, Some(Content { bytes: b"{}", mode: None })).expect("put"));
    assert!(put(&new, Some(b"{}"), Some(Content { bytes: b"{ }", mode: None })).expect("put"));
    let state = home.join(".local/state/rekindle/x.json");
    write_private(&state, "{}").expect("written");
    write_private(&state, "{ }").expect("written");
    create_private_dir(&home.join(".local/state/other")).expect("made");
    let log = home.join("log");
    adopt(&File::create(&log).expect("made"), &log);
    for path in [&new, &state, &log, &home.join(".local/state/other")] {
        for path in path.ancestors().take_while(|path| *path != base) {
            assert_eq!(owner(path), theirs, "{}", path.display());
        }
    }
    assert_eq!((mode(&state), mode(&home.join(".local/state/rekindle"))), (0o600, 0o700));
    // What was not just made is not given away, whatever its path is: root's file with a second name, a third user's,
    // a folder that holds something, what a link leads to.
    let (kept, kept_folder) = (base.join("kept"), base.join("folder"));
    fs::write(&kept, "root's").expect("written");
    fs::create_dir(&kept_folder).expect("made");
    fs::write(kept_folder.join("in it"), "root's").expect("written");
    fs::hard_link(&kept, home.join("shared")).expect("linked");
    fs::write(home.join("third"), "").expect("written");
    chown(home.join("third"), Some(34_567), Some(0)).expect("given");
    fs::create_dir(home.join("full")).expect("made");
    fs::write(home.join("full/in it"), "root's").expect("written");
    std::os::unix::fs::symlink(&kept_folder, home.join("way")).expect("linked");
    for (name, is_whose) in [("shared", 0), ("third", 34_567)] {
        adopt(&File::open(home.join(name)).expect("open"), &home.join(name));
        assert_eq!(owner(&home.join(name)).0, is_whose, "{name}");
    }
    adopt(&File::open(home.join("full")).expect("open"), &home.join("full"));
    for name in ["full", "way", "shared"] {
        owner::adopt_folder(&home.join(name));
    }
    assert_eq!([&home.join("full"), &kept_folder, &kept].map(|path| owner(path).0), [0, 0, 0]);
    // Somebody else's file in a folder of ours.
    let file = base.join("shared.json");
    fs::write(&file, "{}").expect("written");
    chown(&file, Some(theirs.0), Some(0)).expect("given");
    assert!(put(&file, Some(b"{}"), Some(Content { bytes: b"{ }", mode: None })).expect("put"));
    assert_eq!(owner(&file), (theirs.0, 0));
    assert_eq!(owner(base).0, 0);
}
