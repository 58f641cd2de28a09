//! The code behind a plugin or tool, with what it imports from the disk.
//!
//! Invariant: the same files with the same content have the same fingerprint. Packages are not
//! followed: what they hold changes only when they are installed anew. What is followed has a bound.

use std::{
    collections::{BTreeMap, HashMap},
    marker::PhantomData,
    path::{Path, PathBuf},
    time::SystemTime,
};

use rekindle_domain::{Fingerprint, PluginNotice, Problem};
use rekindle_opencode::config::shape::plain;
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, IgnoredAny, MapAccess, Visitor, value::MapAccessDeserializer},
};

use super::{
    parser::{self, Checked, Parser},
    stamp::{Kept, Stamp},
    syntax::Language,
};
use crate::files::foreign::{self, Budget, LARGEST, LARGEST_ASIDE};

/// More files than this are no plugin that a person wrote; what is behind them is not followed.
const MOST: usize = 256;
/// Nor is one that imports more files than this.
const MOST_IMPORTS: usize = 1024;
const ENDINGS: [&str; 8] = ["ts", "tsx", "js", "jsx", "mjs", "cjs", "mts", "json"];

/// What was made of files that were read.
#[derive(Debug, Default)]
pub(super) struct Code {
    modules: HashMap<PathBuf, Kept<Module>>,
    parsed: HashMap<PathBuf, Kept<Option<Doubt>>>,
}

/// One look at code: what it may cost, and what parses it.
#[derive(Debug)]
pub(super) struct CodeLook<'a> {
    known: &'a mut Code,
    /// What else is looked at beside code counts as well.
    pub(super) budget: Budget,
    parser: Parser,
}

/// What is known against a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Doubt {
    /// It cannot be parsed.
    Broken(Problem),
    /// It was not parsed, so that it may be anything.
    Unchecked(Problem),
}

impl Doubt {
    /// What people are told.
    pub(super) fn problem(self) -> Problem {
        match self {
            Self::Broken(problem) | Self::Unchecked(problem) => problem,
        }
    }
}

#[derive(Clone, Debug)]
struct Module {
    fingerprint: Fingerprint,
    imports: Vec<String>,
}

impl Code {
    /// One look at code.
    pub(super) fn look(&mut self) -> CodeLook<'_> {
        CodeLook { known: self, budget: Budget::of_files(), parser: Parser::new(parser::program()) }
    }
}

impl CodeLook<'_> {
    /// Ends the parser; what may still be read in this look.
    pub(super) fn end(self) -> Budget {
        self.budget
    }

    /// The fingerprint of a module and everything that it imports by a path, and those files.
    /// `None`: it cannot be read.
    pub(super) fn of(&mut self, entry: &Path) -> Option<(Fingerprint, Vec<PathBuf>)> {
        let entry = if entry.is_dir() { main_of_package(entry, &mut self.budget)? } else { entry.to_owned() };
        let mut found = BTreeMap::new();
        let mut left = vec![entry.clone()];
        while let Some(path) = left.pop() {
            if found.contains_key(&path) || found.len() >= MOST {
                continue;
            }
            let Some(module) = self.module(&path) else { continue };
            // Behind a link, the engine looks from where the file really is.
            let real = path.canonicalize().unwrap_or_else(|_| path.clone());
            let folder = real.parent().unwrap_or(Path::new("/"));
            left.extend((real != path).then(|| real.clone()));
            // To find where an import leads costs as much as to look at a file.
            if self.budget.steps(module.imports.len() as u64) {
                left.extend(module.imports.iter().filter_map(|import| resolve(folder, import)));
            }
            found.insert(path, module.fingerprint);
        }
        let own = found.get(&entry)?.clone();
        if found.len() == 1 {
            return Some((own, vec![entry]));
        }
        let parts: Vec<_> =
            found.iter().flat_map(|(path, print)| [path.to_string_lossy(), print.as_str().into()]).collect();
        let parts: Vec<_> = parts.iter().map(AsRef::as_ref).collect();
        Some((Fingerprint::of_parts(&parts), found.into_keys().collect()))
    }

    /// Why a module cannot be parsed, or was not; what it imports is not looked at. `None`: nothing is known
    /// against it.
    pub(super) fn doubt(&mut self, entry: &Path) -> Option<Doubt> {
        let entry = if entry.is_dir() { main_of_package(entry, &mut self.budget)? } else { entry.to_owned() };
        let problem = |notice| Problem::new(&entry.display().to_string(), notice);
        if let Some(kind) = foreign::endless(&entry) {
            return Some(Doubt::Broken(problem(PluginNotice::CodeNotAFile { kind })));
        }
        let language = Language::of(&entry)?;
        let (parser, mut is_skipped) = (&mut self.parser, false);
        let doubt = remembered(&mut self.known.parsed, &entry, &mut self.budget, |bytes| {
            // What is no text may be one to the engine.
            let text = std::str::from_utf8(bytes).ok()?;
            match parser.check(language, text) {
                Checked::Fine => None,
                Checked::Wrong(error) => {
                    let offset = error.offset;
                    Some(Doubt::Broken(problem(PluginNotice::CodeNotParsed { why: error.message }).at(text, offset)))
                }
                Checked::Ended => Some(Doubt::Unchecked(problem(PluginNotice::CodeNotChecked))),
                Checked::Skipped => {
                    is_skipped = true;
                    Some(Doubt::Unchecked(problem(PluginNotice::CodeSkipped)))
                }
            }
        });
        if is_skipped {
            // It is parsed in a later look, when what kept it from that is known or gone.
            self.known.parsed.remove(&entry);
        }
        doubt?
    }

    fn module(&mut self, path: &Path) -> Option<Module> {
        remembered(&mut self.known.modules, path, &mut self.budget, |bytes| Module {
            fingerprint: Fingerprint::of_bytes(bytes),
            imports: imports(&String::from_utf8_lossy(bytes)),
        })
    }
}

