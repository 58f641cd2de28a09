//! Skills: reading their front matter, and putting folders in place and away.
//!
//! Invariant: a skill's identity is the `name` in its front matter, never its folder's name.

pub mod frontmatter;
pub mod install;
pub mod problem;
mod yaml;
