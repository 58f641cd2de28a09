//! Why the engine takes a change in as it does.

use super::notices;

notices! {
    /// Why a change takes the action that it takes.
    #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
    pub enum HabitNotice {
        /// A plugin's code stays in memory as long as the process.
        PluginCodeStays,
        /// A tool's code does.
        ToolCodeStays,
        /// Front matter with an unquoted colon is read once in a process.
        FrontMatterReadOnce,
        /// Any loaded code stays.
        CodeStays,
        /// The global configuration is read when the process starts.
        GlobalConfigReadOnce,
        /// Plugins are loaded when an instance starts.
        PluginsPerInstance,
        /// Skills are read once for each instance.
        SkillsPerInstance,
        /// Servers are connected to once for each instance.
        ServersPerInstance,
        /// Agents and commands are read when an instance starts.
        AgentsPerInstance,
        /// Tools are looked for once for each instance.
        ToolsPerInstance,
        /// The files with instructions are read for each prompt.
        InstructionsPerPrompt,
        /// A skill's other files are looked at each time it is used.
        SkillFilesPerUse,
        /// Which instructions there are is read when an instance starts.
        InstructionListPerInstance,
        /// Any other configuration is read when an instance starts.
        ConfigPerInstance,
        /// A skill is read each time it is used.
        SkillsPerUse,
        /// Nobody knows.
        NotKnown,
        /// Nobody measured what this version does.
        NotMeasured {
            /// The version; empty when the engine does not say it.
            version: String,
            /// The version whose habits are taken for its own.
            by: String,
        },
    }
}
