//! MCP servers: what was pasted, what of it could not be carried over, and what is to be known of an entry.

use rekindle_domain::ServerNotice;

use super::Front;

/// Every form that is understood.
const FORMS: &str = "use the JSON or TOML that the server's page shows for any program (mcpServers, servers, mcp_servers, \
                     context_servers, mcp, server.json), an https address, or a whole command such as “npx -y package”";

pub(super) fn said(notice: &ServerNotice, front: Front) -> String {
    let fixed = match notice {
        ServerNotice::ServersEmpty => "no server was given",
        ServerNotice::ServersTooLarge => "this is too long or too deeply nested to be a server configuration",
        ServerNotice::ServersNotUnderstood { text } => {
            return format!("“{text}” is not a server configuration that Rekindle understands");
        }
        ServerNotice::ServersBroken { why, line, column } => {
            return format!("line {line}, column {column} of what was given: {}", super::said(why, front));
        }
        ServerNotice::ServersNone => "no server was found in what was given",
        ServerNotice::ServerNameless => "what was given does not say what the server is called",
        ServerNotice::ServerBadName { name } => return format!("“{name}” cannot be the name of a server"),
        ServerNotice::ServersOfOtherNames { name, names } => {
            return format!("what was given has no server “{name}”, only {}", names.join(", "));
        }
        ServerNotice::ServersSeveralCommands => "this is more than one command",
        ServerNotice::ServerOtherCommand { command } => return format!("“{command} …” does not add a server"),
        ServerNotice::ServerWithoutTarget { name } => {
            return format!("the server “{name}” has neither a command nor an address");
        }
        ServerNotice::ServerBadValue { name, key } => {
            return format!("“{key}” of the server “{name}” has a value of the wrong kind");
        }
        ServerNotice::ServerKeyLeftOut { name, key } => {
            return format!("“{key}” of the server “{name}” was left out: OpenCode has no such setting");
        }
        ServerNotice::ServerDefaultLeftOut { name, key, variable } => {
            return format!("“{key}” of the server “{name}” no longer has a default for the variable {variable}");
        }
        ServerNotice::ServerReferenceKept { name, key, reference } => {
            return format!("“{key}” of the server “{name}” contains {reference}, which OpenCode does not replace");
        }
        ServerNotice::ServerInputFromVariable { name, input, variable } => {
            return format!(
                "the server “{name}” needs “{input}”: OpenCode does not prompt for it, but reads it from the variable {variable}"
            );
        }
        ServerNotice::ServerTimeoutInSeconds { name, seconds } => {
            return format!("the timeout of the server “{name}” was taken for {seconds} seconds");
        }
        ServerNotice::ServerWayLeftOut { name, way } => {
            return format!("another way to run the server “{name}” was left out: {way}");
        }
        ServerNotice::ServerDeclared { name, path } => return format!("“{name}” is already declared in {path}"),
        ServerNotice::ServerNotDeclared { name } => return format!("no file here declares a server “{name}”"),
        ServerNotice::ServerNotTurned { name } => {
            return format!("another file still overrides this for “{name}”, so it stays as it was");
        }
        ServerNotice::ServerAsWanted { name, is_on } => {
            return format!("“{name}” is already turned {}", if *is_on { "on" } else { "off" });
        }
        ServerNotice::ServerSecretInFile { name, key, .. } => {
            return format!(
                "“{key}” of the server “{name}” looks like a secret, and is stored in the file in plain text"
            );
        }
        ServerNotice::ServerSecretMoved { name, key, variable } => {
            return format!("“{key}” of the server “{name}” is read from the variable {variable}");
        }
        ServerNotice::ServerNotSpawned { name, why } => {
            return format!("the server “{name}” could not be started: {why}");
        }
        ServerNotice::ServerEnded { name } => return format!("the server “{name}” ended before it answered"),
        ServerNotice::ServerSilent { name, method, seconds } => {
            return format!("the server “{name}” did not answer “{method}” within {seconds} s");
        }
        ServerNotice::ServerSpeaksOther { name, line } => {
            return format!("the server “{name}” does not speak MCP; it printed: {line}");
        }
        ServerNotice::ServerRefused { name, method, why } => {
            return format!("the server “{name}” answered “{method}” with an error: {why}");
        }
        ServerNotice::ServerUnreachable { name, why } => {
            return format!("the address of the server “{name}” cannot be reached: {why}");
        }
        ServerNotice::ServerStatus { name, status } => {
            return format!("the address of the server “{name}” answers with status {status}");
        }
        ServerNotice::ServerWantsSignIn { name } => return format!("the server “{name}” wants you to sign in"),
        ServerNotice::ServerLastWords { why, words } => {
            return format!("{}; its last output: {words}", super::said(why, front));
        }
        ServerNotice::ServerWithoutSignIn { name } => {
            return format!("the server “{name}” does not support signing in");
        }
        ServerNotice::ServerNotSignedIn { name } => {
            return format!("signing in to the server “{name}” did not succeed");
        }
        ServerNotice::ServerNotLoaded { name } => return format!("the engine has not loaded a server “{name}”"),
        ServerNotice::ServerOnlyInEngine => "no file declares it: it was added to the running engine",
        ServerNotice::ServerVariableUnset { name, variable } => {
            return format!(
                "the server “{name}” uses the variable {variable}, which is not set: OpenCode reads it as empty"
            );
        }
    };
    fixed.to_owned()
}

