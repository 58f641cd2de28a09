//! Plugins as they are written, as the engine keeps them, and as they are published.

use rekindle_domain::{Fixed, PackageNotice, SpecMistake};

use super::Front;

pub(super) fn said(notice: &PackageNotice, _front: Front) -> String {
    let fixed = match notice {
        PackageNotice::WrittenOtherwise { mistake, .. } => match mistake {
            SpecMistake::Command => "it is a whole command",
            SpecMistake::Entry => "it is a configuration entry, including its quotes",
            SpecMistake::NextGeneration => "it is an entry for OpenCode 2, which this OpenCode refuses",
            SpecMistake::GitUnnamed => {
                "a repository needs a name in front of it, or OpenCode installs it again each time it loads"
            }
            SpecMistake::Shorthand => "OpenCode takes a repository by its whole address",
            SpecMistake::RegistryPrefix => {
                "OpenCode does not recognise an installed package by “npm:”, so it would install it again each time it loads"
            }
            SpecMistake::ArchivePath => "OpenCode would load the archive as if it were code",
        },
        PackageNotice::SkillCollection { path } => return format!("{path} contains skills, but no plugin"),
        PackageNotice::FolderWithoutEntry { path } => {
            return format!("{path} has neither a package.json nor an index file");
        }
        PackageNotice::ForTerminal => "it is a plugin for OpenCode's terminal interface, and not for its server",
        PackageNotice::OptionsNotAnObject => "its options are not a JSON object",
        PackageNotice::NotInAList { path } => {
            return format!("{path} is in a plugins folder, and no configuration file declares it");
        }
        PackageNotice::VersionFixed { name, why } => {
            let what = match why {
                Fixed::Path => "a file or folder, which has no version",
                Fixed::Address => "fetched from an address, which decides its version",
            };
            return format!("“{name}” is {what}");
        }
        PackageNotice::VersionUnknown { name } => {
            return format!("OpenCode has not installed “{name}” yet, so its version is not known");
        }
        PackageNotice::NotAVersion { version } => return format!("“{version}” is not a version, a range or a tag"),
        PackageNotice::AlreadyThus { spec } => return format!("it is already declared as “{spec}”"),
        PackageNotice::NotTurnedOff { name } => return format!("no plugin “{name}” is disabled here"),
        PackageNotice::PluginTurnedOff => "it is turned off; its options and its place in the list are kept",
        PackageNotice::InstalledAgain { is_loaded: true } => "OpenCode still runs what it has loaded",
        PackageNotice::InstalledAgain { is_loaded: false } => {
            "OpenCode installs it again when it next loads the directory"
        }
        PackageNotice::PluginChanged { name } => {
            return format!("“{name}” has changed since it was shown, so nothing was done");
        }
        PackageNotice::BackAlready { name, path } => {
            return format!("{path} declares “{name}” again, so there is nothing to enable");
        }
        PackageNotice::EngineInstalls => "OpenCode is installing something at this moment",
        PackageNotice::NothingCached { name } => return format!("OpenCode has nothing of “{name}” in its cache"),
        PackageNotice::HalfInstalled { path } => {
            return format!("it is only partly installed, and OpenCode does not complete it: {path}");
        }
        PackageNotice::LeftoverOfInstall { path } => {
            return format!("an installation failed and left an empty folder: {path}");
        }
        PackageNotice::OtherEngineAsked { range, version } => {
            return format!("it requires OpenCode {range}; this is {version}, which does not run it");
        }
        PackageNotice::NewerPublished { cached, published } => {
            return format!("OpenCode keeps {cached} and never looks for a newer one; {published} is published");
        }
        PackageNotice::NewerThanDeclared { declared, published } => {
            return format!("{declared} is declared; {published} is published");
        }
        PackageNotice::RegistryUnclear { name } => {
            return format!("the registry's answer about “{name}” could not be understood");
        }
        PackageNotice::PluginFileThere { path } => return format!("{path} already exists"),
        PackageNotice::BadPluginName { name } => return format!("“{name}” cannot be the name of a plugin's file"),
    };
    fixed.to_owned()
}

