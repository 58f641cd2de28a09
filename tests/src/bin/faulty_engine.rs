//! Stands in for the engine in tests; see `rekindle_tests::faulty`. Anything but `serve` is the real
//! engine's to answer.

use std::{
    env,
    ffi::OsString,
    io::{self, Write},
    net::TcpListener,
    os::unix::process::CommandExt,
    process::{ExitCode, Stdio},
};

use rekindle_tests::{
    faulty::{self, REAL, Real, SOCKET, START},
    proxy::{self, Fault, Judge},
};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    net::UnixStream,
    process::{Child, Command},
    signal::unix::{SignalKind, signal},
};

/// What the engine says when its port is taken.
const PORT_TAKEN: &str = "Error: Unexpected error\n\nServeError";

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<OsString> = env::args_os().skip(1).collect();
    let real = env::var_os(REAL).expect("the real engine is named");
    if arguments.first().is_none_or(|first| first != "serve") {
        let error = std::process::Command::new(real).args(arguments).exec();
        panic!("the real engine does not run: {error}");
    }
    match serve(&arguments, real).await {
        Ok(code) => code,
        Err(error) => {
            complain(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

async fn serve(arguments: &[OsString], real: OsString) -> io::Result<ExitCode> {
    let socket = env::var_os(SOCKET).expect("the test's socket is named");
    let judge = Judge::There(socket.clone().into());
    let start = judge.judge(START).await;
    let port = arguments.iter().skip_while(|argument| *argument != "--port").nth(1);
    let port: u16 = port.and_then(|port| port.to_str()?.parse().ok()).expect("a port");
    match start {
        Fault::Die => {
            complain("Error: it does not want to");
            return Ok(ExitCode::FAILURE);
        }
        // Nobody listens to it: the signal is taken and dropped.
        Fault::IgnoreTerm => drop(signal(SignalKind::terminate())?),
        Fault::LeaveChild => drop(Command::new("setsid").args(["sleep", "120"]).stdin(Stdio::null()).spawn()?),
        _ => {}
    }
    let Ok(listener) = tokio::net::TcpListener::bind(("127.0.0.1", port)).await else {
        complain(PORT_TAKEN);
        return Ok(ExitCode::FAILURE);
    };
    let (mut engine, url) = start_real(real, start == Fault::IgnoreTerm).await?;
    let pid = engine.id().unwrap_or_default();
    faulty::tell(UnixStream::connect(socket).await?, Real { url: url.clone(), pid }).await;
    tokio::spawn(proxy::serve(listener, url, judge));
    writeln!(io::stdout(), "opencode server listening on http://127.0.0.1:{port}")?;
    let status = engine.wait().await?;
    Ok(ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1)))
}

/// The real engine and its address, once it listens. It ends with this process; `apart`: and not with
/// this process's group.
async fn start_real(real: OsString, apart: bool) -> io::Result<(Child, String)> {
    let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL"]).arg(real);
    command.args(["serve", "--hostname", "127.0.0.1", "--port", &port.to_string()]);
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    if apart {
        command.process_group(0);
    }
    let mut engine = command.spawn()?;
    let mut lines = BufReader::new(engine.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?).lines();
    while let Some(line) = lines.next_line().await? {
        if let Some((_, url)) = line.split_once("listening on ") {
            let url = url.trim().to_owned();
            // Someone has to read on, or it would write into a pipe that is closed.
            tokio::spawn(async move {
                while let Ok(Some(line)) = lines.next_line().await {
                    complain(&line);
                }
            });
            return Ok((engine, url));
        }
        complain(&line);
    }
    Err(io::Error::other("the real engine ended before it was ready"))
}

fn complain(line: &str) {
    // Without a listener there is nobody to tell.
    drop(writeln!(io::stderr(), "{line}"));
}
