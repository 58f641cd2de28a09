//! How fast it is: medians, ratios and targets as a Markdown table. `npm run bench -- scan status`
//! measures these subjects only.
//!
//! Invariant: no time makes it fail, a wrong answer does.

mod check;
mod idle;
mod install;
mod lint;
mod publish;
mod reload;
mod restart;
mod scan;
mod skills;
mod status;
mod table;

/// What is measured, by name.
const SUBJECTS: [(&str, fn()); 9] = [
    ("scan", scan::run),
    ("check", check::run),
    ("lint", lint::run),
    ("publish", publish::run),
    ("status", status::run),
    ("reload", reload::run),
    ("restart", restart::run),
    ("install", install::run),
    ("idle", idle::run),
];

fn main() {
    // Cargo adds an option of its own.
    let wanted: Vec<_> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    if wanted == [publish::INSIDE] {
        return publish::inside();
    }
    let unknown = wanted.iter().find(|name| SUBJECTS.iter().all(|(subject, _)| subject != name));
    assert_eq!(unknown, None, "the subjects are {:?}", SUBJECTS.map(|(name, _)| name));
    table::head();
    for (name, run) in SUBJECTS {
        if wanted.is_empty() || wanted.iter().any(|subject| subject == name) {
            run();
        }
    }
}
