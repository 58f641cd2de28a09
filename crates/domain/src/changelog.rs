//! What a package says of its own versions.

use serde::{Deserialize, Serialize};

use crate::Notice;

/// The sections of a package's changelog that lie between two versions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changelog {
    /// The name of the file; `None`: the package has none, or it could not be fetched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The sections, in the order of the file; none: it says nothing of these versions.
    pub sections: Vec<ChangelogSection>,
    /// Whether there is more than is told.
    #[serde(default, rename = "truncated", skip_serializing_if = "std::ops::Not::not")]
    pub is_cut: bool,
    /// Where the source of the package is, as it says itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// Why the package could not be looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<Notice>,
}

/// What a changelog says of one version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangelogSection {
    /// Its heading, with everything in it visible.
    pub title: String,
    /// The lines below, with everything in them visible.
    pub text: String,
}

/// A newer version of a plugin, and what it would bring.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PluginOffer {
    /// The update, which was not made.
    pub update: crate::PluginUpdate,
    /// The newest version, if the entry does not allow it.
    pub beyond: Option<String>,
}
