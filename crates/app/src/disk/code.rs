//! The code behind a plugin or tool, with what it imports from the disk.
//!
//! Invariant: the same files with the same content have the same fingerprint. Packages are not
//! followed: what they hold changes only when they are installed anew. What is followed has a bound.

use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
    time::SystemTime,
};

use rekindle_domain::{Fingerprint, Problem};

use super::{
    parser::Parser,
    stamp::{Kept, Stamp},
    syntax::Language,
};
use crate::{
    config::{file, shape::plain},
    foreign::{self, Budget, LARGEST},
};

/// More files than this are no plugin that a person wrote; what is behind them is not followed.
const MOST: usize = 256;
/// Nor is one that imports more files than this.
const MOST_IMPORTS: usize = 1024;
const ENDINGS: [&str; 8] = ["ts", "tsx", "js", "jsx", "mjs", "cjs", "mts", "json"];

/// What was made of files that were read.
#[derive(Debug, Default)]
pub(super) struct Code {
    modules: HashMap<PathBuf, Kept<Module>>,
    parsed: HashMap<PathBuf, Kept<Option<Problem>>>,
}

/// One look at code: what it may cost, and what parses it.
#[derive(Debug)]
pub(super) struct CodeLook<'a> {
    known: &'a mut Code,
    /// What else is looked at beside code counts as well.
    pub(super) budget: Budget,
    parser: Parser,
}

#[derive(Clone, Debug)]
struct Module {
    fingerprint: Fingerprint,
    imports: Vec<String>,
}

impl Code {
    /// One look at code.
    pub(super) fn look(&mut self) -> CodeLook<'_> {
        CodeLook { known: self, budget: Budget::of_files(), parser: Parser::default() }
    }
}

impl CodeLook<'_> {
    /// The fingerprint of a module and everything that it imports by a path, and those files.
    /// `None`: it cannot be read.
    pub(super) fn of(&mut self, entry: &Path) -> Option<(Fingerprint, Vec<PathBuf>)> {
        let entry = if entry.is_dir() { main_of_package(entry)? } else { entry.to_owned() };
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

    /// Why a module cannot be parsed; what it imports is not looked at. `None`: nothing is known against
    /// it.
    pub(super) fn problem(&mut self, entry: &Path) -> Option<Problem> {
        let entry = if entry.is_dir() { main_of_package(entry)? } else { entry.to_owned() };
        let language = Language::of(&entry)?;
        let parser = &mut self.parser;
        remembered(&mut self.known.parsed, &entry, &mut self.budget, |bytes| {
            // What is no text may be one to the engine.
            let text = std::str::from_utf8(bytes).ok()?;
            let error = parser.check(language, text).err()?;
            let message = format!("this code cannot be parsed: {error}");
            let shown = entry.display().to_string();
            Some(Problem::new(&shown, message, "mend this place").at(text, error.offset))
        })?
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
    let made = make(&foreign::bytes(path, LARGEST).ok()??);
    known.insert(path.to_owned(), Kept::new(stamp, read, made.clone()));
    Some(made)
}

fn main_of_package(folder: &Path) -> Option<PathBuf> {
    let text = file::read(&folder.join("package.json")).ok()??;
    let package: serde_json::Value = serde_json::from_str(&text).ok()?;
    let exported = ["/exports/.~1server", "/exports/.~1server/import", "/exports/.~1server/default", "/main"];
    let main = exported.iter().find_map(|pointer| package.pointer(pointer)?.as_str());
    resolve(folder, &format!("./{}", main.unwrap_or("index")))
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
}
