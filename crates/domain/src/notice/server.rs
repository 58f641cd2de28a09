//! MCP servers: what was pasted, what of it could not be carried over, and what is to be known of an entry.

use super::{Notice, notices};

notices! {
    /// What is to be said of the declaration of MCP servers.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub enum ServerNotice {
        /// There is nothing.
        ServersEmpty,
        /// It is too long, or nested too deep.
        ServersTooLarge,
        /// It has none of the forms.
        ServersNotUnderstood {
            /// How it begins.
            text: String,
        },
        /// It has one of the forms, and does not parse.
        ServersBroken {
            /// Why.
            why: Box<Notice>,
            /// Its line.
            line: usize,
            /// Its column.
            column: usize,
        },
        /// It has one of the forms, and no server.
        ServersNone,
        /// It is a single server without a name.
        ServerNameless,
        /// A name cannot be that of a server.
        ServerBadName {
            /// The name.
            name: String,
        },
        /// It has several servers, and none of the name that was asked for.
        ServersOfOtherNames {
            /// The name that was asked for.
            name: String,
            /// The names that there are.
            names: Vec<String>,
        },
        /// It is more than one command.
        ServersSeveralCommands,
        /// It is a command that adds no server.
        ServerOtherCommand {
            /// Its first words.
            command: String,
        },
        /// An entry has neither a command nor an address.
        ServerWithoutTarget {
            /// The server.
            name: String,
        },
        /// A setting has a value of another kind than it should.
        ServerBadValue {
            /// The server.
            name: String,
            /// The setting.
            key: String,
        },
        /// OpenCode has no such setting, so it was left out.
        ServerKeyLeftOut {
            /// The server.
            name: String,
            /// The setting, as it was written.
            key: String,
        },
        /// What a variable is to be where it is not set was left out.
        ServerDefaultLeftOut {
            /// The server.
            name: String,
            /// The setting.
            key: String,
            /// The variable.
            variable: String,
        },
        /// A reference that OpenCode does not know stayed as it is.
        ServerReferenceKept {
            /// The server.
            name: String,
            /// The setting.
            key: String,
            /// The reference.
            reference: String,
        },
        /// What another program asks for is read from a variable.
        ServerInputFromVariable {
            /// The server.
            name: String,
            /// What the program calls it.
            input: String,
            /// The variable.
            variable: String,
        },
        /// A timeout was taken for seconds.
        ServerTimeoutInSeconds {
            /// The server.
            name: String,
            /// How many.
            seconds: u64,
        },
        /// Another way to run the same server was left out.
        ServerWayLeftOut {
            /// The server.
            name: String,
            /// The way: a package's registry, or an address.
            way: String,
        },
        /// A server is declared already.
        ServerDeclared {
            /// The server.
            name: String,
            /// Where.
            path: String,
        },
        /// There is no such server in the files of a scope.
        ServerNotDeclared {
            /// The server.
            name: String,
        },
        /// It is turned on or off already.
        ServerAsWanted {
            /// The server.
            name: String,
            /// Whether it is on.
            is_on: bool,
        },
        /// It was to be turned on or off, and another file has the last word on that.
        ServerNotTurned {
            /// The server.
            name: String,
        },
        /// What may be a secret stands in the file itself.
        ServerSecretInFile {
            /// The server.
            name: String,
            /// The setting.
            key: String,
            /// A variable that it could be in.
            variable: String,
        },
        /// What may be a secret was left out, and is read from a variable.
        ServerSecretMoved {
            /// The server.
            name: String,
            /// The setting.
            key: String,
            /// The variable.
            variable: String,
        },
        /// The system did not start a server's program.
        ServerNotSpawned {
            /// The server.
            name: String,
            /// Why.
            why: String,
        },
        /// It ended before it answered.
        ServerEnded {
            /// The server.
            name: String,
        },
        /// It did not answer in time.
        ServerSilent {
            /// The server.
            name: String,
            /// What it was asked.
            method: String,
            /// After so many seconds.
            seconds: u64,
        },
        /// What it says is not the protocol.
        ServerSpeaksOther {
            /// The server.
            name: String,
            /// How it begins.
            line: String,
        },
        /// It answered with an error.
        ServerRefused {
            /// The server.
            name: String,
            /// What it was asked.
            method: String,
            /// What it said.
            why: String,
        },
        /// Its address cannot be reached.
        ServerUnreachable {
            /// The server.
            name: String,
            /// Why.
            why: String,
        },
        /// Its address answers with another status.
        ServerStatus {
            /// The server.
            name: String,
            /// The status.
            status: u16,
        },
        /// Its address wants somebody to sign in.
        ServerWantsSignIn {
            /// The server.
            name: String,
        },
        /// What it said to people at the end of a test that failed.
        ServerLastWords {
            /// Why it failed.
            why: Box<Notice>,
            /// Its last lines.
            words: String,
        },
        /// A person was to sign in to it, and it is none that one signs in to.
        ServerWithoutSignIn {
            /// The server.
            name: String,
        },
        /// A person was to sign in to it, which came to nothing.
        ServerNotSignedIn {
            /// The server.
            name: String,
        },
        /// The engine has no such server.
        ServerNotLoaded {
            /// The server.
            name: String,
        },
        /// No file declares it: somebody added it to the running engine.
        ServerOnlyInEngine,
        /// A variable is not set where the engine runs, which reads it as empty.
        ServerVariableUnset {
            /// The server.
            name: String,
            /// The variable.
            variable: String,
        },
    }
}
