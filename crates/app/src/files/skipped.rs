//! Plugins that the engine lists and passes over without a word: it neither runs them nor says so, in an event or in
//! its log. Source: `docs/engine.md`, "Plugins that never run".

use std::path::{Path, PathBuf};

use rekindle_domain::PluginNotice;
use rekindle_opencode::PluginSpec;
use serde_json::Value;

use super::{cached, locate::Places};
use crate::files::foreign::{Budget, LARGEST_ASIDE};

/// What the engine has built in since: a plugin is passed over whose name or path holds one of these.
const BUILT_IN: [&str; 2] = ["opencode-copilot-auth", "opencode-openai-codex-auth"];

/// Why a plugin never runs; `None`: it does, as far as is known. `path`: where its file or folder is, if it is not
/// a package.
pub(crate) fn why(places: &Places, spec: &str, path: Option<&Path>, budget: &mut Budget) -> Option<PluginNotice> {
    if let Some(name) = BUILT_IN.into_iter().find(|name| spec.contains(name)) {
        return Some(PluginNotice::BuiltIn { name: name.to_owned() });
    }
    let description = match path {
        Some(folder) => folder.is_dir().then(|| folder.join("package.json"))?,
        None => description(places, &PluginSpec::parse(spec), budget)?,
    };
    let text = budget.bytes_up_to(&description, LARGEST_ASIDE).ok()??;
    let package: Value = serde_json::from_slice(&text).ok()?;
    let exports = package.get("exports")?.as_object()?;
    // Without any of these it fails, which it says.
    let is_run = package.get("main").is_some_and(|main| main.as_str().is_some_and(|main| !main.is_empty()))
        || exports.contains_key("./server")
        || exports.keys().any(|key| !key.starts_with('.'));
    (!is_run).then_some(PluginNotice::ExportsNothing)
}

/// Where the description of an installed package is.
pub(super) fn description(places: &Places, spec: &PluginSpec, budget: &mut Budget) -> Option<PathBuf> {
    Some(cached::package(&cached::folder(places, spec)?, spec, budget)?.join("package.json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// N3: what never runs is known by its name, or by what its package exports.
    #[test]
    fn what_never_runs_is_known() {
        let root = tempfile::tempdir().expect("a folder");
        let mut places = Places::of(root.path()).expect("places");
        places.packages = root.path().join("packages");
        let is_skipped = |spec: &str, path: Option<&Path>| why(&places, spec, path, &mut Budget::of_files()).is_some();
        for (spec, expected) in [
            ("opencode-openai-codex-auth@1.0.0", true),
            ("@me/my-opencode-copilot-auth", true),
            ("file:///p/opencode-copilot-auth/sub.js", true),
            ("opencode-copilot", false),
            ("acme", false),
        ] {
            assert_eq!(is_skipped(spec, None), expected, "{spec}");
        }
        let cases = [
            (r#"{"exports": {"./tui": "./t.js"}}"#, true),
            (r#"{"exports": {".": "./i.js"}}"#, true),
            (r#"{"exports": {".": {"import": "./i.js"}}}"#, true),
            (r#"{"exports": {".": "./i.js"}, "main": "./i.js"}"#, false),
            (r#"{"exports": {"./server": "./i.js", "./tui": "./t.js"}}"#, false),
            (r#"{"main": "./i.js"}"#, false),
            (r#"{"exports": "./i.js"}"#, false),
            (r#"{"exports": {"import": "./i.js"}}"#, false),
            ("{}", false),
            ("no JSON", false),
        ];
        let (folder, installed) = (
            root.path().join("folder"),
            description(&places, &PluginSpec::parse("acme@1.0.0"), &mut Budget::of_files()).expect("a package"),
        );
        std::fs::create_dir_all(&folder).expect("made");
        std::fs::create_dir_all(installed.parent().expect("a parent")).expect("made");
        for (text, expected) in cases {
            for description in [folder.join("package.json"), installed.clone()] {
                std::fs::write(description, text).expect("written");
            }
            assert_eq!(is_skipped("file:///x/folder", Some(&folder)), expected, "{text}");
            assert_eq!(is_skipped("acme@1.0.0", None), expected, "{text}");
        }
    }
}
