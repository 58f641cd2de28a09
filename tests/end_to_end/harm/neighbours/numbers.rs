//! Numbers that a person gives, and where a person stands.

use std::{fs, process::Stdio};

use rekindle_tests::world::World;

/// N16: no number is too large to be waited for.
#[tokio::test(flavor = "multi_thread")]
async fn no_number_is_too_large() {
    let world = World::new();
    let engine = world.start_engine().await;
    for seconds in ["18446744073709551615", "999999999999999999999999", "0", "-1", "soon", "1e3", ""] {
        let ran = world.rekindle_with(&["status"], &[("REKINDLE_LOADING_SECONDS", seconds)]).await;
        assert_eq!(ran.code, 0, "{seconds}: {ran:?}");
    }
    for seconds in ["18446744073709551615", "999999999999999999999999", "-1", "soon"] {
        let ran = world.rekindle(&["reload", "--when-idle", &format!("--timeout={seconds}")]).await;
        assert!(ran.code == 2 && ran.err.contains("--timeout") && !ran.err.contains("panicked"), "{seconds}: {ran:?}");
    }
    for seconds in ["31536000", "0"] {
        let ran = world.rekindle(&["reload", "--when-idle", "--timeout", seconds]).await;
        assert_eq!(ran.code, 0, "{seconds}: {ran:?}");
    }
    for number in ["18446744073709551615", "0"] {
        assert_eq!(world.rekindle(&["history", "--last", number]).await.code, 0, "{number}");
    }
    assert_eq!(world.rekindle(&["history", "--last", "99999999999999999999"]).await.code, 2);
    assert_eq!(world.engine().pid, engine.pid);
}

/// N16: whoever names a whole path may stand in a folder that is gone; whoever names none is told.
#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_is_gone_is_not_needed() {
    let world = World::new();
    let gone = world.outside("gone");
    let run = async |arguments: &[&str]| {
        fs::create_dir(&gone).expect("made");
        let mut command = tokio::process::Command::new("sh");
        command.args(["-c", "rmdir \"$PWD\" && exec \"$@\"", "sh"]).arg(World::program("rekindle")).args(arguments);
        command.current_dir(&gone).envs(world.environment()).stdin(Stdio::null()).kill_on_drop(true);
        let output = command.output().await.expect("it runs");
        (output.status.code(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
    };
    let directory = world.project().to_str().expect("a path");
    for command in [&["status"][..], &["list"], &["plugin", "add", "some-plugin@1.0.0"], &["undo"]] {
        let (code, said) = run(&[&["--directory", directory], command].concat()).await;
        assert_eq!(code, Some(0), "{command:?}: {said}");
    }
    let (code, said) = run(&["status"]).await;
    assert!(code == Some(2) && said.contains("the current folder"), "{said}");
    let (code, said) = run(&["--directory", directory, "engine", "start"]).await;
    assert_eq!(code, Some(0), "{said}");
    let (code, said) = run(&["--directory", directory, "doctor"]).await;
    assert_eq!(code, Some(0), "{said}");
}
