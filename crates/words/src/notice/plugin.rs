//! Plugins and tools, and what lists say of items that the engine does not read.

use rekindle_domain::PluginNotice;

use super::{Front, file::kind_of};

pub(super) fn said(notice: &PluginNotice, front: Front) -> String {
    let fixed = match notice {
        PluginNotice::PluginMissing { path } => return format!("the plugin {path} does not exist"),
        PluginNotice::PluginLinkBroken => "this plugin is a link to a file that does not exist",
        PluginNotice::PluginPassedOver { plugin, why } => {
            return format!("OpenCode never runs the plugin {plugin}: {}", super::said(why, front));
        }
        PluginNotice::BuiltIn { name } => {
            return format!("OpenCode has “{name}” built in, and skips every plugin with that in its name or path");
        }
        PluginNotice::ExportsNothing => {
            "its package.json has neither “main” nor an export “./server”, so OpenCode runs nothing of it"
        }
        PluginNotice::NestedPlugin => "OpenCode looks only at files directly in the plugins folder",
        PluginNotice::CodeNotCompared => {
            "changes in this code are not seen: it is unreadable, or more than Rekindle reads"
        }
        PluginNotice::CodeNotAFile { kind } => {
            return format!("this code cannot be loaded: it is {}, not a file", kind_of(*kind));
        }
        PluginNotice::CodeNotParsed { why } => return format!("this code cannot be parsed: {why}"),
        PluginNotice::CodeNotChecked => "this code was not checked: the parser could not get through it",
        PluginNotice::CodeSkipped => {
            "this code was not checked: the parser failed on too many other files, or did not start"
        }
        PluginNotice::ToolBroken { why } => {
            return format!("{}; with this tool, OpenCode can answer no prompt", super::said(why, front));
        }
        PluginNotice::DeclaredInBroken => "OpenCode would not load the file that declares it",
        PluginNotice::UnknownKey => "OpenCode does not know this key",
        PluginNotice::OtherConfigName => {
            "OpenCode reads opencode.json and opencode.jsonc in a project, not config.json"
        }
        PluginNotice::DeclaredTwice { one, other, kind, name } => {
            return format!(
                "{one} and {other} both declare the {} “{name}”, and OpenCode picks one at random each time",
                kind.word()
            );
        }
        PluginNotice::ServerTurnedOff { target } => return format!("turned off · {target}"),
    };
    fixed.to_owned()
}

pub(super) fn hint(notice: &PluginNotice, front: Front) -> String {
    let fixed = match notice {
        PluginNotice::PluginMissing { .. } => "create it, or fix the path",
        PluginNotice::PluginLinkBroken => "fix the link, or remove it",
        PluginNotice::PluginPassedOver { .. } | PluginNotice::BuiltIn { .. } | PluginNotice::ExportsNothing => {
            "remove it"
        }
        PluginNotice::NestedPlugin => "move it there",
        PluginNotice::CodeNotCompared => "make it smaller, or check its permissions",
        PluginNotice::CodeNotAFile { .. } => "remove it, or put a file in its place",
        PluginNotice::CodeNotParsed { .. } => "fix the code here",
        PluginNotice::CodeNotChecked => "look at it before you reload; save it again to have it checked again",
        PluginNotice::CodeSkipped => "remove the files that the parser could not get through, or restart Rekindle",
        PluginNotice::ToolBroken { why } => return super::hint(why, front),
        PluginNotice::DeclaredInBroken => "fix that file",
        PluginNotice::OtherConfigName => "rename it to opencode.json",
        PluginNotice::DeclaredTwice { .. } => "rename one of them",
        PluginNotice::UnknownKey | PluginNotice::ServerTurnedOff { .. } => "",
    };
    fixed.to_owned()
}

#[cfg(test)]
mod tests {
    use rekindle_domain::Kind;

    use super::*;

    #[test]
    fn a_notice_has_its_values() {
        let check = |notice: PluginNotice, expected: (&str, &str)| {
            for front in [Front::Window, Front::Command] {
                assert_eq!((&*said(&notice, front), &*hint(&notice, front)), expected);
            }
        };
        let why = PluginNotice::CodeNotParsed { why: "Unexpected token".to_owned() };
        check(
            PluginNotice::ToolBroken { why: Box::new(why.into()) },
            (
                "this code cannot be parsed: Unexpected token; with this tool, OpenCode can answer no prompt",
                "fix the code here",
            ),
        );
        check(
            PluginNotice::PluginPassedOver {
                plugin: "a".to_owned(),
                why: Box::new(PluginNotice::ExportsNothing.into()),
            },
            (
                "OpenCode never runs the plugin a: its package.json has neither “main” nor an export “./server”, so \
                 OpenCode runs nothing of it",
                "remove it",
            ),
        );
        let [one, other, name] = ["a.md", "b.md", "x"].map(str::to_owned);
        check(
            PluginNotice::DeclaredTwice { one, other, kind: Kind::Agent, name },
            (
                "a.md and b.md both declare the agent “x”, and OpenCode picks one at random each time",
                "rename one of them",
            ),
        );
    }
}
