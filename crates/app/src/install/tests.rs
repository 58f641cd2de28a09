//! Hostile sources, and those that people have.

use std::{
    fs::{self, File},
    io::{BufRead, BufReader, Cursor, Write},
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use flate2::{Compression, write::GzEncoder};
use rekindle_domain::{EntryFault, Notice};
use rekindle_sources::Revision;
use serde_json::json;
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use super::*;
use crate::{edit::Landing, files::locate::SkillsOf};

mod landing;
mod noted;
mod updating;

const SKILL_TEXT: &str = "---\nname: a-skill\ndescription: d\n---\nbody\n";

struct World {
    root: tempfile::TempDir,
    places: Places,
}

impl World {
    fn new() -> Self {
        let root = tempfile::tempdir().expect("a folder");
        let directory = root.path().join("pro ject 😀");
        fs::create_dir_all(directory.join(".git")).expect("made");
        let mut places = Places::of(&directory).expect("places");
        places.state = root.path().join("state");
        places.common_state = root.path().join("state");
        Self { root, places }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    fn fetch(&self, source: &str) -> Result<Fetched, UserError> {
        self.fetch_some(source, &[], All::NotWanted)
    }

    fn fetch_some(&self, source: &str, skills: &[&str], all: All) -> Result<Fetched, UserError> {
        let skills: Vec<_> = skills.iter().map(|name| (*name).to_owned()).collect();
        fetch(&self.places, &Wanted { source, scope: None, skills: &skills, all })
    }

    /// Why a source is refused. Nothing of it stays behind.
    fn refusal(&self, source: &str) -> Notice {
        let kept = || fs::read_dir(self.places.common_state.join("fetched")).into_iter().flatten().count();
        let before = kept();
        let error = self.fetch(source).expect_err("refused");
        assert_eq!(kept(), before, "what was fetched is gone");
        error.what
    }
}

fn names(fetched: &Fetched) -> Vec<&str> {
    fetched.skills.iter().map(|skill| &*skill.skill.name).collect()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Tar,
    TarGz,
    Zip,
}

const FORMATS: [Format; 3] = [Format::Tar, Format::TarGz, Format::Zip];

#[derive(Clone, Copy, Debug)]
enum Entry<'a> {
    File(&'a str, &'a str),
    Program(&'a str),
    Folder(&'a str),
    Link(&'a str, &'a str),
    HardLink(&'a str, &'a str),
    Device(&'a str),
}

use Entry::{Device, Folder, HardLink, Link, Program};

fn skill(name: &str) -> Entry<'_> {
    Entry::File(name, SKILL_TEXT)
}

fn archive(format: Format, entries: &[Entry]) -> Vec<u8> {
    match format {
        Format::Tar => tar(entries),
        Format::TarGz => {
            let mut gz = GzEncoder::new(Vec::new(), Compression::fast());
            gz.write_all(&tar(entries)).expect("written");
            gz.finish().expect("an archive")
        }
        Format::Zip => zip(entries),
    }
}

/// A tar archive, with whatever names: the library writes none that lead elsewhere.
fn tar(entries: &[Entry]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in entries {
        let (kind, name, target, content, mode) = match *entry {
            Entry::File(name, content) => (b'0', name, "", content, 0o100_666),
            Program(name) => (b'0', name, "", "#!/bin/sh\n", 0o106_777),
            Folder(name) => (b'5', name, "", "", 0o777),
            Link(name, target) => (b'2', name, target, "", 0o777),
            HardLink(name, target) => (b'1', name, target, "", 0o666),
            Device(name) => (b'3', name, "", "", 0o666),
        };
        let mut header = tar::Header::new_ustar();
        header.set_mode(mode);
        header.set_size(content.len() as u64);
        header.set_mtime(1);
        let raw = header.as_ustar_mut().expect("a header");
        raw.typeflag = [kind];
        raw.name[..name.len()].copy_from_slice(name.as_bytes());
        raw.linkname[..target.len()].copy_from_slice(target.as_bytes());
        header.set_cksum();
        bytes.extend_from_slice(header.as_bytes());
        bytes.extend_from_slice(content.as_bytes());
        bytes.resize(bytes.len().next_multiple_of(512), 0);
    }
    bytes.resize(bytes.len() + 1024, 0);
    bytes
}

fn zip(entries: &[Entry]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    let mut types = Vec::new();
    let mut seen = Vec::new();
    let mut twice = None;
    for entry in entries {
        let written = match *entry {
            Entry::File(name, content) => {
                // The library writes no name twice: another one of the same length is put in its place at the end.
                let stand_in = name.replace('a', "\u{1}");
                let as_written = if seen.contains(&name) { stand_in.as_str() } else { name };
                if as_written != name {
                    twice = Some((stand_in.clone(), name));
                }
                seen.push(name);
                zip.start_file(as_written, options).and_then(|()| Ok(zip.write_all(content.as_bytes())?))
            }
            Program(name) => {
                types.push((name, 0o106_777_u32));
                zip.start_file(name, options.unix_permissions(0o777)).and_then(|()| Ok(zip.write_all(b"#!/bin/sh\n")?))
            }
            Folder(name) => zip.add_directory(name, options),
            Link(name, target) => zip.add_symlink(name, target, options),
            HardLink(..) => unreachable!("zip has none"),
            Device(name) => {
                types.push((name, 0o020_666));
                zip.start_file(name, options)
            }
        };
        written.expect("written");
    }
    let mut bytes = zip.finish().expect("an archive").into_inner();
    for (name, mode) in types {
        let at = directory_entry(&bytes, name);
        bytes[at + 38..at + 42].copy_from_slice(&(mode << 16).to_le_bytes());
    }
    if let Some((stand_in, name)) = twice {
        while let Some(at) = bytes.windows(stand_in.len()).position(|window| window == stand_in.as_bytes()) {
            bytes[at..at + name.len()].copy_from_slice(name.as_bytes());
        }
    }
    bytes
}

/// Where the entry of a name begins in the directory of a zip archive.
fn directory_entry(bytes: &[u8], name: &str) -> usize {
    let is_it = |at: &usize| bytes[*at..].starts_with(b"PK\x01\x02") && bytes[at + 46..].starts_with(name.as_bytes());
    (0..bytes.len() - 46).find(is_it).expect("the entry")
}

/// S1: archives of each kind, with and without a folder around; their ending does not matter.
#[test]
fn archives_are_read() {
    for format in FORMATS {
        let world = World::new();
        let entries = [
            Folder("top/"),
            Folder("top/a-skill/"),
            skill("top/a-skill/SKILL.md"),
            Program("top/a-skill/scripts/run.sh"),
            Entry::File("top/a-skill/docs/é 😀.md", "text"),
            Link("top/a-skill/AGENTS.md", "docs/é 😀.md"),
            Link("top/README.md", "a-skill/SKILL.md"),
        ];
        fs::write(world.path("some.download"), archive(format, &entries)).expect("written");
        let fetched = world.fetch(&world.path("some.download").display().to_string()).expect("fetched");
        assert_eq!(names(&fetched), ["a-skill"], "{format:?}");
        let installed = crate::edit::install_skills(&world.places, &fetched, &Landing::default()).expect("installed");
        let place = &installed.places[0];
        assert!(place.ends_with(".opencode/skills/a-skill"), "{place:?}");
        let read = |name: &str| fs::read_to_string(place.join(name)).expect(name);
        assert_eq!((&*read("SKILL.md"), &*read("docs/é 😀.md"), &*read("AGENTS.md")), (SKILL_TEXT, "text", "text"));
        assert!(fs::symlink_metadata(place.join("AGENTS.md")).expect("there").is_file(), "it depends on nothing else");
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            let mode = |name: &str| fs::metadata(place.join(name)).expect("there").mode() & 0o7777;
            assert_eq!((mode("scripts/run.sh") & 0o7711, mode("SKILL.md") & 0o7111), (0o711, 0), "{format:?}");
        }
        crate::edit::undo(&world.places, Some(&installed.token), None).expect("undone");
        assert!(!place.exists());
        drop(fetched);
        assert_eq!(fs::read_dir(world.places.common_state.join("fetched")).expect("listed").count(), 0);
    }
}

/// B10: each of these keeps all of an archive from being installed, by its name.
#[test]
fn hostile_archives_are_refused() {
    let long = format!("a-skill/{}", "x/".repeat(20));
    let refused: &[(&[Entry], &str, EntryFault)] = &[
        (&[Entry::File("../evil", "")], "../evil", EntryFault::Outside),
        (&[Entry::File("a-skill/../../evil", "")], "a-skill/../../evil", EntryFault::Outside),
        (&[Folder("../")], "../", EntryFault::Outside),
        (&[Entry::File("a-skill\\..\\..\\evil", "")], "a-skill\\..\\..\\evil", EntryFault::Outside),
        (&[Entry::File("/tmp/evil", "")], "/tmp/evil", EntryFault::Absolute),
        (&[Entry::File("C:/evil", "")], "C:/evil", EntryFault::Absolute),
        (&[Link("a-skill/l", "/etc/passwd")], "a-skill/l", EntryFault::Link { to: "/etc/passwd".to_owned() }),
        (&[Link("a-skill/l", "../../x")], "a-skill/l", EntryFault::Link { to: "../../x".to_owned() }),
        (&[Link("a-skill/l", "nowhere")], "a-skill/l", EntryFault::Link { to: "nowhere".to_owned() }),
        (&[Link("a-skill/l", "l")], "a-skill/l", EntryFault::Link { to: "l".to_owned() }),
        (&[Link("a-skill/l", "."), Entry::File("a-skill/l/x", "")], "a-skill/l", EntryFault::Twice),
        (&[Entry::File("a-skill/.git", "gitdir: x")], "a-skill/.git", EntryFault::Repository),
        (&[Entry::File("a-skill/.GIT/config", "")], "a-skill/.GIT/config", EntryFault::Repository),
        (&[Device("a-skill/d")], "a-skill/d", EntryFault::Special),
        (&[Entry::File("a-skill/aux.md", "")], "a-skill/aux.md", EntryFault::Reserved),
        (&[Entry::File("a-skill/b.", "")], "a-skill/b.", EntryFault::BadName),
        (
            &[Entry::File("a-skill/skill.MD", "")],
            "a-skill/skill.MD",
            EntryFault::Clash { with: "a-skill/SKILL.md".to_owned() },
        ),
        (
            &[Entry::File("a-skill/caf\u{e9}", ""), Entry::File("a-skill/cafe\u{301}", "")],
            "a-skill/cafe\u{301}",
            EntryFault::Clash { with: "a-skill/caf\u{e9}".to_owned() },
        ),
        (&[Entry::File("a-skill/aa", "1"), Entry::File("a-skill/aa", "2")], "a-skill/aa", EntryFault::Twice),
    ];
    for format in FORMATS {
        let check = |entries: &[Entry], expected: Notice| {
            let world = World::new();
            let entries = [&[skill("a-skill/SKILL.md")], entries].concat();
            fs::write(world.path("a.zip"), archive(format, &entries)).expect("written");
            let told = world.refusal(&world.path("a.zip").display().to_string());
            assert_eq!(told, expected, "{format:?} {entries:?}");
            let outside = fs::read_dir(world.root.path()).expect("listed").count();
            assert_eq!(outside, 3, "the archive, the project and the state");
        };
        for (entries, entry, why) in refused {
            let entry = (*entry).to_owned();
            check(entries, InstallNotice::EntryRefused { entry, why: why.clone() }.into());
        }
        check(&[Entry::File(&long, "")], EditNotice::SkillTooDeep { most: rules::DEEPEST }.into());
    }
    for format in [Format::Tar, Format::TarGz] {
        let world = World::new();
        let entries = [skill("a-skill/SKILL.md"), HardLink("a-skill/h", "a-skill/SKILL.md")];
        fs::write(world.path("a"), archive(format, &entries)).expect("written");
        let told = world.refusal(&world.path("a").display().to_string());
        let expected = InstallNotice::EntryRefused { entry: "a-skill/h".to_owned(), why: EntryFault::HardLink };
        assert_eq!(told, expected);
    }
}

/// B10: what would fill a disk or the memory ends at the limit.
#[test]
fn bombs_stop_at_the_limit() {
    let world = World::new();
    let path = world.path("bomb.zip");
    let refusal = || world.refusal(&path.display().to_string());
    let mut zip = ZipWriter::new(File::create(&path).expect("a file"));
    zip.start_file("a-skill/SKILL.md", SimpleFileOptions::default()).expect("begun");
    for _ in 0..=rules::MOST_BYTES / (1024 * 1024) {
        zip.write_all(&[b' '; 1024 * 1024]).expect("written");
    }
    zip.finish().expect("an archive");
    assert_eq!(refusal(), EditNotice::SkillTooLarge { mebibytes: 512 });

    let names: Vec<_> = (0..=rules::MOST_ENTRIES).map(|number| format!("a-skill/{number}")).collect();
    let entries: Vec<_> = names.iter().map(|name| Entry::File(name, "")).collect();
    for format in FORMATS {
        fs::write(&path, archive(format, &entries)).expect("written");
        assert_eq!(refusal(), EditNotice::SkillTooManyFiles { most: rules::MOST_ENTRIES }, "{format:?}");
    }

    // A name that takes half a gigabyte.
    let mut header = tar::Header::new_gnu();
    header.set_size(400 * 1024 * 1024);
    header.set_entry_type(tar::EntryType::GNULongName);
    header.set_path("././@LongLink").expect("a path");
    header.set_cksum();
    let mut gz = GzEncoder::new(File::create(&path).expect("a file"), Compression::fast());
    gz.write_all(header.as_bytes()).expect("written");
    (0..400).for_each(|_| gz.write_all(&[b'x'; 1024 * 1024]).expect("written"));
    gz.finish().expect("an archive");
    let expected = InstallNotice::EntryRefused { entry: "x".repeat(200), why: EntryFault::TooLong };
    assert_eq!(refusal(), expected);

    File::create(&path).and_then(|file| file.set_len(rules::MOST_PACKED + 1)).expect("a large file");
    assert_eq!(refusal(), InstallNotice::ArchiveTooLarge { mebibytes: 128 });
}

/// What is no archive, or only the beginning of one.
#[test]
fn broken_archives_are_told() {
    let world = World::new();
    let path = world.path("a.zip");
    let refusal = || world.refusal(&path.display().to_string());
    for content in ["", "text", "PK", "<!doctype html>"] {
        fs::write(&path, content).expect("written");
        assert!(matches!(refusal(), Notice::Install(InstallNotice::NoArchive { .. })), "{content:?}");
    }
    for format in FORMATS {
        let long = "x".repeat(5000);
        let whole = archive(format, &[skill("SKILL.md"), Entry::File("x", &long)]);
        for part in [30, whole.len() / 2, whole.len().saturating_sub(1040)] {
            fs::write(&path, &whole[..part.min(whole.len() - 30)]).expect("written");
            let told = refusal();
            let is_told = matches!(
                told,
                Notice::Install(
                    InstallNotice::ArchiveBroken { .. } | InstallNotice::NoArchive { .. } | InstallNotice::NoSkills
                )
            );
            assert!(is_told, "{format:?} {part}: {told:?}");
        }
    }
    // Cut between two entries, and a letter that was changed on the way.
    let entries = [skill("SKILL.md"), Entry::File("x", "")];
    fs::write(&path, &tar(&entries)[..1024]).expect("written");
    assert!(matches!(refusal(), Notice::Install(InstallNotice::ArchiveBroken { .. })));
    let text = "x".repeat(2000);
    let mut gz = GzEncoder::new(Vec::new(), Compression::none());
    gz.write_all(&tar(&[skill("SKILL.md"), Entry::File("x", &text)])).expect("written");
    let mut bytes = gz.finish().expect("an archive");
    let at = bytes.windows(9).position(|window| window == b"xxxxxxxxx").expect("the text");
    bytes[at] = b'y';
    fs::write(&path, &bytes).expect("written");
    assert!(matches!(refusal(), Notice::Install(InstallNotice::ArchiveBroken { .. })));
    assert!(matches!(
        world.refusal(&world.path("none.zip").display().to_string()),
        Notice::Install(InstallNotice::SourceMissing { .. })
    ));
}

/// A repository of the test's own, in a folder; the commit that it is at.
fn repository(folder: &Path, files: &[(&str, &str)]) -> String {
    fs::create_dir_all(folder).expect("made");
    if !folder.join(".git").exists() {
        git(folder, &["init", "--quiet", "--initial-branch=main", "."]);
    }
    for (name, content) in files {
        fs::create_dir_all(folder.join(name).parent().expect("a folder")).expect("made");
        fs::write(folder.join(name), content).expect("written");
    }
    git(folder, &["add", "--all"]);
    git(folder, &["commit", "--quiet", "--message=x"]);
    git(folder, &["rev-parse", "HEAD"])
}

fn git(folder: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new("git");
    command.args(["-c", "user.name=t", "-c", "user.email=t@localhost"]).args(arguments).current_dir(folder);
    let output = command.output().expect("git");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn named(name: &str) -> String {
    format!("---\nname: {name}\ndescription: d\n---\n")
}

/// S1: repositories: a branch, a tag, a commit, one skill of several.
#[test]
fn repositories_are_fetched() {
    let world = World::new();
    let remote = world.path("remote");
    let (one, two) = (named("one"), named("two"));
    let first = repository(&remote, &[("skills/one/SKILL.md", &one), ("README.md", "x")]);
    git(&remote, &["tag", "v1"]);
    git(&remote, &["checkout", "--quiet", "-b", "feature/x"]);
    let second = repository(&remote, &[("skills/second/SKILL.md", &two), ("skills/second/a.txt", "a")]);
    git(&remote, &["checkout", "--quiet", "main"]);
    let source = |rest: &str| format!("git+file://{}{rest}", remote.display());

    let fetched = world.fetch(&source("")).expect("fetched");
    assert_eq!((names(&fetched), fetched.source.resolved.as_deref()), (vec!["one"], Some(&*first)));
    let fetched = world.fetch(&source("#v1")).expect("fetched");
    assert_eq!(fetched.source.resolved.as_deref(), Some(&*first));
    let error = world.fetch(&source("#feature/x")).expect_err("two skills");
    let both = InstallNotice::SeveralSkills { names: vec!["one".to_owned(), "two".to_owned()] };
    assert_eq!((error.code, error.what), (ErrorCode::SeveralSkills, both.into()));
    let all = world.fetch_some(&source("#feature/x"), &[], All::Wanted).expect("fetched");
    assert_eq!((names(&all), all.source.resolved.as_deref()), (vec!["one", "two"], Some(&*second)));
    for name in ["two", "second"] {
        let fetched = world.fetch_some(&source("#feature/x"), &[name], All::NotWanted).expect("by its name or folder");
        assert_eq!(names(&fetched), ["two"]);
    }
    let error = world.fetch_some(&source("#feature/x"), &["three"], All::NotWanted).expect_err("none of that name");
    assert!(matches!(error.what, Notice::Install(InstallNotice::NoSuchSkill { .. })), "{error:?}");
    assert!(matches!(world.refusal(&source("#none")), Notice::Install(InstallNotice::NoSuchRevision { .. })));
    let nowhere = format!("git+file://{}", world.path("nowhere").display());
    assert!(matches!(world.refusal(&nowhere), Notice::Install(InstallNotice::FetchFailed { .. })));

    let installed = crate::edit::install_skills(&world.places, &all, &Landing::default()).expect("installed");
    assert_eq!(installed.places.len(), 2);
    assert!(installed.places.iter().any(|place| place.join("a.txt").exists()));
    crate::edit::undo(&world.places, None, None).expect("undone at once");
    assert!(installed.places.iter().all(|place| !place.exists()));
}

/// A page names a branch and a folder in one: only the repository knows where the one ends.
#[test]
fn a_page_is_split_where_the_branch_ends() {
    let world = World::new();
    let remote = world.path("remote");
    let commit = repository(&remote, &[("x/s/SKILL.md", &named("s")), ("SKILL.md", &named("root"))]);
    git(&remote, &["branch", "feature/x"]);
    let fetched = |revision: Revision| {
        let Origin::Git(mut git) =
            paste(&format!("git+file://{}", remote.display()), |_| false).expect("a source").source.origin
        else {
            panic!("a repository")
        };
        git.revision = revision;
        let (repository, folder) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
        let (commit, _) = git::fetch(&git, &[], repository.path(), folder.path(), &Stop::default())?;
        Ok::<_, UserError>((commit, find::find(folder.path(), &[])?.skills.remove(0).skill.name))
    };
    let page = |path: &str| fetched(Revision::Page(rekindle_sources::Folder::of(path).expect("a folder")));
    assert_eq!(page("feature/x").expect("fetched").1, "root");
    assert_eq!(page("feature/x/x/s").expect("fetched").1, "s");
    assert_eq!(page("main/x/s").expect("fetched").1, "s");
    assert_eq!(page(&format!("{commit}/x/s")).expect("fetched"), (commit.clone(), "s".to_owned()));
    let what = |error: Result<(String, String), UserError>| error.expect_err("refused").what;
    assert!(matches!(what(page("feature/y/s")), Notice::Install(InstallNotice::NoSuchRevision { .. })));
    assert!(matches!(what(page("main/none")), Notice::Install(InstallNotice::NoSuchFolder { .. })));
    assert!(matches!(what(page("main/x/s/SKILL.md")), Notice::Install(InstallNotice::NoSuchFolder { .. })));
}

/// B10: what is in a repository is written as it is kept, and nothing that it says is run; what is beside the skill does not
/// matter.
#[test]
#[cfg(unix)]
fn nothing_of_a_repository_is_run() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let world = World::new();
    let remote = world.path("remote");
    fs::create_dir_all(remote.join("s/docs")).expect("made");
    symlink("/etc/passwd", remote.join("link")).expect("linked");
    symlink("docs/a.txt", remote.join("s/AGENTS.md")).expect("linked");
    fs::write(remote.join("run.sh"), "#!/bin/sh\n").expect("written");
    fs::write(remote.join("s/run.sh"), "#!/bin/sh\n").expect("written");
    fs::set_permissions(remote.join("s/run.sh"), fs::Permissions::from_mode(0o755)).expect("a program");
    let attributes = "* filter=evil text eol=crlf\ns/docs/a.txt export-ignore export-subst ident\n";
    repository(
        &remote,
        &[
            ("s/SKILL.md", &named("s")),
            ("s/docs/a.txt", "$Format:%H$ $Id$\n"),
            (".gitattributes", attributes),
            ("aux", ""),
        ],
    );
    let fetched = world.fetch(&format!("git+file://{}", remote.display())).expect("fetched");
    let installed = crate::edit::install_skills(&world.places, &fetched, &Landing::default()).expect("installed");
    let read = |name: &str| fs::read_to_string(installed.places[0].join(name)).expect(name);
    assert_eq!(read("docs/a.txt"), "$Format:%H$ $Id$\n");
    assert_eq!(read("AGENTS.md"), read("docs/a.txt"));
    let mode = fs::metadata(installed.places[0].join("run.sh")).expect("there").permissions().mode();
    assert_ne!(mode & 0o100, 0, "a program");

    symlink("../../run.sh", remote.join("s/docs/out")).expect("linked");
    repository(&remote, &[]);
    let fetched = world.fetch(&format!("git+file://{}", remote.display()));
    let told = fetched.expect_err("refused").what;
    let why = EntryFault::Link { to: "../../run.sh".to_owned() };
    assert_eq!(told, InstallNotice::EntryRefused { entry: "s/docs/out".to_owned(), why });
}

/// A submodule is not part of a skill; a file that cannot be named is, and keeps it from being installed.
#[test]
#[cfg(unix)]
fn submodules_are_left_out_and_names_are_text() {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt};
    let world = World::new();
    let remote = world.path("remote");
    let commit = repository(&remote, &[("s/SKILL.md", &named("s"))]);
    git(&remote, &["update-index", "--add", "--cacheinfo", &format!("160000,{commit},s/module")]);
    git(&remote, &["commit", "--quiet", "--message=module"]);
    let source = format!("git+file://{}", remote.display());
    assert_eq!(names(&world.fetch(&source).expect("fetched")), ["s"]);

    fs::write(remote.join("s").join(OsStr::from_bytes(b"caf\xe9")), "").expect("written");
    git(&remote, &["add", "s"]);
    git(&remote, &["commit", "--quiet", "--message=name"]);
    let told = world.refusal(&source);
    assert!(matches!(told, Notice::Install(InstallNotice::EntryRefused { why: EntryFault::BadName, .. })), "{told:?}");
}

/// `HEAD` and full names are what some pages and people write.
#[test]
fn a_page_may_name_its_branch_in_full() {
    let world = World::new();
    let remote = world.path("remote");
    repository(&remote, &[("x/SKILL.md", &named("s"))]);
    for page in ["HEAD/x", "refs/heads/main/x"] {
        let source = format!("git+file://{}", remote.display());
        let Origin::Git(mut git) = paste(&source, |_| false).expect("a source").source.origin else { panic!("git") };
        git.revision = Revision::Page(rekindle_sources::Folder::of(page).expect("a folder"));
        let (repository, folder) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
        git::fetch(&git, &[], repository.path(), folder.path(), &Stop::default()).expect(page);
    }
}

/// A skill within a skill is part of it, unless it is named; however the source is fetched.
#[test]
fn a_skill_in_a_skill_is_named() {
    let world = World::new();
    let remote = world.path("remote");
    repository(&remote, &[("SKILL.md", &named("outer")), ("skills/inner/SKILL.md", &named("inner"))]);
    fs::write(
        world.path("a.tar"),
        tar(&[Entry::File("SKILL.md", &named("outer")), Entry::File("skills/inner/SKILL.md", &named("inner"))]),
    )
    .expect("written");
    let sources = [
        remote.display().to_string(),
        format!("git+file://{}", remote.display()),
        world.path("a.tar").display().to_string(),
    ];
    for source in sources {
        assert_eq!(names(&world.fetch(&source).expect("fetched")), ["outer"], "{source}");
        let inner = world.fetch_some(&source, &["inner"], All::NotWanted).expect("fetched");
        assert_eq!(names(&inner), ["inner"], "{source}");
    }
}

/// What the engine would not load is told, and keeps nothing else from being installed.
#[test]
fn what_would_not_load_is_told() {
    let world = World::new();
    let source = world.path("source");
    for (name, text) in [("good", named("good")), ("bad", "no front matter".to_owned())] {
        fs::create_dir_all(source.join(name)).expect("made");
        fs::write(source.join(name).join("SKILL.md"), text).expect("written");
    }
    let source = source.display().to_string();
    let fetched = world.fetch(&source).expect("one is good");
    assert_eq!(names(&fetched), ["good"]);
    assert_eq!(fetched.broken.iter().map(|error| error.path.as_deref()).collect::<Vec<_>>(), [Some("bad/SKILL.md")]);
    let error = world.fetch_some(&source, &["bad"], All::NotWanted).expect_err("it was meant");
    assert!(matches!(error.what, Notice::Edit(EditNotice::SkillWouldNotLoad { .. })), "{error:?}");
}

/// All of several skills land, or none; and a process that was killed between two of them leaves none.
#[test]
fn several_skills_are_one_change() {
    let world = World::new();
    let source = world.path("source");
    for name in ["one", "two", "three"] {
        fs::create_dir_all(source.join(name)).expect("made");
        fs::write(source.join(name).join("SKILL.md"), named(name)).expect("written");
    }
    let all = || world.fetch_some(&source.display().to_string(), &[], All::Wanted).expect("fetched");
    let skills = world.places.skills_to_edit(Scope::Project, SkillsOf::OpenCode);
    let there = || fs::read_dir(&skills).into_iter().flatten().filter_map(Result::ok).count();
    fs::create_dir_all(skills.join("two")).expect("in the way");
    let error = crate::edit::install_skills(&world.places, &all(), &Landing::default()).expect_err("one is there");
    assert!(matches!(error.what, Notice::Edit(EditNotice::SkillThere { .. })), "{error:?}");
    assert_eq!(there(), 1);
    fs::remove_dir(skills.join("two")).expect("removed");
    let installed = crate::edit::install_skills(&world.places, &all(), &Landing::default()).expect("installed");
    assert_eq!((installed.places.len(), there()), (3, 3));

    // As it is when whoever installs is killed between two of them: the next change takes back what had landed.
    let record = |ending: &str| world.places.state.join("undo").join(format!("{}.{ending}", installed.token));
    fs::rename(record("json"), record("intended")).expect("cut off");
    fs::remove_dir_all(skills.join("two")).expect("not there yet");
    crate::edit::undo(&world.places, None, None).expect_err("nothing to undo");
    assert_eq!((there(), record("intended").exists()), (0, false));

    // The same while it is undone: that goes on the next time.
    let installed = crate::edit::install_skills(&world.places, &all(), &Landing::default()).expect("installed");
    let record = |ending: &str| world.places.state.join("undo").join(format!("{}.{ending}", installed.token));
    fs::rename(record("json"), record("undoing")).expect("cut off");
    fs::remove_dir_all(skills.join("two")).expect("undone");
    crate::edit::undo(&world.places, None, None).expect("undone");
    assert_eq!(there(), 0);
    crate::edit::install_skills(&world.places, &all(), &Landing::default()).expect("installed");

    // Somebody changed one: nothing is taken back without their choice.
    fs::write(skills.join("two/SKILL.md"), named("other")).expect("written");
    let error = crate::edit::undo(&world.places, None, None).expect_err("changed since");
    assert_eq!((error.code, there()), (ErrorCode::ChangedSince, 3));
    crate::edit::undo(&world.places, None, Some(rekindle_domain::UndoChoice::Before)).expect("undone");
    assert_eq!(there(), 0);
}

/// Answers requests with what stands at their paths, until the test ends.
fn serve(pages: Vec<(&'static str, Vec<u8>)>) -> String {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let here = address.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut head = String::new();
            let mut lines = BufReader::new(stream.try_clone().expect("a stream"));
            while lines.read_line(&mut head).is_ok_and(|count| count > 2) {}
            let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
            // Whoever asked may have hung up.
            let answer = pages.iter().find(|(page, _)| *page == path).map(|(_, answer)| answer.clone());
            let answer = answer.unwrap_or_else(|| b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n".to_vec());
            let answer = replaced(&answer, b"{here}", here.as_bytes());
            let _ = stream.write_all(&answer);
            if path == "/whoami" {
                let _ = stream.write_all(head.as_bytes());
            }
        }
    });
    address
}

