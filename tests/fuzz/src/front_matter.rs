//! Any text as a `SKILL.md`: it is one or it is told why not, and what is remarked of it has a place in it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rekindle_opencode::skill::{frontmatter, spec};

fuzz_target!(|text: &str| {
    let read = frontmatter::skill(text);
    let folder = read.as_ref().map_or("skill", |skill| skill.name.as_str());
    let lines = text.split('\n').count();
    for remark in spec::remarks(text, folder).into_iter().chain(spec::hidden(text, true)) {
        assert!((1..=lines + 1).contains(&remark.line), "line {} of {lines}", remark.line);
        assert!(remark.column >= 1);
    }
    let _ = spec::tools(text);
    let _ = spec::tokens(text);
});
