//! What stands below an item: why it is not loaded, and what a person should know about it.
//!
//! Invariant: the reason of a state comes first; the engine's message stands in its own words,
//! everything else is a sentence.

use rekindle_domain::{Kind, PackageNotice, PluginOrigin, Row, RowState, Stage};

use crate::{
    notice::{Front, inline, said, sentences},
    text::{closed, listed},
};

/// No more paths than this are named.
const MOST_PATHS: usize = 3;

/// How much a remark matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// Good to know.
    Note,
    /// Worth a look.
    Caution,
    /// Why it does not work.
    Failure,
}

/// A sentence about an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    pub weight: Weight,
    pub text: String,
}

/// Everything that is to be said about an item.
pub fn remarks(row: &Row) -> Vec<Remark> {
    let reason = match &row.state {
        RowState::Failed { message } => Some((Weight::Failure, inline(message, Front::Window).trim().to_owned())),
        RowState::NotRead { why } if *why == PackageNotice::PluginTurnedOff => {
            Some((Weight::Note, sentences(why, Front::Window)))
        }
        RowState::NotRead { why } => Some((Weight::Note, format!("Not read: {}", closed(&said(why, Front::Window))))),
        RowState::Loaded | RowState::Waiting { .. } | RowState::Overridden { .. } | RowState::Unknown => None,
    };
    let stuck = stuck(row).map(|text| (Weight::Caution, text.to_owned()));
    let warning = row.warning.as_ref().map(|warning| (Weight::Caution, sentences(warning, Front::Window)));
    let instead = (!row.overrides.is_empty())
        .then(|| (Weight::Note, format!("Overrides {}.", listed(&row.overrides, MOST_PATHS))));
    let also = (!row.also.is_empty()).then(|| (Weight::Note, format!("Also at {}.", listed(&row.also, MOST_PATHS))));
    let all = [reason, stuck, warning, instead, also].into_iter().flatten();
    all.map(|(weight, text)| Remark { weight, text }).collect()
}

/// Where an item has got stuck on its way from a declaration into the engine. Only a plugin can be
/// declared without being there.
fn stuck(row: &Row) -> Option<&'static str> {
    let on_its_way = matches!(row.state, RowState::Waiting { .. } | RowState::Failed { .. } | RowState::Unknown);
    match row.origin {
        Some(origin) if on_its_way && row.kind == Kind::Plugin && row.stage == Stage::Declared => Some(match origin {
            PluginOrigin::File | PluginOrigin::Found => "Declared, but not found.",
            PluginOrigin::Npm | PluginOrigin::Git => "Declared, but not installed.",
        }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use rekindle_domain::{Action, ChangeKind};

    use super::*;
    use crate::window::banner::fixture;

    fn told(row: &Row) -> Vec<(Weight, String)> {
        remarks(row).into_iter().map(|remark| (remark.weight, remark.text)).collect()
    }

    #[test]
    fn reasons_come_first() {
        let check = |state: RowState, expected: &[(Weight, &str)]| {
            let row = Row { state, warning: Some("looks like a secret".into()), ..fixture::row(Kind::Mcp, "x") };
            let expected: Vec<_> = expected.iter().map(|(weight, text)| (*weight, (*text).to_owned())).collect();
            assert_eq!(told(&row), expected);
        };
        let warning = (Weight::Caution, "Looks like a secret.");
        check(RowState::Loaded, &[warning]);
        check(RowState::Failed { message: "no such file".into() }, &[(Weight::Failure, "no such file"), warning]);
        check(
            RowState::NotRead { why: "no front matter".into() },
            &[(Weight::Note, "Not read: no front matter."), warning],
        );
    }

    #[test]
    fn what_is_used_instead_is_named() {
        let check = |overrides: &[&str], expected: &[&str]| {
            let overrides = overrides.iter().map(|path| (*path).to_owned()).collect();
            let row = Row { overrides, ..fixture::row(Kind::Agent, "x") };
            assert_eq!(told(&row).iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>(), expected);
        };
        check(&[], &[]);
        check(&["a", "b"], &["Overrides a, b."]);
        check(&["a", "b", "c", "d"], &["Overrides a, b, c and 1 more."]);
    }

    #[test]
    fn what_is_stuck_says_where() {
        let waiting = RowState::Waiting { change: ChangeKind::Added, action: Action::Dispose };
        let check = |kind, origin, stage, state: &RowState, expected: Option<&str>| {
            let row = Row { origin, stage, state: state.clone(), ..fixture::row(kind, "x") };
            assert_eq!(stuck(&row), expected);
        };
        let file = Some(PluginOrigin::File);
        check(Kind::Plugin, file, Stage::Declared, &waiting, Some("Declared, but not found."));
        check(Kind::Plugin, Some(PluginOrigin::Npm), Stage::Declared, &waiting, Some("Declared, but not installed."));
        check(Kind::Plugin, file, Stage::Installed, &waiting, None);
        check(Kind::Plugin, file, Stage::Declared, &RowState::Loaded, None);
        check(Kind::Mcp, None, Stage::Declared, &waiting, None);
    }
}
