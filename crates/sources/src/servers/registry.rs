//! A `server.json` of the MCP registry: packages, and addresses.
//!
//! Invariant: the first way to run it that OpenCode can use is taken, packages before addresses, and the others are told.
//! Source of the shape: the registry's schema of 2025-12-11.

use rekindle_domain::ServerNotice;
use serde_json::{Map, Value, json};

use super::{
    Declared, Server,
    variables::{env, variable_of},
};

/// The server of such a file; `None`: it is none.
pub(super) fn of_registry(map: &Map<String, Value>) -> Option<Result<Declared, ServerNotice>> {
    // As the registry's own answers have it.
    let map = map.get("server").and_then(Value::as_object).unwrap_or(map);
    let list = |key: &str| map.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let full = map.get("name").and_then(Value::as_str)?;
    let (packages, remotes) = (list("packages"), list("remotes"));
    if packages.is_empty() && remotes.is_empty() {
        return None;
    }
    let name = full.rsplit('/').next().unwrap_or(full).to_owned();
    let mut reader = Reader { name: name.clone(), told: Vec::new() };
    let mut entry = None;
    for (way, value) in packages.iter().map(|one| (true, one)).chain(remotes.iter().map(|one| (false, one))) {
        let made = match (entry.is_some(), way) {
            (true, _) => None,
            (false, true) => reader.package(value),
            (false, false) => reader.remote(value),
        };
        match made {
            Some(made) => entry = Some(made),
            None => {
                let told = if way {
                    text(value, &["registryType", "registry_type", "registry_name"])
                } else {
                    text(value, &["url"])
                };
                let way = told.unwrap_or("?").to_owned();
                reader.told.push(ServerNotice::ServerWayLeftOut { name: name.clone(), way });
            }
        }
    }
    let Reader { told, .. } = reader;
    Some(match entry {
        Some(entry) => Ok(Declared { servers: vec![Server { name: Some(name), entry }], scope: None, told }),
        None => Err(ServerNotice::ServerWithoutTarget { name }),
    })
}

struct Reader {
    name: String,
    told: Vec<ServerNotice>,
}

impl Reader {
    fn package(&mut self, package: &Value) -> Option<Value> {
        let id = text(package, &["identifier", "name"])?;
        let version = text(package, &["version"]).filter(|version| !version.is_empty());
        let at = |between: &str| version.map_or_else(|| id.to_owned(), |version| format!("{id}{between}{version}"));
        let kind = text(package, &["registryType", "registry_type", "registry_name"])?;
        // Another transport than the standard streams has an address that only the server's page tells how to reach.
        let transport = package["transport"]["type"].as_str().unwrap_or("stdio");
        if transport != "stdio" {
            return None;
        }
        let mut words: Vec<String> = match kind {
            "npm" => vec!["npx".to_owned(), "-y".to_owned()],
            "pypi" => vec!["uvx".to_owned()],
            "oci" | "docker" => ["docker", "run", "-i", "--rm"].map(str::to_owned).into(),
            _ => return None,
        };
        let (variables, names) = self.variables(package);
        if let ("npm" | "pypi", Some(hint)) = (kind, text(package, &["runtimeHint", "runtime_hint"]))
            && hint != words.first().map_or("", String::as_str)
        {
            words = vec![hint.to_owned()];
        }
        words.extend(self.arguments(package, &["runtimeArguments", "runtime_arguments"]));
        words.dedup_by(|after, before| before == "-y" && after == "-y");
        if words.first().is_some_and(|program| program == "docker") {
            words.extend(names.iter().flat_map(|name| ["-e".to_owned(), name.clone()]));
        }
        words.push(match kind {
            "oci" | "docker" if !id.rsplit('/').next().unwrap_or(id).contains([':', '@']) => at(":"),
            "oci" | "docker" => id.to_owned(),
            _ => at("@"),
        });
        words.extend(self.arguments(package, &["packageArguments", "package_arguments"]));
        Some(with(json!({ "type": "local", "command": words }), "environment", variables))
    }

