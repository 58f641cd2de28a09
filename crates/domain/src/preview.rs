//! What a source would install, told before anything lands.

use serde::{Deserialize, Serialize};

use crate::{FindingLevel, Notice, Scope, UserError};

/// A source that was fetched, and waits for a person to say what of it is installed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Previewed {
    /// What names it to the core.
    pub id: String,
    /// What it would install.
    pub preview: Preview,
    /// What else is in the source, and the engine would not load: why, with its path in the source.
    pub broken: Vec<UserError>,
    /// What a command of another tool asked for and is not done here.
    pub left_out: Vec<String>,
}

/// What a source would install.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Preview {
    /// The source.
    pub source: PreviewSource,
    /// The skills, by their names.
    pub skills: Vec<SkillPreview>,
}

/// Where it would come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviewSource {
    /// What was given, without passwords.
    pub given: String,
    /// Which state of it exactly: a commit, or `name@version`. None: it has no states, or they have no names.
    pub resolved: Option<String>,
    /// `sha256:…` of what was downloaded, if it was one file.
    pub digest: Option<String>,
}

/// Where an installed skill is from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SkillFrom {
    /// `owner/repository#branch`, an address, a path, or `npm:name`.
    pub source: String,
    /// Its `SKILL.md` in the source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Which state of it exactly: a commit, or `name@version`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved: Option<String>,
}

/// A skill that would be installed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SkillPreview {
    /// Its name.
    pub name: String,
    /// What it says that it is for.
    pub description: Option<String>,
    /// The folder where it would land.
    pub place: String,
    /// What is there now.
    pub replaces: Option<String>,
    /// Its files, by their paths.
    pub files: Vec<PreviewFile>,
    /// The tools that it asks to use without being asked (`allowed-tools`).
    pub tools: Vec<String>,
    /// What it costs.
    pub tokens: Tokens,
    /// What a person should know of it.
    pub findings: Vec<SkillFinding>,
}

impl SkillPreview {
    /// Whether it can be installed.
    pub fn is_possible(&self) -> bool {
        self.findings.iter().all(|finding| finding.level != FindingLevel::Error)
    }
}

/// MCP servers that would be declared.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ServersPreview {
    /// The file in which they would be, in short form.
    pub place: String,
    /// The servers, in the order of the source.
    pub servers: Vec<ServerPreview>,
    /// Whether the source says what they are called.
    pub is_named: bool,
    /// What a person should know of them.
    pub notices: Vec<Notice>,
}

/// How much has come of something that is fetched, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Received {
    /// So many until now.
    pub bytes: u64,
    /// Of so many, where that is known.
    pub of: Option<u64>,
}

/// MCP servers that a person has pasted, and what they chose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChosenServers {
    /// What was pasted.
    pub text: String,
    /// For which projects.
    pub scope: Scope,
    /// Whether secrets are read from variables instead.
    pub takes_variables: bool,
}

/// An MCP server that would be declared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerPreview {
    /// Its name.
    pub name: String,
    /// Its entry, as JSON on several lines, without secrets.
    pub entry: String,
    /// The file that declares one of this name already, in short form.
    pub declared: Option<String>,
}

/// A file that would land.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviewFile {
    /// Its path in the skill's folder.
    pub path: String,
    /// Its size.
    pub bytes: u64,
    /// Whether it is a program: by its mode, or by how it begins.
    pub executable: bool,
}

/// How many tokens of a model a skill takes, estimated: a token is four letters of English, or one of most other scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tokens {
    /// In every session: its name and its description.
    pub listed: usize,
    /// Whenever it is used: its body.
    pub body: usize,
}

/// What a person should know of a skill.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SkillFinding {
    /// How bad it is; an error keeps it from being installed.
    pub level: FindingLevel,
    /// The code of what it is.
    pub code: String,
    /// The file, by its path in the skill's folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The line, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// The column, from 1, in characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<usize>,
    /// What it is.
    pub what: Notice,
}
