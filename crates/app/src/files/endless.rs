//! Files at which the engine would wait without end: pipes, sockets and devices where it reads a file.
//!
//! Invariant: with one of them in place the engine is made to read nothing, for it would answer nothing any more.
//! Source: `docs/engine.md`, "Files of agents, commands, plugins, tools".

use std::path::Path;

use rekindle_domain::{FileNotice, Problem};

use super::foreign;

/// The description of a package, or of a folder that holds plugins or tools.
const DESCRIPTION: &str = "package.json";

/// The problem of one file; `None`: it can be read to its end, or is not there.
pub(crate) fn problem(path: &Path) -> Option<Problem> {
    let kind = foreign::endless(path)?;
    Some(Problem::new(&path.display().to_string(), FileNotice::NoEnd { kind }))
}

/// The problem of the folder of a package.
pub(super) fn of_package(folder: &Path) -> Option<Problem> {
    problem(&folder.join(DESCRIPTION))
}

#[cfg(all(test, unix))]
mod tests {
    use std::{fs, os::unix::fs::symlink, path::PathBuf};

    use rekindle_domain::Notice;

    use super::*;
    use crate::files::{check::check, locate::Places, scan::scan};

    /// N16: whatever is in the place of a file that the engine reads, and has no end, is a problem, which holds a
    /// reload back; what leads to nothing is an empty file.
    #[test]
    fn what_has_no_end_is_a_problem() {
        let files = [
            "opencode.json",
            ".opencode/opencode.jsonc",
            ".opencode/agent/a.md",
            ".opencode/modes/a.md",
            ".opencode/command/a b/😀.md",
            ".opencode/skill/s/SKILL.md",
            ".claude/skills/s/SKILL.md",
            "named/s/SKILL.md",
            "package.json",
            ".opencode/package.json",
            "plugin's/package.json",
            ".git/HEAD",
            ".git/config",
            ".git/opencode",
        ];
        for (name, make) in kinds() {
            for file in files {
                let folder = tempfile::tempdir().expect("a folder");
                let directory = folder.path().canonicalize().expect("there");
                fs::create_dir_all(directory.join(".git")).expect("made");
                fs::create_dir(directory.join("plugin's")).expect("made");
                let config = r#"{"plugin": ["./plugin's"], "skills": {"paths": ["named"]}}"#;
                fs::write(directory.join("opencode.jsonc"), config).expect("written");
                let path = directory.join(file);
                fs::create_dir_all(path.parent().expect("a parent")).expect("made");
                make(&path);
                let places = Places::of(&directory).expect("places");
                let scan = scan(&places, None).expect("no fault");
                let mut told = check(&places, None);
                told.extend(scan.endless);
                let told: Vec<_> = told.iter().map(|problem| (&*problem.path, names(&problem.what, name))).collect();
                let shown = path.display().to_string();
                let expected: &[_] = if name == "nothing" { &[] } else { &[(&*shown, true)] };
                assert_eq!(told, expected, "{file} {name}");
                assert!(!scan.warnings.iter().any(|warning| names(&warning.what, name)), "told once: {file}");
            }
        }
    }

    /// N16: code without an end is told at its plugin or tool.
    #[test]
    fn code_without_an_end_is_told() {
        for (name, make) in kinds().into_iter().filter(|(name, _)| *name != "nothing") {
            let folder = tempfile::tempdir().expect("a folder");
            let directory = folder.path().canonicalize().expect("there");
            let files = [".opencode/plugin/a.ts", ".opencode/tools/b.js", "c.ts"].map(|file| directory.join(file));
            for path in &files {
                fs::create_dir_all(path.parent().expect("a parent")).expect("made");
                make(path);
            }
            fs::write(directory.join("opencode.json"), r#"{"plugin": ["./c.ts"]}"#).expect("written");
            let scan = scan(&Places::of(&directory).expect("places"), None).expect("no fault");
            let told: Vec<_> = scan.warnings.iter().filter(|told| names(&told.what, name)).collect();
            let paths: Vec<_> = told.iter().map(|told| Path::new(&told.path)).collect();
            assert_eq!(paths, files.each_ref().map(PathBuf::as_path), "{name}: {:?}", scan.warnings);
            let rows = scan.rows.iter().filter(|row| row.warning.as_ref().is_some_and(|told| names(told, name)));
            assert_eq!(rows.count(), 3, "{name}");
        }
    }

    /// Whether the kind of file is among the values of a notice.
    fn names(notice: &Notice, kind: &str) -> bool {
        serde_json::to_string(notice).expect("JSON").contains(kind)
    }

    type Make = fn(&Path);

    fn kinds() -> [(&'static str, Make); 5] {
        let pipe: Make = |path| {
            rustix::fs::mknodat(rustix::fs::CWD, path, rustix::fs::FileType::Fifo, 0o600.into(), 0).expect("made");
        };
        let socket: Make = |path| {
            // The path of a socket is short.
            let folder = tempfile::tempdir().expect("a folder");
            let bound = std::os::unix::net::UnixListener::bind(folder.path().join("s")).expect("bound");
            fs::rename(folder.path().join("s"), path).expect("moved");
            drop(bound);
        };
        let linked: Make = |path| {
            let pipe = path.with_extension("there");
            rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, 0o600.into(), 0).expect("made");
            symlink(pipe, path).expect("linked");
        };
        let zero: Make = |path| symlink("/dev/zero", path).expect("linked");
        let nothing: Make = |path| symlink("/dev/null", path).expect("linked");
        [("pipe", pipe), ("socket", socket), ("pipe", linked), ("device", zero), ("nothing", nothing)]
    }
}
