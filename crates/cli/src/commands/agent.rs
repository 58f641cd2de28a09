//! `rekindle agent` and `rekindle command`.

use std::process::ExitCode;

use rekindle_app::{
    edit::{self, NewEntry},
    files::locate::Places,
};
use rekindle_domain::{AgentNotice, ErrorCode, Kind, Scope, UserError};
use rekindle_words::templates;
use serde_json::json;

use super::{list, look, print_change, print_removed, print_turned, scope};
use crate::{
    arguments::{AgentCommand, Arguments, SlashCommand},
    context, print,
    words::{self, edits},
};

pub(super) async fn run(arguments: &Arguments, command: &AgentCommand) -> Result<ExitCode, UserError> {
    let places = context::places_of_engine(arguments)?;
    match command {
        AgentCommand::New { name, description, mode, global } => {
            let text = templates::agent(description.as_deref(), (*mode).into());
            begin(arguments, &places, &NewEntry { kind: Kind::Agent, name, scope: scope(*global), text: &text })?;
        }
        AgentCommand::Remove { name, from, global } => {
            remove(arguments, &places, Kind::Agent, name, scope(*global), from.as_deref()).await?;
        }
        AgentCommand::Enable { name, global } => turn(arguments, &places, name, true, scope(*global))?,
        AgentCommand::Disable { name, global } => turn(arguments, &places, name, false, scope(*global))?,
        AgentCommand::List => return list(arguments, Some(Kind::Agent)).await,
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn run_command(arguments: &Arguments, command: &SlashCommand) -> Result<ExitCode, UserError> {
    let places = context::places_of_engine(arguments)?;
    match command {
        SlashCommand::New { name, description, global } => {
            let text = templates::command(description.as_deref());
            begin(arguments, &places, &NewEntry { kind: Kind::Command, name, scope: scope(*global), text: &text })?;
        }
        SlashCommand::Remove { name, from, global } => {
            remove(arguments, &places, Kind::Command, name, scope(*global), from.as_deref()).await?;
        }
        SlashCommand::List => return list(arguments, Some(Kind::Command)).await,
    }
    Ok(ExitCode::SUCCESS)
}

fn begin(arguments: &Arguments, places: &Places, new: &NewEntry<'_>) -> Result<(), UserError> {
    let begun = edit::new_entry(places, new)?;
    begun.remarks.iter().for_each(|remark| print::warn(arguments, &words::note(remark)));
    let value = json!({ "undo": begun.token, "path": begun.path });
    print_change(arguments, &value, edits::begun_entry(&places.short(&begun.path)));
    Ok(())
}

async fn remove(
    arguments: &Arguments,
    places: &Places,
    kind: Kind,
    name: &str,
    scope: Scope,
    from: Option<&str>,
) -> Result<(), UserError> {
    let removed = edit::remove_entry(places, kind, name, scope, from);
    let (name, removed) = match removed {
        Err(error) if error.path.is_none() && error.code == ErrorCode::NotFound => {
            return Err(explained(arguments, kind, name, error).await);
        }
        removed => removed?,
    };
    print_removed(arguments, places, kind, &name, &removed);
    Ok(())
}

/// What the engine has by a name that no file declares is told.
async fn explained(arguments: &Arguments, kind: Kind, name: &str, error: UserError) -> UserError {
    let Ok((_, observation)) = look(arguments).await else { return error };
    let is_loaded = observation
        .answers
        .is_some_and(|answers| answers.config.get(kind.word()).is_some_and(|all| all.get(name).is_some()));
    match is_loaded {
        true => UserError::new(ErrorCode::FromElsewhere, AgentNotice::EntryOnlyLoaded { kind, name: name.to_owned() }),
        false => error,
    }
}

fn turn(arguments: &Arguments, places: &Places, name: &str, on: bool, scope: Scope) -> Result<(), UserError> {
    print_turned(arguments, places, &[name.to_owned()], on, &edit::switch_agent(places, name, scope, on)?);
    Ok(())
}
