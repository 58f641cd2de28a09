//! What people type for a plugin and OpenCode does not take for what they mean, and how it is written instead.
//!
//! Invariant: what the engine installs and finds again is no mistake. Source: `docs/engine.md`, "What it installs": without a name in
//! front of it, the engine cannot find again what it has installed, and installs it anew each time.

use rekindle_domain::SpecMistake;
use serde_json::Value;

use crate::plugin_spec;

/// A mistake, and what is meant by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mended {
    /// What it is.
    pub mistake: SpecMistake,
    /// How it is written, one or several.
    pub specs: Vec<String>,
    /// The options that were typed with it.
    pub options: Option<Value>,
}

/// Commands by which packages are installed, with the words that follow them.
const COMMANDS: [(&str, &[&str]); 6] = [
    ("npm", &["install", "i", "add"]),
    ("pnpm", &["install", "i", "add"]),
    ("yarn", &["add"]),
    ("bun", &["install", "i", "add"]),
    ("opencode", &["plugin", "plug"]),
    ("npx", &["opencode", "opencode-ai"]),
];
/// Hosts that npm knows by a word.
const HOSTS: [(&str, &str); 3] =
    [("github:", "github.com"), ("gitlab:", "gitlab.com"), ("bitbucket:", "bitbucket.org")];

/// What is wrong with a text that was typed for a plugin, if it is one of the known mistakes.
pub fn mistake(typed: &str) -> Option<Mended> {
    let typed = typed.trim();
    let one = |mistake, spec: String| Some(Mended { mistake, specs: vec![spec], options: None });
    if typed.starts_with(['{', '[', '"']) {
        return of_json(typed);
    }
    if let Some(specs) = of_command(typed) {
        let specs = specs.into_iter().map(|spec| mended(&spec)).collect();
        return Some(Mended { mistake: SpecMistake::Command, specs, options: None });
    }
    if let Some(package) = typed.strip_prefix("npm:") {
        return one(SpecMistake::RegistryPrefix, package.to_owned());
    }
    if let Some(spec) = of_shorthand(typed) {
        return one(SpecMistake::Shorthand, spec);
    }
    of_address(typed).and_then(|spec| one(SpecMistake::GitUnnamed, spec))
}

/// The text as it is written without the mistake.
fn mended(typed: &str) -> String {
    let first = mistake(typed).and_then(|mended| mended.specs.into_iter().next());
    first.unwrap_or_else(|| typed.to_owned())
}

/// An entry, copied from a configuration.
fn of_json(typed: &str) -> Option<Mended> {
    let value: Value = serde_json::from_str(typed.trim_end_matches(',')).ok()?;
    let (mistake, spec, options) = match &value {
        Value::String(spec) => (SpecMistake::Entry, spec.as_str(), None),
        Value::Array(_) => (SpecMistake::Entry, plugin_spec(&value), value.get(1)),
        // As the engine's next generation has them.
        Value::Object(_) => (SpecMistake::NextGeneration, value.get("package")?.as_str()?, value.get("options")),
        _ => return None,
    };
    let options = options.filter(|options| options.is_object()).cloned();
    (!spec.trim().is_empty()).then(|| Mended { mistake, specs: vec![mended(spec)], options })
}

/// The packages that a command installs.
fn of_command(typed: &str) -> Option<Vec<String>> {
    let mut words = typed.strip_prefix("$ ").unwrap_or(typed).split_whitespace();
    let (program, mut verb) = (words.next()?, words.next()?);
    let (_, verbs) = COMMANDS.iter().find(|(name, _)| *name == program)?;
    if !verbs.contains(&verb) {
        return None;
    }
    if program == "npx" {
        verb = words.next()?;
        if !verb.starts_with("plug") {
            return None;
        }
    }
    let specs: Vec<_> = words.filter(|word| !word.starts_with('-')).map(str::to_owned).collect();
    (!specs.is_empty()).then_some(specs)
}

/// `owner/name`, with a host in front of it or without, and with a reference behind it.
fn of_shorthand(typed: &str) -> Option<String> {
    let (host, rest) =
        HOSTS.iter().find_map(|(word, host)| Some((*host, typed.strip_prefix(word)?))).unwrap_or(("github.com", typed));
    let (path, reference) = rest.split_once('#').map_or((rest, None), |(path, reference)| (path, Some(reference)));
    let (owner, name) = path.split_once('/')?;
    let is_part = |part: &str| {
        !part.is_empty()
            && !part.starts_with(['.', '@', '~', '-'])
            && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
    };
    let name = name.strip_suffix(".git").unwrap_or(name);
    (is_part(owner) && is_part(name)).then(|| named(name, &format!("git+https://{host}/{owner}/{name}.git"), reference))
}

