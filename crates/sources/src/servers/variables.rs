//! References to variables as other programs write them, as OpenCode does: `${NAME}` becomes `{env:NAME}`.

use rekindle_domain::ServerNotice;

use super::entry::Told;

/// What is no variable before a colon.
const OF_OTHERS: [&str; 3] = ["command", "config", "extensionPath"];

/// A text with its references as OpenCode writes them. What has no such form stays as it is, and is told.
pub(super) fn rewritten(text: &str, key: &str, told: &mut Told) -> String {
    let mut written = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((inner, behind)) = after.split_once('}') else { break };
        written.push_str(before);
        written.push_str(&reference(inner, key, told));
        rest = behind;
    }
    written + rest
}

fn reference(inner: &str, key: &str, told: &mut Told) -> String {
    let name = told.name.clone();
    let key = key.to_owned();
    let inner_name = inner.strip_prefix("env:").unwrap_or(inner);
    if is_variable(inner_name) {
        return match inner {
            // Where the engine runs a server.
            "workspaceFolder" | "workspaceRoot" => ".".to_owned(),
            "userHome" => "{env:HOME}".to_owned(),
            "pathSeparator" => "/".to_owned(),
            _ => env(inner_name),
        };
    }
    if let Some(input) = inner.strip_prefix("input:") {
        let variable = variable_of(input);
        told.notices.push(ServerNotice::ServerInputFromVariable {
            name,
            input: input.to_owned(),
            variable: variable.clone(),
        });
        return env(&variable);
    }
    let with_default = [":-", ":=", "-", "=", ":"].iter().find_map(|between| inner_name.split_once(between));
    let is_reference = |variable: &str| is_variable(variable) && !OF_OTHERS.contains(&variable);
    if let Some((variable, _)) = with_default.filter(|(variable, _)| is_reference(variable)) {
        told.notices.push(ServerNotice::ServerDefaultLeftOut { name, key, variable: variable.to_owned() });
        return env(variable);
    }
    let reference = format!("${{{inner}}}");
    told.notices.push(ServerNotice::ServerReferenceKept { name, key, reference: reference.clone() });
    reference
}

/// What OpenCode reads as the value of a variable.
pub(super) fn env(variable: &str) -> String {
    format!("{{env:{variable}}}")
}

/// A name as that of a variable: `github-token` is `GITHUB_TOKEN`.
pub(super) fn variable_of(name: &str) -> String {
    let sign = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    let variable: String = name.chars().map(sign).collect();
    if variable.starts_with(|c: char| c.is_ascii_digit()) { format!("_{variable}") } else { variable }
}

pub(super) fn is_variable(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