fn replaced(text: &[u8], what: &[u8], with: &[u8]) -> Vec<u8> {
    match text.windows(what.len()).position(|window| window == what) {
        Some(at) => [&text[..at], with, &text[at + what.len()..]].concat(),
        None => text.to_vec(),
    }
}

fn page(body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

fn moved(to: &str) -> Vec<u8> {
    format!("HTTP/1.1 302 Found\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n").into_bytes()
}

/// S1, B10: what an address leads to is told by its content, and stays within bounds.
#[test]
fn addresses_are_downloaded() {
    let world = World::new();
    let here = serve(vec![
        ("/archive", page(&archive(Format::TarGz, &[skill("x/SKILL.md")]))),
        ("/SKILL.md", page(SKILL_TEXT.as_bytes())),
        ("/moved", moved("/once/more")),
        ("/once/more", moved("{here}/archive")),
        ("/round", moved("/round")),
        ("/plain", moved("http://example.com/s.zip")),
        ("/elsewhere", moved("file:///etc/passwd")),
        ("/page", page(b"<!doctype html>")),
        ("/cut", b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nPK".to_vec()),
        ("/large", {
            let mut answer = b"HTTP/1.1 200 OK\r\n\r\n".to_vec();
            answer.resize(usize::try_from(rules::MOST_PACKED).expect("a size") + 1024, b' ');
            answer
        }),
    ]);
    for path in ["/archive", "/SKILL.md", "/moved"] {
        let fetched = world.fetch(&format!("{here}{path}")).expect(path);
        assert_eq!(names(&fetched), ["a-skill"]);
        assert!(
            fetched.source.digest.as_deref().is_some_and(|digest| digest.len() == 71 && digest.starts_with("sha256:"))
        );
    }
    let refusal = |path: &str| match world.refusal(&format!("{here}{path}")) {
        Notice::Install(why) => why,
        other => panic!("{other:?}"),
    };
    assert!(matches!(refusal("/none"), InstallNotice::FetchFailed { why, .. } if why.contains("404")));
    assert!(matches!(refusal("/round"), InstallNotice::FetchFailed { .. }));
    assert!(matches!(refusal("/plain"), InstallNotice::SourcePlain { url } if url == "http://example.com/s.zip"));
    assert!(matches!(refusal("/elsewhere"), InstallNotice::SourceScheme { scheme } if scheme == "file"));
    assert!(matches!(refusal("/page"), InstallNotice::NoArchive { .. }));
    assert!(matches!(refusal("/cut"), InstallNotice::FetchFailed { .. }));
    assert!(matches!(refusal("/large"), InstallNotice::FetchTooLarge { .. }));
    let nobody = "http://127.0.0.1:1/s.zip";
    assert!(matches!(world.refusal(nobody), Notice::Install(InstallNotice::FetchFailed { .. })));
}

/// A password goes to the host that it was given for, and is told nobody.
#[test]
fn a_password_stays_with_its_host() {
    let there = serve(vec![("/whoami", b"HTTP/1.1 200 OK\r\n\r\n".to_vec())]);
    let here =
        serve(vec![("/to", moved(&format!("{there}/whoami"))), ("/whoami", b"HTTP/1.1 200 OK\r\n\r\n".to_vec())]);
    let heard = |source: &str| {
        let Origin::Web(address) = paste(source, |_| false).expect("a source").source.origin else {
            panic!("an address")
        };
        let folder = tempfile::tempdir().expect("a folder");
        let until = Instant::now() + Duration::from_secs(60);
        web::download(&address, &folder.path().join("x"), until, &Stop::default()).expect("downloaded");
        fs::read_to_string(folder.path().join("x")).expect("read").to_lowercase()
    };
    let with_password = here.replace("http://", "http://user:secret@");
    assert!(heard(&format!("{with_password}/whoami")).contains("authorization: basic"));
    assert!(!heard(&format!("{with_password}/to")).contains("authorization"));
    let world = World::new();
    let error = world.fetch(&format!("{with_password}/none")).expect_err("nothing there");
    assert!(!format!("{error:?}").contains("secret"), "{error:?}");
}

/// Many skills take no longer each than a few.
#[test]
fn many_skills_land_at_once() {
    let world = World::new();
    let source = world.path("source");
    for number in 0..200 {
        let folder = source.join(format!("s{number}"));
        fs::create_dir_all(&folder).expect("made");
        fs::write(folder.join(SKILL), named(&format!("s{number}"))).expect("written");
    }
    let fetched = world.fetch_some(&source.display().to_string(), &[], All::Wanted).expect("fetched");
    let installed = crate::edit::install_skills(&world.places, &fetched, &Landing::default()).expect("installed");
    assert_eq!(installed.places.len(), 200);
    let state = world.places.common_state.join("staged");
    assert_eq!(fs::read_dir(state).expect("listed").count(), 0, "no lock is left");
}

/// S2: what would be installed, what it would replace, and what keeps it from being installed.
#[test]
#[cfg(unix)]
fn a_preview_lands_nothing() {
    let world = World::new();
    let source = world.path("source");
    fs::create_dir_all(source.join("good")).expect("made");
    fs::create_dir_all(source.join("bad")).expect("made");
    let text = "---\nname: good\ndescription: four\nallowed-tools: Read\n---\nseen\u{e0068}\u{e0069}\n";
    fs::write(source.join("good/SKILL.md"), text).expect("written");
    fs::write(source.join("bad/SKILL.md"), named("other")).expect("written");
    std::os::unix::fs::symlink("/etc/passwd", source.join("bad/link")).expect("linked");
    fs::create_dir_all(world.places.skills_to_edit(Scope::Project, SkillsOf::OpenCode).join("good"))
        .expect("in the way");
    let fetched = world.fetch_some(&source.display().to_string(), &[], All::Wanted).expect("fetched");
    let preview = preview(&world.places, &fetched, &Landing::default()).expect("a preview");
    let [good, bad] = &preview.skills[..] else { panic!("{preview:?}") };
    assert_eq!((good.replaces.as_deref(), bad.replaces.as_deref()), (Some(&*good.place), None));
    assert_eq!((&good.tools, good.tokens.listed), (&vec!["Read".to_owned()], 2));
    let found = |skill: &rekindle_domain::SkillPreview| -> Vec<(String, Option<usize>)> {
        skill.findings.iter().map(|one| (one.code.clone(), one.line)).collect()
    };
    assert_eq!(found(good), [("skill-there".to_owned(), None), ("hidden-characters".to_owned(), Some(6))]);
    let expected = [("entry-refused".to_owned(), None)];
    assert_eq!(found(bad), expected);
    assert!(!bad.files.is_empty());
    let fetched = world.places.common_state.join("fetched");
    assert_eq!(fs::read_dir(fetched).into_iter().flatten().count(), 0, "nothing is left");
    assert_eq!(
        fs::read_dir(world.places.skills_to_edit(Scope::Project, SkillsOf::OpenCode)).expect("listed").count(),
        1
    );
}

/// S2, N10: a skill in a folder of another is told, and what it costs counts.
#[test]
fn a_skill_within_another_is_told() {
    let world = World::new();
    let source = world.path("outer");
    fs::create_dir_all(source.join("inner")).expect("made");
    fs::write(source.join("SKILL.md"), "---\nname: outer\ndescription: four\n---\n").expect("written");
    fs::write(source.join("inner/SKILL.md"), "---\nname: inner\ndescription: four\n---\n").expect("written");
    fs::create_dir_all(source.join("not-one")).expect("made");
    fs::write(source.join("not-one/SKILL.md"), "without front matter").expect("written");
    let fetched = world.fetch_some(&source.display().to_string(), &[], All::Wanted).expect("fetched");
    let preview = preview(&world.places, &fetched, &Landing::default()).expect("a preview");
    let [outer] = &preview.skills[..] else { panic!("{preview:?}") };
    let found: Vec<_> = outer.findings.iter().map(|one| (one.code.as_str(), one.path.as_deref())).collect();
    assert_eq!(found, [("skill-within", Some("inner/SKILL.md"))]);
    assert_eq!(outer.tokens.listed, 6);
}

/// The SHA-256 of something, as an index writes it.
fn digest(bytes: &[u8]) -> String {
    use sha2::Digest;
    let hex: String = sha2::Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

/// S1: the skills of a site are found by its index, in both formats, below the address and at the root.
#[test]
fn a_site_has_an_index_of_its_skills() {
    let world = World::new();
    let packed = archive(
        Format::TarGz,
        &[Entry::File("SKILL.md", &SKILL_TEXT.replace("a-skill", "b-skill")), Entry::File("scripts/x.sh", "x")],
    );
    let other = SKILL_TEXT.replace("a-skill", "c-skill");
    let entry = |name: &str, kind: &str, url: &str, digest: String| json!({"name": name, "type": kind, "description": "d", "url": url, "digest": digest});
    let new = json!({
        "$schema": "https://schemas.agentskills.io/discovery/0.2.0/schema.json",
        "skills": [
            entry("a-skill", "skill-md", "a-skill/SKILL.md", digest(SKILL_TEXT.as_bytes())),
            entry("b-skill", "archive", "/files/b.tgz", digest(&packed)),
            entry("forged", "skill-md", "a-skill/SKILL.md", digest(b"something else")),
            entry("plain", "skill-md", "http://h.example/SKILL.md", digest(b"something else")),
        ],
    });
    let old = json!({"skills": [{"name": "c-skill", "files": ["SKILL.md", "references/a b.md"]}]});
    let site = serve(vec![
        ("/docs", page(b"<html>")),
        ("/docs/.well-known/agent-skills/index.json", page(new.to_string().as_bytes())),
        ("/docs/.well-known/agent-skills/a-skill/SKILL.md", page(SKILL_TEXT.as_bytes())),
        ("/files/b.tgz", page(&packed)),
        ("/.well-known/skills/index.json", page(old.to_string().as_bytes())),
        ("/.well-known/skills/c-skill/SKILL.md", page(other.as_bytes())),
        ("/.well-known/skills/c-skill/references/a%20b.md", page(b"text")),
        ("/later.json", page(b"{\"$schema\": \"https://x.example/9\", \"skills\": []}")),
    ]);
    let docs = format!("{site}/docs");
    let code =
        |source: &str, skills: &[&str], all| world.fetch_some(source, skills, all).expect_err("refused").what.code();
    assert_eq!(code(&docs, &[], All::NotWanted), "several-skills");
    assert_eq!(code(&docs, &["none"], All::NotWanted), "no-such-skill");
    assert_eq!(code(&docs, &["a-skill", "forged"], All::NotWanted), "digest-mismatch");
    assert_eq!(code(&docs, &["plain"], All::NotWanted), "index-bad-entry");
    assert_eq!(code(&format!("{site}/later.json"), &[], All::NotWanted), "index-unknown");

    let fetched = world.fetch_some(&docs, &["a-skill"], All::NotWanted).expect("fetched");
    assert_eq!(names(&fetched), ["a-skill"]);
    assert_eq!(fetched.source.digest, Some(digest(SKILL_TEXT.as_bytes())));
    let index = format!("{docs}/.well-known/agent-skills/index.json");
    assert_eq!(fetched.source.resolved.as_ref(), Some(&index));
    let fetched = world.fetch_some(&index, &["a-skill", "b-skill"], All::NotWanted).expect("fetched");
    assert_eq!(names(&fetched), ["a-skill", "b-skill"]);
    assert!(fetched.skills[1].folder.join("scripts/x.sh").is_file());
    assert_eq!(fetched.source.digest, None, "there is one for each");

    // The root has another one, of the older format; the page itself is not there.
    for source in [format!("{site}/"), format!("{site}/nowhere")] {
        let fetched = world.fetch(&source).expect("fetched");
        assert_eq!(names(&fetched), ["c-skill"], "{source}");
        assert!(fetched.skills[0].folder.join("references/a b.md").is_file());
    }
}
