//! What is wrong with a configuration by the engine's schema.
//!
//! Invariant: nothing of a value is in it; it may be a secret.

use jsonschema::{
    JsonType, ValidationError,
    error::{TypeKind, ValidationErrorKind},
};
use rekindle_domain::{ConfigNotice, Expected, ValueKind};

use super::text::kind_of;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The keys and indices that lead to it.
    pub path: Vec<String>,
    /// What is wrong.
    pub what: ConfigNotice,
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
        let same = leaves.iter().filter(|other| other.instance_path() == leaf.instance_path());
        let mut allowed: Vec<Expected> = Vec::new();
        for one in same.flat_map(|leaf| expected(leaf)) {
            if !allowed.contains(&one) {
                allowed.push(one);
            }
        }
        let what = match leaf.kind() {
            ValidationErrorKind::Required { property } => {
                ConfigNotice::RequiredKeyMissing { key: property.as_str().unwrap_or_default().to_owned() }
            }
            _ if !allowed.is_empty() => ConfigNotice::WrongValue { expected: allowed, found: kind_of(leaf.instance()) },
            _ => ConfigNotice::ValueRefused { why: leaf.masked_with("the value").to_string() },
        };
        Self { path, what }
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

/// What the schema wants in a place; empty: that is no list of words or kinds.
fn expected(error: &ValidationError<'_>) -> Vec<Expected> {
    let of = |kind: JsonType| match kind {
        JsonType::Null => ValueKind::Null,
        JsonType::Boolean => ValueKind::Boolean,
        JsonType::Integer => ValueKind::WholeNumber,
        JsonType::Number => ValueKind::Number,
        JsonType::String => ValueKind::String,
        JsonType::Array => ValueKind::List,
        JsonType::Object => ValueKind::Object,
    };
    match error.kind() {
        ValidationErrorKind::Type { kind: TypeKind::Single(kind) } => vec![Expected::Kind(of(*kind))],
        ValidationErrorKind::Enum { options } => {
            let words = options.as_array().into_iter().flatten();
            let words = words.map(|word| word.as_str().map(|word| Expected::Word(word.to_owned())));
            words.collect::<Option<Vec<_>>>().unwrap_or_default()
        }
        _ => Vec::new(),
    }
}
