//! What may be a secret in the entry of a server, and the variables that it is better kept in.
//!
//! Invariant: a secret is told by where it stands, never by its value.

use std::collections::BTreeSet;

use rekindle_domain::{ServerNotice, masked, mentions_outside};
use serde_json::Value;

use crate::files::locate::Places;

/// What stands in the place of a secret that is hidden.
const HIDDEN: &str = "••••";
/// What may stand before a secret in a header, and stays where it is.
const SCHEMES: [&str; 4] = ["Bearer ", "Basic ", "Token ", "token "];

/// A value of an entry that looks like a secret.
struct Secret {
    /// Where it is: a JSON pointer.
    pointer: String,
    /// The same, for people.
    key: String,
    /// A variable that it could be in.
    variable: String,
    /// The value with the secret hidden.
    shown: String,
}

/// What a person should know of an entry before it is written: what may be a secret in it, and which of its variables are
/// not set where the engine runs, as far as that is known.
pub fn remarks(places: &Places, name: &str, entry: &Value) -> Vec<ServerNotice> {
    let secret =
        |Secret { key, variable, .. }| ServerNotice::ServerSecretInFile { name: name.to_owned(), key, variable };
    let mut remarks: Vec<_> = secrets_in(name, entry, &mut BTreeSet::new()).into_iter().map(secret).collect();
    let mut wanted = Vec::new();
    variables_in(entry, &mut wanted);
    wanted.dedup();
    let unset = wanted.into_iter().filter(|variable| places.environment.get(variable).is_none());
    remarks.extend(unset.map(|variable| ServerNotice::ServerVariableUnset { name: name.to_owned(), variable }));
    remarks
}

/// Writes a variable in the place of each secret, and says of each which one is to be set to it. What stands beside a secret
/// stays; what has more than one in it stays as it is. `taken`: the variables that are in use for others.
pub(super) fn move_to_variables(name: &str, entry: &mut Value, taken: &mut BTreeSet<String>) -> Vec<ServerNotice> {
    let mut moved = Vec::new();
    for secret in secrets_in(name, entry, taken) {
        let Secret { pointer, key, variable, shown } = secret;
        let Some(Value::String(text)) = entry.pointer_mut(&pointer) else { continue };
        let reference = format!("{{env:{variable}}}");
        let scheme = SCHEMES.iter().find(|scheme| text.starts_with(*scheme));
        *text = match (shown.matches(HIDDEN).count(), scheme) {
            (1, Some(scheme)) if shown == HIDDEN => format!("{scheme}{reference}"),
            (1, _) => shown.replace(HIDDEN, &reference),
            _ => continue,
        };
        moved.push(ServerNotice::ServerSecretMoved { name: name.to_owned(), key, variable });
    }
    moved
}

/// Whether a variable that is not set is one that a person was told to set already.
pub(super) fn is_told(remark: &ServerNotice, moved: &[ServerNotice]) -> bool {
    let ServerNotice::ServerVariableUnset { variable, .. } = remark else { return false };
    moved.iter().any(|moved| matches!(moved, ServerNotice::ServerSecretMoved { variable: to, .. } if to == variable))
}

/// An entry as people may see it: without secrets, and with the variables that stand for them.
pub fn shown(entry: &Value) -> Value {
    // Without its name, which may be one of those behind which secrets stand.
    with_references(entry, masked("", entry))
}

/// Puts back what only refers to a variable or a file.
fn with_references(entry: &Value, masked: Value) -> Value {
    match (entry, masked) {
        (Value::String(text), _) if is_reference(text) => Value::from(text.as_str()),
        (Value::Object(entry), Value::Object(masked)) => {
            let pair = |(key, masked)| {
                let value = with_references(entry.get(&key).unwrap_or(&Value::Null), masked);
                (key, value)
            };
            Value::Object(masked.into_iter().map(pair).collect())
        }
        (Value::Array(entry), Value::Array(masked)) if entry.len() == masked.len() => {
            entry.iter().zip(masked).map(|(entry, masked)| with_references(entry, masked)).collect()
        }
        (_, masked) => masked,
    }
}

