//! Whole commands: those that run a server, and those with which other programs add one.
//!
//! Nothing of them is run here. Source of the words: Claude Code 2, Codex, Gemini CLI, VS Code and OpenCode 1.18, by their
//! documentation.

use rekindle_domain::{Scope, ServerNotice, masked_text};
use serde_json::{Map, Value, json};

use super::{
    Declared, Dialect, Server,
    entry::{Told, entry},
    jsonc, not_understood, of_url, variables,
};

/// Programs that run servers. Another word is taken for one only if it is a path.
const RUNNERS: [&str; 20] = [
    "bun", "bunx", "cargo", "deno", "dnx", "docker", "dotnet", "go", "java", "node", "npm", "npx", "pipx", "pnpm",
    "podman", "python", "python3", "uv", "uvx", "yarn",
];

/// The servers of one line.
pub(super) fn of_command(text: &str) -> Result<Declared, ServerNotice> {
    let text = text.replace("\\\r\n", " ").replace("\\\n", " ");
    let text = text.trim();
    let text = text.strip_prefix("$ ").or_else(|| text.strip_prefix("> ")).unwrap_or(text).trim_matches('`').trim();
    if text.lines().filter(|line| !line.trim().is_empty()).count() > 1 {
        return Err(ServerNotice::ServersSeveralCommands);
    }
    let words = shlex::split(text).ok_or_else(|| not_understood(text))?;
    if is_several(text) {
        return Err(ServerNotice::ServersSeveralCommands);
    }
    let split = words.iter().position(|word| assignment(word).is_none()).unwrap_or(words.len());
    let (assigned, words) = words.split_at(split);
    let Some(first) = words.first() else { return Err(not_understood(text)) };
    let environment: Vec<_> = assigned.iter().filter_map(|word| assignment(word)).collect();
    let rest = |skipped: usize| words.get(skipped..).unwrap_or_default();
    let verbs: Vec<_> = words.iter().skip(1).take(2).map(String::as_str).collect();
    match (program(first), verbs.as_slice()) {
        ("claude", ["mcp", "add-json"]) => of_named_json(rest(3)),
        ("claude" | "gemini" | "qwen" | "codex" | "opencode" | "amp" | "copilot", ["mcp", "add"]) => {
            Options::read(rest(3)).declared()
        }
        ("rekindle", ["mcp", "add"]) => Options::read(rest(3)).declared(),
        ("code" | "code-insiders" | "codium" | "cursor", ["--add-mcp", _]) => match words.get(2) {
            Some(json) => super::of_json(&jsonc::read(json)?),
            None => Err(not_understood(text)),
        },
        ("claude" | "gemini" | "codex" | "opencode" | "code" | "cursor" | "rekindle", _) => {
            let command = words.iter().take(3).map(|word| masked_text(word)).collect::<Vec<_>>().join(" ");
            Err(ServerNotice::ServerOtherCommand { command })
        }
        _ if words.len() == 1 && is_address(first) => Ok(one(of_url(first), None, Vec::new())),
        (name, _) if RUNNERS.contains(&name) || first.contains(['/', '\\']) => {
            local(name_of(words), words, &environment, None)
        }
        _ => Err(not_understood(text)),
    }
}

/// A name for the server that a command runs: that of its package, or of its program.
pub(super) fn name_of(words: &[String]) -> Option<String> {
    let program_name = program(words.first()?);
    let is_word =
        |word: &&String| !word.starts_with('-') && !["x", "dlx", "exec", "run", "tool"].contains(&word.as_str());
    let rest = || words.iter().skip(1);
    let named = match program_name {
        // The image is the first word that may name one; what is behind it is for the server.
        "docker" | "podman" => {
            let is_image = |word: &&String| {
                is_word(word) && word.contains(['/', ':']) && !word.contains('=') && !word.starts_with('/')
            };
            rest().find(is_image)
        }
        name if RUNNERS.contains(&name) => rest().find(is_word),
        _ => None,
    };
    let name = named.map_or(program_name, String::as_str);
    let last = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let plain = last.split(['@', ':']).find(|part| !part.is_empty())?;
    let plain = plain.rsplit_once('.').map_or(plain, |(stem, ending)| {
        if ["js", "mjs", "cjs", "ts", "py", "jar", "exe"].contains(&ending) { stem } else { plain }
    });
    Some(plain.to_owned()).filter(|name| !name.is_empty())
}

fn local(
    name: Option<String>,
    words: &[String],
    environment: &[(&str, &str)],
    scope: Option<Scope>,
) -> Result<Declared, ServerNotice> {
    let mut map = Map::from_iter([("command".to_owned(), json!(words))]);
    if !environment.is_empty() {
        let variables = environment.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value)));
        map.insert("env".to_owned(), Value::Object(variables.collect()));
    }
    let mut told = Told::of(name.as_deref().unwrap_or_default());
    let entry = entry(&unshelled(map), Dialect::Other, &mut told)?;
    Ok(one(Server { name, entry }, scope, told.notices))
}

fn one(server: Server, scope: Option<Scope>, told: Vec<ServerNotice>) -> Declared {
    Declared { servers: vec![server], scope, told }
}

/// `claude mcp add-json NAME JSON`.
fn of_named_json(words: &[String]) -> Result<Declared, ServerNotice> {
    let options = Options::read(words);
    let [name, text] = options.words.as_slice() else {
        return Err(ServerNotice::ServerOtherCommand { command: "claude mcp add-json".to_owned() });
    };
    let mut declared = super::of_json(&jsonc::read(text)?)?;
    if let [server] = declared.servers.as_mut_slice() {
        server.name = Some(name.clone());
    }
    declared.scope = options.scope;
    Ok(declared)
}

