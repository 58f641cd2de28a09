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

mod action;
mod answers;
mod banner;
mod changelog;
mod check;
mod code;
mod deed;
mod draft;
mod drift;
mod entity;
mod error;
mod fingerprint;
mod last_good;
mod leftover;
#[allow(
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "it cuts and takes only what it found in the same text"
)]
mod mask;
mod notice;
mod package;
mod plan;
mod preview;
mod receipt;
mod reload;
mod server;
mod setting;
mod text;
mod update;
mod visible;
mod wire;

pub use action::{Action, Aspect, Habits, Rule};
pub use answers::{
    AgentAnswer, Answers, Evidence, Loaded, McpAnswer, PermissionRule, Question, SkillAnswer, ToolNames,
};
pub use banner::{Banner, BannerStep, Progress, StepState, past};
pub use changelog::{Changelog, ChangelogSection, PluginOffer};
pub use check::{CheckFinding, CheckReport, CheckSummary};
pub use code::ErrorCode;
pub use deed::Deed;
pub use draft::SkillDraft;
pub use drift::{Change, ChangeKind, Drift, Reason, drift};
pub use entity::{AgentMode, Item, ItemId, Kind, Place, PluginOrigin, Scope, Snapshot};
pub use error::chain;
pub use fingerprint::{Fingerprint, is_wide};
pub use last_good::{LastGoodOffer, Restored, RestoredFile, Restoring};
pub use leftover::{Leftover, ProcessKind};
pub use mask::{masked, masked_lines, masked_text, mentions_outside};
pub use notice::{
    AfterCut, AgentNotice, BadNotice, Blind, ConfigNotice, DoctorNotice, EditNotice, EngineNotice, EntryFault,
    Examined, Expected, FileKind, FileNotice, Fixed, HabitNotice, InstallNotice, KeyNotice, MatterBound, Notice,
    OwnEntry, PackageNotice, PluginNotice, ProgramNotice, ReferenceFault, ReloadNotice, ServerNotice, SkillNotice,
    SpecMistake, StateNotice, Unremoved, Untold, ValueKind, WriteFault,
};
pub use package::{KeptPackage, PluginState, PluginUpdate, PublishedPackage, UpdateBy, Wholeness};
pub use plan::{BusyRun, BusyState, Installing, Plan, PlanSummary, Takes};
pub use preview::{
    ChosenServers, Preview, PreviewFile, PreviewSource, Previewed, Received, ServerPreview, ServersPreview,
    SkillFinding, SkillFrom, SkillPreview, Tokens,
};
pub use receipt::{
    After, Cause, Counts, ItemState, LeftOut, Past, Receipt, ReceiptItem, ReceiptResult, Resumed, StepTime, Tally,
};
pub use reload::{
    AtLeast, Consent, Course, Effect, Failure, Found, Input, Job, OnFailure, Permission, Phase, Refusal, Refused,
    Resume, StepName, Verdict, Whose, Wish, step,
};
pub use server::{ServerTest, ServerTool};
pub use setting::{KeyHelp, KeyLine, KeyList, KeyOrigin, KeyRow, KeySource, Overridden, Settled};
pub use text::Text;
pub use update::{
    ChangedBy, FileHashes, Keep, SkillComparison, SkillUpdate, ThreeWay, UpdateClass, UpdateState, UpdatedFile,
};
pub use visible::{hidden_runs, visible, visible_json};
pub use wire::{
    Choice, Copied, DiffLine, EngineChoice, EngineMode, EngineState, EngineView, Finding, FindingLevel, Habit, Head,
    List, Made, Mark, Page, Problem, Publisher, ReloadStatus, Row, RowState, Rows, Settings, Shown, Stage, Theme,
    UndoChoice, UserError, WindowEvent, WindowState, Workspace,
};
