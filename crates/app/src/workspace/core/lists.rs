//! What follows from a look for people: long, and the same until the next look.
//!
//! Invariant: it is made once for each look, however often the state is published.

use std::sync::Arc;

use rekindle_domain::{List, Past, Plan, Problem, Receipt, Row};

use crate::{
    files::{locate::Places, scan::order},
    plugins::off,
    workspace::look::Observation,
};

/// The lists of a look.
#[derive(Default)]
pub(super) struct Lists {
    of: Option<(Arc<Observation>, Arc<[Receipt]>)>,
    pub(super) plugins: Arc<[Row]>,
    pub(super) skills: Arc<[Row]>,
    pub(super) mcp: Arc<[Row]>,
    pub(super) agents: Arc<[Row]>,
    pub(super) warnings: Arc<[Problem]>,
    pub(super) past: Option<Past>,
    pub(super) plan: Plan,
}

impl Lists {
    /// Makes them anew if this is another look, or there is another history.
    pub(super) fn follow(&mut self, seen: &Arc<Observation>, history: &Arc<[Receipt]>, places: &Places) {
        let is_same =
            |(one, other): &(Arc<Observation>, Arc<[Receipt]>)| Arc::ptr_eq(one, seen) && Arc::ptr_eq(other, history);
        if self.of.as_ref().is_some_and(is_same) {
            return;
        }
        let mut rows = seen.rows(places);
        off::tell(places, &mut rows);
        rows.sort_by(|a, b| order(a).cmp(&order(b)));
        let of = |list: List| rows.iter().filter(|row| list.kinds().contains(&row.kind)).cloned().collect();
        *self = Self {
            of: Some((seen.clone(), history.clone())),
            plugins: of(List::Plugins),
            skills: of(List::Skills),
            mcp: of(List::Mcp),
            agents: of(List::Agents),
            warnings: seen.scan.warnings.as_slice().into(),
            past: seen.past(history.first(), &rows),
            plan: seen.plan(),
        };
    }
}
