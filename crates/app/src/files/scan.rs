//! Reads all files that take part and says what a fresh engine would load.
//!
//! Invariant: the same files give the same answer, whatever was loaded before; a file that cannot
//! be read hides only what is in it.

use std::{
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
    sync::Arc,
};

use rekindle_domain::{PluginNotice, Problem, Scope};
use rekindle_opencode::{config::schema::Schema, declared_names, effective};

pub(crate) use super::found::{order, row};
use super::{
    code::Code,
    declared::scan_declared,
    layers::Layers,
    locate::Places,
    plugins::{scan_plugins, scan_tools},
    skills::{self, Skills},
};
pub use super::{
    found::{Meanwhile, Scan},
    plugins::declared_id,
};
use crate::fault::{Fault, sheltered};

/// How many paths are worth telling to a scan; when more of them changed, it looks at everything.
const FEW: usize = 256;

/// Reads files, and remembers what it made of those that do not change.
#[derive(Debug, Default)]
pub struct Scanner {
    code: Code,
    skills: Skills,
    /// Folders of skills that the engine names and that were in no file: a plugin added them.
    learned: Vec<String>,
    /// Those that the files named the last time.
    named: Vec<String>,
    /// Where the engine would have waited without end the last time.
    endless: Vec<Problem>,
}

/// Reads everything once. Without the engine's schema, keys that it does not know count.
pub fn scan(places: &Places, schema: Option<&Schema>) -> Result<Scan, Fault> {
    Scanner::default().scan(places, schema)
}

impl Scanner {
    /// Takes note of the folders of skills that the engine names; true when those that no file names are others than
    /// before, so that what was read is not what counts.
    pub fn learn(&mut self, paths: Vec<String>) -> bool {
        let named: HashSet<_> = self.named.iter().collect();
        let of = |paths: &[String]| -> HashSet<String> {
            paths.iter().filter(|path| !named.contains(path)).cloned().collect()
        };
        let is_other = of(&paths) != of(&self.learned);
        self.learned = paths;
        is_other
    }

    /// The skills and packages at which the engine would wait without end, as they were the last time.
    pub fn endless(&self) -> &[Problem] {
        &self.endless
    }

    /// Reads everything that changed since the last time.
    pub fn scan(&mut self, places: &Places, schema: Option<&Schema>) -> Result<Scan, Fault> {
        self.rescan(places, schema, None)
    }

    /// The same, told what changed: of the skills only that is looked at. `None`: anything may have.
    pub fn rescan(
        &mut self,
        places: &Places,
        schema: Option<&Schema>,
        changed: Option<&[PathBuf]>,
    ) -> Result<Scan, Fault> {
        // To go through a long list for each file takes longer than to look at all files.
        let changed = changed.filter(|changed| changed.len() <= FEW);
        self.whole(&places.directory, |scanner| scanner.read(places, schema, changed))
    }

    /// Does some work, after a fault of which nothing is left that was remembered: it may be half of what it
    /// should be.
    fn whole<T>(&mut self, directory: &Path, work: impl FnOnce(&mut Self) -> T) -> Result<T, Fault> {
        let mut scanner = std::mem::take(self);
        let (done, scanner) = sheltered(Fault::of_files(directory), move || (work(&mut scanner), scanner))?;
        *self = scanner;
        Ok(done)
    }