pub(super) fn hint(notice: &ServerNotice, front: Front) -> String {
    let fixed = match (notice, front) {
        (ServerNotice::ServersEmpty | ServerNotice::ServersNotUnderstood { .. } | ServerNotice::ServersNone, _) => {
            FORMS
        }
        (ServerNotice::ServersTooLarge, _) => "use only the part that declares the server",
        (ServerNotice::ServersBroken { .. }, _) => "correct it, or copy all of it again; nothing was changed",
        (ServerNotice::ServerNameless, Front::Command) => "give it a name: rekindle mcp add NAME …",
        (ServerNotice::ServerNameless | ServerNotice::ServerBadName { .. }, _) => "give it a name",
        (ServerNotice::ServersOfOtherNames { .. }, Front::Command) => "use one of these names, or none to add them all",
        (ServerNotice::ServersOfOtherNames { .. }, Front::Window) => "use one of these names",
        (ServerNotice::ServersSeveralCommands, _) => "use one at a time",
        (ServerNotice::ServerOtherCommand { .. }, _) => "use the command that adds or runs the server",
        (ServerNotice::ServerWithoutTarget { .. }, _) => "add a command or a url to it; nothing was changed",
        (ServerNotice::ServerBadValue { .. }, _) => "correct it; nothing was changed",
        (ServerNotice::ServerKeyLeftOut { .. } | ServerNotice::ServerWayLeftOut { .. }, _) => "",
        (
            ServerNotice::ServerDefaultLeftOut { variable, .. }
            | ServerNotice::ServerInputFromVariable { variable, .. },
            _,
        ) => {
            return format!("set {variable} where the engine starts");
        }
        (ServerNotice::ServerReferenceKept { .. }, _) => "write the value in its place",
        (ServerNotice::ServerTimeoutInSeconds { .. }, _) => {
            "OpenCode counts in milliseconds; change it if that is wrong"
        }
        (ServerNotice::ServerDeclared { .. }, Front::Command) => {
            "remove it first with: rekindle mcp remove, or use --replace or another name"
        }
        (ServerNotice::ServerDeclared { .. }, Front::Window) => "remove it first, or use another name",
        (ServerNotice::ServerNotTurned { .. }, _) => "look for “enabled” in the configuration files of every scope",
        (ServerNotice::ServerNotDeclared { .. }, Front::Command) => "see what is there with: rekindle mcp list",
        (ServerNotice::ServerNotDeclared { .. }, Front::Window) => "look at the list of what is there",
        (ServerNotice::ServerAsWanted { .. }, _) => "nothing was changed",
        (ServerNotice::ServerSecretInFile { variable, .. }, _) => {
            return format!("write {{env:{variable}}} in its place, and set {variable} where the engine starts");
        }
        (ServerNotice::ServerSecretMoved { variable, .. }, _) => {
            return format!("set {variable} to the secret where the engine starts");
        }
        (ServerNotice::ServerNotSpawned { .. }, _) => "check that the program is installed, and the PATH of the engine",
        (ServerNotice::ServerEnded { .. } | ServerNotice::ServerSpeaksOther { .. }, _) => {
            "check its command, its arguments and its variables"
        }
        (ServerNotice::ServerSilent { .. }, _) => {
            "check whether it is waiting for something, or give it a longer timeout in its entry"
        }
        (ServerNotice::ServerRefused { .. }, _) => "check its version and its settings",
        (ServerNotice::ServerUnreachable { .. } | ServerNotice::ServerStatus { .. }, _) => {
            "check the address, and the network"
        }
        (ServerNotice::ServerWantsSignIn { name }, Front::Command) => {
            return format!("sign in with: rekindle mcp sign-in {name}, or check the headers in its entry");
        }
        (ServerNotice::ServerWantsSignIn { .. }, Front::Window) => "sign in, or check the headers in its entry",
        (ServerNotice::ServerWithoutSignIn { .. }, _) => "check the headers and “oauth” in its entry",
        (ServerNotice::ServerNotSignedIn { .. }, _) => {
            "try again, and allow access in the browser; the engine's log has the reason"
        }
        (ServerNotice::ServerLastWords { why, .. }, _) => return super::hint(why, front),
        (ServerNotice::ServerNotLoaded { .. }, Front::Command) => "see what is pending with: rekindle status",
        (ServerNotice::ServerNotLoaded { .. }, Front::Window) => "reload the engine if the server is pending",
        (ServerNotice::ServerOnlyInEngine, _) => "the next reload removes it; declare it to keep it",
        (ServerNotice::ServerVariableUnset { variable, .. }, _) => {
            return format!("set {variable}, then restart the engine");
        }
    };
    fixed.to_owned()
}
