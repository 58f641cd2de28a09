//! A plugin to begin with, in the folder in which the engine looks.
//!
//! Invariant: nothing that is there is written to. Only types are imported, which are gone before the engine runs it: it loads
//! whether or not the library with the types is installed.

use std::path::{Path, PathBuf};

use rekindle_domain::{ErrorCode, PackageNotice, Scope, UserError};

use super::{
    several::{Edit, edit_together},
    undo::Entries,
};
use crate::{
    error::shown,
    files::{is_code, locate::Places},
};

/// The longest name, in bytes.
const LONGEST: usize = 100;

/// A new plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPlugin {
    /// Its file.
    pub path: PathBuf,
    /// For taking it back.
    pub token: String,
}

/// Makes a plugin of this name.
pub fn new_plugin(places: &Places, name: &str, scope: Scope) -> Result<NewPlugin, UserError> {
    let name = name.strip_suffix(".ts").unwrap_or(name);
    let is_letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if name.is_empty() || name.len() > LONGEST || name.starts_with('-') || !name.chars().all(is_letter) {
        return Err(UserError::new(ErrorCode::BadSpec, PackageNotice::BadPluginName { name: name.to_owned() }));
    }
    let base = match scope {
        Scope::Project => places.directory.join(".opencode"),
        Scope::Global => places.global.clone(),
    };
    // The one that is in use.
    let folders = ["plugins", "plugin"].map(|folder| base.join(folder));
    let folder = folders.iter().find(|folder| folder.is_dir()).or(folders.first()).cloned().unwrap_or(base);
    let path = folder.join(format!("{name}.ts"));
    let is_of_name = |path: &Path| path.file_stem().is_some_and(|stem| stem == name) && is_code(path);
    let others = std::fs::read_dir(&folder).into_iter().flatten().filter_map(Result::ok).map(|entry| entry.path());
    if let Some(there) = others.into_iter().find(|other| *other == path || is_of_name(other)) {
        let there = shown(&there);
        let notice = PackageNotice::PluginFileThere { path: there.clone() };
        return Err(UserError::new(ErrorCode::Unchanged, notice).about(there));
    }
    let edit = Edit {
        path: path.clone(),
        // What came to its place meanwhile stays.
        change: Box::new(|text| Ok(if text.is_empty() { template(name) } else { text.to_owned() })),
        entries: Box::new(|_| Entries::Unknown),
        mode: None,
    };
    let token = edit_together(places, &[edit])?;
    Ok(NewPlugin { path, token })
}

fn template(name: &str) -> String {
    let words = name.split(['-', '_']).map(|word| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect::<String>()
    });
    let called: String = words.collect();
    let called = if called.starts_with(|c: char| c.is_ascii_alphabetic()) { called } else { format!("Plugin{called}") };
    format!(
        "import type {{ Plugin }} from \"@opencode-ai/plugin\"\n\n\
         export const {called}: Plugin = async ({{ directory }}) => {{\n  \
           return {{\n    \
             // Called before each tool runs; throw to keep it from running.\n    \
             \"tool.execute.before\": async (input, output) => {{}},\n  \
           }}\n\
         }}\n"
    )
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{
        super::{tests::places, undo},
        *,
    };

    /// G4: a file where the engine looks; nothing is overwritten; undone, it is gone.
    #[test]
    fn a_plugin_is_made() {
        let (_root, places) = places();
        let made = new_plugin(&places, "my-first_one", Scope::Project).expect("made");
        assert_eq!(made.path, places.directory.join(".opencode/plugins/my-first_one.ts"));
        assert!(fs::read_to_string(&made.path).expect("read").contains("export const MyFirstOne: Plugin"));
        for scope in [Scope::Project, Scope::Global] {
            for name in ["", "..", "a/b", "a b", ".a", "-a", "a.b", "ü", &"a".repeat(101)] {
                assert_eq!(new_plugin(&places, name, scope).expect_err(name).code, ErrorCode::BadSpec);
            }
        }
        assert_eq!(
            new_plugin(&places, "my-first_one.ts", Scope::Project).expect_err("there").code,
            ErrorCode::Unchanged
        );
        undo(&places, Some(&made.token), None).expect("undone");
        assert!(!made.path.exists());
        fs::create_dir_all(places.global.join("plugin")).expect("made");
        let global = new_plugin(&places, "2nd", Scope::Global).expect("made");
        assert_eq!(global.path, places.global.join("plugin/2nd.ts"), "the folder that is in use");
        assert!(fs::read_to_string(&global.path).expect("read").contains("export const Plugin2nd: Plugin"));
    }
}
