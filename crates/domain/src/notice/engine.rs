//! Finding, starting, reaching, stopping and attaching to an engine, and what it takes and says.

use super::{Notice, notices};

notices! {
    /// What is to be said of an engine.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub enum EngineNotice {
        /// The environment names a program of OpenCode that is not there.
        NoEngineNamed {
            /// The variable.
            variable: String,
            /// The file that it names.
            path: String,
        },
        /// The settings name one that is not there.
        NoEngineFile {
            /// The file.
            path: String,
        },
        /// There is none beside Rekindle, nor on `PATH`.
        NoEngineFound,
        /// Nothing listens at the address, or the connection broke.
        EngineUnreachable {
            /// The address.
            url: String,
            /// What the network said.
            why: String,
        },
        /// An answer took too long.
        EngineTimedOut {
            /// What was asked.
            route: String,
            /// How long was waited.
            seconds: u64,
        },
        /// The password is wrong or missing.
        EngineUnauthorized,
        /// The engine cannot load the directory.
        EngineStuck {
            /// The file that it names.
            path: Option<String>,
            /// What it said; `None`: no reason, or one that repeats the file.
            why: Option<String>,
        },
        /// It answered with another status.
        EngineStatus {
            /// What was asked.
            route: String,
            /// The status.
            status: u16,
            /// The file that it names.
            path: Option<String>,
            /// What it said.
            why: Option<String>,
        },
        /// It answered with something that is not the expected JSON.
        EngineNotJson {
            /// What was asked.
            route: String,
        },
        /// Its answer has too many bytes.
        EngineTooLong {
            /// What was asked.
            route: String,
            /// How many kibibytes it may have.
            kibibytes: u64,
        },
        /// Its answer has too many values.
        EngineTooMuch {
            /// What was asked.
            route: String,
            /// How many it may have.
            values: u64,
            /// Whether that is the bound for one list.
            in_one_list: bool,
        },
        /// Nothing could be made ready for asking an engine.
        NoConnection {
            /// What the library said.
            why: String,
        },
        /// What was given is not the address of an engine.
        BadAddress {
            /// What was given, without what may be a secret.
            url: String,
        },
        /// The password crosses a network unencrypted.
        PasswordInClear {
            /// The address.
            url: String,
        },
        /// The engine does not say what it accepts.
        NoSchema,
        /// The engine takes a lot of memory.
        EngineHeavy {
            /// How much.
            bytes: u64,
        },
        /// The engine does not answer.
        EngineSilent,
        /// There is no engine to talk to.
        NoEngine,
        /// The engine still loads, and may hang.
        EngineHangs {
            /// How long was waited.
            seconds: u64,
            /// The plugins that it may hang on.
            plugins: Vec<String>,
            /// What was not answered.
            why: Box<Notice>,
        },
        /// An engine of the directory is owned already.
        EngineOwned,
        /// What others need to reach the engine could not be written.
        RecordNotWritten {
            /// Why not.
            why: Box<Notice>,
        },
        /// A program could not be started.
        NotSpawned {
            /// The program.
            program: String,
            /// What the system said.
            why: String,
        },
        /// The engine ended before it was ready.
        EngineEnded {
            /// What it said last.
            output: String,
        },
        /// The engine ended by itself.
        EngineEndedItself {
            /// What it said last.
            output: String,
        },
        /// Others keep listening where the engine should.
        PortTaken,
        /// Another engine of the directory does not end.
        OtherEngineStays {
            /// Its process.
            pid: u32,
        },
        /// The engine does not listen in time.
        EngineNotReady {
            /// How long was waited.
            seconds: u64,
        },
        /// The engine listens and does not answer.
        EngineNotAnswering {
            /// What came of asking it.
            why: Box<Notice>,
        },
        /// The engine did not come up.
        EngineNotUp {
            /// Why not, if that is known.
            why: Option<Box<Notice>>,
        },
        /// The engine's owner has ended.
        OwnerGone,
        /// No engine of Rekindle's runs for the directory.
        NoEngineRunning,
        /// The engine's owner is only just starting, or ending.
        OwnerNotThere,
        /// The engine's owner is another version of Rekindle.
        OwnerOtherVersion {
            /// Its process.
            pid: u64,
        },
        /// The engine's owner does not answer.
        OwnerSilent {
            /// Its process, if that is known.
            pid: Option<u32>,
            /// What the system said.
            why: String,
        },
        /// The engine's owner could not do what it was asked to.
        OwnerFailed {
            /// Why not.
            why: Box<Notice>,
        },
        /// The engine's owner was asked for too much at once.
        OwnerBusy,
        /// The engine's owner was told to stop, and does not end.
        OwnerStays,
        /// The engine is starting, or has ended.
        EngineNotRunning,
        /// Another user's program listens where the engine should.
        Stranger {
            /// The address.
            url: String,
        },
        /// The engine has another address, because another program has its port.
        EngineMoved {
            /// Where it was.
            from: String,
            /// Where it is.
            to: String,
        },
        /// The engine has another password, because it ended by itself.
        PasswordChanged,
        /// Where the engine is now.
        EngineNowAt {
            /// The address.
            url: String,
        },
        /// The engine is someone else's.
        NotOurEngine,
        /// The file with the engine's password is gone.
        NoPasswordFile,
        /// A process could not be ended.
        ProcessNotEnded {
            /// Its id.
            pid: u32,
            /// What the system said.
            why: String,
        },
        /// A process does not end.
        ProcessStays {
            /// Its id.
            pid: u32,
        },
        /// Someone else's engine cannot be used.
        ClientUnreachable {
            /// Why not.
            why: Box<Notice>,
        },
        /// The engine does not say what it has.
        NoAnswer {
            /// Why not, if that is known.
            why: Option<Box<Notice>>,
        },
        /// The command is for engines of Rekindle's, and someone else's is named.
        NotForClients,
        /// The program that was to own the engine ended while it started.
        StartEnded {
            /// Its last words.
            last: Option<String>,
        },
        /// The engine does not start in time.
        StartSlow,
    }
}
