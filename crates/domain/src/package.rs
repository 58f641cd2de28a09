//! What is known of a plugin beyond its row: what the engine keeps of it, and what is published.

use serde::{Deserialize, Serialize};

use crate::{Changelog, Notice, Scope, UserError};

/// How whole the engine's installation of a plugin is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wholeness {
    /// There is none yet.
    Nothing,
    /// A folder without the package.
    Leftover,
    /// A part of the package, which the engine takes for all of it.
    Half,
    /// All of it.
    Whole,
}

/// What the engine keeps of a plugin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptPackage {
    /// How whole it is.
    pub state: Wholeness,
    /// Its version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

/// What is published of a plugin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedPackage {
    /// What `latest` stands for.
    pub latest: Option<String>,
    /// The newest that the entry allows; of one version, the newest that is compatible with it.
    pub wanted: Option<String>,
}

/// A plugin beyond its row.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PluginState {
    /// What its entry says of the version; none: whatever is newest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declared: Option<String>,
    /// What the engine keeps; none: it installs nothing for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cached: Option<KeptPackage>,
    /// What is published, if that was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<PublishedPackage>,
    /// Where these differ.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<Notice>,
}

/// How a plugin is brought up to date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UpdateBy {
    /// Its entry names another version.
    Entry,
    /// What the engine keeps goes to the trash, so that it installs it anew.
    Cache,
    /// There is nothing newer, or nothing that may be taken.
    Nothing,
}

/// An update of a plugin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PluginUpdate {
    /// The plugin.
    pub name: String,
    /// Whom it is for.
    pub scope: Scope,
    /// What it is now.
    pub from: Option<String>,
    /// What it becomes.
    pub to: Option<String>,
    /// When that was published (RFC 3339).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<String>,
    /// How.
    pub by: UpdateBy,
    /// What the package says of it, if that was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changelog: Option<Changelog>,
    /// For taking it back, if it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undo: Option<String>,
    /// Why it could not be found out, or not be made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<UserError>,
}
