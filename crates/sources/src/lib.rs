//! Where skills and MCP servers come from, in every form that people have on their clipboard: paths, addresses, shorthands, the pages of
//! hosts, and whole commands of other tools.
//!
//! Invariants: nothing is looked up and nothing is run here, so one text always means the same; what reaches another program
//! as an argument (a remote, a revision, a package) can be taken for none of its options.

pub mod index;
pub mod lock;
mod paste;
pub mod servers;
mod source;

pub use paste::{Pasted, paste};
pub use source::{Address, Folder, Git, Origin, Package, Remote, Revision, Source};