/// What was made of a file, made again only if it changed. `None`: it cannot be read.
fn remembered<T: Clone>(
    known: &mut HashMap<PathBuf, Kept<T>>,
    path: &Path,
    budget: &mut Budget,
    make: impl FnOnce(&[u8]) -> T,
) -> Option<T> {
    let read = SystemTime::now();
    let stamp = Stamp::at(path).filter(|stamp| stamp.size() <= LARGEST)?;
    budget.spend(path, stamp.size()).ok()?;
    if let Some(kept) = known.get(path).filter(|kept| kept.holds(&stamp)) {
        return Some(kept.made.clone());
    }
    let made = make(&foreign::bytes_or_nothing(path, LARGEST).ok()??);
    known.insert(path.to_owned(), Kept::new(stamp, read, made.clone()));
    Some(made)
}

/// What a package says of where its code is. The rest of its description is skipped and takes no memory.
#[derive(Deserialize)]
struct Exporting<T> {
    exports: Object<Server<T>>,
}

#[derive(Deserialize)]
struct Server<T> {
    #[serde(rename = "./server")]
    server: T,
}

#[derive(Deserialize)]
struct Import {
    import: String,
}

#[derive(Deserialize)]
struct Fallback {
    default: String,
}

#[derive(Deserialize)]
struct Main {
    main: String,
}

fn main_of_package(folder: &Path, budget: &mut Budget) -> Option<PathBuf> {
    let text = budget.bytes_up_to(&folder.join("package.json"), LARGEST_ASIDE).ok()??;
    serde_json::from_slice::<IgnoredAny>(&text).ok()?;
    // Each may have another shape than the one that counts.
    let server = said(&text).map(|package: Exporting<String>| package.exports.0.server);
    let import = || said(&text).map(|package: Exporting<Object<Import>>| package.exports.0.server.0.import);
    let fallback = || said(&text).map(|package: Exporting<Object<Fallback>>| package.exports.0.server.0.default);
    let main = || said(&text).map(|package: Main| package.main);
    let main = server.or_else(import).or_else(fallback).or_else(main);
    resolve(folder, &format!("./{}", main.as_deref().unwrap_or("index")))
}

/// What is an object and no list, which would count as one with its fields in order.
struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(ObjectVisitor(PhantomData))
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = Object<T>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Object)
    }
}

/// A description of this shape; `None`: it has another one.
fn said<T: DeserializeOwned>(text: &[u8]) -> Option<T> {
    serde_json::from_slice(text).ok().map(|Object(said)| said)
}

/// The paths in `from "…"`, `import "…"`, `import("…")` and `require("…")`. A path in a comment is one
/// too many, which does no harm: it may make a restart offered that is not needed for this file.
fn imports(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for word in ["from", "import", "require"] {
        // What stands behind each of the words.
        for behind in text.split(word).skip(1) {
            let rest = behind.trim_start();
            let mut rest = rest.strip_prefix('(').unwrap_or(rest).trim_start().chars();
            let Some(quote) = rest.next().filter(|c| matches!(c, '"' | '\'' | '`')) else { continue };
            let Some((path, _)) = rest.as_str().split_once(quote) else { continue };
            if path.starts_with("./") || path.starts_with("../") || path.starts_with('/') {
                found.push(path.to_owned());
            }
        }
    }
    found.sort();
    found.dedup();
    found.truncate(MOST_IMPORTS);
    found
}