/// The address of a repository, without the name in front of it by which the engine finds it again.
fn of_address(typed: &str) -> Option<String> {
    let (address, reference) = typed.split_once('#').map_or((typed, None), |(a, reference)| (a, Some(reference)));
    let address = match address.strip_prefix("git@").and_then(|rest| rest.split_once(':')) {
        Some((host, path)) => format!("git+ssh://git@{host}/{path}"),
        None if address.starts_with("git+") || address.starts_with("git://") => address.to_owned(),
        None if address.starts_with("ssh://") => format!("git+{address}"),
        // Else it is an archive, which is downloaded.
        None if ["http://", "https://"].iter().any(|start| address.starts_with(start)) && !is_archive(address) => {
            format!("git+{address}")
        }
        None => return None,
    };
    let path = address.split_once("://")?.1;
    let last = path.split('?').next().unwrap_or(path).trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let name: String =
        last.trim_end_matches(".git").chars().filter(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c)).collect();
    let name = name.trim_start_matches(['.', '_']).to_lowercase();
    (!name.is_empty()).then(|| named(&name, &address, reference))
}

fn named(name: &str, address: &str, reference: Option<&str>) -> String {
    let reference = reference.map(|reference| format!("#{reference}")).unwrap_or_default();
    format!("{}@{address}{reference}", name.to_lowercase())
}

/// Whether a path or an address is that of an archive.
pub fn is_archive(path: &str) -> bool {
    let path = path.split(['?', '#']).next().unwrap_or(path).to_ascii_lowercase();
    [".tgz", ".tar.gz", ".tar"].iter().any(|ending| path.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// G1: what is written otherwise is answered with the form that the engine takes.
    #[test]
    fn named_mistakes_have_a_mended_form() {
        use SpecMistake::*;
        let check = |typed: &str, mistake: SpecMistake, spec: &str| {
            let found = super::mistake(typed).unwrap_or_else(|| panic!("{typed} is none"));
            assert_eq!((found.mistake, found.specs.join(" ")), (mistake, spec.to_owned()), "{typed}");
            assert!(found.specs.iter().all(|spec| super::mistake(spec).is_none()), "{spec} is one itself");
        };
        let superpowers = "superpowers@git+https://github.com/obra/superpowers.git";
        check("github:obra/superpowers", Shorthand, superpowers);
        check("obra/superpowers#v5", Shorthand, &format!("{superpowers}#v5"));
        check("gitlab:o/r.git", Shorthand, "r@git+https://gitlab.com/o/r.git");
        check("git+https://github.com/obra/superpowers.git#v5", GitUnnamed, &format!("{superpowers}#v5"));
        check("https://github.com/obra/superpowers.git", GitUnnamed, superpowers);
        check("https://host/Team/Tool/", GitUnnamed, "tool@git+https://host/Team/Tool/");
        check("git@host:team/tool.git#v1", GitUnnamed, "tool@git+ssh://git@host/team/tool.git#v1");
        check("ssh://git@host/team/tool.git", GitUnnamed, "tool@git+ssh://git@host/team/tool.git");
        check("git+file:///repo", GitUnnamed, "repo@git+file:///repo");
        check("npm:acme@1", RegistryPrefix, "acme@1");
        check("npm install acme", Command, "acme");
        check("$ npm i -D @s/acme@2 --save-exact", Command, "@s/acme@2");
        check("opencode plugin acme@1.2.3 -g", Command, "acme@1.2.3");
        check("npx opencode-ai plugin acme", Command, "acme");
        check("bun add github:o/r", Command, "r@git+https://github.com/o/r.git");
        check("yarn add a b", Command, "a b");
        check("\"acme@1\",", Entry, "acme@1");
        check("[\"acme\", {\"a\": 1}]", Entry, "acme");
        check("{\"package\": \"acme\", \"options\": {\"a\": 1}}", NextGeneration, "acme");
        assert_eq!(super::mistake("[\"acme\", {\"a\": 1}]").and_then(|found| found.options), Some(json!({"a": 1})));
    }

    /// G1: what the engine takes is no mistake, and what nobody can guess has no other form.
    #[test]
    fn what_the_engine_takes_is_no_mistake() {
        for typed in [
            "acme",
            "acme@1.2.3",
            "acme@^1",
            "acme@latest",
            "@s/acme",
            "@s/acme@~2",
            "other@npm:acme@1",
            "file:/p/x.tgz",
            "acme@file:/p/x.tgz",
            "./folder",
            "../a.ts",
            "/p/a.ts",
            "file:///p/a.ts",
            "~/x",
            "acme@git+https://host/o/r.git#v1",
            "acme@github:o/r",
            "https://host/x.tgz?auth=secret",
            "acme@https://host/x.tgz",
            "",
            "two words",
            "npm install",
            "opencode run hello",
            "@scope",
            "{not json",
            "[]",
            "https://",
            "../o",
        ] {
            assert_eq!(mistake(typed), None, "{typed}");
        }
    }
}
