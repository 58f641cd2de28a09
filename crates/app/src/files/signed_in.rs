//! For which MCP servers the engine keeps a sign-in (`mcp-auth.json` in its data folder, measured, OpenCode 1.18.33: by name,
//! `tokens` once somebody signed in, and the `serverUrl` that they are for).
//!
//! Invariant: of what is in the file only the names leave this module.

use std::collections::BTreeSet;

use rekindle_domain::{Kind, Row};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::{Map, Value};

use super::{foreign, locate::Places};

/// How much of it is read, in bytes.
const MOST: u64 = 4 * 1024 * 1024;

#[derive(Deserialize)]
struct Entry {
    tokens: Option<IgnoredAny>,
}

/// The names of those servers.
pub struct SignedIn(BTreeSet<String>);

impl SignedIn {
    /// As the file of the engine of these places says; without one, nobody signed in to anything.
    pub fn of(places: &Places) -> Self {
        let bytes = foreign::bytes_or_nothing(&places.sign_ins, MOST).ok().flatten().unwrap_or_default();
        let all: Map<String, Value> = serde_json::from_slice(&bytes).unwrap_or_default();
        let has_tokens = |value| serde_json::from_value::<Entry>(value).is_ok_and(|entry| entry.tokens.is_some());
        Self(all.into_iter().filter_map(|(name, value)| has_tokens(value).then_some(name)).collect())
    }

    /// Says it in the rows.
    pub fn tell(&self, rows: &mut [Row]) {
        for row in rows.iter_mut().filter(|row| row.kind == Kind::Mcp) {
            row.is_signed_in = self.0.contains(&row.name);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// V1: only who has tokens is signed in, whatever else is in the file.
    #[test]
    fn who_has_tokens_is_signed_in() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut places = Places::of(folder.path()).expect("places");
        places.sign_ins = folder.path().join("mcp-auth.json");
        let check = |text: &str, expected: &[&str]| {
            fs::write(&places.sign_ins, text).expect("written");
            let names: Vec<_> = SignedIn::of(&places).0.into_iter().collect();
            assert_eq!(names, expected, "{text}");
        };
        check(r#"{"a":{"tokens":{"accessToken":"x"},"serverUrl":"https://a"},"b":{"oauthState":"x"},"c":5}"#, &["a"]);
        check("{", &[]);
        check("[]", &[]);
        fs::remove_file(&places.sign_ins).expect("removed");
        assert!(SignedIn::of(&places).0.is_empty());
    }
}
