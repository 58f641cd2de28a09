//! Why front matter was not taken apart.

use rekindle_domain::{MatterBound, Notice, SkillNotice};

/// What stands between the `---` lines is not YAML with keys.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the front matter is not YAML: {why:?}")]
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
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotRead {
    /// The engine cannot do it either.
    #[error(transparent)]
    Yaml(#[from] NotYaml),
    /// A small text may stand for a very large one, as far as the engine is concerned; Rekindle reads no
    /// more than so much.
    #[error("its front matter stands for more than is read: {0:?}")]
    TooMuch(MatterBound),
    /// It is code, and what that makes of it only running it would tell.
    #[error("its front matter is JavaScript")]
    Code,
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
