//! How a state crosses to the window: without its lists, which may be long and seldom change.
//!
//! Invariant: an event tells of each list which one it is, and carries no list that the event before it told of; what is not
//! carried is asked for by page. A page says of which list it is, so that two are never mixed.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use strum::VariantArray;

use super::{Problem, Row, WindowState};
use crate::{Change, Kind, Receipt};

/// The lists of a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, VariantArray)]
#[serde(rename_all = "kebab-case")]
pub enum List {
    /// What is on disk and not in the engine.
    Changes,
    /// What would not work.
    Warnings,
    /// The plugins.
    Plugins,
    /// The skills.
    Skills,
    /// The MCP servers.
    Mcp,
    /// The agents, commands and tools.
    Agents,
    /// Past reloads.
    History,
}

impl List {
    /// All of them.
    pub const ALL: &[Self] = Self::VARIANTS;

    /// The kinds of items that it has, each with a row; none: it is not of items.
    pub fn kinds(self) -> &'static [Kind] {
        match self {
            Self::Plugins => &[Kind::Plugin],
            Self::Skills => &[Kind::Skill],
            Self::Mcp => &[Kind::Mcp],
            Self::Agents => &[Kind::Agent, Kind::Command, Kind::Tool],
            Self::Changes | Self::Warnings | Self::History => &[],
        }
    }
}

/// A part of a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "of", content = "rows", rename_all = "kebab-case")]
pub enum Rows {
    /// Changes.
    Changes(Vec<Change>),
    /// What is wrong with files.
    Problems(Vec<Problem>),
    /// Items.
    Items(Vec<Row>),
    /// Past reloads.
    Receipts(Vec<Receipt>),
}

impl Rows {
    /// How many there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Changes(rows) => rows.len(),
            Self::Problems(rows) => rows.len(),
            Self::Items(rows) => rows.len(),
            Self::Receipts(rows) => rows.len(),
        }
    }

    /// True when there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds those of another part of the same list; of another kind of list it takes none.
    pub fn extend(&mut self, more: Self) {
        match (self, more) {
            (Self::Changes(rows), Self::Changes(more)) => rows.extend(more),
            (Self::Problems(rows), Self::Problems(more)) => rows.extend(more),
            (Self::Items(rows), Self::Items(more)) => rows.extend(more),
            (Self::Receipts(rows), Self::Receipts(more)) => rows.extend(more),
            _ => {}
        }
    }
}

/// What an event tells of a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Head {
    /// Which list.
    pub list: List,
    /// Counts up with each change of it.
    pub revision: u64,
    /// How many rows it has.
    pub total: usize,
    /// The first of them; `None`: the event before this one told of the same list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<Rows>,
}

/// What crosses to the window whenever something changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WindowEvent {
    /// The state, with empty lists.
    pub state: WindowState,
    /// Its lists.
    pub lists: Vec<Head>,
}

/// Rows of a list, as the window asked for them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Page {
    /// Of which list they are.
    pub revision: u64,
    /// The rows.
    pub rows: Rows,
}

/// Remembers what the window was told, and tells it what is new.
#[derive(Debug, Default)]
pub struct Publisher {
    state: Option<Arc<WindowState>>,
    revisions: [u64; List::ALL.len()],
}

impl Publisher {
    /// How many rows an event carries of a list, and a page.
    pub const ROWS: usize = 200;

    /// The event for the next state.
    pub fn event(&mut self, state: Arc<WindowState>) -> WindowEvent {
        let before = self.state.replace(state.clone());
        let lists = List::ALL.iter().zip(&mut self.revisions).map(|(&list, revision)| {
            let is_known = before.as_ref().is_some_and(|before| is_same(list, before, &state));
            if !is_known {
                *revision += 1;
            }
            let first = (!is_known).then(|| part(list, &state, 0));
            Head { list, revision: *revision, total: total(list, &state), first }
        });
        WindowEvent { lists: lists.collect(), state: without_lists(&state) }
    }

