//! Tests that act as several users, which only root can.
//!
//! Invariant: such a test is never passed over. Who is not root runs it as root of a namespace of users.

use std::{fs, os::unix::fs::MetadataExt, process::Command};

/// True for root, who goes on. For anybody else the test of this name has been run anew by a root who has other users,
/// too, and has passed.
///
/// # Panics
/// When it did not pass, or when there can be no such root on this system.
pub fn is_root_or_passed_as_root(test: &str) -> bool {
    if fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0) {
        return true;
    }
    let mut command = Command::new("unshare");
    command.args(["--map-root-user", "--map-auto", "--"]).arg(std::env::current_exe().expect("this program"));
    let ran = command.args(["--exact", test, "--nocapture"]).output();
    let told = ran.map_or_else(
        |error| error.to_string(),
        |ran| [ran.stdout, ran.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat(),
    );
    assert!(
        told.contains("test result: ok. 1 passed"),
        "{test} acts as several users: run it as root, or let yourself have users of your own (Debian's package uidmap, \
         a line of yours in /etc/subuid and in /etc/subgid): {told}"
    );
    false
}
