//! The sections of a changelog between two versions, however it is laid out: `## 1.2.3`, `## [1.2.3] - 2026-01-31`,
//! `# v1.2.3`, `## name@1.2.3`, headings that are underlined.
//!
//! Invariants: nothing is read or asked here; what comes out holds nothing that cannot be seen, and is bounded.

use rekindle_domain::{ChangelogSection, visible};
use rekindle_opencode::version::Version;

/// The most bytes of text that are told.
const LONGEST: usize = 32 * 1024;
/// What a section takes of that beside its text, so that there are not too many.
const LEAST: usize = 64;
/// What may stand in front of a version in a heading.
const INTRODUCTIONS: [&str; 4] = ["version", "release", "released", "changes"];

/// The sections above the one version, up to the other; and whether they were cut. Without a version to begin with, only
/// that of the other.
pub(super) fn between(text: &str, from: Option<&Version>, to: &Version) -> (Vec<ChangelogSection>, bool) {
    let is_meant = |version: &Version| match from {
        Some(from) => from < version && version <= to,
        None => version == to,
    };
    let (mut sections, mut left) = (Vec::new(), LONGEST);
    let mut open: Option<ChangelogSection> = None;
    let mut is_cut = false;
    let mut fence = None;
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let is_underlined = lines.peek().is_some_and(|next| is_underline(next));
        match heading(line, is_underlined).filter(|_| fence.is_none()) {
            Some((title, what)) if what != Heading::Other => {
                sections.extend(open.take());
                let is_open = matches!(&what, Heading::Version(version) if is_meant(version));
                if is_open {
                    let title = visible(title).into_owned();
                    let Some(rest) = left.checked_sub(title.len() + LEAST) else {
                        is_cut = true;
                        break;
                    };
                    left = rest;
                    open = Some(ChangelogSection { title, text: String::new() });
                }
                if is_underlined && !line.trim_start().starts_with('#') {
                    lines.next();
                }
            }
            _ => {
                fence = fenced(line, fence);
                let Some(section) = &mut open else { continue };
                let line = visible(line);
                match left.checked_sub(line.len() + 1) {
                    Some(rest) => left = rest,
                    None => {
                        is_cut = true;
                        break;
                    }
                }
                section.text.push_str(&line);
                section.text.push('\n');
            }
        }
    }
    sections.extend(open);
    for section in &mut sections {
        section.text = section.text.trim_matches('\n').trim_end().to_owned();
    }
    (sections, is_cut)
}

/// What a heading is about.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Heading {
    /// This version.
    Version(Version),
    /// What no version has yet.
    Unreleased,
    /// Something else.
    Other,
}

/// The text of a heading, and what it is about.
fn heading(line: &str, is_underlined: bool) -> Option<(&str, Heading)> {
    let text = line.trim();
    let level = text.chars().take_while(|c| *c == '#').count();
    let title = match level {
        0 if is_underlined && !text.is_empty() => text,
        1..=6 => text.trim_start_matches('#').strip_prefix([' ', '\t'])?.trim().trim_end_matches('#').trim_end(),
        _ => return None,
    };
    Some((title, about(title)))
}

fn about(title: &str) -> Heading {
    for word in title.split_whitespace() {
        let plain = word.trim_matches(|c: char| !c.is_ascii_alphanumeric() && c != '@');
        if plain.eq_ignore_ascii_case("unreleased") {
            return Heading::Unreleased;
        }
        if let Some(version) = version(word) {
            return Heading::Version(version);
        }
        let is_date = plain.len() == 10 && plain.chars().all(|c| c.is_ascii_digit() || c == '-');
        let is_introduction = INTRODUCTIONS.iter().any(|known| plain.eq_ignore_ascii_case(known));
        if !plain.is_empty() && !is_date && !is_introduction {
            break;
        }
    }
    Heading::Other
}

/// The version that a word of a heading is: `[1.2.3](https://…)`, `v1.2`, `@scope/name@1.2.3`.
fn version(word: &str) -> Option<Version> {
    let word = word.trim_start_matches(['[', '(', '<', '`', '*', '"', '_']);
    let word = word.split([']', ')', '>', '`', '*', '"', '(', ',', ':']).next()?;
    let word = word.rsplit('@').next()?.trim_end_matches(['.', '_']);
    let has_two = word.trim_start_matches('v').split('.').count() == 2;
    Version::parse(word).or_else(|| has_two.then(|| Version::parse(&format!("{word}.0"))).flatten())
}

fn is_underline(line: &str) -> bool {
    let line = line.trim_end();
    line.len() >= 3 && (line.chars().all(|c| c == '=') || line.chars().all(|c| c == '-'))
}

