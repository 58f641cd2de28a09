//! How programs save files, and what they leave behind.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::layout::Dice;

/// Saves a text as one editor or another does; how, in words.
pub(super) fn save(dice: &mut Dice, path: &Path, text: &str) -> &'static str {
    let folder = path.parent().expect("a parent");
    fs::create_dir_all(folder).expect("made");
    let write = |path: &Path| fs::write(path, text).expect("written");
    let beside = |name: String| folder.join(name);
    let name = path.file_name().expect("a name").to_string_lossy().into_owned();
    match dice.up_to(9) {
        0..=3 => {
            write(path);
            "in place"
        }
        4 | 5 => {
            let new =
                beside(dice.pick(&[format!(".{name}.tmp"), format!("{name}.tmp.1234"), format!("{name}___jb_tmp___")]));
            write(&new);
            fs::rename(&new, path).expect("renamed");
            "beside it and renamed over it"
        }
        6 | 7 => {
            let (swap, probe, backup) =
                (beside(format!(".{name}.swp")), beside("4913".into()), beside(format!("{name}~")));
            write(&swap);
            write(&probe);
            fs::remove_file(&probe).expect("removed");
            if path.exists() {
                fs::rename(path, &backup).expect("renamed");
            }
            write(path);
            remove(dice, [backup, swap]);
            "as vim does, with a backup"
        }
        8 => {
            let (old, new) = (beside(format!("{name}___jb_old___")), beside(format!("{name}___jb_tmp___")));
            write(&new);
            if path.exists() {
                fs::rename(path, &old).expect("renamed");
            }
            fs::rename(&new, path).expect("renamed");
            remove(dice, [old]);
            "with the old one moved away"
        }
        _ => {
            if path.exists() {
                fs::remove_file(path).expect("removed");
            }
            write(path);
            "removed and written anew"
        }
    }
}

/// Not every program cleans up, and some are interrupted.
fn remove<const N: usize>(dice: &mut Dice, left: [PathBuf; N]) {
    for path in left {
        if path.exists() && !dice.percent(20) {
            fs::remove_file(path).expect("removed");
        }
    }
}

/// Files that mean nothing: what the engine and package managers write by themselves, what editors
/// keep beside a file, and other people's files.
pub(super) fn litter(dice: &mut Dice, beside: &str) -> Vec<String> {
    let (folder, name) = beside.rsplit_once('/').expect("a folder");
    let engine =
        |file: &str| ["project/.opencode", "home/.config/opencode"].map(|folder| format!("{folder}/{file}")).to_vec();
    match dice.up_to(8) {
        0 => engine("package.json"),
        1 => engine("package-lock.json"),
        2 => engine("bun.lock"),
        3 => engine(".gitignore"),
        4 => engine("node_modules/acme/index.ts"),
        5 => vec![format!("{folder}/.{name}.swp"), format!("{folder}/{name}~"), format!("{folder}/#{name}#")],
        6 => vec!["project/.git/HEAD.lock".into(), "project/.git/index".into(), "project/notes.md".into()],
        7 => vec!["project/.opencode/plugins/readme.md".into(), "project/.opencode/tools/notes.txt".into()],
        _ => vec!["project/.opencode/skills/first/more.md".into(), "project/src/opencode.json.bak".into()],
    }
}
