//! Several changes that are one: made one after the other, all of them or none, and taken back together.

use rekindle_domain::UserError;

use super::{record::Records, undo::Undo};
use crate::files::locate::Places;

/// One of them.
pub(super) struct Step<'a> {
    /// What takes it back.
    pub(super) undo: Undo,
    make: Box<dyn FnOnce() -> Result<(), UserError> + 'a>,
}

impl<'a> Step<'a> {
    /// `make`: when it fails, nothing is changed, or the error says what is.
    pub(super) fn new(undo: Undo, make: impl FnOnce() -> Result<(), UserError> + 'a) -> Self {
        Self { undo, make: Box::new(make) }
    }
}

/// Carries out steps as one change; its token. When one fails, those before it are taken back.
pub(super) fn carry_out(records: &Records, places: &Places, steps: Vec<Step<'_>>) -> Result<String, UserError> {
    let undo = Undo::together(steps.iter().map(|step| step.undo.clone()).collect());
    let change = || {
        let mut made: Vec<Undo> = Vec::new();
        for step in steps {
            match (step.make)() {
                Ok(()) => made.push(step.undo),
                // Each of them, whatever becomes of the others.
                Err(why) => {
                    let stay: Vec<_> = made.iter().rev().filter_map(|undo| undo.stays(places)).collect();
                    return Err(stay.into_iter().next().unwrap_or(why));
                }
            }
        }
        Ok(())
    };
    records.carry_out(places, &undo, change).map(|((), token)| token)
}
