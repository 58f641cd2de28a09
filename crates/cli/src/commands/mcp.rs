//! `rekindle mcp`.

use std::{
    io::{self, Read},
    process::ExitCode,
};

use rekindle_app::{
    edit::{self, Given, WantedServers},
    engine::{client::Connection, sign_in::sign_in},
    files::{locate::Places, scan::scan},
    probe::test_server,
    workspace::look::observe,
};
use rekindle_domain::{ErrorCode, Kind, Notice, Refusal, Scope, ServerNotice, UserError};
use serde_json::{Map, Value, json};

use super::{PENDING, REFUSED, list, print_change, remove, scope};
use crate::{
    arguments::{Arguments, McpAdd, McpCommand},
    context, print,
    words::{self, edits, failures},
};

/// How much of standard input is read, in bytes.
const LONGEST: u64 = 1024 * 1024;
/// Exit code: somebody pressed Ctrl-C.
const INTERRUPTED: u8 = 130;

pub(super) async fn run(arguments: &Arguments, command: &McpCommand) -> Result<ExitCode, UserError> {
    let places = context::places_of_engine(arguments)?;
    match command {
        McpCommand::Add(options) => add(arguments, &places, options)?,
        McpCommand::Remove { name, global } => remove(arguments, &places, Kind::Mcp, name, scope(*global))?,
        McpCommand::Enable { name, global } => switch(arguments, &places, name, scope(*global), true)?,
        McpCommand::Disable { name, global } => switch(arguments, &places, name, scope(*global), false)?,
        McpCommand::Retry { name, yes } => return ask(arguments, name, Deed::Connect, *yes).await,
        McpCommand::Disconnect { name, yes } => return ask(arguments, name, Deed::Disconnect, *yes).await,
        McpCommand::SignIn { name, yes } => return ask(arguments, name, Deed::SignIn, *yes).await,
        McpCommand::SignOut { name, yes } => return ask(arguments, name, Deed::SignOut, *yes).await,
        McpCommand::Test { name } => return test(arguments, &places, name).await,
        McpCommand::List => return list(arguments, Some(Kind::Mcp)).await,
    }
    Ok(ExitCode::SUCCESS)
}

fn add(arguments: &Arguments, places: &Places, options: &McpAdd) -> Result<(), UserError> {
    let mut input = String::new();
    let given = match options {
        McpAdd { json_config: Some(text), .. } => Given::Text(text),
        McpAdd { from: Some(file), .. } if file.as_os_str() == "-" => {
            // What is no text is no form that is known.
            let _ = io::stdin().take(LONGEST).read_to_string(&mut input);
            Given::Text(&input)
        }
        McpAdd { from: Some(file), .. } => Given::File(file),
        McpAdd { url: Some(url), headers, .. } => Given::Address(url, headers),
        McpAdd { command, .. } => Given::Command(command),
    };
    let wanted = WantedServers {
        given,
        name: options.name.as_deref(),
        environment: &options.environment,
        scope: options.global.then_some(Scope::Global),
        replaces: options.replace,
        takes_variables: options.secrets_from_env,
    };
    let addition = edit::read_servers(places, &wanted)?;
    addition.check()?;
    let shown = places.short(&addition.path);
    if !arguments.json {
        addition.notices.iter().for_each(|notice| print::warn(arguments, &words::note(notice)));
    }
    if options.dry_run {
        let entries = addition.servers.iter().map(|(name, entry)| (name.clone(), edit::shown_entry(entry)));
        let entries = Value::Object(entries.collect::<Map<_, _>>());
        let value = json!({ "path": addition.path, "servers": entries, "notices": addition.notices });
        print::result(arguments, &value, || {
            let text = serde_json::to_string_pretty(&entries).unwrap_or_default();
            [edits::would_add_servers(&shown)].into_iter().chain(text.lines().map(str::to_owned)).collect()
        });
        return Ok(());
    }
    let names: Vec<_> = addition.servers.iter().map(|(name, _)| name.clone()).collect();
    let token = edit::add_servers(places, &addition)?.map(|operation| operation.token);
    let value = json!({ "undo": token, "path": addition.path, "servers": names, "notices": addition.notices });
    let text = match token {
        Some(_) => edits::added_servers(&names, &shown),
        None => edits::servers_as_they_are(&shown),
    };
    print_change(arguments, &value, text);
    Ok(())
}

