//! Plugins that are turned off, in the list of all.
//!
//! Invariant: what the files declare, too, is told as the files have it.

use std::path::Path;

use rekindle_domain::{ChangeKind, ItemId, Kind, PackageNotice, Row, RowState, Scope, masked_text};
use rekindle_opencode::PluginSpec;

use crate::{edit, error::shown, files::locate::Places};

/// Adds those that are turned off. One that the engine still has says so already, and now also why it goes.
pub(crate) fn tell(places: &Places, rows: &mut Vec<Row>) {
    for scope in [Scope::Project, Scope::Global] {
        for off in edit::turned_off(places, scope) {
            match rows.iter_mut().find(|row| row.id.as_str() == off.id) {
                Some(row) if matches!(row.state, RowState::Waiting { change: ChangeKind::Removed, .. }) => {
                    row.warning = Some(PackageNotice::PluginTurnedOff.into());
                }
                Some(_) => {}
                None => rows.push(row(places, scope, &off)),
            }
        }
    }
}

fn row(places: &Places, scope: Scope, off: &edit::TurnedOff) -> Row {
    let spec = PluginSpec::parse(&off.spec);
    let id = ItemId::new(Kind::Plugin, scope, off.id.splitn(3, ':').nth(2).unwrap_or(&off.name));
    Row {
        source: shown(&off.path),
        place: places.short(Path::new(&off.path)),
        origin: Some(spec.origin),
        detail: spec.version.as_deref().map(|version| masked_text(version).into()),
        state: RowState::NotRead { why: PackageNotice::PluginTurnedOff.into() },
        ..Row::new(id, Kind::Plugin, &off.name, scope)
    }
}
