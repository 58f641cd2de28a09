//! Agents and commands: beginning, removing, and turning agents off and on.

use rekindle_domain::{AgentNotice, OwnEntry, Scope};

use super::Front;

pub(super) fn said(notice: &AgentNotice) -> String {
    let fixed = match notice {
        AgentNotice::EntryBadName { kind, name } => {
            return format!("“{name}” cannot be the name of {} {}", article(kind.word()), kind.word());
        }
        AgentNotice::EntryThere { kind, name, path } => {
            return format!("there is already {} {} “{name}”: {path}", article(kind.word()), kind.word());
        }
        AgentNotice::EntryJoined { kind, name, path } => {
            return format!("{path} also declares {} {} “{name}”", article(kind.word()), kind.word());
        }
        AgentNotice::EntryOverOwn { name, own: OwnEntry::Command } => {
            return format!("this replaces OpenCode's built-in command “{name}”");
        }
        AgentNotice::EntryOverOwn { name, .. } => {
            return format!("this changes OpenCode's built-in agent “{name}”");
        }
        AgentNotice::EntryNotRead { path } => {
            return format!("OpenCode does not read {path}, because its environment turns that off");
        }
        AgentNotice::EntryInSeveral { kind, name, paths } => {
            return format!("the {} “{name}” is declared more than once: {}", kind.word(), paths.join(", "));
        }
        AgentNotice::EntryLeft { kind, name, path } => {
            return format!("{path} still declares the {} “{name}”", kind.word());
        }
        AgentNotice::EntryOfOtherScope { kind, name, scope, path } => {
            let whom = if *scope == Scope::Global { "every project" } else { "this project" };
            return format!("the {} “{name}” is declared for {whom}: {path}", kind.word());
        }
        AgentNotice::EntryInVariable { kind, name, variable } => {
            return format!("the {} “{name}” is declared in the variable {variable}", kind.word());
        }
        AgentNotice::OwnEntryBack { name, own } => {
            return format!("OpenCode uses its built-in {} “{name}” again", word(*own));
        }
        AgentNotice::EntryIsOwn { name, own } => {
            return format!("the {} “{name}” is built into OpenCode, and no file here declares it", word(*own));
        }
        AgentNotice::CommandIsSkill { name, path } => return format!("the command “{name}” is the skill in {path}"),
        AgentNotice::CommandOfServer { name, server } => {
            return format!("the command “{name}” is a prompt of the MCP server “{server}”");
        }
        AgentNotice::EntryOnlyLoaded { kind, name } => {
            return format!(
                "the engine has {} {} “{name}”, and no file declares it",
                article(kind.word()),
                kind.word()
            );
        }
        AgentNotice::AgentNotDeclared { name } => return format!("no file here declares an agent “{name}”"),
        AgentNotice::AgentNotTurned { name, path } => {
            return format!("{path} would still override this for “{name}”, so nothing was changed");
        }
        AgentNotice::DefaultAgentOff { name } => return format!("“{name}” is turned off, but is the “default_agent”"),
        AgentNotice::NoAgentLeft => "no agent is left to answer prompts",
    };
    fixed.to_owned()
}

