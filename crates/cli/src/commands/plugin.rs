//! `rekindle plugin`.

use std::{process::ExitCode, sync::Arc};

use rekindle_app::{
    edit::{self, Changed, To, TurnedOff},
    files::{locate::Places, scan::scan},
    plugins::{self, Upto},
};
use rekindle_domain::{Kind, PluginState, Row, RowState, Scope, UserError, masked_text};
use serde::Serialize;
use serde_json::{Value, json};

use super::{look, print_change, remove, scope};
use crate::{
    arguments::{Arguments, Named, PluginCommand},
    context, print,
    words::{self, edits, plugins as told},
};

pub(super) async fn run(arguments: &Arguments, command: &PluginCommand) -> Result<ExitCode, UserError> {
    let places = context::places_of_engine(arguments)?;
    match command {
        PluginCommand::Add { spec, options, global } => {
            let token = edit::add_plugin_with(&places, spec, options.as_deref(), scope(*global))?;
            print_change(arguments, &json!({ "undo": token }), edits::added(spec));
        }
        PluginCommand::Remove(named) => remove(arguments, &places, Kind::Plugin, &named.name, scope(named.global))?,
        PluginCommand::List { published } => return list(arguments, *published).await,
        PluginCommand::Pin(named) => {
            let (name, version) = split(&named.name);
            let row = find(&places, name, scope(named.global))?;
            changed(arguments, &places, &edit::set_version(&places, &row, version.map_or(To::Kept, To::Version))?);
        }
        PluginCommand::Unpin(named) => {
            let row = find(&places, &named.name, scope(named.global))?;
            changed(arguments, &places, &edit::set_version(&places, &row, To::Any)?);
        }
        PluginCommand::Disable(named) => {
            let row = find(&places, &named.name, scope(named.global))?;
            let off = edit::turn_off(&places, &row)?;
            print_change(arguments, &value(&off), told::disabled(&row.name, &places.short(&off.path)));
        }
        PluginCommand::Enable(named) => {
            let on = edit::turn_on(&places, &named.name, scope(named.global))?;
            print_change(arguments, &value(&on), told::enabled(&named.name, &places.short(&on.path)));
        }
        PluginCommand::Move { name, to } => {
            let to = Scope::from(*to);
            let from = if to == Scope::Global { Scope::Project } else { Scope::Global };
            let row = find(&places, name, from)?;
            changed(arguments, &places, &edit::move_plugin(&places, &row, to)?);
        }
        PluginCommand::Mend(named) => return mend(arguments, &places, named).await,
        PluginCommand::Update { name, check, latest, min_age, global } => {
            let rows = scan(&places, None)?.rows;
            let rows = match name {
                Some(name) => vec![edit::find(&rows, Kind::Plugin, name, scope(*global))?.clone()],
                None => declared(&rows, *global),
            };
            let upto = Upto { latest: *latest, min_age: *min_age };
            print::progress(arguments, told::ASKING);
            let update = |row: &Row| {
                let mut update = plugins::update(&places, row, upto, *check)?;
                if *check && name.is_some() {
                    plugins::tell_changes(&places, row, &mut update);
                }
                Some(update)
            };
            let updates: Vec<_> = rows.iter().filter_map(update).collect();
            print::result(arguments, &updates, || told::updates(&updates, *check));
            let is_failed = updates.iter().any(|update| update.error.is_some());
            return Ok(if is_failed { ExitCode::from(print::ERROR) } else { ExitCode::SUCCESS });
        }
        PluginCommand::New { name, global } => {
            let made = edit::new_plugin(&places, name, scope(*global))?;
            let value = json!({ "undo": made.token, "path": made.path });
            print_change(arguments, &value, told::made(&places.short(&made.path)));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn find(places: &Places, name: &str, scope: Scope) -> Result<Row, UserError> {
    let rows = scan(places, None)?.rows;
    edit::find(&rows, Kind::Plugin, name, scope).cloned()
}

/// The plugins of which one could be newer: those that are used.
fn declared(rows: &[Arc<Row>], global: bool) -> Vec<Row> {
    let is_used = |row: &&Arc<Row>| {
        row.kind == Kind::Plugin && row.removable && !matches!(row.state, RowState::Overridden { .. })
    };
    let rows = rows.iter().filter(is_used).filter(|row| !global || row.scope == Scope::Global);
    rows.map(|row| row.as_ref().clone()).collect()
}

/// A name and the version behind it.
fn split(typed: &str) -> (&str, Option<&str>) {
    match typed.rsplit_once('@') {
        Some((name, version)) if !name.is_empty() && !version.contains(['/', ':']) => (name, Some(version)),
        _ => (typed, None),
    }
}

fn value(changed: &Changed) -> Value {
    json!({ "undo": changed.token, "path": changed.path, "spec": masked_text(&changed.spec) })
}

fn changed(arguments: &Arguments, places: &Places, changed: &Changed) {
    print_change(arguments, &value(changed), told::changed(&changed.spec, &places.short(&changed.path)));
}

/// Whether a restart is needed: the engine keeps the code that it has loaded for as long as it runs.
async fn mend(arguments: &Arguments, places: &Places, named: &Named) -> Result<ExitCode, UserError> {
    let row = find(places, &named.name, scope(named.global))?;
    let (target, observation) = look(arguments).await?;
    let is_loaded =
        observation.rows(target.places()).iter().any(|seen| seen.id == row.id && seen.state == RowState::Loaded);
    let mended = plugins::mend(places, &row)?;
    let needs = if is_loaded { "restart" } else { "dispose" };
    let value = json!({ "undo": mended.token, "path": mended.path, "needs": needs });
    print_change(arguments, &value, told::mended(&row.name, &places.short(&mended.path), is_loaded));
    Ok(ExitCode::SUCCESS)
}

/// What `plugin list --json` prints of a plugin.
#[derive(Serialize)]
struct Listed<'a> {
    #[serde(flatten)]
    row: &'a Row,
    #[serde(flatten)]
    state: PluginState,
}

async fn list(arguments: &Arguments, ask: bool) -> Result<ExitCode, UserError> {
    let (target, observation) = look(arguments).await?;
    if let Some(fault) = &observation.fault {
        return Err(fault.into());
    }
    let (places, engine) = (target.places(), target.engine.view.version.clone());
    let rows = observation.rows(places);
    let rows: Vec<_> = rows.iter().filter(|row| row.kind == Kind::Plugin).collect();
    let mut listed = Vec::new();
    for row in &rows {
        let state = plugins::state(places, row, engine.as_deref(), ask).or_else(|error| {
            print::warn(arguments, &words::failures::line(&error));
            plugins::state(places, row, engine.as_deref(), false)
        })?;
        listed.push(Listed { row, state });
    }
    let off: Vec<_> = [Scope::Project, Scope::Global]
        .into_iter()
        .flat_map(|scope| edit::turned_off(places, scope).into_iter().map(move |off| (scope, off)))
        .collect();
    let mut values: Vec<Value> = listed.iter().map(|listed| json!(listed)).collect();
    values.extend(off.iter().map(|(scope, off)| as_row(places, *scope, off)));
    print::result(arguments, &values, || {
        let shown: Vec<_> = listed.iter().map(|listed| (listed.row.clone(), listed.state.clone())).collect();
        let off: Vec<_> = off.iter().map(|(_, off)| (off.spec.clone(), places.short(&off.path))).collect();
        told::list(&shown, &off)
    });
    Ok(ExitCode::SUCCESS)
}

/// A plugin that is turned off, as a row.
fn as_row(places: &Places, scope: Scope, off: &TurnedOff) -> Value {
    json!({
        "id": off.id, "kind": Kind::Plugin, "name": off.name, "scope": scope, "source": off.path,
        "place": places.short(&off.path), "layer": "declared", "state": "disabled", "removable": false,
    })
}