pub(super) fn hint(notice: &PackageNotice, front: Front) -> String {
    let fixed = match (notice, front) {
        (PackageNotice::WrittenOtherwise { specs, options, .. }, _) => {
            let specs = specs.join(" and ");
            return match (options, front) {
                (Some(options), Front::Command) => format!("write {specs} --options '{options}'"),
                (Some(_), Front::Window) => format!("write {specs}, and its options in the file"),
                (None, _) => format!("write {specs}"),
            };
        }
        (PackageNotice::SkillCollection { path }, Front::Command) => {
            return format!("install them with: rekindle skill install '{path}'");
        }
        (PackageNotice::SkillCollection { .. }, Front::Window) => "install them on the page of skills",
        (PackageNotice::FolderWithoutEntry { .. }, _) => "choose the folder of a plugin, or a .ts or .js file",
        (PackageNotice::ForTerminal, _) => "declare it in the list “plugin” of tui.json",
        (PackageNotice::OptionsNotAnObject, Front::Command) => "write them as JSON, such as '{\"name\": \"value\"}'",
        (PackageNotice::OptionsNotAnObject, Front::Window) => "write them as a JSON object",
        (PackageNotice::NotInAList { .. }, _) => "rename or move the file yourself, or remove the plugin",
        (PackageNotice::VersionFixed { why: Fixed::Path, .. }, _) => "change the file itself",
        (PackageNotice::VersionFixed { why: Fixed::Address, .. }, _) => "change what is behind the # in its entry",
        (PackageNotice::VersionUnknown { .. }, Front::Command) => "name a version: NAME@1.2.3",
        (PackageNotice::VersionUnknown { .. }, Front::Window) => "reload first, so that OpenCode installs it",
        (PackageNotice::NotAVersion { .. }, _) => "write one such as 1.2.3, ^1.2 or latest",
        (PackageNotice::NotTurnedOff { .. }, Front::Command) => "see what is disabled with: rekindle plugin list",
        (PackageNotice::NotTurnedOff { .. }, Front::Window) => "choose one that is listed as turned off",
        (PackageNotice::BackAlready { .. }, _) => "nothing was changed",
        (PackageNotice::InstalledAgain { is_loaded: true }, Front::Command) => {
            "install it again with: rekindle reload --restart"
        }
        (PackageNotice::InstalledAgain { is_loaded: true }, Front::Window) => "restart the engine to reinstall it",
        (PackageNotice::InstalledAgain { is_loaded: false }, _) => "",
        (PackageNotice::PluginChanged { .. }, _) => "look at it again",
        (PackageNotice::EngineInstalls, _) => "nothing was changed; try again when it is done",
        (PackageNotice::NothingCached { .. }, _) => "OpenCode installs it when it next loads the directory",
        (PackageNotice::HalfInstalled { .. } | PackageNotice::LeftoverOfInstall { .. }, Front::Command) => {
            "have it installed again with: rekindle plugin mend NAME"
        }
        (PackageNotice::HalfInstalled { .. } | PackageNotice::LeftoverOfInstall { .. }, Front::Window) => {
            "reinstall it"
        }
        (PackageNotice::OtherEngineAsked { .. }, _) => "declare a version of it that fits, or another OpenCode",
        (PackageNotice::NewerPublished { .. } | PackageNotice::NewerThanDeclared { .. }, Front::Command) => {
            "get it with: rekindle plugin update NAME"
        }
        (PackageNotice::NewerPublished { .. } | PackageNotice::NewerThanDeclared { .. }, Front::Window) => "",
        (PackageNotice::RegistryUnclear { .. }, _) => "check which registry npm is configured to use",
        (PackageNotice::PluginFileThere { .. }, _) => "choose another name",
        (PackageNotice::BadPluginName { .. }, _) => "use letters, digits, hyphens and underscores",
        (PackageNotice::AlreadyThus { .. } | PackageNotice::PluginTurnedOff, _) => "",
    };
    fixed.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// G1: the mended form is the hint.
    #[test]
    fn the_mended_form_is_said() {
        let check = |options: Option<&str>, command: &str, window: &str| {
            let notice = PackageNotice::WrittenOtherwise {
                mistake: SpecMistake::Entry,
                specs: vec!["acme@1".to_owned()],
                options: options.map(str::to_owned),
            };
            assert_eq!((&*hint(&notice, Front::Command), &*hint(&notice, Front::Window)), (command, window));
        };
        check(None, "write acme@1", "write acme@1");
        check(Some("{\"a\":1}"), "write acme@1 --options '{\"a\":1}'", "write acme@1, and its options in the file");
    }
}
