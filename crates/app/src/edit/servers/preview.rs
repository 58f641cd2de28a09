//! What would be declared of MCP servers, shown before it is.

use rekindle_domain::{ChosenServers, ServerNotice, ServerPreview, ServersPreview, UserError};
use serde_json::Value;

use super::{Addition, Given, WantedServers, add_servers, read_servers, shown_entry};
use crate::files::locate::Places;

/// What a server is called whose source does not say it, until a person does.
const UNNAMED: &str = "server";

/// What a text would declare. Nothing is written.
pub fn preview_servers(places: &Places, chosen: &ChosenServers) -> Result<ServersPreview, UserError> {
    let (is_named, addition) = read(places, chosen)?;
    let declared = |name: &str| addition.declared.iter().find(|(server, _)| server == name);
    let preview = |(name, entry): &(String, Value)| ServerPreview {
        name: name.clone(),
        entry: serde_json::to_string_pretty(&shown_entry(entry)).unwrap_or_default(),
        declared: declared(name).map(|(_, path)| places.short(path)),
    };
    Ok(ServersPreview {
        place: places.short(&addition.path),
        servers: addition.servers.iter().map(preview).collect(),
        is_named,
        notices: addition.notices.clone(),
    })
}

/// Reads it under the names of the source, and whether there are any.
fn read(places: &Places, chosen: &ChosenServers) -> Result<(bool, Addition), UserError> {
    match read_servers(places, &wanted(chosen, None)) {
        Err(error) if error.what == ServerNotice::ServerNameless => {
            Ok((false, read_servers(places, &wanted(chosen, Some(UNNAMED)))?))
        }
        addition => Ok((true, addition?)),
    }
}

/// Declares the servers of these names that a text has; a token for taking it back. `name`: that of a single one, if a person
/// gave it another.
pub fn add_chosen_servers(
    places: &Places,
    chosen: &ChosenServers,
    name: Option<&str>,
    names: &[String],
) -> Result<Option<String>, UserError> {
    let mut addition = read_servers(places, &wanted(chosen, name))?;
    // As it was shown, whatever it is called now: the variables of its secrets are named.
    if let ([(_, entry)], Ok((_, shown))) = (&mut addition.servers[..], read(places, chosen))
        && let [(_, as_shown)] = &shown.servers[..]
    {
        entry.clone_from(as_shown);
    }
    addition.retain(names);
    Ok(add_servers(places, &addition)?.map(|operation| operation.token))
}

fn wanted<'a>(chosen: &'a ChosenServers, name: Option<&'a str>) -> WantedServers<'a> {
    let ChosenServers { text, scope, takes_variables } = chosen;
    WantedServers {
        given: Given::Text(text),
        name,
        environment: &[],
        scope: Some(*scope),
        replaces: false,
        takes_variables: *takes_variables,
    }
}