/// Whether a text is one reference, with nothing before it but a scheme.
fn is_reference(text: &str) -> bool {
    let scheme = SCHEMES.iter().find_map(|scheme| text.strip_prefix(scheme));
    let inner = scheme.unwrap_or(text).strip_prefix('{').and_then(|text| text.strip_suffix('}'));
    inner.is_some_and(|inner| {
        ["env:", "file:"].iter().any(|kind| inner.starts_with(kind)) && !inner.contains(['{', '}'])
    })
}

fn secrets_in(name: &str, entry: &Value, taken: &mut BTreeSet<String>) -> Vec<Secret> {
    let mut secrets: Vec<Secret> = Vec::new();
    let mut add = |pointer: String, key: String, wanted: &str, general: String, shown: &Value| {
        // Two secrets are not one variable, also not of two servers.
        let numbered = (2_usize..).map(|number| format!("{general}_{number}"));
        let mut names = [wanted.to_owned(), general.clone()].into_iter().chain(numbered);
        let variable = names.find(|name| !taken.contains(name)).unwrap_or_default();
        taken.insert(variable.clone());
        secrets.push(Secret { pointer, key, variable, shown: shown.as_str().unwrap_or_default().to_owned() });
    };
    let hidden = |key: &str, value: &Value| {
        let is_plain = value.as_str().is_some_and(|text| !text.is_empty()) && !mentions_outside(value);
        Some(masked(key, value)).filter(|masked| is_plain && masked != value)
    };
    for (key, value) in entry.as_object().into_iter().flatten() {
        let at = format!("/{}", escaped(key));
        match value {
            Value::Object(map) => {
                for (inner, value) in map {
                    let Some(shown) = hidden(inner, value) else { continue };
                    let general = variable_of(name, inner);
                    let wanted = if key == "environment" { inner.as_str() } else { &general };
                    let pointer = format!("{at}/{}", escaped(inner));
                    add(pointer, format!("{key}.{inner}"), wanted, general.clone(), &shown);
                }
            }
            Value::Array(words) => {
                // An argument may be secret for the one before it.
                let all = masked(key, value);
                let pairs = words.iter().zip(all.as_array().into_iter().flatten());
                for (index, (word, shown)) in pairs.enumerate() {
                    if word.is_string() && word != shown && !mentions_outside(word) {
                        let general = variable_of(name, "token");
                        add(format!("{at}/{index}"), key.clone(), &general, general.clone(), shown);
                    }
                }
            }
            value => {
                let general = variable_of(name, "token");
                if let Some(shown) = hidden(key, value) {
                    add(at, key.clone(), &general, general.clone(), &shown);
                }
            }
        }
    }
    secrets
}

/// A key as a part of a JSON pointer.
fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// The variables that a value refers to.
fn variables_in(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => {
            let names = text.split("{env:").skip(1).filter_map(|rest| Some(rest.split_once('}')?.0.trim().to_owned()));
            found.extend(names);
        }
        Value::Array(list) => list.iter().for_each(|value| variables_in(value, found)),
        Value::Object(map) => map.values().for_each(|value| variables_in(value, found)),
        _ => {}
    }
}