    fn remote(&mut self, remote: &Value) -> Option<Value> {
        let url = text(remote, &["url"])?;
        let entry = json!({ "type": "remote", "url": self.filled(url) });
        let headers: Map<_, _> = items(remote, &["headers"])
            .filter_map(|header| {
                let name = text(header, &["name"])?;
                Some((name.to_owned(), Value::from(self.value(header, name))))
            })
            .collect();
        Some(with(entry, "headers", headers))
    }

    /// The variables that a package wants, and their names.
    fn variables(&mut self, package: &Value) -> (Map<String, Value>, Vec<String>) {
        let mut variables = Map::new();
        for variable in items(package, &["environmentVariables", "environment_variables"]) {
            let Some(name) = text(variable, &["name"]) else { continue };
            let is_wanted = variable["isRequired"] == true || variable["is_required"] == true;
            if is_wanted || text(variable, &["value", "default"]).is_some() {
                let value = self.value(variable, name);
                variables.insert(name.to_owned(), value.into());
            } else {
                let (name, key) = (self.name.clone(), format!("environment.{name}"));
                self.told.push(ServerNotice::ServerKeyLeftOut { name, key });
            }
        }
        let names = variables.keys().cloned().collect();
        (variables, names)
    }

    fn arguments(&mut self, package: &Value, keys: &[&str]) -> Vec<String> {
        let mut words = Vec::new();
        for argument in items(package, keys) {
            let name = text(argument, &["name"]);
            let value = text(argument, &["value", "default"]);
            let is_flag = argument["type"] == "named";
            let hint = text(argument, &["valueHint", "value_hint"]).or(name).unwrap_or("argument");
            let is_wanted = argument["isRequired"] == true || argument["is_required"] == true;
            match (is_flag, value) {
                (true, value)
                    if value.is_some() || is_wanted || argument["value"].is_null() && argument["format"].is_null() =>
                {
                    words.extend(name.map(str::to_owned));
                    words.extend(value.map(|value| self.filled(value)));
                }
                (false, Some(value)) => words.push(self.filled(value)),
                _ if is_wanted => words.push(self.asked(hint)),
                _ => {
                    let (name, key) = (self.name.clone(), hint.to_owned());
                    self.told.push(ServerNotice::ServerKeyLeftOut { name, key });
                }
            }
        }
        words
    }

    /// The value of a variable or a header: what the file says, or that of a variable of the environment.
    fn value(&mut self, input: &Value, name: &str) -> String {
        match text(input, &["value", "default"]) {
            Some(value) => self.filled(value),
            None => env(&variable_of(name)),
        }
    }

    /// A text with `{name}` from the environment.
    fn filled(&mut self, text: &str) -> String {
        let mut written = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let Some((inner, behind)) = after.split_once('}') else { break };
            written.push_str(before);
            written.push_str(&self.asked(inner));
            rest = behind;
        }
        written + rest
    }

    /// What a person would be asked for.
    fn asked(&mut self, input: &str) -> String {
        let variable = variable_of(input);
        let (name, input) = (self.name.clone(), input.to_owned());
        self.told.push(ServerNotice::ServerInputFromVariable { name, input, variable: variable.clone() });
        env(&variable)
    }
}

/// An entry with a map of texts, if there are any.
fn with(mut entry: Value, key: &str, texts: Map<String, Value>) -> Value {
    if let Some(map) = entry.as_object_mut().filter(|_| !texts.is_empty()) {
        map.insert(key.to_owned(), Value::Object(texts));
    }
    entry
}

fn text<'a>(value: &'a Value, keys: &[&str]) -> Option<&'a str> {
    keys.iter().find_map(|key| value.get(*key)?.as_str())
}

fn items<'a>(value: &'a Value, keys: &[&str]) -> impl Iterator<Item = &'a Value> {
    let list = keys.iter().find_map(|key| value.get(*key)?.as_array());
    list.into_iter().flatten()
}
