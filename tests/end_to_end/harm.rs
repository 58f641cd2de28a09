//! N16: nothing that a folder, an engine, another user, a disk or a clock can do loses a byte, hangs or
//! ends Rekindle, or makes it say what is not so. What is assumed and why: `docs/no-harm.md`.

mod deeds;
mod engines;
mod folders;
mod looks;
mod neighbours;
mod proof;
