//! What engines accept, as a world knows it in which they ran before.
//!
//! An engine takes as long to say what it accepts as to start (`docs/engine.md`), and Rekindle asks it once in a
//! person's life. So one world asks for all others, in the way that every first look does, and these begin with what it
//! wrote down. A test that is about the first time starts an engine of which nothing is known.

use std::{fs, path::PathBuf};

use tokio::sync::OnceCell;

use crate::{faulty::FaultyEngine, world::World};

/// Which program runs as the engine: what one accepts counts for no other.
#[derive(Clone, Copy)]
pub(crate) enum Program {
    /// The engine itself.
    Real,
    /// The stand-in of [`crate::faulty`].
    StandIn,
}

/// The files that a world has written down, by their names.
type Kept = Vec<(std::ffi::OsString, Vec<u8>)>;

static REAL: OnceCell<Kept> = OnceCell::const_new();
static STAND_IN: OnceCell<Kept> = OnceCell::const_new();

/// Gives a world what a first look at an engine of this program would have it learn.
pub(crate) async fn teach(world: &World, program: Program) {
    let known = match program {
        Program::Real => &REAL,
        Program::StandIn => &STAND_IN,
    };
    let folder = folder(world);
    // It has learnt by itself, or was told before.
    if folder.exists() {
        return;
    }
    let kept = known.get_or_init(async || learn(program).await).await;
    fs::create_dir_all(&folder).expect("made");
    for (name, bytes) in kept {
        fs::write(folder.join(name), bytes).expect("written");
    }
}

async fn learn(program: Program) -> Kept {
    let world = World::new();
    let started = match program {
        Program::Real => world.rekindle(&["engine", "start"]).await,
        Program::StandIn => FaultyEngine::new(&world).start(&world).await,
    };
    assert_eq!(started.code, 0, "{started:?}");
    assert_eq!(world.rekindle(&["status"]).await.code, 0);
    let entries = fs::read_dir(folder(&world)).expect("it has learnt something");
    entries
        .map(|entry| entry.expect("a file"))
        .map(|entry| (entry.file_name(), fs::read(entry.path()).expect("read")))
        .collect()
}

fn folder(world: &World) -> PathBuf {
    world.home(".local/state/rekindle/schemas")
}
