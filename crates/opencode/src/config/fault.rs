//! What is wrong with a configuration by the engine's schema, in words for people.
//!
//! Invariant: nothing of a value is in the words; it may be a secret.

use jsonschema::{
    JsonType, ValidationError,
    error::{TypeKind, ValidationErrorKind},
};

use super::text::kind_of;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The keys and indices that lead to it.
    pub path: Vec<String>,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: String,
}

impl Fault {
    /// The innermost of what the validator found: of several shapes that a value may have, what is
    /// wrong with the one that it nearly has.
    pub fn of(error: &ValidationError<'_>) -> Self {
        let leaves = leaves(error);
        let depth = |leaf: &&&ValidationError<'_>| leaf.instance_path().to_string().matches('/').count();
        // Of several equally deep ones the first.
        let leaf = leaves.iter().rev().max_by_key(depth).copied().unwrap_or(error);
        let pointer = leaf.instance_path().to_string();
        let path = pointer.split('/').skip(1).map(|step| step.replace("~1", "/").replace("~0", "~")).collect();
        let mut words: Vec<_> = leaves.iter().filter(|other| other.instance_path() == leaf.instance_path()).collect();
        words.dedup_by_key(|leaf| expected(leaf));
        let words: Vec<_> = words.into_iter().filter_map(|leaf| expected(leaf)).collect();
        let (message, hint) = match leaf.kind() {
            ValidationErrorKind::Required { property } => {
                let name = property.as_str().unwrap_or_default();
                (format!("“{name}” is missing"), format!("add “{name}”"))
            }
            _ if !words.is_empty() => {
                let words = words.join(" or ");
                (format!("expected {words}, found {}", kind_of(leaf.instance())), format!("write {words}"))
            }
            _ => (leaf.masked_with("the value").to_string(), "write what the engine expects here".to_owned()),
        };
        Self { path, message, hint }
    }
}

/// What is wrong in the end: a choice between shapes is none of it, but what is wrong with each.
fn leaves<'a>(error: &'a ValidationError<'a>) -> Vec<&'a ValidationError<'a>> {
    let ValidationErrorKind::AnyOf { context } = error.kind() else { return vec![error] };
    let is_other = |fault: &ValidationError<'_>| {
        let is_word = matches!(fault.kind(), ValidationErrorKind::Enum { .. } | ValidationErrorKind::Constant { .. });
        let is_type = matches!(fault.kind(), ValidationErrorKind::Type { .. });
        let at = fault.instance_path().to_string();
        (is_word || is_type) && at == error.instance_path().to_string() || is_word && at.ends_with("/type")
    };
    let near = context.iter().filter(|faults| !faults.iter().any(is_other));
    let mut found: Vec<_> = near.flatten().flat_map(leaves).collect();
    if found.is_empty() {
        found = context.iter().flatten().flat_map(leaves).collect();
    }
    if found.is_empty() { vec![error] } else { found }
}

/// What the schema wants in a place.
fn expected(error: &ValidationError<'_>) -> Option<String> {
    let word = |kind: JsonType| match kind {
        JsonType::Null => "null",
        JsonType::Boolean => "true or false",
        JsonType::Integer => "a whole number",
        JsonType::Number => "a number",
        JsonType::String => "a string",
        JsonType::Array => "a list",
        JsonType::Object => "an object",
    };
    match error.kind() {
        ValidationErrorKind::Type { kind: TypeKind::Single(kind) } => Some(word(*kind).to_owned()),
        ValidationErrorKind::Enum { options } => {
            let words = options.as_array()?.iter().map(|one| one.as_str().map(|word| format!("“{word}”")));
            Some(words.collect::<Option<Vec<_>>>()?.join(" or "))
        }
        _ => None,
    }
}
