//! Plugins as they are written, as the engine keeps them, and as they are published.

use serde::{Deserialize, Serialize};

use super::notices;

/// What is wrong with what was typed for a plugin, where it is known what is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SpecMistake {
    /// A whole command of a package manager, or of the engine.
    Command,
    /// An entry, copied with its quotes.
    Entry,
    /// An entry that only the engine's next generation takes.
    NextGeneration,
    /// The address of a repository without a name in front.
    GitUnnamed,
    /// The short form of a repository.
    Shorthand,
    /// The word for the registry.
    RegistryPrefix,
    /// The path of an archive.
    ArchivePath,
}

/// Why the version of a plugin is not one that could be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fixed {
    /// It is a file or a folder.
    Path,
    /// It is an archive or a repository.
    Address,
}

notices! {
    /// What is to be said of how a plugin is written, kept and published.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub enum PackageNotice {
        /// What was typed is written otherwise.
        WrittenOtherwise {
            /// The mistake.
            mistake: SpecMistake,
            /// How it is written.
            specs: Vec<String>,
            /// The options that were typed with it, as JSON.
            options: Option<String>,
        },
        /// A folder holds skills, and no plugin.
        SkillCollection {
            /// The folder.
            path: String,
        },
        /// A folder holds nothing that the engine loads.
        FolderWithoutEntry {
            /// The folder.
            path: String,
        },
        /// The plugin is one for the engine's terminal.
        ForTerminal,
        /// The options of a plugin are no object.
        OptionsNotAnObject,
        /// It is a file in a plugins folder, which no file declares.
        NotInAList {
            /// The file.
            path: String,
        },
        /// The file of a plugin cannot be what it is asked to be.
        VersionFixed {
            /// The plugin.
            name: String,
            /// Why not.
            why: Fixed,
        },
        /// The engine has not installed the plugin, so that it has no version.
        VersionUnknown {
            /// The plugin.
            name: String,
        },
        /// What was typed is no version.
        NotAVersion {
            /// What was typed.
            version: String,
        },
        /// It is as it was asked to be.
        AlreadyThus {
            /// The entry.
            spec: String,
        },
        /// No plugin of that name is turned off.
        NotTurnedOff {
            /// The name.
            name: String,
        },
        /// It is turned off, and kept.
        PluginTurnedOff,
        /// What the engine kept of it is in the trash.
        InstalledAgain {
            /// Whether the engine runs what it has loaded of it.
            is_loaded: bool,
        },
        /// It is no longer as a person saw it when they agreed.
        PluginChanged {
            /// The plugin.
            name: String,
        },
        /// The list of plugins declares it again.
        BackAlready {
            /// The name.
            name: String,
            /// The file.
            path: String,
        },
        /// The engine is installing something.
        EngineInstalls,
        /// The engine has nothing of it in its cache.
        NothingCached {
            /// The plugin.
            name: String,
        },
        /// Of its installation only a part is there, which the engine never completes.
        HalfInstalled {
            /// Where.
            path: String,
        },
        /// An installation failed, and left a folder with nothing in it.
        LeftoverOfInstall {
            /// Where.
            path: String,
        },
        /// The package asks for another version of the engine, which therefore does not run it.
        OtherEngineAsked {
            /// What it asks for.
            range: String,
            /// The version of the engine.
            version: String,
        },
        /// A newer version is published than the one that the engine keeps.
        NewerPublished {
            /// What it keeps.
            cached: String,
            /// The newest that the entry allows.
            published: String,
        },
        /// A newer version is published than the one that is declared.
        NewerThanDeclared {
            /// What is declared.
            declared: String,
            /// What is published.
            published: String,
        },
        /// The registry's answer cannot be understood.
        RegistryUnclear {
            /// The plugin.
            name: String,
        },
        /// There is a file at the place of a new plugin.
        PluginFileThere {
            /// The file.
            path: String,
        },
        /// A name cannot be that of a new plugin.
        BadPluginName {
            /// The name.
            name: String,
        },
    }
}
