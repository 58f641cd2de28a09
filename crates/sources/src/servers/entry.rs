//! One server's entry, whoever wrote it, as OpenCode's own.
//!
//! Invariant: each key of it is carried over, or told. Source of the shape: the schema that OpenCode 1.18 publishes
//! (`McpLocalConfig`, `McpRemoteConfig`).

use rekindle_domain::ServerNotice;
use serde_json::{Map, Value, json};

use super::{
    Dialect,
    variables::{env, is_variable, rewritten},
};

/// What is told of one server.
pub(super) struct Told {
    pub(super) name: String,
    pub(super) notices: Vec<ServerNotice>,
}

impl Told {
    pub(super) fn of(name: &str) -> Self {
        Self { name: name.to_owned(), notices: Vec::new() }
    }

    fn left_out(&mut self, key: &str) {
        self.notices.push(ServerNotice::ServerKeyLeftOut { name: self.name.clone(), key: key.to_owned() });
    }

    fn bad(&self, key: &str) -> ServerNotice {
        ServerNotice::ServerBadValue { name: self.name.clone(), key: key.to_owned() }
    }
}

/// The keys under which an address stands.
const ADDRESSES: [&str; 4] = ["url", "httpUrl", "serverUrl", "endpoint"];
/// What is only for people.
const FOR_PEOPLE: [&str; 6] = ["$schema", "name", "description", "gallery", "icon", "source"];

/// Whether a value may be the entry of a server.
pub(super) fn is_one(value: &Value) -> bool {
    let has = |key: &&str| value.get(*key).is_some_and(|value| value.is_string());
    value.get("command").is_some_and(|command| !command.is_null() && !command.is_boolean()) || ADDRESSES.iter().any(has)
}

/// The entry of a server. `told.name` is its name.
pub(super) fn entry(map: &Map<String, Value>, dialect: Dialect, told: &mut Told) -> Result<Value, ServerNotice> {
    // Only a switch for what another file declares.
    if dialect == Dialect::Own && map.len() == 1 && map.get("enabled").is_some_and(Value::is_boolean) {
        return Ok(Value::Object(map.clone()));
    }
    let is_own = dialect == Dialect::Own || matches!(map.get("type").and_then(Value::as_str), Some("local" | "remote"));
    let mut reader = Reader { is_own, told, written: Map::new() };
    let address = ADDRESSES.iter().find_map(|key| map.get(*key).map(|value| (*key, value)));
    let kind = map.get("type").or_else(|| map.get("transport")).and_then(Value::as_str);
    let is_remote = match (map.get("command"), address) {
        (Some(_), Some(_)) => !matches!(kind, Some("local" | "stdio")),
        (Some(_), None) => false,
        (None, Some(_)) => true,
        (None, None) => {
            return Err(ServerNotice::ServerWithoutTarget { name: reader.told.name.clone() });
        }
    };
    reader.written.insert("type".to_owned(), if is_remote { "remote" } else { "local" }.into());
    match address.filter(|_| is_remote) {
        Some((key, value)) => {
            let url = reader.text(key, value)?;
            reader.written.insert("url".to_owned(), url.into());
        }
        None => reader.command(map)?,
    }
    for (key, value) in map {
        reader.key(key, value, is_remote)?;
    }
    Ok(Value::Object(reader.written))
}

struct Reader<'a> {
    is_own: bool,
    told: &'a mut Told,
    written: Map<String, Value>,
}

