//! What an engine says in its own words: masked and short.

use rekindle_domain::masked_text;
use serde_json::Value;

use super::Reason;

/// How much of what an engine says in its own words is kept, in characters.
const WORDS: usize = 2000;

pub(super) fn reason_of(json: &Value) -> Reason {
    let data = &json["data"];
    let issue = &data["issues"][0];
    let message = data["message"].as_str().or_else(|| issue["message"].as_str()).or_else(|| json["message"].as_str());
    let path = data["path"].as_str().map(str::to_owned);
    Reason { path, text: message.and_then(what_is_wrong).map(in_short) }
}

/// What went wrong of a message that may repeat a whole file before it says so; `None`: it says nothing else.
fn what_is_wrong(message: &str) -> Option<&str> {
    const FILE: &str = "--- JSONC Input ---";
    const ERRORS: &str = "--- Errors ---";
    let starts = message.match_indices(ERRORS).map(|(at, _)| at + ERRORS.len());
    let is_line = |at: &usize| {
        message[..at - ERRORS.len()].ends_with('\n') && message[*at..].trim_start_matches('\r').starts_with('\n')
    };
    // A line of the file may say the same; what the engine quotes of it never is a line of its own.
    match starts.filter(is_line).last() {
        Some(start) => Some(&message[start..]),
        None if message.contains(FILE) => None,
        None => Some(message),
    }
}

/// One line of what an engine says in its own words.
pub(in crate::engine) fn in_short(words: &str) -> String {
    let line = words.trim().lines().next().unwrap_or_default();
    // Masked before it is cut: half a secret is one.
    let line: String = line.chars().take(4 * WORDS).collect();
    masked_text(&line).chars().take(WORDS).collect()
}

/// The beginning of an answer that is none.
pub(super) fn beginning(body: &[u8]) -> Reason {
    let said = in_short(&String::from_utf8_lossy(&body[..body.len().min(WORDS)]));
    let text: String = said.chars().take(200).collect();
    Reason { path: None, text: Some(text).filter(|text| !text.is_empty()) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn reason(path: &str, text: Option<&str>) -> Reason {
        Reason { path: Some(path.to_owned()), text: text.map(str::to_owned) }
    }

    #[test]
    fn reasons_are_short() {
        let long = json!({"name": "ConfigJsonError", "data": {"path": "/p/opencode.json", "message": "\n--- JSONC Input ---\n{\n--- Errors ---\nPropertyNameExpected at line 1, column 18\n   x"}});
        assert_eq!(reason_of(&long), reason("/p/opencode.json", Some("PropertyNameExpected at line 1, column 18")));
        let issues = json!({"data": {"path": "/p/o.json", "issues": [{"message": "Expected string"}]}});
        assert_eq!(reason_of(&issues), reason("/p/o.json", Some("Expected string")));
    }

    /// N16: of a file that the engine repeats nothing is told, whatever stands in it.
    #[test]
    fn a_message_repeats_no_file() {
        let check = |message: &str, expected: Option<&str>| {
            let error = json!({"name": "ConfigJsonError", "data": {"path": "/p/o.json", "message": message}});
            assert_eq!(reason_of(&error), reason("/p/o.json", expected));
        };
        let input =
            "\n--- JSONC Input ---\n{\n--- a comment ---\n\"key\": \"sk-1\"\n--- Errors ---\n\"key\": \"sk-2\"\n";
        check(
            &format!("{input}--- Errors ---\nInvalidSymbol at line 1, column 2\n"),
            Some("InvalidSymbol at line 1, column 2"),
        );
        check("\n--- JSONC Input ---\n{\n\"key\": \"sk-1", None);
        check("x --- Errors --- \"apiKey\": \"sk-1\"", Some("x --- Errors --- \"apiKey\": \"••••\""));
        check("Expected string, got https://me:pw@host", Some("Expected string, got https://••••@host"));
    }
}
