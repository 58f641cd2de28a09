//! The words of the page “Configuration”.

use rekindle_domain::{Expected, KeyHelp, KeySource, Problem, Scope, ValueKind, Workspace};

use super::{rows::Nothing, short_path, told};
pub use crate::keys::place;
use crate::{
    notice::either,
    text::{counted, sentence},
};

pub const SEARCH: &str = "Search keys and values";
pub const LIST: &str = "Configuration";
pub const READING: &str = "Reading the configuration…";
pub const EDIT: &str = "Edit…";
pub const TITLE: &str = "Edit key";
pub const VALUE: &str = "Value";
pub const SAVE: &str = "Save";
pub const RESET: &str = "Reset";
pub const GLOBAL: &str = "Global";

/// More words than this have no room side by side.
const MOST_WORDS: usize = 5;

/// An empty list; `typed`: what is searched for.
pub fn nothing(typed: &str) -> Nothing {
    match typed {
        "" => Nothing {
            title: "Nothing is configured",
            hint: "OpenCode uses its defaults. What a configuration file sets is listed here.",
        },
        _ => Nothing { title: "No key matches", hint: "Search for a part of a key or of its value." },
    }
}

/// Not all that fits is listed.
pub fn more(number: usize) -> String {
    format!("{} more not shown. Search to narrow the list.", counted(number, "key"))
}

/// A file that does not count.
pub fn problem(problem: &Problem, workspace: &Workspace) -> String {
    let path = short_path(&problem.path, workspace);
    format!("{path} cannot be loaded, so its keys are not listed. {}", sentence(&told(&problem.what)))
}

/// What a key takes the place of.
pub fn overridden(value: &str, source: &KeySource) -> String {
    format!("Overrides {value} ({})", place(source))
}

/// What a button of a row does, for whoever does not see the row.
pub fn action(action: &str, key: &str) -> String {
    format!("{} {key}", action.trim_end_matches('…'))
}

/// Where an edit is made, and what a reset means.
pub fn where_to(source: &KeySource) -> String {
    let projects = if source.scope == Scope::Global { ", for every project" } else { "" };
    format!("Saves to {}{projects}. {RESET} removes the key from that file.", source.place)
}

/// What can be chosen for a single value, as it is typed; `None`: there is too much of it.
pub fn choices(help: &KeyHelp) -> Option<Vec<String>> {
    let mut words = Vec::new();
    for value in &help.values {
        match value {
            Expected::Word(word) => words.push(word.clone()),
            Expected::Kind(ValueKind::Boolean) => words.extend(["true", "false"].map(str::to_owned)),
            Expected::Kind(ValueKind::Null) => words.push("null".to_owned()),
            // No single value.
            Expected::Kind(ValueKind::Object | ValueKind::List) => {}
            Expected::Kind(_) => return None,
        }
    }
    (1..=MOST_WORDS).contains(&words.len()).then_some(words)
}

/// What may be typed; `None`: anything.
pub fn accepts(help: &KeyHelp) -> Option<String> {
    (!help.values.is_empty()).then(|| format!("Accepts {}.", either(&help.values)))
}

/// It is set.
pub fn set(key: &str) -> String {
    format!("Set {key}")
}

/// It is gone from where it was.
pub fn removed(key: &str, source: &KeySource) -> String {
    format!("Removed {key} from {}", source.place)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// V5: a few words are chosen, all else is typed.
    #[test]
    fn what_is_accepted_is_chosen_or_typed() {
        let word = |word: &str| Expected::Word(word.to_owned());
        let kind = Expected::Kind;
        let check = |values: Vec<Expected>, chosen: Option<&[&str]>, typed: Option<&str>| {
            let help = KeyHelp { values, description: None };
            let expected = chosen.map(|words| words.iter().map(|word| (*word).to_owned()).collect());
            assert_eq!((choices(&help), accepts(&help).as_deref()), (expected, typed));
        };
        check(Vec::new(), None, None);
        check(
            vec![kind(ValueKind::Boolean), word("notify")],
            Some(&["true", "false", "notify"]),
            Some("Accepts true, false or “notify”."),
        );
        check(
            vec![word("ask"), word("deny"), kind(ValueKind::Object)],
            Some(&["ask", "deny"]),
            Some("Accepts “ask”, “deny” or an object."),
        );
        check(vec![kind(ValueKind::String), word("auto")], None, Some("Accepts a string or “auto”."));
        check(["a", "b", "c", "d", "e", "f"].map(word).to_vec(), None, Some("Accepts “a”, “b”, “c”, “d”, “e” or “f”."));
    }
}