impl Reader<'_> {
    fn key(&mut self, key: &str, value: &Value, is_remote: bool) -> Result<(), ServerNotice> {
        match (key, is_remote) {
            ("type" | "transport", _) => {}
            ("command" | "args", false) => {}
            (key, true) if ADDRESSES.contains(&key) => {}
            (key, _) if FOR_PEOPLE.contains(&key) => {}
            ("env" | "environment", false) => self.texts("environment", key, value)?,
            ("env_vars", false) => self.passed_on(key, value)?,
            ("cwd" | "workingDirectory" | "working_directory", false) => {
                let cwd = self.text(key, value)?;
                // Where the engine runs it anyway.
                if cwd != "." {
                    self.written.insert("cwd".to_owned(), cwd.into());
                }
            }
            ("headers" | "http_headers", true) => self.texts("headers", key, value)?,
            ("env_http_headers", true) => self.headers_of_variables(key, value)?,
            ("bearer_token_env_var", true) => {
                let variable = self.variable(key, value)?;
                self.put("headers", "Authorization", format!("Bearer {}", env(&variable)));
            }
            ("oauth" | "auth", true) => self.oauth(key, value)?,
            ("disabled", _) => {
                let is_off = value.as_bool().ok_or_else(|| self.told.bad(key))?;
                if is_off {
                    self.written.insert("enabled".to_owned(), false.into());
                }
            }
            ("enabled", _) => {
                let is_on = value.as_bool().ok_or_else(|| self.told.bad(key))?;
                // What is on anyway need not be said, but for the reader of OpenCode's own.
                if self.is_own || !is_on {
                    self.written.insert("enabled".to_owned(), is_on.into());
                }
            }
            ("timeout" | "startup_timeout_ms", _) => self.timeout(key, value, 1)?,
            ("startup_timeout_sec", _) => self.timeout(key, value, 1000)?,
            (key, _) => self.told.left_out(key),
        }
        Ok(())
    }

    /// A text as OpenCode reads it.
    fn text(&mut self, key: &str, value: &Value) -> Result<String, ServerNotice> {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            Value::Bool(is_so) => is_so.to_string(),
            _ => return Err(self.told.bad(key)),
        };
        Ok(if self.is_own { text } else { rewritten(&text, key, self.told) })
    }

    fn command(&mut self, map: &Map<String, Value>) -> Result<(), ServerNotice> {
        let given = map.get("command").unwrap_or(&Value::Null);
        let mut words = match given {
            Value::String(text) => match map.get("args") {
                // A whole command line in the place of a program; a path may have blanks.
                None if !self.is_own && text.contains(' ') && !text.split(' ').next().is_some_and(is_path) => {
                    shlex::split(text).ok_or_else(|| self.told.bad("command"))?
                }
                _ => vec![text.clone()],
            },
            Value::Array(list) => list.iter().map(|word| self.text("command", word)).collect::<Result<_, _>>()?,
            // As Zed had it.
            Value::Object(inner) => {
                let path = inner.get("path").and_then(Value::as_str).ok_or_else(|| self.told.bad("command"))?;
                let mut words = vec![path.to_owned()];
                words.extend(self.list("command.args", inner.get("args"))?);
                if let Some(variables) = inner.get("env") {
                    self.texts("environment", "command.env", variables)?;
                }
                words
            }
            _ => return Err(self.told.bad("command")),
        };
        if !given.is_array() && !self.is_own {
            words = words.iter().map(|word| rewritten(word, "command", self.told)).collect();
        }
        words.extend(self.list("args", map.get("args"))?);
        if words.first().is_none_or(String::is_empty) {
            return Err(self.told.bad("command"));
        }
        self.written.insert("command".to_owned(), json!(words));
        Ok(())
    }

    fn list(&mut self, key: &str, value: Option<&Value>) -> Result<Vec<String>, ServerNotice> {
        match value {
            None | Some(Value::Null) => Ok(Vec::new()),
            Some(Value::Array(list)) => list.iter().map(|word| self.text(key, word)).collect(),
            Some(_) => Err(self.told.bad(key)),
        }
    }

    /// A map of names and texts, such as that of variables or of headers.
    fn texts(&mut self, to: &str, key: &str, value: &Value) -> Result<(), ServerNotice> {
        let map = match value {
            Value::Null => return Ok(()),
            Value::Object(map) => map,
            _ => return Err(self.told.bad(key)),
        };
        for (name, value) in map {
            let place = format!("{to}.{name}");
            match value {
                Value::Null => self.told.left_out(&place),
                value => {
                    let text = self.text(&place, value)?;
                    self.put(to, name, text);
                }
            }
        }
        Ok(())
    }

    /// Variables that are handed on to the server.
    fn passed_on(&mut self, key: &str, value: &Value) -> Result<(), ServerNotice> {
        let list = value.as_array().ok_or_else(|| self.told.bad(key))?;
        for variable in list {
            let variable = self.variable(key, variable.get("name").unwrap_or(variable))?;
            self.put("environment", &variable, env(&variable));
        }
        Ok(())
    }

    fn headers_of_variables(&mut self, key: &str, value: &Value) -> Result<(), ServerNotice> {
        let map = value.as_object().ok_or_else(|| self.told.bad(key))?;
        for (header, variable) in map {
            let variable = self.variable(key, variable)?;
            self.put("headers", header, env(&variable));
        }
        Ok(())
    }

    fn variable(&self, key: &str, value: &Value) -> Result<String, ServerNotice> {
        value.as_str().filter(|name| is_variable(name)).map(str::to_owned).ok_or_else(|| self.told.bad(key))
    }

    fn put(&mut self, to: &str, name: &str, text: String) {
        if let Some(map) = self.written.entry(to).or_insert_with(|| json!({})).as_object_mut() {
            map.insert(name.to_owned(), text.into());
        }
    }

    fn oauth(&mut self, key: &str, value: &Value) -> Result<(), ServerNotice> {
        let map = match value {
            Value::Bool(false) => {
                self.written.insert("oauth".to_owned(), false.into());
                return Ok(());
            }
            // That is what OpenCode finds out for itself.
            Value::Bool(true) | Value::Null => return Ok(()),
            Value::Object(map) => map,
            Value::String(_) => {
                self.told.left_out(key);
                return Ok(());
            }
            _ => return Err(self.told.bad(key)),
        };
        let mut written = Map::new();
        for (name, value) in map {
            let place = format!("{key}.{name}");
            let to = match name.as_str() {
                "clientId" | "client_id" | "CLIENT_ID" => "clientId",
                "clientSecret" | "client_secret" | "CLIENT_SECRET" => "clientSecret",
                "scope" | "scopes" => "scope",
                "redirectUri" | "redirect_uri" => "redirectUri",
                "callbackPort" | "callback_port" => "callbackPort",
                _ => {
                    self.told.left_out(&place);
                    continue;
                }
            };
            let value = match (to, value) {
                ("callbackPort", port) if port.as_u64().is_some_and(|port| (1..=65535).contains(&port)) => port.clone(),
                ("callbackPort", _) => return Err(self.told.bad(&place)),
                ("scope", Value::Array(_)) => self.list(&place, Some(value))?.join(" ").into(),
                _ => self.text(&place, value)?.into(),
            };
            written.insert(to.to_owned(), value);
        }
        self.written.insert("oauth".to_owned(), Value::Object(written));
        Ok(())
    }

    /// A limit in this many milliseconds. In one that is too short for milliseconds, seconds are meant.
    fn timeout(&mut self, key: &str, value: &Value, unit: u64) -> Result<(), ServerNotice> {
        let given = value.as_f64().filter(|given| *given > 0.0 && *given < 1e9).ok_or_else(|| self.told.bad(key))?;
        let is_seconds = !self.is_own && unit == 1 && given < 1000.0;
        let unit = if is_seconds { 1000 } else { unit };
        let milliseconds = (given * unit as f64).ceil() as u64;
        if is_seconds {
            let (name, seconds) = (self.told.name.clone(), milliseconds.div_ceil(1000));
            self.told.notices.push(ServerNotice::ServerTimeoutInSeconds { name, seconds });
        }
        self.written.insert("timeout".to_owned(), milliseconds.into());
        Ok(())
    }
}

fn is_path(word: &str) -> bool {
    word.contains(['/', '\\'])
}
