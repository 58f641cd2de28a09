//! Domain values for the tests of the words.
//!
//! Invariant: a fixture has only what its test looks at; the rest is the plainest value there is.

use rekindle_domain::{
    Action, Cause, Change, ChangeKind, Counts, EngineMode, EngineState, EngineView, Fingerprint, ItemId, ItemState,
    Kind, LeftOut, Reason, Receipt, ReceiptItem, ReceiptResult, ReloadStatus, Row, RowState, Scope, Stage, Workspace,
};

pub fn change(kind: Kind, change: ChangeKind, name: &str) -> Change {
    Change {
        id: ItemId::new(kind, Scope::Project, name),
        kind,
        name: name.to_owned(),
        change,
        scope: Scope::Project,
        source: "/p/opencode.jsonc".to_owned(),
        action: Action::Dispose,
        why: format!("OpenCode reads each {} once", kind.word()).into(),
        before: None,
        after: None,
        runs_before: None,
        reason: Reason::ConfigChanged,
        signature: Fingerprint::of_bytes(name.as_bytes()),
    }
}

pub fn status(changes: Vec<Change>) -> ReloadStatus {
    ReloadStatus {
        version: 1,
        directory: "/p".to_owned(),
        engine: EngineView {
            mode: EngineMode::Host,
            url: None,
            version: None,
            pid: None,
            state: EngineState::Running,
            message: None,
        },
        reload_required: !changes.is_empty(),
        action: changes.iter().map(|change| change.action).max().unwrap_or(Action::None),
        reasons: vec![],
        detected_at: None,
        changes: changes.into(),
        busy: vec![],
        problems: vec![],
        warnings: vec![].into(),
        notices: vec![],
        past: None,
    }
}

pub fn workspace(directory: &str, short: &str) -> Workspace {
    Workspace { directory: directory.to_owned(), name: "p".to_owned(), short: short.to_owned() }
}

pub fn row(kind: Kind, name: &str) -> Row {
    Row {
        id: ItemId::new(kind, Scope::Project, name),
        kind,
        name: name.to_owned(),
        scope: Scope::Project,
        source: "/p/opencode.jsonc".to_owned(),
        place: "opencode.jsonc".to_owned(),
        origin: None,
        detail: None,
        stage: Stage::Active,
        state: RowState::Loaded,
        removable: true,
        overrides: vec![],
        also: vec![],
        copy: None,
        from: None,
        since: None,
        is_signed_in: false,
        warning: None,
    }
}

pub fn item(name: &str, change: ChangeKind, state: ItemState) -> ReceiptItem {
    ReceiptItem {
        id: ItemId::new(Kind::Plugin, Scope::Project, name),
        name: name.to_owned(),
        change,
        state,
        detail: None,
        unheard: false,
    }
}

pub fn receipt(result: ReceiptResult, items: Vec<ReceiptItem>) -> Receipt {
    Receipt {
        version: 1,
        id: "1".to_owned(),
        at: "2026-01-31T12:00:00Z".to_owned(),
        cause: Cause::Window,
        result,
        action: Action::Dispose,
        duration_ms: 940,
        steps: vec![],
        items,
        counts: Counts::default(),
        installs: vec![],
        settled_at: None,
        still_pending: vec![],
        left_out: LeftOut::default(),
        orphans: vec![],
        resumed: vec![],
        restored: false,
        message: (result == ReceiptResult::Failed || result == ReceiptResult::Refused)
            .then(|| "the engine did not answer within 30 s".into()),
    }
}
