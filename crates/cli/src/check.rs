//! How findings are printed for programs.
//!
//! Invariant: every text of somebody else's is escaped as its format asks for; the same findings are printed the same way.

mod base;
mod github;
mod sarif;

pub(crate) use self::{base::Base, github::github, sarif::sarif};