/// A variable for something of a server: `GITHUB_AUTHORIZATION`.
fn variable_of(server: &str, what: &str) -> String {
    let sign = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    format!("{server}_{what}").chars().map(sign).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// V4: each secret is read from a variable of its own, what stands beside it stays, and none of them is told by its value.
    #[test]
    fn secrets_move_to_variables() {
        let check = |entry: Value, expected: Value, told: &[(&str, &str)]| {
            let mut moved = entry.clone();
            let notices = move_to_variables("my server", &mut moved, &mut BTreeSet::new());
            assert_eq!(moved, expected);
            let of = |notice: &ServerNotice| match notice {
                ServerNotice::ServerSecretMoved { key, variable, .. } => (key.clone(), variable.clone()),
                other => panic!("{other:?}"),
            };
            let expected: Vec<_> =
                told.iter().map(|(key, variable)| ((*key).to_owned(), (*variable).to_owned())).collect();
            assert_eq!(notices.iter().map(of).collect::<Vec<_>>(), expected);
            assert!(secrets_in("my server", &moved, &mut BTreeSet::new()).is_empty(), "nothing is left: {moved}");
        };
        check(
            json!({"environment": {"API_KEY": "sk-1234567890abcdef", "MODE": "fast", "OTHER_TOKEN": "{env:T}"}}),
            json!({"environment": {"API_KEY": "{env:API_KEY}", "MODE": "fast", "OTHER_TOKEN": "{env:T}"}}),
            &[("environment.API_KEY", "API_KEY")],
        );
        check(
            json!({"headers": {"Authorization": "Bearer abc", "X/Y-Api-Key": "abc", "Accept": "text/plain"}}),
            json!({"headers": {"Authorization": "Bearer {env:MY_SERVER_AUTHORIZATION}",
                "X/Y-Api-Key": "{env:MY_SERVER_X_Y_API_KEY}", "Accept": "text/plain"}}),
            &[("headers.Authorization", "MY_SERVER_AUTHORIZATION"), ("headers.X/Y-Api-Key", "MY_SERVER_X_Y_API_KEY")],
        );
        check(
            json!({"command": ["x", "--token", "abc", "--api-key=def", "--port", "80"]}),
            json!({"command": ["x", "--token", "{env:MY_SERVER_TOKEN}", "--api-key={env:MY_SERVER_TOKEN_2}", "--port", "80"]}),
            &[("command", "MY_SERVER_TOKEN"), ("command", "MY_SERVER_TOKEN_2")],
        );
        check(
            json!({"oauth": {"clientSecret": "abc", "scope": "read"}}),
            json!({"oauth": {"clientSecret": "{env:MY_SERVER_CLIENTSECRET}", "scope": "read"}}),
            &[("oauth.clientSecret", "MY_SERVER_CLIENTSECRET")],
        );
        check(
            json!({"type": "local", "command": ["npx", "-y", "fs"]}),
            json!({"type": "local", "command": ["npx", "-y", "fs"]}),
            &[],
        );
    }

    /// V4: only the secret goes out of what it stands in, and what holds several stays and is told of; no two share a variable.
    #[test]
    fn what_stands_beside_a_secret_stays() {
        let mut taken = BTreeSet::new();
        let mut moved = |name: &str, mut entry: Value| {
            let count = move_to_variables(name, &mut entry, &mut taken).len();
            (entry, count)
        };
        let docker = json!({"command": ["docker", "-e", "GITHUB_TOKEN=ghp_0123456789012345678901234567890123456"]});
        let expected = json!({"command": ["docker", "-e", "GITHUB_TOKEN={env:GH_TOKEN}"]});
        assert_eq!(moved("gh", docker), (expected, 1));
        let database = json!({"environment": {"DATABASE_URL": "postgresql://me:pw@host/db"}});
        let expected = json!({"environment": {"DATABASE_URL": "postgresql://{env:DATABASE_URL}@host/db"}});
        assert_eq!(moved("db", database), (expected, 1));
        let odd = json!({"environment": {"API_KEY": "-Jd8xyzQ=="}});
        assert_eq!(moved("a", odd.clone()), (json!({"environment": {"API_KEY": "{env:API_KEY}"}}), 1));
        assert_eq!(moved("b", odd.clone()), (json!({"environment": {"API_KEY": "{env:B_API_KEY}"}}), 1));
        assert_eq!(moved("b", odd), (json!({"environment": {"API_KEY": "{env:B_API_KEY_2}"}}), 1));
    }

    /// V4: what only refers to something is shown, and nothing else of what is hidden.
    #[test]
    fn references_are_shown() {
        let entry = json!({"environment": {"API_KEY": "{env:X}", "TOKEN": "sk-1{env:X}", "B_TOKEN": "{env:X}sk-1{env:Y}"},
            "headers": {"Authorization": "Bearer {file:~/t}"}, "command": ["x", "--token", "{env:T}", "--api-key=abc"]});
        let expected = json!({"environment": {"API_KEY": "{env:X}", "TOKEN": "••••", "B_TOKEN": "••••"},
            "headers": {"Authorization": "Bearer {file:~/t}"}, "command": ["x", "--token", "{env:T}", "--api-key=••••"]});
        assert_eq!(shown(&entry), expected);
    }
}