/// What the engine does with a server that it has loaded.
#[derive(Clone, Copy)]
enum Deed {
    Connect,
    Disconnect,
    SignIn,
    SignOut,
}

/// Has the engine do that. Someone else's engine is left alone, unless that was agreed to.
async fn ask(arguments: &Arguments, name: &str, deed: Deed, yes: bool) -> Result<ExitCode, UserError> {
    if arguments.engine.is_some() && !yes {
        print::failure(arguments, &Refusal::ClientMode.error());
        return Ok(ExitCode::from(REFUSED));
    }
    let target = context::running(arguments).await?;
    // Asking makes the engine load the directory, so the files come first.
    let observation = observe(&target).await;
    if let Some(problem) = observation.problems.first() {
        return Err(rekindle_app::error::problem_error(problem));
    }
    let Some(client) = target.engine.client.as_ref().filter(|_| observation.answers.is_some()) else {
        let view = observation.view.as_ref().unwrap_or(&target.engine.view);
        return Err(failures::no_answer(view.message.as_ref()));
    };
    let answer = match deed {
        Deed::Connect => client.switch_server(name, Connection::Connect).await,
        Deed::Disconnect => client.switch_server(name, Connection::Disconnect).await,
        Deed::SignOut => client.sign_out(name).await,
        Deed::SignIn => {
            print::progress(arguments, &words::servers::signing_in(name));
            let signed_in = sign_in(client, name, |address| print::warn(arguments, &words::servers::open(&address)));
            tokio::select! {
                answer = signed_in => Ok(Some(answer?)),
                // The engine waits for nobody then.
                _ = tokio::signal::ctrl_c() => return Ok(ExitCode::from(INTERRUPTED)),
            }
        }
    };
    let not_loaded = || UserError::new(ErrorCode::NotFound, ServerNotice::ServerNotLoaded { name: name.to_owned() });
    let answer = answer.map_err(|error| UserError::from(&error))?.ok_or_else(not_loaded)?;
    let value = json!({ "name": name, "status": answer.status, "reason": answer.failure() });
    print::result(arguments, &value, || vec![words::servers::connection(name, &answer)]);
    let is_done = match deed {
        Deed::Connect | Deed::SignIn => answer.status == "connected",
        Deed::Disconnect => answer.status == "disabled",
        Deed::SignOut => true,
    };
    Ok(if is_done { ExitCode::SUCCESS } else { ExitCode::from(PENDING) })
}

async fn test(arguments: &Arguments, places: &Places, name: &str) -> Result<ExitCode, UserError> {
    let scan = scan(places, None)?;
    let tested = tokio::select! {
        tested = test_server(places, &scan, name) => tested?,
        // What was started ends with it.
        _ = tokio::signal::ctrl_c() => return Ok(ExitCode::from(INTERRUPTED)),
    };
    print::result(arguments, &tested, || words::servers::tested(&tested));
    Ok(ExitCode::SUCCESS)
}

fn switch(arguments: &Arguments, places: &Places, name: &str, scope: Scope, is_on: bool) -> Result<(), UserError> {
    match edit::switch_server(places, name, scope, is_on)? {
        Some(done) => {
            let text = edits::switched(name, is_on, &places.short(&done.path));
            print_change(arguments, &json!({ "undo": done.token, "path": done.path }), text);
            if let Some(remark) = edit::server_stays(places, name, is_on) {
                print::warn(arguments, &words::note(&remark));
            }
        }
        None => {
            let notice = Notice::from(ServerNotice::ServerAsWanted { name: name.to_owned(), is_on });
            print_change(arguments, &json!({ "undo": null, "path": null }), words::note(&notice));
        }
    }
    Ok(())
}
