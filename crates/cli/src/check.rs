//! How findings are printed for programs.
//!
//! Invariant: every text of somebody else's is escaped as its format asks for; what is printed does not depend on the
//! machine, so that two runs can be compared.

mod base;
mod github;
mod sarif;

pub(crate) use self::{base::Base, github::github, sarif::sarif};
