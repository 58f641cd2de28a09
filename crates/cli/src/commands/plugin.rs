//! `rekindle plugin`.

use std::process::ExitCode;

use rekindle_app::edit;
use rekindle_domain::{Kind, UserError};
use serde_json::json;

use super::{list, print_change, remove, scope};
use crate::{
    arguments::{Arguments, PluginCommand},
    context,
    words::edits,
};

pub(super) async fn run(arguments: &Arguments, command: &PluginCommand) -> Result<ExitCode, UserError> {
    let places = context::places_of_engine(arguments)?;
    match command {
        PluginCommand::Add { spec, global } => {
            let token = edit::add_plugin(&places, spec, scope(*global))?;
            print_change(arguments, &json!({ "undo": token }), edits::added(spec));
        }
        PluginCommand::Remove { name, global } => remove(arguments, &places, Kind::Plugin, name, scope(*global))?,
        PluginCommand::List => return list(arguments, Some(Kind::Plugin)).await,
    }
    Ok(ExitCode::SUCCESS)
}
