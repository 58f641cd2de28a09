//! Any text as a source: it is understood or answered, what is understood means the same again, and nothing of it can be taken
//! for an option of another program.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rekindle_sources::{Origin, Revision, index, paste, servers};

fuzz_target!(|text: &str| {
    // MCP servers as other tools write them: JSON, TOML and commands.
    let _ = servers::servers(text);
    let read = |is_there: bool| paste(text, |_| is_there);
    for is_there in [false, true] {
        let pasted = read(is_there);
        assert_eq!(pasted, read(is_there), "one text means one thing");
        let Ok(pasted) = pasted else { continue };
        match &pasted.source.origin {
            Origin::Local(_) => {}
            Origin::Git(git) => {
                assert!(!git.remote.as_str().starts_with('-'));
                if let Revision::Named(name) = &git.revision {
                    assert!(!name.starts_with('-'));
                }
                assert!(git.folder.names().iter().all(|name| !matches!(name.as_str(), "" | "." | "..")));
            }
            Origin::Npm(package) => {
                assert!(!package.name().starts_with('-'));
                assert!(!package.range().is_some_and(|range| range.starts_with('-')));
            }
            Origin::Web(address) => {
                for place in index::places(address) {
                    let _ = index::index(text, &place);
                }
            }
        }
    }
});