pub(super) fn hint(notice: &AgentNotice, front: Front) -> String {
    let fixed = match (notice, front) {
        (AgentNotice::EntryBadName { .. }, _) => {
            "use letters, digits, hyphens and underscores, and slashes for folders"
        }
        (AgentNotice::EntryThere { .. }, _) => "choose another name, or edit what is there",
        (AgentNotice::EntryJoined { .. }, _) => "OpenCode merges the two; where they differ, only one of them applies",
        (AgentNotice::EntryOverOwn { .. }, _) => "choose another name if that is not what you want",
        (AgentNotice::EntryNotRead { .. }, _) => "unset OPENCODE_DISABLE_PROJECT_CONFIG where the engine starts",
        (AgentNotice::EntryInSeveral { .. }, Front::Command) => {
            "the first one counts; say which one to remove with --from FILE"
        }
        (AgentNotice::EntryInSeveral { .. }, Front::Window) => "the first one counts; remove them one by one",
        (AgentNotice::EntryLeft { .. }, _) => "to remove it completely, remove that one too",
        (AgentNotice::EntryOfOtherScope { scope: Scope::Global, .. }, Front::Command) => "remove it with --global",
        (AgentNotice::EntryOfOtherScope { scope: Scope::Project, .. }, Front::Command) => "remove it without --global",
        (AgentNotice::EntryOfOtherScope { .. }, Front::Window) => "remove it there",
        (AgentNotice::EntryInVariable { .. }, _) => "change that variable where the engine starts",
        (AgentNotice::OwnEntryBack { .. }, _) => "",
        (AgentNotice::EntryIsOwn { name, own: OwnEntry::Agent }, Front::Command) => {
            return format!("turn it off with: rekindle agent disable {name}");
        }
        (AgentNotice::EntryIsOwn { own: OwnEntry::Agent, .. }, Front::Window) => "turn it off instead",
        (AgentNotice::EntryIsOwn { own: OwnEntry::InnerAgent, .. }, _) => "OpenCode needs it",
        (AgentNotice::EntryIsOwn { name, own: OwnEntry::Command }, Front::Command) => {
            return format!("to replace it, declare one of that name with: rekindle command new {name}");
        }
        (AgentNotice::EntryIsOwn { own: OwnEntry::Command, .. }, Front::Window) => {
            "to replace it, create one of that name"
        }
        (AgentNotice::CommandIsSkill { name, .. }, Front::Command) => {
            return format!("remove the skill with: rekindle skill remove {name}");
        }
        (AgentNotice::CommandIsSkill { .. }, Front::Window) => "remove the skill",
        (AgentNotice::CommandOfServer { server, .. }, Front::Command) => {
            return format!("turn the server off with: rekindle mcp disable {server}");
        }
        (AgentNotice::CommandOfServer { .. }, Front::Window) => "turn the server off",
        (AgentNotice::EntryOnlyLoaded { .. }, _) => {
            "if its file is gone, a reload removes it; otherwise a plugin adds it: remove that, or change its options"
        }
        (AgentNotice::AgentNotDeclared { .. }, Front::Command) => "see what is there with: rekindle agent list",
        (AgentNotice::AgentNotDeclared { .. }, Front::Window) => "look at the list of what is there",
        (AgentNotice::AgentNotTurned { .. }, _) => "change “disable” in that file",
        (AgentNotice::DefaultAgentOff { .. }, _) => {
            "choose another “default_agent”; until then, OpenCode answers only prompts that name an agent"
        }
        (AgentNotice::NoAgentLeft, _) => {
            "turn on an agent that is neither hidden nor a subagent; until then, OpenCode answers no prompts"
        }
    };
    fixed.to_owned()
}

fn word(own: OwnEntry) -> &'static str {
    match own {
        OwnEntry::Agent | OwnEntry::InnerAgent => "agent",
        OwnEntry::Command => "command",
    }
}

fn article(noun: &str) -> &'static str {
    if noun.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" }
}

#[cfg(test)]
mod tests {
    use rekindle_domain::Kind;

    use super::*;

    #[test]
    fn what_cannot_be_removed_says_what_to_do_instead() {
        let check = |notice: AgentNotice, expected_said: &str, command: &str, window: &str| {
            assert_eq!(said(&notice), expected_said);
            assert_eq!([hint(&notice, Front::Command), hint(&notice, Front::Window)], [command, window]);
        };
        check(
            AgentNotice::EntryIsOwn { name: "plan".to_owned(), own: OwnEntry::Agent },
            "the agent “plan” is built into OpenCode, and no file here declares it",
            "turn it off with: rekindle agent disable plan",
            "turn it off instead",
        );
        check(
            AgentNotice::EntryIsOwn { name: "title".to_owned(), own: OwnEntry::InnerAgent },
            "the agent “title” is built into OpenCode, and no file here declares it",
            "OpenCode needs it",
            "OpenCode needs it",
        );
        check(
            AgentNotice::CommandIsSkill { name: "x".to_owned(), path: "s/SKILL.md".to_owned() },
            "the command “x” is the skill in s/SKILL.md",
            "remove the skill with: rekindle skill remove x",
            "remove the skill",
        );
        let (name, path) = ("x".to_owned(), "p".to_owned());
        let there = |kind| AgentNotice::EntryThere { kind, name: name.clone(), path: path.clone() };
        assert_eq!(said(&there(Kind::Agent)), "there is already an agent “x”: p");
        assert_eq!(said(&there(Kind::Command)), "there is already a command “x”: p");
    }
}
