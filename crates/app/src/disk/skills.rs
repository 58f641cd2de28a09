//! Skills, in all the folders where the engine looks.
//!
//! Invariant: a file that did not change is not read again.

use std::{
    collections::{BTreeMap, HashMap},
    fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

use rekindle_domain::{Fingerprint, Item, ItemId, Kind, Place, Row, RowState, Scope, SkillAnswer};
use serde_json::Value;

use super::{
    locate::{Places, SkillFolder},
    scan::{Scan, row},
    stamp::{Kept, Stamp},
    walk::walk,
};
use crate::{
    config::{file, shape::plain},
    skill::frontmatter,
};

/// What was made of each `SKILL.md`.
#[derive(Debug, Default)]
pub(super) struct Skills(HashMap<PathBuf, Kept<Made>>);

type Made = Result<Skill, String>;

#[derive(Clone, Debug)]
struct Skill {
    name: String,
    description: Option<String>,
    declared: Fingerprint,
}

/// The folders in which the engine looks for skills. `effective`: its configuration, which may name
/// more of them.
pub(super) fn folders(places: &Places, effective: &Value) -> Vec<SkillFolder> {
    let named = effective["skills"]["paths"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let named = named.map(|path| {
        let path = match path.strip_prefix("~/") {
            Some(rest) => places.home.join(rest),
            None => places.directory.join(path),
        };
        SkillFolder { path: plain(&path), scope: Scope::Project, has_hidden: false }
    });
    let mut folders = places.skill_folders();
    let named: Vec<_> = named.filter(|folder| !folders.iter().any(|known| known.path == folder.path)).collect();
    folders.extend(named);
    folders
}

impl Skills {
    /// Finds all skills.
    pub(super) fn scan(&mut self, places: &Places, folders: &[SkillFolder], scan: &mut Scan) {
        let mut by_name: BTreeMap<String, Vec<Item>> = BTreeMap::new();
        let mut seen = HashMap::with_capacity(self.0.len());
        for folder in folders {
            let walked = walk(&folder.path, None, folder.has_hidden);
            scan.folders.extend(walked.folders);
            for path in walked.files {
                if path.file_name().is_none_or(|name| name != "SKILL.md") || seen.contains_key(&path) {
                    continue;
                }
                let kept = self.read(&path);
                let item = item(&path, folder.scope, &kept.made);
                let row = row(places, &item, None, item.value.clone(), "installed");
                match &kept.made {
                    Ok(_) => {
                        scan.rows.push(row);
                        by_name.entry(item.name.clone()).or_default().push(item);
                    }
                    Err(why) => scan.rows.push(Row { state: RowState::NotRead { why: why.clone() }, ..row }),
                }
                seen.insert(path, kept);
            }
        }
        self.0 = seen;
        for (name, mut items) in by_name {
            if items.len() > 1 {
                warn(&name, items.len(), &mut scan.rows);
                scan.disk.contested_skills.insert(name, items.iter().map(|item| item.declared.clone()).collect());
            }
            scan.disk.items.insert(items.remove(0));
        }
    }

    fn read(&mut self, path: &Path) -> Kept<Made> {
        let read = SystemTime::now();
        let stamp = fs::metadata(path).map(|metadata| Stamp::of(&metadata));
        if let Ok(stamp) = &stamp
            && let Some(kept) = self.0.remove(path).filter(|kept| kept.holds(stamp))
        {
            return kept;
        }
        let made = match file::read(path) {
            Ok(text) => made(&text.unwrap_or_default()),
            Err(error) => Err(error.to_string()),
        };
        match stamp {
            Ok(stamp) => Kept::new(stamp, read, made),
            // Without a stamp it is never relied on: it has changed in the moment it was read.
            Err(_) => Kept::never(made),
        }
    }
}

fn made(text: &str) -> Made {
    let skill = frontmatter::skill(text).map_err(|error| error.to_string())?;
    let declared = SkillAnswer::fingerprint(&skill.name, skill.description.as_deref(), &skill.body);
    Ok(Skill { name: skill.name, description: skill.description, declared })
}

fn item(path: &Path, scope: Scope, made: &Made) -> Item {
    let folder = || path.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy().into_owned();
    let (name, description, declared) = match made {
        Ok(skill) => (skill.name.clone(), skill.description.clone(), skill.declared.clone()),
        Err(_) => (folder(), None, Fingerprint::of_parts(&[])),
    };
    Item {
        id: ItemId::new(Kind::Skill, scope, &name),
        kind: Kind::Skill,
        name,
        scope,
        source: path.display().to_string(),
        place: Place::Folder,
        value: description,
        declared,
        code: None,
    }
}

fn warn(name: &str, count: usize, rows: &mut [Row]) {
    let rows = rows.iter_mut().filter(|row| row.kind == Kind::Skill && row.name == name);
    for row in rows.filter(|row| matches!(row.state, RowState::Unknown)) {
        row.warning = Some(format!(
            "{count} skills have this name. OpenCode takes one of them by chance, each time it loads them: rename all but one."
        ));
    }
}
