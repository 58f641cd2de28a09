//! Why the engine takes a change in as it does.

use rekindle_domain::HabitNotice;

pub(super) fn said(notice: &HabitNotice) -> String {
    let fixed = match notice {
        HabitNotice::PluginCodeStays => "OpenCode keeps a plugin's code in memory until its process ends",
        HabitNotice::ToolCodeStays => "OpenCode keeps a tool's code in memory until its process ends",
        HabitNotice::FrontMatterReadOnce => {
            "OpenCode can read front matter with an unquoted colon only once per process"
        }
        HabitNotice::CodeStays => "OpenCode keeps loaded code in memory until its process ends",
        HabitNotice::GlobalConfigReadOnce => "OpenCode reads its global configuration once, when it starts",
        HabitNotice::PluginsPerInstance => "OpenCode loads plugins when an instance starts",
        HabitNotice::SkillsPerInstance => "OpenCode reads skills once for each instance",
        HabitNotice::ServersPerInstance => "OpenCode connects to MCP servers once for each instance",
        HabitNotice::AgentsPerInstance => "OpenCode reads agents and commands when an instance starts",
        HabitNotice::ToolsPerInstance => "OpenCode looks for tools once for each instance",
        HabitNotice::InstructionsPerPrompt => "OpenCode rereads instruction files for each prompt",
        HabitNotice::SkillFilesPerUse => "OpenCode looks at a skill's other files each time it is used",
        HabitNotice::InstructionListPerInstance => "OpenCode reads the list of instructions when an instance starts",
        HabitNotice::ConfigPerInstance => "OpenCode reads its configuration when an instance starts",
        HabitNotice::SkillsPerUse => "this engine rereads a skill each time it is used",
        HabitNotice::NotKnown => "what this engine rereads is not known",
        HabitNotice::NotMeasured { version, by } => {
            let engine =
                if version.is_empty() { "this version of OpenCode".to_owned() } else { format!("OpenCode {version}") };
            return format!(
                "{engine} has not been tested; Rekindle assumes it behaves like {by}, so what needs a reload or a restart \
                 may differ"
            );
        }
    };
    fixed.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_that_nobody_measured_is_told() {
        let check = |version: &str, expected: &str| {
            let notice = HabitNotice::NotMeasured { version: version.to_owned(), by: "1.18.33".to_owned() };
            let expected = format!(
                "{expected} has not been tested; Rekindle assumes it behaves like 1.18.33, so what needs a reload or a \
                 restart may differ"
            );
            assert_eq!(said(&notice), expected);
        };
        check("1.20.0", "OpenCode 1.20.0");
        check("", "this version of OpenCode");
    }
}
