//! The texts of skills, agents and commands: Markdown with front matter.
//!
//! Invariant: a skill's identity is the `name` in its front matter, never its folder's name.

pub mod edit;
#[allow(clippy::string_slice, reason = "it cuts only where it found something in the same text")]
pub mod frontmatter;
mod lax;
pub mod problem;
pub mod spec;
pub mod turned;
pub mod unread;
#[allow(clippy::string_slice, clippy::indexing_slicing, reason = "what it cuts off was looked at just before")]
mod yaml;