    fn read(&mut self, places: &Places, schema: Option<&Schema>, changed: Option<&[PathBuf]>) -> Scan {
        let mut scan = Scan::default();
        let layers = Layers::read(places, schema);
        let global = layers.merged_global();
        let values = layers.values();
        let config = effective(&global, &values);
        self.named = skills::named(&config).map(str::to_owned).collect();
        let (folders, too_many) = skills::folders(places, &config, &self.learned);
        scan.warnings.extend(skills::too_many(places, &too_many));
        scan.disk.unseen.extend(too_many.into_iter().map(|folder| folder.path.display().to_string()));
        scan.disk.plugin_folders = shown(places.plugin_folders());
        scan.disk.skill_folders = shown(folders.iter().map(|folder| (folder.path.clone(), folder.scope)));
        scan.disk.broken = layers.broken.iter().map(|path| path.display().to_string()).collect();
        let mut code = self.code.look();
        scan_plugins(places, &layers, &config, &mut code, &mut scan);
        scan_tools(places, &mut code, &mut scan);
        // Nothing more is parsed.
        let mut budget = code.end();
        self.skills.scan(places, &folders, changed, &mut scan);
        scan_declared(places, &layers, &mut budget, &mut scan);
        layers.cut.iter().for_each(|(folder, cut)| scan.cut(*cut, folder));
        tell_contested(places, &layers, &mut scan);
        scan.references.clone_from(&layers.references);
        scan.skill_roots = folders.into_iter().map(|folder| folder.path).collect();
        scan.folders = layers.folders;
        scan.links.extend(layers.links);
        scan.seen = layers.seen;
        scan.found.extend(layers.found);
        scan.warnings.extend(layers.warnings);
        scan.warnings.sort_by(|a, b| (&a.path, a.line).cmp(&(&b.path, b.line)));
        (scan.disk.global, scan.disk.layers) = (global, values);
        scan.rows.sort_by(|a, b| order(a).cmp(&order(b)));
        self.endless.clone_from(&scan.endless);
        scan
    }
}

/// Says of files of one name that the engine takes one of them by chance.
fn tell_contested(places: &Places, layers: &Layers, scan: &mut Scan) {
    let mut said = HashMap::new();
    for contested in &layers.contested {
        for (kind, name, _) in declared_names(&contested.other.value) {
            let [one, other] = [&contested.file, &contested.other.path].map(|path| path.display().to_string());
            let twice = PluginNotice::DeclaredTwice {
                one: places.short(&contested.file),
                other: places.short(&contested.other.path),
                kind,
                name: name.to_owned(),
            };
            let problem = Problem::new(&one, twice);
            said.extend([one, other].map(|path| ((kind, name.to_owned(), path), problem.what.clone())));
            scan.warnings.push(problem);
            let others = scan.disk.contested.entry((kind, name.to_owned())).or_default();
            others.push((contested.at, contested.other.value.clone()));
        }
    }
    for row in scan.rows.iter_mut().filter(|_| !said.is_empty()) {
        if let Some(warning) = said.get(&(row.kind, row.name.clone(), row.source.clone())) {
            Arc::make_mut(row).warning = Some(warning.clone());
        }
    }
}

