//! What the files of new agents and commands begin with, for the window and for the command line.
//!
//! Invariant: OpenCode loads them as they are, whatever is typed as their description.

use rekindle_domain::AgentMode;
use serde_json::Value;

/// The file of an agent.
pub fn agent(description: Option<&str>, mode: AgentMode) -> String {
    let description = description.unwrap_or("Describe what this agent does, and when to use it.");
    format!(
        "---\ndescription: {}\nmode: {}\n---\n\nYou are an agent that …\n\n- Say what it should do, step by step.\n- Say \
         what it should leave alone.\n- Say how it should answer.\n",
        yaml(description),
        mode.word()
    )
}

/// The file of a command.
pub fn command(description: Option<&str>) -> String {
    let description = description.unwrap_or("Describe what this command does.");
    format!(
        "---\ndescription: {}\n---\n\nSay what should be done. What you type after the command goes here: $ARGUMENTS\n",
        yaml(description)
    )
}

/// A text for YAML: one of JSON is one of YAML, whatever is in it.
fn yaml(text: &str) -> Value {
    Value::from(text.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_stays_one_line() {
        let check = |description: &str, expected: &str| {
            let second = |text: String| text.lines().nth(1).map(str::to_owned);
            assert_eq!(second(agent(Some(description), AgentMode::All)).as_deref(), Some(expected));
            assert_eq!(second(command(Some(description))).as_deref(), Some(expected));
        };
        check(" plain ", "description: \"plain\"");
        check("a: \"b\" # c", r#"description: "a: \"b\" # c""#);
        check("one\n---\ntwo", r#"description: "one\n---\ntwo""#);
        check("", r#"description: """#);
    }
}