    /// The last event once more, with the beginning of each list, for a window that knows nothing yet; `None`: there was none.
    pub fn whole(&self) -> Option<WindowEvent> {
        let state = self.state.as_ref()?;
        let lists = List::ALL.iter().zip(self.revisions).map(|(&list, revision)| Head {
            list,
            revision,
            total: total(list, state),
            first: Some(part(list, state, 0)),
        });
        Some(WindowEvent { lists: lists.collect(), state: without_lists(state) })
    }

    /// Some rows of a list as it is now, from this one on.
    pub fn page(&self, list: List, from: usize) -> Option<Page> {
        let state = self.state.as_ref()?;
        let (_, revision) = List::ALL.iter().zip(self.revisions).find(|(one, _)| **one == list)?;
        Some(Page { revision, rows: part(list, state, from) })
    }
}

impl WindowState {
    /// Puts rows in the place of a list; rows of another kind are left out.
    pub fn put(&mut self, list: List, rows: Rows) {
        match (list, rows) {
            (List::Changes, Rows::Changes(rows)) => self.status.changes = rows.into(),
            (List::Warnings, Rows::Problems(rows)) => self.status.warnings = rows.into(),
            (List::Plugins, Rows::Items(rows)) => self.plugins = rows.into(),
            (List::Skills, Rows::Items(rows)) => self.skills = rows.into(),
            (List::Mcp, Rows::Items(rows)) => self.mcp = rows.into(),
            (List::Agents, Rows::Items(rows)) => self.agents = rows.into(),
            (List::History, Rows::Receipts(rows)) => self.history = rows.into(),
            (List::Changes | List::Warnings | List::History, _) => {}
            (List::Plugins | List::Skills | List::Mcp | List::Agents, _) => {}
        }
    }

    /// Takes a list over from another state.
    pub fn take_over(&mut self, list: List, from: &Self) {
        match list {
            List::Changes => self.status.changes = from.status.changes.clone(),
            List::Warnings => self.status.warnings = from.status.warnings.clone(),
            List::Plugins => self.plugins = from.plugins.clone(),
            List::Skills => self.skills = from.skills.clone(),
            List::Mcp => self.mcp = from.mcp.clone(),
            List::Agents => self.agents = from.agents.clone(),
            List::History => self.history = from.history.clone(),
        }
    }
}

fn without_lists(state: &WindowState) -> WindowState {
    let mut state = state.clone();
    for &list in List::ALL {
        state.put(list, empty(list));
    }
    state
}

fn empty(list: List) -> Rows {
    match list {
        List::Changes => Rows::Changes(Vec::new()),
        List::Warnings => Rows::Problems(Vec::new()),
        List::Plugins | List::Skills | List::Mcp | List::Agents => Rows::Items(Vec::new()),
        List::History => Rows::Receipts(Vec::new()),
    }
}

fn items(list: List, state: &WindowState) -> &[Row] {
    match list {
        List::Plugins => &state.plugins,
        List::Skills => &state.skills,
        List::Mcp => &state.mcp,
        List::Agents => &state.agents,
        List::Changes | List::Warnings | List::History => &[],
    }
}

fn total(list: List, state: &WindowState) -> usize {
    match list {
        List::Changes => state.status.changes.len(),
        List::Warnings => state.status.warnings.len(),
        List::History => state.history.len(),
        List::Plugins | List::Skills | List::Mcp | List::Agents => items(list, state).len(),
    }
}

fn part(list: List, state: &WindowState, from: usize) -> Rows {
    fn some<T: Clone>(rows: &[T], from: usize) -> Vec<T> {
        rows.iter().skip(from).take(Publisher::ROWS).cloned().collect()
    }
    match list {
        List::Changes => Rows::Changes(some(&state.status.changes, from)),
        List::Warnings => Rows::Problems(some(&state.status.warnings, from)),
        List::History => Rows::Receipts(some(&state.history, from)),
        List::Plugins | List::Skills | List::Mcp | List::Agents => Rows::Items(some(items(list, state), from)),
    }
}