/// What a command says that adds a server.
#[derive(Default)]
struct Options {
    words: Vec<String>,
    /// What stands behind `--`.
    command: Vec<String>,
    url: Option<String>,
    transport: Option<String>,
    environment: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    bearer: Option<String>,
    scope: Option<Scope>,
    left_out: Vec<String>,
}

impl Options {
    fn read(words: &[String]) -> Self {
        let mut options = Self::default();
        let mut words = words.iter().cloned();
        while let Some(word) = words.next() {
            // Behind its name and its program, everything is the server's.
            if options.words.len() >= 2 && !options.words.get(1).is_some_and(|target| is_address(target)) {
                options.words.push(word);
                continue;
            }
            let (flag, given) = match word.split_once('=').filter(|_| word.starts_with("--")) {
                Some((flag, given)) => (flag.to_owned(), Some(given.to_owned())),
                None => (word.clone(), None),
            };
            let mut value = || given.clone().or_else(|| words.next()).unwrap_or_default();
            match flag.as_str() {
                "--" => {
                    options.command.extend(words.by_ref());
                    break;
                }
                "-s" | "--scope" => {
                    options.scope = Some(if value() == "user" { Scope::Global } else { Scope::Project });
                }
                "-g" | "--global" => options.scope = Some(Scope::Global),
                "-t" | "--transport" | "--type" => options.transport = Some(value()),
                "-e" | "--env" => {
                    let set = value();
                    match assignment(&set) {
                        Some((name, value)) => options.environment.push((name.to_owned(), value.to_owned())),
                        None => options.left_out.push(flag),
                    }
                }
                "-H" | "--header" => {
                    let header = value();
                    match header.split_once(':').or_else(|| header.split_once('=')) {
                        Some((name, value)) => options.headers.push((name.trim().to_owned(), value.trim().to_owned())),
                        None => options.left_out.push(flag),
                    }
                }
                "--url" => options.url = Some(value()),
                "--bearer-token-env-var" => options.bearer = Some(value()),
                _ if flag.starts_with('-') => options.left_out.push(flag),
                _ => options.words.push(word),
            }
        }
        options
    }

    fn declared(self) -> Result<Declared, ServerNotice> {
        let mut words = self.words.into_iter();
        let name = words.next();
        let mut told = Told::of(name.as_deref().unwrap_or_default());
        let mut command: Vec<String> = words.chain(self.command).collect();
        let is_remote = self.url.is_some()
            || command.len() == 1 && command.first().is_some_and(|word| is_address(word))
            || matches!(self.transport.as_deref(), Some("http" | "sse" | "streamable-http"));
        let texts = |pairs: Vec<(String, String)>| {
            Value::Object(pairs.into_iter().map(|(name, value)| (name, Value::from(value))).collect())
        };
        let mut map = Map::new();
        if is_remote {
            let url = self.url.or_else(|| command.pop());
            map.insert("url".to_owned(), json!(url));
            if !self.headers.is_empty() {
                map.insert("headers".to_owned(), texts(self.headers));
            }
            if let Some(variable) = self.bearer {
                map.insert("bearer_token_env_var".to_owned(), variable.into());
            }
        } else if !command.is_empty() {
            map.insert("command".to_owned(), json!(command));
        }
        if !self.environment.is_empty() {
            map.insert("env".to_owned(), texts(self.environment));
        }
        let entry = entry(&unshelled(map), Dialect::Other, &mut told)?;
        let left_out = |key| ServerNotice::ServerKeyLeftOut { name: told.name.clone(), key };
        let mut notices = told.notices.clone();
        notices.extend(self.left_out.into_iter().map(left_out));
        Ok(one(Server { name, entry }, self.scope, notices))
    }
}

/// What a shell would have put in the place of `$NAME`, as a reference.
fn unshelled(mut map: Map<String, Value>) -> Map<String, Value> {
    for (_, value) in map.iter_mut() {
        match value {
            Value::String(text) => *text = of_shell(text),
            Value::Array(list) => list.iter_mut().for_each(|word| {
                if let Value::String(text) = word {
                    *text = of_shell(text);
                }
            }),
            Value::Object(inner) => *inner = unshelled(std::mem::take(inner)),
            _ => {}
        }
    }
    map
}

fn of_shell(text: &str) -> String {
    let mut parts = text.split('$');
    let mut written = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(part.len());
        let (name, behind) = part.split_at(end);
        if variables::is_variable(name) {
            written.push_str(&variables::env(name));
            written.push_str(behind);
        } else {
            written.push('$');
            written.push_str(part);
        }
    }
    written
}

/// `NAME=value`.
fn assignment(word: &str) -> Option<(&str, &str)> {
    word.split_once('=').filter(|(name, _)| variables::is_variable(name))
}

fn is_address(word: &str) -> bool {
    word.starts_with("https://") || word.starts_with("http://")
}

/// The name of a program without its folder.
fn program(word: &str) -> &str {
    let name = word.rsplit(['/', '\\']).next().unwrap_or(word);
    name.strip_suffix(".exe").or_else(|| name.strip_suffix(".cmd")).unwrap_or(name)
}

/// Whether a shell would do more than run one program: what is in quotes is left out of account.
fn is_several(text: &str) -> bool {
    let (mut quote, mut before) = (None, ' ');
    for c in text.chars() {
        match (quote, c) {
            _ if before == '\\' => {}
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            (Some('\''), _) => {}
            (_, '`') => return true,
            (_, '(') if before == '$' => return true,
            (None, '|' | '&' | ';' | '<' | '>') => return true,
            _ => {}
        }
        before = if before == '\\' { ' ' } else { c };
    }
    false
}
