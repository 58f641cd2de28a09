//! `rekindle config`: what is configured, by which file, and setting single keys.

use std::process::ExitCode;

use rekindle_app::{
    edit::{SetKey, set_key, unset_key},
    files::{
        locate::Places,
        settled::{only_key, settled, whole_of},
    },
};
use rekindle_domain::UserError;
use serde_json::json;

use super::{print_change, scope};
use crate::{
    arguments::{Arguments, ConfigCommand},
    context, print,
    words::{self, config},
};

pub(super) async fn run(arguments: &Arguments, command: &ConfigCommand) -> Result<ExitCode, UserError> {
    let target = context::target(arguments).await?;
    let places = target.places();
    let schema = target.engine.schema(places).await;
    let schema = schema.as_deref();
    match command {
        ConfigCommand::List { key } => {
            let mut found = settled(places, schema);
            if let Some(key) = key {
                only_key(&mut found, key)?;
            }
            print::result(arguments, &found, || config::settled(&found));
        }
        ConfigCommand::Get { key } => {
            let mut found = settled(places, schema);
            let written = only_key(&mut found, key)?;
            let value = whole_of(&written, &found.keys)?;
            let told = json!({ "key": written, "value": value, "keys": found.keys });
            print::result(arguments, &told, || config::value(&value));
        }
        ConfigCommand::Set { key, value, global } => {
            tell(arguments, places, &set_key(places, schema, key, value, scope(*global))?);
        }
        ConfigCommand::Unset { key, global } => {
            tell(arguments, places, &unset_key(places, schema, key, scope(*global))?);
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn tell(arguments: &Arguments, places: &Places, set: &SetKey) {
    let token = set.operation.as_ref().map(|operation| &operation.token);
    let mut told = json!({ "undo": token, "path": set.path, "key": set.key, "notices": set.remarks });
    if let (Some(value), Some(fields)) = (&set.value, told.as_object_mut()) {
        fields.insert("value".to_owned(), value.clone());
    }
    let text = config::set(&set.key, set.value.as_ref(), &places.short(&set.path), token.is_some());
    print_change(arguments, &told, text);
    if !arguments.json {
        set.remarks.iter().for_each(|remark| print::warn(arguments, &words::note(remark)));
    }
}
