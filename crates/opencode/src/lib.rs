//! The dialect of OpenCode: what its files and its answers mean, by version.
//!
//! Invariant: this crate is pure, as `rekindle-domain` is: text and values in, text and values out. Whoever wants to know
//! what a file means to the engine finds it here and nowhere else. Source: `docs/engine.md`. Deliberately absent: disk,
//! network, processes, clock, async; and all that is not OpenCode's (what a reload does, what a person is told of it).

// Foreign data is read here: everything has an answer, and nothing is cut or looked up that may not be there.
#![cfg_attr(
    not(test),
    deny(
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::panic_in_result_fn,
        clippy::string_slice,
        clippy::unreachable
    )
)]

pub mod config;
#[allow(clippy::indexing_slicing, reason = "a JSON value answers null for what is not there")]
pub mod events;
mod failures;
mod loaded;
pub mod log;
mod merge;
pub mod origin;
mod own;
mod plugin_spec;
mod profile;
pub mod skill;
pub mod version;

pub use failures::failed_items;
pub use loaded::{
    Disk, Memory, Otherwise, hear, is_declared, loaded, plugin_fingerprint, put_in_order, shown_value, told_of,
    value_of, would_be_lost,
};
pub use merge::{
    agent_of_mode, declared_names, effective, joined, keep_own_type, merge, permissions, plugin_key, plugin_spec,
    unique_plugins,
};
pub use own::{PRIMARY_AGENTS, own, own_names, server_in_command};
pub use plugin_spec::{Mended, PluginSpec, is_archive, mistake as spec_mistake};
pub use profile::{Fit, Profile};

/// A `file:` URL without percent-encoding; other texts as they are.
pub fn decoded(text: &str) -> String {
    if !text.contains("file://") {
        return text.to_owned();
    }
    percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
}
