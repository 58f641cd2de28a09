//! What a person or a file writes to name a plugin: an npm package, a file or a git URL.
//!
//! Invariant: parsing never fails on what the engine accepts; it only sorts. Source: the engine
//! resolves relative paths against the folder of the file that declares them, and takes everything
//! that is neither a path nor a URL for an npm package.

mod mistake;

use rekindle_domain::{ConfigNotice, PluginOrigin};

pub use self::mistake::{Mended, is_archive, mistake};
use crate::merge::name_and_version;

/// The longest text that names a plugin, in bytes: no path is longer on common systems.
const LONGEST: usize = 4096;
/// The longest name of a package that npm accepts, in bytes.
const LONGEST_NAME: usize = 214;

/// One plugin as written in a configuration file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PluginSpec {
    /// The text as written.
    pub text: String,
    /// Where it comes from.
    pub origin: PluginOrigin,
    /// The package's name, or the file's name.
    pub name: String,
    /// The version, tag or range behind the name; `None` means "latest".
    pub version: Option<String>,
}

impl PluginSpec {
    /// The folder of the engine's packages into which it installs this, as a path below them: the whole text, which may
    /// have slashes. Source: `docs/engine.md`, "What it installs".
    pub fn cache_key(&self) -> String {
        match (self.origin, &self.version) {
            (PluginOrigin::Npm, None) => format!("{}@latest", self.text.trim_end_matches('@')),
            _ => self.text.clone(),
        }
    }

    /// Sorts a spec as written in a file or typed by a person. Surrounding white space is dropped.
    pub fn parse(text: &str) -> Self {
        let text = text.trim();
        let (origin, name, version) = if is_path(text) {
            (PluginOrigin::File, last_segment(text), None)
        } else if is_git(text) {
            let (url, reference) = text.split_once('#').map_or((text, None), |(url, r)| (url, Some(r)));
            let path = url.split_once('?').map_or(url, |(path, _)| path);
            (PluginOrigin::Git, last_segment(path).trim_end_matches(".git").to_owned(), reference.map(str::to_owned))
        } else {
            let (name, version) = name_and_version(text);
            (PluginOrigin::Npm, name.to_owned(), version.filter(|v| !v.is_empty()).map(str::to_owned))
        };
        Self { text: text.to_owned(), origin, name, version }
    }

    /// Why a person can't mean this, if so; for checking what was typed before it is written.
    pub fn objection(&self) -> Option<ConfigNotice> {
        if self.text.is_empty() {
            return Some(ConfigNotice::PluginUnnamed);
        }
        if self.text.chars().any(char::is_control) {
            return Some(ConfigNotice::PluginControlCharacter);
        }
        if self.text.len() > LONGEST {
            return Some(ConfigNotice::PluginTooLong);
        }
        if self.origin != PluginOrigin::Npm {
            return None;
        }
        if self.name.len() > LONGEST_NAME {
            return Some(ConfigNotice::PackageNameTooLong { most: LONGEST_NAME });
        }
        let bare = self.name.strip_prefix('@').unwrap_or(&self.name);
        let parts: Vec<_> = bare.split('/').collect();
        let scoped = self.name.starts_with('@');
        if parts.len() != if scoped { 2 } else { 1 } || parts.iter().any(|part| !is_package_part(part)) {
            return Some(ConfigNotice::PackageMalformed);
        }
        None
    }
}

fn is_path(text: &str) -> bool {
    let drive = matches!(text.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic());
    text.starts_with("file://") || text.starts_with('.') || text.starts_with('/') || text.starts_with("~/") || drive
}

fn is_git(text: &str) -> bool {
    ["file:", "git+", "git:", "git@", "github:", "gitlab:", "http:", "https:", "ssh:"]
        .iter()
        .any(|start| text.starts_with(start))
}

fn is_package_part(part: &str) -> bool {
    !part.is_empty()
        && part != ".."
        && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '~'))
}

fn last_segment(text: &str) -> String {
    let trimmed = text.trim_end_matches(['/', '\\']);
    trimmed.rsplit(['/', '\\']).next().unwrap_or(trimmed).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn specs_are_sorted() {
        use PluginOrigin::*;
        let check = |text, origin, name: &str, version: Option<&str>| {
            let spec = PluginSpec::parse(text);
            assert_eq!((spec.origin, spec.name.as_str(), spec.version.as_deref()), (origin, name, version), "{text}");
            assert_eq!(spec.objection(), None, "{text}");
        };
        check("opencode-wakatime", Npm, "opencode-wakatime", None);
        check(" opencode-wakatime@1.4.0 ", Npm, "opencode-wakatime", Some("1.4.0"));
        check("@scope/name", Npm, "@scope/name", None);
        check("@scope/name@^2", Npm, "@scope/name", Some("^2"));
        check("./plugins/a b.ts", File, "a b.ts", None);
        check("file:///p/x.js", File, "x.js", None);
        check("/abs/😀.ts", File, "😀.ts", None);
        check("git+ssh://git@host/team/tool.git#v1", Git, "tool", Some("v1"));
        check("https://host/team/tool", Git, "tool", None);
        check("https://host/tool.tgz?auth=secret", Git, "tool.tgz", None);
        check("file:/p/tool.tgz", Git, "tool.tgz", None);
        check("tool@git+https://host/team/tool.git#v1", Npm, "tool", Some("git+https://host/team/tool.git#v1"));
        check("other@npm:acme@1", Npm, "other", Some("npm:acme@1"));
        check("acme@file:/p/x.tgz", Npm, "acme", Some("file:/p/x.tgz"));
    }

    /// G2: as measured on the engine.
    #[test]
    fn the_cache_is_named_by_the_text() {
        let check = |text: &str, key: &str| assert_eq!(PluginSpec::parse(text).cache_key(), key);
        check("acme", "acme@latest");
        check("@s/acme", "@s/acme@latest");
        check("acme@^1.0.0", "acme@^1.0.0");
        check("other@npm:acme@1", "other@npm:acme@1");
        check("file:/p/x.tgz", "file:/p/x.tgz");
        check("gitp@git+file:///repo#v1", "gitp@git+file:///repo#v1");
        check("git+file:///repo", "git+file:///repo");
    }

    #[test]
    fn nonsense_is_objected_to() {
        let check = |text: &str, ok: bool| assert_eq!(PluginSpec::parse(text).objection().is_none(), ok, "{text:?}");
        check("", false);
        check("   ", false);
        check("two words", false);
        check("a/b", false);
        check("@scope", false);
        check("name\nname", false);
        check("\"quoted\"", false);
        check("name@1.0.0", true);
        check(&"a".repeat(214), true);
        check(&format!("@{}/{}", "a".repeat(106), "b".repeat(106)), true);
        check(&"a".repeat(215), false);
        check(&format!("a@{}", "1".repeat(5000)), false);
        check(&format!("./{}.ts", "a".repeat(5000)), false);
    }
}
