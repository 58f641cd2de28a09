//! What programs read: the same values as JSON, with each notice as the sentence that a person would read.
//!
//! Invariant: programs go by codes and states, so a sentence may change; the shape (`docs/cli.md`) may not.

use rekindle_domain::Notice;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::notice::{Front, hint, inline, said, sentences};

/// The value as JSON. A notice `what` becomes a `message` and a `hint` in its place, every other one a string.
pub fn json(value: &impl Serialize) -> Value {
    told(serde_json::to_value(value).unwrap_or_default())
}

fn told(value: Value) -> Value {
    match value {
        Value::Object(fields) if is_notice(&fields) => with_notice(Value::Object(fields), &inline),
        Value::Object(fields) => Value::Object(fields.into_iter().flat_map(field).collect()),
        Value::Array(values) => values.into_iter().map(told).collect(),
        value => value,
    }
}

fn field((key, value): (String, Value)) -> Vec<(String, Value)> {
    match key.as_str() {
        "what" => match serde_json::from_value::<Notice>(value.clone()) {
            Ok(notice) => vec![
                ("message".to_owned(), said(&notice, Front::Command).into()),
                ("hint".to_owned(), hint(&notice, Front::Command).into()),
            ],
            Err(_) => vec![(key, told(value))],
        },
        "warning" => vec![(key, with_notice(value, &sentences))],
        "notices" => {
            let Value::Array(notices) = value else { return vec![(key, told(value))] };
            vec![(key, notices.into_iter().map(|notice| with_notice(notice, &sentences)).collect())]
        }
        _ => vec![(key, told(value))],
    }
}

fn with_notice(value: Value, told: &dyn Fn(&Notice, Front) -> String) -> Value {
    match serde_json::from_value::<Notice>(value.clone()) {
        Ok(notice) => told(&notice, Front::Command).into(),
        Err(_) => value,
    }
}

fn is_notice(fields: &Map<String, Value>) -> bool {
    fields.contains_key("notice")
}

#[cfg(test)]
mod tests {
    use rekindle_domain::{ConfigNotice, ErrorCode, Problem, Refusal, ReloadNotice, UserError};
    use serde_json::json;

    use super::*;

    #[test]
    fn notices_are_told_and_everything_else_stays() {
        let check = |value: Value, expected: Value| assert_eq!(super::json(&value), expected);
        check(json!({"a": [1, null, "text"], "b": {"c": true}}), json!({"a": [1, null, "text"], "b": {"c": true}}));
        check(json!({"detail": {"notice": "turned-off"}}), json!({"detail": "turned off"}));
        check(json!({"detail": "in other words"}), json!({"detail": "in other words"}));
        check(json!({"what": "no"}), json!({"message": "no", "hint": ""}));
        check(json!({"what": 5, "notices": null}), json!({"what": 5, "notices": null}));
        check(json!({"notices": [{"notice": "turned-off"}, "Plain."]}), json!({"notices": ["Turned off.", "Plain."]}));
        let problem = Problem { line: Some(3), column: Some(5), ..Problem::new("/p", ConfigNotice::CommaMissing) };
        let told = super::json(&problem);
        assert_eq!(
            (&told["message"], &told["hint"]),
            (&json!("expected “,” or a closing bracket"), &json!("a comma is missing before this"))
        );
        assert_eq!(told["line"], 3);
        let told = super::json(&Refusal::Problems { problems: vec![problem] }.error());
        assert_eq!(told["message"], "/p:3:5: expected “,” or a closing bracket");
        assert_eq!(
            (&told["code"], &told["hint"]),
            (&json!("would-not-load"), &json!("a comma is missing before this"))
        );
        let error = UserError::new(ErrorCode::Cancelled, ReloadNotice::NotShown);
        assert_eq!(super::json(&error)["message"], "the engine does not show it");
    }
}