fn shown(folders: impl IntoIterator<Item = (PathBuf, Scope)>) -> Vec<(String, Scope)> {
    folders.into_iter().map(|(folder, scope)| (folder.display().to_string(), scope)).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use rekindle_domain::{ItemId, Kind, RowState};

    use super::*;

    /// P1, P2: what is in the folders and files, and why something is not read.
    #[test]
    fn plugins_and_skills_are_found() {
        let root = tempfile::tempdir().expect("a folder");
        let directory = root.path().canonicalize().expect("there");
        let write = |path: &str, text: &str| {
            let path = directory.join(path);
            fs::create_dir_all(path.parent().expect("a parent")).expect("made");
            fs::write(path, text).expect("written");
        };
        fs::create_dir(directory.join(".git")).expect("made");
        write("opencode.json", r#"{"plugin": ["pkg@1", "./x.ts"], "mcp": {"m": {"env": {"K": "secret"}}}}"#);
        write("opencode.jsonc", "{\"plugin\": [\"pkg@2\"], /* wins */ }");
        write(".opencode/plugins/a.ts", "export {}");
        write(".opencode/plugins/deep/b.ts", "export {}");
        write(".opencode/plugins/readme.md", "no");
        write(".opencode/skills/s/SKILL.md", "---\nname: s\n---\n");
        write(".opencode/skills/broken/SKILL.md", "no front matter");
        let scan = scan(&Places::of(&directory).expect("places"), None).expect("no fault");
        let project: Vec<_> = scan.rows.iter().filter(|row| row.scope == Scope::Project).collect();
        let states: Vec<_> =
            project.iter().map(|row| (row.name.as_str(), matches!(row.state, RowState::Unknown))).collect();
        assert_eq!(
            states,
            [
                ("a.ts", true),
                ("b.ts", false),
                ("pkg", false),
                ("pkg", true),
                ("x.ts", true),
                ("broken", false),
                ("s", true),
                ("m", true)
            ]
        );
        let mcp = scan.disk.items.get(&ItemId::new(Kind::Mcp, Scope::Project, "m")).expect("the server");
        assert!(!mcp.value.as_deref().unwrap_or_default().contains("secret"));
    }

    /// B1: a file that is not in UTF-8 is read as the engine reads it, and that is said with its line; so is a link that
    /// leads nowhere.
    #[cfg(unix)]
    #[test]
    fn what_is_not_what_it_seems_is_told() {
        let root = tempfile::tempdir().expect("a folder");
        let directory = root.path().canonicalize().expect("there");
        let write = |path: &str, bytes: &[u8]| {
            let path = directory.join(path);
            fs::create_dir_all(path.parent().expect("a parent")).expect("made");
            fs::write(path, bytes).expect("written");
        };
        write("opencode.json", b"{\n  \"username\": \"M\xfcller\"\n}");
        write("opencode.jsonc", "{\"username\": \"\u{fffd}\"}".as_bytes());
        write(".opencode/agent/a.md", b"---\ndescription: gr\xfc\xdfen\n---\n");
        write(".opencode/command/c.md", "---\ndescription: gr\u{fc}\u{df}en \u{fffd}\n---\n".as_bytes());
        write(".opencode/skills/s/SKILL.md", b"---\nname: s\ndescription: \xe9\n---\n");
        write(".opencode/skills/t/SKILL.md", "---\nname: t\n---\n\u{fffd}".as_bytes());
        fs::create_dir(directory.join(".opencode/skills/gone")).expect("made");
        let gone = directory.join(".opencode/skills/gone/SKILL.md");
        std::os::unix::fs::symlink("../nowhere.md", &gone).expect("linked");
        let scan = scan(&Places::of(&directory).expect("places"), None).expect("no fault");
        let told: Vec<_> = scan
            .warnings
            .iter()
            .map(|told| (told.path.replace(&*directory.to_string_lossy(), ""), told.line))
            .collect();
        let expected = [
            ("/.opencode/agent/a.md", Some(2)),
            ("/.opencode/skills/gone/SKILL.md", None),
            ("/.opencode/skills/s/SKILL.md", Some(3)),
            ("/opencode.json", Some(2)),
        ];
        assert_eq!(told, expected.map(|(path, line)| (path.to_owned(), line)), "{:?}", scan.warnings);
        let rows: Vec<_> =
            scan.rows.iter().filter(|row| row.kind == Kind::Skill).map(|row| (&*row.name, &row.state)).collect();
        assert!(
            matches!(
                rows[..],
                [("gone", RowState::NotRead { .. }), ("s", RowState::Unknown), ("t", RowState::Unknown)]
            ),
            "{rows:?}"
        );
    }

    /// N16: what a scan that panicked had remembered is thrown away, and the next one is a whole one.
    #[test]
    fn a_scanner_that_panicked_begins_anew() {
        let mut scanner = Scanner { learned: vec!["half".to_owned()], ..Scanner::default() };
        let torn = scanner.whole(Path::new("/p"), |scanner| {
            scanner.named.push("half".to_owned());
            let nothing: [u8; 0] = [];
            nothing[std::hint::black_box(0)]
        });
        assert_eq!(torn, Err(Fault::of_files(Path::new("/p"))));
        assert!(scanner.learned.is_empty() && scanner.named.is_empty());
        assert_eq!(scanner.whole(Path::new("/p"), |_| 1), Ok(1));
    }
}
