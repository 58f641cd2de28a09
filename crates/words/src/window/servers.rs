//! The words of adding MCP servers.

use rekindle_domain::{Notice, ServerNotice};

use crate::{text::counted, window::remark};

pub const TITLE: &str = "Add MCP servers";
pub const FIELD: &str = "JSON, command or URL";
pub const ADD_SERVER: &str = "Add server";
pub const NAME: &str = "Name";
pub const ADVICE: &str =
    "OpenCode runs local servers with your rights, and sends data to remote ones. Add only what you trust.";

pub const TAKE_VARIABLES: &str = "Read secrets from environment variables";
pub const SIGN_IN: &str = "Sign in";
pub const NO_BROWSER: &str = "OpenCode could not open a browser. Open this address:";
pub const COPY_ADDRESS: &str = "Copy address";
pub const COPIED_ADDRESS: &str = "Copied the address.";

/// What a person has to do now.
pub fn signing_in(name: &str) -> String {
    format!("Sign in to {name} in your browser. This closes when you are done.")
}

/// It is done.
pub fn signed_in(name: &str) -> String {
    format!("Signed in to {name}")
}

/// Where they would be declared.
pub fn place(place: &str) -> String {
    format!("Adds to {place}")
}

/// Another one is declared by the same name.
pub fn declared(path: &str) -> String {
    format!("Already declared in {path}.")
}

/// What a person should know.
pub fn notice(notice: &Notice) -> String {
    remark(notice)
}

/// The button, for so many servers.
pub fn add(number: usize) -> String {
    match number {
        0 | 1 => "Add".to_owned(),
        _ => format!("Add {}", counted(number, "server")),
    }
}

/// Whether this is of a secret that would be in a file.
pub fn is_secret(notice: &Notice) -> bool {
    matches!(notice, Notice::Server(ServerNotice::ServerSecretInFile { .. }))
}

/// They are declared.
pub fn added(names: &[String]) -> String {
    match names {
        [name] => format!("Added {name}"),
        names => format!("Added {}", counted(names.len(), "server")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_added_is_counted() {
        assert_eq!((add(0), add(1), add(2)), ("Add".to_owned(), "Add".to_owned(), "Add 2 servers".to_owned()));
        assert_eq!(added(&["a".to_owned()]), "Added a");
        assert_eq!(added(&["a".to_owned(), "b".to_owned()]), "Added 2 servers");
    }
}
