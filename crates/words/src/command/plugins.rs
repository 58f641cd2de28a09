//! What `rekindle plugin` says.

use rekindle_domain::{Changelog, KeptPackage, PluginState, PluginUpdate, Row, UpdateBy, Wholeness, masked_text};

use super::{edits::NEXT, rows};
use crate::{
    changelogs,
    notice::{Front, inline, sentences},
};

/// What is under way while the registry is asked.
pub const ASKING: &str = "Asking what is published…";

/// Each plugin with what is kept and published of it, and those that are turned off with where they were.
pub fn list(plugins: &[(Row, PluginState)], off: &[(String, String)]) -> Vec<String> {
    let on = plugins.iter().flat_map(|(row, state)| {
        let mut lines = rows(std::slice::from_ref(row));
        lines.extend(versions(state).map(|versions| format!("  {versions}")));
        // What the row says already is not said again.
        let is_new = |code: &str| row.warning.as_ref().is_none_or(|warning| warning.code() != code);
        let remarks = state.remarks.iter().filter(|remark| is_new(&remark.code()));
        lines.extend(remarks.map(|remark| format!("  ! {}", sentences(remark, Front::Command))));
        lines
    });
    let off = off.iter().map(|(spec, place)| format!("{} is disabled; it was declared in {place}", masked_text(spec)));
    on.chain(off).collect()
}

/// `declared ^1 · OpenCode keeps 1.0.0 · published 1.1.0`.
fn versions(state: &PluginState) -> Option<String> {
    let kept = state.cached.as_ref()?;
    let declared = state.declared.as_deref().map_or("no version".to_owned(), masked_text);
    let mut parts = vec![format!("declared {declared}"), self::kept(kept)];
    if let Some(published) = &state.published {
        parts.extend(published.latest.as_ref().map(|latest| format!("published {latest}")));
        let other = published.wanted.as_ref().filter(|wanted| published.latest.as_ref() != Some(*wanted));
        parts.extend(other.map(|wanted| format!("fits {wanted}")));
    }
    Some(parts.join(" · "))
}

fn kept(kept: &KeptPackage) -> String {
    match (kept.state, &kept.version) {
        (Wholeness::Whole, Some(version)) => format!("OpenCode keeps {version}"),
        (Wholeness::Whole, None) => "OpenCode keeps a version without a number".to_owned(),
        (Wholeness::Half, _) => "only partly installed".to_owned(),
        (Wholeness::Nothing | Wholeness::Leftover, _) => "not installed yet".to_owned(),
    }
}

/// An entry has another version, or is in another file.
pub fn changed(spec: &str, place: &str) -> String {
    format!("Declared {} in {place}. {NEXT}", masked_text(spec))
}

/// A plugin is turned off.
pub fn disabled(name: &str, place: &str) -> String {
    format!("Disabled {name}, which was declared in {place}. Enable it with: rekindle plugin enable {name}. {NEXT}")
}

/// A plugin is turned on again.
pub fn enabled(name: &str, place: &str) -> String {
    format!("Enabled {name} in {place}. {NEXT}")
}

/// A plugin is installed anew as soon as the engine loads the directory.
pub fn mended(name: &str, place: &str, is_loaded: bool) -> String {
    let how = if is_loaded {
        "OpenCode still runs the loaded code; to install and run it again: rekindle reload --restart"
    } else {
        "OpenCode installs it again after: rekindle reload --restart, or when it next loads the directory"
    };
    format!("Moved OpenCode's copy of {name} ({place}) to the trash. {how}. Undo it with: rekindle undo")
}

/// A plugin was made.
pub fn made(place: &str) -> String {
    format!("Created {place}. {NEXT}")
}

/// What became of each update, or would.
pub fn updates(updates: &[PluginUpdate], is_check: bool) -> Vec<String> {
    if updates.is_empty() {
        return vec!["No plugin here can be updated.".to_owned()];
    }
    let mut lines: Vec<_> = updates
        .iter()
        .flat_map(|one| std::iter::once(update(one, is_check)).chain(one.changelog.iter().flat_map(changelog)))
        .collect();
    let is_made = |update: &&PluginUpdate| update.undo.is_some();
    if updates.iter().filter(is_made).any(|update| update.by == UpdateBy::Cache) {
        lines.push("Make it live with: rekindle reload --restart. Undo it with: rekindle undo".to_owned());
    } else if updates.iter().any(|update| update.undo.is_some()) {
        lines.push(NEXT.to_owned());
    }
    lines
}

fn update(update: &PluginUpdate, is_check: bool) -> String {
    let name = &update.name;
    if let Some(error) = &update.error {
        return format!("{name}: {}", inline(&error.what, Front::Command));
    }
    let from = update.from.as_deref().unwrap_or("not installed");
    let Some(to) = update.to.as_deref().filter(|_| update.by != UpdateBy::Nothing) else {
        return format!("{name}: {from}, nothing newer to take");
    };
    let date = update.published.as_deref().and_then(|time| time.get(..10));
    let date = date.map(|date| format!(", published {date}")).unwrap_or_default();
    let done = match (update.by, is_check) {
        (UpdateBy::Cache, false) => "; OpenCode installs it again",
        (UpdateBy::Cache, true) => "; by having OpenCode install it again",
        _ => "",
    };
    format!("{name}: {from} → {to}{date}{done}")
}

/// What a package says of its versions, below the line of its update.
fn changelog(changelog: &Changelog) -> Vec<String> {
    let mut lines: Vec<_> = changelogs::silence(changelog, Front::Command).into_iter().collect();
    for section in &changelog.sections {
        lines.extend([String::new(), format!("## {}", section.title)]);
        lines.extend(section.text.lines().map(str::to_owned));
    }
    lines.extend(changelog.is_cut.then(|| changelogs::CUT.to_owned()));
    lines.into_iter().map(|line| if line.is_empty() { line } else { format!("  {line}") }).collect()
}

#[cfg(test)]
mod tests {
    use rekindle_domain::Scope;

    use super::*;

    /// G3: what was done, or would be, is one line.
    #[test]
    fn an_update_is_one_line() {
        let check = |from: Option<&str>, to: Option<&str>, by: UpdateBy, is_check: bool, expected: &str| {
            let one = PluginUpdate {
                name: "acme".to_owned(),
                scope: Scope::Project,
                from: from.map(str::to_owned),
                to: to.map(str::to_owned),
                published: to.map(|_| "2026-01-31T00:00:00.000Z".to_owned()),
                by,
                changelog: None,
                undo: None,
                error: None,
            };
            assert_eq!(updates(&[one], is_check), [expected]);
        };
        check(Some("1.0.0"), Some("1.1.0"), UpdateBy::Entry, true, "acme: 1.0.0 → 1.1.0, published 2026-01-31");
        check(
            Some("1.0.0"),
            Some("1.1.0"),
            UpdateBy::Cache,
            false,
            "acme: 1.0.0 → 1.1.0, published 2026-01-31; OpenCode installs it again",
        );
        check(Some("1.0.0"), None, UpdateBy::Nothing, false, "acme: 1.0.0, nothing newer to take");
        check(None, None, UpdateBy::Nothing, false, "acme: not installed, nothing newer to take");
    }
}
