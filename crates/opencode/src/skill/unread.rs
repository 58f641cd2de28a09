//! Why front matter was not taken apart.

use rekindle_domain::{MatterBound, Notice, SkillNotice};

/// What stands between the `---` lines is not YAML with keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotYaml {
    /// Why not: often what the parser said.
    pub why: Notice,
}

impl NotYaml {
    /// What a person should know of it.
    pub fn notice(&self) -> SkillNotice {
        SkillNotice::FrontMatterNotYaml { why: Box::new(self.why.clone()) }
    }
}

/// Why a file was not taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotRead {
    /// The engine cannot do it either.
    Yaml(NotYaml),
    /// A small text may stand for a very large one, as far as the engine is concerned; Rekindle reads no
    /// more than so much.
    TooMuch(MatterBound),
    /// It is code, and what that makes of it only running it would tell.
    Code,
}

impl From<NotYaml> for NotRead {
    fn from(error: NotYaml) -> Self {
        Self::Yaml(error)
    }
}

impl NotRead {
    /// What a person should know of it.
    pub fn notice(&self) -> SkillNotice {
        match self {
            Self::Yaml(error) => error.notice(),
            Self::TooMuch(bound) => SkillNotice::FrontMatterTooLarge { bound: *bound },
            Self::Code => SkillNotice::FrontMatterRuns,
        }
    }
}