/// Which marks close the code that a line is in, or opens.
fn fenced(line: &str, open: Option<&'static str>) -> Option<&'static str> {
    let found = ["```", "~~~"].into_iter().find(|mark| line.trim_start().starts_with(mark));
    match (open, found) {
        (Some(open), Some(found)) if open == found => None,
        (None, found) => found,
        (open, _) => open,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str, from: Option<&str>, to: &str) -> Vec<(String, String)> {
        let version = |text: &str| Version::parse(text).expect("a version");
        let (sections, is_cut) = between(text, from.map(version).as_ref(), &version(to));
        assert!(!is_cut);
        sections.into_iter().map(|section| (section.title, section.text)).collect()
    }

    /// G3: a heading names its version in each of the ways in which people write it, and no other heading does.
    #[test]
    fn headings_are_understood() {
        let check = |title: &str, expected: Option<&str>| {
            let found = heading(title, false).map(|(_, about)| about);
            let expected = expected.map(|version| Heading::Version(Version::parse(version).expect("a version")));
            assert_eq!(found.filter(|found| *found != Heading::Other), expected, "{title}");
        };
        for title in [
            "## 1.2.3",
            "# v1.2.3",
            "## [1.2.3] - 2026-01-31",
            "## [1.2.3](https://host/o/r/compare/v1.2.2...v1.2.3) (2026-01-31)",
            "### [v1.2.3]",
            "## Version 1.2.3 ##",
            "## @scope/name@1.2.3",
            "## name@1.2.3",
            "## 2026-01-31, Version 1.2.3",
            "## `1.2.3`: the large one",
            "##\t1.2.3",
            "## \u{1f680} 1.2.3",
        ] {
            check(title, Some("1.2.3"));
        }
        check("## 1.2", Some("1.2.0"));
        check("## 1.2.3-beta.1", Some("1.2.3-beta.1"));
        for title in
            ["## Upgrade to 2.0.0", "#1.2.3", "1.2.3", "### Patch Changes", "## Fixes for 1.2.3", "## 2026", "##"]
        {
            check(title, None);
        }
        assert_eq!(heading("## [Unreleased]", false), Some(("[Unreleased]", Heading::Unreleased)));
        assert_eq!(heading("1.2.3 / 2026-01-31", true).map(|(title, _)| title), Some("1.2.3 / 2026-01-31"));
    }

    /// G3: what lies between the version in use and the new one is told, in each layout, and nothing else.
    #[test]
    fn what_is_between_two_versions_is_told() {
        let both = [("2.0.0", "two"), ("1.1.0", "one")].map(|(title, text)| (title.to_owned(), text.to_owned()));
        let plain = "# Changelog\n\nAll of it.\n\n## Unreleased\n\nsoon\n\n## 2.1.0\nlater\n## 2.0.0\n\ntwo\n\n## 1.1.0\none\n\n## 1.0.0\nzero\n";
        assert_eq!(told(plain, Some("1.0.0"), "2.0.0"), both);
        assert_eq!(told(&plain.replace('\n', "\r\n"), Some("1.0.0"), "2.0.0"), both);
        assert_eq!(told(plain, None, "1.1.0"), both[1..]);
        assert_eq!(told(plain, Some("2.1.0"), "3.0.0"), []);
        assert_eq!(told("", Some("1.0.0"), "2.0.0"), []);
        let underlined = "2.0.0\n=====\n\ntwo\n\n1.1.0\n-----\none\n\n1.0.0\n---\nzero\n";
        assert_eq!(told(underlined, Some("1.0.0"), "2.0.0"), both);
        let changesets = "# name\n\n## 1.1.0\n\n### Minor Changes\n\n- 1a2b: Add `x`.\n\n### Patch Changes\n\n- y\n\n## 1.0.0\n\n- z\n";
        let section = "### Minor Changes\n\n- 1a2b: Add `x`.\n\n### Patch Changes\n\n- y".to_owned();
        assert_eq!(told(changesets, Some("1.0.0"), "1.1.0"), [("1.1.0".to_owned(), section)]);
        let fenced = "## 1.1.0\n```\n## 1.0.0\n```\nend\n## 1.0.0\nzero";
        assert_eq!(told(fenced, Some("1.0.0"), "1.1.0"), [("1.1.0".to_owned(), "```\n## 1.0.0\n```\nend".to_owned())]);
    }

    /// G3: what a reader would not see, they see; and however long a changelog is, what is told of it ends.
    #[test]
    fn all_of_it_is_seen_and_it_ends() {
        let hidden = told("## 1.1.0 \u{202e}x\n\u{1b}[2Kgone\u{200b}", Some("1.0.0"), "1.1.0");
        assert_eq!(hidden, [("1.1.0 \\u{202e}x".to_owned(), "\\u{1b}[2Kgone\\u{200b}".to_owned())]);
        let long = format!("## 1.1.0\n{}## 1.0.1\nmore\n", "line\n".repeat(LONGEST));
        let version = |text: &str| Version::parse(text).expect("a version");
        let (sections, is_cut) = between(&long, Some(&version("1.0.0")), &version("1.1.0"));
        assert!(is_cut && sections.len() == 1 && sections[0].text.len() <= LONGEST);
    }
}