/// Mostly the same list in memory; else the rows are compared.
fn is_same(list: List, one: &WindowState, other: &WindowState) -> bool {
    fn same<T: PartialEq>(one: &Arc<[T]>, other: &Arc<[T]>) -> bool {
        Arc::ptr_eq(one, other) || one == other
    }
    match list {
        List::Changes => same(&one.status.changes, &other.status.changes),
        List::Warnings => same(&one.status.warnings, &other.status.warnings),
        List::Plugins => same(&one.plugins, &other.plugins),
        List::Skills => same(&one.skills, &other.skills),
        List::Mcp => same(&one.mcp, &other.mcp),
        List::Agents => same(&one.agents, &other.agents),
        List::History => same(&one.history, &other.history),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::Banner;

    /// A state with so many skills.
    fn state(sequence: u64, skills: usize) -> WindowState {
        let row = |number: usize| {
            json!({"id": format!("skill:project:s{number}"), "kind": "skill", "name": format!("s{number}"),
                "scope": "project", "source": format!("/p/.opencode/skills/s{number}/SKILL.md"), "place": "x",
                "origin": null, "detail": "d".repeat(80), "layer": "active", "state": "loaded", "removable": true})
        };
        let status = json!({"version": 1, "directory": "/p", "reloadRequired": false, "action": "none", "reasons": [],
            "detectedAt": null, "changes": [], "busy": [], "problems": [],
            "engine": {"mode": "host", "url": null, "version": null, "pid": null, "state": "running"}});
        let state = json!({"sequence": sequence, "workspace": {"directory": "/p", "name": "p", "short": "p"},
            "status": status, "banner": Banner::None, "plugins": [], "mcp": [], "agents": [], "counts": null,
            "history": [], "settings": {}, "skills": (0..skills).map(row).collect::<Vec<_>>()});
        serde_json::from_value(state).expect("a state")
    }

    fn bytes(event: &WindowEvent) -> usize {
        serde_json::to_vec(event).expect("JSON").len()
    }

    fn head(event: &WindowEvent, list: List) -> &Head {
        event.lists.iter().find(|head| head.list == list).expect("told")
    }

    /// With 10,000 skills an event that is about something else is small, whether the list is the same or only alike.
    #[test]
    fn an_event_carries_no_list_that_did_not_change() {
        let mut told = Publisher::default();
        let first = state(1, 10_000);
        let shared = WindowState { sequence: 2, ..first.clone() };
        assert_eq!(head(&told.event(Arc::new(first)), List::Skills).revision, 1);
        for next in [shared, state(3, 10_000)] {
            let event = told.event(Arc::new(next));
            assert!(bytes(&event) <= 16 * 1024, "{} bytes", bytes(&event));
            let head = head(&event, List::Skills);
            assert_eq!((head.revision, head.total, &head.first), (1, 10_000, &None));
        }
        let fewer = told.event(Arc::new(state(4, 3)));
        assert_eq!((head(&fewer, List::Skills).revision, head(&fewer, List::Plugins).revision), (2, 1));
    }

    /// What an event and the pages after it carry is the state.
    #[test]
    fn pages_make_a_list_whole() {
        for skills in [0, 1, Publisher::ROWS, Publisher::ROWS + 1, 1000] {
            let mut told = Publisher::default();
            let whole = state(1, skills);
            let event = told.event(Arc::new(whole.clone()));
            assert_eq!(told.whole().as_ref(), Some(&event), "a window that comes late is told the same");
            let mut state = event.state.clone();
            for Head { list, revision, total, first } in event.lists {
                let mut rows = first.expect("the beginning");
                while rows.len() < total {
                    let page = told.page(list, rows.len()).expect("a page");
                    assert_eq!(page.revision, revision);
                    assert!(!page.rows.is_empty());
                    rows.extend(page.rows);
                }
                state.put(list, rows);
            }
            assert_eq!(state, whole, "{skills} skills");
        }
        assert!(Publisher::default().whole().is_none() && Publisher::default().page(List::Skills, 0).is_none());
    }
}