/// The file that an import names: as it is, with an ending, with another ending, or an index.
fn resolve(folder: &Path, import: &str) -> Option<PathBuf> {
    let path = plain(&folder.join(import));
    if path.is_file() {
        return Some(path);
    }
    let name = path.file_name()?.to_string_lossy().into_owned();
    let added = ENDINGS.iter().map(|ending| path.with_file_name(format!("{name}.{ending}")));
    let other = ENDINGS.iter().map(|ending| path.with_extension(ending));
    let index = ENDINGS.iter().map(|ending| path.join(format!("index.{ending}")));
    added.chain(other).chain(index).find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn imports_by_path_belong_to_the_code() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().expect("a parent")).expect("made");
            fs::write(path, text).expect("written");
        };
        write("a.ts", "import { b } from './lib/b'\nimport x from \"package\"\nexport * from \"./c.js\"\n");
        write("lib/b.ts", "const a = await import(`../a.ts`); require('./deep')\n");
        write("lib/deep/index.js", "1");
        write("c.ts", "1");
        write("d.ts", "1");
        let of = || Code::default().look().of(&folder.path().join("a.ts")).expect("code");
        let (before, files) = of();
        assert_eq!(files.len(), 4, "{files:?}");
        write("d.ts", "2");
        assert_eq!(of().0, before, "it is not imported");
        write("lib/deep/index.js", "2");
        assert_ne!(of().0, before);
    }

    /// N16: whatever a plugin imports, it is read as far as it is a file of a size that a person makes, and
    /// no further.
    #[cfg(unix)]
    #[test]
    fn what_is_no_code_is_not_followed() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        fs::File::create(at("large.js")).and_then(|file| file.set_len(1 << 40)).expect("a sparse file");
        rustix::fs::mknodat(rustix::fs::CWD, at("pipe.js"), rustix::fs::FileType::Fifo, 0o600.into(), 0).expect("made");
        std::os::unix::fs::symlink("/dev/zero", at("zero.js")).expect("linked");
        std::os::unix::fs::symlink("/proc/self/environ", at("environ.js")).expect("linked");
        fs::create_dir(at("package")).expect("made");
        std::os::unix::fs::symlink("../pipe.js", at("package/package.json")).expect("linked");
        let imports =
            ["./large", "./pipe", "./zero", "./environ", "/dev/zero", "/proc/kmsg", "/", "./package", "../..", "./a"];
        let text: String = imports.iter().map(|path| format!("import '{path}'\n")).collect();
        fs::write(at("a.js"), text).expect("written");
        let of = |name: &str| Code::default().look().of(&at(name));
        assert!(of("a.js").is_some());
        for name in ["large.js", "pipe.js", "zero.js", "package"] {
            assert!(of(name).is_none(), "{name}");
        }
        // In sum, too, and the same whether it was read before or not.
        let mut code = Code::default();
        let mut look = CodeLook { budget: Budget::new(1000, 1000), ..code.look() };
        let times = (0..100).filter(|_| look.of(&at("a.js")).is_some()).count();
        assert!((1..10).contains(&times), "{times}");
    }

    #[test]
    fn a_package_says_where_its_code_is() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        for name in ["server.js", "main.js", "index.js"] {
            fs::write(at(name), "1").expect("written");
        }
        let cases = [
            (r#"{"exports": {"./server": "./server.js"}, "main": "main.js"}"#, Some("server.js")),
            (r#"{"exports": {"./server": {"types": 1, "import": "./server.js"}}}"#, Some("server.js")),
            (r#"{"exports": {"./server": {"import": 1, "default": "./server.js"}}}"#, Some("server.js")),
            (r#"{"exports": ["a"], "main": "main.js"}"#, Some("main.js")),
            (r#"{"main": {}, "x": [{"main": "main.js"}]}"#, Some("index.js")),
            ("{", None),
        ];
        for (text, expected) in cases {
            fs::write(at("package.json"), text).expect("written");
            let found = main_of_package(folder.path(), &mut Budget::of_files());
            assert_eq!(found, expected.map(at), "{text}");
        }
        let long = format!(r#"{{"main": "main.js", "x": "{}"}}"#, "x".repeat(1024 * 1024));
        fs::write(at("package.json"), long).expect("written");
        assert_eq!(main_of_package(folder.path(), &mut Budget::of_files()), None);
        fs::write(at("package.json"), "{}").expect("written");
        assert_eq!(main_of_package(folder.path(), &mut Budget::new(1, 1)), None, "within the budget");
    }

    /// N16: files at which the parser ends make no other one count as fine, neither now nor later.
    #[cfg(unix)]
    #[test]
    fn what_was_not_checked_is_told_and_not_fine() {
        let folder = tempfile::tempdir().expect("a folder");
        let files: Vec<_> = (0..8).map(|at| folder.path().join(format!("{at}.ts"))).collect();
        files.iter().for_each(|path| fs::write(path, "export {}").expect("written"));
        let mut code = Code::default();
        let mut told = |program: &str| {
            let mut look = CodeLook { parser: Parser::new(Some(program.into())), ..code.look() };
            let doubts = files.iter().map(|path| look.doubt(path));
            let unchecked = |doubt: &Option<Doubt>| matches!(doubt, Some(Doubt::Unchecked(_)));
            (doubts.filter(unchecked).count(), code.parsed.len())
        };
        assert_eq!(told("/not/there"), (8, 0), "nothing is kept of what no parser has seen");
        assert_eq!(told("/usr/bin/false"), (8, 5), "those at which it ended are known");
        let mut look = CodeLook { parser: Parser::new(None), ..code.look() };
        assert_eq!(look.doubt(&files[7]), None, "and the others are asked for again");
    }
}
