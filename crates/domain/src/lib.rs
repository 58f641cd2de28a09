//! Types and decisions of Rekindle.
//!
//! Invariant: this crate is pure. It reads no file, opens no socket, knows no clock and starts no
//! task; time, ids and paths are arguments. It builds for the window (wasm) as well as for the
//! core. Deliberately absent: tokio, tauri, notify, reqwest, leptos, `std::fs`, `std::time`.

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

mod banner;
mod drift;
mod entity;
mod fingerprint;
mod last_good;
mod leftover;
mod loaded;
#[allow(
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "it cuts and takes only what it found in the same text"
)]
mod mask;
mod merge;
mod plan;
mod plugin_spec;
mod profile;
mod receipt;
mod reload;
mod text;
mod visible;
mod wire;

pub use banner::{Banner, BannerStep, Progress, StepState, past};
pub use drift::{Change, ChangeKind, Drift, Reason, drift};
pub use entity::{Item, ItemId, Kind, Place, Scope, Snapshot};
pub use fingerprint::Fingerprint;
pub use last_good::{LastGoodOffer, Restored, RestoredFile, Restoring};
pub use leftover::{Leftover, ProcessKind};
pub use loaded::{
    AgentAnswer, Answers, Disk, Evidence, Loaded, McpAnswer, Memory, Otherwise, PermissionRule, Question, SkillAnswer,
    ToolNames, loaded, plugin_fingerprint, shown_value, value_of, would_be_lost,
};
pub use mask::{masked, masked_lines, masked_text, mentions_outside};
pub use merge::{
    agent_of_mode, declared_names, effective, joined, keep_own_type, merge, permissions, plugin_key, plugin_spec,
    unique_plugins,
};
pub use plan::{BusyRun, BusyState, Installing, Plan, PlanSummary, Takes};
pub use plugin_spec::{PluginOrigin, PluginSpec};
pub use profile::{Action, Aspect, Fit, Profile, Rule};
pub use receipt::{
    Cause, Counts, ItemState, LeftOut, Past, Receipt, ReceiptItem, ReceiptResult, Resumed, StepTime, Tally,
};
pub use reload::{
    AtLeast, Consent, Course, Effect, Failure, Found, Input, Job, OnFailure, Permission, Phase, Refusal, Refused,
    Resume, StepName, Verdict, Whose, Wish, step,
};
pub use text::Text;
pub use visible::{visible, visible_json};
pub use wire::{
    Choice, Copied, DiffLine, EngineChoice, EngineMode, EngineState, EngineView, Finding, FindingLevel, Habit, Mark,
    Problem, ReloadStatus, Row, RowState, Settings, Shown, Theme, UndoChoice, UserError, WindowState, Workspace,
};
