//! Single keys of the configuration, and setting them.

use rekindle_domain::{KeyNotice, Kind};

use super::Front;

pub(super) fn said(notice: &KeyNotice, front: Front) -> String {
    match notice {
        KeyNotice::KeyMalformed { key } => format!("“{key}” is not a key"),
        KeyNotice::KeyNotRead { key, .. } => format!("OpenCode does not read “{key}”"),
        KeyNotice::KeyNotSet { key } => format!("nothing sets “{key}”"),
        KeyNotice::KeyNotSetHere { key, places } => match places.as_slice() {
            [] => format!("nothing sets “{key}”"),
            places => format!("“{key}” is not set there, but in {}", places.join(", ")),
        },
        KeyNotice::KeyInList { key } => format!("“{key}” is an entry of a list"),
        KeyNotice::KeyOfItems { key, kind } => match kind {
            Kind::Mcp => format!("“{key}” declares MCP servers"),
            _ => format!("“{key}” declares plugins"),
        },
        KeyNotice::KeyRefused { why } => super::said(why, front),
        KeyNotice::KeySpeltOtherwise { key, other } => {
            format!("the file uses another spelling for this, and setting “{key}” would also change “{other}”")
        }
        KeyNotice::KeyBeaten { key, by } => {
            format!("{by} overrides “{key}”, so this value has no effect")
        }
        KeyNotice::KeyStillSet { key, by } => format!("{by} still sets “{key}”"),
        KeyNotice::KeySecretInFile { key, .. } => {
            format!("“{key}” looks like a secret, and is stored in the file in plain text")
        }
        KeyNotice::KeyRuleIsLast { key } => {
            format!("“{key}” comes after more specific rules; the last matching rule wins, so they no longer apply")
        }
    }
}

pub(super) fn hint(notice: &KeyNotice, front: Front) -> String {
    match (notice, front) {
        (KeyNotice::KeyMalformed { .. }, _) => {
            "write a.b.c; put a key that has a dot in double quotes: a.\"b.c\"".to_owned()
        }
        (KeyNotice::KeyNotRead { near: Some(near), .. }, _) => format!("perhaps you mean “{near}”"),
        (KeyNotice::KeyNotRead { near: None, .. }, _) => {
            "see OpenCode's documentation for its keys; put a key that has a dot in double quotes".to_owned()
        }
        (KeyNotice::KeyNotSet { .. }, Front::Command) => "see what is set with: rekindle config list".to_owned(),
        (KeyNotice::KeyNotSetHere { places, .. }, Front::Command) if places.is_empty() => {
            "see what is set with: rekindle config list".to_owned()
        }
        (KeyNotice::KeyNotSetHere { .. }, Front::Command) => {
            "--global takes it out of the global files; edit any other file yourself".to_owned()
        }
        (KeyNotice::KeyInList { .. }, Front::Command) => {
            "set the whole list, as JSON; use rekindle plugin for plugins".to_owned()
        }
        (KeyNotice::KeyInList { .. }, Front::Window) => "open the file to change it".to_owned(),
        (KeyNotice::KeyOfItems { kind: Kind::Mcp, .. }, Front::Command) => {
            "use rekindle mcp add, with --replace if it is there already".to_owned()
        }
        (KeyNotice::KeyOfItems { .. }, Front::Command) => "use rekindle plugin add and remove".to_owned(),
        (KeyNotice::KeyOfItems { .. }, Front::Window) => "change them on their own page".to_owned(),
        (KeyNotice::KeyRefused { why }, _) => match super::hint(why, front) {
            hint if hint.is_empty() => "nothing was changed".to_owned(),
            hint => format!("{hint}; nothing was changed"),
        },
        (KeyNotice::KeySpeltOtherwise { .. }, _) => "nothing was changed; edit the file yourself".to_owned(),
        (KeyNotice::KeyBeaten { .. }, _) => "change it there".to_owned(),
        (KeyNotice::KeySecretInFile { variable, .. }, _) => {
            format!("put it in an environment variable, and write {{env:{variable}}} instead")
        }
        (KeyNotice::KeyRuleIsLast { .. }, _) => "move it before them in the file".to_owned(),
        (KeyNotice::KeyNotSet { .. } | KeyNotice::KeyNotSetHere { .. }, Front::Window)
        | (KeyNotice::KeyStillSet { .. }, _) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// V5: what happened to a key is said, with what to do.
    #[test]
    fn keys_are_told() {
        let check = |notice: KeyNotice, said_as: &str, what_to_do: &str| {
            assert_eq!(
                (said(&notice, Front::Command).as_str(), hint(&notice, Front::Command).as_str()),
                (said_as, what_to_do)
            );
        };
        let key = || "a.b".to_owned();
        check(
            KeyNotice::KeyNotRead { key: key(), near: Some("a.c".to_owned()) },
            "OpenCode does not read “a.b”",
            "perhaps you mean “a.c”",
        );
        check(
            KeyNotice::KeyNotSetHere { key: key(), places: vec!["x".to_owned(), "y".to_owned()] },
            "“a.b” is not set there, but in x, y",
            "--global takes it out of the global files; edit any other file yourself",
        );
        check(
            KeyNotice::KeyNotSetHere { key: key(), places: Vec::new() },
            "nothing sets “a.b”",
            "see what is set with: rekindle config list",
        );
        check(
            KeyNotice::KeyOfItems { key: "mcp".to_owned(), kind: Kind::Mcp },
            "“mcp” declares MCP servers",
            "use rekindle mcp add, with --replace if it is there already",
        );
    }
}
