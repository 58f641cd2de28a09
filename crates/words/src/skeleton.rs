//! What new files begin with.

use serde_json::Value;

/// A `SKILL.md` of this name.
pub fn skill(name: &str, description: Option<&str>) -> String {
    let description = description.unwrap_or("Describe what this skill does, and when to use it.");
    // A text of JSON is one of YAML, whatever is in it.
    let description = Value::from(description.trim());
    let name = if is_plain(name) { name.to_owned() } else { Value::from(name).to_string() };
    format!(
        "---\nname: {name}\ndescription: {description}\n---\n\n# {}\n\n## Instructions\n\n1. Describe, step by step, what \
         the agent should do.\n2. Refer to files in this folder by their relative paths, such as `scripts/run.sh`.\n\n## \
         Examples\n\nShow a request, and the result that you expect.\n",
        name.trim_matches('"')
    )
}

/// Whether YAML takes it for a text as it stands.
fn is_plain(name: &str) -> bool {
    let is_letter = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
    name.chars().all(is_letter) && name.starts_with(|letter: char| letter.is_ascii_lowercase()) && !is_word(name)
}

fn is_word(name: &str) -> bool {
    matches!(name, "true" | "false" | "null" | "yes" | "no" | "on" | "off" | "y" | "n")
}
